//! The pledges that end with their book.

use crate::error::Error;
use crate::id::{BookId, PledgeId};
use deadpool_postgres::GenericClient;
use uuid::Uuid;

/// The pledges of a book that are not over, as they were last written, by id, after one.
pub async fn running(
    client: &impl GenericClient,
    book: BookId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PledgeId>, Error> {
    let statement = client
        .prepare_cached(
            "-- endings::running
            SELECT id FROM pledge
             WHERE book_id = $1 AND id > $2 AND state IN ('created', 'active', 'needs_action', 'paused', 'lapsed')
             ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| PledgeId::new(book, row.get("id"))).collect())
}
