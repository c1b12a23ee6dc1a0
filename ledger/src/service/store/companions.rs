//! Rows of several kinds, written in one question: those that a lane writes with its entries, in a transaction of their own.

use crate::book::{Companion, Companions};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::Transaction;
use serde_json::Value;
use tokio_postgres::types::Json;

/// Writes rows that know nothing of an entry. One that is there already, or has changed, fails all of them.
pub async fn write(tx: &Transaction<'_>, book: BookId, rows: &[Companion]) -> Result<(), Error> {
    let mut all = Companions::default();
    for row in rows {
        all.push(row, 0);
    }
    let all: Value = serde_json::from_str(&all.text()).map_err(|_| Error::inconsistent("rows that are no JSON"))?;
    let statement = tx.prepare_cached("-- companions::write\nSELECT companions_write($1, $2)").await?;
    tx.execute(&statement, &[/* book */ &book.0, /* rows */ &Json(all)]).await?;
    Ok(())
}
