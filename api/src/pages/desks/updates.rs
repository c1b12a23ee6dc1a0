//! Updates on the desk of who writes them: a form for a new one, and those that there are, each of which can be withdrawn.

use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::updates::notes::{
    NewUpdate, Readable, WithdrawUpdateRequest, of_reader, publish_once, readable, withdraw_once,
};
use crate::pages::forms::{Fields, Filled, done, is_for_form};
use crate::pages::page;
use crate::pages::twins::Asked;
use crate::pages::updates::{UpdateShown, place};
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::Error;
use ledger::id::UpdateId;
use ledger::updates::operations::updates as operations;
use ledger::updates::rules::update::About;
use ledger::updates::store::updates;

/// So many updates are shown here; the page for everybody has all.
const SHOWN: i64 = 50;

#[derive(Template)]
#[template(path = "desks/updates.html")]
struct DeskPage {
    about: String,
    noun: &'static str,
    name: String,
    home: String,
    items: Vec<UpdateShown>,
    form: Filled,
    /// That of withdrawing one.
    withdrawal: Filled,
    /// The update whose withdrawal was refused; empty otherwise.
    refused: String,
}

/// The desk, for who writes about the thing.
async fn desk(state: &State, caller: &Caller, about: About, form: Filled) -> Result<DeskPage, Problem> {
    let by = caller.person()?.id;
    let client = state.client().await?;
    let Readable { book, name, .. } = readable(&client, Some(caller), about).await?;
    if operations::writer(&client, &book, about, by).await?.is_none() {
        return Err(Error::Forbidden("those write updates who may write about it").into());
    }
    let found = updates::list(&client, about, false, None, SHOWN).await?;
    Ok(DeskPage {
        about: about.to_string(),
        noun: about.noun(),
        name,
        home: place(about),
        items: found.into_iter().map(|it| UpdateShown::new(it, &book)).collect(),
        form,
        withdrawal: Filled::fresh(&[]),
        refused: String::new(),
    })
}

/// The field of a pointer: they are called alike.
fn field(pointer: &str) -> Option<String> {
    pointer.strip_prefix('/').filter(|name| ["title", "body", "reason"].contains(name)).map(str::to_owned)
}

/// A form for a new update, and those that there are.
#[route("/desk/updates/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<About>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &desk(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// Publishes one.
#[post("/desk/updates/{id}")]
pub(in crate::pages) async fn publish(
    state: Data<State>,
    caller: Caller,
    asked: Asked<About>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (about, sent) = (named(asked)?, Fields::new(form.0));
    let new = NewUpdate {
        about: about.to_string(),
        title: sent.get("title").trim().to_owned(),
        body: sent.get("body").trim().to_owned(),
    };
    let path = format!("/desk/updates/{about}");
    let taken = async { publish_once(&state, &caller, &sent.key(&path)?, &new).await };
    match taken.await {
        Ok(_) => Ok(done(&path)),
        Err(problem) if is_for_form(&problem) => {
            let again = Filled::again(sent.clone(), &problem, field);
            page(StatusCode::UNPROCESSABLE_ENTITY, &desk(&state, &caller, about, again).await?)
        }
        Err(problem) => Err(problem),
    }
}

/// Withdraws one.
#[post("/desk/updates/{id}/withdraw")]
pub(in crate::pages) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    asked: Asked<UpdateId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let about = of_reader(&state.client().await?, Some(&caller), id).await?.about;
    let given = WithdrawUpdateRequest { reason: sent.get("reason").trim().to_owned() };
    let path = format!("/desk/updates/{id}/withdraw");
    let taken = async { withdraw_once(&state, &caller, id, &sent.key(&path)?, &given).await };
    match taken.await {
        Ok(_) => Ok(done(&format!("/desk/updates/{about}"))),
        Err(problem) if is_for_form(&problem) => {
            let again = Filled::again(sent.clone(), &problem, field);
            let shown = desk(&state, &caller, about, Filled::fresh(&[])).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &DeskPage { withdrawal: again, refused: id.to_string(), ..shown })
        }
        Err(problem) => Err(problem),
    }
}
