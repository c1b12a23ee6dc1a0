//! Captures, tried before anybody is asked for money.

use super::fees;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::movements;
use crate::pledging::rules::charge::Charge;
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::store::campaigns;
use crate::treasury::operations::settlements::receivable;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Folds the capture of a charge before its provider is asked: nobody is asked for money that the book could not hold.
///
/// # Errors
///
/// What posting it would refuse.
pub(super) async fn capture(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    charge: &Charge,
    wall: Timestamp,
) -> Result<(), Error> {
    let campaign = campaigns::get(tx, charge.campaign).await?;
    let custodian = charge.rail.custodian(charge.partner, book.organisation);
    let receivable = receivable(tx, book, custodian, charge.amount.currency(), wall).await?;
    let entry = movements::charge_captured(receivable, campaign.fund()?, charge.amount, book.today(wall), charge.id);
    let borne = fees::ensure(tx, book, &campaign, pledge, charge, wall).await?;
    posting::try_fact(tx, book, fees::with_fees(entry, &borne)).await
}
