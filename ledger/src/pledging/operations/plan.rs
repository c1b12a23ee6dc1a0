//! The plan of a pledge: its next payment, and what it waits for.
//!
//! What happens late happens as of the moment at which it was due: `at` is that moment, in book time.

use super::commitments;
use super::pledge_notices;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::PledgeId;
use crate::pledging::rules::charge::{Charge, State};
use crate::pledging::rules::pledge::{Need, Pledge, Schedule, State as PledgeState};
use crate::pledging::store::{campaigns, charges, pledges};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Writes a changed pledge, who changed it and why, and a job for the moment when its wait runs out. `was` is its state before:
/// when it stops being active, no declined payment of it is tried again, and what fell due before that day is missed.
pub(crate) async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    mut changed: Pledge,
    was: PledgeState,
    change: Change<'_>,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    if was.is_active() && !changed.state.is_active() {
        give_up_retries(tx, book, changed.id, at, wall).await?;
        changed.next_sequence = miss(tx, book, &changed, changed.schedule.end(), at, wall).await?;
    }
    let mut pledge = pledges::update(tx, &changed).await?;
    if pledge.state.is_over() && (pledge.promised > 0 || pledge.has_place) {
        let campaign = campaigns::get(tx, pledge.campaign).await?;
        commitments::drop_rest(tx, book, &pledge, &campaign, true, at, wall).await?;
        pledge = pledges::get(tx, pledge.id).await?;
    }
    let done = Done::new(&pledge.id, pledge.state.as_str(), change.actor).because(change.reason);
    activity::record(tx, book.id, done, at).await?;
    pledge_notices::enqueue(tx, book, &pledge, was, change, at).await?;
    if let Some(until) = pledge.state.until() {
        let job = Job::ChargePledge { pledge: pledge.id, sequence: pledge.next_sequence };
        let dedupe = format!("{}-clock-{}", pledge.id, pledge.version);
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: until, dedupe, job }).await?;
    }
    Ok(pledge)
}

/// No declined payment of a pledge is tried again.
pub(super) async fn give_up_retries(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: PledgeId,
    at: Timestamp,
    wall: Timestamp,
) -> Result<(), Error> {
    for charge in charges::lock_retried(tx, pledge).await? {
        let given_up = Charge { state: charge.state.give_up(), ..charge };
        charges::update(tx, &commitments::give_up(tx, book, given_up, at, wall).await?).await?;
    }
    Ok(())
}

/// Which declined payment is tried again when a plan is taken up again. The only payment of a pledge always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// None: what was given up stays so.
    Nothing,
    /// The last one, when no due date is left: the donor gave another means.
    LastOfPlan,
    /// The last one: the donor was asked for another means, and gave it.
    Last,
}

/// Who wants a plan to be taken up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The donor, who hears it when a payment does not fit below the campaign's cap any more.
    ByTheDonor,
    /// Nobody: time has passed. Such a payment stays given up.
    ByNobody,
}

/// Takes the plan of a pledge up again that has become active at a moment. Due dates that have passed are not made up for. When
/// none is left, it is completed with what is still open.
///
/// # Errors
///
/// `campaign-full` when a payment is tried again that was given up, and does not fit below the cap any more.
pub(crate) async fn restart(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    (again, asked): (Again, Asked),
    at: Timestamp,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let next = pledge.schedule.resume_from(pledge.next_sequence, book.day_of(at));
    let end = next.unwrap_or_else(|| pledge.schedule.end());
    let tries = match (again, pledge.schedule) {
        (Again::Last, _) | (_, Schedule::Once { .. }) => true,
        (Again::LastOfPlan, Schedule::Recurring(_)) => next.is_none(),
        (Again::Nothing, Schedule::Recurring(_)) => false,
    };
    // What was begun before the pledge moved to another partner or rail is tried nowhere any more.
    if let Some(last) = charges::lock_last(tx, pledge.id).await?.filter(|last| last.is_collected_as(&pledge)) {
        match last.state {
            State::Voided { .. } => reopen(tx, book, &pledge, last, asked, at, wall).await?,
            State::Declined { .. } if tries => reopen(tx, book, &pledge, last, asked, at, wall).await?,
            State::Scheduled
            | State::Processing { .. }
            | State::Declined { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Missed => {}
        }
    }
    let pledge = pledges::update(tx, &Pledge { next_sequence: end, ..pledge }).await?;
    if let Some(next) = next {
        enqueue_payment(tx, book, &pledge, next, at).await?;
        return Ok(pledge);
    }
    if charges::any_open(tx, pledge.id, None).await? {
        return Ok(pledge);
    }
    let was = pledge.state;
    save(
        tx,
        book,
        Pledge { state: was.paid(at, true), ..pledge },
        was,
        Change::by_service("nothing is left of its plan"),
        at,
        wall,
    )
    .await
}

/// Writes down the payments before `end` that fell due before the day of a moment, and that nobody has tried: they never are.
/// Answers which payment comes next. A single payment is not missed, only late.
pub(super) async fn miss(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    end: i32,
    at: Timestamp,
    wall: Timestamp,
) -> Result<i32, Error> {
    let before = book.day_of(at);
    if matches!(pledge.schedule, Schedule::Once { .. }) {
        return Ok(pledge.next_sequence);
    }
    for sequence in pledge.next_sequence..end {
        let Some(due_on) = pledge.schedule.due_date(sequence).filter(|due| *due < before) else { return Ok(sequence) };
        let missed = commitments::begin(tx, Charge::of(pledge, sequence, due_on, State::Missed, at)).await?;
        charges::insert(tx, &commitments::give_up(tx, book, missed, at, wall).await?).await?;
    }
    Ok(pledge.next_sequence.max(end))
}

/// A charge that was given up, or whose capture was voided, is tried again at once, if it still fits below the campaign's cap.
async fn reopen(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    charge: Charge,
    asked: Asked,
    at: Timestamp,
    wall: Timestamp,
) -> Result<(), Error> {
    let charge = Charge { state: charge.state.reopen(book.day_of(at))?, ..charge };
    let charge = match (commitments::renew(tx, book, pledge, charge, wall).await?, asked) {
        ((charge, None), _) => charge,
        ((_, Some(full)), Asked::ByTheDonor) => return Err(full.into()),
        ((_, Some(_)), Asked::ByNobody) => return Ok(()),
    };
    charges::update(tx, &charge).await?;
    let attempt = charge.state.attempt() + 1;
    let dedupe = format!("{}-{attempt}-{}", charge.id, charge.version);
    let job = Job::RetryCharge { charge: charge.id, attempt };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: at, dedupe, job }).await?;
    Ok(())
}

/// A job for a payment of the plan, at the start of its due date.
pub(crate) async fn enqueue_payment(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    sequence: i32,
    at: Timestamp,
) -> Result<(), Error> {
    if let Some(job) = payment_job(book, pledge, sequence, at) {
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

/// The job of a payment, for the start of its due date; a single payment that was missed is made on the day of `at`.
pub(super) fn payment_job(book: &Book, pledge: &Pledge, sequence: i32, at: Timestamp) -> Option<NewJob> {
    let due_on = pledge.schedule.due_date(sequence)?;
    let due_at = book.start_of(due_on.max(book.day_of(at)));
    let job = Job::ChargePledge { pledge: pledge.id, sequence };
    let dedupe = format!("{}-{sequence}-{}", pledge.id, pledge.version);
    Some(NewJob { book: book.id, due_at, dedupe, job })
}

/// The pledge waits for its donor: asks, in the caller's transaction.
pub(crate) async fn ask(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    need: Need,
    reason: &str,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let was = pledge.state;
    let state = was.ask(at, need);
    if state == was {
        return Ok(pledge);
    }
    save(tx, book, Pledge { state, ..pledge }, was, Change::by_service(reason), at, wall).await
}
