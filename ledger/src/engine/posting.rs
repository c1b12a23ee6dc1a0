//! Posting inside an operation's transaction: lock the head, read the accounts, fold, write.

use super::store::books::Book;
use super::store::{accounts, journal};
use crate::book::{AccountNumber, Command, Entry, Reason, State, Verdict, fold};
use crate::error::{Error, Refusal};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;

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
/// `below-floor`, `closed-period`, `amount-out-of-bounds`, `lines-out-of-bounds`, `sum-too-large`. [`Error::NotFound`] for
/// an unknown book, [`Error::BookFrozen`] for one that takes no record.
pub async fn post(tx: &Transaction<'_>, book: &Book, entry: Entry, wall: Timestamp) -> Result<Posted, Error> {
    match post_or_reason(tx, book, entry, wall).await? {
        Ok(posted) => Ok(posted),
        Err(reason) => Err(refusal(tx, book, reason).await?.into()),
    }
}

/// The same; what the fold says against it is an answer, for those who know what their floors mean.
///
/// # Errors
///
/// As [`post`], without the fold's refusals.
pub async fn post_or_reason(
    tx: &Transaction<'_>,
    book: &Book,
    entry: Entry,
    wall: Timestamp,
) -> Result<Result<Posted, Reason>, Error> {
    let head = journal::lock(tx, book.id).await?;
    let command = Command::post(None, entry);
    let mut state = read_state(tx, book, head, &command).await?;
    let (batch, verdicts) = fold(&mut state, [&command]);
    match verdicts.first() {
        Some(Verdict::Posted(number)) => {
            if !journal::write(tx, book.id, &head, state.next_number, &batch, head.records_at(wall)).await? {
                return Err(Error::inconsistent(format!("book {}: the head moved under its lock", book.id)));
            }
            Ok(Ok(Posted { number: *number }))
        }
        Some(Verdict::Refused(reason)) => Ok(Err(*reason)),
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
    let posted = post_all_or_name(tx, book, &commands, wall).await?;
    posted.map_err(|(place, refusal)| refused_in_batch(place, &refusal).into())
}

/// The refusal of an item of a batch that is posted as a whole or not at all.
pub fn refused_in_batch(place: usize, refusal: &Refusal) -> Refusal {
    Refusal::new(refusal.code, format!("entry {place} of the batch: {}", refusal.detail))
}

/// The same; the first command that the fold refuses is an answer, with its place among them.
///
/// # Errors
///
/// As [`post_all`], without the fold's refusals.
pub async fn post_all_or_name(
    tx: &Transaction<'_>,
    book: &Book,
    commands: &[Command],
    wall: Timestamp,
) -> Result<Result<Vec<Posted>, (usize, Refusal)>, Error> {
    match post_all_or_reason(tx, book, commands, wall).await? {
        Ok(posted) => Ok(Ok(posted)),
        Err((place, reason)) => Ok(Err((place, refusal(tx, book, reason).await?))),
    }
}

/// The same, with the fold's own reason, for those who know what their floors mean.
///
/// # Errors
///
/// As [`post_all_or_name`].
pub async fn post_all_or_reason(
    tx: &Transaction<'_>,
    book: &Book,
    commands: &[Command],
    wall: Timestamp,
) -> Result<Result<Vec<Posted>, (usize, Reason)>, Error> {
    let head = journal::lock(tx, book.id).await?;
    let numbers = journal::accounts_of(commands.iter().flat_map(Command::lines));
    let mut state = read_accounts(tx, book, head, &numbers).await?;
    let (batch, verdicts) = fold(&mut state, commands);
    let mut posted = Vec::with_capacity(verdicts.len());
    for (place, verdict) in verdicts.into_iter().enumerate() {
        match verdict {
            Verdict::Posted(number) => posted.push(Posted { number }),
            Verdict::Carried => return Err(Error::inconsistent("a batch of entries has a command without one")),
            Verdict::Refused(reason) => return Ok(Err((place, reason))),
        }
    }
    if !journal::write(tx, book.id, &head, state.next_number, &batch, head.records_at(wall)).await? {
        return Err(Error::inconsistent(format!("book {}: the head moved under its lock", book.id)));
    }
    Ok(Ok(posted))
}

/// Refuses a fact from outside that the book could not hold, before it happens: the same fold over the accounts as they are,
/// without the lock of the head. It promises nothing, as others may post meanwhile.
///
/// # Errors
///
/// What [`post`] would refuse.
pub async fn try_fact(client: &impl GenericClient, book: &Book, entry: Entry) -> Result<(), Error> {
    let command = Command::post(None, Entry { outside_fact: true, ..entry });
    let mut state = read_unlocked(client, book, std::slice::from_ref(&command)).await?;
    match fold(&mut state, [&command]).1.first() {
        Some(Verdict::Refused(reason)) => Err(refusal(client, book, *reason).await?.into()),
        Some(Verdict::Posted(_) | Verdict::Carried) | None => Ok(()),
    }
}

/// Of each of these facts from outside, whether the book could hold it, as [`try_fact`] says of one.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn try_facts(client: &impl GenericClient, book: &Book, entries: Vec<Entry>) -> Result<Vec<bool>, Error> {
    let commands: Vec<Command> =
        entries.into_iter().map(|entry| Command::post(None, Entry { outside_fact: true, ..entry })).collect();
    let state = read_unlocked(client, book, &commands).await?;
    let holds = |command| matches!(fold(&mut state.clone(), [command]).1.first(), Some(Verdict::Posted(_)));
    Ok(commands.iter().map(holds).collect())
}

/// Whether the fold would take all of these, over the accounts as they are, without the lock of the head. It promises nothing, as others
/// may post meanwhile, and spares work that would be thrown away.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn would_post(client: &impl GenericClient, book: &Book, commands: &[Command]) -> Result<bool, Error> {
    let mut state = read_unlocked(client, book, commands).await?;
    let verdicts = fold(&mut state, commands).1;
    Ok(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Posted(_))))
}

/// The accounts that commands name, as of no head.
async fn read_unlocked(client: &impl GenericClient, book: &Book, commands: &[Command]) -> Result<State, Error> {
    let numbers = journal::accounts_of(commands.iter().flat_map(Command::lines));
    let read = accounts::load(client, book.id, &numbers).await?;
    let accounts = read.into_iter().map(|account| (account.number, account.into_state())).collect();
    Ok(State { version: 0, next_number: 1, closed_through: Date::MIN, accounts })
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

/// The refusal in words, with the codes of the accounts that it is about.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn refusal(tx: &impl GenericClient, book: &Book, reason: Reason) -> Result<Refusal, Error> {
    let found = accounts::load(tx, book.id, &named_in(reason)).await?;
    let of = |number: AccountNumber| found.iter().find(|account| account.number == number);
    let code = |number: AccountNumber| of(number).map_or("an account", |account| account.code.as_str());
    let detail = match reason {
        Reason::BelowFloor { account, short } => of(account).map(|account| {
            let (code, unit) = (&account.code, account.unit);
            format!("{code} would fall {} {unit} below its floor", unit.format(short))
        }),
        Reason::ClosedAccount(account) => Some(format!("{} is closed", code(account))),
        Reason::UnitsDiffer(one, other) => Some(format!("{} and {} have different units", code(one), code(other))),
        Reason::NoSuchMovement { debit, credit } => {
            Some(format!("no movement of this kind leads from {} to {}", code(credit), code(debit)))
        }
        Reason::SumTooLarge(account) => {
            Some(format!("{} would have moved more than an account can count", code(account)))
        }
        Reason::UnknownAccount(_) => Some("an account is not in this book".to_owned()),
        Reason::ClosedPeriod(_) | Reason::Amount | Reason::Lines => None,
    };
    Ok(Refusal::new(reason.code(), detail.unwrap_or_else(|| reason.to_string())))
}

/// The accounts that a reason names.
fn named_in(reason: Reason) -> Vec<AccountNumber> {
    match reason {
        Reason::BelowFloor { account, .. } | Reason::ClosedAccount(account) | Reason::SumTooLarge(account) => {
            vec![account]
        }
        Reason::UnitsDiffer(one, other) => vec![one, other],
        Reason::NoSuchMovement { debit, credit } => vec![debit, credit],
        Reason::UnknownAccount(_) | Reason::ClosedPeriod(_) | Reason::Amount | Reason::Lines => Vec::new(),
    }
}
