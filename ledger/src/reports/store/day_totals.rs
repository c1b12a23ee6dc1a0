//! Sums per account, day and way, rolled up from the journal outside the posting transaction.

use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;

/// The most transfers that one roll-up takes.
pub const TRANSFERS_MAX: i32 = 20_000;

/// Brings a book's totals forward; answers how many transfers it took.
pub async fn roll_up(client: &impl GenericClient, book: BookId) -> Result<i32, Error> {
    let statement = client.prepare_cached("-- day_totals::roll_up\nSELECT day_totals_roll_up($1, $2)").await?;
    let row = client.query_one(&statement, &[/* book */ &book.0, /* limit */ &TRANSFERS_MAX]).await?;
    Ok(row.get(0))
}

/// Books after `after` whose journal has grown since the last roll-up, by number.
pub async fn behind(client: &impl GenericClient, after: BookId, limit: i64) -> Result<Vec<BookId>, Error> {
    let statement = client
        .prepare_cached(
            "-- day_totals::behind
             SELECT h.book_id FROM book_head h JOIN day_total_progress p ON p.book_id = h.book_id
              WHERE h.book_id > $1 AND p.through >> 16 < h.next_number - 1
                AND EXISTS (SELECT FROM transfer t WHERE t.book_id = h.book_id AND t.pos > p.through)
              ORDER BY h.book_id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* after */ &after.0, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| BookId(row.get(0))).collect())
}
