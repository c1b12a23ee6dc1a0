//! Idempotency keys and the first answers to them: of a book, or of a caller for what belongs to no book.

use crate::book::{Companion, Key};
use crate::error::Error;
use crate::id::{BookId, CallerId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

/// Where a key is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Among the keys of a caller within a book. Kept for ever.
    Book(BookId),
    /// Among the keys of a caller for requests that belong to no book.
    Caller,
}

/// A key with what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Where it is unique.
    pub scope: Scope,
    /// The caller whose key it is.
    pub caller: CallerId,
    /// The key.
    pub key: Uuid,
    /// First 8 bytes of the SHA-256 of method, path and body.
    pub request_digest: i64,
}

/// What is known of a key that was used before.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Digest of the request that it came with.
    pub request_digest: i64,
    /// The answer: HTTP status and body. None when the key belongs to a posting that has no stored answer.
    pub answer: Option<(i16, Value)>,
}

/// Claims a key for this transaction; waits while another transaction holds it. `false` when it was used before.
pub async fn insert_claim(tx: &Transaction<'_>, claim: &Claim, wall: Timestamp) -> Result<bool, Error> {
    let inserted = match claim.scope {
        Scope::Book(book) => {
            let statement = tx
                .prepare_cached(
                    "-- replies::insert_claim, of a book
                    INSERT INTO idempotency (book_id, caller, key, request_digest) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (book_id, caller, key) DO NOTHING",
                )
                .await?;
            tx.execute(
                &statement,
                &[
                    /* book */ &book.0,
                    /* caller */ &claim.caller.0,
                    /* key */ &claim.key,
                    /* request_digest */ &claim.request_digest,
                ],
            )
            .await?
        }
        Scope::Caller => {
            let statement = tx
                .prepare_cached(
                    "-- replies::insert_claim, of a caller
                    INSERT INTO caller_reply (caller, key, request_digest, status, body, created_at)
                    VALUES ($1, $2, $3, 0, 'null', $4)
                    ON CONFLICT (caller, key) DO NOTHING",
                )
                .await?;
            tx.execute(
                &statement,
                &[
                    /* caller */ &claim.caller.0,
                    /* key */ &claim.key,
                    /* request_digest */ &claim.request_digest,
                    /* created_at */ &wall,
                ],
            )
            .await?
        }
    };
    Ok(inserted == 1)
}

/// Stores the answer to a key that this transaction has claimed.
pub async fn insert_answer(
    tx: &impl GenericClient,
    claim: &Claim,
    status: i16,
    body: &Value,
    wall: Timestamp,
) -> Result<(), Error> {
    match claim.scope {
        Scope::Book(book) => {
            let statement = tx
                .prepare_cached(
                    "-- replies::insert_answer, of a book
                    INSERT INTO reply (book_id, caller, key, status, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .await?;
            tx.execute(
                &statement,
                &[
                    /* book */ &book.0,
                    /* caller */ &claim.caller.0,
                    /* key */ &claim.key,
                    /* status */ &status,
                    /* body */ body,
                    /* created_at */ &wall,
                ],
            )
            .await?;
        }
        Scope::Caller => {
            let statement = tx
                .prepare_cached(
                    "-- replies::insert_answer, of a caller
                    UPDATE caller_reply SET status = $3, body = $4 WHERE caller = $1 AND key = $2",
                )
                .await?;
            tx.execute(
                &statement,
                &[
                    /* caller */ &claim.caller.0,
                    /* key */ &claim.key,
                    /* status */ &status,
                    /* body */ body,
                ],
            )
            .await?;
        }
    }
    Ok(())
}

/// The row of an answer to a request about a book, to be written with the entries of a lane. `names_entry`: its field
/// `entry` gets the record number of the entry.
pub fn row(key: &Key, status: i16, body: &Value, names_entry: bool, wall: Timestamp) -> Companion {
    let row = json!({
        "caller": key.caller,
        "key": key.key,
        "status": status,
        "body": body,
        "created_at": wall,
    });
    if names_entry { Companion::numbered("reply", row, "/body/entry") } else { Companion::new("reply", &row) }
}

/// What is stored under a key.
pub async fn find(client: &impl GenericClient, claim: &Claim) -> Result<Option<Stored>, Error> {
    let row = match claim.scope {
        Scope::Book(book) => {
            let statement = client
                .prepare_cached(
                    "-- replies::find, of a book
                    SELECT i.request_digest, r.status, r.body
                      FROM idempotency i
                      LEFT JOIN reply r ON r.book_id = i.book_id AND r.caller = i.caller AND r.key = i.key
                     WHERE i.book_id = $1 AND i.caller = $2 AND i.key = $3",
                )
                .await?;
            client
                .query_opt(&statement, &[/* book */ &book.0, /* caller */ &claim.caller.0, /* key */ &claim.key])
                .await?
        }
        Scope::Caller => {
            let statement = client
                .prepare_cached(
                    "-- replies::find, of a caller
                    SELECT request_digest, status, body FROM caller_reply WHERE caller = $1 AND key = $2",
                )
                .await?;
            client.query_opt(&statement, &[/* caller */ &claim.caller.0, /* key */ &claim.key]).await?
        }
    };
    Ok(row.as_ref().map(stored))
}

fn stored(row: &Row) -> Stored {
    Stored {
        request_digest: row.get("request_digest"),
        answer: row.get::<_, Option<i16>>("status").map(|status| (status, row.get("body"))),
    }
}

/// What is stored under keys of a caller within a book, each with its key, in no order.
pub async fn find_all(
    client: &impl GenericClient,
    book: BookId,
    caller: CallerId,
    keys: &[Uuid],
) -> Result<Vec<(Uuid, Stored)>, Error> {
    let statement = client
        .prepare_cached(
            "-- replies::find_all
            SELECT i.key, i.request_digest, r.status, r.body
              FROM idempotency i
              LEFT JOIN reply r ON r.book_id = i.book_id AND r.caller = i.caller AND r.key = i.key
             WHERE i.book_id = $1 AND i.caller = $2 AND i.key = ANY ($3)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* caller */ &caller.0, /* keys */ &keys]).await?;
    Ok(rows.iter().map(|row| (row.get("key"), stored(row))).collect())
}

/// Claims keys of a caller within a book for this transaction, in the order of the keys, so that two who claim the same ones wait
/// for each other once; answers those that were not used before.
pub async fn insert_claims(
    tx: &Transaction<'_>,
    book: BookId,
    caller: CallerId,
    keys: &[(Uuid, i64)],
) -> Result<Vec<Uuid>, Error> {
    let statement = tx
        .prepare_cached(
            "-- replies::insert_claims
            INSERT INTO idempotency (book_id, caller, key, request_digest)
            SELECT $1, $2, k.key, k.request_digest FROM unnest($3::uuid[], $4::bigint[]) AS k (key, request_digest)
             ORDER BY k.key
            ON CONFLICT (book_id, caller, key) DO NOTHING
            RETURNING key",
        )
        .await?;
    let (keys, digests): (Vec<Uuid>, Vec<i64>) = keys.iter().copied().unzip();
    let rows = tx
        .query(
            &statement,
            &[
                /* book */ &book.0, /* caller */ &caller.0, /* keys */ &keys,
                /* request_digests */ &digests,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("key")).collect())
}
