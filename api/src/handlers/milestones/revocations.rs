//! Claims that are revoked: two people of the host do it, and what had been released comes back.

use super::claim_body::readable;
use super::clawback_body::{ClawbackBody, RequestBody};
use super::milestone::OfCampaign;
use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::handlers::pledging::recoveries::ReceivedRequest;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, actor, book_of};
use crate::wire::{MoneyBody, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use ledger::id::{CampaignId, ClaimId};
use ledger::milestones::operations::{clawbacks as debts, revocations as operations};
use ledger::milestones::rules::clawback::{Asked, Bearer};
use ledger::milestones::store::{clawbacks, requests};
use ledger::pledging::store::campaigns;
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Why a claim is revoked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeRequest {
    /// For everybody to read; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Asks to revoke a claim that was approved, for fraud. Somebody else of the host confirms it within seven days, and until then
/// nothing of it is released. A revocation is final.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")), request_body = RevokeRequest,
    responses((status = 201, description = "Asked for", body = RequestBody)))]
#[post("/v1/claims/{id}:revoke")]
pub(crate) async fn revoke(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<RevokeRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    ask(&state, &caller, *id, &request.key, Asked::Revocation, &reason).await
}

/// What is given up of what a team owes of a revoked claim, and who bears it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteOffClaimRequest {
    amount: MoneyBody,
    /// `fund`: it is gone for its donors. `risk_reserve`: the host pays it into the fund.
    #[schema(pattern = "^(fund|risk_reserve)$")]
    bearer: String,
    /// For everybody to read; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Asks to give up what a team owes of a revoked claim, or a part. Somebody else of the host confirms it within seven days.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")),
    request_body = WriteOffClaimRequest,
    responses((status = 201, description = "Asked for", body = RequestBody)))]
#[post("/v1/claims/{id}:write-off")]
pub(crate) async fn write_off(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<WriteOffClaimRequest>,
) -> Result<HttpResponse, Problem> {
    let amount = request.body.amount.parse("/amount")?;
    let bearer: Bearer = parse("/bearer", &request.body.bearer)?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    ask(&state, &caller, *id, &request.key, Asked::WriteOff { amount, bearer }, &reason).await
}

async fn ask(
    state: &State,
    caller: &Caller,
    id: ClaimId,
    key: &IdempotencyKey,
    asked: Asked,
    reason: &str,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "claim").await?;
        caller.require_role(tx, book.organisation, "claim").await?;
        let asked = operations::ask(tx, id, asked, reason.to_owned(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&RequestBody::from(asked)))
    })
    .await
}

/// Lists what people of the host asked for a claim together.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<RequestBody>)))]
#[get("/v1/claims/{id}/requests")]
pub(crate) async fn list_requests(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let currency = readable(&client, &caller, *id).await?.content.amount.currency();
    let rows = requests::list(&client, *id, currency, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.number, RequestBody::from).respond(&http))
}

/// Records that a team paid back what it owed of a revoked claim, or a part: it is in the campaign's fund again.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")),
    request_body = ReceivedRequest, responses((status = 200, description = "Recorded", body = ClawbackBody)))]
#[post("/v1/claims/{id}:recover")]
pub(crate) async fn recover(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<ReceivedRequest>,
) -> Result<HttpResponse, Problem> {
    let received = request.body.parse()?;
    let by = actor(&caller);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "claim").await?;
        caller.require_role(tx, book.organisation, "claim").await?;
        let left = debts::recover(tx, *id, &received, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ClawbackBody::from(left)))
    })
    .await
}

/// Lists the revoked claims of a campaign of which something had been released, with the reasons, and what came back.
#[utoipa::path(tag = "releases", params(OfCampaign),
    responses((status = 200, description = "A page, the oldest claim first", body = Page<ClawbackBody>)))]
#[get("/v1/clawbacks")]
pub(crate) async fn list_clawbacks(
    state: Data<State>,
    caller: MaybeCaller,
    query: Params<OfCampaign>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let campaign: CampaignId = parse("/campaign", &query.0.campaign)?;
    let window = Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = book_of(&client, campaign.book, "campaign").await?;
    Reader::of(&client, caller.0.as_ref(), &book).await?.require_team(None, true, "campaign").await?;
    campaigns::get(&client, campaign).await?;
    let rows = clawbacks::list(&client, campaign, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.claim.object, ClawbackBody::from).respond(&http))
}
