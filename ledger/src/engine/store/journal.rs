//! The journal: the lock of its head, and what is read under it. The one door in is in `posting`, reading it back in
//! `reading`.

mod column;
mod posting;
mod reading;

pub use posting::{prepare_write, write};
pub use reading::{
    JournalLine, accounts_of, audit, last_number, lines, lines_after, lines_at, positions, positions_by_day, transfers,
};

use crate::book::{AccountNumber, Key};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// The head of a book: the version that a fold rests on, and where it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Version of the head, raised by every batch.
    pub version: i64,
    /// Number of the next record.
    pub next_number: i64,
    /// Nothing takes effect on or before this day.
    pub closed_through: Date,
    /// When its last record was recorded: no later one is recorded before.
    pub recorded_at: Timestamp,
}

impl Head {
    /// The moment at which the next record is recorded: now, unless the clock of another machine was ahead.
    pub fn records_at(&self, wall: Timestamp) -> Timestamp {
        wall.max(self.recorded_at)
    }
}

/// Locks the head until the transaction ends; [`Error::BookFrozen`] when the book takes no record.
pub async fn lock(tx: &Transaction<'_>, book: BookId) -> Result<Head, Error> {
    let statement = tx
        .prepare_cached(
            "-- journal::lock\nSELECT version, next_number, closed_through, recorded_at FROM journal_lock($1)",
        )
        .await?;
    let row = tx.query_one(&statement, &[/* book */ &book.0]).await?;
    let version: Option<i64> = row.get(0);
    let version = version.ok_or(Error::NotFound("book"))?;
    Ok(Head { version, next_number: row.get(1), closed_through: row.get(2), recorded_at: row.get(3) })
}

/// What a key in the book stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredKey {
    /// The key, with the digest of the request that it first came with.
    pub key: Key,
    /// Record number of the entry it made; 0 when none.
    pub number: i64,
    /// Why the fold refused it; 0 when it did not.
    pub refusal: i16,
}

/// Those of these keys that are in the book already.
pub async fn keys(client: &impl GenericClient, book: BookId, asked: &[Key]) -> Result<Vec<StoredKey>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::keys
             SELECT i.caller, i.key, i.request_digest, i.number, i.refusal
               FROM unnest($2::int[], $3::uuid[]) AS k(caller, key)
              CROSS JOIN LATERAL (SELECT * FROM idempotency
                                   WHERE book_id = $1 AND caller = k.caller AND key = k.key OFFSET 0) AS i",
        )
        .await?;
    let callers: Vec<i32> = asked.iter().map(|key| key.caller).collect();
    let ids: Vec<Uuid> = asked.iter().map(|key| key.key).collect();
    let rows = client.query(&statement, &[/* book */ &book.0, /* callers */ &callers, /* keys */ &ids]).await?;
    let stored = rows.iter().map(|row| StoredKey {
        key: Key { caller: row.get(0), key: row.get(1), request_digest: row.get(2) },
        number: row.get(3),
        refusal: row.get(4),
    });
    Ok(stored.collect())
}

/// A transfer as far as balances and chains are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Its position.
    pub pos: i64,
    /// Account debited.
    pub debit: AccountNumber,
    /// Account credited.
    pub credit: AccountNumber,
    /// The amount that moved, minor units.
    pub amount: i64,
}

/// What was posted since a record, read under the lock of the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// These transfers, and nothing else.
    Moved(Vec<Moved>),
    /// Too much, or records besides entries, which change more than balances: what was known has to be read anew.
    Anew,
}

/// Locks the head until the transaction ends, and reads what was posted from record `from` on, if that is at most
/// `limit` records; with 0 nothing is read.
pub async fn catch_up(
    client: &impl GenericClient,
    book: BookId,
    from: i64,
    limit: i64,
) -> Result<(Head, Since), Error> {
    let statement = client.prepare_cached(CATCH_UP).await?;
    let row = client.query_one(&statement, &[/* book */ &book.0, /* from */ &from, /* limit */ &limit]).await?;
    let version: Option<i64> = row.get("version");
    let version = version.ok_or(Error::NotFound("book"))?;
    let head = Head {
        version,
        next_number: row.get("next_number"),
        closed_through: row.get("closed_through"),
        recorded_at: row.get("recorded_at"),
    };
    if !row.get::<_, bool>("whole") {
        return Ok((head, Since::Anew));
    }
    let positions: Option<Vec<i64>> = row.get("positions");
    let debits: Option<Vec<i32>> = row.get("debits");
    let credits: Option<Vec<i32>> = row.get("credits");
    let amounts: Option<Vec<i64>> = row.get("amounts");
    let sides = debits.unwrap_or_default().into_iter().zip(credits.unwrap_or_default());
    let amounts = positions.unwrap_or_default().into_iter().zip(amounts.unwrap_or_default());
    let moved = sides.zip(amounts).map(|((debit, credit), (pos, amount))| Moved {
        pos,
        debit: AccountNumber(debit),
        credit: AccountNumber(credit),
        amount,
    });
    Ok((head, Since::Moved(moved.collect())))
}

const CATCH_UP: &str = "-- journal::catch_up
     SELECT version, next_number, closed_through, recorded_at, whole, positions, debits, credits, amounts
       FROM journal_catch_up($1, $2, $3)";
