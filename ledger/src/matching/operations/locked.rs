//! A round with its row locked, and what is written when it moves.

use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::MatchingRoundId;
use crate::matching::rules::round::Round;
use crate::matching::store::rounds;
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A round with its book, locked.
#[derive(Debug, Clone)]
pub(super) struct Locked {
    pub(super) book: Book,
    pub(super) round: Round,
}

/// Locks the round: it is about to change.
pub(super) async fn lock(tx: &Transaction<'_>, id: MatchingRoundId) -> Result<Locked, Error> {
    let book = books::get(tx, id.book).await?;
    Ok(Locked { book, round: rounds::lock(tx, id).await? })
}

/// Saves where a round stands now, with who moved it and why, and the job of its next deadline.
pub(super) async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    changed: Round,
    action: &str,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Round, Error> {
    let changed = rounds::update(tx, &changed).await?;
    let done = Done::new(&changed.id, action, change.actor).because(change.reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    schedule(tx, &changed).await?;
    Ok(changed)
}

/// Asks for what the deadline of its state demands, at that deadline.
pub(super) async fn schedule(tx: &Transaction<'_>, round: &Round) -> Result<(), Error> {
    let Some(until) = round.state.until() else { return Ok(()) };
    let dedupe = format!("{} {} until {until}", round.id, round.state.as_str());
    enqueue(tx, round.id, until, dedupe).await
}

pub(super) async fn enqueue(
    tx: &Transaction<'_>,
    id: MatchingRoundId,
    due_at: Timestamp,
    dedupe: String,
) -> Result<(), Error> {
    let job = Job::AdvanceMatchingRound { round: id };
    jobs::enqueue(tx, &NewJob { book: id.book, due_at, dedupe, job }).await?;
    Ok(())
}
