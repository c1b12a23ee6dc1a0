//! Sign-in links and refresh tokens, by the digest of their secret.

use crate::error::Error;
use crate::id::{PersonId, SessionId};
use crate::parties::rules::second_factor::Proof;
use crate::parties::store::second_factors;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use uuid::Uuid;

/// Whom a sign-in link signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Somebody who is a person here.
    Person(PersonId),
    /// Whoever opens it: somebody new, with this address in lower case.
    Newcomer(String),
}

impl Holder {
    fn person(&self) -> Option<Uuid> {
        match self {
            Holder::Person(person) => Some(person.0),
            Holder::Newcomer(_) => None,
        }
    }

    fn email(&self) -> Option<&str> {
        match self {
            Holder::Person(_) => None,
            Holder::Newcomer(email) => Some(email),
        }
    }
}

/// A sign-in link that is being mailed; one that is there already stays as it is.
pub async fn insert_sign_in(
    tx: &Transaction<'_>,
    digest: &[u8],
    holder: &Holder,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::insert_sign_in
            INSERT INTO sign_in_token (digest, person, email, expires_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (digest) DO NOTHING",
        )
        .await?;
    let (person, email) = (holder.person(), holder.email());
    tx.execute(
        &statement,
        &[
            /* digest */ &digest,
            /* person */ &person,
            /* email */ &email,
            /* expires_at */ &expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// Uses a sign-in link up: whose it was, or nothing when it is unknown, too old or used.
pub async fn update_sign_in_used(
    tx: &Transaction<'_>,
    digest: &[u8],
    wall: Timestamp,
) -> Result<Option<Holder>, Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::update_sign_in_used
            UPDATE sign_in_token SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND expires_at > $2
            RETURNING person, email",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* digest */ &digest, /* wall */ &wall]).await?;
    Ok(row.map(|row| match row.get("person") {
        Some(person) => Holder::Person(PersonId(person)),
        None => Holder::Newcomer(row.get("email")),
    }))
}

/// How many sign-in links other than this one were made for somebody that are still good after a time.
pub async fn count_other_sign_ins(
    tx: &Transaction<'_>,
    holder: &Holder,
    digest: &[u8],
    after: Timestamp,
) -> Result<i64, Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::count_other_sign_ins
            SELECT count(*) AS links FROM sign_in_token
             WHERE (person = $1 OR email = $2) AND digest <> $3 AND used_at IS NULL AND expires_at > $4",
        )
        .await?;
    let (person, email) = (holder.person(), holder.email());
    let row = tx
        .query_one(&statement, &[/* person */ &person, /* email */ &email, /* digest */ &digest, /* after */ &after])
        .await?;
    Ok(row.get("links"))
}

/// The next refresh token of a session.
pub async fn insert_refresh(
    tx: &Transaction<'_>,
    digest: &[u8],
    session: SessionId,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tokens::insert_refresh
            INSERT INTO refresh_token (digest, family, expires_at) VALUES ($1, $2, $3)",
        )
        .await?;
    tx.execute(&statement, &[/* digest */ &digest, /* family */ &session.0, /* expires_at */ &expires_at]).await?;
    Ok(())
}

/// A refresh token as it was found, with its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// The session that it keeps up.
    pub session: SessionId,
    /// Who signed in.
    pub person: PersonId,
    /// When the person signed in, by the wall clock.
    pub signed_in_at: Timestamp,
    /// When the token expires, by the wall clock.
    pub expires_at: Timestamp,
    /// When it was first used, by the wall clock.
    pub used_at: Option<Timestamp>,
    /// Whether the session was ended.
    pub ended: bool,
    /// The last proof of the second factor in it.
    pub proof: Option<Proof>,
}

/// Locks the session of a refresh token, and reads both.
pub async fn lock_refresh(tx: &Transaction<'_>, digest: &[u8]) -> Result<Option<Refresh>, Error> {
    let session = tx
        .prepare_cached(
            "-- tokens::lock_refresh, the session
            SELECT id, person, created_at, ended_at IS NOT NULL AS ended, proved_at, proved_by FROM refresh_family
             WHERE id = (SELECT family FROM refresh_token WHERE digest = $1) FOR UPDATE",
        )
        .await?;
    let Some(session) = tx.query_opt(&session, &[/* digest */ &digest]).await? else {
        return Ok(None);
    };
    let token = tx
        .prepare_cached(
            "-- tokens::lock_refresh, the token
            SELECT expires_at, used_at FROM refresh_token WHERE digest = $1",
        )
        .await?;
    let token = tx.query_one(&token, &[/* digest */ &digest]).await?;
    Ok(Some(Refresh {
        session: SessionId(session.get("id")),
        person: PersonId(session.get("person")),
        signed_in_at: session.get("created_at"),
        expires_at: token.get("expires_at"),
        used_at: token.get("used_at"),
        ended: session.get("ended"),
        proof: second_factors::proof(&session)?,
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
