//! Charges: read by those whom their pledge concerns, captured by the report of a partner that collects by itself.

use super::custodian_holds::{CustodianHoldBody, Holds};
use super::pledges::{collected, require_concerned};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, by_lane, idempotent, or_kept};
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
use ledger::engine::store::books;
use ledger::id::{CampaignId, ChargeId, PledgeId, SettlementId, SuspenseId};
use ledger::money::Currency;
use ledger::pledging::operations::captures::{self, By};
use ledger::pledging::operations::charges as operations;
use ledger::pledging::operations::charges::Recorded;
use ledger::pledging::operations::reports;
use ledger::pledging::rules::charge::{Charge, State as ChargeState};
use ledger::pledging::rules::conversion::{self, Collected};
use ledger::pledging::rules::fee::Payee;
use ledger::pledging::rules::pledge::Rail;
use ledger::pledging::store::attempts::{self, Attempt};
use ledger::pledging::store::charges;
use ledger::pledging::store::fees::{self, ChargeFee};
use ledger::text;
use ledger::treasury::rules::settlement::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One due payment of a pledge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Charge)]
pub struct ChargeBody {
    #[schema(value_type = String)]
    id: ChargeId,
    #[schema(value_type = String)]
    pledge: PledgeId,
    /// Whose fund it goes to.
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// Which payment of the plan, from 1.
    sequence: i32,
    #[schema(value_type = String, format = "date")]
    due_on: Date,
    /// In the currency of the campaign; of a payment in another currency, what came of it once it is captured.
    amount: MoneyBody,
    /// What the donor pays, when that is in another currency; null otherwise.
    original: Option<MoneyBody>,
    /// What the partner promised that the original comes to; null without one.
    promised: Option<MoneyBody>,
    /// What one of the original's currency came to, or was promised to, to ten digits, half up: the exact rate is `amount` to `original`. Null
    /// without one.
    #[schema(pattern = r"^[0-9]+\.[0-9]{10}$", example = "1.0750000000")]
    rate: Option<String>,
    /// What went back to the donor, or is on its way back.
    refunded: BalanceBody,
    /// What the donor's bank took back: of chargebacks that are open or lost.
    disputed: BalanceBody,
    /// `sandbox`, `partner` or `stripe`.
    #[schema(value_type = String)]
    rail: Rail,
    /// How the donor pays: `card`, `debit` or `transfer`.
    #[schema(value_type = String)]
    method: Method,
    /// `scheduled`; `processing`: it is being tried, or the partner is to report it; `declined`; `captured`; `settled`: it has
    /// arrived as cash; `voided`: its campaign had closed, the money goes back, and it is tried again when the donor chooses
    /// another campaign; `missed`: the next due date came before this payment was tried, and it never is; `refunded`: all of it
    /// went back to the donor, or is on its way back; `disputed`: it was captured, and the donor's bank took it back, or a part
    /// of it; `lost`: what was taken back is lost.
    state: String,
    /// The last attempt, from 1; 0 for a payment that was missed.
    attempt: i32,
    /// When an attempt that nobody answers counts as declined; null when none is under way. By the book's clock.
    waits_until: Option<Timestamp>,
    /// The provider's own code of the last decline; null when it is not declined.
    decline_code: Option<String>,
    /// `soft`, `expired`, `stolen` or `hard`; null when it is not declined.
    decline_kind: Option<String>,
    /// When a declined charge is tried again; null when it is given up.
    #[schema(value_type = Option<String>, format = "date")]
    retry_on: Option<Date>,
    #[schema(value_type = Option<String>, format = "date")]
    captured_on: Option<Date>,
    provider_reference: Option<String>,
    /// Since when the partner's own list of the day contradicts its capture, by the book's clock: it does not settle by itself. Null when
    /// nothing does.
    doubted_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    settlement: Option<SettlementId>,
    /// Record number of the entry of its capture; null before.
    entry: Option<i64>,
    /// It waits, or what came of it is held, as what its custodian holds is frozen; null when it is not, and in answers to reports.
    custodian_hold: Option<CustodianHoldBody>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
    /// Where the money of the report that this answers waits, as no due date explains it any more; null otherwise.
    #[schema(value_type = Option<String>)]
    suspense: Option<SuspenseId>,
}

impl From<Charge> for ChargeBody {
    fn from(it: Charge) -> ChargeBody {
        let balance = |minor| BalanceBody::new(minor, it.amount.currency());
        let mut body = ChargeBody {
            id: it.id,
            pledge: it.pledge,
            campaign: it.campaign,
            sequence: it.sequence,
            due_on: it.due_on,
            amount: it.amount.into(),
            original: it.conversion.map(|of| of.original.into()),
            promised: it.conversion.map(|of| of.promised.into()),
            rate: it.conversion.map(|of| conversion::rate(of.original, it.amount)),
            refunded: balance(it.refunded),
            disputed: balance(it.disputed),
            rail: it.rail,
            method: it.method,
            state: it.word().to_owned(),
            attempt: it.state.attempt(),
            waits_until: None,
            decline_code: None,
            decline_kind: None,
            retry_on: None,
            captured_on: None,
            provider_reference: None,
            doubted_at: it.doubted_at,
            settlement: it.settlement,
            entry: (it.entry > 0).then_some(it.entry),
            custodian_hold: None,
            created_at: it.created_at,
            suspense: None,
        };
        match it.state {
            ChargeState::Scheduled | ChargeState::Missed => {}
            ChargeState::Processing { until, .. } => body.waits_until = Some(until),
            ChargeState::Declined { code, kind, retry_on, .. } => {
                body.decline_code = Some(code);
                body.decline_kind = Some(kind.as_str().to_owned());
                body.retry_on = retry_on;
            }
            ChargeState::Captured { on, provider_reference, .. }
            | ChargeState::Settled { on, provider_reference, .. } => {
                body.captured_on = Some(on);
                body.provider_reference = Some(provider_reference);
            }
            ChargeState::Voided { provider_reference, .. } => body.provider_reference = Some(provider_reference),
        }
        body
    }
}

impl ChargeBody {
    /// With what holds it, if it is not over without money.
    pub(super) fn held(it: Charge, holds: &Holds) -> ChargeBody {
        let is_concerned = match it.state {
            ChargeState::Scheduled
            | ChargeState::Processing { .. }
            | ChargeState::Declined { retry_on: Some(_), .. }
            | ChargeState::Captured { .. }
            | ChargeState::Settled { .. } => true,
            ChargeState::Declined { retry_on: None, .. } | ChargeState::Voided { .. } | ChargeState::Missed => false,
        };
        let custodian_hold = holds.on(it.rail, it.partner).filter(|_| is_concerned);
        ChargeBody { custodian_hold, ..ChargeBody::from(it) }
    }
}

/// One try of a charge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub struct AttemptBody {
    /// From 1.
    attempt: i32,
    /// `processing`, `declined`, `captured` or `voided`.
    state: String,
    /// The provider's own code of a decline; empty otherwise.
    code: String,
    /// When it began, by the book's clock.
    started_at: Timestamp,
    /// When its answer was written down, by the book's clock; null before.
    finished_at: Option<Timestamp>,
}

impl From<Attempt> for AttemptBody {
    fn from(it: Attempt) -> AttemptBody {
        let Attempt { attempt, state, code, started_at, finished_at } = it;
        AttemptBody { attempt, state, code, started_at, finished_at }
    }
}

/// A fee that a captured charge bore.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChargeFee)]
pub struct ChargeFeeBody {
    /// `host`, `platform` or `processor`.
    #[schema(value_type = String)]
    to: Payee,
    amount: BalanceBody,
    /// What of it fell on refunds so far.
    undone: BalanceBody,
    /// Whether that went back with them; else the donor bore it.
    returned_on_refund: bool,
}

impl ChargeFeeBody {
    fn new(it: &ChargeFee, currency: Currency) -> ChargeFeeBody {
        ChargeFeeBody {
            to: it.to,
            amount: BalanceBody::new(it.amount, currency),
            undone: BalanceBody::new(it.undone, currency),
            returned_on_refund: it.returns,
        }
    }
}

/// A charge with each of its attempts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChargeWithAttempts)]
pub struct ChargeWithAttemptsBody {
    #[serde(flatten)]
    charge: ChargeBody,
    /// In order.
    attempts: Vec<AttemptBody>,
    /// What it bore of fees when it was captured; empty before.
    fees: Vec<ChargeFeeBody>,
}

/// Lists the charges of a pledge, in the order of its plan; for a partner, those that it collects.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The pledge"), PageQuery),
    responses((status = 200, description = "A page", body = Page<ChargeBody>)))]
#[get("/v1/pledges/{id}/charges")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    collected(&client, &caller, &book, *id).await?;
    let (after, limit) = (window.after.unwrap_or_default(), window.fetch());
    let rows = match caller.partner() {
        Some(partner) => charges::list_of_partner(&client, *id, partner.organisation, after, limit).await?,
        None => charges::list(&client, *id, after, limit).await?,
    };
    let holds = Holds::of(&client, &book).await?;
    Ok(window.page(rows, |row| row.sequence, |row| ChargeBody::held(row, &holds)).respond(&http))
}

/// Shows a charge, with each of its attempts.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The charge")),
    responses((status = 200, description = "The charge, with its ETag", body = ChargeWithAttemptsBody,
        headers(("ETag" = String)))))]
#[get("/v1/charges/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<ChargeId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let charge = of_caller(&client, &caller, *id).await?;
    let attempts = attempts::list(&client, *id).await?.into_iter().map(AttemptBody::from).collect();
    let tag = etag(charge.version);
    let currency = charge.amount.currency();
    let fees = fees::of_charge(&client, *id).await?.iter().map(|fee| ChargeFeeBody::new(fee, currency)).collect();
    let holds = Holds::of(&client, &books::get(&client, id.book).await?).await?;
    let body = ChargeWithAttemptsBody { charge: ChargeBody::held(charge, &holds), attempts, fees };
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// The charge, for those whom its pledge concerns.
pub(super) async fn of_caller(client: &impl GenericClient, caller: &Caller, id: ChargeId) -> Result<Charge, Error> {
    let book = book_of(client, id.book, "charge").await?;
    if caller.partner().is_none() {
        caller.require_role(client, book.organisation, "charge").await?;
    }
    let charge = charges::get(client, id).await?;
    require_concerned(client, caller, &book, charge.partner, "charge").await?;
    Ok(charge)
}

/// A capture that a partner reports.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureChargeRequest {
    /// How the partner names this event; the same one twice is one event.
    #[schema(min_length = 1, max_length = 200, example = "evt-90210")]
    event_id: String,
    /// How the partner names the payment; of one charge only.
    #[schema(min_length = 1, max_length = 200, example = "pay-5551")]
    provider_reference: String,
    /// What was collected, to be compared with the charge: another amount or currency is refused with both. Not compared when it is left out. Of
    /// a pledge in another currency, what came of it in the campaign's: up to a fifth more or less than was promised, with `original`.
    #[serde(default)]
    amount: Option<MoneyBody>,
    /// What the donor paid in another currency, as the pledge says it; only with `amount`.
    #[serde(default)]
    original: Option<MoneyBody>,
}

impl CaptureChargeRequest {
    /// What was collected, if that is said.
    fn collected(&self) -> Result<Option<Collected>, Problem> {
        let original = self.original.as_ref().map(|original| original.parse("/original")).transpose()?;
        match &self.amount {
            Some(amount) => Ok(Some(Collected { amount: amount.parse("/amount")?, original })),
            None if original.is_some() => Err(Problem::invalid("/amount", "say what came of the original")),
            None => Ok(None),
        }
    }
}

/// Reports that the partner has collected a charge. When its campaign has closed, the answer says `voided`: give the money back.
/// The donor is asked for another campaign then, for which the charge waits for another report; without one in time it is
/// given up, and the plan goes on. Money that no due date explains any more (of a payment that was missed, or given up
/// before its pledge ended) waits in suspense: `suspense` names it, and the host decides. While the
/// book is frozen, the report is kept and the charge answered as it stands; it is captured after the release, as of the day of
/// the report.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The charge")),
    request_body = CaptureChargeRequest,
    responses((status = 200, description = "Captured or voided, now or before", body = ChargeBody),
        (status = 202, description = "Kept until the book is released", body = ChargeBody)))]
#[post("/v1/charges/{id}:capture")]
pub(crate) async fn capture(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargeId>,
    request: Keyed<CaptureChargeRequest>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(ledger::parties::rules::role::Scope::ChargesWrite)?.organisation;
    let event = bounded("/event_id", &request.body.event_id, text::REFERENCE)?;
    let reference = bounded("/provider_reference", &request.body.provider_reference, text::REFERENCE)?;
    let by = By::Partner(partner, &event);
    let collected = request.body.collected()?;
    let mut came = None;
    if let Some(collected) = collected {
        let client = state.client().await?;
        let charge = of_caller(&client, &caller, *id).await?;
        let (expected, comes_to) = (charge.amount, charge.come_to(collected.amount, collected.original));
        let Ok(comes_to) = comes_to else {
            drop(client);
            return idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
                reports::check_amount(tx, *id, partner, collected).await?;
                Ok(Reply::ok(&ChargeBody::from(charges::get(tx, *id).await?)))
            })
            .await;
        };
        came = Some(comes_to.amount).filter(|amount| *amount != expected);
    }
    // What came to something else than was promised is more than a plain capture.
    if came.is_none()
        && let Some(response) = capture_by_lane(&state, &caller, &request.key, *id, by, &reference).await?
    {
        return Ok(response);
    }
    let scope = Scope::Book(id.book);
    let captured = idempotent(&state, &request.key, scope, caller.id(), async |tx| {
        of_caller(tx, &caller, *id).await?;
        let recorded = operations::capture_reported_as(
            tx,
            *id,
            partner,
            (&event, &reference),
            collected,
            None,
            ledger::calendar::now(),
        )
        .await?;
        let suspense = match recorded {
            Recorded::Suspended(item) => Some(item),
            Recorded::Already | Recorded::Captured | Recorded::Declined(_) | Recorded::Voided { .. } => None,
        };
        Ok(Reply::ok(&ChargeBody { suspense, ..ChargeBody::from(charges::get(tx, *id).await?) }))
    })
    .await;
    or_kept(captured, &state, &request.key, scope, caller.id(), async |tx| {
        let kept = operations::keep_report(tx, *id, partner, &event, &reference, came, ledger::calendar::now()).await?;
        Ok(Reply::accepted(&ChargeBody::from(kept)))
    })
    .await
}

/// Captures through the lane of the book, which writes all that wait at once. What is repeated or refused, is more than a
/// plain capture, or collides with a row written meanwhile goes the long way.
async fn capture_by_lane(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    id: ChargeId,
    by: By<'_>,
    reference: &str,
) -> Result<Option<HttpResponse>, Problem> {
    let client = state.client().await?;
    of_caller(&client, caller, id).await?;
    let book = books::get(&client, id.book).await?;
    let Some(drafted) = captures::draft(&client, id, by, reference.to_owned(), ledger::calendar::now()).await? else {
        return Ok(None);
    };
    drop(client);
    let reply = Reply::ok(&ChargeBody::from(drafted.charge.clone())).naming_entry();
    by_lane(state, key, caller.id(), &book, reply, |reply| drafted.command([reply])).await
}
