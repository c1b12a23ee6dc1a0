//! Open lines of the host's own account that a person knows: charges of the bank, and interest.
//!
//! Lock order: line → book head.

use crate::book::{AccountNumber, Reason};
use crate::books::operations::{accounts, mirrors};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::BankLineId;
use crate::payouts::rules::bank_line::{BankLine, BookedAs, Direction, LineState, Why};
use crate::payouts::store::bank_lines;
use crate::service::change::{Change, check_text};
use crate::service::store::activity::{self, Done};
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Books an open line as what a person of the host says that it is, on its day. Booked so before, nothing happens.
///
/// # Errors
///
/// `bank-line-state`, `bank-line-not-own`, `bank-line-side`, `cash-short`; what [`posting::post`] refuses but for a floor.
/// [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown line.
pub async fn book(
    tx: &Transaction<'_>,
    id: BankLineId,
    kind: BookedAs,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let line = bank_lines::lock(tx, id).await?;
    if let LineState::Booked { kind: before, .. } = line.state
        && before == kind
    {
        return Ok(line);
    }
    line.require_bookable(book.organisation)?;
    let cash = cash(tx, &book, &line, wall).await?;
    let (currency, day) = (line.told.amount.currency(), line.told.value_on);
    let ensure = async |account: chart::Account| {
        accounts::ensure(tx, &book, &account.in_currency(currency, book.currency), currency, wall).await
    };
    let entry = match (kind, line.told.direction) {
        (BookedAs::BankFee, Direction::Debit) => {
            let charges = ensure(chart::bank_charges()).await?;
            movements::bank_fee(charges, cash, line.moved(), day, id)
        }
        (BookedAs::Interest, Direction::Credit) => {
            let income = ensure(chart::interest_income()).await?;
            movements::interest(cash, income, line.moved(), day, id)
        }
        (BookedAs::BankFee, Direction::Credit) => {
            let detail = "a charge of the bank leaves the account, and the money of this line came";
            return Err(Refusal::new("bank-line-side", detail).into());
        }
        (BookedAs::Interest, Direction::Debit) => {
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
    let booked = bank_lines::update(tx, id, LineState::Booked { kind, entry }).await?;
    let done = Done::new(&id, "booked", change.actor).because(change.reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    Ok(booked)
}

/// Takes back what a line was booked as, by the mirror of its entry: it is open again.
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
    let (_, entry) = line.booked()?;
    mirrors::post_of_operation(tx, &book, entry, id, wall).await?;
    let open = bank_lines::update(tx, id, LineState::Open(Why::ReferenceUnknown)).await?;
    let done = Done::new(&id, "unbooked", change.actor).because(change.reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    Ok(open)
}

async fn cash(tx: &Transaction<'_>, book: &Book, line: &BankLine, wall: Timestamp) -> Result<AccountNumber, Error> {
    let currency = line.told.amount.currency();
    let account = chart::cash_at(line.custodian).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}
