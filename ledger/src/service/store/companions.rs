//! Rows of several kinds, written in one question: those that a lane writes with its entries, in a transaction of their own.

use crate::book::Companion;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::Transaction;
use serde_json::{Map, Value};
use tokio_postgres::types::Json;

/// Writes rows that know nothing of an entry. One that is there already, or has changed, fails all of them.
pub async fn write(tx: &Transaction<'_>, book: BookId, rows: &[Companion]) -> Result<(), Error> {
    let mut kinds: Map<String, Value> = Map::new();
    for row in rows {
        let kind = kinds.entry(row.table).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(all) = kind {
            all.push(row.row.clone());
        }
    }
    let statement = tx.prepare_cached("-- companions::write\nSELECT companions_write($1, $2)").await?;
    tx.execute(&statement, &[/* book */ &book.0, /* rows */ &Json(Value::Object(kinds))]).await?;
    Ok(())
}
