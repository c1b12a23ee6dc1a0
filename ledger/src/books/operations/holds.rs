//! Holds: money of an account set aside, until it is captured, wholly or in part, or released, or expires. Each ends once.

use crate::book::{AccountNumber, Entry, Line, MovementKind, Note};
use crate::books::rules::hold::Hold;
use crate::books::store::holds;
use crate::engine::posting::{self, Posted};
use crate::engine::store::accounts::{self, Account};
use crate::engine::store::books::{self, Book};
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::HoldId;
use crate::money::WrittenAmount;
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Sets money of an account aside, until a moment in the book's time if one is given.
///
/// # Errors
///
/// `below-floor` when less is free; `managed-class`; [`Error::Invalid`] at `/expires_at`, `/account`,
/// `/amount/currency` or `/amount/amount`.
pub async fn place(
    tx: &Transaction<'_>,
    book: &Book,
    code: &str,
    amount: &WrittenAmount,
    expires_at: Option<Timestamp>,
    wall: Timestamp,
) -> Result<Hold, Error> {
    if expires_at.is_some_and(|moment| moment <= book.now(wall)) {
        return Err(Error::invalid("/expires_at", "must be in the future of the book"));
    }
    let (account, amount) = free_account(tx, book, "/account", code, amount).await?;
    journal::lock(tx, book.id).await?;
    // Read again: what stood there before the lock may have been spent.
    let account = one(tx, book, account.number).await?;
    let free = i128::from(account.balance()) - i128::from(account.held);
    let floor = i128::from(account.floor.unwrap_or(i64::MIN));
    if free - i128::from(amount) < floor {
        let free = i64::try_from(free - floor).unwrap_or(i64::MAX);
        let detail = format!("{code} has {} {} free", account.unit.format(free), account.unit);
        return Err(Refusal::new("below-floor", detail).into());
    }
    let id = HoldId::generate(book.id);
    holds::place(tx, id, account.number, amount, expires_at, wall).await?;
    if let Some(due_at) = expires_at {
        let job = Job::ExpireHold { hold: id };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe: id.to_string(), job }).await?;
    }
    holds::get(tx, id).await
}

/// Ends a hold by moving a part of it, or all, to another account; the rest is free again.
///
/// # Errors
///
/// `hold-ended`, `managed-class`; what [`posting::post`] refuses, such as `units-differ`; [`Error::Invalid`] at `/to`,
/// `/amount/currency` or `/amount/amount`; [`Error::NotFound`] for an unknown hold.
pub async fn capture(
    tx: &Transaction<'_>,
    book: &Book,
    id: HoldId,
    to: &str,
    amount: &WrittenAmount,
    memo: &str,
    wall: Timestamp,
) -> Result<(Hold, Posted), Error> {
    let hold = holds::get(tx, id).await?;
    let (to, amount) = free_account(tx, book, "/to", to, amount).await?;
    let from = one(tx, book, hold.account).await?;
    if amount > hold.amount {
        let held = from.unit.format(hold.amount);
        return Err(Error::invalid("/amount/amount", format!("the hold is of {held}")));
    }
    end(tx, book, id, amount, wall).await?;
    let (debit, credit) =
        if from.class.kind().side() == 1 { (from.number, to.number) } else { (to.number, from.number) };
    let line = Line { kind: MovementKind::JournalEntry, debit, credit, amount };
    let entry =
        Entry { lines: vec![line], effective: book.today(wall), outside_fact: false, note: Some(Note::new(memo, id)) };
    let posted = posting::post(tx, book, entry, wall).await?;
    Ok((holds::get(tx, id).await?, posted))
}

/// Ends a hold without capturing anything.
///
/// # Errors
///
/// `hold-ended`; [`Error::NotFound`] for an unknown hold.
pub async fn release(tx: &Transaction<'_>, book: &Book, id: HoldId, wall: Timestamp) -> Result<Hold, Error> {
    end(tx, book, id, 0, wall).await?;
    holds::get(tx, id).await
}

/// The worker at the moment of expiry; a hold that has ended meanwhile is left alone.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown hold.
pub async fn expire(tx: &Transaction<'_>, id: HoldId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let hold = holds::get(tx, id).await?;
    if hold.ended == 0 && hold.expires_at.is_some_and(|moment| moment <= book.now(wall)) {
        holds::end(tx, id, 0, wall).await?;
    }
    Ok(())
}

async fn end(tx: &Transaction<'_>, book: &Book, id: HoldId, captured: i64, wall: Timestamp) -> Result<(), Error> {
    let hold = holds::get(tx, id).await?;
    let expired = hold.expires_at.is_some_and(|moment| moment <= book.now(wall));
    if expired || holds::end(tx, id, captured, wall).await?.is_none() {
        return Err(Refusal::new("hold-ended", "the hold has ended before, or has expired").into());
    }
    Ok(())
}

/// An account that raw entries may move, in the unit of an amount, and the amount in minor units.
async fn free_account(
    tx: &Transaction<'_>,
    book: &Book,
    pointer: &'static str,
    code: &str,
    amount: &WrittenAmount,
) -> Result<(Account, i64), Error> {
    let account = accounts::find(tx, book.id, code).await?;
    let account = account.ok_or_else(|| Error::invalid(pointer, "the book has no account with this code"))?;
    if account.unit.code() != amount.unit {
        return Err(Error::invalid("/amount/currency", format!("{code} is kept in {}", account.unit)));
    }
    if account.class.is_managed() {
        let detail = format!("accounts of class {} move by their own operations", account.class.as_str());
        return Err(Refusal::new("managed-class", detail).into());
    }
    let minor = account.unit.parse(&amount.digits);
    let minor = minor.map_err(|error| Error::invalid("/amount/amount", error.to_string()))?;
    Ok((account, minor))
}

async fn one(tx: &Transaction<'_>, book: &Book, number: AccountNumber) -> Result<Account, Error> {
    accounts::load(tx, book.id, &[number]).await?.pop().ok_or(Error::NotFound("account"))
}
