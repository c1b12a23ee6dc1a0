//! What a custodian reports of a settlement to a book that is kept by the lines of banks: it counts once the line is there, on the day of the line.
//!
//! Lock order: settlements of days by id → line → charges → book head.

use super::bank_line_booking;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::ChargeId;
use crate::payouts::rules::bank_line::LineState;
use crate::payouts::store::bank_lines;
use crate::service::change::Change;
use crate::service::store::activity::Actor;
use crate::treasury::operations::reported::{self, Report};
use crate::treasury::rules::settlement::Settlement;
use crate::treasury::store::reported as rows;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A custodian has paid over what it owed of some charges, and says which. In a book that is kept by lines of banks it posts nothing to cash before
/// a line of its bank, of the same amount, carries its reference; the line is what settled it then, and its day counts.
///
/// # Errors
///
/// `line-not-there`; as [`reported::report`], and as [`bank_line_booking::explain`].
pub async fn report(tx: &Transaction<'_>, book: &Book, report: &Report, wall: Timestamp) -> Result<Settlement, Error> {
    if !book.kept_by_bank_lines {
        return reported::report(tx, book.id, report, wall).await;
    }
    let charges: Vec<ChargeId> = report.lines.iter().map(|line| line.charge).collect();
    rows::lock_days(tx, book.id, &charges).await?;
    let line = bank_lines::lock_credit_named(tx, book.id, report.partner, &report.reference, report.amount).await?;
    let Some(line) = line else {
        let detail = format!(
            "the book is kept by the lines of banks, and none of the custodian's brings {} as {}: report it again when it is there",
            report.amount, report.reference
        );
        return Err(Refusal::new("line-not-there", detail).into());
    };
    let dated = Report { day: line.told.value_on, ..report.clone() };
    let settled = reported::report(tx, book.id, &dated, wall).await?;
    match line.state {
        LineState::Booked { entry, .. } if entry == settled.entry => {}
        LineState::Open(_)
        | LineState::Suspense { .. }
        | LineState::Booked { .. }
        | LineState::Matched { .. }
        | LineState::Gift { .. } => {
            let change = Change { version: None, actor: Actor::Partner(report.partner), reason: "" };
            bank_line_booking::explain(tx, line.id, settled.entry, change, wall).await?;
        }
    }
    Ok(settled)
}
