//! A federation asks a cooperative, and its owners and approvers answer.

use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::between::affiliations::{accept_once, decline_once, end_once, of_member};
use crate::handlers::cooperatives::reversal::ReversalReason;
use crate::idempotency::IdempotencyKey;
use crate::pages::forms::{Fields, Filled, done, or_again};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::between::rules::affiliation::{Affiliation, AffiliationState};
use ledger::engine::store::books::{self, Book};
use ledger::id::AffiliationId;

#[derive(Template)]
#[template(path = "desks/affiliation.html")]
struct AffiliationPage {
    id: AffiliationId,
    federation: String,
    cooperative: String,
    stands: Said,
    reason: String,
    /// Whether it is still to be answered.
    is_open: bool,
    /// Whether it lasts, and can be ended.
    lasts: bool,
    form: Filled,
}

/// How it stands, in a sentence.
fn standing(it: &Affiliation, federation: &Book) -> Said {
    let ended = it.ended.map_or(it.invited_at, |(_, at)| at);
    match it.state {
        AffiliationState::Invited => say("affiliation-open").with("day", Day(federation.day_of(it.until))),
        AffiliationState::Member => {
            say("affiliation-member").with("day", Day(it.joined_on.unwrap_or(federation.day_of(ended))))
        }
        AffiliationState::Left => {
            say("affiliation-left").with("day", Day(it.left_on.unwrap_or(federation.day_of(ended))))
        }
        AffiliationState::Declined => say("affiliation-declined"),
        AffiliationState::Withdrawn => say("affiliation-withdrawn"),
        AffiliationState::Lapsed => say("affiliation-lapsed").with("day", Day(federation.day_of(it.until))),
    }
}

async fn shown(state: &State, caller: &Caller, id: AffiliationId, form: Filled) -> Result<AffiliationPage, Problem> {
    let client = state.client().await?;
    let it = of_member(&client, caller, id).await?;
    let (federation, cooperative) = (books::get(&client, id.book).await?, books::get(&client, it.of_book).await?);
    let it = it.at(federation.now(ledger::calendar::now()));
    Ok(AffiliationPage {
        id,
        stands: standing(&it, &federation),
        is_open: it.state == AffiliationState::Invited,
        lasts: it.state == AffiliationState::Member,
        federation: federation.name,
        cooperative: cooperative.name,
        reason: it.reason,
        form,
    })
}

/// The field that a JSON Pointer means.
fn field_of(pointer: &str) -> Option<String> {
    (pointer == "/reason").then(|| "reason".to_owned())
}

/// What a federation asks, for who answers for the cooperative.
#[route("/desk/affiliations/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<AffiliationId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// Does what a form asks, once for its key, and leads back to the page; else the page is shown again, with why not.
async fn answered(
    (state, caller): (&State, &Caller),
    (asked, form): (Asked<AffiliationId>, Form<Vec<(String, String)>>),
    step: &str,
    work: impl AsyncFnOnce(AffiliationId, &IdempotencyKey, &ReversalReason) -> Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let path = format!("/desk/affiliations/{id}");
    let why = ReversalReason { reason: sent.get("reason").trim().to_owned() };
    let taken = async { work(id, &sent.key(&format!("{path}/{step}"))?, &why).await };
    match taken.await {
        Ok(_) => Ok(done(&path)),
        Err(problem) => or_again(problem, sent, field_of, async |again| shown(state, caller, id, again).await).await,
    }
}

/// The cooperative is of the federation from now on.
#[post("/desk/affiliations/{id}/accept")]
pub(in crate::pages) async fn accept(
    state: Data<State>,
    caller: Caller,
    asked: Asked<AffiliationId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let work = async |id, key: &_, _: &_| accept_once(&state, &caller, id, key).await;
    answered((&state, &caller), (asked, form), "accept", work).await
}

/// It is not, for a reason that the federation reads.
#[post("/desk/affiliations/{id}/decline")]
pub(in crate::pages) async fn decline(
    state: Data<State>,
    caller: Caller,
    asked: Asked<AffiliationId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let work = async |id, key: &_, why: &_| decline_once(&state, &caller, id, key, why).await;
    answered((&state, &caller), (asked, form), "decline", work).await
}

/// It ends today, for a reason that both read.
#[post("/desk/affiliations/{id}/end")]
pub(in crate::pages) async fn end(
    state: Data<State>,
    caller: Caller,
    asked: Asked<AffiliationId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let work = async |id, key: &_, why: &_| end_once(&state, &caller, id, key, why).await;
    answered((&state, &caller), (asked, form), "end", work).await
}
