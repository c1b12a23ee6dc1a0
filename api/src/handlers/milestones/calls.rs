//! Calls: a host asks teams to apply for a piece of work.

use super::milestone::{GateBody, NewPolicy, OfCampaign, PolicyBody};
use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use crate::wire::{MoneyBody, bounded, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{CampaignId, MilestoneCallId, MilestoneId};
use ledger::milestones::operations::calls as operations;
use ledger::milestones::rules::call::{Call, CallEnd, CallState};
use ledger::milestones::store::{applications, calls};
use ledger::pledging::store::campaigns;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A piece of work for which teams are asked to apply.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMilestoneCall {
    /// Whose money the milestone will draw on.
    #[schema(min_length = 36, max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    pub(crate) campaign: String,
    /// What the milestone will be called.
    #[schema(min_length = 1, max_length = 200, example = "Second prototype")]
    pub(crate) name: String,
    /// What must be done.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub(crate) description: String,
    /// What the milestone will pay in all, in the currency of the campaign.
    pub(crate) amount: MoneyBody,
    /// How its claims will be decided.
    pub(crate) policy: Option<NewPolicy>,
    /// Evidence without which no claim will be taken.
    #[serde(default)]
    pub(crate) gate: GateBody,
    /// The last day on which teams apply, in the zone of the book: a day ahead at least, a year at most.
    #[schema(value_type = String, format = Date)]
    pub(crate) applications_until: Date,
}

/// Why a call is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawMilestoneCall {
    /// For everybody to read; the teams that applied are declined with it.
    #[schema(min_length = 1, max_length = 1000, example = "The work is done elsewhere")]
    pub(crate) reason: String,
}

/// A piece of work for which teams apply.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MilestoneCall)]
pub struct CallBody {
    #[schema(value_type = String)]
    id: MilestoneCallId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    name: String,
    description: String,
    /// What the milestone will pay in all.
    amount: MoneyBody,
    policy: PolicyBody,
    gate: GateBody,
    /// `open`, `filled` when a team was accepted, `withdrawn`, or `lapsed` when the host decided nothing in time.
    #[schema(value_type = String)]
    state: CallState,
    /// The last day on which teams apply.
    #[schema(value_type = String, format = Date)]
    applications_until: Date,
    /// When that day is over, by the book's clock.
    closes_at: Timestamp,
    /// When it lapses if nobody is accepted, by the book's clock.
    decide_until: Timestamp,
    /// How many teams have applied; null until the last day is over.
    applications: Option<i64>,
    /// What the accepted team got; null unless it is filled.
    #[schema(value_type = Option<String>)]
    milestone: Option<MilestoneId>,
    /// Why it was withdrawn; null unless it was.
    reason: Option<String>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
    /// When it was filled, withdrawn or lapsed, by the book's clock; null while it is open.
    ended_at: Option<Timestamp>,
}

impl CallBody {
    /// As it stands at a moment in book time.
    async fn of(client: &impl GenericClient, it: Call, now: Timestamp) -> Result<CallBody, Error> {
        let applications = teams(client, &it, now).await?;
        let state = it.state(now);
        let lapsed_at = (state == CallState::Lapsed).then_some(it.decide_until);
        let (end, ended_at) = it.ended.unzip();
        let (milestone, reason) = match end {
            Some(CallEnd::Filled { milestone, .. }) => (Some(milestone), None),
            Some(CallEnd::Withdrawn { reason, .. }) => (None, Some(reason)),
            Some(CallEnd::Lapsed) | None => (None, None),
        };
        Ok(CallBody {
            id: it.id,
            campaign: it.campaign,
            policy: PolicyBody::new(&it.policy, it.amount.currency(), None),
            gate: it.gate.into(),
            state,
            applications_until: it.applications_until,
            closes_at: it.closes_at,
            decide_until: it.decide_until,
            applications,
            milestone,
            reason,
            created_at: it.created_at,
            ended_at: ended_at.or(lapsed_at),
            amount: it.amount.into(),
            name: it.name,
            description: it.description,
        })
    }
}

/// How many teams have applied, once nobody can any more.
pub(crate) async fn teams(client: &impl GenericClient, call: &Call, now: Timestamp) -> Result<Option<i64>, Error> {
    if call.is_closed(now) || call.state(now) != CallState::Open {
        return applications::count(client, call.id).await.map(Some);
    }
    Ok(None)
}

/// The call with its book, for who may read the milestones of its campaign; all others are told that there is none.
pub(crate) async fn readable(
    client: &impl GenericClient,
    caller: Option<&Caller>,
    id: MilestoneCallId,
) -> Result<(Book, Call), Error> {
    let book = book_of(client, id.book, "call").await?;
    let call = calls::get(client, id).await?;
    Reader::of(client, caller, &book).await?.require_team(None, true, "call").await?;
    Ok((book, call))
}

/// Asks teams to apply for a piece of work. No money moves, and nothing is set aside: that is done when the milestone is funded, which the
/// accepted team gets.
#[utoipa::path(tag = "milestone calls", operation_id = "open_milestone_call", request_body = NewMilestoneCall,
    responses((status = 201, description = "Open", body = CallBody)))]
#[post("/v1/milestone-calls")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewMilestoneCall>,
) -> Result<HttpResponse, Problem> {
    create_once(&state, &caller, &request.key, &request.body).await
}

/// Opens a call, once for its key: that of a request, or of a form.
pub(crate) async fn create_once(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    body: &NewMilestoneCall,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let new = operations::NewCall {
        campaign: parse("/campaign", &body.campaign)?,
        name: bounded("/name", &body.name, text::NAME)?,
        description: paragraphs("/description", &body.description, text::STATEMENT_OR_NONE)?,
        amount: body.amount.parse("/amount")?,
        policy: body.policy.as_ref().map(NewPolicy::parse).transpose()?.unwrap_or_default(),
        gate: body.gate.into(),
        applications_until: body.applications_until,
    };
    let book = new.campaign.book;
    idempotent(state, key, Scope::Book(book), caller.id(), async |tx| {
        let book = book_of(tx, book, "campaign").await?;
        caller.require_role(tx, book.organisation, "campaign").await?;
        let wall = ledger::calendar::now();
        let opened = operations::open(tx, new.clone(), by, wall).await?;
        Ok(Reply::created(&CallBody::of(tx, opened, book.now(wall)).await?))
    })
    .await
}

/// Lists the calls of a campaign, for who may read its milestones: those that are over too.
#[utoipa::path(tag = "milestone calls", operation_id = "list_milestone_calls", params(OfCampaign),
    responses((status = 200, description = "A page, the oldest first", body = Page<CallBody>)))]
#[get("/v1/milestone-calls")]
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
    Reader::of(&client, caller.0.as_ref(), &book).await?.require_team(None, true, "campaign").await?;
    let now = book.now(ledger::calendar::now());
    let found = calls::list(&client, campaign, window.after.unwrap_or_default(), window.fetch()).await?;
    let mut rows = Vec::with_capacity(found.len());
    for it in found {
        rows.push(CallBody::of(&client, it, now).await?);
    }
    Ok(window.page(rows, |row| row.id.object, |row| row).respond(&http))
}

/// Shows a call, for who may read the milestones of its campaign.
#[utoipa::path(tag = "milestone calls", operation_id = "show_milestone_call",
    params(("id" = String, Path, description = "The call")),
    responses((status = 200, description = "The call", body = CallBody)))]
#[get("/v1/milestone-calls/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<MilestoneCallId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, found) = readable(&client, caller.0.as_ref(), *id).await?;
    let now = book.now(ledger::calendar::now());
    Ok(HttpResponse::Ok().json(CallBody::of(&client, found, now).await?))
}

/// Gives a call up, for a reason that everybody reads. The teams that have applied are declined with it.
#[utoipa::path(tag = "milestone calls", operation_id = "withdraw_milestone_call",
    params(("id" = String, Path, description = "The call")), request_body = WithdrawMilestoneCall,
    responses((status = 200, description = "Withdrawn", body = CallBody)))]
#[post("/v1/milestone-calls/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneCallId>,
    request: Keyed<WithdrawMilestoneCall>,
) -> Result<HttpResponse, Problem> {
    withdraw_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Gives a call up, once for its key: that of a request, or of a form.
pub(crate) async fn withdraw_once(
    state: &State,
    caller: &Caller,
    id: MilestoneCallId,
    key: &IdempotencyKey,
    body: &WithdrawMilestoneCall,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, _) = kept_call(tx, caller, id).await?;
        let wall = ledger::calendar::now();
        let withdrawn = operations::withdraw(tx, id, body.reason.clone(), by, wall).await?;
        Ok(Reply::ok(&CallBody::of(tx, withdrawn, book.now(wall)).await?))
    })
    .await
}

/// The call with its book, for those who keep the book.
pub(crate) async fn kept_call(
    client: &impl GenericClient,
    caller: &Caller,
    id: MilestoneCallId,
) -> Result<(Book, Call), Error> {
    let book = book_of(client, id.book, "call").await?;
    let call = calls::get(client, id).await?;
    caller.require_role(client, book.organisation, "call").await?;
    Ok((book, call))
}
