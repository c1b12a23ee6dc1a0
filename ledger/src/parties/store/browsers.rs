//! Browsers: the codes that they have asked for, and the cookies by which they stay signed in, each by the digest of its
//! secret.

use crate::error::Error;
use crate::id::{CallerId, PersonId, SessionId};
use crate::parties::rules::person::SignedIn;
use crate::parties::store::second_factors;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// A code that a browser has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Digest of the secret in the browser's cookie.
    pub browser: [u8; 32],
    /// Digest of that secret and the code.
    pub digest: [u8; 32],
    /// Digest of the token in the link of the same mail.
    pub link: [u8; 32],
    /// When it expires, by the wall clock.
    pub expires_at: Timestamp,
}

/// A new code.
pub async fn insert_code(tx: &Transaction<'_>, code: &Code) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- browsers::insert_code
            INSERT INTO sign_in_code (browser, digest, link, expires_at) VALUES ($1, $2, $3, $4)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* browser */ &&code.browser[..],
            /* digest */ &&code.digest[..],
            /* link */ &&code.link[..],
            /* expires_at */ &code.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// Locks the code that a browser has asked for; answers it with how many wrong ones were typed.
pub async fn lock_code(tx: &Transaction<'_>, browser: &[u8; 32]) -> Result<Option<(Code, i16)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- browsers::lock_code
            SELECT digest, link, tries, expires_at FROM sign_in_code WHERE browser = $1 FOR UPDATE",
        )
        .await?;
    let Some(row) = tx.query_opt(&statement, &[/* browser */ &&browser[..]]).await? else {
        return Ok(None);
    };
    let bytes = |name: &str| {
        let bytes: Vec<u8> = row.get(name);
        <[u8; 32]>::try_from(bytes).map_err(|_| Error::inconsistent("a digest has not 32 bytes"))
    };
    let code =
        Code { browser: *browser, digest: bytes("digest")?, link: bytes("link")?, expires_at: row.get("expires_at") };
    Ok(Some((code, row.get("tries"))))
}

/// Says how many wrong codes were typed in a browser.
pub async fn update_tries(tx: &Transaction<'_>, browser: &[u8; 32], tries: i16) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- browsers::update_tries
            UPDATE sign_in_code SET tries = $2 WHERE browser = $1",
        )
        .await?;
    tx.execute(&statement, &[/* browser */ &&browser[..], /* tries */ &tries]).await?;
    Ok(())
}

/// How many wrong codes were typed where the link of a mail was asked for.
pub async fn tries_of_link(tx: &Transaction<'_>, link: &[u8; 32]) -> Result<i16, Error> {
    let statement = tx
        .prepare_cached(
            "-- browsers::tries_of_link
            SELECT coalesce(max(tries), 0::smallint) AS tries FROM sign_in_code WHERE link = $1",
        )
        .await?;
    Ok(tx.query_one(&statement, &[/* link */ &&link[..]]).await?.get("tries"))
}

/// A cookie by which a browser is in a session.
pub async fn insert_session(
    tx: &Transaction<'_>,
    cookie: &[u8; 32],
    session: SessionId,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- browsers::insert_session
            INSERT INTO browser_session (digest, family, expires_at) VALUES ($1, $2, $3)",
        )
        .await?;
    tx.execute(&statement, &[/* digest */ &&cookie[..], /* family */ &session.0, /* expires_at */ &expires_at]).await?;
    Ok(())
}

/// The session of a cookie, over or not.
pub async fn find_session(client: &impl GenericClient, cookie: &[u8; 32]) -> Result<Option<SessionId>, Error> {
    let statement = client
        .prepare_cached(
            "-- browsers::find_session
            SELECT family FROM browser_session WHERE digest = $1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* digest */ &&cookie[..]]).await?;
    Ok(row.map(|row| SessionId(row.get("family"))))
}

/// Who is signed in, by cookies. Left out are those that have expired, those of sessions that were ended or began before
/// `began_after`, and those of persons who are disabled.
pub async fn list_live(
    client: &impl GenericClient,
    cookies: &[[u8; 32]],
    began_after: Timestamp,
    wall: Timestamp,
) -> Result<Vec<([u8; 32], SignedIn)>, Error> {
    let statement = client
        .prepare_cached(
            "-- browsers::list_live
            SELECT b.digest, f.id, p.id AS person, p.caller, p.is_operator, f.proved_at, f.proved_by
              FROM browser_session b JOIN refresh_family f ON f.id = b.family JOIN person p ON p.id = f.person
             WHERE b.digest = ANY($1) AND b.expires_at > $3 AND f.ended_at IS NULL AND f.created_at > $2
               AND p.disabled_at IS NULL",
        )
        .await?;
    let digests: Vec<&[u8]> = cookies.iter().map(|digest| &digest[..]).collect();
    let rows =
        client.query(&statement, &[/* digests */ &digests, /* created_at */ &began_after, /* wall */ &wall]).await?;
    let mut found = Vec::new();
    for row in &rows {
        let digest: &[u8] = row.get("digest");
        let digest = digest.try_into().map_err(|_| Error::inconsistent("a digest has not 32 bytes"))?;
        let signed_in = SignedIn {
            session: SessionId(row.get("id")),
            person: PersonId(row.get("person")),
            caller: CallerId(row.get("caller")),
            is_operator: row.get("is_operator"),
            proof: second_factors::proof(row)?,
        };
        found.push((digest, signed_in));
    }
    Ok(found)
}
