//! Tries of payers, under keyed digests that say nothing without the key, which is not in the database.

use crate::error::Error;
use crate::id::{BookId, OrganisationId};
use crate::pledging::rules::tries::{FirstCharges, LOOKED_AT_MAX};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::types::Json;
use uuid::{Builder, Uuid};

/// Under what tries are counted: a keyed digest of an address, a card or a pledge.
pub type Subject = [u8; 32];

/// The tries of subjects, each of which is locked until the transaction ends, in one order for all who lock several.
pub async fn lock(
    tx: &Transaction<'_>,
    subjects: &[Subject],
    wall: Timestamp,
) -> Result<Vec<(Vec<u8>, Vec<Timestamp>)>, Error> {
    let statement = tx
        .prepare_cached(
            "-- tries::lock
            INSERT INTO payment_try (last_at, subject, tries)
            SELECT $2, s, '{}' FROM unnest($1::bytea[]) AS s GROUP BY s ORDER BY s
            ON CONFLICT (subject) DO UPDATE SET last_at = excluded.last_at
            RETURNING subject, tries",
        )
        .await?;
    let subjects: Vec<&[u8]> = subjects.iter().map(<[u8; 32]>::as_slice).collect();
    let rows = tx.query(&statement, &[/* subjects */ &subjects, /* last_at */ &wall]).await?;
    Ok(rows.iter().map(|row| (row.get("subject"), row.get("tries"))).collect())
}

/// Writes the tries of subjects that are locked.
pub async fn update(tx: &Transaction<'_>, all: &[(Vec<u8>, &[Timestamp])]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- tries::update
            UPDATE payment_try t SET tries = r.tries
              FROM jsonb_to_recordset($1) AS r (subject bytea, tries timestamptz[])
             WHERE t.subject = r.subject",
        )
        .await?;
    let row = |(subject, tries): &(Vec<u8>, &[Timestamp])| json!({"subject": format!("\\x{}", hex::encode(subject)), "tries": tries});
    tx.execute(&statement, &[/* rows */ &Json(all.iter().map(row).collect::<Vec<_>>())]).await?;
    Ok(())
}

/// What became of the first charges of a partner's pledges in a book that were begun since a moment by the wall clock: of the
/// latest ones, by their ids, which hold that clock.
pub async fn first_charges(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    since: Timestamp,
) -> Result<FirstCharges, Error> {
    let statement = client
        .prepare_cached(
            "-- tries::first_charges
            SELECT count(*) AS tried, count(*) FILTER (WHERE state = 'declined') AS declined
              FROM (SELECT state FROM charge
                     WHERE book_id = $1 AND partner = $2 AND id >= $3 AND sequence = 1 AND rail <> 'partner'
                     ORDER BY id DESC LIMIT $4) AS latest",
        )
        .await?;
    let millis = u64::try_from(since.as_millisecond()).unwrap_or_default();
    let first: Uuid = Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &book.0,
                /* partner */ &partner.0,
                /* first */ &first,
                /* limit */ &LOOKED_AT_MAX,
            ],
        )
        .await?;
    Ok(FirstCharges { tried: row.get("tried"), declined: row.get("declined") })
}
