//! Word to the donor about a pledge that is not charged any more: when it comes to be so, and before its time runs out.
//!
//! What a declined payment brings, its own mail tells.

use crate::calendar::to_microseconds;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::pledging::rules::pledge::{Pledge, REMIND_DAYS, State};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::Actor;
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::{SignedDuration, Timestamp};

/// Writes the jobs that tell the donor of a state that the pledge has come to at a moment.
pub(super) async fn enqueue(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    was: State,
    change: Change<'_>,
    at: Timestamp,
) -> Result<(), Error> {
    let since = to_microseconds(pledge.state.since());
    let needs_other = pledge.state.needs_campaign() || pledge.state.needs_collector();
    // Of a book that is wound up, nothing is declined or stopped any more: it ends all its pledges.
    let is_wound_up = book.takes_new(since).is_err();
    let by_decline = was.is_active() && change.actor == Actor::Service && !needs_other && !is_wound_up;
    let moments = match pledge.state {
        State::NeedsAction { until, .. } => {
            let before = until.checked_sub(SignedDuration::from_hours(24 * REMIND_DAYS)).unwrap_or(until);
            [(!by_decline).then_some((at, false)), Some((before.max(at), true))]
        }
        State::Lapsed { .. } | State::Cancelled { .. } => [(!by_decline).then_some((at, false)), None],
        State::Created { .. }
        | State::Active { .. }
        | State::Paused { .. }
        | State::Completed { .. }
        | State::Refunded { .. } => [None, None],
    };
    for (due_at, again) in moments.into_iter().flatten() {
        let dedupe = format!("{}-{}-{again}", pledge.id, pledge.version);
        let job = Job::NotifyPledge { pledge: pledge.id, since, again };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await?;
    }
    Ok(())
}
