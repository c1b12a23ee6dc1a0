//! Share plans: how the prizes of submissions are divided among the teams that made them.

use super::challenge_body::{challenge_of, require_reader};
use super::entrants::is_blind;
use super::submissions::readable as readable_work;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::who_may::ANY_ROLE;
use crate::wire::{bounded, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::challenges::operations::share_plans as operations;
use ledger::challenges::rules::challenge::Challenge;
use ledger::challenges::rules::share_plan::{PARTS_MAX, PartState, PlanState, Share, SharePart, SharePlan};
use ledger::challenges::store::share_plans::{self, Reader};
use ledger::engine::store::books::Book;
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, OrganisationId, SharePlanId, SubmissionId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a team shall get of what a submission wins.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// The organisation that contributed; it need not have entered the challenge.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    contributor: String,
    /// What it contributed.
    #[schema(min_length = 1, max_length = 200, example = "gearbox")]
    part: String,
    /// How much of the whole, hundredths of a percent.
    #[schema(minimum = 1, maximum = 10000, example = 3750)]
    share: u16,
}

/// How the prizes of a submission shall be divided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSharePlan {
    /// The parts: together 10000, each team once, and everybody on whose work the submission builds. In which order they stand says nothing.
    #[schema(min_items = 1, max_items = 20)]
    parts: Vec<NewShare>,
    /// Why it is divided so, for everybody; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// A team attests its part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestShareRequest {
    /// The organisation to which the plan gives a part.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    contributor: String,
    /// SHA-256 of the parts that it has read.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    parts_sha256: String,
}

/// A team objects to its part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectToShareRequest {
    /// The organisation to which the plan gives a part.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    contributor: String,
    /// Why, for everybody; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// The host decides how the prizes are divided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideSharesRequest {
    /// Why, for everybody; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// The parts, together 10000; those that were proposed when this is not given.
    #[schema(min_items = 1, max_items = 20)]
    parts: Option<Vec<NewShare>>,
}

fn shares(parts: &[NewShare]) -> Result<Vec<Share>, Problem> {
    if !(1..=PARTS_MAX).contains(&parts.len()) {
        return Err(Problem::invalid("/parts", format!("1 to {PARTS_MAX} teams")));
    }
    let share = |(index, it): (usize, &NewShare)| {
        Ok(Share {
            part: bounded(&format!("/parts/{index}/part"), &it.part, text::NAME)?,
            share: it.share,
            team: parse(&format!("/parts/{index}/contributor"), &it.contributor)?,
        })
    };
    parts.iter().enumerate().map(share).collect()
}

impl NewSharePlan {
    fn parse(&self) -> Result<operations::Proposal, Problem> {
        let note = paragraphs("/note", &self.note, text::REASON_OR_NONE)?;
        Ok(operations::Proposal { parts: shares(&self.parts)?, note })
    }
}

/// The part of a team, and what it says of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SharePart)]
pub struct SharePartBody {
    /// Null until the ranking is provisional, but for the host and for the teams that the plan names.
    #[schema(value_type = Option<String>)]
    contributor: Option<OrganisationId>,
    /// What it contributed.
    part: String,
    /// Hundredths of a percent.
    share: u16,
    /// `open`, `attested`, `silent`: it said nothing in time, which attests it, `objected`, or `decided` by the host.
    #[schema(value_type = String)]
    state: PartState,
    /// When that was said, or the time for it ended, by the book's clock; null while it is open.
    answered_at: Option<Timestamp>,
    /// Why the team objects; null where it does not.
    reason: Option<String>,
}

/// How the prizes of a submission are divided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SharePlan)]
pub struct SharePlanBody {
    #[schema(value_type = String)]
    id: SharePlanId,
    #[schema(value_type = String)]
    challenge: ChallengeId,
    #[schema(value_type = String)]
    submission: SubmissionId,
    /// The team of the submission; null until the ranking is provisional, but for the host and for the teams that the plan names.
    #[schema(value_type = Option<String>)]
    team: Option<OrganisationId>,
    /// Counts the lists of parts, from 1: each is attested anew.
    revision: i32,
    /// `proposed`; `objected`; `fixed`: what the submission wins is divided so, for ever; `lapsed`: it goes to its team whole.
    #[schema(value_type = String)]
    state: PlanState,
    /// When that ends by itself: silence attests then, or an objection that nobody met lets the plan lapse. Null where it does not wait. By
    /// the book's clock.
    until: Option<Timestamp>,
    /// Since when it stands so, by the book's clock.
    since: Timestamp,
    note: String,
    #[schema(max_items = 20)]
    parts: Vec<SharePartBody>,
    /// SHA-256 of challenge, parts, plan and submission, as JSON of RFC 8785; whoever attests restates it.
    #[schema(value_type = String)]
    parts_sha256: Digest,
    /// Why the host decided so; null where it did not.
    decision: Option<String>,
    /// When the parts were proposed, by the book's clock.
    proposed_at: Timestamp,
}

impl SharePlanBody {
    fn seen(it: SharePlan, shows_teams: bool) -> SharePlanBody {
        let parts_sha256 = it.digest();
        let part = |it: SharePart| SharePartBody {
            contributor: shows_teams.then_some(it.share.team),
            part: it.share.part,
            share: it.share.share,
            state: it.state,
            answered_at: it.answered_at,
            reason: Some(it.reason).filter(|reason| !reason.is_empty()),
        };
        SharePlanBody {
            id: it.id,
            challenge: it.challenge,
            submission: it.submission,
            team: shows_teams.then_some(it.team),
            revision: it.revision,
            state: it.state,
            until: it.until,
            since: it.since,
            note: it.note,
            parts: it.parts.into_iter().map(part).collect(),
            parts_sha256,
            decision: Some(it.decision).filter(|decision| !decision.is_empty()),
            proposed_at: it.proposed_at,
        }
    }

    fn reply(it: SharePlan) -> Reply {
        Reply::ok(&SharePlanBody::seen(it, true))
    }
}

/// Whether somebody sees all plans of a challenge with their teams: people of the host, but for who judges blind.
async fn is_host(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    book: &Book,
    challenge: &Challenge,
) -> Result<bool, Error> {
    let Some((caller, person)) = caller.and_then(|caller| Some((caller, caller.person().ok()?))) else {
        return Ok(false);
    };
    let is_host = person.is_operator || caller.has_role(client, book.organisation, ANY_ROLE).await?;
    Ok(is_host && !is_blind(client, caller, book, challenge).await?)
}

/// Whether somebody is of a team that proposes a plan or is named in it.
async fn is_party(client: &impl GenericClient, caller: Option<&Caller>, plan: &SharePlan) -> Result<bool, Error> {
    let Some(caller) = caller.filter(|caller| caller.person().is_ok()) else { return Ok(false) };
    for team in plan.parts.iter().map(|part| part.share.team).chain([plan.team]) {
        if caller.has_role(client, team, ANY_ROLE).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A plan that somebody may see, and whether with its teams: people of the host and of its teams may; once it is fixed everybody who sees
/// the challenge, with its teams from the provisional ranking on.
async fn readable(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    id: SharePlanId,
) -> Result<(SharePlan, bool), Error> {
    let hidden = |error| if matches!(error, Error::NotFound(_)) { Error::NotFound("share plan") } else { error };
    let plan = share_plans::get(client, id).await?;
    let (book, challenge) = challenge_of(client, plan.challenge).await.map_err(hidden)?;
    if is_party(client, caller, &plan).await? || is_host(client, caller, &book, &challenge).await? {
        return Ok((plan, true));
    }
    if plan.state != PlanState::Fixed {
        return Err(Error::NotFound("share plan"));
    }
    require_reader(client, caller, &book, &challenge).await.map_err(hidden)?;
    Ok((plan, challenge.state.is_ranked()))
}

/// Proposes how what a submission wins is divided, for its team, which attests its own part with that. Every other team attests its part
/// or objects within 14 days; silence attests. What is fixed by the award divides each prize of the submission; without that they go to
/// its team whole.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The submission")), request_body = NewSharePlan,
    responses((status = 201, description = "Proposed", body = SharePlanBody)))]
#[post("/v1/submissions/{id}/share-plans")]
pub(crate) async fn propose_shares(
    state: Data<State>,
    caller: Caller,
    id: Path<SubmissionId>,
    request: Keyed<NewSharePlan>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let proposal = request.body.parse()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        readable_work(tx, &caller, *id).await?;
        let plan = operations::propose(tx, *id, proposal.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&SharePlanBody::seen(plan, true)))
    })
    .await
}

/// Lists how the prizes of submissions are divided: to everybody who sees the challenge what is fixed; to people of teams also what
/// concerns them, and to those of the host everything.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The challenge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<SharePlanBody>)))]
#[get("/v1/challenges/{id}/share-plans")]
pub(crate) async fn list_share_plans(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<ChallengeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    let is_host = is_host(&client, caller.as_ref(), &book, &challenge).await?;
    if !is_host {
        require_reader(&client, caller.as_ref(), &book, &challenge).await?;
    }
    let person = caller.as_ref().and_then(|caller| caller.person().ok());
    let reader = match person {
        Some(_) if is_host => Reader::Host,
        Some(person) => Reader::Person(person.id),
        None => Reader::Anybody,
    };
    let rows = share_plans::list(&client, *id, reader, window.after.unwrap_or_default(), window.fetch()).await?;
    let mut seen = Vec::with_capacity(rows.len());
    for plan in rows {
        let shows_teams = is_host || challenge.state.is_ranked() || is_party(&client, caller.as_ref(), &plan).await?;
        seen.push((plan, shows_teams));
    }
    let page =
        window.page(seen, |(plan, _)| plan.id.object, |(plan, shows_teams)| SharePlanBody::seen(plan, shows_teams));
    Ok(page.respond(&http))
}

/// Shows how the prizes of a submission are divided: to the host and to the teams that are named; once it is fixed to everybody who sees
/// the challenge.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The share plan")),
    responses((status = 200, description = "The plan", body = SharePlanBody)))]
#[get("/v1/share-plans/{id}")]
pub(crate) async fn show_share_plan(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<SharePlanId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (plan, shows_teams) = readable(&client, caller.as_ref(), *id).await?;
    Ok(HttpResponse::Ok().json(SharePlanBody::seen(plan, shows_teams)))
}

/// Proposes other parts, for the team of the submission, unless the plan is fixed. All attest anew.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The share plan")), request_body = NewSharePlan,
    responses((status = 200, description = "Proposed anew", body = SharePlanBody)))]
#[post("/v1/share-plans/{id}:revise")]
pub(crate) async fn revise_shares(
    state: Data<State>,
    caller: Caller,
    id: Path<SharePlanId>,
    request: Keyed<NewSharePlan>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let proposal = request.body.parse()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        readable(tx, Some(&caller), *id).await?;
        let plan = operations::revise(tx, *id, proposal.clone(), by, ledger::calendar::now()).await?;
        Ok(SharePlanBody::reply(plan))
    })
    .await
}

/// Attests the part of a team, as a member of it, by the SHA-256 of all parts. The last one that does fixes the plan.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The share plan")),
    request_body = AttestShareRequest,
    responses((status = 200, description = "Attested", body = SharePlanBody)))]
#[post("/v1/share-plans/{id}:attest")]
pub(crate) async fn attest_share(
    state: Data<State>,
    caller: Caller,
    id: Path<SharePlanId>,
    request: Keyed<AttestShareRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let team: OrganisationId = parse("/contributor", &request.body.contributor)?;
    let sha256: Digest = parse("/parts_sha256", &request.body.parts_sha256)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        readable(tx, Some(&caller), *id).await?;
        let plan = operations::attest(tx, *id, (team, sha256), by, ledger::calendar::now()).await?;
        Ok(SharePlanBody::reply(plan))
    })
    .await
}

/// Objects to the part of a team, as a member of it. The team of the submission proposes other parts, or the host decides, within 14
/// days; when neither does, the plan lapses.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The share plan")),
    request_body = ObjectToShareRequest,
    responses((status = 200, description = "Objected to", body = SharePlanBody)))]
#[post("/v1/share-plans/{id}:object")]
pub(crate) async fn object_to_share(
    state: Data<State>,
    caller: Caller,
    id: Path<SharePlanId>,
    request: Keyed<ObjectToShareRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let team: OrganisationId = parse("/contributor", &request.body.contributor)?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        readable(tx, Some(&caller), *id).await?;
        let plan = operations::object(tx, *id, team, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(SharePlanBody::reply(plan))
    })
    .await
}

/// Decides about an objection, as an owner of the host who neither judges the challenge nor is tied to a team of the plan: the parts are
/// those that were proposed, or others. Everybody reads the reason, and nothing changes any more.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The share plan")),
    request_body = DecideSharesRequest,
    responses((status = 200, description = "Fixed", body = SharePlanBody)))]
#[post("/v1/share-plans/{id}:decide")]
pub(crate) async fn decide_shares(
    state: Data<State>,
    caller: Caller,
    id: Path<SharePlanId>,
    request: Keyed<DecideSharesRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    let parts = request.body.parts.as_deref().map(shares).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "share plan").await?;
        caller.require_role(tx, book.organisation, "share plan").await?;
        let plan = operations::decide(tx, *id, parts.clone(), reason.clone(), by, ledger::calendar::now()).await?;
        Ok(SharePlanBody::reply(plan))
    })
    .await
}
