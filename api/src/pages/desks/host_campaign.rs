//! A new campaign on the desk of a book's keepers, from a template.

use super::host::{Begun, answered, kept_book, made_once, whole};
use super::{named, sum};
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::pledging::campaigns::{NewCampaign, create_once};
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
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "desks/host_campaign.html")]
struct CampaignPage {
    book: BookRef,
    name: String,
    currency: String,
    kinds: [(&'static str, Said); 3],
    effect: Effect,
    form: Filled,
}

/// The kinds of campaigns that are made here.
fn kinds() -> [(&'static str, Said); 3] {
    [
        ("recurring", say("host-kind-recurring")),
        ("all_or_nothing", say("host-kind-all")),
        ("keep_what_you_raise", say("host-kind-keep")),
    ]
}

/// The fields of a template.
fn template(word: &str, book: &Book) -> Result<Fields, Problem> {
    let last_day = book.today(ledger::calendar::now()).saturating_add(90.days()).to_string();
    let (slug, title, summary, kind, units, last_day) = match word {
        "monthly" => {
            let (title, summary) = (say("host-monthly-title"), say("host-monthly-summary"));
            ("product-development", title, summary, "recurring", 3_000, String::new())
        }
        "machine" => {
            let (title, summary) = (say("host-machine-title"), say("host-machine-summary"));
            ("one-machine", title, summary, "all_or_nothing", 20_000, last_day)
        }
        _ => return Err(Problem::not_found("template")),
    };
    let mut fields = Fields::default();
    for (name, text) in [("title", title), ("summary", summary), ("terms", say("host-terms"))] {
        fields.set(name, text);
    }
    fields.set("slug", slug);
    fields.set("kind", kind);
    fields.set("amount", whole(book.currency, units));
    fields.set("last_day", last_day);
    Ok(fields)
}

/// What creating it does, in a sentence.
fn effect(sent: &Fields, book: &Book) -> Result<Sentence, Problem> {
    let money = MoneyBody { amount: sent.number("amount"), currency: book.currency.code().to_owned() };
    let amount = money.parse("/amount")?;
    let amount = || sum(amount.minor(), amount.currency());
    let last_day = || {
        let day = sent.get("last_day").trim().parse::<Date>();
        day.map(Day).map_err(|_| wrong("/last_day", say("forms-day-such-as").with("day", "2031-03-31")))
    };
    match sent.get("kind") {
        "recurring" => Ok(Sentence::of(|| say("host-effect-recurring").with("amount", amount()))),
        "all_or_nothing" => {
            let day = last_day()?;
            Ok(Sentence::of(|| say("host-effect-all").with("amount", amount()).with("day", day)))
        }
        "keep_what_you_raise" => {
            let day = last_day()?;
            Ok(Sentence::of(|| say("host-effect-keep").with("amount", amount()).with("day", day)))
        }
        _ => Err(wrong("/kind", say("host-choose-kind"))),
    }
}

/// What was filled in, as a request of the API.
fn body(sent: &Fields, book: &Book) -> Value {
    let amount = json!({"amount": sent.number("amount"), "currency": book.currency.code()});
    let kind = sent.get("kind");
    let mut body = json!({
        "book": book.reference().to_string(), "slug": sent.get("slug").trim(), "title": sent.get("title").trim(),
        "summary": sent.get("summary").trim(), "terms": sent.get("terms").trim(), "kind": kind,
    });
    if kind == "recurring" {
        body["monthly_goal"] = amount;
    } else {
        body["goal"] = amount;
        body["last_day"] = sent.get("last_day").trim().into();
    }
    body
}

/// The field that a JSON Pointer of a new campaign means.
fn field_of(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
    match name {
        "slug" | "title" | "summary" | "terms" | "kind" | "last_day" => Some(name.to_owned()),
        "amount" | "monthly_goal" | "goal" => Some("amount".to_owned()),
        _ => None,
    }
}

fn shown(book: Book, effect: Effect, form: Filled) -> CampaignPage {
    CampaignPage {
        book: book.reference(),
        currency: book.currency.code().to_owned(),
        name: book.name,
        kinds: kinds(),
        effect,
        form,
    }
}

/// The form, filled from a template.
#[route("/desk/books/{id}/campaigns", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Begun>,
) -> Result<HttpResponse, Problem> {
    let book = kept_book(&state, &caller, named(asked)?).await?;
    let fields = template(query.0.template.as_deref().unwrap_or("monthly"), &book)?;
    let effect = Effect::fresh(effect(&fields, &book)?);
    page(StatusCode::OK, &shown(book, effect, Filled::holding(fields)))
}

/// Creates it, if it does what was read; else shows what it does now.
#[post("/desk/books/{id}/campaigns")]
pub(in crate::pages) async fn create(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = kept_book(&state, &caller, id).await?;
    let made = async {
        let make = async |key, new: NewCampaign| create_once(&state, &caller, &key, &new).await;
        let way = (format!("/desk/books/{id}/campaigns"), "/v1/campaigns");
        made_once(&sent, effect(&sent, &book)?, (&way.0, way.1), || Ok(body(&sent, &book)), make).await
    };
    let (made, leads_to) = (made.await, format!("/desk/books/{id}?made=campaign"));
    let says = effect(&sent, &book).unwrap_or_default();
    answered(made, (sent, &leads_to), says, field_of, |effect, form| shown(book, effect, form))
}
