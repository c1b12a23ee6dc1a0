//! A bank account of an organisation on the desk of its keepers: one of them has given it, another confirms it or rejects it.

use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::payouts::bank_accounts::{confirm_once, kept, reject_once};
use crate::pages::forms::{Fields, Filled, done, is_for_form, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::second_factor;
use crate::state::State;
use crate::texts::Said;
use crate::visibility::book_of;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::id::BankAccountId;
use ledger::parties::store::{organisations, people};
use ledger::payouts::rules::bank_account::State as AccountState;
use ledger::payouts::rules::payee::Payee;

const CONFIRM: &str = "/desk/bank-accounts/{id}/confirm";

#[derive(Template)]
#[template(path = "desks/bank_account.html")]
struct BankAccountPage {
    id: BankAccountId,
    payee: String,
    book: String,
    currency: String,
    country: String,
    last_four: String,
    given_by: String,
    given_on: Day,
    standing: Said,
    /// Whether it waits to be confirmed by an organisation's keeper.
    waits: bool,
    /// Whether it can be rejected still.
    rejects: bool,
    asks_code: bool,
    form: Filled,
}

async fn shown(state: &State, caller: &Caller, id: BankAccountId, form: Filled) -> Result<BankAccountPage, Problem> {
    let client = state.client().await?;
    let (it, _) = kept(&client, caller, id).await?;
    let book = book_of(&client, id.book, "bank account").await?;
    let organisation = it.payee.organisation();
    let payee = match it.payee {
        Payee::Organisation(id) => organisations::find(&client, id).await?.map(|found| found.name),
        Payee::Person(_) => Some(say("bankaccount-you").into()),
    };
    let given_by = people::find(&client, it.proposed_by).await?.map(|found| found.name);
    let day = |at| Day(book.day_of(at));
    let standing = match &it.state {
        AccountState::Proposed { until } => say("bankaccount-is-proposed").with("day", day(*until)),
        AccountState::Waiting { until } => say("bankaccount-is-waiting").with("day", day(*until)),
        AccountState::Active => say("bankaccount-is-active"),
        AccountState::Replaced => say("bankaccount-is-replaced"),
        AccountState::Rejected { reason } => say("bankaccount-is-rejected").with("reason", reason),
    };
    let is_proposed = matches!(it.state, AccountState::Proposed { .. });
    let is_waiting = matches!(it.state, AccountState::Waiting { .. });
    Ok(BankAccountPage {
        id,
        payee: payee.unwrap_or_default(),
        book: book.name.clone(),
        currency: it.currency.code().to_owned(),
        country: it.country,
        last_four: it.last_four,
        given_by: given_by.filter(|name| !name.is_empty()).unwrap_or_else(|| it.proposed_by.to_string()),
        given_on: day(it.proposed_at),
        standing,
        waits: is_proposed && organisation.is_some(),
        rejects: is_proposed || is_waiting,
        asks_code: second_factor::is_asked(state, caller, CONFIRM).await?,
        form,
    })
}

/// The bank account, for the keepers of its organisation, or for the person whose it is.
#[route("/desk/bank-accounts/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BankAccountId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

async fn after(
    state: &State,
    caller: &Caller,
    id: BankAccountId,
    sent: Fields,
    taken: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    match taken {
        Ok(_) => Ok(done(&format!("/desk/bank-accounts/{id}"))),
        Err(problem) if is_for_form(&problem) => {
            let of_reason = |pointer: &str| (pointer == "/reason").then(|| "reason".to_owned());
            let again = Filled::again(sent, &problem, of_reason);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(state, caller, id, again).await?)
        }
        Err(problem) => Err(problem),
    }
}

/// Confirms it.
#[post("/desk/bank-accounts/{id}/confirm")]
pub(in crate::pages) async fn confirm(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BankAccountId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let taken = match sent.key(&format!("/desk/bank-accounts/{id}/confirm")) {
        Ok(key) => confirm_once(&state, &caller, id, &key, None).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}

/// Rejects it.
#[post("/desk/bank-accounts/{id}/reject")]
pub(in crate::pages) async fn reject(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BankAccountId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let taken = match sent.key(&format!("/desk/bank-accounts/{id}/reject")) {
        Ok(_) if !sent.has("reason") => Err(wrong("/reason", say("forms-write-why"))),
        Ok(key) => reject_once(&state, &caller, id, &key, sent.get("reason").trim()).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}
