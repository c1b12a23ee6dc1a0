//! Claims that are revoked: two people of the host do it, and what had been released comes back.

use super::claim_body::readable;
use super::milestone::OfCampaign;
use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::handlers::pledging::recoveries::ReceivedRequest;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, actor, book_of};
use crate::wire::{BalanceBody, MoneyBody, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::id::{CampaignId, ClaimId, MilestoneId, OrganisationId, PersonId};
use ledger::milestones::operations::{clawbacks as debts, revocations as operations};
use ledger::milestones::rules::clawback::{Asked, Bearer, Clawback, Request, RequestState};
use ledger::milestones::store::{clawbacks, requests};
use ledger::payouts::operations::revocations as payouts;
use ledger::pledging::store::campaigns;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What one person of the host asks for, so that another one confirms it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClaimRequest)]
pub struct RequestBody {
    #[schema(value_type = String)]
    claim: ClaimId,
    /// Counts the requests of the claim, from 1.
    number: i32,
    /// `revocation`, or `write_off` of what is owed of a revoked claim.
    kind: String,
    /// What is to be written off; null for a revocation.
    amount: Option<BalanceBody>,
    /// Who bears what is written off: `fund`, so its donors, or `risk_reserve`, so the host; null for a revocation.
    #[schema(value_type = Option<String>)]
    bearer: Option<Bearer>,
    /// Why, for everybody to read.
    reason: String,
    #[schema(value_type = String)]
    requested_by: PersonId,
    /// By the book's clock.
    requested_at: Timestamp,
    /// When it lapses unless somebody else confirms it, by the book's clock.
    until: Timestamp,
    /// `requested`, `confirmed` or `lapsed`.
    state: String,
    /// Null while nobody has confirmed it.
    #[schema(value_type = Option<String>)]
    confirmed_by: Option<PersonId>,
    /// When it was confirmed or lapsed, by the book's clock; null before.
    ended_at: Option<Timestamp>,
}

impl From<Request> for RequestBody {
    fn from(it: Request) -> RequestBody {
        let (amount, bearer) = match it.asked {
            Asked::Revocation => (None, None),
            Asked::WriteOff { amount, bearer } => {
                (Some(BalanceBody::new(amount.minor(), amount.currency())), Some(bearer))
            }
        };
        let (confirmed_by, ended_at) = match it.state {
            RequestState::Requested => (None, None),
            RequestState::Confirmed { by, at } => (Some(by), Some(at)),
            RequestState::Lapsed { at } => (None, Some(at)),
        };
        RequestBody {
            claim: it.claim,
            number: it.number,
            kind: it.asked.as_str().to_owned(),
            amount,
            bearer,
            reason: it.reason,
            requested_by: it.requested_by,
            requested_at: it.requested_at,
            until: it.until,
            state: it.state.as_str().to_owned(),
            confirmed_by,
            ended_at,
        }
    }
}

/// What had been released of a revoked claim, and what came back of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clawback)]
pub struct ClawbackBody {
    #[schema(value_type = String)]
    claim: ClaimId,
    #[schema(value_type = String)]
    milestone: MilestoneId,
    /// To whose fund it comes back.
    #[schema(value_type = String)]
    campaign: CampaignId,
    #[schema(value_type = String)]
    team: OrganisationId,
    /// Why the claim was revoked.
    reason: String,
    /// What had been released.
    amount: BalanceBody,
    /// What came back at once, as it was not paid out.
    unpaid: BalanceBody,
    /// What was set off against later releases of the team.
    set_off: BalanceBody,
    /// What the team paid back.
    recovered: BalanceBody,
    /// What was given up at the expense of the fund.
    written_off: BalanceBody,
    /// What was given up at the expense of the host's risk reserve, so that it is in the fund again.
    borne: BalanceBody,
    /// What the team owes still.
    owed: BalanceBody,
    /// `open` while the team owes something of it, then `settled`.
    state: String,
    /// Record number of the entry of the revocation.
    entry: i64,
    /// When the claim was revoked, by the book's clock.
    revoked_at: Timestamp,
}

impl From<Clawback> for ClawbackBody {
    fn from(it: Clawback) -> ClawbackBody {
        let currency = it.amount.currency();
        let balance = |minor| BalanceBody::new(minor, currency);
        ClawbackBody {
            claim: it.claim,
            milestone: it.milestone,
            campaign: it.campaign,
            team: it.team,
            amount: balance(it.amount.minor()),
            unpaid: balance(it.unpaid),
            set_off: balance(it.set_off),
            recovered: balance(it.recovered),
            written_off: balance(it.written_off),
            borne: balance(it.borne),
            owed: balance(it.owed()),
            state: it.state().to_owned(),
            entry: it.entry,
            revoked_at: it.revoked_at,
            reason: it.reason,
        }
    }
}

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
        let asked = operations::ask(tx, id, asked, reason.to_owned(), by, Timestamp::now()).await?;
        Ok(Reply::created(&RequestBody::from(asked)))
    })
    .await
}

/// Which request is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmClaimRequest {
    /// Its number among those of the claim.
    #[schema(minimum = 1, maximum = 1_000_000)]
    request: i32,
}

/// Confirms what somebody else of the host has asked for. With a revocation what was not released stays with the milestone, what was
/// not paid out is in the fund again, and what was paid out the team owes; payouts that wait for it are cancelled.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")),
    request_body = ConfirmClaimRequest,
    responses((status = 200, description = "Confirmed, and done", body = RequestBody)))]
#[post("/v1/claims/{id}:confirm")]
pub(crate) async fn confirm(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<ConfirmClaimRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let number = request.body.request;
    if !(1..=1_000_000).contains(&number) {
        return Err(Problem::invalid("/request", "the number of a request, from 1"));
    }
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "claim").await?;
        caller.require_role(tx, book.organisation, "claim").await?;
        let confirmed = payouts::confirm(tx, *id, number, by, Timestamp::now()).await?;
        Ok(Reply::ok(&RequestBody::from(confirmed)))
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
        let left = debts::recover(tx, *id, &received, by, Timestamp::now()).await?;
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
