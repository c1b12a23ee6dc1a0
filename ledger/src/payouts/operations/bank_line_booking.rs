//! Lines that a person of the host knows, open or in suspense: charges and interest of the host's own bank, what a cooperative's customers,
//! suppliers, lenders and members pay or get, and what the book has already. Capital of a member who pays to join in parts pays whole ones.
//!
//! Lock order: line → cooperative → money in suspense → book head.

use crate::book::{AccountNumber, Entry, Line, Reason};
use crate::books::operations::{accounts, mirrors};
use crate::cooperatives::operations::joining_contributions::{self, Due};
use crate::cooperatives::operations::{capital, members, series};
use crate::cooperatives::rules::cooperative::is_short_name;
use crate::cooperatives::rules::joining_contribution::PaidBy;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{BankLineId, MemberId, SuspenseId};
use crate::money::Currency;
use crate::payouts::rules::bank_line::{BankLine, BookedAs, LineState, Why};
use crate::payouts::store::bank_lines;
use crate::pledging::operations::suspense;
use crate::service::change::{Change, check_text};
use crate::service::store::activity::{self, Done};
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What is posted of a line, and with whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// A charge of the bank: an expense of the host.
    BankFee,
    /// Interest of the bank: income of the host.
    Interest,
    /// What this customer had bought on credit, and has paid.
    CustomerPaid(String),
    /// A cost that this supplier was paid.
    CostPaid(String),
    /// What this lender lent.
    LoanReceived(String),
    /// What this lender had back of a loan.
    LoanRepaid(String),
    /// Capital that this member paid in.
    CapitalPaidIn(MemberId),
}

impl Posted {
    /// As what the line is booked.
    pub fn booked_as(&self) -> BookedAs {
        match self {
            Posted::BankFee => BookedAs::BankFee,
            Posted::Interest => BookedAs::Interest,
            Posted::CustomerPaid(_) => BookedAs::CustomerPaid,
            Posted::CostPaid(_) => BookedAs::CostPaid,
            Posted::LoanReceived(_) => BookedAs::LoanReceived,
            Posted::LoanRepaid(_) => BookedAs::LoanRepaid,
            Posted::CapitalPaidIn(_) => BookedAs::CapitalPaidIn,
        }
    }

    /// Who is on its other side; empty for the bank itself.
    pub fn party(&self) -> String {
        match self {
            Posted::BankFee | Posted::Interest => String::new(),
            Posted::CustomerPaid(name)
            | Posted::CostPaid(name)
            | Posted::LoanReceived(name)
            | Posted::LoanRepaid(name) => name.clone(),
            Posted::CapitalPaidIn(member) => member.to_string(),
        }
    }
}

/// Books a line that is open or in suspense as what a person of the host says that it is, on its day. Booked so before, nothing happens.
///
/// What has somebody on its other side is of a cooperative, and in the currency of its book.
///
/// # Errors
///
/// `bank-line-state`, `bank-line-not-own`, `bank-line-side`, `bank-line-currency`, `cash-short`, `less-owed`, `suspense-decided`,
/// `not-a-cooperative`, `joining-parts-differ`; what [`posting::post`] refuses but for a floor. [`Error::Invalid`] at `/reason` or `/party`; [`Error::NotFound`] for an
/// unknown line.
pub async fn book(
    tx: &Transaction<'_>,
    id: BankLineId,
    what: &Posted,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let line = bank_lines::lock(tx, id).await?;
    let (booked_as, party) = (what.booked_as(), what.party());
    if matches!(line.state, LineState::Booked { kind, .. } if kind == booked_as) && line.party == party {
        return Ok(line);
    }
    let item = line.require_unexplained()?;
    line.require_own(book.organisation)?;
    line.require_direction(booked_as)?;
    if !party.is_empty() && line.told.amount.currency() != book.currency {
        let detail = format!("the book is kept in {}: this is booked in no other currency", book.currency);
        return Err(Refusal::new("bank-line-currency", detail).into());
    }
    if !party.is_empty() {
        members::lock(tx, book.id).await?;
    }
    take_out(tx, &book, item, change, wall).await?;
    let cash = cash(tx, &book, &line, wall).await?;
    let other = other_side(tx, &book, what, line.told.amount.currency(), wall).await?;
    let due = due(tx, &book, what, &line).await?;
    let entry = match &due {
        Some(due) => joining_entry(tx, &book, (cash, other, due), &line, wall).await?,
        None => entry(what, (cash, other), &line),
    };
    let entry = match posting::post_or_reason(tx, &book, entry, wall).await? {
        Ok(posted) => posted.number,
        Err(Reason::BelowFloor { account, .. }) if account == cash => {
            let detail = "by the book, less is there than left: take in what came before it, and book it then";
            return Err(Refusal::new("cash-short", detail).into());
        }
        Err(Reason::BelowFloor { .. }) => {
            let detail =
                format!("by the book, less is owed with {party} than the line moved: record what it is of first");
            return Err(Refusal::new("less-owed", detail).into());
        }
        Err(reason) => return Err(posting::refusal(tx, &book, reason).await?.into()),
    };
    if let Some(due) = due {
        joining_contributions::pay(tx, due, PaidBy { line: id, entry }).await?;
    }
    if let Posted::CapitalPaidIn(_) = what {
        capital::grew(tx, &book).await?;
    }
    save(tx, &book, id, (LineState::Booked { kind: booked_as, entry }, &party), change, wall).await
}

/// The account on the other side of the cash.
async fn other_side(
    tx: &Transaction<'_>,
    book: &Book,
    what: &Posted,
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let of = |name: &str, account: fn(&str) -> chart::Account| {
        let is_short = is_short_name(name);
        is_short.then(|| account(name)).ok_or_else(|| Error::invalid("/party", "1 to 40 of a-z, 0-9 and '-'"))
    };
    let account = match what {
        Posted::BankFee => chart::bank_charges(),
        Posted::Interest => chart::interest_income(),
        Posted::CustomerPaid(name) => of(name, chart::customer_receivable)?,
        Posted::CostPaid(name) => of(name, chart::costs_payable)?,
        Posted::LoanReceived(name) | Posted::LoanRepaid(name) => of(name, chart::loan)?,
        Posted::CapitalPaidIn(member) => capital::account(tx, book, *member).await?,
    };
    accounts::ensure(tx, book, &account.in_currency(currency, book.currency), currency, wall).await
}

/// The parts of a joining contribution that a line pays, which a member brought.
async fn due(tx: &Transaction<'_>, book: &Book, what: &Posted, line: &BankLine) -> Result<Option<Due>, Error> {
    match what {
        Posted::CapitalPaidIn(member) => joining_contributions::due(tx, book, *member, line.moved()).await,
        Posted::BankFee
        | Posted::Interest
        | Posted::CustomerPaid(_)
        | Posted::CostPaid(_)
        | Posted::LoanReceived(_)
        | Posted::LoanRepaid(_) => Ok(None),
    }
}

/// The entry of a line that pays parts of a joining contribution: between the cash, the reserve, and the member's capital.
async fn joining_entry(
    tx: &Transaction<'_>,
    book: &Book,
    (cash, capital, due): (AccountNumber, AccountNumber, &Due),
    line: &BankLine,
    wall: Timestamp,
) -> Result<Entry, Error> {
    let reserve = accounts::ensure(tx, book, &chart::reserve(), book.currency, wall).await?;
    let (to_reserve, to_capital) = ((reserve, due.to_reserve()), (capital, due.to_capital()));
    Ok(movements::joining_paid_in(cash, to_reserve, to_capital, line.told.value_on, line.id))
}

/// The entry of a line: between the cash, and the account on its other side.
fn entry(what: &Posted, (cash, other): (AccountNumber, AccountNumber), line: &BankLine) -> Entry {
    let (minor, day, id) = (line.moved(), line.told.value_on, line.id);
    match what {
        Posted::BankFee => movements::bank_fee(other, cash, minor, day, id),
        Posted::Interest => movements::interest(cash, other, minor, day, id),
        Posted::CustomerPaid(_) => movements::customer_paid(cash, other, minor, day, id),
        Posted::CostPaid(_) => movements::cost_paid(other, cash, minor, day, id),
        Posted::LoanReceived(_) => movements::loan_received(cash, other, minor, day, id),
        Posted::LoanRepaid(_) => movements::loan_repaid(other, cash, minor, day, id),
        Posted::CapitalPaidIn(_) => movements::capital_paid_in(cash, other, minor, day, id),
    }
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
    save(tx, &book, id, (explained, ""), change, wall).await
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
    (state, party): (LineState, &str),
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    let saved = bank_lines::update_with(tx, id, state, party, book.now(wall)).await?;
    let action = if matches!(state, LineState::Open(_)) { "unbooked" } else { "booked" };
    activity::record(tx, book.id, Done::new(&id, action, change.actor).because(change.reason), book.now(wall)).await?;
    Ok(saved)
}

/// Takes back what a line was booked as, by the mirror of the entry that was posted for it: it is open again.
///
/// # Errors
///
/// `bank-line-state`, `reason-missing`, `already-reversed`, `joining-paid-later`, `joining-open`; `series-under-way` while a distribution is being
/// posted that counts on it; what [`posting::post`] refuses. [`Error::Invalid`] at `/reason`;
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
        BookedAs::Interest
        | BookedAs::CustomerPaid
        | BookedAs::CostPaid
        | BookedAs::LoanReceived
        | BookedAs::LoanRepaid => {
            mirrors::post_of_operation(tx, &book, entry, id, wall).await?;
        }
        // It may be one of the costs of a loss that is being posted.
        BookedAs::BankFee => {
            series::demand_none(tx, book.id).await?;
            mirrors::post_of_operation(tx, &book, entry, id, wall).await?;
        }
        BookedAs::CapitalPaidIn => {
            joining_contributions::free(tx, &book, id).await?;
            series::demand_none(tx, book.id).await?;
            mirrors::post_of_operation(tx, &book, entry, id, wall).await?;
        }
        // Nothing was posted for it.
        BookedAs::Entry => {}
    }
    save(tx, &book, id, (LineState::Open(Why::ReferenceUnknown), ""), change, wall).await
}

async fn cash(tx: &Transaction<'_>, book: &Book, line: &BankLine, wall: Timestamp) -> Result<AccountNumber, Error> {
    let currency = line.told.amount.currency();
    let account = chart::cash_at(line.custodian).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}
