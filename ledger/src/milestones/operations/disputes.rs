//! Disputes: opening one within the objection window, deciding it, and what becomes of one that nobody decides.

use super::locked::{Locked, enqueue, lock, lock_present, save};
use super::milestones as access;
use crate::error::{Error, Refusal};
use crate::id::{ClaimId, DisputeId, PersonId};
use crate::milestones::rules::dispute::{Dispute, DisputeState, Ruling};
use crate::milestones::store::disputes;
use crate::money::Money;
use crate::parties::operations::standing;
use crate::parties::rules::role::Role;
use crate::service::job::Job;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::mem::discriminant;

/// How many disputes of one claim may be open at once.
const OPEN_MAX: usize = 50;

/// Objects to a part of an approved claim, which is frozen until it is decided. People of the host and of the team may.
///
/// # Errors
///
/// `too-many-disputes`, `claim-not-approved`, `objection-window-closed`, `amount-above-approved`; [`Error::Invalid`] at
/// `/amount/currency`; [`Error::NotFound`] for an unknown claim, and for whoever is nothing to host or team.
pub async fn open(
    tx: &Transaction<'_>,
    claim: ClaimId,
    amount: Money,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Dispute, Error> {
    let Locked { book, milestone, claim } = lock_present(tx, claim, wall).await?;
    if standing::standing(tx, &book, claim.team, by).await?.is_stranger() {
        return Err(Error::NotFound("claim"));
    }
    let currency = claim.content.amount.currency();
    if amount.currency() != currency {
        return Err(Error::invalid("/amount/currency", format!("the claim's money is in {currency}")));
    }
    if disputes::list_open(tx, claim.id, currency).await?.len() >= OPEN_MAX {
        return Err(Refusal::new("too-many-disputes", format!("{OPEN_MAX} disputes of this claim are open")).into());
    }
    let now = book.now(wall);
    let was = discriminant(&claim.state);
    let claim = claim.dispute(amount.minor(), now)?;
    let dispute = Dispute::open(claim.id, by, amount, reason, now);
    disputes::insert(tx, &dispute).await?;
    let job = Job::CloseReview { claim: claim.id };
    enqueue(tx, book.id, dispute.until, dispute.id.to_string(), job).await?;
    activity::record(tx, book.id, Done::new(&dispute.id, "opened", Actor::Person(by)), now).await?;
    save(tx, milestone, claim, (was, Actor::Person(by)), now).await?;
    Ok(dispute)
}

/// Decides a dispute. An owner or approver of the host may, who is neither a party of the claim nor raised it.
///
/// # Errors
///
/// `own-claim`, `own-team`, `declared-tie`, `own-dispute`; `dispute-closed` when it was decided before.
/// [`Error::Forbidden`] for whoever is no owner or approver of the host; [`Error::NotFound`] for an unknown dispute,
/// and for whoever is nothing to host or team.
pub async fn resolve(
    tx: &Transaction<'_>,
    id: DisputeId,
    ruling: Ruling,
    resolution: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Dispute, Error> {
    let locked = lock(tx, disputes::claim_of(tx, id).await?).await?;
    let standing = standing::standing(tx, &locked.book, locked.claim.team, by).await?;
    if standing.is_stranger() {
        return Err(Error::NotFound("dispute"));
    }
    if !standing.is_host(&[Role::Owner, Role::Approver]) {
        return Err(Error::Forbidden("owners and approvers of the host decide disputes"));
    }
    access::parties(tx, &locked.book, locked.claim.team, locked.claim.claimant).await?.admit(by)?;
    let dispute = disputes::get(tx, id, locked.claim.content.amount.currency()).await?;
    let dispute = dispute.resolve(ruling, by, locked.book.now(wall), resolution)?;
    let ended = end(tx, locked, &[dispute], Actor::Person(by), wall).await?;
    ended.into_iter().next().ok_or_else(|| Error::inconsistent(format!("{id} was decided, and is not saved")))
}

/// Ends the open disputes of a claim whose time has run out.
pub(super) async fn lapse(tx: &Transaction<'_>, locked: Locked, wall: Timestamp) -> Result<(), Error> {
    let now = locked.book.now(wall);
    let open = disputes::list_open(tx, locked.claim.id, locked.claim.content.amount.currency()).await?;
    let lapsed: Vec<Dispute> = open.into_iter().filter_map(|dispute| dispute.lapse(now)).collect();
    if lapsed.is_empty() {
        return Ok(());
    }
    end(tx, locked, &lapsed, Actor::Service, wall).await?;
    Ok(())
}

/// Saves decided disputes and what they mean for their claim; what they free is released when the window is over. Answers
/// the disputes as they are then.
async fn end(
    tx: &Transaction<'_>,
    locked: Locked,
    decided: &[Dispute],
    actor: Actor,
    wall: Timestamp,
) -> Result<Vec<Dispute>, Error> {
    let Locked { book, milestone, mut claim } = locked;
    let mut ended = Vec::with_capacity(decided.len());
    let now = book.now(wall);
    let was = discriminant(&claim.state);
    for dispute in decided {
        let DisputeState::Resolved { ruling, .. } = dispute.state else {
            return Err(Error::inconsistent(format!("{} is not decided", dispute.id)));
        };
        claim = claim.resolve(dispute.amount.minor(), ruling)?;
        ended.push(disputes::update(tx, dispute).await?);
        activity::record(tx, book.id, Done::new(&dispute.id, dispute.state.as_str(), actor), now).await?;
        let due = claim.state.decision().map_or(now, |decision| decision.objection_until.max(now));
        enqueue(tx, book.id, due, dispute.id.to_string(), Job::ReleaseClaim { claim: claim.id }).await?;
    }
    save(tx, milestone, claim, (was, actor), now).await?;
    Ok(ended)
}
