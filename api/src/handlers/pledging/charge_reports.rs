//! What a partner that collects by itself reports of a charge that it did not collect.

use super::charges::{ChargeBody, of_caller};
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::bounded;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::id::ChargeId;
use ledger::parties::rules::role::Scope as Permission;
use ledger::pledging::operations::reports::{self, CODE_MAX, NotCollected};
use ledger::pledging::rules::charge::DeclineKind;
use ledger::pledging::store::charges;
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;

/// A decline that a partner reports.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineChargeRequest {
    /// How the partner names this event; the same one twice is one event.
    #[schema(min_length = 1, max_length = 200, example = "evt-90211")]
    event_id: String,
    /// What the decline asks for. `soft`: it may work later, so collect it again on days 1, 3 and 7 and report each time; the charge
    /// says when it is expected. `expired` and `hard`: it is not tried again, and the donor is asked for another means. `stolen`: the pledge is cancelled.
    kind: String,
    /// The provider's own code; no personal data.
    #[schema(min_length = 1, max_length = 100, example = "insufficient_funds")]
    code: String,
}

/// Reports that the partner tried to collect a charge, and that it was declined. Each decline is an attempt; one that comes before
/// the day of the retry is the next attempt. A decline of a charge that is given up changes nothing. After a soft decline the partner
/// collects again by itself; what it does not report in time is given up at `waits_until`.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The charge")),
    request_body = DeclineChargeRequest,
    responses((status = 200, description = "The charge as it stands now", body = ChargeBody)))]
#[post("/v1/charges/{id}:decline")]
pub(crate) async fn decline(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargeId>,
    request: Keyed<DeclineChargeRequest>,
) -> Result<HttpResponse, Problem> {
    let body = &request.body;
    let kind: DeclineKind =
        body.kind.parse().map_err(|_| Problem::invalid("/kind", "`soft`, `expired`, `stolen` or `hard`"))?;
    report(&state, &caller, *id, &request.key, (&body.event_id, &body.code), Some(kind)).await
}

/// A charge that a partner gives up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CannotCollectRequest {
    /// How the partner names this event; the same one twice is one event.
    #[schema(min_length = 1, max_length = 200, example = "evt-90212")]
    event_id: String,
    /// Why, in the provider's own code; no personal data.
    #[schema(min_length = 1, max_length = 100, example = "account_closed")]
    code: String,
}

/// Reports that the partner will never collect a charge. It is given up for good, its pledge lapses, and the donor is told, who may
/// revive the pledge with another means. Reported twice, or of a charge that is given up, it changes nothing more; after a capture it is refused.
#[utoipa::path(tag = "charges", params(("id" = String, Path, description = "The charge")),
    request_body = CannotCollectRequest,
    responses((status = 200, description = "The charge as it stands now", body = ChargeBody)))]
#[post("/v1/charges/{id}:cannot-collect")]
pub(crate) async fn cannot_collect(
    state: Data<State>,
    caller: Caller,
    id: Path<ChargeId>,
    request: Keyed<CannotCollectRequest>,
) -> Result<HttpResponse, Problem> {
    report(&state, &caller, *id, &request.key, (&request.body.event_id, &request.body.code), None).await
}

/// A decline of a kind; none when the charge cannot be collected at all.
async fn report(
    state: &State,
    caller: &Caller,
    id: ChargeId,
    key: &IdempotencyKey,
    (event, code): (&str, &str),
    kind: Option<DeclineKind>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Permission::ChargesWrite)?.organisation;
    let event = bounded("/event_id", event, text::REFERENCE)?;
    let code = bounded("/code", code, 1..=CODE_MAX)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_caller(tx, caller, id).await?;
        let report = NotCollected { partner, event_id: &event, code: &code };
        match kind {
            Some(kind) => reports::decline_reported(tx, id, report, kind, ledger::calendar::now()).await?,
            None => reports::cannot_collect_reported(tx, id, report, ledger::calendar::now()).await?,
        };
        Ok(Reply::ok(&ChargeBody::from(charges::get(tx, id).await?)))
    })
    .await
}
