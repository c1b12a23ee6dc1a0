//! How rows say that something was taken back.

use crate::cooperatives::rules::undone::Undone;
use crate::error::Error;
use crate::id::{BookId, PersonId};
use deadpool_postgres::Transaction;
use tokio_postgres::Row;
use uuid::Uuid;

/// What a row says of it; `has_entry`: whether its table keeps the number of a mirror entry.
pub(crate) fn read(row: &Row, has_entry: bool) -> Option<Undone> {
    let at = row.get::<_, Option<jiff::Timestamp>>("reversed_at")?;
    Some(Undone {
        by: PersonId(row.get("reversed_by")),
        at,
        reason: row.get("reversal_reason"),
        entry: if has_entry { row.get("reversal_number") } else { None },
    })
}

/// Saves that something with a mirror entry was taken back, by the statement of its table; answers its row.
pub(crate) async fn save(
    tx: &Transaction<'_>,
    statement: &str,
    (book, object): (BookId, Uuid),
    how: &Undone,
) -> Result<Row, Error> {
    let statement = tx.prepare_cached(statement).await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &book.0,
                /* id */ &object,
                /* reversal_number */ &how.entry,
                /* reversed_by */ &how.by.0,
                /* reversed_at */ &how.at,
                /* reversal_reason */ &how.reason,
            ],
        )
        .await?;
    Ok(row)
}
