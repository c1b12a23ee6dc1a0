//! A book compared with itself, slice by slice, and what came of it. The comparison itself is SQL: `sql/now/checks.sql`.

use crate::error::Error;
use crate::id::{BookId, BookRef};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// The most transfers that one slice compares, besides the rest of an entry.
pub const TRANSFERS_MAX: i32 = 20_000;

/// Time for the end of a pass over a large book, which compares all its totals at once.
const TIMEOUT: &str = "SET LOCAL statement_timeout = '10min'";

/// What the comparison of a slice came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// How many transfers were compared.
    pub transfers: i64,
    /// Whether a pass ended with it: the whole book was what its journal says.
    pub ended: bool,
    /// Which freeze of the book it led to, when something differed.
    pub freeze: Option<i32>,
}

/// Compares the next slice of a book, at most so many transfers, and freezes the book when something differs. Compares
/// nothing when it is frozen, or when another worker is at it.
pub async fn compare(tx: &Transaction<'_>, book: BookId, transfers: i32) -> Result<Slice, Error> {
    tx.batch_execute(TIMEOUT).await?;
    let statement = tx
        .prepare_cached("-- checks::compare\nSELECT transfers, ended, freeze_number FROM book_check_slice($1, $2)")
        .await?;
    let row = tx.query_one(&statement, &[/* book */ &book.0, /* limit */ &transfers]).await?;
    Ok(Slice { transfers: row.get("transfers"), ended: row.get("ended"), freeze: row.get("freeze_number") })
}

/// Books to compare, the longest waiting first: in the middle of a pass, or at the beginning of one when the last ended
/// before `since` (wall clock). Frozen ones are left out.
pub async fn due(client: &impl GenericClient, since: Timestamp, limit: i64) -> Result<Vec<BookId>, Error> {
    let statement = client
        .prepare_cached(
            "-- checks::due
             SELECT c.book_id FROM book_check c JOIN book_head h ON h.book_id = c.book_id
              WHERE NOT h.frozen AND (c.through > 0 OR c.ended_at < $1)
              ORDER BY c.looked_at, c.book_id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* since */ &since, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| BookId(row.get(0))).collect())
}

/// Refuses when a book takes no record at the moment.
///
/// # Errors
///
/// [`Error::BookFrozen`].
pub async fn require_unfrozen(client: &impl GenericClient, book: BookId) -> Result<(), Error> {
    if is_frozen(client, book).await? { Err(Error::BookFrozen) } else { Ok(()) }
}

/// Whether a book takes no record at the moment.
pub async fn is_frozen(client: &impl GenericClient, book: BookId) -> Result<bool, Error> {
    let statement =
        client.prepare_cached("-- checks::is_frozen\nSELECT FROM book_head WHERE book_id = $1 AND frozen").await?;
    Ok(client.query_opt(&statement, &[/* book */ &book.0]).await?.is_some())
}

/// A book that differed from itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// The book.
    pub book: BookRef,
    /// Its name for people.
    pub name: String,
    /// Which freeze of the book it is, from 1.
    pub number: i32,
    /// Since when, by the wall clock.
    pub frozen_at: Timestamp,
    /// The differences in words, the first twenty.
    pub found: Vec<String>,
    /// Whether somebody has released it.
    pub is_released: bool,
}

/// The frozen books, at most `limit`, by number.
pub async fn list_frozen(client: &impl GenericClient, limit: i64) -> Result<Vec<Freeze>, Error> {
    let statement = client
        .prepare_cached(
            "-- checks::list_frozen
             SELECT b.number AS book, b.uid, b.name, f.number, f.frozen_at, f.found, f.released_at IS NOT NULL AS is_released
               FROM book_freeze f JOIN book b ON b.number = f.book_id
              WHERE f.released_at IS NULL ORDER BY f.book_id LIMIT $1",
        )
        .await?;
    let rows = client.query(&statement, &[/* limit */ &limit]).await?;
    Ok(rows.iter().map(freeze).collect())
}

/// One freeze of a book.
pub async fn get(client: &impl GenericClient, book: BookId, number: i32) -> Result<Freeze, Error> {
    let statement = client
        .prepare_cached(
            "-- checks::get
             SELECT b.number AS book, b.uid, b.name, f.number, f.frozen_at, f.found, f.released_at IS NOT NULL AS is_released
               FROM book_freeze f JOIN book b ON b.number = f.book_id
              WHERE f.book_id = $1 AND f.number = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0, /* number */ &number]).await?;
    row.as_ref().map(freeze).ok_or(Error::NotFound("freeze"))
}

fn freeze(row: &tokio_postgres::Row) -> Freeze {
    Freeze {
        book: BookRef::new(BookId(row.get("book")), row.get("uid")),
        name: row.get("name"),
        number: row.get("number"),
        frozen_at: row.get("frozen_at"),
        found: row.get("found"),
        is_released: row.get("is_released"),
    }
}

/// How the books stand, for the figures of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many are frozen.
    pub frozen: i64,
    /// When the pass that ended longest ago ended, of the others, by the wall clock; one that left the totals out does not
    /// count. None when there is no book.
    pub oldest: Option<Timestamp>,
}

/// How many books are frozen, and since when the others were not compared whole. One that was never compared counts from
/// its beginning.
pub async fn standing(client: &impl GenericClient) -> Result<Standing, Error> {
    let statement = client
        .prepare_cached(
            "-- checks::standing
             SELECT count(*) FILTER (WHERE h.frozen) AS frozen,
                    min(greatest(c.totals_at, b.created_at)) FILTER (WHERE NOT h.frozen) AS oldest
               FROM book_head h JOIN book_check c ON c.book_id = h.book_id JOIN book b ON b.number = h.book_id",
        )
        .await?;
    let row = client.query_one(&statement, &[]).await?;
    Ok(Standing { frozen: row.get("frozen"), oldest: row.get("oldest") })
}

/// Lets a frozen book take records again, and begins its comparison anew; answers which freeze that ended, none when the
/// book is not frozen. Only the owner of the database may.
pub async fn release(tx: &Transaction<'_>, book: BookId, reason: &str) -> Result<Option<i32>, Error> {
    let statement = tx.prepare_cached("-- checks::release\nSELECT book_release($1, $2)").await?;
    Ok(tx.query_one(&statement, &[/* book */ &book.0, /* reason */ &reason]).await?.get(0))
}
