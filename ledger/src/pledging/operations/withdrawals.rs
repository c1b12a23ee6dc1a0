//! A partner or a rail leaves a book, and what that makes of the plans that it collected.
//!
//! The moment counts, not the job: whoever locks a pledge sees it as the withdrawals of its partner and rail leave it
//! ([`super::present::lock_present`]), and a job looks at all of them, a page at a time, so that donors are told soon.

use super::present::lock_present;
use crate::calendar::{days_after, to_microseconds};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{OrganisationId, PledgeId, WithdrawalId};
use crate::pledging::rules::pledge::Rail;
use crate::pledging::rules::withdrawal::{LAST_DAY_MAX, Leaver, Withdrawal, WithdrawalState};
use crate::pledging::store::withdrawals;
use crate::service::change::{Change, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A partner or a rail leaves: at once, or after a last day.
///
/// # Errors
///
/// `withdrawn-already`; [`Error::Invalid`] at `/last_day` or `/reason`.
pub async fn withdraw(
    tx: &Transaction<'_>,
    book: &Book,
    leaver: Leaver,
    last_day: Option<Date>,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Withdrawal, Error> {
    check_text("/reason", change.reason, text::REASON)?;
    let (now, today) = (to_microseconds(book.now(wall)), book.today(wall));
    if last_day.is_some_and(|day| day < today || day > days_after(today, LAST_DAY_MAX)) {
        let message = format!("must be {today}, the book's today, or within {LAST_DAY_MAX} days after it");
        return Err(Error::invalid("/last_day", message));
    }
    let new = Withdrawal {
        id: WithdrawalId::generate(book.id),
        leaver,
        created_at: now,
        from: last_day.map_or(now, |day| book.start_of(days_after(day, 1))),
        last_day,
        reason: change.reason.to_owned(),
        restored_at: None,
        version: 1,
    };
    if !withdrawals::insert(tx, &new).await? {
        let detail = "it is withdrawn already: restore it first, to name another day";
        return Err(Refusal::new("withdrawn-already", detail).into());
    }
    let done = Done::new(&new.id, "withdrawn", change.actor).because(change.reason);
    activity::record(tx, book.id, done, now).await?;
    enqueue(tx, &new, None, new.from).await?;
    Ok(new)
}

/// A withdrawal is taken back: plans that still wait go on with their next due date, as of now.
///
/// # Errors
///
/// `not-withdrawn`; [`Error::Invalid`] at `/reason`.
pub async fn restore(
    tx: &Transaction<'_>,
    book: &Book,
    leaver: Leaver,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Withdrawal, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let now = to_microseconds(book.now(wall));
    let standing = withdrawals::lock_standing(tx, book.id, leaver).await?;
    let standing =
        standing.ok_or_else(|| Refusal::new("not-withdrawn", "it is not withdrawn: nothing is left to take back"))?;
    let restored = withdrawals::update_restored(tx, standing.id, now).await?;
    let done = Done::new(&restored.id, "restored", change.actor).because(change.reason);
    activity::record(tx, book.id, done, now).await?;
    enqueue(tx, &restored, None, now).await?;
    Ok(restored)
}

/// Refuses what would begin through a partner or on a rail that is withdrawn.
///
/// # Errors
///
/// `partner-withdrawn`, `rail-withdrawn`.
pub async fn require_open(
    client: &impl GenericClient,
    book: &Book,
    (partner, rail): (OrganisationId, Rail),
    wall: Timestamp,
) -> Result<(), Error> {
    for one in withdrawals::of(client, book.id, partner, rail).await? {
        one.lets_begin(book.now(wall))?;
    }
    Ok(())
}

/// What a job does of a withdrawal: the pledges of a page, each to be looked at in a transaction of its own.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown withdrawal.
pub async fn page(
    client: &impl GenericClient,
    id: WithdrawalId,
    after: Option<PledgeId>,
    limit: i64,
) -> Result<Vec<PledgeId>, Error> {
    let found = withdrawals::get(client, id).await?;
    withdrawals::concerned(client, &found, after.map_or(Uuid::nil(), |pledge| pledge.object), limit).await
}

/// Looks at one pledge: what the withdrawal, or its end, makes of it comes true as of its moment.
///
/// # Errors
///
/// As [`lock_present`].
pub async fn look(tx: &Transaction<'_>, pledge: PledgeId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, pledge.book).await?;
    lock_present(tx, &book, pledge, book.now(wall), wall).await?;
    Ok(())
}

/// A page is done: the next one is another job; of the first one on the withdrawal is in force.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn turn(
    tx: &Transaction<'_>,
    id: WithdrawalId,
    next: Option<PledgeId>,
    wall: Timestamp,
) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let now = book.now(wall);
    let found = withdrawals::get(tx, id).await?;
    if found.state(now) == WithdrawalState::InForce {
        withdrawals::update_in_force(tx, id).await?;
    }
    match next {
        Some(next) => enqueue(tx, &found, Some(next), now).await,
        None => Ok(()),
    }
}

async fn enqueue(
    tx: &Transaction<'_>,
    of: &Withdrawal,
    after: Option<PledgeId>,
    due_at: Timestamp,
) -> Result<(), Error> {
    let place = after.map_or(Uuid::nil(), |pledge| pledge.object);
    let dedupe = format!("{}-{}-{place}", of.id, of.restored_at.is_some());
    let job = Job::AdvanceWithdrawal { withdrawal: of.id, after };
    jobs::enqueue(tx, &NewJob { book: of.id.book, due_at, dedupe, job }).await?;
    Ok(())
}
