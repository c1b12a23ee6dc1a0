//! Closing periods: a record with the trial balance, after which nothing takes effect on or before its day.

use crate::books::store::holds;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::reports::operations as reports;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Closes the days through this one; answers the record's number.
///
/// Facts from outside are posted all the same: they take effect on the first open day.
///
/// # Errors
///
/// `period-closed`; `report-too-large` when the trial balance has more accounts than one report shows;
/// [`Error::Invalid`] at `/date` for a day that has not passed; [`Error::NotFound`] for an unknown book.
pub async fn close(tx: &Transaction<'_>, book: &Book, through: Date, wall: Timestamp) -> Result<i64, Error> {
    close_with(tx, book, through, Vec::new(), wall).await
}

/// The same, with the differences of banks that were moved in these days, as the record tells them.
///
/// # Errors
///
/// As [`close`].
pub async fn close_with(
    tx: &Transaction<'_>,
    book: &Book,
    through: Date,
    differences: Vec<Value>,
    wall: Timestamp,
) -> Result<i64, Error> {
    closable(tx, book, through, wall).await?;
    let lines = reports::trial_balance(tx, book, Some(through)).await?;
    let lines: Vec<_> = lines
        .iter()
        .map(|line| {
            json!({
                "code": line.code, "unit": line.unit.code(),
                "debit": line.debit.to_string(), "credit": line.credit.to_string(),
            })
        })
        .collect();
    let mut body = json!({"through": through.to_string(), "trial_balance": lines});
    if !differences.is_empty() {
        body["differences"] = differences.into();
    }
    holds::close_period(tx, book.id, through, &body, wall).await
}

/// Locks the head of a book, and refuses to close what cannot be closed: days that have not passed, or are closed.
///
/// # Errors
///
/// `period-closed`; [`Error::Invalid`] at `/date`; [`Error::NotFound`] for an unknown book.
pub async fn closable(tx: &Transaction<'_>, book: &Book, through: Date, wall: Timestamp) -> Result<(), Error> {
    let head = journal::lock(tx, book.id).await?;
    if through >= book.today(wall) {
        return Err(Error::invalid("/date", "only days that have passed can be closed"));
    }
    if through <= head.closed_through {
        let detail = format!("the book is closed through {}", head.closed_through);
        return Err(Refusal::new("period-closed", detail).into());
    }
    Ok(())
}
