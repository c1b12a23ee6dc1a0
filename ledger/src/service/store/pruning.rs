//! Deleting what is over and old. What that is stands in the database (`sql/now/pruning.sql`), as the service itself may delete
//! none of it.

use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;

/// Deletes a slice of what belongs to no book; answers how many rows.
pub async fn installation(client: &impl GenericClient) -> Result<i64, Error> {
    let statement = client.prepare_cached("-- pruning::installation\nSELECT installation_prune()").await?;
    Ok(client.query_one(&statement, &[]).await?.get(0))
}

/// Deletes a slice of what belongs to a book; answers how many rows.
pub async fn of_book(client: &impl GenericClient, book: BookId) -> Result<i64, Error> {
    let statement = client.prepare_cached("-- pruning::of_book\nSELECT book_prune($1)").await?;
    Ok(client.query_one(&statement, &[/* book */ &book.0]).await?.get(0))
}

/// The books after one, by number.
pub async fn books(client: &impl GenericClient, after: BookId, limit: i64) -> Result<Vec<BookId>, Error> {
    let statement = client
        .prepare_cached(
            "-- pruning::books
            SELECT number FROM book WHERE number > $1 ORDER BY number LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* after */ &after.0, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| BookId(row.get(0))).collect())
}
