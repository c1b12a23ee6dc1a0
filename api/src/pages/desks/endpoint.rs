//! An endpoint of a partner platform on the desk of its owners: how sending to it goes, what was sent, and each attempt. It is paused and
//! made active again, tried, given another secret and deleted here, and what was sent is sent again.

use super::endpoints::standing;
use super::named;
use super::secret::shown_once;
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::partners::deliveries::replay_once;
use crate::handlers::partners::endpoints::{delete_once, own, ping_once, rotate_once, turn_once};
use crate::pages::forms::{Fields, Filled, done, is_for_form, wrong};
use crate::pages::page;
use crate::pages::shown::moment;
use crate::pages::twins::Asked;
use crate::paging::{PageQuery, Window};
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{Linked, Said};
use crate::wire::parse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::Error;
use ledger::id::{BookRef, EventId, OrganisationId, WebhookEndpointId};
use ledger::partners::rules::endpoint::{Attempt, AttemptFailure, Delivery, DeliveryState, EndpointState};
use ledger::partners::store::deliveries;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "desks/endpoint.html")]
struct EndpointPage {
    id: WebhookEndpointId,
    partner: OrganisationId,
    book: BookRef,
    book_name: String,
    url: String,
    description: String,
    kinds: String,
    standing: Said,
    is_active: bool,
    failures: i32,
    last_success: String,
    old_secret: String,
    version: i64,
    deliveries: Vec<Row>,
    only: Option<DeliveryState>,
    /// That only these are shown.
    only_said: Option<Linked>,
    next: Option<String>,
    form: Filled,
}

/// An event on its way.
struct Row {
    event: EventId,
    kind: String,
    standing: Said,
    attempts: i32,
}

/// How a delivery stands, in words.
fn of_delivery(it: &Delivery) -> Said {
    match it.state {
        DeliveryState::Waiting => match it.next_at {
            Some(at) => say("endpoint-waits-until").with("moment", moment(at)),
            None => say("endpoint-waits"),
        },
        DeliveryState::Delivered => say("endpoint-delivered"),
        DeliveryState::GivenUp => say("endpoint-given-up"),
    }
}

/// That only deliveries in one state are shown, with a link to all.
fn only_written(state: DeliveryState, id: WebhookEndpointId) -> Linked {
    let said = match state {
        DeliveryState::Waiting => say("endpoint-only-waiting"),
        DeliveryState::Delivered => say("endpoint-only-delivered"),
        DeliveryState::GivenUp => say("endpoint-only-given-up"),
    };
    said.link("all", format!("/desk/endpoints/{id}"))
}

/// Why an attempt failed, in words.
fn of_failure(failure: AttemptFailure) -> Said {
    match failure {
        AttemptFailure::AddressRefused => say("endpoint-why-address"),
        AttemptFailure::HostUnknown => say("endpoint-why-host"),
        AttemptFailure::Unreachable => say("endpoint-why-unreachable"),
        AttemptFailure::TooSlow => say("endpoint-why-slow"),
        AttemptFailure::Status => say("endpoint-why-status"),
    }
}

impl From<Delivery> for Row {
    fn from(it: Delivery) -> Row {
        Row { standing: of_delivery(&it), event: it.event, kind: it.kind, attempts: it.attempts }
    }
}

/// Which deliveries are shown.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Which {
    state: Option<String>,
    cursor: Option<String>,
}

async fn shown(
    state: &State,
    caller: &Caller,
    id: WebhookEndpointId,
    which: &Which,
    form: Filled,
) -> Result<EndpointPage, Problem> {
    let window = Window::<i64>::parse(None, which.cursor.as_deref())?;
    let only: Option<DeliveryState> = which.state.as_deref().map(|state| parse("/state", state)).transpose()?;
    let client = state.client().await?;
    let (book, it, _) = own(&client, caller, id).await?;
    let rows = deliveries::list(&client, id, only, window.after.unwrap_or_default(), window.fetch()).await?;
    let found = window.page(rows, |row| row.number, Row::from);
    let wall = ledger::calendar::now();
    let old = it.old_secret.as_ref().filter(|old| old.ends_at > wall);
    Ok(EndpointPage {
        id,
        partner: it.partner,
        book: book.reference(),
        standing: standing(&it),
        is_active: it.state == EndpointState::Active,
        failures: it.health.failures,
        last_success: it.health.last_success_at.map_or_else(|| say("endpoint-never").into(), moment),
        old_secret: old.map(|old| moment(old.ends_at)).unwrap_or_default(),
        kinds: if it.kinds.is_empty() { say("endpoint-all-kinds").into() } else { it.kinds.join(", ") },
        version: it.version,
        url: it.url,
        description: it.description,
        book_name: book.name,
        deliveries: found.items,
        only,
        only_said: only.map(|only| only_written(only, id)),
        next: found.next_cursor,
        form,
    })
}

/// The endpoint, for owners of its partner.
#[route("/desk/endpoints/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<WebhookEndpointId>,
    query: Params<Which>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, named(asked)?, &query.0, Filled::fresh(&[])).await?)
}

/// Leads to a page where it was done, or shows why it was not.
async fn after(
    state: &State,
    caller: &Caller,
    id: WebhookEndpointId,
    (sent, leads_to): (Fields, String),
    taken: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    match taken {
        Ok(_) => Ok(done(&leads_to)),
        Err(problem) if is_for_form(&problem) => {
            let again = Filled::again(sent, &problem, |_| None);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(state, caller, id, &Which::default(), again).await?)
        }
        Err(problem) => Err(problem),
    }
}

/// Pauses it, or makes it active again.
#[post("/desk/endpoints/{id}/turn")]
pub(in crate::pages) async fn turn(
    state: Data<State>,
    caller: Caller,
    asked: Asked<WebhookEndpointId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let turned = async {
        let key = sent.key(&format!("/desk/endpoints/{id}/turn"))?;
        let seen = parse("", sent.get("version"))?;
        turn_once(&state, &caller, id, &key, (seen, sent.get("state"))).await
    };
    let turned = turned.await;
    after(&state, &caller, id, (sent, format!("/desk/endpoints/{id}")), turned).await
}

/// Tries it with an event that is made for that.
#[post("/desk/endpoints/{id}/ping")]
pub(in crate::pages) async fn ping(
    state: Data<State>,
    caller: Caller,
    asked: Asked<WebhookEndpointId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let pinged = match sent.key(&format!("/desk/endpoints/{id}/ping")) {
        Ok(key) => ping_once(&state, &caller, id, &key).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, (sent, format!("/desk/endpoints/{id}")), pinged).await
}

/// Gives it another secret, and shows it once.
#[post("/desk/endpoints/{id}/rotate")]
pub(in crate::pages) async fn rotate(
    state: Data<State>,
    caller: Caller,
    asked: Asked<WebhookEndpointId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let desk = format!("/desk/endpoints/{id}");
    let rotated = async {
        let key = sent.key(&format!("{desk}/rotate"))?;
        let hours = sent.get("hours").parse();
        let hours = hours.map_err(|_| wrong("", say("secret-how-long")))?;
        rotate_once(&state, &caller, id, &key, hours).await
    };
    match rotated.await {
        Ok(rotated) => shown_once(rotated, say("secret-of-endpoint"), &desk).await,
        refused @ Err(_) => after(&state, &caller, id, (sent, desk), refused).await,
    }
}

/// Deletes it.
#[post("/desk/endpoints/{id}/delete")]
pub(in crate::pages) async fn delete(
    state: Data<State>,
    caller: Caller,
    asked: Asked<WebhookEndpointId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let deleted = match sent.key(&format!("/desk/endpoints/{id}/delete")) {
        Ok(key) => delete_once(&state, &caller, id, &key).await,
        Err(problem) => Err(problem),
    };
    // Its list, by what the form names: the endpoint is gone.
    let list = sent.get("partner").parse::<OrganisationId>().ok().zip(sent.get("book").parse::<BookRef>().ok());
    let list = list.map(|(partner, book)| format!("/desk/partners/{partner}/books/{book}/endpoints"));
    after(&state, &caller, id, (sent, list.unwrap_or_else(|| "/me".to_owned())), deleted).await
}

#[derive(Template)]
#[template(path = "desks/attempts.html")]
struct AttemptsPage {
    id: WebhookEndpointId,
    event: EventId,
    kind: String,
    standing: Said,
    url: String,
    attempts: Vec<Try>,
    next: Option<String>,
    form: Filled,
}

/// One attempt.
struct Try {
    number: i32,
    at: String,
    outcome: String,
    milliseconds: i32,
}

impl From<Attempt> for Try {
    fn from(it: Attempt) -> Try {
        let status = it.status.map(|status| say("endpoint-answered").with("status", status).to_string());
        let why = it.failure.map(|failure| say("endpoint-failed").with("why", of_failure(failure)).to_string());
        let outcome = [status, why].into_iter().flatten().collect::<Vec<_>>().join(", ");
        Try { number: it.number, at: moment(it.at), outcome, milliseconds: it.milliseconds }
    }
}

/// What a path names.
fn of_path(path: &(String, String)) -> Result<(WebhookEndpointId, EventId), Problem> {
    let missing = |_| Problem::not_found("page");
    Ok((path.0.parse().map_err(missing)?, path.1.parse().map_err(missing)?))
}

/// The attempts to deliver an event, and a form that sends it again.
#[route("/desk/endpoints/{id}/deliveries/{event}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn attempts(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    query: Params<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let ((id, event), window) = (of_path(&path)?, query.0.window::<i32>()?);
    let client = state.client().await?;
    let (_, endpoint, _) = own(&client, &caller, id).await?;
    let of = deliveries::find(&client, id, event).await?.ok_or(Error::NotFound("delivery"))?;
    let after = window.after.unwrap_or_default();
    let rows = deliveries::list_attempts(&client, id, event, after, window.fetch()).await?;
    let found = window.page(rows, |row| row.number, Try::from);
    let shown = AttemptsPage {
        id,
        event,
        standing: of_delivery(&of),
        kind: of.kind,
        url: endpoint.url,
        attempts: found.items,
        next: found.next_cursor,
        form: Filled::fresh(&[]),
    };
    page(StatusCode::OK, &shown)
}

/// Sends an event again.
#[post("/desk/endpoints/{id}/deliveries/{event}/replay")]
pub(in crate::pages) async fn replay(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let ((id, event), sent) = (of_path(&path)?, Fields::new(form.0));
    let leads_to = format!("/desk/endpoints/{id}/deliveries/{event}");
    let replayed = match sent.key(&format!("{leads_to}/replay")) {
        Ok(key) => replay_once(&state, &caller, (id, event), &key).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, (sent, leads_to), replayed).await
}
