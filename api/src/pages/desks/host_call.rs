//! A new call on the desk of a book's keepers: the form of a milestone without a team, and with a last day on which teams apply.

use super::host::{Begun, answered, kept_book, made_once};
use super::host_milestone::{self as milestone, Offer, chosen, gate, offers, policy};
use super::{named, sum};
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::milestones::calls::{NewMilestoneCall, create_once};
use crate::pages::forms::{Effect, Fields, Filled, Sentence, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::wire::MoneyBody;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use jiff::ToSpan as _;
use jiff::civil::Date;
use ledger::engine::store::books::Book;
use ledger::id::BookRef;
use serde_json::Value;

/// How far ahead the last day of the template lies.
const AHEAD_DAYS: i32 = 30;

#[derive(Template)]
#[template(path = "desks/host_call.html")]
struct NewCallPage {
    book: BookRef,
    name: String,
    campaigns: Vec<Offer>,
    gate: [(&'static str, Said); 3],
    policy: [(&'static str, Said); 3],
    effect: Effect,
    form: Filled,
}

fn last_day(sent: &Fields) -> Result<Date, Problem> {
    let typed = sent.get("applications_until").trim();
    typed.parse().map_err(|_| wrong("/applications_until", say("forms-day-such-as").with("day", "2027-05-31")))
}

/// What creating it does, in a sentence.
fn effect(sent: &Fields, offers: &[Offer]) -> Result<Sentence, Problem> {
    let of = chosen(sent, offers)?;
    let money = MoneyBody { amount: sent.number("amount"), currency: of.currency.code().to_owned() };
    let amount = money.parse("/amount")?;
    let day = Day(last_day(sent)?);
    let amount = || sum(amount.minor(), amount.currency());
    Ok(Sentence::of(|| say("host-effect-call").with("day", day).with("amount", amount()).with("title", &of.title)))
}

/// What was filled in, as a request of the API: that of a milestone but for the team, which is not known yet.
fn body(sent: &Fields, offers: &[Offer]) -> Result<Value, Problem> {
    let mut new = milestone::body(sent, offers)?;
    if let Some(fields) = new.as_object_mut() {
        fields.remove("team");
        fields.insert("applications_until".to_owned(), last_day(sent)?.to_string().into());
    }
    Ok(new)
}

fn field_of(pointer: &str) -> Option<String> {
    if pointer == "/applications_until" {
        return Some("applications_until".to_owned());
    }
    milestone::field_of(pointer).filter(|field| field != "team")
}

fn shown(book: Book, offers: Vec<Offer>, effect: Effect, form: Filled) -> NewCallPage {
    NewCallPage {
        book: book.reference(),
        name: book.name,
        campaigns: offers,
        gate: gate(),
        policy: policy(),
        effect,
        form,
    }
}

/// The form, filled from a template.
#[route("/desk/books/{id}/calls", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Begun>,
) -> Result<HttpResponse, Problem> {
    let book = kept_book(&state, &caller, named(asked)?).await?;
    let offers = offers(&state, &book).await?;
    let mut fields = milestone::template(query.0.template.as_deref().unwrap_or("prototype"), &offers, &book)?;
    let until = book.today(ledger::calendar::now()).saturating_add(AHEAD_DAYS.days());
    fields.set("applications_until", until.to_string());
    let effect = Effect::fresh(effect(&fields, &offers).unwrap_or_default());
    page(StatusCode::OK, &shown(book, offers, effect, Filled::holding(fields)))
}

/// Creates it, if it does what was read; else shows what it does now.
#[post("/desk/books/{id}/calls")]
pub(in crate::pages) async fn create(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = kept_book(&state, &caller, id).await?;
    let offers = offers(&state, &book).await?;
    let made = async {
        let make = async |key, new: NewMilestoneCall| create_once(&state, &caller, &key, &new).await;
        let way = (format!("/desk/books/{id}/calls"), "/v1/milestone-calls");
        made_once(&sent, effect(&sent, &offers)?, (&way.0, way.1), || body(&sent, &offers), make).await
    };
    let (made, leads_to) = (made.await, format!("/desk/books/{id}?made=call"));
    let says = effect(&sent, &offers).unwrap_or_default();
    answered(made, (sent, &leads_to), says, field_of, |effect, form| shown(book, offers, effect, form))
}
