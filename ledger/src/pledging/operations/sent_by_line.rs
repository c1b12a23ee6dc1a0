//! What leaves a custodian's bank with the reference of what goes back to who gave it: the line settles a refund of a gift that came by a
//! line, or money that was returned from suspense.
//!
//! Lock order: pledge → line → charge or money in suspense → head of the book.

use super::charges as charge_operations;
use super::refund_outcomes::{Way, settle, tell, with_fee};
use crate::book::Reason;
use crate::books::operations::accounts;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{RefundId, SuspenseId};
use crate::pledging::rules::pledge::Rail;
use crate::pledging::rules::refund::State;
use crate::pledging::rules::suspense::{SuspenseItem, SuspenseState};
use crate::pledging::rules::transfer::Debit;
use crate::pledging::rules::transfer_reference::{Named, Purpose};
use crate::pledging::store::{refunds, suspense, transfers};
use crate::service::change::Change;
use crate::service::store::activity::{self, Done};
use crate::treasury::operations::settlements::cash_of;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What a line is that left with a reference of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// What went back, in this entry.
    Entry(i64),
    /// The reference names nothing that goes back.
    Unknown,
    /// Another amount goes back, or in another currency.
    AmountDiffers,
    /// What it names goes back by another custodian, or does not go back, or did before.
    StateDiffers,
    /// The book says that the custodian has less cash than left.
    CashShort,
    /// It names a gift that did not come by a line, which a person looks at.
    Reversal,
}

/// Takes what left with a reference: what it names is settled by it, on its day.
///
/// # Errors
///
/// What [`posting::post`] refuses but for a floor.
pub async fn take(
    tx: &Transaction<'_>,
    book: &Book,
    named: &Named,
    debit: &Debit,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Back, Error> {
    match named.purpose {
        Purpose::Refund => match transfers::refund(tx, book.id, named).await? {
            Some(refund) => take_refund(tx, refund, debit, change, wall).await,
            None => Ok(Back::Unknown),
        },
        Purpose::Suspense => match transfers::suspense(tx, book.id, named).await? {
            Some(item) => take_suspense(tx, book, item, debit, change, wall).await,
            None => Ok(Back::Unknown),
        },
        Purpose::Campaign | Purpose::Pledge => Ok(Back::Reversal),
        Purpose::Settlement => Ok(Back::Unknown),
    }
}

async fn take_refund(
    tx: &Transaction<'_>,
    id: RefundId,
    debit: &Debit,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Back, Error> {
    let known = refunds::get(tx, id).await?;
    let (book, pledge, charge) = charge_operations::lock(tx, known.charge, None, wall).await?;
    let refund = refunds::get(tx, id).await?;
    if refund.rail != Rail::Partner || refund.partner != debit.custodian {
        return Ok(Back::StateDiffers);
    }
    match charge.settlement {
        Some(settlement) if transfers::came_by_line(tx, settlement).await? => {}
        Some(_) | None => return Ok(Back::Reversal),
    }
    let provider_reference = match &refund.state {
        State::Failed { .. } => return Ok(Back::StateDiffers),
        State::Settled { .. } | State::Requested { .. } | State::Sent { .. } if refund.sent != debit.amount => {
            return Ok(Back::AmountDiffers);
        }
        State::Settled { .. } => return Ok(Back::Entry(refund.end_entry)),
        State::Requested { .. } => debit.line.to_string(),
        State::Sent { provider_reference, .. } => provider_reference.clone(),
    };
    let was_requested = matches!(refund.state, State::Requested { .. });
    let way = Way::Line(debit);
    match settle(tx, &book, (pledge, charge), refund, provider_reference, way, wall).await? {
        Ok(settled) => {
            tell(tx, &book, &settled, was_requested, change.actor, wall).await?;
            Ok(Back::Entry(settled.end_entry))
        }
        Err(reason) => short_or_refused(tx, &book, reason).await,
    }
}

/// Money that was returned from suspense has left: refunds in transit → cash.
async fn take_suspense(
    tx: &Transaction<'_>,
    book: &Book,
    id: SuspenseId,
    debit: &Debit,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Back, Error> {
    let item = suspense::lock(tx, id).await?;
    if item.partner != debit.custodian || item.state != SuspenseState::Returned {
        return Ok(Back::StateDiffers);
    }
    if item.amount != debit.amount {
        return Ok(Back::AmountDiffers);
    }
    if item.sent_entry > 0 {
        return Ok(Back::Entry(item.sent_entry));
    }
    let currency = item.amount.currency();
    let account = chart::refunds_in_transit(item.partner).in_currency(currency, book.currency);
    let in_transit = accounts::ensure(tx, book, &account, currency, wall).await?;
    let cash = cash_of(tx, book, item.partner, currency, wall).await?;
    let entry = movements::refund_settled(in_transit, cash, item.amount, debit.on, item.id);
    let entry = with_fee(tx, book, entry, debit, wall).await?;
    let sent_entry = match posting::post_or_reason(tx, book, entry, wall).await? {
        Ok(posted) => posted.number,
        Err(reason) => return short_or_refused(tx, book, reason).await,
    };
    suspense::update(tx, &SuspenseItem { sent_entry, ..item }).await?;
    activity::record(tx, book.id, Done::new(&id, "sent", change.actor), book.now(wall)).await?;
    Ok(Back::Entry(sent_entry))
}

async fn short_or_refused(tx: &Transaction<'_>, book: &Book, reason: Reason) -> Result<Back, Error> {
    match reason {
        Reason::BelowFloor { .. } => Ok(Back::CashShort),
        reason @ (Reason::UnknownAccount(_)
        | Reason::ClosedAccount(_)
        | Reason::UnitsDiffer(..)
        | Reason::NoSuchMovement { .. }
        | Reason::ClosedPeriod(_)
        | Reason::Amount
        | Reason::Lines
        | Reason::SumTooLarge(_)) => Err(posting::refusal(tx, book, reason).await?.into()),
    }
}
