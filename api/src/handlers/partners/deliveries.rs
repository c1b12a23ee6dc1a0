//! What is on its way to an endpoint, each attempt, and what is to be sent again.

use super::endpoints::{WHAT, own};
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::id::{EventId, WebhookEndpointId};
use ledger::partners::operations::endpoints as operations;
use ledger::partners::rules::endpoint::{Attempt, AttemptFailure, Delivery, DeliveryState};
use ledger::partners::store::deliveries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which of what is on its way to an endpoint.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfDeliveries {
    /// Only what stands so.
    #[param(pattern = "^(waiting|delivered|given_up)$")]
    state: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// An event on its way to an endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct WebhookDeliveryBody {
    /// The event, which is the `webhook-id` of each attempt.
    #[schema(value_type = String)]
    event: EventId,
    /// What happened. More kinds come within `/v1`: pass over those that you do not know.
    kind: String,
    /// `waiting`: it is sent, or sent again; `delivered`: the endpoint has it; `given_up`: it was tried ten times, the endpoint answered 410, or
    /// you may not read such events any more.
    #[schema(value_type = String)]
    state: DeliveryState,
    /// How often it was sent.
    attempts: i32,
    /// When it is sent next, by the book's clock; null unless it waits.
    next_attempt_at: Option<Timestamp>,
    /// When it was put on its way, by the wall clock.
    created_at: Timestamp,
}

impl From<Delivery> for WebhookDeliveryBody {
    fn from(it: Delivery) -> WebhookDeliveryBody {
        let Delivery { event, kind, state, attempts, next_at, created_at, .. } = it;
        WebhookDeliveryBody { event, kind, state, attempts, next_attempt_at: next_at, created_at }
    }
}

/// An attempt to deliver an event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct WebhookAttemptBody {
    /// Which one, from 1.
    number: i32,
    /// When it was sent, by the wall clock.
    at: Timestamp,
    /// The status of the answer; null when none came.
    status: Option<u16>,
    /// Why it failed: `address_refused`, `host_unknown`, `unreachable`, `too_slow`, or `status`: the answer is none of 200 to 299. Null when it
    /// did not.
    #[schema(value_type = Option<String>)]
    failure: Option<AttemptFailure>,
    /// How long it took.
    milliseconds: i32,
}

impl From<Attempt> for WebhookAttemptBody {
    fn from(it: Attempt) -> WebhookAttemptBody {
        let Attempt { number, at, status, failure, milliseconds } = it;
        WebhookAttemptBody { number, at, status, failure, milliseconds }
    }
}

/// Lists what was and is sent to an endpoint. It is kept as long as the events, 90 days.
#[utoipa::path(tag = "webhooks", params(("id" = String, Path, description = "The endpoint"), OfDeliveries),
    responses((status = 200, description = "A page, in the order of the events", body = Page<WebhookDeliveryBody>)))]
#[get("/v1/webhook-endpoints/{id}/deliveries")]
pub(crate) async fn list_deliveries(
    state: Data<State>,
    caller: Caller,
    id: Path<WebhookEndpointId>,
    query: Params<OfDeliveries>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = Window::<i64>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let wanted: Option<DeliveryState> = query.0.state.as_deref().map(|state| parse("/state", state)).transpose()?;
    let client = state.client().await?;
    own(&client, &caller, *id).await?;
    let rows = deliveries::list(&client, *id, wanted, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.number, WebhookDeliveryBody::from).respond(&http))
}

/// Lists the attempts to deliver an event, without what was answered.
#[utoipa::path(tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint"), ("event" = String, Path, description = "The event"), PageQuery),
    responses((status = 200, description = "A page, the first one first", body = Page<WebhookAttemptBody>)))]
#[get("/v1/webhook-endpoints/{id}/deliveries/{event}/attempts")]
pub(crate) async fn list_attempts(
    state: Data<State>,
    caller: Caller,
    path: Path<(WebhookEndpointId, EventId)>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let ((id, event), window) = (path.into_inner(), query.0.window::<i32>()?);
    let client = state.client().await?;
    own(&client, &caller, id).await?;
    deliveries::find(&client, id, event).await?.ok_or(Error::NotFound(WHAT))?;
    let after = window.after.unwrap_or_default();
    let rows = deliveries::list_attempts(&client, id, event, after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.number, WebhookAttemptBody::from).respond(&http))
}

/// Sends an event again, whatever became of it, with ten attempts as at first.
#[utoipa::path(tag = "webhooks", operation_id = "replay_delivery",
    params(("id" = String, Path, description = "The endpoint"), ("event" = String, Path, description = "The event")),
    request_body = Nothing,
    responses((status = 202, description = "It is on its way", body = WebhookDeliveryBody)))]
#[post("/v1/webhook-endpoints/{id}/deliveries/{event}:replay")]
pub(crate) async fn replay(
    state: Data<State>,
    caller: Caller,
    path: Path<(WebhookEndpointId, EventId)>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    replay_once(&state, &caller, path.into_inner(), &request.key).await
}

/// Sends an event again, once for its key: that of a request, or of a form.
pub(crate) async fn replay_once(
    state: &State,
    caller: &Caller,
    (id, event): (WebhookEndpointId, EventId),
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, ..) = own(tx, caller, id).await?;
        let again = operations::replay(tx, &book, id, event, ledger::calendar::now()).await?;
        Ok(Reply::accepted(&WebhookDeliveryBody::from(again)))
    })
    .await
}

/// From when on events are sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayWebhooksRequest {
    /// What came into the list of events then or later, by the wall clock.
    #[schema(example = "2026-11-20T10:00:00Z")]
    since: Timestamp,
}

/// How many events are sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayedWebhooks {
    /// Those that came since then and did not wait anyway.
    replayed: i64,
}

/// Sends everything again that came since a moment, whatever became of it: 10,000 events at most.
#[utoipa::path(tag = "webhooks", operation_id = "replay_since", params(("id" = String, Path, description = "The endpoint")),
    request_body = ReplayWebhooksRequest,
    responses((status = 202, description = "They are on their way", body = ReplayedWebhooks)))]
#[post("/v1/webhook-endpoints/{id}:replay")]
pub(crate) async fn replay_since(
    state: Data<State>,
    caller: Caller,
    id: Path<WebhookEndpointId>,
    request: Keyed<ReplayWebhooksRequest>,
) -> Result<HttpResponse, Problem> {
    let since = request.body.since;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, ..) = own(tx, &caller, *id).await?;
        let replayed = operations::replay_since(tx, &book, *id, since, ledger::calendar::now()).await?;
        Ok(Reply::accepted(&ReplayedWebhooks { replayed }))
    })
    .await
}
