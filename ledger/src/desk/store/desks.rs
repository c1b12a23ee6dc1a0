//! Which desks of organisations somebody has.

use crate::engine::store::books::Book;
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{OrganisationId, PersonId};
use crate::parties::rules::role::{OrganisationKind, Role};
use deadpool_postgres::GenericClient;

/// The books of organisations in which a person has one of some roles, by their names.
pub async fn books_of(
    client: &impl GenericClient,
    person: PersonId,
    roles: &[Role],
    limit: i64,
) -> Result<Vec<Book>, Error> {
    let statement = client
        .prepare_cached(
            "-- desks::books_of
            SELECT b.* FROM book b
             WHERE b.organisation IN (SELECT organisation FROM membership WHERE person = $1 AND role = ANY($2))
             ORDER BY b.name, b.number LIMIT $3",
        )
        .await?;
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let rows = client.query(&statement, &[/* person */ &person.0, /* roles */ &roles, /* limit */ &limit]).await?;
    rows.iter().map(Book::from_row).collect()
}

/// A cooperative's book, with the roles in it that somebody has.
#[derive(Debug, Clone)]
pub struct OfCooperative {
    /// The book.
    pub book: Book,
    /// The roles, at least one.
    pub roles: Vec<Role>,
}

/// The books of cooperatives in which a person has one of some roles, by their names.
pub async fn cooperatives_of(
    client: &impl GenericClient,
    person: PersonId,
    roles: &[Role],
    limit: i64,
) -> Result<Vec<OfCooperative>, Error> {
    let statement = client
        .prepare_cached(
            "-- desks::cooperatives_of
            SELECT b.*, m.roles
              FROM (SELECT organisation, array_agg(role ORDER BY role) AS roles FROM membership
                     WHERE person = $1 AND role = ANY($2) GROUP BY organisation) m
              JOIN organisation o ON o.id = m.organisation AND o.kind = $3
              JOIN book b ON b.organisation = o.id
             ORDER BY b.name, b.number LIMIT $4",
        )
        .await?;
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let kind = OrganisationKind::Cooperative.as_str();
    let rows = client
        .query(&statement, &[/* person */ &person.0, /* roles */ &roles, /* kind */ &kind, /* limit */ &limit])
        .await?;
    rows.iter()
        .map(|row| {
            let roles = row.get::<_, Vec<&str>>("roles").into_iter().map(word).collect::<Result<_, _>>()?;
            Ok(OfCooperative { book: Book::from_row(row)?, roles })
        })
        .collect()
}

/// The partner platforms that a person owns, by their names.
pub async fn partners_of(
    client: &impl GenericClient,
    person: PersonId,
    limit: i64,
) -> Result<Vec<(OrganisationId, String)>, Error> {
    let statement = client
        .prepare_cached(
            "-- desks::partners_of
            SELECT o.id, o.name FROM organisation o JOIN membership m ON m.organisation = o.id
             WHERE m.person = $1 AND m.role = $2 AND o.kind = $3 ORDER BY o.name, o.id LIMIT $4",
        )
        .await?;
    let (owner, kind) = (Role::Owner.as_str(), OrganisationKind::PartnerPlatform.as_str());
    let rows = client
        .query(&statement, &[/* person */ &person.0, /* role */ &owner, /* kind */ &kind, /* limit */ &limit])
        .await?;
    Ok(rows.iter().map(|row| (OrganisationId(row.get("id")), row.get("name"))).collect())
}
