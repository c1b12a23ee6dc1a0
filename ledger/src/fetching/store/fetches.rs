//! Addresses that were fetched and hashed.

use crate::engine::store::rows::{digest, word};
use crate::error::Error;
use crate::fetching::rules::fetch::{Fetch, Fetched, Outcome};
use crate::id::{BookId, EvidenceFetchId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;

fn from_row(row: &Row) -> Result<Fetch, Error> {
    let ended_at: Option<Timestamp> = row.get("ended_at");
    let outcome = match row.get::<_, &str>("state") {
        "pending" => None,
        "fetched" => Some(Outcome::Fetched(Fetched {
            sha256: digest(row.get("sha256"))?,
            bytes: row.get("bytes"),
            content_type: row.get("content_type"),
            final_url: row.get("final_url"),
        })),
        "failed" => Some(Outcome::Failed(word(row.get("failure"))?)),
        other => return Err(Error::inconsistent(format!("a fetch in the state {other}"))),
    };
    Ok(Fetch {
        id: EvidenceFetchId::new(BookId(row.get("book_id")), row.get("id")),
        asked_by: PersonId(row.get("asked_by")),
        url: row.get("url"),
        asked_at: row.get("asked_at"),
        outcome: outcome.zip(ended_at),
    })
}

/// Writes a new fetch, which is pending.
pub async fn insert(tx: &Transaction<'_>, new: &Fetch) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- fetches::insert
            INSERT INTO evidence_fetch (book_id, id, asked_by, asked_at, state, url) VALUES ($1, $2, $3, $4, 'pending', $5)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* asked_by */ &new.asked_by.0,
            /* asked_at */ &new.asked_at,
            /* url */ &new.url,
        ],
    )
    .await?;
    Ok(())
}

/// A fetch, if it is there.
pub async fn find(client: &impl GenericClient, id: EvidenceFetchId) -> Result<Option<Fetch>, Error> {
    let statement = client
        .prepare_cached(
            "-- fetches::find
            SELECT * FROM evidence_fetch WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()
}

/// A fetch, if it is there, locked.
pub async fn lock(tx: &Transaction<'_>, id: EvidenceFetchId) -> Result<Option<Fetch>, Error> {
    let statement = tx
        .prepare_cached(
            "-- fetches::lock
            SELECT * FROM evidence_fetch WHERE book_id = $1 AND id = $2 FOR UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Writes down how a fetch ended.
pub async fn update(tx: &Transaction<'_>, ended: &Fetch) -> Result<(), Error> {
    let Some((how, at)) = &ended.outcome else { return Ok(()) };
    let statement = tx
        .prepare_cached(
            "-- fetches::update
            UPDATE evidence_fetch SET state = $3, failure = $4, ended_at = $5, bytes = $6, final_url = $7, content_type = $8,
                                      sha256 = $9
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let (state, failure, fetched) = match how {
        Outcome::Fetched(fetched) => ("fetched", "", Some(fetched)),
        Outcome::Failed(why) => ("failed", why.as_str(), None),
    };
    tx.execute(
        &statement,
        &[
            /* book_id */ &ended.id.book.0,
            /* id */ &ended.id.object,
            /* state */ &state,
            /* failure */ &failure,
            /* ended_at */ at,
            /* bytes */ &fetched.map_or(0, |fetched| fetched.bytes),
            /* final_url */ &fetched.map_or("", |fetched| &fetched.final_url),
            /* content_type */ &fetched.map_or("", |fetched| &fetched.content_type),
            /* sha256 */ &fetched.map(|fetched| &fetched.sha256.0[..]),
        ],
    )
    .await?;
    Ok(())
}
