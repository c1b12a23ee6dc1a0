//! Whom entries and accounts are about: names and pseudonyms, which stand in the tables of other domains.
//!
//! It only reads, and only what their operations have written beside their entries: ids of these objects come from the
//! references of entries that nobody else can post.

use crate::error::Error;
use crate::id::{BookId, DonorId, OrganisationId};
use deadpool_postgres::GenericClient;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// The objects that entries are about, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects {
    /// Charges that were captured.
    pub charges: Vec<Uuid>,
    /// Pledges whose money their donors moved.
    pub pledges: Vec<Uuid>,
    /// Settlements that arrived.
    pub settlements: Vec<Uuid>,
    /// Releases to teams.
    pub releases: Vec<Uuid>,
    /// Contributions to purses and pools.
    pub contributions: Vec<Uuid>,
    /// Entrants who paid a fee.
    pub entrants: Vec<Uuid>,
    /// Sales and costs.
    pub proceeds: Vec<Uuid>,
}

/// Whom an entry is about, as its object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The pseudonym of the donor whose money it is, if it is a donor's.
    pub donor: Option<DonorId>,
    /// The organisation with which, or through which, money moves.
    pub organisation: Option<OrganisationId>,
    /// Its name; empty when there is none.
    pub name: String,
    /// What the object itself says that it was for; empty when it does not.
    pub memo: String,
    /// Number of the invoice; empty when there is none.
    pub invoice: String,
}

/// Whom these objects are about.
pub async fn of_objects(
    client: &impl GenericClient,
    book: BookId,
    objects: &Objects,
) -> Result<HashMap<Uuid, Party>, Error> {
    if *objects == Objects::default() {
        return Ok(HashMap::new());
    }
    let statement = client
        .prepare_cached(
            "-- parties::of_objects
             SELECT p.id, p.donor, p.organisation, coalesce(o.name, '') AS name, p.memo, p.invoice
               FROM (SELECT c.id, p.donor, c.partner AS organisation, '' AS memo, '' AS invoice
                       FROM charge c JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
                      WHERE c.book_id = $1 AND c.id = ANY($2)
                     UNION ALL
                     SELECT id, donor, partner, '', '' FROM pledge WHERE book_id = $1 AND id = ANY($3)
                     UNION ALL
                     SELECT id, NULL, partner, '', '' FROM settlement WHERE book_id = $1 AND id = ANY($4)
                     UNION ALL
                     SELECT id, NULL, team, '', '' FROM release WHERE book_id = $1 AND id = ANY($5)
                     UNION ALL
                     SELECT id, NULL, sponsor, '', '' FROM purse_contribution WHERE book_id = $1 AND id = ANY($6)
                     UNION ALL
                     SELECT id, NULL, sponsor, '', '' FROM pool_contribution WHERE book_id = $1 AND id = ANY($6)
                     UNION ALL
                     SELECT id, NULL, team, '', '' FROM entrant WHERE book_id = $1 AND id = ANY($7)
                     UNION ALL
                     SELECT id, NULL, NULL, memo, reference FROM proceeds WHERE book_id = $1 AND id = ANY($8)) AS p
               LEFT JOIN organisation o ON o.id = p.organisation",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0,
                /* charges */ &objects.charges,
                /* pledges */ &objects.pledges,
                /* settlements */ &objects.settlements,
                /* releases */ &objects.releases,
                /* contributions */ &objects.contributions,
                /* entrants */ &objects.entrants,
                /* proceeds */ &objects.proceeds,
            ],
        )
        .await?;
    let party = |row: &Row| Party {
        donor: row.get::<_, Option<Uuid>>("donor").map(|donor| DonorId::new(book, donor)),
        organisation: row.get::<_, Option<Uuid>>("organisation").map(OrganisationId),
        name: row.get("name"),
        memo: row.get("memo"),
        invoice: row.get("invoice"),
    };
    Ok(rows.iter().map(|row| (row.get("id"), party(row))).collect())
}

/// The owners of accounts, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners<'a> {
    /// Organisations.
    pub organisations: Vec<Uuid>,
    /// Slugs of campaigns.
    pub campaigns: Vec<&'a str>,
    /// Slugs of challenges.
    pub challenges: Vec<&'a str>,
}

/// Their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Names of organisations.
    pub organisations: HashMap<Uuid, String>,
    /// Titles of campaigns, by slug.
    pub campaigns: HashMap<String, String>,
    /// Titles of challenges, by slug.
    pub challenges: HashMap<String, String>,
}

/// What these owners are called.
pub async fn names(client: &impl GenericClient, book: BookId, owners: &Owners<'_>) -> Result<Names, Error> {
    if *owners == Owners::default() {
        return Ok(Names::default());
    }
    let organisations =
        client.prepare_cached("-- parties::names\nSELECT id, name FROM organisation WHERE id = ANY($1)").await?;
    let rows = client.query(&organisations, &[/* organisations */ &owners.organisations]).await?;
    let organisations = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let statement = client
        .prepare_cached(
            "-- parties::names
             SELECT true AS is_campaign, slug, title FROM campaign WHERE book_id = $1 AND slug = ANY($2)
             UNION ALL
             SELECT false, slug, title FROM challenge WHERE book_id = $1 AND slug = ANY($3)",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0,
                /* campaigns */ &owners.campaigns,
                /* challenges */ &owners.challenges,
            ],
        )
        .await?;
    let (campaigns, challenges): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.get(0));
    let titles = |rows: Vec<&Row>| rows.into_iter().map(|row| (row.get(1), row.get(2))).collect();
    Ok(Names { organisations, campaigns: titles(campaigns), challenges: titles(challenges) })
}
