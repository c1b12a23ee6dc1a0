//! Endpoints of partners: made, changed, pinged, deleted, and how sending to them goes.

use crate::auth::{Caller, Who};
use crate::extract::{Body, Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::Page;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, note, require_admitted};
use crate::wire::{IfMatch, bounded, etag, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookRef, OrganisationId, WebhookEndpointId};
use ledger::parties::rules::role::Scope as Permission;
use ledger::partners::operations::endpoints::{self as operations, ChangedEndpoint, NewEndpoint};
use ledger::partners::rules::endpoint::{
    DESCRIPTION, Disabled, Endpoint, EndpointState, OVERLAP_MAX, SealedSigning, check_url,
};
use ledger::partners::rules::signing::{NEW_BYTES, Secret};
use ledger::partners::store::{deliveries, endpoints};
use ledger::{Error, Refusal};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What is missing when an endpoint is.
pub(super) const WHAT: &str = "webhook endpoint";

/// The most kinds that are asked for at once.
const KINDS_MAX: usize = 500;

/// An endpoint to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    /// The book whose events are sent.
    #[schema(pattern = "^bok_[a-z2-7]{32}$")]
    pub(crate) book: String,
    /// Whose endpoint it is: a person names the partner platform that they own; a partner's own when it is left out.
    #[serde(default)]
    #[schema(pattern = "^org_[a-z2-7]{26}$")]
    pub(crate) partner: Option<String>,
    /// Where they are sent: an https link, at the port of https. For development a sandbox book takes `http://127.0.0.1` and `http://localhost`
    /// with a port too, where whoever runs the service lets it reach this machine.
    #[schema(min_length = 8, max_length = 2000, example = "https://shop.example/purse-events")]
    pub(crate) url: String,
    /// What you call it.
    #[serde(default)]
    #[schema(max_length = 200, example = "shop, production")]
    pub(crate) description: String,
    /// The kinds of events that you want; all that your token may read when it is empty, and of a person all that there are.
    #[serde(default)]
    #[schema(max_items = 500, example = json!(["charge.captured", "charge.declined"]))]
    pub(crate) kinds: Vec<String>,
}

/// What changes of an endpoint; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeWebhookEndpointRequest {
    /// Where events are sent from the next attempt on.
    #[schema(min_length = 8, max_length = 2000)]
    url: Option<String>,
    /// What you call it.
    #[schema(max_length = 200, example = "shop, second try")]
    description: Option<String>,
    /// The kinds of events that you want, as far as the token that asks may read them; all of those when it is empty.
    #[schema(max_items = 500)]
    kinds: Option<Vec<String>>,
    /// `active` or `paused`. What happens meanwhile is sent once it is active again, as far as it is not deleted by then; a disabled one goes
    /// on with a clean record.
    #[schema(pattern = "^(active|paused)$")]
    state: Option<String>,
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct WebhookEndpointBody {
    #[schema(value_type = String)]
    id: WebhookEndpointId,
    /// The book whose events are sent.
    #[schema(value_type = String)]
    book: BookRef,
    /// Where they are sent.
    url: String,
    /// What you call it; may be empty.
    description: String,
    /// The kinds of events that are sent; empty for all that the token could read which made it. More kinds come within `/v1`.
    kinds: Vec<String>,
    /// `active`: events are sent; `paused`: you want none for now; `disabled`: the service sends no more.
    #[schema(value_type = String)]
    state: EndpointState,
    /// Why it is disabled: it answered 410 (`gone`), or did nothing but fail for five days (`failing`). Null otherwise.
    #[schema(value_type = Option<String>)]
    reason: Option<Disabled>,
    /// Since when it stands so, by the book's clock.
    since: Timestamp,
    /// When it was made, by the wall clock.
    created_at: Timestamp,
    /// When an attempt last succeeded, by the book's clock; null before the first.
    last_success_at: Option<Timestamp>,
    /// How many attempts have failed since.
    failures: i32,
    /// When the first of them failed, by the book's clock; null when none did.
    failing_since: Option<Timestamp>,
    /// When the oldest event that waits was put on its way, by the wall clock; null when none waits.
    oldest_waiting_at: Option<Timestamp>,
    /// Until when the secret before the last rotation signs too, by the wall clock; null when it does not.
    old_secret_ends_at: Option<Timestamp>,
    /// Shown in the first answer to its making or its rotation and never again, not even to a repetition with the same key: `whsec_` and
    /// base64, as libraries of Standard Webhooks take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl WebhookEndpointBody {
    async fn shown(client: &impl GenericClient, it: Endpoint, book: &Book) -> Result<WebhookEndpointBody, Error> {
        let wall = ledger::calendar::now();
        let oldest_waiting_at = deliveries::oldest_waiting(client, it.id).await?;
        Ok(WebhookEndpointBody {
            id: it.id,
            book: book.reference(),
            old_secret_ends_at: it.old_secret.map(|old| old.ends_at).filter(|ends_at| *ends_at > wall),
            url: it.url,
            description: it.description,
            kinds: it.kinds,
            state: it.state,
            reason: it.reason,
            since: it.since,
            created_at: it.created_at,
            last_success_at: it.health.last_success_at,
            failures: it.health.failures,
            failing_since: it.health.failing_since,
            oldest_waiting_at,
            secret: None,
        })
    }
}

/// Whose endpoints somebody asks about, and which events they may have sent there.
pub(crate) struct Holder {
    /// The partner platform.
    pub(crate) organisation: OrganisationId,
    scopes: Vec<Permission>,
}

/// The partner platform whose endpoints in a book are asked about: the partner's own, or the one that a person names and owns. The book has
/// admitted it. Others are told that there is none.
pub(crate) async fn holder(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    named: Option<OrganisationId>,
    what: &'static str,
) -> Result<Holder, Error> {
    match &caller.who {
        Who::Partner(partner) => {
            require_admitted(client, partner, book, what).await?;
            if named.is_some_and(|named| named != partner.organisation) {
                return Err(Error::NotFound("partner"));
            }
            Ok(Holder { organisation: partner.organisation, scopes: partner.scopes.clone() })
        }
        Who::Person(_) => {
            let organisation = named.ok_or(Error::NotFound("partner"))?;
            caller.require_role(client, organisation, what).await?;
            if !books::partner_admitted(client, book.id, organisation).await? {
                return Err(Error::NotFound(what));
            }
            // Who owns a partner gives its credentials what scopes they want.
            Ok(Holder { organisation, scopes: Permission::ALL.to_vec() })
        }
    }
}

/// An endpoint of the partner that asks, or of one that a person owns, in a book that has admitted it. Others are told that there is none.
pub(crate) async fn own(
    client: &impl GenericClient,
    caller: &Caller,
    id: WebhookEndpointId,
) -> Result<(Book, Endpoint, Holder), Error> {
    let book = book_of(client, id.book, WHAT).await?;
    if let Some(partner) = caller.partner() {
        require_admitted(client, partner, &book, WHAT).await?;
    }
    let found = endpoints::find(client, id).await?.ok_or(Error::NotFound(WHAT))?;
    let holder = holder(client, caller, &book, Some(found.partner), WHAT).await;
    match holder {
        Err(Error::NotFound(_)) => Err(Error::NotFound(WHAT)),
        other => Ok((book, found, other?)),
    }
}

/// A new secret, and what the database has of it.
fn sealed(state: &State, id: WebhookEndpointId) -> Result<(Secret, SealedSigning), Error> {
    let mut bytes = vec![0; NEW_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let secret = Secret::new(bytes).map_err(|error| Error::inconsistent(error.to_string()))?;
    let sealed = state.vault.seal_signing(id, &secret).map_err(|_| {
        Refusal::new("webhook-secrets-not-kept", "no key is set up here that would seal the secret of an endpoint")
    })?;
    Ok((secret, sealed))
}

/// As many kinds as may be asked for at once.
fn few(kinds: &[String]) -> Result<(), Problem> {
    if kinds.len() > KINDS_MAX {
        return Err(Problem::invalid("/kinds", format!("must have {KINDS_MAX} kinds at most")));
    }
    Ok(())
}

/// Makes an endpoint: what happens in the book from then on is sent there, as far as `GET /v1/events` would show it to the token that asks.
/// Ten a book at most.
///
/// Each event is a POST of Standard Webhooks 1.0.0 with the headers `webhook-id`, which is the id of the event, `webhook-timestamp` and
/// `webhook-signature`; its body is the event as the list shows it. An answer of 200 to 299 within 15 seconds takes it; anything else, a
/// redirect too, is tried again: after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours, a quarter more or less, or later where
/// `Retry-After` asks for that, by the book's clock. 410 disables the endpoint, and so do five days of nothing but failures. An event may come twice, and one
/// that is sent again may come after later ones: tell by `webhook-id`, and by the `sequence` of the object.
#[utoipa::path(tag = "webhooks", operation_id = "create_endpoint", request_body = NewWebhookEndpoint,
    responses((status = 201, description = "Made, with the secret", body = WebhookEndpointBody)))]
#[post("/v1/webhook-endpoints")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewWebhookEndpoint>,
) -> Result<HttpResponse, Problem> {
    create_once(&state, &caller, &request.key, request.body).await
}

/// Makes an endpoint, once for its key: that of a request, or of a form.
pub(crate) async fn create_once(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    asked: NewWebhookEndpoint,
) -> Result<HttpResponse, Problem> {
    let reference: BookRef = parse("/book", &asked.book)?;
    let named = asked.partner.as_deref().map(|named| parse("/partner", named)).transpose()?;
    few(&asked.kinds)?;
    let description = bounded("/description", &asked.description, DESCRIPTION)?;
    let id = WebhookEndpointId::generate(reference.book);
    idempotent(state, key, Scope::Book(reference.book), caller.id(), async |tx| {
        let book = books::resolve(tx, reference).await?;
        let holder = holder(tx, caller, &book, named, "book").await?;
        check_url(&asked.url, book.mode)?;
        let (secret, sealed) = sealed(state, id)?;
        let new = NewEndpoint {
            id,
            partner: holder.organisation,
            scopes: holder.scopes,
            url: asked.url.clone(),
            description: description.clone(),
            kinds: asked.kinds.clone(),
            secret: sealed,
        };
        let wall = ledger::calendar::now();
        let made = operations::create(tx, new, wall).await?;
        note(tx, caller, &book, &id, "webhook_endpoint_created", wall).await?;
        let made = WebhookEndpointBody::shown(tx, made, &book).await?;
        let shown = WebhookEndpointBody { secret: Some(secret.reveal()), ..made.clone() };
        Ok(Reply::created(&made).showing_once(&shown))
    })
    .await
}

/// Whose endpoints, in which book.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfEndpoints {
    /// The book.
    #[param(max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: String,
    /// A person names the partner platform that they own; a partner leaves it out.
    #[param(max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    partner: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Lists your endpoints in a book.
#[utoipa::path(tag = "webhooks", operation_id = "list_endpoints", params(OfEndpoints),
    responses((status = 200, description = "A page, the oldest first", body = Page<WebhookEndpointBody>)))]
#[get("/v1/webhook-endpoints")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    query: Params<OfEndpoints>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let reference: BookRef = parse("/book", &query.0.book)?;
    let named = query.0.partner.as_deref().map(|named| parse("/partner", named)).transpose()?;
    let window = crate::paging::Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = books::resolve(&client, reference).await?;
    let of = holder(&client, &caller, &book, named, "book").await?.organisation;
    let after = window.after.unwrap_or_default();
    let rows = endpoints::list(&client, book.id, of, after, window.fetch()).await?;
    let page = window.page(rows, |row| row.id.object, |row| row);
    let mut items = Vec::with_capacity(page.items.len());
    for it in page.items {
        items.push(WebhookEndpointBody::shown(&client, it, &book).await?);
    }
    Ok(Page { items, next_cursor: page.next_cursor }.respond(&http))
}

/// Shows an endpoint, and how sending to it goes.
#[utoipa::path(tag = "webhooks", operation_id = "show_endpoint", params(("id" = String, Path, description = "The endpoint")),
    responses((status = 200, description = "As it is, with its ETag", body = WebhookEndpointBody)))]
#[get("/v1/webhook-endpoints/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<WebhookEndpointId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, found, _) = own(&client, &caller, *id).await?;
    answer(&client, found, &book).await
}

/// An endpoint with its ETag.
async fn answer(client: &impl GenericClient, it: Endpoint, book: &Book) -> Result<HttpResponse, Problem> {
    let tag = etag(it.version);
    let body = WebhookEndpointBody::shown(client, it, book).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// Changes an endpoint, pauses it, or makes it active again.
#[utoipa::path(tag = "webhooks", operation_id = "change_endpoint", params(("id" = String, Path, description = "The endpoint")),
    request_body = ChangeWebhookEndpointRequest,
    responses((status = 200, description = "As it is now, with its new ETag", body = WebhookEndpointBody)))]
#[patch("/v1/webhook-endpoints/{id}")]
pub(crate) async fn change(
    state: Data<State>,
    caller: Caller,
    id: Path<WebhookEndpointId>,
    seen: IfMatch,
    request: Body<ChangeWebhookEndpointRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = request.0;
    few(asked.kinds.as_deref().unwrap_or_default())?;
    let state_asked = asked.state.as_deref().map(wanted_state).transpose()?;
    let changed = ChangedEndpoint {
        url: asked.url,
        description: asked.description.as_deref().map(|text| bounded("/description", text, DESCRIPTION)).transpose()?,
        // With the scopes of who asks, which are known below.
        kinds: asked.kinds.map(|kinds| (kinds, Vec::new())),
        state: state_asked,
    };
    let (it, book) =
        state.in_transaction(async |tx| change_in(tx, &caller, *id, seen.0, changed.clone()).await).await?;
    answer(&state.client().await?, it, &book).await
}

/// How a partner may want its endpoint to stand.
fn wanted_state(word: &str) -> Result<EndpointState, Problem> {
    match parse("/state", word)? {
        EndpointState::Disabled => Err(Problem::invalid("/state", "must be active or paused")),
        wanted @ (EndpointState::Active | EndpointState::Paused) => Ok(wanted),
    }
}

async fn change_in(
    tx: &Transaction<'_>,
    caller: &Caller,
    id: WebhookEndpointId,
    seen: i64,
    mut changed: ChangedEndpoint,
) -> Result<(Endpoint, Book), Error> {
    let (book, _, holder) = own(tx, caller, id).await?;
    changed.kinds = changed.kinds.map(|(kinds, _)| (kinds, holder.scopes));
    let wall = ledger::calendar::now();
    let it = operations::change(tx, &book, id, seen, changed, wall).await?;
    note(tx, caller, &book, &id, "webhook_endpoint_changed", wall).await?;
    Ok((it, book))
}

/// Pauses an endpoint or makes it active again, once for the key of a form that was filled from a version.
pub(crate) async fn turn_once(
    state: &State,
    caller: &Caller,
    id: WebhookEndpointId,
    key: &IdempotencyKey,
    (seen, word): (i64, &str),
) -> Result<HttpResponse, Problem> {
    let changed = ChangedEndpoint { state: Some(wanted_state(word)?), ..ChangedEndpoint::default() };
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (it, book) = change_in(tx, caller, id, seen, changed).await?;
        Ok(Reply::ok(&WebhookEndpointBody::shown(tx, it, &book).await?))
    })
    .await
}

/// Deletes an endpoint: nothing more is sent there, and what was sent is shown no more.
#[utoipa::path(tag = "webhooks", operation_id = "delete_endpoint", params(("id" = String, Path, description = "The endpoint")),
    responses((status = 204, description = "Deleted")))]
#[delete("/v1/webhook-endpoints/{id}")]
pub(crate) async fn delete(
    state: Data<State>,
    caller: Caller,
    id: Path<WebhookEndpointId>,
) -> Result<HttpResponse, Problem> {
    state.in_transaction(async |tx| delete_in(tx, &caller, *id).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn delete_in(tx: &Transaction<'_>, caller: &Caller, id: WebhookEndpointId) -> Result<(), Error> {
    let (book, ..) = own(tx, caller, id).await?;
    let wall = ledger::calendar::now();
    operations::delete(tx, &book, id, wall).await?;
    note(tx, caller, &book, &id, "webhook_endpoint_deleted", wall).await
}

/// Deletes an endpoint, once for the key of a form.
pub(crate) async fn delete_once(
    state: &State,
    caller: &Caller,
    id: WebhookEndpointId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        delete_in(tx, caller, id).await?;
        Ok(Reply::ok(&id))
    })
    .await
}

/// How an endpoint gets its next secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateWebhookSecretRequest {
    /// For how many hours the present secret signs too, so that all who verify can change over: 24 when it is left out, a week at most. With 0
    /// it signs no more.
    #[serde(default = "a_day")]
    #[schema(minimum = 0, maximum = 168, default = 24, example = 24)]
    old_ends_after_hours: i64,
}

fn a_day() -> i64 {
    24
}

/// Gives an endpoint another secret. What is sent is signed with both for as long as you say, and with two at most.
#[utoipa::path(tag = "webhooks", params(("id" = String, Path, description = "The endpoint")),
    request_body = RotateWebhookSecretRequest,
    responses((status = 200, description = "Rotated, with the new secret", body = WebhookEndpointBody)))]
#[post("/v1/webhook-endpoints/{id}:rotate-secret")]
pub(crate) async fn rotate_secret(
    state: Data<State>,
    caller: Caller,
    id: Path<WebhookEndpointId>,
    request: Keyed<RotateWebhookSecretRequest>,
) -> Result<HttpResponse, Problem> {
    rotate_once(&state, &caller, *id, &request.key, request.body.old_ends_after_hours).await
}

/// Gives an endpoint another secret, once for its key. The present one signs too for some hours.
pub(crate) async fn rotate_once(
    state: &State,
    caller: &Caller,
    id: WebhookEndpointId,
    key: &IdempotencyKey,
    hours: i64,
) -> Result<HttpResponse, Problem> {
    if !(0..=OVERLAP_MAX.as_hours()).contains(&hours) {
        return Err(Problem::invalid("/old_ends_after_hours", format!("must be 0 to {}", OVERLAP_MAX.as_hours())));
    }
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, ..) = own(tx, caller, id).await?;
        let (secret, sealed) = sealed(state, id)?;
        let wall = ledger::calendar::now();
        let rotated = operations::rotate(tx, id, sealed, SignedDuration::from_hours(hours), wall).await?;
        note(tx, caller, &book, &id, "webhook_secret_rotated", wall).await?;
        let rotated = WebhookEndpointBody::shown(tx, rotated, &book).await?;
        let shown = WebhookEndpointBody { secret: Some(secret.reveal()), ..rotated.clone() };
        Ok(Reply::ok(&rotated).showing_once(&shown))
    })
    .await
}

/// Tries an endpoint: an event `webhook_endpoint.pinged` happens, and is sent to it, whatever kinds it wants.
#[utoipa::path(tag = "webhooks", operation_id = "ping_endpoint", params(("id" = String, Path, description = "The endpoint")),
    request_body = Nothing,
    responses((status = 202, description = "The event is on its way: see the deliveries", body = WebhookEndpointBody)))]
#[post("/v1/webhook-endpoints/{id}:ping")]
pub(crate) async fn ping(
    state: Data<State>,
    caller: Caller,
    id: Path<WebhookEndpointId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    ping_once(&state, &caller, *id, &request.key).await
}

/// Tries an endpoint, once for its key.
pub(crate) async fn ping_once(
    state: &State,
    caller: &Caller,
    id: WebhookEndpointId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, ..) = own(tx, caller, id).await?;
        let pinged = operations::ping(tx, id).await?;
        Ok(Reply::accepted(&WebhookEndpointBody::shown(tx, pinged, &book).await?))
    })
    .await
}
