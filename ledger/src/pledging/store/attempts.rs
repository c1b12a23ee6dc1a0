//! Attempts at a charge, and what providers told us of it.

use super::charges::columns;
use crate::book::Companion;
use crate::error::Error;
use crate::id::ChargeId;
use crate::pledging::rules::charge::Charge;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde_json::json;

/// One try of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Number of the attempt within the charge, from 1.
    pub attempt: i32,
    /// `processing`, `declined`, `captured` or `voided`.
    pub state: String,
    /// The provider's own code of a decline.
    pub code: String,
    /// When it began, in book time.
    pub started_at: Timestamp,
    /// When its answer was written down, in book time; none while it is under way.
    pub finished_at: Option<Timestamp>,
}

/// The tries of a charge, in order.
pub async fn list(client: &impl GenericClient, charge: ChargeId) -> Result<Vec<Attempt>, Error> {
    let statement = client
        .prepare_cached(
            "-- attempts::list
            SELECT attempt, state, code, started_at, finished_at FROM charge_attempt
             WHERE book_id = $1 AND charge = $2 ORDER BY attempt LIMIT 1000",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &charge.book.0, /* charge */ &charge.object]).await?;
    Ok(rows
        .iter()
        .map(|row| Attempt {
            attempt: row.get("attempt"),
            state: row.get("state"),
            code: row.get("code"),
            started_at: row.get("started_at"),
            finished_at: row.get("finished_at"),
        })
        .collect())
}

/// An attempt begins.
pub async fn insert(tx: &Transaction<'_>, charge: ChargeId, attempt: i32, now: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- attempts::insert
            INSERT INTO charge_attempt (book_id, charge, attempt, state, started_at)
            VALUES ($1, $2, $3, 'processing', $4)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &charge.book.0,
            /* charge */ &charge.object,
            /* attempt */ &attempt,
            /* started_at */ &now,
        ],
    )
    .await?;
    Ok(())
}

/// The last attempt of a charge has the charge's answer: declined, captured or voided.
pub async fn finish(tx: &Transaction<'_>, charge: &Charge, now: Timestamp) -> Result<(), Error> {
    let columns = columns(&charge.state);
    let statement = tx
        .prepare_cached(
            "-- attempts::finish
            UPDATE charge_attempt SET state = $4, code = $5, provider_reference = $6, finished_at = $7
             WHERE book_id = $1 AND charge = $2 AND attempt = $3",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &charge.id.book.0,
                /* charge */ &charge.id.object,
                /* attempt */ &charge.state.attempt(),
                /* state */ &charge.state.of_attempt(),
                /* code */ &columns.code,
                /* provider_reference */ &columns.provider_reference.unwrap_or_default(),
                /* finished_at */ &now,
            ],
        )
        .await?;
    if rows == 1 { Ok(()) } else { Err(Error::inconsistent(format!("charge {} has no such attempt", charge.id))) }
}

/// What a provider told us about a charge; says whether it is news. A repetition waits for the first one to commit.
pub async fn insert_event(
    tx: &Transaction<'_>,
    provider: &str,
    event_id: &str,
    charge: ChargeId,
    wall: Timestamp,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- attempts::insert_event
            INSERT INTO provider_event (book_id, provider, event_id, charge, received_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (book_id, provider, event_id) DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &charge.book.0,
                /* provider */ &provider,
                /* event_id */ &event_id,
                /* charge */ &charge.object,
                /* received_at */ &wall,
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// Whether an event that is known was about this charge.
pub async fn event_was_about(
    client: &impl GenericClient,
    provider: &str,
    event_id: &str,
    charge: ChargeId,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- attempts::event_was_about
            SELECT EXISTS (SELECT FROM provider_event
                            WHERE book_id = $1 AND provider = $2 AND event_id = $3 AND charge = $4)",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &charge.book.0,
                /* provider */ &provider,
                /* event_id */ &event_id,
                /* charge */ &charge.object,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Whether the attempt before the last one of a charge was voided: its partner had collected it, and gave it back.
pub async fn follows_a_void(client: &impl GenericClient, charge: &Charge) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- attempts::follows_a_void
            SELECT EXISTS (SELECT FROM charge_attempt
                            WHERE book_id = $1 AND charge = $2 AND attempt = $3 AND state = 'voided')",
        )
        .await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &charge.id.book.0,
                /* charge */ &charge.id.object,
                /* attempt */ &(charge.state.attempt() - 1),
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// The row of an event of a provider, to be written with the entries of a lane.
pub fn event_row(provider: &str, event_id: &str, charge: ChargeId, wall: Timestamp) -> Companion {
    let row = json!({ "provider": provider, "event_id": event_id, "charge": charge.object, "received_at": wall });
    Companion::new("provider_event", &row)
}
