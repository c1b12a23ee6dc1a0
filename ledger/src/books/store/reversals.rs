//! Which entry reversed which.

use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::{GenericClient, Transaction};

/// Links an entry to the one that reversed it; false when it has been reversed before.
pub async fn insert(tx: &Transaction<'_>, book: BookId, number: i64, by: i64) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- reversals::insert
             INSERT INTO reversal (book_id, number, reversed_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .await?;
    let rows = tx.execute(&statement, &[/* book */ &book.0, /* number */ &number, /* by */ &by]).await?;
    Ok(rows == 1)
}

/// The entry that reversed an entry, if one did.
pub async fn find(client: &impl GenericClient, book: BookId, number: i64) -> Result<Option<i64>, Error> {
    let statement = client
        .prepare_cached("-- reversals::find\nSELECT reversed_by FROM reversal WHERE book_id = $1 AND number = $2")
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0, /* number */ &number]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// The entry that an entry reversed, if it did; the first of several.
pub async fn find_reversed(client: &impl GenericClient, book: BookId, by: i64) -> Result<Option<i64>, Error> {
    let statement = client
        .prepare_cached(
            "-- reversals::find_reversed
             SELECT number FROM reversal WHERE book_id = $1 AND reversed_by = $2 ORDER BY number LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0, /* by */ &by]).await?;
    Ok(row.map(|row| row.get(0)))
}
