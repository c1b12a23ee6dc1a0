//! Sums per account and day, rolled up from the journal outside the posting transaction.

use crate::book::AccountNumber;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// The most transfers that one roll-up takes.
const TRANSFERS_MAX: i32 = 20_000;

/// Brings a book's day totals forward; answers how many transfers it took.
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

/// Debits and credits of every account up to and with a day, minor units: rolled-up days and the tail of the journal.
pub async fn as_of(
    client: &impl GenericClient,
    book: BookId,
    day: Date,
) -> Result<Vec<(AccountNumber, i64, i64)>, Error> {
    let statement = client
        .prepare_cached(
            "-- day_totals::as_of
             WITH progress AS (SELECT through FROM day_total_progress WHERE book_id = $1),
             tail AS (SELECT debit, credit, amount FROM transfer
                       WHERE book_id = $1 AND pos > (SELECT through FROM progress) AND effective <= $2)
             SELECT account, sum(debits)::bigint, sum(credits)::bigint
               FROM (SELECT account, debits, credits FROM day_total WHERE book_id = $1 AND day <= $2
                     UNION ALL SELECT debit, amount, 0 FROM tail
                     UNION ALL SELECT credit, 0, amount FROM tail) AS side
              GROUP BY account ORDER BY account",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* day */ &day]).await?;
    Ok(rows.iter().map(|row| (AccountNumber(row.get(0)), row.get(1), row.get(2))).collect())
}
