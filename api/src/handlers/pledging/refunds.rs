//! Refunds: asked for by the host, or the partner that brought the pledge; sent and reported by whoever took the money.

use super::campaigns::CampaignBody;
use super::chargebacks::{self, ChargebackBody};
use super::charges::of_caller;
use super::custodian_holds::{CustodianHoldBody, Holds};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{BalanceBody, ChangeStateRequest, MoneyBody, bounded, etag, paragraphs};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::{CampaignId, ChargeId, OrganisationId, RefundId};
use ledger::money::{Currency, Money};
use ledger::parties::rules::role::Scope as Permission;
use ledger::pledging::operations::refund_outcomes::{self, Made, Reported};
use ledger::pledging::operations::refunds::{self as operations, Ask};
use ledger::pledging::operations::returns;
use ledger::pledging::rules::fee::Payee;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::rules::refund::{FeePart, Outcome, Refund, State as RefundState};
use ledger::pledging::rules::transfer_reference;
use ledger::pledging::store::refunds;
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What of a charge's fee falls on a refund.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefundFee)]
pub struct RefundFeeBody {
    /// `host`, `platform` or `processor`.
    #[schema(value_type = String)]
    to: Payee,
    amount: MoneyBody,
    /// Who bears it: `payee`, which gives it back, so that the donor gets it; or `donor`, as the payee keeps it.
    borne_by: String,
}

impl RefundFeeBody {
    fn new(it: &FeePart, currency: Currency) -> RefundFeeBody {
        let borne_by = if it.is_returned { "payee" } else { "donor" };
        RefundFeeBody { to: it.to, amount: BalanceBody::new(it.amount, currency).into(), borne_by: borne_by.to_owned() }
    }
}

/// What goes back of a charge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundBody {
    #[schema(value_type = String)]
    id: RefundId,
    #[schema(value_type = String)]
    charge: ChargeId,
    /// The part of the charge that is undone.
    amount: MoneyBody,
    /// What the donor gets: that part but for fees that their payees keep.
    sent: MoneyBody,
    /// What of the donor's own money goes back, when the gift was in another currency: the whole of it with the whole of the charge, else its
    /// part, cut down to the smallest unit, of which the last takes the rest. Null otherwise.
    original: Option<BalanceBody>,
    /// What a refund of such a gift cost whoever sent it, when they said so: what that is more or less than `sent` is posted as the host's loss
    /// or gain. Null otherwise.
    settled_amount: Option<MoneyBody>,
    /// What of the charge's fees falls on it, with who bears it.
    fees: Vec<RefundFeeBody>,
    /// Who sends it: `sandbox`, `partner` or `stripe`.
    #[schema(value_type = String)]
    rail: Rail,
    /// `requested`: it is no more in the fund, and is to be sent; `sent`: it is on its way; `settled`: the donor has it;
    /// `failed`: it is in the fund again, and can be asked for again.
    state: String,
    /// When it counts as failed unless it was sent, or has arrived; null when it has ended. By the book's clock.
    waits_until: Option<Timestamp>,
    /// It waits, as what its custodian holds is frozen, and goes on by itself after the release; null when it does not, and in answers to
    /// requests and reports.
    custodian_hold: Option<CustodianHoldBody>,
    /// The provider's own code of a failure, or `not_reported`; null when it did not fail.
    failure: Option<String>,
    /// How the provider names it; null before it was sent.
    provider_reference: Option<String>,
    /// What a partner that sends it by transfer writes into that: of a gift that came by transfer the line of the bank settles it then, on its
    /// day. Null on other rails.
    #[schema(pattern = "^RF[0-9]{2}R[0-9A-Z]{20}$")]
    transfer_reference: Option<String>,
    reason: String,
    /// Record number of the entry that took it out of the fund.
    entry: i64,
    /// Record number of the entry with which it settled or failed; null before.
    end_entry: Option<i64>,
    /// When it was asked for, by the book's clock.
    requested_at: Timestamp,
}

impl From<Refund> for RefundBody {
    fn from(it: Refund) -> RefundBody {
        let currency = it.currency();
        let failure = match &it.state {
            RefundState::Failed { code } => Some(code.clone()),
            RefundState::Requested { .. } | RefundState::Sent { .. } | RefundState::Settled { .. } => None,
        };
        RefundBody {
            id: it.id,
            charge: it.charge,
            amount: it.amount.into(),
            sent: it.sent.into(),
            original: it.original.map(|back| BalanceBody::new(back.minor, back.currency)),
            settled_amount: it.settled_amount.map(Into::into),
            fees: it.fees.iter().map(|fee| RefundFeeBody::new(fee, currency)).collect(),
            rail: it.rail,
            state: it.state.as_str().to_owned(),
            waits_until: it.state.until(),
            custodian_hold: None,
            failure,
            provider_reference: it.state.provider_reference().map(str::to_owned),
            transfer_reference: (it.rail == Rail::Partner).then(|| transfer_reference::of_refund(it.id)),
            reason: it.reason,
            entry: it.entry,
            end_entry: (it.end_entry > 0).then_some(it.end_entry),
            requested_at: it.requested_at,
        }
    }
}

impl RefundBody {
    /// With what holds it, while it is not over.
    fn held(it: Refund, holds: &Holds) -> RefundBody {
        let custodian_hold = holds.on(it.rail, it.partner).filter(|_| it.state.until().is_some());
        RefundBody { custodian_hold, ..RefundBody::from(it) }
    }
}

/// What is to go back of a charge.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RefundChargeRequest {
    /// The part of the charge; all that is left of it when this is left out.
    amount: Option<MoneyBody>,
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// Gives a captured charge back, whole or in part. What goes back is taken of the pledge's own money alone, wherever that lies, and
/// never of what was released or is set aside for milestones. Fees that the terms return come back with it, in proportion; the
/// donor bears the others, and the answer says which.
#[utoipa::path(tag = "refunds", params(("id" = String, Path, description = "The charge")),
    request_body = RefundChargeRequest,
    responses((status = 201, description = "Requested", body = RefundBody)))]
#[post("/v1/charges/{id}:refund")]
pub(crate) async fn give_back(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargeId>,
    request: Keyed<RefundChargeRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    let amount = request.body.amount.as_ref().map(|amount| amount.parse("/amount")).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        of_caller(tx, &caller, *id).await?;
        let ask = Ask { charge: *id, amount, reference: None, from: None };
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let refund = operations::request(tx, ask, change, ledger::calendar::now()).await?;
        Ok(Reply::created(&RefundBody::from(refund)))
    })
    .await
}

/// Lists the refunds of a charge.
#[utoipa::path(tag = "refunds", params(("id" = String, Path, description = "The charge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<RefundBody>)))]
#[get("/v1/charges/{id}/refunds")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    of_caller(&client, &caller, *id).await?;
    let rows = refunds::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let holds = Holds::of(&client, &books::get(&client, id.book).await?).await?;
    Ok(window.page(rows, |row| row.id.object, |row| RefundBody::held(row, &holds)).respond(&http))
}

/// Shows a refund.
#[utoipa::path(tag = "refunds", params(("id" = String, Path, description = "The refund")),
    responses((status = 200, description = "The refund, with its ETag", body = RefundBody,
        headers(("ETag" = String)))))]
#[get("/v1/refunds/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<RefundId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let refund = concerned(&client, &caller, *id).await?;
    let tag = etag(refund.version);
    let holds = Holds::of(&client, &books::get(&client, id.book).await?).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(RefundBody::held(refund, &holds)))
}

/// The refund, for those whom its charge concerns.
async fn concerned(client: &impl GenericClient, caller: &Caller, id: RefundId) -> Result<Refund, Error> {
    let book = book_of(client, id.book, "refund").await?;
    if caller.partner().is_none() {
        caller.require_role(client, book.organisation, "refund").await?;
    }
    let refund = refunds::get(client, id).await?;
    super::pledges::require_concerned(client, caller, &book, refund.partner, "refund").await?;
    Ok(refund)
}

/// A refund that a partner has made by itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRefundRequest {
    /// How the partner names this event; the same one twice is one event.
    #[schema(min_length = 1, max_length = 200, example = "evt-90214")]
    event_id: String,
    /// How the partner names the payment, as it reports its capture.
    #[schema(min_length = 1, max_length = 200, example = "pay-5551")]
    provider_reference: String,
    /// How the partner names the refund; of one refund only.
    #[schema(min_length = 1, max_length = 200, example = "ref-771")]
    refund_reference: String,
    /// The part of the charge that went back; all that is left of it when this is left out.
    amount: Option<MoneyBody>,
    /// Of a gift in another currency: what the refund cost you in the campaign's, by the rate of its day, from half of what it gave back to
    /// twice. The difference is the host's. When it is left out, there is none.
    settled_amount: Option<MoneyBody>,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// What a report of a refund came to: one of the two.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportedRefund)]
pub struct ReportedRefundBody {
    /// The refund, of money that was still held; null otherwise.
    refund: Option<RefundBody>,
    /// The chargeback as which what went back is borne, when it was not held any more; null otherwise.
    chargeback: Option<ChargebackBody>,
}

/// Reports a refund that the partner has made by itself. Before the capture of the charge was reported, this says as well that it
/// was captured; a report of the capture that comes later changes nothing. It is taken also when the money was released, set aside
/// or held meanwhile: then it is answered with the chargeback as which it is borne.
#[utoipa::path(tag = "refunds", params(("id" = String, Path, description = "The charge")),
    request_body = ReportRefundRequest,
    responses((status = 201, description = "Settled, now or before", body = ReportedRefundBody),
        (status = 202, description = "What went back was not held any more: it is borne as a lost chargeback is",
         body = ReportedRefundBody)))]
#[post("/v1/charges/{id}/refunds")]
pub(crate) async fn report(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargeId>,
    request: Keyed<ReportRefundRequest>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Permission::ChargesWrite)?.organisation;
    let body = &request.body;
    let event = bounded("/event_id", &body.event_id, text::REFERENCE)?;
    let payment = bounded("/provider_reference", &body.provider_reference, text::REFERENCE)?;
    let reference = bounded("/refund_reference", &body.refund_reference, text::REFERENCE)?;
    let reason = paragraphs("/reason", &body.reason, text::REASON_OR_NONE)?;
    let amount: Option<Money> = body.amount.as_ref().map(|amount| amount.parse("/amount")).transpose()?;
    let settled_amount = body.settled_amount.as_ref().map(|amount| amount.parse("/settled_amount")).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        of_caller(tx, &caller, *id).await?;
        let made = Made {
            event_id: &event,
            provider_reference: &payment,
            refund_reference: &reference,
            amount,
            settled_amount,
            reason: &reason,
        };
        match refund_outcomes::report_made(tx, *id, partner, made, ledger::calendar::now()).await? {
            Reported::Refunded(refund) => {
                let refund = Some(RefundBody::from(refund));
                Ok(Reply::created(&ReportedRefundBody { refund, chargeback: None }))
            }
            Reported::Borne(chargeback) => {
                let chargeback = Some(chargebacks::body(tx, chargeback).await?);
                Ok(Reply::accepted(&ReportedRefundBody { refund: None, chargeback }))
            }
        }
    })
    .await
}

/// What a partner sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleRefundRequest {
    /// How the partner names the refund; of one refund only.
    #[schema(min_length = 1, max_length = 200, example = "ref-771")]
    provider_reference: String,
    /// Of a gift in another currency: what the refund cost you in the campaign's, by the rate of its day, from half of what it gave back to
    /// twice. The difference is the host's. When it is left out, there is none.
    settled_amount: Option<MoneyBody>,
}

/// Reports that the donor has a refund that the partner was asked for. In a book that is kept by lines of banks a refund of a gift that came by
/// transfer is on its way then, and the line by which it left settles it.
#[utoipa::path(tag = "refunds", params(("id" = String, Path, description = "The refund")),
    request_body = SettleRefundRequest,
    responses((status = 200, description = "Settled, now or before; or on its way, until its line is there", body = RefundBody)))]
#[post("/v1/refunds/{id}:settle")]
pub(crate) async fn settle(
    state: Data<State>,
    caller: Caller,
    id: Path<RefundId>,
    request: Keyed<SettleRefundRequest>,
) -> Result<HttpResponse, Problem> {
    let provider_reference = bounded("/provider_reference", &request.body.provider_reference, text::REFERENCE)?;
    let cost = request.body.settled_amount.as_ref().map(|amount| amount.parse("/settled_amount")).transpose()?;
    end(&state, &caller, *id, &request.key, Outcome::Settled { provider_reference }, cost).await
}

/// Why a donor did not get a refund.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FailRefundRequest {
    /// The provider's own code, such as `card_closed`.
    #[schema(min_length = 1, max_length = 100, example = "card_closed")]
    code: String,
}

/// Reports that the donor does not get a refund that the partner was asked for: its money is in the fund again.
#[utoipa::path(tag = "refunds", params(("id" = String, Path, description = "The refund")),
    request_body = FailRefundRequest,
    responses((status = 200, description = "Failed, now or before", body = RefundBody)))]
#[post("/v1/refunds/{id}:fail")]
pub(crate) async fn fail(
    state: Data<State>,
    caller: Caller,
    id: Path<RefundId>,
    request: Keyed<FailRefundRequest>,
) -> Result<HttpResponse, Problem> {
    let code = bounded("/code", &request.body.code, 1..=100)?;
    end(&state, &caller, *id, &request.key, Outcome::Failed { code }, None).await
}

async fn end(
    state: &State,
    caller: &Caller,
    id: RefundId,
    key: &crate::idempotency::IdempotencyKey,
    outcome: Outcome,
    cost: Option<Money>,
) -> Result<HttpResponse, Problem> {
    let partner: OrganisationId = caller.require_scope(Permission::ChargesWrite)?.organisation;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        concerned(tx, caller, id).await?;
        let wall = ledger::calendar::now();
        let refund = refund_outcomes::report_with_cost(tx, id, partner, outcome.clone(), cost, wall).await?;
        Ok(Reply::ok(&RefundBody::from(refund)))
    })
    .await
}

/// Gives back what the fund of a closed campaign still holds, to the pledges whose money it is, as refunds of their charges. What
/// settles later goes back when this is asked for again.
#[utoipa::path(tag = "refunds", params(("id" = String, Path, description = "The campaign")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Refunds are being requested", body = CampaignBody)))]
#[post("/v1/campaigns/{id}:return")]
pub(crate) async fn return_all(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    super::campaigns::step(&state, &caller, *id, &request, async |tx, change, wall| {
        returns::return_all(tx, *id, change, wall).await
    })
    .await
}
