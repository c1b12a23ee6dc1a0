//! Chargebacks: reported and decided by the partner that collected the charge, read by those whom its pledge concerns.

use super::charges::of_caller;
use super::pledges::require_concerned;
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::{BalanceBody, MoneyBody, bounded, etag};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::id::{CampaignId, ChargeId, ChargebackId, OrganisationId, PledgeId};
use ledger::parties::rules::role::Scope as Right;
use ledger::pledging::operations::chargebacks::{self as operations, Report};
use ledger::pledging::rules::chargeback::{Bearer, Chargeback, Part, Ruling};
use ledger::pledging::store::{chargebacks, charges};
use ledger::service::store::activity::Actor;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A charge that the donor's bank took back, as the partner reports it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChargeback {
    /// How the partner names this event; the same one twice is one event.
    #[schema(min_length = 1, max_length = 200, example = "evt-90311")]
    event_id: String,
    /// What was taken back: the charge, or a part of it.
    amount: MoneyBody,
    /// What the provider took for it besides; leave it out when it took nothing.
    fee: Option<MoneyBody>,
    /// The provider's own code of the reason. `returned` stands for a bank debit that came back: nobody contests it, and it is
    /// lost at once. So is `refunded`: money that a partner gave back when it was not held any more.
    #[schema(min_length = 1, max_length = 200, example = "fraudulent")]
    reason: String,
    /// The day on which the provider took the money, in the zone of the book; today when it is left out.
    #[schema(value_type = Option<String>, format = "date")]
    reported_on: Option<Date>,
    /// Until when the provider takes evidence, by the book's clock.
    evidence_until: Option<Timestamp>,
}

/// Who bears a part of a lost chargeback.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChargebackPart)]
pub struct PartBody {
    /// `fund`: the pledge's own money that was left; `team_payable`: what was owed to a team and not paid out;
    /// `team_receivable`: the team owes it from now on; `host_fee`, `platform_fee`: a fee that is given back; `risk_reserve`.
    bearer: String,
    amount: BalanceBody,
    /// Of a fund: its campaign.
    #[schema(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    /// Of a team.
    #[schema(value_type = Option<String>)]
    team: Option<OrganisationId>,
}

/// A charge, or a part of it, that the donor's bank took back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Chargeback)]
pub struct ChargebackBody {
    #[schema(value_type = String)]
    id: ChargebackId,
    #[schema(value_type = String)]
    charge: ChargeId,
    #[schema(value_type = String)]
    pledge: PledgeId,
    /// Whose fund the charge went to.
    #[schema(value_type = String)]
    campaign: CampaignId,
    amount: MoneyBody,
    /// What the provider took for it besides.
    fee: BalanceBody,
    /// The provider's own code of the reason.
    reason: String,
    /// `open`: the provider decides; `won`: it gave the money back; `lost_unborne`: it is lost, and waits until the money of the
    /// charge has settled, or until the risk reserve reaches; `lost`: it is lost, and `borne_by` says who bears it. While it is
    /// open or waits, what funds hold of the pledge is held.
    state: String,
    /// The day on which the provider took the money.
    #[schema(value_type = String, format = "date")]
    reported_on: Date,
    /// Until when the provider takes evidence, by the book's clock; null when it did not say.
    evidence_until: Option<Timestamp>,
    /// When an open one counts as lost, by the book's clock.
    until: Timestamp,
    /// When it was decided, by the book's clock; null while it is open.
    decided_at: Option<Timestamp>,
    /// Record number of the entry by which the money left; null while the charge has not settled, or the custodian's cash does not
    /// reach.
    opened_entry: Option<i64>,
    /// Record number of the entry of its end; null before, and when it was won before any money had left.
    closed_entry: Option<i64>,
    /// Who bears it, in the order of the policy; empty unless it is `lost`. The parts are the amount and the fee.
    borne_by: Vec<PartBody>,
    /// When it was reported, by the book's clock.
    created_at: Timestamp,
}

impl ChargebackBody {
    fn new(it: Chargeback, parts: Vec<Part>) -> ChargebackBody {
        let currency = it.amount.currency();
        let part = |part: Part| {
            let (campaign, team) = match part.bearer {
                Bearer::Fund(campaign) => (Some(campaign), None),
                Bearer::TeamPayable(team) | Bearer::TeamReceivable(team) => (None, Some(team)),
                Bearer::Fee(_) | Bearer::RiskReserve => (None, None),
            };
            let amount = BalanceBody::new(part.amount, currency);
            PartBody { bearer: part.bearer.as_str().to_owned(), amount, campaign, team }
        };
        let entry = |number: i64| Some(number).filter(|number| *number > 0);
        ChargebackBody {
            id: it.id,
            charge: it.charge,
            pledge: it.pledge,
            campaign: it.campaign,
            amount: it.amount.into(),
            fee: BalanceBody::new(it.fee, currency),
            reason: it.reason,
            state: it.state.to_string(),
            reported_on: it.reported_on,
            evidence_until: it.evidence_until,
            until: it.until,
            decided_at: it.decided_at,
            opened_entry: entry(it.opened_entry),
            closed_entry: entry(it.closed_entry),
            borne_by: parts.into_iter().map(part).collect(),
            created_at: it.created_at,
        }
    }
}

/// A chargeback with who bears it.
pub(super) async fn body(client: &impl GenericClient, it: Chargeback) -> Result<ChargebackBody, Error> {
    let parts = chargebacks::list_parts(client, it.id).await?;
    Ok(ChargebackBody::new(it, parts))
}

/// Reports that the donor's bank took a charge back, or a part of it. What was taken leaves the custodian's cash, and what funds
/// hold of the pledge is held until it is decided. Nobody deciding it for 120 days, it counts as lost.
#[utoipa::path(tag = "chargebacks", params(("id" = String, Path, description = "The charge")), request_body = NewChargeback,
    responses((status = 201, description = "Opened, now or before by the same event", body = ChargebackBody)))]
#[post("/v1/charges/{id}/chargebacks")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargeId>,
    request: Keyed<NewChargeback>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Right::ChargesWrite)?.organisation;
    let asked = &request.body;
    let report = Report {
        charge: *id,
        event_id: bounded("/event_id", &asked.event_id, text::REFERENCE)?,
        amount: asked.amount.parse("/amount")?,
        fee: asked.fee.as_ref().map(|fee| fee.parse("/fee")).transpose()?,
        reason: bounded("/reason", &asked.reason, text::REFERENCE)?,
        reported_on: asked.reported_on,
        evidence_until: asked.evidence_until,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        of_caller(tx, &caller, *id).await?;
        let opened = operations::report(tx, report.clone(), partner, ledger::calendar::now()).await?;
        Ok(Reply::created(&body(tx, opened).await?))
    })
    .await
}

/// Lists the chargebacks of a charge.
#[utoipa::path(tag = "chargebacks", params(("id" = String, Path, description = "The charge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<ChargebackBody>)))]
#[get("/v1/charges/{id}/chargebacks")]
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
    let mut rows = Vec::new();
    for found in chargebacks::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await? {
        rows.push(body(&client, found).await?);
    }
    Ok(window.page(rows, |row| row.id.object, |row| row).respond(&http))
}

/// Shows a chargeback, with who bears it.
#[utoipa::path(tag = "chargebacks", params(("id" = String, Path, description = "The chargeback")),
    responses((status = 200, description = "The chargeback, with its ETag", body = ChargebackBody,
        headers(("ETag" = String)))))]
#[get("/v1/chargebacks/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<ChargebackId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let found = concerned(&client, &caller, *id).await?;
    let tag = etag(found.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body(&client, found).await?))
}

/// The chargeback, for those whom its pledge concerns.
async fn concerned(client: &impl GenericClient, caller: &Caller, id: ChargebackId) -> Result<Chargeback, Error> {
    let book = book_of(client, id.book, "chargeback").await?;
    if caller.partner().is_none() {
        caller.require_role(client, book.organisation, "chargeback").await?;
    }
    let found = chargebacks::get(client, id).await?;
    let partner = charges::get(client, found.charge).await?.partner;
    require_concerned(client, caller, &book, partner, "chargeback").await?;
    Ok(found)
}

/// Reports that a chargeback is won: the provider gave the money back, and what was held is free again.
#[utoipa::path(tag = "chargebacks", params(("id" = String, Path, description = "The chargeback")), request_body = Nothing,
    responses((status = 200, description = "Won, now or before", body = ChargebackBody)))]
#[post("/v1/chargebacks/{id}:win")]
pub(crate) async fn win(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargebackId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    decide(&state, &caller, *id, &request, Ruling::Win).await
}

/// Reports that a chargeback is lost. It is borne by the pledge's own money that is left in funds, then by the teams that were paid
/// of it, then by fees that are given back, and the rest by the risk reserve of the host. While that does not reach, the
/// chargeback waits as `lost_unborne`: fund the reserve, and it is borne.
#[utoipa::path(tag = "chargebacks", params(("id" = String, Path, description = "The chargeback")), request_body = Nothing,
    responses((status = 200, description = "Lost, now or before", body = ChargebackBody)))]
#[post("/v1/chargebacks/{id}:lose")]
pub(crate) async fn lose(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargebackId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    decide(&state, &caller, *id, &request, Ruling::Lose).await
}

async fn decide(
    state: &State,
    caller: &Caller,
    id: ChargebackId,
    request: &Keyed<Nothing>,
    ruling: Ruling,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Right::ChargesWrite)?.organisation;
    idempotent(state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        concerned(tx, caller, id).await?;
        let decided = operations::decide(tx, id, ruling, Actor::Partner(partner), ledger::calendar::now()).await?;
        Ok(Reply::ok(&body(tx, decided).await?))
    })
    .await
}
