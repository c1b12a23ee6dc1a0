//! Disputes over approved claims.

use super::claim_body::readable;
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::{BalanceBody, MoneyBody, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::id::{ClaimId, DisputeId, PersonId};
use ledger::milestones::operations::disputes as operations;
use ledger::milestones::rules::dispute::{Dispute, Ruling, Said};
use ledger::milestones::store::disputes;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An objection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispute {
    /// The part objected to, which is frozen.
    amount: MoneyBody,
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

/// What somebody said in a dispute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DisputeStatement)]
pub struct SaidBody {
    #[schema(value_type = String)]
    by: PersonId,
    /// By the book's clock.
    at: Timestamp,
    text: String,
}

impl From<Said> for SaidBody {
    fn from(Said { by, at, text }: Said) -> SaidBody {
        SaidBody { by, at, text }
    }
}

/// The first decision of a dispute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DisputeDecision)]
pub struct DecidedBody {
    /// `uphold`, `uphold_part` or `dismiss`.
    #[schema(value_type = String)]
    ruling: Ruling,
    /// What is to stay with the milestone by it.
    struck: BalanceBody,
    #[schema(value_type = String)]
    by: PersonId,
    /// By the book's clock.
    at: Timestamp,
    text: String,
}

/// An objection to a part of an approved claim.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeBody {
    #[schema(value_type = String)]
    id: DisputeId,
    #[schema(value_type = String)]
    claim: ClaimId,
    #[schema(value_type = String)]
    opened_by: PersonId,
    amount: MoneyBody,
    reason: String,
    /// `open`: the team answers within seven days, or it is upheld. `answered`: who objects replies within five, or it is dismissed.
    /// `replied`: the host decides within two, or it is upheld. `decided`: a party appeals within two, or it stands. `appealed`:
    /// somebody else decides within two, or the first decision stands. Then `upheld`, `upheld_part` or `dismissed`.
    state: String,
    /// When it was opened, by the book's clock.
    opened_at: Timestamp,
    /// When the default of its state takes hold, by the book's clock; once it is over, the last of these moments.
    until: Timestamp,
    /// What the team says; null before.
    answer: Option<SaidBody>,
    /// Why who objects stands by it; null before.
    reply: Option<SaidBody>,
    /// What the host decided first; null before.
    decision: Option<DecidedBody>,
    /// Why a party appealed; null where none did.
    appeal: Option<SaidBody>,
    /// `uphold`, `uphold_part` or `dismiss`; null before it is over.
    #[schema(value_type = Option<String>)]
    ruling: Option<Ruling>,
    /// What stays with the milestone; null before it is over.
    struck: Option<BalanceBody>,
    /// By whose word it ended; null before it is over, and when a clock ended it that no decision preceded.
    #[schema(value_type = Option<String>)]
    resolved_by: Option<PersonId>,
    /// When it was over, by the book's clock; null before.
    resolved_at: Option<Timestamp>,
    resolution: Option<String>,
}

impl From<Dispute> for DisputeBody {
    fn from(it: Dispute) -> DisputeBody {
        let currency = it.amount.currency();
        let balance = |minor| BalanceBody::new(minor, currency);
        let state = it.state.as_str().to_owned();
        let ended = it.state.ended();
        let decision = it.decision.clone().map(|first| DecidedBody {
            ruling: first.outcome.ruling,
            struck: balance(first.outcome.struck),
            by: first.said.by,
            at: first.said.at,
            text: first.said.text,
        });
        DisputeBody {
            id: it.id,
            claim: it.claim,
            opened_by: it.opened_by,
            amount: it.amount.into(),
            state,
            opened_at: it.opened_at,
            until: it.until,
            ruling: ended.map(|ended| ended.outcome.ruling),
            struck: ended.map(|ended| balance(ended.outcome.struck)),
            resolved_by: ended.and_then(|ended| ended.by),
            resolved_at: ended.map(|ended| ended.at),
            resolution: ended.map(|ended| ended.resolution.clone()),
            decision,
            reason: it.reason,
            answer: it.answer.map(SaidBody::from),
            reply: it.reply.map(SaidBody::from),
            appeal: it.appeal.map(SaidBody::from),
        }
    }
}

/// Objects to a part of an approved claim within its objection window: that part is frozen, the rest is released.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The claim")), request_body = NewDispute,
    responses((status = 201, description = "Opened", body = DisputeBody)))]
#[post("/v1/claims/{id}/disputes")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<NewDispute>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let amount = request.body.amount.parse("/amount")?;
    let reason = paragraphs("/reason", &request.body.reason, text::STATEMENT)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let opened = operations::open(tx, *id, amount, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&DisputeBody::from(opened)))
    })
    .await
}

/// Lists the disputes of a claim.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The claim"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<DisputeBody>)))]
#[get("/v1/claims/{id}/disputes")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let currency = readable(&client, &caller, *id).await?.content.amount.currency();
    let rows = disputes::list(&client, *id, currency, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, DisputeBody::from).respond(&http))
}

/// What somebody says in a dispute.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeTextRequest {
    #[schema(min_length = 1, max_length = 4000)]
    text: String,
}

/// Answers a dispute, as a member of the team: within seven days, or it is upheld.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The dispute")),
    request_body = DisputeTextRequest, responses((status = 200, description = "Answered", body = DisputeBody)))]
#[post("/v1/disputes/{id}:answer")]
pub(crate) async fn answer(
    state: Data<State>,
    caller: Caller,
    id: Path<DisputeId>,
    request: Keyed<DisputeTextRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let text = paragraphs("/text", &request.body.text, text::STATEMENT)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let answered = operations::answer(tx, *id, text.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&DisputeBody::from(answered)))
    })
    .await
}

/// Stands by an objection that the team has answered, as who raised it: within five days, or it is dismissed.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The dispute")),
    request_body = DisputeTextRequest, responses((status = 200, description = "Replied", body = DisputeBody)))]
#[post("/v1/disputes/{id}:reply")]
pub(crate) async fn reply(
    state: Data<State>,
    caller: Caller,
    id: Path<DisputeId>,
    request: Keyed<DisputeTextRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let text = paragraphs("/text", &request.body.text, text::STATEMENT)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let replied = operations::reply(tx, *id, text.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&DisputeBody::from(replied)))
    })
    .await
}

/// Accepts the answer of the team, as who raised the dispute: it is dismissed, and its part is released.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The dispute")), request_body = Nothing,
    responses((status = 200, description = "Dismissed", body = DisputeBody)))]
#[post("/v1/disputes/{id}:accept")]
pub(crate) async fn accept(
    state: Data<State>,
    caller: Caller,
    id: Path<DisputeId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let accepted = operations::accept(tx, *id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&DisputeBody::from(accepted)))
    })
    .await
}

/// Appeals against a decision that takes something from who appeals, within two days: somebody else of the host decides at last.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The dispute")),
    request_body = DisputeTextRequest, responses((status = 200, description = "Appealed", body = DisputeBody)))]
#[post("/v1/disputes/{id}:appeal")]
pub(crate) async fn appeal(
    state: Data<State>,
    caller: Caller,
    id: Path<DisputeId>,
    request: Keyed<DisputeTextRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let text = paragraphs("/text", &request.body.text, text::STATEMENT)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let appealed = operations::appeal(tx, *id, text.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&DisputeBody::from(appealed)))
    })
    .await
}

/// How a dispute ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveDisputeRequest {
    /// `uphold`: its part stays with the milestone. `uphold_part`: some of it does. `dismiss`: it is released.
    #[schema(pattern = "^(uphold|uphold_part|dismiss)$")]
    ruling: String,
    /// With `uphold_part`: what of the part stays with the milestone, less than all of it.
    amount: Option<MoneyBody>,
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    resolution: String,
}

/// Decides a dispute: a party may appeal for two days, then it stands; what somebody else decides after an appeal is final. Whoever
/// raised it, the claimant, the team and people with a tie to it do not decide.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The dispute")),
    request_body = ResolveDisputeRequest,
    responses((status = 200, description = "Decided", body = DisputeBody)))]
#[post("/v1/disputes/{id}:resolve")]
pub(crate) async fn resolve(
    state: Data<State>,
    caller: Caller,
    id: Path<DisputeId>,
    request: Keyed<ResolveDisputeRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let ruling: Ruling = parse("/ruling", &request.body.ruling)?;
    let part = request.body.amount.as_ref().map(|amount| amount.parse("/amount")).transpose()?;
    let resolution = paragraphs("/resolution", &request.body.resolution, text::STATEMENT)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "dispute").await?;
        caller.require_role(tx, book.organisation, "dispute").await?;
        let decided =
            operations::resolve(tx, *id, (ruling, part), resolution.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&DisputeBody::from(decided)))
    })
    .await
}
