//! Identities of providers elsewhere.

use crate::error::Error;
use crate::id::PersonId;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Who signs in with an identity.
pub async fn find(tx: &Transaction<'_>, issuer: &str, subject: &str) -> Result<Option<PersonId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- outside_identities::find
            SELECT person FROM outside_identity WHERE issuer = $1 AND subject = $2",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* issuer */ &issuer, /* subject */ &subject]).await?;
    Ok(row.map(|row| PersonId(row.get("person"))))
}

/// Links an identity with a person; whether it is theirs now. It is not when they have another one of this provider.
pub async fn insert(
    tx: &Transaction<'_>,
    (issuer, subject): (&str, &str),
    person: PersonId,
    wall: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- outside_identities::insert
            INSERT INTO outside_identity (issuer, subject, person, linked_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING",
        )
        .await?;
    let written = tx
        .execute(
            &statement,
            &[
                /* issuer */ &issuer, /* subject */ &subject, /* person */ &person.0,
                /* linked_at */ &wall,
            ],
        )
        .await?;
    // Two first sign-ins at once: the other one may have linked the same.
    Ok(written == 1 || find(tx, issuer, subject).await? == Some(person))
}

/// Forgets the identities of a person; how many there were.
pub async fn delete_of(tx: &Transaction<'_>, person: PersonId) -> Result<u64, Error> {
    let statement = tx
        .prepare_cached(
            "-- outside_identities::delete_of
            DELETE FROM outside_identity WHERE person = $1",
        )
        .await?;
    Ok(tx.execute(&statement, &[/* person */ &person.0]).await?)
}
