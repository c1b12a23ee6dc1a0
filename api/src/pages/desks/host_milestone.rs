//! A new milestone on the desk of a book's keepers, from a template.

use super::host::{Begun, SHOWN, answered, is_ticked, kept_book, made_once, whole};
use super::{named, sum};
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::milestones::milestone::{NewMilestone, create_once};
use crate::pages::forms::{Effect, Fields, Filled, Sentence, wrong};
use crate::pages::page;
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
use ledger::engine::store::books::Book;
use ledger::id::BookRef;
use ledger::money::Currency;
use ledger::pledging::store::campaigns;
use serde_json::{Value, json};
use uuid::Uuid;

/// Evidence without which no claim is taken.
pub(super) fn gate() -> [(&'static str, Said); 3] {
    [
        ("licence", say("host-gate-licence")),
        ("design_files", say("host-gate-design")),
        ("enterprise_plan", say("host-gate-plan")),
    ]
}

/// Numbers of the policy.
pub(super) fn policy() -> [(&'static str, Said); 3] {
    [
        ("reviewers_needed", say("host-reviewers-needed")),
        ("review_days", say("host-review-days")),
        ("objection_days", say("host-objection-days")),
    ]
}

#[derive(Template)]
#[template(path = "desks/host_milestone.html")]
struct MilestonePage {
    book: BookRef,
    name: String,
    campaigns: Vec<Offer>,
    gate: [(&'static str, Said); 3],
    policy: [(&'static str, Said); 3],
    effect: Effect,
    form: Filled,
}

/// A campaign on which it may draw.
pub(super) struct Offer {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) currency: Currency,
}

/// The campaigns of a book, the oldest first.
pub(super) async fn offers(state: &State, book: &Book) -> Result<Vec<Offer>, Problem> {
    let found = campaigns::list(&state.client().await?, book.id, Uuid::nil(), SHOWN).await?;
    Ok(found.into_iter().map(|it| Offer { id: it.id.to_string(), title: it.title, currency: it.currency }).collect())
}

/// The fields of a template.
pub(super) fn template(word: &str, offers: &[Offer], book: &Book) -> Result<Fields, Problem> {
    let first = offers.first();
    let currency = first.map_or(book.currency, |offer| offer.currency);
    let (name, description, units, reviewers, ticked) = match word {
        "prototype" => {
            let (name, description) = (say("host-prototype-name"), say("host-prototype-what"));
            (name, description, 20_000, "3", ["licence", "design_files"].as_slice())
        }
        "documents" => {
            let (name, description) = (say("host-documents-name"), say("host-documents-what"));
            (name, description, 5_000, "2", ["licence", "design_files"].as_slice())
        }
        _ => return Err(Problem::not_found("template")),
    };
    let mut fields = Fields::default();
    fields.set("name", name);
    fields.set("description", description);
    for (field, text) in [("reviewers_needed", reviewers), ("review_days", "14"), ("objection_days", "7")] {
        fields.set(field, text);
    }
    fields.set("amount", whole(currency, units));
    fields.set("campaign", first.map(|offer| offer.id.clone()).unwrap_or_default());
    for field in ticked {
        fields.set(field, "yes");
    }
    Ok(fields)
}

/// The campaign that was chosen.
pub(super) fn chosen<'a>(sent: &Fields, offers: &'a [Offer]) -> Result<&'a Offer, Problem> {
    let found = offers.iter().find(|offer| sent.get("campaign") == offer.id);
    found.ok_or_else(|| wrong("/campaign", say("host-choose-campaign")))
}

/// What creating it does, in a sentence.
fn effect(sent: &Fields, offers: &[Offer]) -> Result<Sentence, Problem> {
    let of = chosen(sent, offers)?;
    let money = MoneyBody { amount: sent.number("amount"), currency: of.currency.code().to_owned() };
    let amount = money.parse("/amount")?;
    let amount = || sum(amount.minor(), amount.currency());
    Ok(Sentence::of(|| say("host-effect-milestone").with("amount", amount()).with("title", &of.title)))
}

/// What was filled in, as a request of the API.
pub(super) fn body(sent: &Fields, offers: &[Offer]) -> Result<Value, Problem> {
    let of = chosen(sent, offers)?;
    let mut policy = json!({"on_silence": "escalate"});
    for (field, _) in self::policy() {
        let typed: u16 =
            sent.get(field).trim().parse().map_err(|_| wrong(format!("/policy/{field}"), say("forms-whole-number")))?;
        policy[field] = typed.into();
    }
    let mut gate = json!({});
    for (field, _) in self::gate() {
        gate[field] = is_ticked(sent, field).into();
    }
    Ok(json!({
        "campaign": of.id, "team": sent.get("team").trim(), "name": sent.get("name").trim(),
        "description": sent.get("description").trim(),
        "amount": {"amount": sent.number("amount"), "currency": of.currency.code()}, "policy": policy, "gate": gate,
    }))
}

/// The field that a JSON Pointer of a new milestone means.
pub(super) fn field_of(pointer: &str) -> Option<String> {
    let pointer = pointer.strip_prefix("/policy").unwrap_or(pointer);
    let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
    let known =
        ["campaign", "team", "name", "description", "amount", "reviewers_needed", "review_days", "objection_days"];
    known.contains(&name).then(|| name.to_owned())
}

fn shown(book: Book, offers: Vec<Offer>, effect: Effect, form: Filled) -> MilestonePage {
    MilestonePage {
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
#[route("/desk/books/{id}/milestones", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Begun>,
) -> Result<HttpResponse, Problem> {
    let book = kept_book(&state, &caller, named(asked)?).await?;
    let offers = offers(&state, &book).await?;
    let fields = template(query.0.template.as_deref().unwrap_or("prototype"), &offers, &book)?;
    let effect = Effect::fresh(effect(&fields, &offers).unwrap_or_default());
    page(StatusCode::OK, &shown(book, offers, effect, Filled::holding(fields)))
}

/// Creates it, if it does what was read; else shows what it does now.
#[post("/desk/books/{id}/milestones")]
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
        let make = async |key, new: NewMilestone| create_once(&state, &caller, &key, &new).await;
        let way = (format!("/desk/books/{id}/milestones"), "/v1/milestones");
        made_once(&sent, effect(&sent, &offers)?, (&way.0, way.1), || body(&sent, &offers), make).await
    };
    let (made, leads_to) = (made.await, format!("/desk/books/{id}?made=milestone"));
    let says = effect(&sent, &offers).unwrap_or_default();
    answered(made, (sent, &leads_to), says, field_of, |effect, form| shown(book, offers, effect, form))
}
