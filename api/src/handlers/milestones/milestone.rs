//! Milestones: planning them, setting money aside, giving them up.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use crate::wire::{BalanceBody, MoneyBody, bounded, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::evidence::Gate;
use ledger::id::{CampaignId, ClaimId, MilestoneId, OrganisationId};
use ledger::milestones::operations::milestones as operations;
use ledger::milestones::rules::milestone::{Milestone, MilestoneState, OnSilence, Policy};
use ledger::milestones::store::milestones;
use ledger::money::Currency;
use ledger::pledging::store::campaigns;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How claims of a milestone are decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// How many reviewers must approve; 2 when it is not given.
    #[schema(minimum = 1, maximum = 20)]
    reviewers_needed: Option<u8>,
    /// Days from submission to the default; 14 when it is not given.
    #[schema(minimum = 1, maximum = 365)]
    review_days: Option<u16>,
    /// Days from approval to release, for objections; 7 when it is not given.
    #[schema(minimum = 1, maximum = 365)]
    objection_days: Option<u16>,
    /// When nobody decides in time: `release`, or `escalate` to the owners of the host, which is the default.
    #[schema(pattern = "^(release|escalate)$")]
    on_silence: Option<String>,
    /// Above it requester, approver and payer are three people, and silence never releases.
    threshold: Option<MoneyBody>,
}

impl NewPolicy {
    pub(super) fn parse(&self) -> Result<Policy, Problem> {
        let default = Policy::default();
        let threshold = self.threshold.as_ref().map(|money| money.parse("/policy/threshold")).transpose()?;
        let on_silence = self.on_silence.as_deref().map(|word| parse("/policy/on_silence", word)).transpose()?;
        Ok(Policy {
            reviewers_needed: self.reviewers_needed.unwrap_or(default.reviewers_needed),
            review_days: self.review_days.unwrap_or(default.review_days),
            objection_days: self.objection_days.unwrap_or(default.objection_days),
            on_silence: on_silence.unwrap_or(default.on_silence),
            threshold: threshold.map(|money| money.minor()),
        })
    }
}

/// Kinds of evidence without which no claim is taken.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Gate)]
pub struct GateBody {
    /// A licence, with its SPDX identifier.
    licence: bool,
    /// Design files.
    design_files: bool,
    /// An enterprise plan.
    enterprise_plan: bool,
}

/// A milestone to be planned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMilestone {
    /// Whose money it draws on.
    #[schema(min_length = 36, max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    campaign: String,
    /// The organisation that does the work and is paid.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    team: String,
    /// What it is called.
    #[schema(min_length = 1, max_length = 200, example = "Second prototype")]
    name: String,
    /// What must be done.
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    /// What it pays in all, in the currency of the campaign.
    amount: MoneyBody,
    /// How its claims are decided.
    policy: Option<NewPolicy>,
    /// Evidence without which no claim is taken.
    #[serde(default)]
    gate: GateBody,
}

/// How claims of a milestone are decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
pub struct PolicyBody {
    reviewers_needed: u8,
    /// How many people of the host could review: neither of the team nor with a tie to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewers_available: Option<usize>,
    review_days: u16,
    objection_days: u16,
    /// `release` or `escalate`.
    #[schema(value_type = String)]
    on_silence: OnSilence,
    /// Above it requester, approver and payer are three people.
    threshold: Option<BalanceBody>,
}

impl PolicyBody {
    pub(super) fn new(policy: &Policy, currency: Currency, reviewers_available: Option<usize>) -> PolicyBody {
        PolicyBody {
            reviewers_needed: policy.reviewers_needed,
            reviewers_available,
            review_days: policy.review_days,
            objection_days: policy.objection_days,
            on_silence: policy.on_silence,
            threshold: policy.threshold.map(|minor| BalanceBody::new(minor, currency)),
        }
    }
}

/// A milestone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Milestone)]
pub struct MilestoneBody {
    #[schema(value_type = String)]
    id: MilestoneId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    #[schema(value_type = String)]
    team: OrganisationId,
    name: String,
    description: String,
    amount: MoneyBody,
    /// Released to the team so far.
    released: BalanceBody,
    /// Set aside for it now.
    earmarked: BalanceBody,
    policy: PolicyBody,
    gate: GateBody,
    /// `planned`, `funded`, `claimed`, `partly_released`, `released` or `cancelled`.
    state: String,
    /// The claim in play; null while there is none.
    #[schema(value_type = Option<String>)]
    claim: Option<ClaimId>,
    /// Why it was cancelled; null otherwise.
    reason: Option<String>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl MilestoneBody {
    fn new(milestone: Milestone, reviewers_available: Option<usize>) -> MilestoneBody {
        let currency = milestone.amount.currency();
        let balance = |minor| BalanceBody::new(minor, currency);
        let (claim, reason) = match &milestone.state {
            MilestoneState::Claimed { claim } => (Some(*claim), None),
            MilestoneState::Cancelled { reason } => (None, Some(reason.clone())),
            MilestoneState::Planned
            | MilestoneState::Funded
            | MilestoneState::PartlyReleased
            | MilestoneState::Released => (None, None),
        };
        MilestoneBody {
            id: milestone.id,
            campaign: milestone.campaign,
            team: milestone.team,
            released: balance(milestone.released),
            earmarked: balance(milestone.earmark()),
            policy: PolicyBody::new(&milestone.policy, currency, reviewers_available),
            gate: milestone.gate.into(),
            state: milestone.state.as_str().to_owned(),
            claim,
            reason,
            created_at: milestone.created_at,
            amount: milestone.amount.into(),
            name: milestone.name,
            description: milestone.description,
        }
    }
}

/// Plans a milestone of a campaign. No money is set aside yet.
#[utoipa::path(tag = "milestones", request_body = NewMilestone,
    responses((status = 201, description = "Planned", body = MilestoneBody)))]
#[post("/v1/milestones")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewMilestone>,
) -> Result<HttpResponse, Problem> {
    create_once(&state, &caller, &request.key, &request.body).await
}

/// Plans a milestone, once for its key: that of a request, or of a form.
pub(crate) async fn create_once(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    body: &NewMilestone,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let new = operations::NewMilestone {
        campaign: parse("/campaign", &body.campaign)?,
        team: parse("/team", &body.team)?,
        name: bounded("/name", &body.name, text::NAME)?,
        description: paragraphs("/description", &body.description, text::STATEMENT_OR_NONE)?,
        amount: body.amount.parse("/amount")?,
        policy: body.policy.as_ref().map(NewPolicy::parse).transpose()?.unwrap_or_default(),
        gate: body.gate.into(),
    };
    let book = new.campaign.book;
    idempotent(state, key, Scope::Book(book), caller.id(), async |tx| {
        let book = book_of(tx, book, "campaign").await?;
        caller.require_role(tx, book.organisation, "campaign").await?;
        let planned = operations::create(tx, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&MilestoneBody::new(planned, None)))
    })
    .await
}

impl From<GateBody> for Gate {
    fn from(body: GateBody) -> Gate {
        Gate { licence: body.licence, design_files: body.design_files, enterprise_plan: body.enterprise_plan }
    }
}

impl From<Gate> for GateBody {
    fn from(gate: Gate) -> GateBody {
        let Gate { licence, design_files, enterprise_plan } = gate;
        GateBody { licence, design_files, enterprise_plan }
    }
}

/// Which page of a campaign's list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfCampaign {
    /// The campaign.
    #[param(max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    pub(super) campaign: String,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub(super) cursor: Option<String>,
}

/// Lists the milestones of a campaign; for the members of a team its own, unless the book is public.
#[utoipa::path(tag = "milestones", params(OfCampaign),
    responses((status = 200, description = "A page, the oldest first", body = Page<MilestoneBody>)))]
#[get("/v1/milestones")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    query: Params<OfCampaign>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let campaign: CampaignId = parse("/campaign", &query.0.campaign)?;
    let window = Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = book_of(&client, campaign.book, "campaign").await?;
    campaigns::get(&client, campaign).await?;
    let (after, limit) = (window.after.unwrap_or_default(), window.fetch());
    let reader = Reader::of(&client, caller.0.as_ref(), &book).await?.require_team(None, true, "campaign").await;
    let rows = match (reader, &caller.0) {
        (Ok(()), _) => milestones::list(&client, campaign, after, limit).await?,
        (Err(Error::NotFound(_)), Some(caller)) if caller.partner().is_none() => {
            let own = milestones::list_of_person(&client, campaign, caller.person()?.id, after, limit).await?;
            if own.is_empty() {
                return Err(Error::NotFound("campaign").into());
            }
            own
        }
        (Err(error), _) => return Err(error.into()),
    };
    Ok(window.page(rows, |row| row.id.object, |row| MilestoneBody::new(row, None)).respond(&http))
}

/// Shows a milestone, and how many people of the host could review its claims.
#[utoipa::path(tag = "milestones", params(("id" = String, Path, description = "The milestone")),
    responses((status = 200, description = "The milestone, with its ETag", body = MilestoneBody,
        headers(("ETag" = String)))))]
#[get("/v1/milestones/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<MilestoneId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "milestone").await?;
    let milestone = milestones::get(&client, *id).await?;
    Reader::of(&client, caller.0.as_ref(), &book).await?.require_team(Some(milestone.team), true, "milestone").await?;
    let available = operations::reviewers_available(&client, &book, milestone.team).await?;
    let tag = etag(milestone.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(MilestoneBody::new(milestone, Some(available))))
}

/// Sets the milestone's whole amount aside, out of settled money of its campaign that nothing has set aside yet.
#[utoipa::path(tag = "milestones", params(("id" = String, Path, description = "The milestone")), request_body = Nothing,
    responses((status = 200, description = "Funded", body = MilestoneBody)))]
#[post("/v1/milestones/{id}:fund")]
pub(crate) async fn fund(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "milestone").await?;
        caller.require_role(tx, book.organisation, "milestone").await?;
        let funded = operations::fund(tx, *id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&MilestoneBody::new(funded, None)))
    })
    .await
}

/// Why a milestone is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelMilestoneRequest {
    /// For everybody to read.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Gives a milestone up; what it has not released is free for others again. Refused while a claim is in play.
#[utoipa::path(tag = "milestones", params(("id" = String, Path, description = "The milestone")),
    request_body = CancelMilestoneRequest,
    responses((status = 200, description = "Cancelled", body = MilestoneBody)))]
#[post("/v1/milestones/{id}:cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneId>,
    request: Keyed<CancelMilestoneRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "milestone").await?;
        caller.require_role(tx, book.organisation, "milestone").await?;
        let cancelled = operations::cancel(tx, *id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&MilestoneBody::new(cancelled, None)))
    })
    .await
}
