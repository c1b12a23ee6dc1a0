//! Closing periods of books that are kept by the lines of banks: when nothing is unexplained, with the differences that were moved.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::payouts::rules::bank_difference::{BankDifference, require_explained};
use crate::payouts::store::bank_differences as store;
use crate::reports::operations::periods;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

/// Closes the days through this one; answers the record's number, and the differences that stand moved by then. A book that is not kept
/// by lines of banks closes whatever they say.
///
/// # Errors
///
/// `unexplained`; as [`periods::close`].
pub async fn close(
    tx: &Transaction<'_>,
    book: &Book,
    through: Date,
    wall: Timestamp,
) -> Result<(i64, Vec<BankDifference>), Error> {
    periods::closable(tx, book, through, wall).await?;
    if book.kept_by_bank_lines {
        require_explained(&store::positions(tx, book.id, through).await?, through)?;
    }
    let moved = store::moved(tx, book.id, through).await?;
    let told = moved.iter().map(|it| {
        json!({
            "difference": it.id.to_string(), "custodian": it.custodian.to_string(), "side": it.side.as_str(),
            "unit": it.amount.currency().code(), "amount": it.amount.minor().to_string(), "day": it.on.to_string(),
            "entry": it.entry,
        })
    });
    let number = periods::close_with(tx, book, through, told.collect(), wall).await?;
    Ok((number, moved))
}
