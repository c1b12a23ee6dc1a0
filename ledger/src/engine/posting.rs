//! Posting inside an operation's transaction: lock the head, read the accounts, fold, write.

use super::store::books::Book;
use super::store::{accounts, journal};
use crate::book::{AccountNumber, Command, Entry, Reason, State, Verdict, fold};
use crate::error::{Error, Refusal};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// What was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// Record number of the entry.
    pub number: i64,
}

/// Posts one entry in the caller's transaction. A refusal by the fold writes nothing.
///
/// Aggregates are locked before this is called: the lock order is aggregates by id → book head → balances by number.
///
/// # Errors
///
/// The fold's refusals, by [`Reason::code`]: `unknown-account`, `closed-account`, `units-differ`, `no-such-movement`,
/// `below-floor`, `closed-period`, `amount-out-of-bounds`, `lines-out-of-bounds`. [`Error::NotFound`] for an unknown
/// book, [`Error::BookFrozen`] for one that takes no record.
pub async fn post(tx: &Transaction<'_>, book: &Book, entry: Entry, wall: Timestamp) -> Result<Posted, Error> {
    let head = journal::lock(tx, book.id).await?;
    let command = Command::post(None, entry);
    let mut state = read_state(tx, book, head, &command).await?;
    let (batch, verdicts) = fold(&mut state, [&command]);
    match verdicts.first() {
        Some(Verdict::Posted(number)) => {
            if !journal::write(tx, book.id, &head, state.next_number, &batch, head.records_at(wall)).await? {
                return Err(Error::inconsistent(format!("book {}: the head moved under its lock", book.id)));
            }
            Ok(Posted { number: *number })
        }
        Some(Verdict::Refused(reason)) => Err(refusal(tx, book, *reason).await?.into()),
        Some(Verdict::Carried) | None => Err(Error::inconsistent("the fold gave no verdict")),
    }
}

/// Posts commands in the caller's transaction, all of them or none.
///
/// # Errors
///
/// As [`post`], of the first command that is refused, with its place among them. A command without an entry is
/// [`Error::Inconsistent`].
pub async fn post_all(
    tx: &Transaction<'_>,
    book: &Book,
    commands: Vec<Command>,
    wall: Timestamp,
) -> Result<Vec<Posted>, Error> {
    let head = journal::lock(tx, book.id).await?;
    let numbers = journal::accounts_of(commands.iter().flat_map(Command::lines));
    let mut state = read_accounts(tx, book, head, &numbers).await?;
    let (batch, verdicts) = fold(&mut state, &commands);
    let mut posted = Vec::with_capacity(verdicts.len());
    for (index, verdict) in verdicts.into_iter().enumerate() {
        match verdict {
            Verdict::Posted(number) => posted.push(Posted { number }),
            Verdict::Carried => return Err(Error::inconsistent("a batch of entries has a command without one")),
            Verdict::Refused(reason) => {
                let Refusal { code, detail } = refusal(tx, book, reason).await?;
                return Err(Refusal::new(code, format!("entry {index} of the batch: {detail}")).into());
            }
        }
    }
    if !journal::write(tx, book.id, &head, state.next_number, &batch, head.records_at(wall)).await? {
        return Err(Error::inconsistent(format!("book {}: the head moved under its lock", book.id)));
    }
    Ok(posted)
}

/// What the fold would say, without writing: the same code, for dry runs. The head is locked until the caller rolls back.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown book. A refusal is a verdict here, no error.
pub async fn try_out(tx: &Transaction<'_>, book: &Book, entry: Entry) -> Result<Verdict, Error> {
    let head = journal::lock(tx, book.id).await?;
    let command = Command::post(None, entry);
    let mut state = read_state(tx, book, head, &command).await?;
    let (_, verdicts) = fold(&mut state, [&command]);
    verdicts.first().copied().ok_or_else(|| Error::inconsistent("the fold gave no verdict"))
}

async fn read_state(tx: &Transaction<'_>, book: &Book, head: journal::Head, command: &Command) -> Result<State, Error> {
    read_accounts(tx, book, head, &journal::accounts_of(command.lines().iter())).await
}

async fn read_accounts(
    tx: &Transaction<'_>,
    book: &Book,
    head: journal::Head,
    numbers: &[AccountNumber],
) -> Result<State, Error> {
    let read = accounts::load(tx, book.id, numbers).await?;
    let accounts = read.into_iter().map(|account| (account.number, account.into_state())).collect();
    Ok(State { version: head.version, next_number: head.next_number, closed_through: head.closed_through, accounts })
}

/// The refusal in words, with the code of the account that it is about.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn refusal(tx: &impl GenericClient, book: &Book, reason: Reason) -> Result<Refusal, Error> {
    let detail = match reason {
        Reason::BelowFloor { account, short } => {
            let found = accounts::load(tx, book.id, &[account]).await?;
            match found.first() {
                Some(account) => {
                    let (code, unit) = (&account.code, account.unit);
                    format!("{code} would fall {} {unit} below its floor", unit.format(short))
                }
                None => reason.to_string(),
            }
        }
        Reason::UnknownAccount(_)
        | Reason::ClosedAccount(_)
        | Reason::UnitsDiffer(..)
        | Reason::NoSuchMovement { .. }
        | Reason::ClosedPeriod(_)
        | Reason::Amount
        | Reason::Lines => reason.to_string(),
    };
    Ok(Refusal::new(reason.code(), detail))
}
