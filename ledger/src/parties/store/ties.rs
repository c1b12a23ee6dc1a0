//! Who belongs to a team, and who has a declared tie to one.

use crate::error::Error;
use crate::id::{BookId, OrganisationId, PersonId};
use crate::parties::rules::tie::Tie;
use deadpool_postgres::{GenericClient, Transaction};
use std::collections::BTreeSet;

/// Declares a tie; says whether it is new.
pub async fn insert_tie(tx: &Transaction<'_>, tie: &Tie) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- ties::insert_tie
            INSERT INTO declared_tie (book_id, organisation, person, declared_by, declared_at, reason)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (book_id, organisation, person) DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* book_id */ &tie.book.0,
                /* organisation */ &tie.organisation.0,
                /* person */ &tie.person.0,
                /* declared_by */ &tie.declared_by.0,
                /* declared_at */ &tie.declared_at,
                /* reason */ &tie.reason,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// People with a declared tie to a team.
pub async fn tied(
    client: &impl GenericClient,
    book: BookId,
    organisation: OrganisationId,
) -> Result<BTreeSet<PersonId>, Error> {
    let statement = client
        .prepare_cached(
            "-- ties::tied
            SELECT person FROM declared_tie WHERE book_id = $1 AND organisation = $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* organisation */ &organisation.0]).await?;
    Ok(rows.iter().map(|row| PersonId(row.get("person"))).collect())
}

/// The organisations in which a person has any role, and those to which a tie was declared in a book.
pub async fn organisations_of(
    client: &impl GenericClient,
    book: BookId,
    person: PersonId,
) -> Result<BTreeSet<OrganisationId>, Error> {
    let statement = client
        .prepare_cached(
            "-- ties::organisations_of
            SELECT organisation FROM membership WHERE person = $2
             UNION SELECT organisation FROM declared_tie WHERE book_id = $1 AND person = $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* person */ &person.0]).await?;
    Ok(rows.iter().map(|row| OrganisationId(row.get("organisation"))).collect())
}

/// Everybody with any role in a team.
pub async fn members(client: &impl GenericClient, organisation: OrganisationId) -> Result<BTreeSet<PersonId>, Error> {
    let statement = client
        .prepare_cached(
            "-- ties::members
            SELECT DISTINCT person FROM membership WHERE organisation = $1",
        )
        .await?;
    let rows = client.query(&statement, &[/* organisation */ &organisation.0]).await?;
    Ok(rows.iter().map(|row| PersonId(row.get("person"))).collect())
}
