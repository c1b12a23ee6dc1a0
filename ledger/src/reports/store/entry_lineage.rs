//! Whose money an entry took, and what took of the money that it brought: entries on both sides.

use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;

/// The entries that brought what an entry took out of funds, by number, at most `limit`.
pub async fn took_of(client: &impl GenericClient, book: BookId, entry: i64, limit: i64) -> Result<Vec<i64>, Error> {
    let statement = client
        .prepare_cached(
            "-- entry_lineage::took_of
             SELECT DISTINCT layer FROM fund_use WHERE book_id = $1 AND entry = $2 ORDER BY layer LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* entry */ &entry, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The entries that took of what an entry brought into the funds that it credits, by number, at most `limit`.
pub async fn taken_by(client: &impl GenericClient, book: BookId, entry: i64, limit: i64) -> Result<Vec<i64>, Error> {
    let statement = client
        .prepare_cached(
            "-- entry_lineage::taken_by
             SELECT DISTINCT u.entry
               FROM transfer t
               JOIN fund_use u ON u.book_id = $1 AND u.fund = t.credit AND u.layer = $2
              WHERE t.book_id = $1 AND t.pos >= $2::bigint << 16 AND t.pos < ($2::bigint + 1) << 16
              ORDER BY u.entry LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* entry */ &entry, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
