//! Disputes: opening one within the objection window, hearing both sides, deciding it, and what its clocks do.

use super::locked::{Locked, enqueue, lock, lock_present, notify_dispute, save};
use super::milestones as access;
use crate::error::{Error, Refusal};
use crate::id::{ClaimId, DisputeId, PersonId};
use crate::milestones::rules::dispute::{Dispute, Outcome, Ruling, Said};
use crate::milestones::store::disputes;
use crate::money::Money;
use crate::parties::operations::standing::{self, Standing};
use crate::parties::rules::role::Role;
use crate::service::change::check_text;
use crate::service::job::Job;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
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
    let locked = lock_present(tx, claim, wall).await?;
    let Locked { book, milestone, claim } = lapsed(tx, locked, wall).await?;
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
    let actor = Actor::Person(by);
    activity::record(tx, book.id, Done::new(&dispute.id, "opened", actor), now).await?;
    follow(tx, &dispute, now).await?;
    save(tx, milestone, claim, (was, actor), now).await?;
    Ok(dispute)
}

/// A dispute as it stands now, with the rows of its claim locked and its clocks looked at, and what the caller is to it.
struct Heard {
    locked: Locked,
    dispute: Dispute,
    standing: Standing,
    now: Timestamp,
}

/// Locks the claim of a dispute, does what the clocks of its disputes demand, and finds what the caller is to it.
async fn hear(tx: &Transaction<'_>, id: DisputeId, by: PersonId, wall: Timestamp) -> Result<Heard, Error> {
    let locked = lock(tx, disputes::claim_of(tx, id).await?).await?;
    let standing = standing::standing(tx, &locked.book, locked.claim.team, by).await?;
    if standing.is_stranger() {
        return Err(Error::NotFound("dispute"));
    }
    let locked = lapsed(tx, locked, wall).await?;
    let dispute = disputes::get(tx, id, locked.claim.content.amount.currency()).await?;
    let now = locked.book.now(wall);
    Ok(Heard { locked, dispute, standing, now })
}

fn said(by: PersonId, at: Timestamp, text: String) -> Result<Said, Error> {
    check_text("/text", &text, text::STATEMENT)?;
    Ok(Said { by, at, text })
}

/// The team answers an objection to its claim, within seven days.
///
/// # Errors
///
/// `dispute-state`, `dispute-closed`; [`Error::Invalid`] at `/text`; [`Error::Forbidden`] for whoever is not of the team;
/// [`Error::NotFound`] for an unknown dispute, and for whoever is nothing to host or team.
pub async fn answer(
    tx: &Transaction<'_>,
    id: DisputeId,
    text: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Dispute, Error> {
    let Heard { dispute, standing, now, .. } = hear(tx, id, by, wall).await?;
    if !standing.is_team() {
        return Err(Error::Forbidden("members of the claim's team answer a dispute"));
    }
    let answered = dispute.answer(said(by, now, text)?)?;
    step(tx, answered, "answered", by, now).await
}

/// Whoever raised a dispute stands by it, within five days of the answer.
///
/// # Errors
///
/// `not-your-dispute`, `dispute-state`, `dispute-closed`; [`Error::Invalid`] at `/text`; [`Error::NotFound`] for an unknown dispute,
/// and for whoever is nothing to host or team.
pub async fn reply(
    tx: &Transaction<'_>,
    id: DisputeId,
    text: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Dispute, Error> {
    let Heard { dispute, now, .. } = hear(tx, id, by, wall).await?;
    let replied = dispute.reply(said(by, now, text)?)?;
    step(tx, replied, "replied", by, now).await
}

/// Whoever raised a dispute accepts the answer: it is dismissed at once.
///
/// # Errors
///
/// `not-your-dispute`, `dispute-state`, `dispute-closed`; [`Error::NotFound`] for an unknown dispute, and for whoever is nothing to
/// host or team.
pub async fn accept(tx: &Transaction<'_>, id: DisputeId, by: PersonId, wall: Timestamp) -> Result<Dispute, Error> {
    let Heard { locked, dispute, now, .. } = hear(tx, id, by, wall).await?;
    let accepted = dispute.accept(by, now)?;
    Ok(end(tx, locked, accepted, Actor::Person(by)).await?.1)
}

/// Decides a dispute. An owner or approver of the host may, who is neither a party of the claim nor raised it. A party may appeal
/// against the decision for two days; one after an appeal, by somebody else, is final. `part`: what an objection upheld in part
/// holds for.
///
/// # Errors
///
/// `own-claim`, `own-team`, `declared-tie`, `own-dispute`, `same-person`, `dispute-not-heard`, `ruling-no-part`, `dispute-state`;
/// `dispute-closed` when it was over before. [`Error::Invalid`] at `/amount/currency`; [`Error::Forbidden`] for whoever is no owner
/// or approver of the host; [`Error::NotFound`] for an unknown dispute, and for whoever is nothing to host or team.
pub async fn resolve(
    tx: &Transaction<'_>,
    id: DisputeId,
    (ruling, part): (Ruling, Option<Money>),
    resolution: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Dispute, Error> {
    let Heard { locked, dispute, standing, now } = hear(tx, id, by, wall).await?;
    if !standing.is_host(&[Role::Owner, Role::Approver]) {
        return Err(Error::Forbidden("owners and approvers of the host decide disputes"));
    }
    access::parties(tx, &locked.book, locked.claim.team, locked.claim.claimant).await?.admit(by)?;
    let currency = dispute.amount.currency();
    if part.is_some_and(|part| part.currency() != currency) {
        return Err(Error::invalid("/amount/currency", format!("the claim's money is in {currency}")));
    }
    let outcome: Outcome = dispute.outcome(ruling, part.map(Money::minor))?;
    let decided = dispute.decide(outcome, said(by, now, resolution)?)?;
    if decided.state.ended().is_some() {
        return Ok(end(tx, locked, decided, Actor::Person(by)).await?.1);
    }
    step(tx, decided, "decided", by, now).await
}

/// A party appeals against a decision that takes something from it, within two days: somebody else of the host decides then.
///
/// # Errors
///
/// `nothing-to-appeal`, `dispute-state`, `dispute-closed`; [`Error::Invalid`] at `/text`; [`Error::NotFound`] for an unknown
/// dispute, and for whoever is nothing to host or team.
pub async fn appeal(
    tx: &Transaction<'_>,
    id: DisputeId,
    text: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Dispute, Error> {
    let Heard { dispute, standing, now, .. } = hear(tx, id, by, wall).await?;
    let appealed = dispute.appeal(said(by, now, text)?, standing.is_team())?;
    step(tx, appealed, "appealed", by, now).await
}

/// Saves a step that does not end a dispute.
async fn step(
    tx: &Transaction<'_>,
    stepped: Dispute,
    action: &str,
    by: PersonId,
    now: Timestamp,
) -> Result<Dispute, Error> {
    let stepped = disputes::update(tx, &stepped).await?;
    activity::record(tx, stepped.id.book, Done::new(&stepped.id, action, Actor::Person(by)), now).await?;
    follow(tx, &stepped, now).await?;
    Ok(stepped)
}

/// Writes the job of the clock that runs now, and word to whom it concerns.
async fn follow(tx: &Transaction<'_>, dispute: &Dispute, now: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{} {} until {}", dispute.id, dispute.state.as_str(), dispute.until.as_microsecond());
    enqueue(tx, dispute.id.book, dispute.until, dedupe, Job::CloseReview { claim: dispute.claim }).await?;
    notify_dispute(tx, dispute, now).await
}

/// Ends the disputes of a claim whose time has run out, each as of then, in that order; the claim as it is after.
pub(super) async fn lapsed(tx: &Transaction<'_>, locked: Locked, wall: Timestamp) -> Result<Locked, Error> {
    if locked.claim.state.decision().is_none_or(|decision| decision.frozen == 0) {
        return Ok(locked);
    }
    let now = locked.book.now(wall);
    let open = disputes::list_open(tx, locked.claim.id, locked.claim.content.amount.currency()).await?;
    let mut over: Vec<Dispute> = open.into_iter().filter_map(|dispute| dispute.lapse(now)).collect();
    over.sort_by_key(|dispute| (dispute.until, dispute.id.object));
    let mut locked = locked;
    for dispute in over {
        locked = end(tx, locked, dispute, Actor::Service).await?.0;
    }
    Ok(locked)
}

/// Saves a dispute that is over and what that means for its claim, as of its end; what it frees is released when the window is over.
async fn end(tx: &Transaction<'_>, locked: Locked, ended: Dispute, actor: Actor) -> Result<(Locked, Dispute), Error> {
    let Locked { book, milestone, claim } = locked;
    let Some(how) = ended.state.ended() else {
        return Err(Error::inconsistent(format!("{} is not over", ended.id)));
    };
    let (at, struck) = (how.at, how.outcome.struck);
    let was = discriminant(&claim.state);
    let claim = claim.resolve(ended.amount.minor(), struck)?;
    let ended = disputes::update(tx, &ended).await?;
    activity::record(tx, book.id, Done::new(&ended.id, ended.state.as_str(), actor), at).await?;
    let due = claim.state.decision().map_or(at, |decision| decision.objection_until.max(at));
    enqueue(tx, book.id, due, ended.id.to_string(), Job::ReleaseClaim { claim: claim.id }).await?;
    notify_dispute(tx, &ended, at).await?;
    let claim = save(tx, milestone.clone(), claim, (was, actor), at).await?;
    Ok((Locked { book, milestone, claim }, ended))
}
