//! Claims: a team writes and submits one, reviewers decide, and the clock decides where nobody does.
//!
//! Lock order: milestone → claim (a release locks the campaign before them).

use super::locked::{Locked, close, enqueue, lock, lock_present, save, schedule};
use super::{disputes, milestones as access, revocations};
use crate::calendar::later;
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::evidence::{Digest, EVIDENCE_MAX};
use crate::id::{ClaimId, MilestoneId, OrganisationId, PersonId};
use crate::milestones::rules::claim::{Claim, ClaimState, Closed, Content, DRAFT_DAYS};
use crate::milestones::rules::milestone::Milestone;
use crate::milestones::rules::review::{self, Ballot, Parties, Review, Verdict};
use crate::milestones::store::{claims, milestones, reviews};
use crate::parties::operations::standing;
use crate::parties::rules::role::Role;
use crate::parties::store::{organisations, people};
use crate::service::job::Job;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::mem::discriminant;

/// Refuses whoever is not of the team.
///
/// # Errors
///
/// [`Error::Forbidden`] for whoever is not of the team; [`Error::NotFound`] for whoever is nothing to host or team.
pub async fn require_team(
    client: &impl GenericClient,
    book: &Book,
    team: OrganisationId,
    person: PersonId,
) -> Result<(), Error> {
    let standing = standing::standing(client, book, team, person).await?;
    if standing.is_stranger() {
        return Err(Error::NotFound("claim"));
    }
    if standing.is_team() { Ok(()) } else { Err(Error::Forbidden("members of the milestone's team write its claims")) }
}

fn check_content(content: &Content, milestone: &Milestone) -> Result<(), Error> {
    let currency = milestone.amount.currency();
    if content.amount.currency() != currency {
        return Err(Error::invalid("/amount/currency", format!("the milestone's money is in {currency}")));
    }
    if content.evidence.len() > EVIDENCE_MAX {
        return Err(Error::invalid("/evidence", format!("{EVIDENCE_MAX} pieces at most")));
    }
    Ok(milestone.covers(content.amount.minor())?)
}

/// Begins a claim, as a draft.
///
/// # Errors
///
/// `amount-above-milestone`; [`Error::Invalid`] at `/amount/currency` or `/evidence`; [`Error::Forbidden`] for whoever
/// is not of the team; [`Error::NotFound`] for an unknown milestone, and for whoever is nothing to host or team.
pub async fn create(
    tx: &Transaction<'_>,
    milestone: MilestoneId,
    content: Content,
    by: PersonId,
    wall: Timestamp,
) -> Result<Claim, Error> {
    let book = books::get(tx, milestone.book).await?;
    let milestone = milestones::lock(tx, milestone).await?;
    require_team(tx, &book, milestone.team, by).await?;
    check_content(&content, &milestone)?;
    let now = book.now(wall);
    let claim = Claim {
        id: ClaimId::generate(book.id),
        milestone: milestone.id,
        team: milestone.team,
        claimant: by,
        content,
        revision: 1,
        round: 0,
        state: ClaimState::Draft { until: later(now, DRAFT_DAYS) },
        version: 1,
        created_at: now,
    };
    claims::insert(tx, &claim).await?;
    schedule(tx, &claim).await?;
    activity::record(tx, claim.id.book, Done::new(&claim.id, "drafted", Actor::Person(by)), now).await?;
    Ok(claim)
}

/// Changes what a claim says, when the caller has seen its present version. Approvals fall, and it is a draft again.
///
/// # Errors
///
/// `claim-decided`, `amount-above-milestone`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at
/// `/amount/currency` or `/evidence`; [`Error::Forbidden`] for whoever is not of the team; [`Error::NotFound`] for an
/// unknown claim, and for whoever is nothing to host or team.
pub async fn edit(
    tx: &Transaction<'_>,
    id: ClaimId,
    version: i64,
    content: Content,
    by: PersonId,
    wall: Timestamp,
) -> Result<Claim, Error> {
    let Locked { book, milestone, claim } = lock_present(tx, id, wall).await?;
    require_team(tx, &book, claim.team, by).await?;
    if claim.version != version {
        return Err(Error::Stale("claim"));
    }
    let now = book.now(wall);
    let was = discriminant(&claim.state);
    let claim = claim.edit(content, by, now)?;
    check_content(&claim.content, &milestone)?;
    claims::insert_evidence(tx, &claim).await?;
    activity::record(tx, claim.id.book, Done::new(&claim.id, "edited", Actor::Person(by)), now).await?;
    save(tx, milestone, claim, (was, Actor::Person(by)), now).await
}

/// Hands a draft to the reviewers of the host, who are told.
///
/// # Errors
///
/// `claim-not-draft`, `evidence-missing`; `claim-open` while another claim of the milestone is decided;
/// `milestone-not-funded`, `amount-above-milestone`; [`Error::Forbidden`] for whoever is not of the team;
/// [`Error::NotFound`] for an unknown claim, and for whoever is nothing to host or team.
pub async fn submit(tx: &Transaction<'_>, id: ClaimId, by: PersonId, wall: Timestamp) -> Result<Claim, Error> {
    let Locked { book, milestone, claim } = lock_present(tx, id, wall).await?;
    require_team(tx, &book, claim.team, by).await?;
    let now = book.now(wall);
    let was = discriminant(&claim.state);
    let claim = claim.submit(milestone.gate, &milestone.policy, by, now)?;
    let milestone = if milestone.is_claimed_by(id) {
        milestone
    } else {
        let claimed = milestone.claimed(id, claim.content.amount.minor())?;
        milestones::update(tx, &claimed).await?
    };
    let dedupe = format!("{id} round {}", claim.round);
    enqueue(tx, book.id, now, dedupe, Job::NotifyReviewers { claim: id }).await?;
    save(tx, milestone, claim, (was, Actor::Person(by)), now).await
}

/// What a reviewer says, with the digests of what was read.
#[derive(Debug, Clone)]
pub struct Opinion {
    /// Whether the reviewer approves, rejects or asks for changes.
    pub verdict: Verdict,
    /// SHA-256 of the claim that was read.
    pub claim: Digest,
    /// SHA-256 of each piece of its evidence that was read, in the claim's order.
    pub evidence: Vec<Digest>,
    /// Why the reviewer says so.
    pub comment: String,
}

/// Whose word does not count on a claim, for somebody who may review it now.
///
/// # Errors
///
/// `own-claim`, `own-team`, `declared-tie`, `claim-not-in-review`; [`Error::Forbidden`] for whoever is no reviewer of the host, nor an owner
/// once the claim was escalated; [`Error::NotFound`] for whoever is nothing to host or team.
pub async fn admit_reviewer(
    client: &impl GenericClient,
    book: &Book,
    claim: &Claim,
    by: PersonId,
) -> Result<Parties, Error> {
    let standing = standing::standing(client, book, claim.team, by).await?;
    if standing.is_stranger() {
        return Err(Error::NotFound("claim"));
    }
    let parties = access::parties(client, book, claim.team, claim.claimant).await?;
    parties.admit(by)?;
    let waiting = claim.takes_reviews()?;
    let may_review = if waiting.escalated { [Role::Reviewer, Role::Owner].as_slice() } else { &[Role::Reviewer] };
    if !standing.is_host(may_review) {
        return Err(Error::Forbidden("reviewers of the host review claims, and its owners once it was escalated"));
    }
    Ok(parties)
}

/// Records a review. The one that completes the quorum approves the claim, and its objection window begins.
///
/// # Errors
///
/// `own-claim`, `own-team`, `declared-tie`; `claim-not-in-review`, `digest-mismatch`, `amount-above-claim`,
/// `already-reviewed`; `gate-missing` where an approval finds evidence missing that the milestone asks for. [`Error::Forbidden`] for whoever is no reviewer of the host, nor an owner once the claim was
/// escalated; [`Error::NotFound`] for an unknown claim, and for whoever is nothing to host or team.
pub async fn review(
    tx: &Transaction<'_>,
    id: ClaimId,
    opinion: Opinion,
    by: PersonId,
    wall: Timestamp,
) -> Result<(Claim, Review), Error> {
    let Locked { book, milestone, claim } = lock_present(tx, id, wall).await?;
    let parties = admit_reviewer(tx, &book, &claim, by).await?;
    let now = book.now(wall);
    let Opinion { verdict, claim: digest, evidence, comment } = opinion;
    let new = Review { reviewer: by, round: claim.round, verdict, claim: digest, evidence, comment, at: now };
    let mut said = reviews::list_of_round(tx, id, claim.round).await?;
    review::admit(&new, &claim.subject(), &parties, &said)?;
    if matches!(verdict, Verdict::Approve { .. }) {
        milestone.gate.release(&claim.content.evidence)?;
    }
    reviews::insert(tx, id, &new).await?;
    said.push(new.clone());
    let ballot = Ballot::count(&said, &claim.subject(), &parties);
    let was = discriminant(&claim.state);
    let claim = claim.reviewed(&ballot, &milestone.policy, now)?;
    let actor = Actor::Person(by);
    activity::record(tx, claim.id.book, Done::new(&claim.id, &format!("review:{}", verdict.as_str()), actor), now)
        .await?;
    Ok((save(tx, milestone, claim, (was, actor), now).await?, new))
}

/// Does what a passed deadline of a claim demands: the policy's default, and the end of disputes that nobody decided.
/// Done twice, it does nothing more.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown claim.
pub async fn close_review(tx: &Transaction<'_>, id: ClaimId, wall: Timestamp) -> Result<Closed, Error> {
    let locked = lock(tx, id).await?;
    if locked.claim.state.decision().is_some() {
        let locked = disputes::lapsed(tx, locked, wall).await?;
        revocations::lapse(tx, &locked.claim, locked.book.now(wall)).await?;
        return Ok(Closed::NotDue);
    }
    Ok(close(tx, locked, wall).await?.1)
}

/// What the message to the reviewers of a claim needs.
#[derive(Debug, Clone)]
pub struct ReviewRequest {
    /// The claim; its state says until when, and whether it was escalated.
    pub claim: Claim,
    /// The milestone that is claimed.
    pub milestone: Milestone,
    /// The name of the team.
    pub team: String,
    /// Addresses of those who can review it.
    pub recipients: Vec<String>,
}

/// The facts of the message to the reviewers; none when the claim no longer waits for them.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown claim.
pub async fn review_request(client: &impl GenericClient, id: ClaimId) -> Result<Option<ReviewRequest>, Error> {
    let claim = claims::get(client, id).await?;
    let Some(waiting) = claim.state.under_review() else {
        return Ok(None);
    };
    let book = books::get(client, id.book).await?;
    let milestone = milestones::get(client, claim.milestone).await?;
    let parties = access::parties(client, &book, claim.team, claim.claimant).await?;
    let mut asked = organisations::list_persons_with(client, book.organisation, Role::Reviewer).await?;
    if waiting.escalated {
        asked.extend(organisations::list_persons_with(client, book.organisation, Role::Owner).await?);
    }
    asked.sort_unstable();
    asked.dedup();
    asked.retain(|person| parties.admit(*person).is_ok());
    let recipients = addresses(client, &asked).await?;
    let team = organisations::find(client, claim.team).await?.map(|team| team.name).unwrap_or_default();
    Ok(Some(ReviewRequest { claim, milestone, team, recipients }))
}

/// The addresses of these people.
pub(super) async fn addresses(client: &impl GenericClient, persons: &[PersonId]) -> Result<Vec<String>, Error> {
    let mut addresses = Vec::with_capacity(persons.len());
    for person in persons {
        if let Some(person) = people::find(client, *person).await? {
            addresses.push(person.email.as_str().to_owned());
        }
    }
    Ok(addresses)
}
