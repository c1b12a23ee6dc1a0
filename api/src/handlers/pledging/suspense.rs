//! Money that nothing explains: reported by a partner, or brought by a line of a bank statement; matched or returned by the host.

use super::pledges::{collected, require_concerned};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, require_admitted};
use crate::wire::{MoneyBody, bounded, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::{BankLineId, BookRef, CampaignId, ChargeId, OrganisationId, PledgeId, SettlementId, SuspenseId};
use ledger::pledging::operations::suspense as operations;
use ledger::pledging::operations::unexplained::Came;
use ledger::pledging::rules::suspense::{Held, SuspenseItem, SuspenseState};
use ledger::pledging::rules::transfer_reference::of_suspense;
use ledger::pledging::store::suspense;
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Money that came for a pledge and that no due date explains.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportMoneyRequest {
    amount: MoneyBody,
    /// How the partner names this event; the same one twice is one event.
    #[schema(min_length = 1, max_length = 200, example = "evt-90411")]
    event_id: String,
    /// How the partner names the payment.
    #[schema(min_length = 1, max_length = 200, example = "pay-5999")]
    provider_reference: String,
}

/// Money in suspense.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SuspenseItem)]
pub struct SuspenseBody {
    #[schema(value_type = String)]
    id: SuspenseId,
    /// The pledge for which it came; null when that is not known.
    #[schema(value_type = Option<String>)]
    pledge: Option<PledgeId>,
    /// The charge of which it was reported; null when it was reported of none.
    #[schema(value_type = Option<String>)]
    charge: Option<ChargeId>,
    /// The line of a bank statement by which it came; null when a partner reported it.
    #[schema(value_type = Option<String>)]
    bank_line: Option<BankLineId>,
    /// Why it waits: `reported` by its partner, and no due date explains it; else why its line is no gift.
    #[schema(value_type = String)]
    why: Held,
    /// Who has it: the partner, or whose bank account it is.
    #[schema(value_type = String)]
    partner: OrganisationId,
    amount: MoneyBody,
    /// `open`: it waits for the host; `matched`: it was the payment of a pledge; `returned`: it goes back to who gave it;
    /// `explained`: its line was booked as something else.
    #[schema(value_type = String)]
    state: SuspenseState,
    /// When it goes back unless the host decides, by the book's clock; null once it is decided.
    until: Option<Timestamp>,
    /// The day on which it was reported, or its bank booked it.
    #[schema(value_type = String, format = "date")]
    received_on: Date,
    provider_reference: String,
    /// The settlement with which it arrives; null of what a line brought, which is there.
    #[schema(value_type = Option<String>)]
    settlement: Option<SettlementId>,
    /// Record number of the entry with which it came.
    entry: i64,
    /// The charge that it became; null unless it is matched.
    #[schema(value_type = Option<String>)]
    matched: Option<ChargeId>,
    /// Record number of the entry with which it left; null before.
    end_entry: Option<i64>,
    /// What whoever sends it back writes into the transfer: the line of the bank says then that it has left. Null unless it is returned.
    #[schema(pattern = "^RF[0-9]{2}U[0-9A-Z]{20}$")]
    transfer_reference: Option<String>,
    /// Record number of the entry of the line by which it left the bank; null before.
    sent_entry: Option<i64>,
}

impl From<SuspenseItem> for SuspenseBody {
    fn from(it: SuspenseItem) -> SuspenseBody {
        SuspenseBody {
            id: it.id,
            pledge: it.pledge,
            charge: it.charge,
            bank_line: it.line,
            why: it.why,
            partner: it.partner,
            amount: it.amount.into(),
            state: it.state,
            until: it.until,
            received_on: it.received_on,
            provider_reference: it.provider_reference,
            settlement: it.settlement,
            entry: it.entry,
            matched: it.matched,
            end_entry: (it.end_entry > 0).then_some(it.end_entry),
            transfer_reference: (it.state == SuspenseState::Returned).then(|| of_suspense(it.id)),
            sent_entry: (it.sent_entry > 0).then_some(it.sent_entry),
        }
    }
}

/// Reports money that came for a pledge and that no due date explains, such as a standing order that goes on after the pledge has
/// ended, or has moved to another partner or rail. It waits in suspense until the host says whose payment it is, or returns it; after 30 days it goes back. What is the
/// payment of a charge is reported as its capture.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The pledge")),
    request_body = ReportMoneyRequest,
    responses((status = 201, description = "In suspense, now or before", body = SuspenseBody)))]
#[post("/v1/pledges/{id}/suspense")]
pub(crate) async fn report_money(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<ReportMoneyRequest>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(ledger::parties::rules::role::Scope::ChargesWrite)?.organisation;
    let amount = request.body.amount.parse("/amount")?;
    let event = bounded("/event_id", &request.body.event_id, text::REFERENCE)?;
    let reference = bounded("/provider_reference", &request.body.provider_reference, text::REFERENCE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "pledge").await?;
        collected(tx, &caller, &book, *id).await?;
        let came = Came { amount, event_id: &event, provider_reference: &reference };
        let item = operations::receive(tx, *id, partner, came, ledger::calendar::now()).await?;
        Ok(Reply::created(&SuspenseBody::from(item)))
    })
    .await
}

/// Lists money in suspense, also what was matched or returned. A partner sees what it has reported.
#[utoipa::path(tag = "charges", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<SuspenseBody>)))]
#[get("/v1/books/{book}/suspense")]
pub(crate) async fn list_suspense(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = books::resolve(&client, *id).await?;
    let only = match caller.partner() {
        Some(partner) => {
            require_admitted(&client, partner, &book, "book").await?;
            Some(partner.organisation)
        }
        None => {
            caller.require_role(&client, book.organisation, "book").await?;
            None
        }
    };
    let rows = suspense::list(&client, book.id, only, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, SuspenseBody::from).respond(&http))
}

/// Shows money in suspense.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The money in suspense")),
    responses((status = 200, description = "How it stands", body = SuspenseBody)))]
#[get("/v1/suspense/{id}")]
pub(crate) async fn show_suspense(
    state: Data<State>,
    caller: Caller,
    id: Path<SuspenseId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let what = "money in suspense";
    let book = book_of(&client, id.book, what).await?;
    if caller.partner().is_none() {
        caller.require_role(&client, book.organisation, what).await?;
    }
    let item = suspense::get(&client, *id).await?;
    require_concerned(&client, &caller, &book, item.partner, what).await?;
    Ok(HttpResponse::Ok().json(SuspenseBody::from(item)))
}

/// Whose payment money in suspense is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchSuspenseRequest {
    /// A pledge; of what a partner reported one that the same partner collects, and whose payments are of this amount.
    #[schema(min_length = 36, max_length = 36, pattern = "^plg_[a-z2-7]{32}$")]
    pledge: Option<String>,
    /// Instead, of what a line of a bank statement brought: a campaign, to which it is a gift of somebody whom nobody knows.
    #[schema(min_length = 36, max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    campaign: Option<String>,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// Says that money in suspense is the payment of a pledge: of its earliest due date that nobody paid and nobody tries, else of the
/// next one, which is not charged then. Once the money has arrived, it becomes a settled charge, with its fees and its receipt. What a
/// line of a bank statement brought is taken of whatever amount, and may be a gift to a campaign instead.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The money in suspense")),
    request_body = MatchSuspenseRequest,
    responses((status = 200, description = "Matched, now or before", body = SuspenseBody)))]
#[post("/v1/suspense/{id}:match")]
pub(crate) async fn match_suspense(
    state: Data<State>,
    caller: Caller,
    id: Path<SuspenseId>,
    request: Keyed<MatchSuspenseRequest>,
) -> Result<HttpResponse, Problem> {
    let pledge: Option<PledgeId> = request.body.pledge.as_ref().map(|id| parse("/pledge", id)).transpose()?;
    let campaign: Option<CampaignId> = request.body.campaign.as_ref().map(|id| parse("/campaign", id)).transpose()?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "money in suspense").await?;
        caller.require_role(tx, book.organisation, "money in suspense").await?;
        let by = Change { version: None, actor: actor(&caller), reason: &reason };
        let wall = ledger::calendar::now();
        let item = match (pledge, campaign) {
            (None, None) => return Err(Error::invalid("/pledge", "say which pledge, or which campaign")),
            (Some(_), Some(_)) => return Err(Error::invalid("/campaign", "a pledge or a campaign, and not both")),
            (Some(pledge), None) if pledge.book != id.book => {
                return Err(Error::invalid("/pledge", "not a pledge of the same book"));
            }
            (None, Some(campaign)) if campaign.book != id.book => {
                return Err(Error::invalid("/campaign", "not a campaign of the same book"));
            }
            (Some(pledge), None) => operations::match_to(tx, *id, pledge, by, wall).await?,
            (None, Some(campaign)) => operations::match_to_campaign(tx, *id, campaign, by, wall).await?,
        };
        Ok(Reply::ok(&SuspenseBody::from(item)))
    })
    .await
}

/// Why money in suspense goes back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReturnSuspenseRequest {
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// Returns money in suspense to who gave it: the partner that has it sends it back.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The money in suspense")),
    request_body = ReturnSuspenseRequest,
    responses((status = 200, description = "Returned, now or before", body = SuspenseBody)))]
#[post("/v1/suspense/{id}:return")]
pub(crate) async fn return_suspense(
    state: Data<State>,
    caller: Caller,
    id: Path<SuspenseId>,
    request: Keyed<ReturnSuspenseRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "money in suspense").await?;
        caller.require_role(tx, book.organisation, "money in suspense").await?;
        let by = Change { version: None, actor: actor(&caller), reason: &reason };
        let item = operations::give_back(tx, *id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&SuspenseBody::from(item)))
    })
    .await
}
