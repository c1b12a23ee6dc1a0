//! The plan of a pledge: its next payment, and what it waits for.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::pledging::rules::charge::{self, Charge};
use crate::pledging::rules::pledge::{Need, Pledge};
use crate::pledging::store::{charges, pledges};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Writes a changed pledge, who changed it and why, and a job for the moment when its wait runs out.
pub(crate) async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    changed: Pledge,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let pledge = pledges::update(tx, &changed).await?;
    let done = Done::new(&pledge.id, pledge.state.as_str(), change.actor).because(change.reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    if let Some(until) = pledge.state.until() {
        let job = Job::ChargePledge { pledge: pledge.id, sequence: pledge.next_sequence };
        let dedupe = format!("{}-clock-{}", pledge.id, pledge.version);
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: until, dedupe, job }).await?;
    }
    Ok(pledge)
}

/// Takes the plan of a pledge that has just become active up again. `retry`: also a payment that was given up.
pub(crate) async fn restart(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    retry: bool,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let next = pledge.schedule.resume_from(pledge.next_sequence, book.today(wall));
    let is_pending = match charges::lock_last(tx, pledge.id).await? {
        None => false,
        Some(last) => match &last.state {
            charge::State::Scheduled | charge::State::Processing { .. } => true,
            charge::State::Voided { .. } | charge::State::Declined { retry_on: Some(_), .. } => {
                reopen(tx, book, last, wall).await?
            }
            charge::State::Declined { retry_on: None, .. } if retry || next.is_none() => {
                reopen(tx, book, last, wall).await?
            }
            charge::State::Declined { .. } | charge::State::Captured { .. } | charge::State::Settled { .. } => false,
        },
    };
    match next {
        Some(next) => {
            let pledge = pledges::update(tx, &Pledge { next_sequence: next, ..pledge }).await?;
            enqueue_payment(tx, book, &pledge, next, wall).await?;
            Ok(pledge)
        }
        None if is_pending => Ok(pledge),
        None => {
            let state = pledge.state.paid(book.now(wall), true);
            save(tx, book, Pledge { state, ..pledge }, Change::by_service("nothing is left of its plan"), wall).await
        }
    }
}

/// A charge that was given up, or whose capture was voided, is tried again at once.
async fn reopen(tx: &Transaction<'_>, book: &Book, charge: Charge, wall: Timestamp) -> Result<bool, Error> {
    let charge = Charge { state: charge.state.reopen(book.today(wall))?, ..charge };
    charges::update(tx, &charge).await?;
    let attempt = charge.state.attempt() + 1;
    let dedupe = format!("{}-{attempt}-{}", charge.id, charge.version);
    let job = Job::RetryCharge { charge: charge.id, attempt };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    Ok(true)
}

/// A job for a payment of the plan, at the start of its due date.
pub(crate) async fn enqueue_payment(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    sequence: i32,
    wall: Timestamp,
) -> Result<(), Error> {
    if let Some(job) = payment_job(book, pledge, sequence, wall) {
        jobs::enqueue(tx, &job).await?;
    }
    Ok(())
}

/// The job of a payment, for the start of its due date.
pub(super) fn payment_job(book: &Book, pledge: &Pledge, sequence: i32, wall: Timestamp) -> Option<NewJob> {
    let due_on = pledge.schedule.due_date(sequence)?;
    let due_at = book.start_of(due_on.max(book.today(wall)));
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
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let state = pledge.state.ask(book.now(wall), need);
    if state == pledge.state {
        return Ok(pledge);
    }
    save(tx, book, Pledge { state, ..pledge }, Change::by_service(reason), wall).await
}
