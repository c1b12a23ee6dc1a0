//! Sign-in links and refresh tokens, by the digest of their secret.

use crate::error::Error;
use crate::id::PersonId;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use uuid::Uuid;

/// A sign-in link that is being mailed.
pub async fn insert_sign_in(
    tx: &Transaction<'_>,
    digest: &[u8],
    person: PersonId,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::insert_sign_in
            INSERT INTO sign_in_token (digest, person, expires_at) VALUES ($1, $2, $3)",
        )
        .await?;
    tx.execute(&statement, &[/* digest */ &digest, /* person */ &person.0, /* expires_at */ &expires_at]).await?;
    Ok(())
}

/// Uses a sign-in link up: whose it was, or nothing when it is unknown, too old or used.
pub async fn update_sign_in_used(
    tx: &Transaction<'_>,
    digest: &[u8],
    wall: Timestamp,
) -> Result<Option<PersonId>, Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::update_sign_in_used
            UPDATE sign_in_token SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND expires_at > $2
            RETURNING person",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* digest */ &digest, /* wall */ &wall]).await?;
    Ok(row.map(|row| PersonId(row.get("person"))))
}

/// How many sign-in links were made for a person that are still good after a time.
pub async fn count_sign_ins(tx: &Transaction<'_>, person: PersonId, after: Timestamp) -> Result<i64, Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::count_sign_ins
            SELECT count(*) AS links FROM sign_in_token WHERE person = $1 AND used_at IS NULL AND expires_at > $2",
        )
        .await?;
    Ok(tx.query_one(&statement, &[/* person */ &person.0, /* after */ &after]).await?.get("links"))
}

/// A new family of refresh tokens: somebody has signed in.
pub async fn insert_family(tx: &Transaction<'_>, family: Uuid, person: PersonId, wall: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::insert_family
            INSERT INTO refresh_family (id, person, created_at) VALUES ($1, $2, $3)",
        )
        .await?;
    tx.execute(&statement, &[/* id */ &family, /* person */ &person.0, /* created_at */ &wall]).await?;
    Ok(())
}

/// The next refresh token of a family.
pub async fn insert_refresh(
    tx: &Transaction<'_>,
    digest: &[u8],
    family: Uuid,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::insert_refresh
            INSERT INTO refresh_token (digest, family, expires_at) VALUES ($1, $2, $3)",
        )
        .await?;
    tx.execute(&statement, &[/* digest */ &digest, /* family */ &family, /* expires_at */ &expires_at]).await?;
    Ok(())
}

/// A refresh token as it was found, with its family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// The sign-in it came from.
    pub family: Uuid,
    /// Who signed in.
    pub person: PersonId,
    /// When the token expires, by the wall clock.
    pub expires_at: Timestamp,
    /// Whether it was used before.
    pub used: bool,
    /// Whether the family has ended.
    pub ended: bool,
}

/// Locks the family of a refresh token, and reads both.
pub async fn lock_refresh(tx: &Transaction<'_>, digest: &[u8]) -> Result<Option<Refresh>, Error> {
    let family = tx
        .prepare_cached(
            "-- tokens::lock_refresh, the family
            SELECT id, person, ended_at IS NOT NULL AS ended FROM refresh_family
             WHERE id = (SELECT family FROM refresh_token WHERE digest = $1) FOR UPDATE",
        )
        .await?;
    let Some(family) = tx.query_opt(&family, &[/* digest */ &digest]).await? else {
        return Ok(None);
    };
    let token = tx
        .prepare_cached(
            "-- tokens::lock_refresh, the token
            SELECT expires_at, used_at IS NOT NULL AS used FROM refresh_token WHERE digest = $1",
        )
        .await?;
    let token = tx.query_one(&token, &[/* digest */ &digest]).await?;
    Ok(Some(Refresh {
        family: family.get("id"),
        person: PersonId(family.get("person")),
        expires_at: token.get("expires_at"),
        used: token.get("used"),
        ended: family.get("ended"),
    }))
}

/// Marks a refresh token as used.
pub async fn update_refresh_used(tx: &Transaction<'_>, digest: &[u8], wall: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::update_refresh_used
            UPDATE refresh_token SET used_at = $2 WHERE digest = $1",
        )
        .await?;
    tx.execute(&statement, &[/* digest */ &digest, /* used_at */ &wall]).await?;
    Ok(())
}

/// Ends a family: none of its tokens works any more.
pub async fn update_family_ended(tx: &Transaction<'_>, family: Uuid, wall: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::update_family_ended
            UPDATE refresh_family SET ended_at = coalesce(ended_at, $2) WHERE id = $1",
        )
        .await?;
    tx.execute(&statement, &[/* id */ &family, /* ended_at */ &wall]).await?;
    Ok(())
}
