//! What counts in a round as it stands now: captured charges of its campaigns, and whose they are.

use crate::engine::store::rows::digest;
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{CampaignId, DonorId, OrganisationId};
use crate::matching::rules::round::Round;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;

/// What a donor gave to a campaign: one captured charge, less what went back and what is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gift {
    /// Record number of the capture.
    pub number: i64,
    /// To which campaign.
    pub campaign: CampaignId,
    /// Minor units.
    pub amount: i64,
    /// Who gave it.
    pub donor: DonorId,
    /// What a partner states of the person; none when it has stated nothing.
    pub identity: Option<Stated>,
}

/// What a partner states of the person behind a donor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// Keyed digest of the person.
    pub identity: Digest,
    /// Whether the partner has verified the person.
    pub verified: bool,
}

/// The gifts of a round's period to its campaigns, in the order of capture.
pub async fn list(client: &impl GenericClient, round: &Round) -> Result<Vec<Gift>, Error> {
    let statement = client
        .prepare_cached(
            "-- gifts::list
            SELECT c.entry, c.campaign, c.amount - c.refunded - c.disputed AS amount, p.donor, i.identity, i.verified
              FROM matching_campaign m
              JOIN charge c ON c.book_id = m.book_id AND c.campaign = m.campaign
              JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
              LEFT JOIN donor_identity i ON i.book_id = p.book_id AND i.donor = p.donor
             WHERE m.book_id = $1 AND m.round = $2 AND c.state IN ('captured', 'settled')
               AND c.captured_on BETWEEN $3 AND $4 AND c.amount > c.refunded + c.disputed
             ORDER BY c.entry",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &round.id.book.0,
                /* round */ &round.id.object,
                /* first_day */ &round.first_day,
                /* last_day */ &round.last_day,
            ],
        )
        .await?;
    let gift = |row: &Row| {
        Ok(Gift {
            number: row.get("entry"),
            campaign: CampaignId::new(round.id.book, row.get("campaign")),
            amount: row.get("amount"),
            donor: DonorId::new(round.id.book, row.get("donor")),
            identity: stated(row)?,
        })
    };
    rows.iter().map(gift).collect()
}

fn stated(row: &Row) -> Result<Option<Stated>, Error> {
    let identity: Option<&[u8]> = row.get("identity");
    let of = |identity| Ok(Stated { identity: digest(identity)?, verified: row.get("verified") });
    identity.map(of).transpose()
}

/// What a partner states of the person behind a donor; none when it has stated nothing.
pub async fn identity(client: &impl GenericClient, donor: DonorId) -> Result<Option<Stated>, Error> {
    let statement = client
        .prepare_cached(
            "-- gifts::identity
            SELECT identity, verified FROM donor_identity WHERE book_id = $1 AND donor = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &donor.book.0, /* donor */ &donor.object]).await?;
    row.as_ref().map_or(Ok(None), stated)
}

/// Writes what a partner states of the person behind a donor, in the place of what it stated before.
pub async fn upsert_identity(
    tx: &Transaction<'_>,
    donor: DonorId,
    stated: Stated,
    by: OrganisationId,
    at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- gifts::upsert_identity
            INSERT INTO donor_identity (book_id, donor, identity, verified, stated_by, stated_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (book_id, donor) DO UPDATE
               SET identity = excluded.identity, verified = excluded.verified, stated_by = excluded.stated_by,
                   stated_at = excluded.stated_at",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &donor.book.0,
            /* donor */ &donor.object,
            /* identity */ &stated.identity.0.as_slice(),
            /* verified */ &stated.verified,
            /* stated_by */ &by.0,
            /* stated_at */ &at,
        ],
    )
    .await?;
    Ok(())
}
