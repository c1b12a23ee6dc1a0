//! Records besides entries: closed periods, holds, and what else the book numbers.

use crate::book::{LogRecord, RecordKind};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;

/// At most `limit` records with numbers after `after`, up to and with `through`, in order.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    after: i64,
    through: i64,
    limit: i64,
) -> Result<Vec<LogRecord>, Error> {
    let statement = client
        .prepare_cached(
            "-- log_records::list
             SELECT number, kind, recorded_at, body FROM log_record
              WHERE book_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book */ &book.0, /* after */ &after, /* through */ &through, /* limit */ &limit])
        .await?;
    let records = rows.iter().map(|row| {
        let kind: i16 = row.get("kind");
        let kind = RecordKind::from_number(kind)
            .ok_or_else(|| Error::inconsistent(format!("record kind {kind} is unknown")))?;
        Ok(LogRecord { number: row.get("number"), kind, recorded_at: row.get("recorded_at"), body: row.get("body") })
    });
    records.collect()
}
