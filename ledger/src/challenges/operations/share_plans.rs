//! Share plans: the team of a submission proposes how its prizes are divided, each team that it names attests its own part or objects,
//! the host decides about objections, and the clock where nobody says anything.
//!
//! Lock order: challenge → submission → share plan. Teams share the lock of the challenge.

use super::locked::enqueue;
use super::{judging, share_notices, submissions as work};
use crate::challenges::rules::award;
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::rulebook::SHARE_DAYS;
use crate::challenges::rules::share_plan::{self, PlanState, Share, SharePlan};
use crate::challenges::rules::submission::{Submission, SubmissionState};
use crate::challenges::store::{challenges, consents, share_plans, submissions};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{ChallengeId, OrganisationId, PersonId, SharePlanId, SubmissionId};
use crate::parties::rules::role::Role;
use crate::parties::store::organisations;
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Parts that are proposed, and why they are these.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// What each team shall get.
    pub parts: Vec<Share>,
    /// Why it is divided so; may be empty.
    pub note: String,
}

/// A member of the team of a submission proposes how its prizes are divided: once for each submission. The team attests its own part with
/// that, and the other teams are asked.
///
/// # Errors
///
/// `shares-over`, `submission-closed`, `contributor-missing`, `share-plan-exists`; [`Error::Invalid`] at `/note` or below `/parts`;
/// [`Error::Forbidden`] for whoever is no member of the team; [`Error::NotFound`] for an unknown submission.
pub async fn propose(
    tx: &Transaction<'_>,
    id: SubmissionId,
    proposal: Proposal,
    by: PersonId,
    wall: Timestamp,
) -> Result<SharePlan, Error> {
    let book = books::get(tx, id.book).await?;
    let challenge = challenges::hold(tx, submissions::get(tx, id).await?.challenge).await?;
    let submission = submissions::lock(tx, id).await?;
    work::demand_member(tx, submission.team, by).await?;
    challenge.takes_plans()?;
    let parts = check(tx, &book, &challenge, &submission, &proposal).await?;
    let of = (challenge.id, id, submission.team);
    let now = book.now(wall);
    let plan = SharePlan::propose(SharePlanId::generate(book.id), of, (parts, proposal.note), by, now);
    if !share_plans::insert(tx, &plan).await? {
        return Err(Refusal::new("share-plan-exists", "the submission has a share plan: revise that").into());
    }
    record(tx, &book, &plan, "proposed", Actor::Person(by), now).await?;
    asked(tx, &book, plan, now).await
}

/// A member of the team of the submission proposes other parts, unless the plan is fixed: all attest anew.
///
/// # Errors
///
/// `shares-over`, `submission-closed`, `contributor-missing`, `share-plan-closed`, `revisions-used-up`; [`Error::Invalid`] at `/note` or
/// below `/parts`; [`Error::Forbidden`] for whoever is no member of the team; [`Error::NotFound`] for an unknown plan.
pub async fn revise(
    tx: &Transaction<'_>,
    id: SharePlanId,
    proposal: Proposal,
    by: PersonId,
    wall: Timestamp,
) -> Result<SharePlan, Error> {
    let Open { book, challenge, submission, plan, now } = open(tx, id, wall).await?;
    work::demand_member(tx, plan.team, by).await?;
    let parts = check(tx, &book, &challenge, &submission, &proposal).await?;
    let plan = plan.revise(parts, proposal.note, by, now)?;
    share_plans::update(tx, &plan).await?;
    share_plans::insert_parts(tx, &plan).await?;
    record(tx, &book, &plan, "revised", Actor::Person(by), now).await?;
    asked(tx, &book, plan, now).await
}

/// The parts of a proposal are written: the other teams are asked, and where there is none the plan is fixed.
async fn asked(tx: &Transaction<'_>, book: &Book, plan: SharePlan, now: Timestamp) -> Result<SharePlan, Error> {
    let plan = plan.fixed_if_attested(now);
    if plan.state == PlanState::Fixed {
        share_plans::update(tx, &plan).await?;
        record(tx, book, &plan, "fixed", Actor::Service, now).await?;
    }
    follow(tx, &plan, now).await?;
    share_plans::get(tx, plan.id).await
}

/// A member of a team that the plan names attests the team's own part, by the digest of all parts. The last one fixes the plan.
///
/// # Errors
///
/// `shares-over`, `share-plan-closed`, `digest-mismatch`, `part-answered`; [`Error::Invalid`] at `/contributor`; [`Error::Forbidden`] for
/// whoever is no member of the team; [`Error::NotFound`] for an unknown plan.
pub async fn attest(
    tx: &Transaction<'_>,
    id: SharePlanId,
    (team, sha256): (OrganisationId, Digest),
    by: PersonId,
    wall: Timestamp,
) -> Result<SharePlan, Error> {
    let Open { book, plan, now, .. } = open(tx, id, wall).await?;
    work::demand_member(tx, team, by).await?;
    let attested = plan.attest(team, sha256, by, now)?;
    record(tx, &book, &attested, "attested", Actor::Person(by), now).await?;
    answered(tx, &book, attested, team, now).await
}

/// A member of a team that the plan names objects to the team's part: the team of the submission proposes anew, or the host decides.
///
/// # Errors
///
/// `shares-over`, `share-plan-closed`, `part-answered`; [`Error::Invalid`] at `/reason` or `/contributor`; [`Error::Forbidden`] for whoever is
/// no member of the team; [`Error::NotFound`] for an unknown plan.
pub async fn object(
    tx: &Transaction<'_>,
    id: SharePlanId,
    team: OrganisationId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<SharePlan, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let Open { book, plan, now, .. } = open(tx, id, wall).await?;
    work::demand_member(tx, team, by).await?;
    let objected = plan.object(team, reason, by, now)?;
    record(tx, &book, &objected, "objected", Actor::Person(by), now).await?;
    answered(tx, &book, objected, team, now).await
}

/// What a team says of its part is saved, and then how the plan stands.
async fn answered(
    tx: &Transaction<'_>,
    book: &Book,
    plan: SharePlan,
    team: OrganisationId,
    now: Timestamp,
) -> Result<SharePlan, Error> {
    for part in plan.parts.iter().filter(|part| part.share.team == team) {
        share_plans::update_part(tx, &plan, part).await?;
    }
    share_plans::update(tx, &plan).await?;
    if plan.state == PlanState::Fixed {
        record(tx, book, &plan, "fixed", Actor::Service, now).await?;
    }
    follow(tx, &plan, now).await?;
    share_plans::get(tx, plan.id).await
}

/// An owner of the host who neither judges the challenge nor is tied to a team of the plan decides about an objection, with a reason that
/// everybody reads: the parts are those that were proposed, or others.
///
/// # Errors
///
/// `shares-over`, `share-plan-closed`, `contributor-missing`, `revisions-used-up`; [`Error::Invalid`] at `/reason` or below `/parts`;
/// [`Error::Forbidden`] for whoever is no owner of the host, judges the challenge or is tied to a team; [`Error::NotFound`] for an unknown
/// plan.
pub async fn decide(
    tx: &Transaction<'_>,
    id: SharePlanId,
    parts: Option<Vec<Share>>,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<SharePlan, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let Open { book, challenge, submission, plan, now } = open(tx, id, wall).await?;
    let proposal = Proposal { parts: parts.unwrap_or_else(|| plan.shares()), note: plan.note.clone() };
    if !organisations::list_roles(tx, book.organisation, by).await?.contains(&Role::Owner) {
        return Err(Error::Forbidden("an owner of the host does this"));
    }
    if challenges::panel(tx, challenge.id).await?.contains(&by) {
        return Err(Error::Forbidden("whoever judges the challenge does not decide how its prizes are divided"));
    }
    let named = plan.parts.iter().map(|part| part.share.team).chain(proposal.parts.iter().map(|share| share.team));
    for team in named.chain([plan.team]) {
        if judging::tied(tx, &book, team).await?.contains(&by) {
            return Err(Error::Forbidden("whoever is tied to a team does not decide what it gets"));
        }
    }
    let parts = check(tx, &book, &challenge, &submission, &proposal).await?;
    let (since, until) = (plan.since, plan.until);
    let decided = plan.decide(parts, by, reason, now)?;
    // The parts stand before they are fixed.
    let listed = SharePlan {
        state: PlanState::Objected,
        since,
        until,
        decided_by: None,
        decision: String::new(),
        ..decided.clone()
    };
    share_plans::update(tx, &listed).await?;
    share_plans::insert_parts(tx, &decided).await?;
    share_plans::update(tx, &decided).await?;
    let done = Done::new(&id, "decided", Actor::Person(by)).because(&decided.decision);
    activity::record(tx, book.id, done, now).await?;
    follow(tx, &decided, now).await?;
    share_plans::get(tx, id).await
}

/// A plan that may change now, its row locked, as it stands at this moment.
struct Open {
    book: Book,
    challenge: Challenge,
    submission: Submission,
    plan: SharePlan,
    now: Timestamp,
}

async fn open(tx: &Transaction<'_>, id: SharePlanId, wall: Timestamp) -> Result<Open, Error> {
    let book = books::get(tx, id.book).await?;
    let found = share_plans::get(tx, id).await?;
    let challenge = challenges::hold(tx, found.challenge).await?;
    let submission = submissions::lock(tx, found.submission).await?;
    let now = book.now(wall);
    // What has come due has, whether the worker has looked or not.
    let plan = share_plans::lock(tx, id).await?.settle(now);
    challenge.takes_plans()?;
    Ok(Open { book, challenge, submission, plan, now })
}

/// The parts of a proposal, if they may be those of a submission: the whole, of organisations that there are, have not withdrawn and are
/// not the host, with everybody on whose work the submission builds.
async fn check(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    of: &Submission,
    Proposal { parts, note }: &Proposal,
) -> Result<Vec<Share>, Error> {
    check_text("/note", note, text::REASON_OR_NONE)?;
    match of.state {
        SubmissionState::Draft | SubmissionState::Submitted { .. } => {}
        SubmissionState::Incomplete | SubmissionState::Withdrawn => {
            let detail = format!("the submission is {}: it wins nothing", of.state.as_str());
            return Err(Refusal::new("submission-closed", detail).into());
        }
    }
    let withdrawn = consents::withdrawn_teams(tx, challenge.id).await?;
    for (index, share) in parts.iter().enumerate().take(share_plan::PARTS_MAX) {
        let wrong = |field: &str, why: &str| Error::invalid(format!("/parts/{index}/{field}"), why);
        text::line(&share.part, text::NAME).map_err(|why| wrong("part", &why.to_string()))?;
        if share.team == book.organisation {
            return Err(wrong("contributor", "a team: the host of the challenge gets no part of its prizes"));
        }
        if withdrawn.contains(&share.team) || organisations::find(tx, share.team).await?.is_none() {
            return Err(wrong("contributor", "an organisation that has not withdrawn from the challenge"));
        }
    }
    let parts = share_plan::parts(parts.clone())?;
    let mut sources = Vec::new();
    for attribution in &of.content.attributions {
        sources.push(submissions::get(tx, attribution.submission).await?.team);
    }
    sources.retain(|source| !withdrawn.contains(source));
    share_plan::names_all(&parts, &sources)?;
    Ok(parts)
}

async fn record(
    tx: &Transaction<'_>,
    book: &Book,
    plan: &SharePlan,
    action: &str,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    activity::record(tx, book.id, Done::new(&plan.id, action, actor), now).await
}

/// What follows from how a plan stands: people are told, and the worker looks at the challenge when its time has passed, or at once where
/// prizes may have waited for it.
async fn follow(tx: &Transaction<'_>, plan: &SharePlan, now: Timestamp) -> Result<(), Error> {
    share_notices::tell(tx, plan, now).await?;
    let SharePlan { id, revision, state, .. } = plan;
    let due = plan.until.unwrap_or(now);
    enqueue(tx, plan.challenge, due, format!("{id} {revision} is {state} until {due}")).await
}

/// Does what has come due of the plans of a challenge: silence attests, and objections that nobody met let them lapse. Done twice, it is
/// done once. The challenge is locked.
pub(super) async fn settle(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: ChallengeId,
    wall: Timestamp,
) -> Result<(), Error> {
    let now = book.now(wall);
    for before in share_plans::lock_open(tx, challenge).await? {
        let plan = before.clone().settle(now);
        if plan == before {
            continue;
        }
        for (part, _) in plan.parts.iter().zip(&before.parts).filter(|(after, before)| after != before) {
            share_plans::update_part(tx, &plan, part).await?;
        }
        share_plans::update(tx, &plan).await?;
        record(tx, book, &plan, plan.state.as_str(), Actor::Service, now).await?;
        follow(tx, &plan, now).await?;
    }
    Ok(())
}

/// The prizes are awarded, or the challenge is given up: plans that are not fixed lapse. The challenge is locked.
pub(super) async fn end(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: ChallengeId,
    wall: Timestamp,
) -> Result<(), Error> {
    let now = book.now(wall);
    for plan in share_plans::lock_open(tx, challenge).await? {
        let plan = plan.lapse(now);
        share_plans::update(tx, &plan).await?;
        record(tx, book, &plan, "lapsed", Actor::Service, now).await?;
        share_notices::tell(tx, &plan, now).await?;
    }
    Ok(())
}

/// Until when the prizes wait for plans of what won: until the next of them comes due, and no longer than the rules say.
pub(super) async fn awaited(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    wall: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let rules = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?.rules;
    let due = challenge.shares_due(rules.share_days.unwrap_or(SHARE_DAYS));
    let Some(due) = due.filter(|due| book.now(wall) < *due) else { return Ok(None) };
    let ranking = judging::ranking(tx, challenge.id).await?;
    let winners: Vec<SubmissionId> = award::all_winners(&rules, &ranking).into_iter().collect();
    Ok(share_plans::next_due(tx, book.id, &winners).await?.map(|next| next.min(due)))
}

/// Refuses with `shares-open` while the prizes wait for one.
pub(super) async fn demand_fixed(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    wall: Timestamp,
) -> Result<(), Error> {
    match awaited(tx, book, challenge, wall).await? {
        None => Ok(()),
        Some(until) => {
            let detail = format!("how prizes are divided is not agreed; they wait for it, until {until} at first");
            Err(Refusal::new("shares-open", detail).into())
        }
    }
}
