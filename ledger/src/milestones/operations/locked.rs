//! A claim with its rows locked, and what is written when it moves.

use super::milestones as access;
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{BookId, ClaimId, DisputeId};
use crate::milestones::rules::claim::{Claim, ClaimState, Closed};
use crate::milestones::rules::dispute::Dispute;
use crate::milestones::rules::milestone::Milestone;
use crate::milestones::rules::notice::Event;
use crate::milestones::rules::review::Ballot;
use crate::milestones::store::{claims, milestones, reviews};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::mem::{Discriminant, discriminant};

/// A claim with what it belongs to, its rows locked.
#[derive(Debug, Clone)]
pub(super) struct Locked {
    pub(super) book: Book,
    pub(super) milestone: Milestone,
    pub(super) claim: Claim,
}

/// Locks the milestone, then the claim.
pub(super) async fn lock(tx: &Transaction<'_>, id: ClaimId) -> Result<Locked, Error> {
    let book = books::get(tx, id.book).await?;
    let milestone = milestones::lock(tx, claims::get(tx, id).await?.milestone).await?;
    let claim = claims::lock(tx, id).await?;
    Ok(Locked { book, milestone, claim })
}

/// Locks a claim as it stands now: what its deadlines demand is done, also when nobody came to do it in time.
pub(super) async fn lock_present(tx: &Transaction<'_>, id: ClaimId, wall: Timestamp) -> Result<Locked, Error> {
    let mut locked = lock(tx, id).await?;
    loop {
        let (present, closed) = close(tx, locked, wall).await?;
        if closed == Closed::NotDue {
            return Ok(present);
        }
        locked = lock(tx, id).await?;
    }
}

/// Does what the deadline of a claim demands, if it has passed, as of that deadline.
pub(super) async fn close(tx: &Transaction<'_>, locked: Locked, wall: Timestamp) -> Result<(Locked, Closed), Error> {
    let Locked { book, milestone, claim } = locked;
    let now = book.now(wall);
    let Some(due) = claim.state.deadline().filter(|due| *due <= now) else {
        return Ok((Locked { book, milestone, claim }, Closed::NotDue));
    };
    let ballot = ballot(tx, &book, &claim).await?;
    let was = discriminant(&claim.state);
    let (claim, closed) = claim.close(&ballot, &milestone.policy, now);
    if closed == Closed::Escalated {
        let dedupe = format!("{} escalated round {}", claim.id, claim.round);
        enqueue(tx, book.id, due, dedupe, Job::NotifyReviewers { claim: claim.id }).await?;
        activity::record(tx, claim.id.book, Done::new(&claim.id, "escalated", Actor::Service), due).await?;
    }
    let claim = save(tx, milestone.clone(), claim, (was, Actor::Service), due).await?;
    Ok((Locked { book, milestone, claim }, closed))
}

/// Saves where a claim stands now, frees the milestone when the claim is over, writes the jobs of its next deadlines, and
/// who moved it, if its state is another one than `was`.
pub(super) async fn save(
    tx: &Transaction<'_>,
    milestone: Milestone,
    claim: Claim,
    (was, actor): (Discriminant<ClaimState>, Actor),
    now: Timestamp,
) -> Result<Claim, Error> {
    let claim = claims::update(tx, &claim).await?;
    if !claim.state.is_in_play() && milestone.is_claimed_by(claim.id) {
        milestones::update(tx, &milestone.unclaimed()).await?;
    }
    schedule(tx, &claim).await?;
    if discriminant(&claim.state) != was {
        let reason = reason(&claim.state);
        activity::record(tx, claim.id.book, Done::new(&claim.id, claim.state.as_str(), actor).because(reason), now)
            .await?;
        if let Some(event) = Event::of_claim(&claim.state) {
            // Once a round, whatever disputes make of the approval in between.
            notify(tx, claim.id, None, event, format!("{} {event} round {}", claim.id, claim.round), now).await?;
        }
    }
    Ok(claim)
}

/// Writes word of what a dispute came to, to whom it concerns.
pub(super) async fn notify_dispute(tx: &Transaction<'_>, dispute: &Dispute, now: Timestamp) -> Result<(), Error> {
    let event = Event::of_dispute(&dispute.state);
    notify(tx, dispute.claim, Some(dispute.id), event, format!("{} {event}", dispute.id), now).await
}

/// Writes the job of a notice.
pub(super) async fn notify(
    tx: &Transaction<'_>,
    claim: ClaimId,
    dispute: Option<DisputeId>,
    event: Event,
    dedupe: String,
    now: Timestamp,
) -> Result<(), Error> {
    let job = Job::SendClaimNotice { claim, dispute, event: event.as_str().to_owned() };
    enqueue(tx, claim.book, now, dedupe, job).await
}

/// Why a claim came into its state, where its state says so.
pub(super) fn reason(state: &ClaimState) -> &str {
    match state {
        ClaimState::Rejected { reason } | ClaimState::Revoked { reason, .. } => reason,
        ClaimState::Draft { .. }
        | ClaimState::Submitted(_)
        | ClaimState::InReview(_)
        | ClaimState::ChangesAsked { .. }
        | ClaimState::Approved(_)
        | ClaimState::Disputed(_)
        | ClaimState::Payable(_)
        | ClaimState::Paid(_)
        | ClaimState::Expired => "",
    }
}

/// Writes the jobs that the state of a claim asks for.
pub(super) async fn schedule(tx: &Transaction<'_>, claim: &Claim) -> Result<(), Error> {
    let id = claim.id;
    if let Some(until) = claim.state.deadline() {
        enqueue(tx, id.book, until, format!("{id} until {}", until.as_microsecond()), Job::CloseReview { claim: id })
            .await?;
    }
    match &claim.state {
        ClaimState::Approved(decision) => {
            let due = decision.objection_until;
            enqueue(tx, id.book, due, format!("{id} at {}", due.as_microsecond()), Job::ReleaseClaim { claim: id })
                .await?;
        }
        ClaimState::Draft { .. }
        | ClaimState::Submitted(_)
        | ClaimState::InReview(_)
        | ClaimState::ChangesAsked { .. }
        | ClaimState::Disputed(_)
        | ClaimState::Rejected { .. }
        | ClaimState::Payable(_)
        | ClaimState::Paid(_)
        | ClaimState::Revoked { .. }
        | ClaimState::Expired => {}
    }
    Ok(())
}

pub(super) async fn enqueue(
    tx: &Transaction<'_>,
    book: BookId,
    due_at: Timestamp,
    dedupe: String,
    job: Job,
) -> Result<(), Error> {
    jobs::enqueue(tx, &NewJob { book, due_at, dedupe, job }).await?;
    Ok(())
}

/// The reviews of the present submission that count.
pub(super) async fn ballot(client: &impl GenericClient, book: &Book, claim: &Claim) -> Result<Ballot, Error> {
    let parties = access::parties(client, book, claim.team, claim.claimant).await?;
    let said = reviews::list_of_round(client, claim.id, claim.round).await?;
    Ok(Ballot::count(&said, &claim.subject(), &parties))
}
