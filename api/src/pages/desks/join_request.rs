//! Somebody asks to join a team or a cooperative, and its owners answer.

use super::named;
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::parties::join_requests::{
    AcceptJoinRequest, DeclineJoinRequest, NewJoinRequest, accept_once, ask_once, decline_once, of_owner, withdraw_once,
};
use crate::pages::forms::{Fields, Filled, done, or_again};
use crate::pages::page;
use crate::pages::shown::{Day, kind_in_words, role_in_words};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ledger::id::{JoinRequestId, OrganisationId, PersonId};
use ledger::parties::operations::join_requests::joinable;
use ledger::parties::rules::join_request::{JoinOutcome, JoinRequest, JoinRequestState};
use ledger::parties::rules::role::Role;
use ledger::parties::store::join_requests;
use serde::Deserialize;
use uuid::Uuid;

/// How many requests the page of somebody's own lists; the list of the API has all.
const REQUESTS_MAX: i64 = 100;

const OWN: &str = "/me/join-requests";

fn day(at: Timestamp) -> Day {
    Day(at.to_zoned(TimeZone::UTC).date())
}

/// How a request stands, in a sentence.
pub(super) fn standing(it: &JoinRequest, wall: Timestamp) -> Said {
    let on = |said: Said, at: Timestamp| said.with("day", day(at));
    match (&it.ended, it.state(wall)) {
        (Some((JoinOutcome::Accepted { role, .. }, at)), _) => {
            on(say("join-is-accepted").with("role", role_in_words(*role)), *at)
        }
        (Some((JoinOutcome::Declined { reason, .. }, at)), _) => {
            on(say("join-is-declined").with("reason", reason), *at)
        }
        (Some((JoinOutcome::Withdrawn, at)), _) => on(say("join-is-withdrawn"), *at),
        (Some((JoinOutcome::Lapsed, at)), _) => on(say("join-is-lapsed"), *at),
        (None, JoinRequestState::Lapsed) => on(say("join-is-lapsed"), it.until),
        (
            None,
            JoinRequestState::Open
            | JoinRequestState::Accepted
            | JoinRequestState::Declined
            | JoinRequestState::Withdrawn,
        ) => on(say("join-is-open"), it.until),
    }
}

/// A request of one's own.
struct Own {
    id: JoinRequestId,
    organisation: String,
    standing: Said,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "desks/join_requests.html")]
struct OwnPage {
    requests: Vec<Own>,
    /// For those that are withdrawn.
    form: Filled,
    /// What was typed to name an organisation, and what is wrong with it.
    typed: String,
    error: Option<Said>,
}

async fn own(state: &State, person: PersonId, form: Filled) -> Result<OwnPage, Problem> {
    let wall = ledger::calendar::now();
    let found = join_requests::list_of_person(&state.client().await?, person, Uuid::max(), REQUESTS_MAX).await?;
    let row = |it: JoinRequest| Own {
        id: it.id,
        standing: standing(&it, wall),
        is_open: it.check_open(wall).is_ok(),
        organisation: it.organisation_name,
    };
    Ok(OwnPage { requests: found.into_iter().map(row).collect(), form, typed: String::new(), error: None })
}

/// Which organisation somebody wants to join.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Named {
    #[serde(default)]
    organisation: String,
}

/// The requests of who is signed in; leads to the form of an organisation that is named by its id.
#[route("/me/join-requests", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn list(
    state: Data<State>,
    caller: Caller,
    query: Params<Named>,
) -> Result<HttpResponse, Problem> {
    let typed = query.0.organisation.trim().to_owned();
    if let Ok(id) = typed.parse::<OrganisationId>() {
        return Ok(done(&format!("/desk/organisations/{id}/join")));
    }
    let shown = own(&state, caller.person()?.id, Filled::fresh(&[])).await?;
    let error = (!typed.is_empty()).then(|| say("join-no-id"));
    let status = if typed.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(status, &OwnPage { typed, error, ..shown })
}

#[derive(Template)]
#[template(path = "desks/join.html")]
struct JoinPage {
    id: OrganisationId,
    name: String,
    kind: Said,
    form: Filled,
}

async fn join(state: &State, id: OrganisationId, form: Filled) -> Result<JoinPage, Problem> {
    let it = joinable(&state.client().await?, id).await?;
    Ok(JoinPage { id, name: it.name, kind: kind_in_words(it.kind), form })
}

/// Asks what somebody says of themselves.
#[route("/desk/organisations/{id}/join", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show_form(
    state: Data<State>,
    caller: Caller,
    asked: Asked<OrganisationId>,
) -> Result<HttpResponse, Problem> {
    caller.person()?;
    page(StatusCode::OK, &join(&state, named(asked)?, Filled::fresh(&[])).await?)
}

/// The field of a pointer: they are called alike.
fn field(pointer: &str) -> Option<String> {
    pointer.strip_prefix('/').map(str::to_owned)
}

/// Asks to join.
#[post("/desk/organisations/{id}/join")]
pub(in crate::pages) async fn ask(
    state: Data<State>,
    caller: Caller,
    asked: Asked<OrganisationId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let new = NewJoinRequest { note: sent.get("note").trim().to_owned() };
    let taken = async {
        let key = sent.key(&format!("/desk/organisations/{id}/join"))?;
        ask_once(&state, &caller, id, &key, &new).await
    };
    match taken.await {
        Ok(_) => Ok(done(OWN)),
        Err(problem) => or_again(problem, sent, field, async |again| join(&state, id, again).await).await,
    }
}

#[derive(Template)]
#[template(path = "desks/join_request.html")]
struct AnswerPage {
    id: JoinRequestId,
    organisation: String,
    who: String,
    email: String,
    note: String,
    asked_on: Day,
    standing: Said,
    is_open: bool,
    roles: Vec<(String, String)>,
    form: Filled,
}

async fn answer(state: &State, caller: &Caller, id: JoinRequestId, form: Filled) -> Result<AnswerPage, Problem> {
    let wall = ledger::calendar::now();
    let it = of_owner(&state.client().await?, caller, id).await?;
    // The role that gives least stands first.
    let role = |role: &Role| (role.as_str().to_owned(), role_in_words(*role).to_string());
    Ok(AnswerPage {
        id,
        standing: standing(&it, wall),
        is_open: it.check_open(wall).is_ok(),
        who: it.called().to_owned(),
        organisation: it.organisation_name,
        email: it.email,
        note: it.note,
        asked_on: day(it.asked_at),
        roles: Role::ALL.iter().rev().map(role).collect(),
        form,
    })
}

/// A request, for the owners of its organisation.
#[route("/desk/join-requests/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<JoinRequestId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &answer(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

async fn after(
    state: &State,
    caller: &Caller,
    id: JoinRequestId,
    sent: Fields,
    taken: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    match taken {
        Ok(_) => Ok(done(&format!("/desk/join-requests/{id}"))),
        Err(problem) => or_again(problem, sent, field, async |again| answer(state, caller, id, again).await).await,
    }
}

/// Accepts it, with a role.
#[post("/desk/join-requests/{id}/accept")]
pub(in crate::pages) async fn accept(
    state: Data<State>,
    caller: Caller,
    asked: Asked<JoinRequestId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let given = AcceptJoinRequest { role: sent.get("role").to_owned() };
    let taken = match sent.key(&format!("/desk/join-requests/{id}/accept")) {
        Ok(key) => accept_once(&state, &caller, id, &key, &given).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}

/// Declines it, with a reason.
#[post("/desk/join-requests/{id}/decline")]
pub(in crate::pages) async fn decline(
    state: Data<State>,
    caller: Caller,
    asked: Asked<JoinRequestId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let given = DeclineJoinRequest { reason: sent.get("reason").trim().to_owned() };
    let taken = match sent.key(&format!("/desk/join-requests/{id}/decline")) {
        Ok(key) => decline_once(&state, &caller, id, &key, &given).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}

/// Takes back a request of one's own.
#[post("/desk/join-requests/{id}/withdraw")]
pub(in crate::pages) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    asked: Asked<JoinRequestId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let taken = match sent.key(&format!("/desk/join-requests/{id}/withdraw")) {
        Ok(key) => withdraw_once(&state, &caller, id, &key).await,
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(_) => Ok(done(OWN)),
        Err(problem) => {
            let person = caller.person()?.id;
            or_again(problem, Fields::default(), |_| None, async |again| own(&state, person, again).await).await
        }
    }
}
