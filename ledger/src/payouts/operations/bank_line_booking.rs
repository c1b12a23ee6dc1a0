//! Lines that a person of the host knows, open or in suspense: charges and interest of the host's own bank, and what the book has already.
//!
//! Lock order: line → money in suspense → book head.

use crate::book::{AccountNumber, Line, Reason};
use crate::books::operations::{accounts, mirrors};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{BankLineId, SuspenseId};
use crate::payouts::rules::bank_line::{BankLine, BookedAs, Direction, LineState, Why};
use crate::payouts::store::bank_lines;
use crate::pledging::operations::suspense;
use crate::service::change::{Change, check_text};
use crate::service::store::activity::{self, Done};
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What is posted of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// A charge of the bank: an expense of the host.
    BankFee,
    /// Interest of the bank: income of the host.
    Interest,
}

/// Books a line that is open or in suspense as what a person of the host says that it is, on its day. Booked so before, nothing happens.
///
/// # Errors
///
/// `bank-line-state`, `bank-line-not-own`, `bank-line-side`, `cash-short`, `suspense-decided`; what [`posting::post`] refuses but for a floor.
/// [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown line.
pub async fn book(
    tx: &Transaction<'_>,
    id: BankLineId,
    kind: Posted,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let line = bank_lines::lock(tx, id).await?;
    let booked_as = match kind {
        Posted::BankFee => BookedAs::BankFee,
        Posted::Interest => BookedAs::Interest,
    };
    if let LineState::Booked { kind: before, .. } = line.state
        && before == booked_as
    {
        return Ok(line);
    }
    let item = line.require_unexplained()?;
    line.require_own(book.organisation)?;
    take_out(tx, &book, item, change, wall).await?;
    let cash = cash(tx, &book, &line, wall).await?;
    let (currency, day) = (line.told.amount.currency(), line.told.value_on);
    let ensure = async |account: chart::Account| {
        accounts::ensure(tx, &book, &account.in_currency(currency, book.currency), currency, wall).await
    };
    let entry = match (kind, line.told.direction) {
        (Posted::BankFee, Direction::Debit) => {
            let charges = ensure(chart::bank_charges()).await?;
            movements::bank_fee(charges, cash, line.moved(), day, id)
        }
        (Posted::Interest, Direction::Credit) => {
            let income = ensure(chart::interest_income()).await?;
            movements::interest(cash, income, line.moved(), day, id)
        }
        (Posted::BankFee, Direction::Credit) => {
            let detail = "a charge of the bank leaves the account, and the money of this line came";
            return Err(Refusal::new("bank-line-side", detail).into());
        }
        (Posted::Interest, Direction::Debit) => {
            let detail = "interest comes to the account, and the money of this line left";
            return Err(Refusal::new("bank-line-side", detail).into());
        }
    };
    let entry = match posting::post_or_reason(tx, &book, entry, wall).await? {
        Ok(posted) => posted.number,
        Err(Reason::BelowFloor { .. }) => {
            let detail = "by the book, less is there than left: take in what came before it, and book it then";
            return Err(Refusal::new("cash-short", detail).into());
        }
        Err(reason) => return Err(posting::refusal(tx, &book, reason).await?.into()),
    };
    save(tx, &book, id, LineState::Booked { kind: booked_as, entry }, change, wall).await
}

/// Says that a line that is open or in suspense is what an entry of the book says, which moved the custodian's cash by as much: a settlement, or money that
/// went back. Nothing is posted. Said of the same entry before, nothing happens.
///
/// # Errors
///
/// `bank-line-state`, `entry-differs`, `entry-explained`, `suspense-decided`. [`Error::Invalid`] at `/reason` or `/entry`; [`Error::NotFound`] for an
/// unknown line.
pub async fn explain(
    tx: &Transaction<'_>,
    id: BankLineId,
    entry: i64,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let line = bank_lines::lock(tx, id).await?;
    let explained = LineState::Booked { kind: BookedAs::Entry, entry };
    if line.state == explained {
        return Ok(line);
    }
    let item = line.require_unexplained()?;
    let cash = cash(tx, &book, &line, wall).await?;
    journal::lock(tx, book.id).await?;
    let transfers = journal::transfers(tx, book.id, entry).await?;
    if transfers.is_empty() {
        return Err(Error::invalid("/entry", "the book has no such entry"));
    }
    let moves =
        |line: &Line| i128::from(line.amount) * (i128::from(line.debit == cash) - i128::from(line.credit == cash));
    line.require_same(entry, transfers.iter().map(|(line, _)| moves(line)).sum())?;
    if let Some(other) = bank_lines::of_entry(tx, book.id, entry).await? {
        return Err(Refusal::new("entry-explained", format!("entry {entry} is what the line {other} says")).into());
    }
    take_out(tx, &book, item, change, wall).await?;
    save(tx, &book, id, explained, change, wall).await
}

/// What waited in suspense is not a gift: it leaves suspense before it is booked as what it is.
async fn take_out(
    tx: &Transaction<'_>,
    book: &Book,
    item: Option<SuspenseId>,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<(), Error> {
    match item {
        Some(item) => suspense::explain(tx, book, item, change, wall).await,
        None => Ok(()),
    }
}

async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    id: BankLineId,
    state: LineState,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    let saved = bank_lines::update(tx, id, state, book.now(wall)).await?;
    let action = if matches!(state, LineState::Open(_)) { "unbooked" } else { "booked" };
    activity::record(tx, book.id, Done::new(&id, action, change.actor).because(change.reason), book.now(wall)).await?;
    Ok(saved)
}

/// Takes back what a line was booked as, by the mirror of the entry that was posted for it: it is open again.
///
/// # Errors
///
/// `bank-line-state`, `reason-missing`, `already-reversed`; what [`posting::post`] refuses. [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown line.
pub async fn unbook(
    tx: &Transaction<'_>,
    id: BankLineId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    if change.reason.trim().is_empty() {
        return Err(Refusal::new("reason-missing", "say why what was booked is taken back").into());
    }
    let book = books::get(tx, id.book).await?;
    let line = bank_lines::lock(tx, id).await?;
    let (kind, entry) = line.booked()?;
    match kind {
        BookedAs::BankFee | BookedAs::Interest => {
            mirrors::post_of_operation(tx, &book, entry, id, wall).await?;
        }
        // Nothing was posted for it.
        BookedAs::Entry => {}
    }
    save(tx, &book, id, LineState::Open(Why::ReferenceUnknown), change, wall).await
}

async fn cash(tx: &Transaction<'_>, book: &Book, line: &BankLine, wall: Timestamp) -> Result<AccountNumber, Error> {
    let currency = line.told.amount.currency();
    let account = chart::cash_at(line.custodian).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}
