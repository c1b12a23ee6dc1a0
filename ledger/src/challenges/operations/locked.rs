//! A challenge with its row locked, and what is written when it moves.

use crate::challenges::rules::challenge::{Challenge, ChallengeState};
use crate::challenges::store::challenges;
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::ChallengeId;
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A challenge with its book, locked.
#[derive(Debug, Clone)]
pub(super) struct Locked {
    pub(super) book: Book,
    pub(super) challenge: Challenge,
}

/// Locks the challenge alone: it is about to change.
pub(super) async fn lock(tx: &Transaction<'_>, id: ChallengeId) -> Result<Locked, Error> {
    let book = books::get(tx, id.book).await?;
    Ok(Locked { book, challenge: challenges::lock(tx, id).await? })
}

/// Saves where a challenge stands now, with who moved it and why, and the job of its next deadline.
pub(super) async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    changed: Challenge,
    action: &str,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let changed = challenges::update(tx, &changed).await?;
    let done = Done::new(&changed.id, action, change.actor).because(change.reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    schedule(tx, &changed).await?;
    Ok(changed)
}

pub(super) async fn schedule(tx: &Transaction<'_>, challenge: &Challenge) -> Result<(), Error> {
    let Some(until) = challenge.state.until() else { return Ok(()) };
    let dedupe = format!("{} {} until {until}", challenge.id, state_word(&challenge.state));
    enqueue(tx, challenge.id, until, dedupe).await
}

/// The state's name, with what distinguishes two of the same name.
pub(super) fn state_word(state: &ChallengeState) -> &'static str {
    match state {
        ChallengeState::Judging { escalated: true, .. } => "escalated",
        ChallengeState::Judging { escalated: false, .. }
        | ChallengeState::Draft { .. }
        | ChallengeState::Funding { .. }
        | ChallengeState::Announced { .. }
        | ChallengeState::Open { .. }
        | ChallengeState::Extended { .. }
        | ChallengeState::Provisional { .. }
        | ChallengeState::Awarded
        | ChallengeState::Closed
        | ChallengeState::Cancelled { .. }
        | ChallengeState::NoAward { .. } => state.as_str(),
    }
}

pub(super) async fn enqueue(
    tx: &Transaction<'_>,
    id: ChallengeId,
    due_at: Timestamp,
    dedupe: String,
) -> Result<(), Error> {
    let job = Job::AdvanceChallenge { challenge: id };
    jobs::enqueue(tx, &NewJob { book: id.book, due_at, dedupe, job }).await?;
    Ok(())
}
