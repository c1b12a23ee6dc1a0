//! Sums per account, day and way, rolled up from the journal outside the posting transaction.

use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

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

/// Between which positions of the journal the transfers of the days `from..=to` lie, up to and with record `through`; none
/// when there are none. Others lie between them too.
pub async fn span(
    client: &impl GenericClient,
    book: BookId,
    (from, to): (Date, Date),
    through: i64,
) -> Result<Option<(i64, i64)>, Error> {
    let statement = client
        .prepare_cached(
            "-- day_totals::span
             SELECT min(first_pos), least(max(last_pos), (($4::bigint + 1) << 16) - 1)
               FROM (SELECT first_pos, last_pos FROM day_span WHERE book_id = $1 AND day BETWEEN $2 AND $3
                     UNION ALL
                     SELECT min(pos), max(pos) FROM transfer
                      WHERE book_id = $1 AND effective BETWEEN $2 AND $3 AND pos < ($4::bigint + 1) << 16
                        AND pos > (SELECT through FROM day_total_progress WHERE book_id = $1)) AS days",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book */ &book.0, /* from */ &from, /* to */ &to, /* through */ &through])
        .await?;
    let first: Option<i64> = row.get(0);
    Ok(first.zip(row.get::<_, Option<i64>>(1)))
}
