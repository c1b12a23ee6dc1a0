//! A sale or a cost on the desk of a cooperative's keepers: one form, in which what was recorded last stands already, and the entry that it
//! would write before it is written.

use super::of_cooperative;
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::cooperatives::proceeds::{NewProceedsRequest, Tried, record_once, tried};
use crate::pages::desks::named;
use crate::pages::forms::{Effect, Fields, Filled, Sentence, answered, done, or_again, wrong};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
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
use jiff::civil::Date;
use ledger::cooperatives::operations::proceeds::{NewProceeds, latest};
use ledger::cooperatives::rules::cooperative::ProceedsKind;
use ledger::cooperatives::rules::proceeds::Proceeds;
use ledger::cooperatives::store::proceeds;
use ledger::engine::store::books::Book;
use ledger::engine::store::journal::JournalLine;
use ledger::id::{BookRef, ProceedsId};
use serde::Deserialize;

/// So many of what was recorded lately are shown.
const RECENT_MAX: i64 = 20;

/// The fields of what else is known.
const PARTICULARS: [&str; 6] = ["vat", "product", "units", "place", "counterparty", "non_member"];

/// The kinds, with what people call them.
fn kinds() -> [(&'static str, Said); 2] {
    [("sale", say("members-a-sale")), ("cost", say("members-a-cost"))]
}

#[derive(Template)]
#[template(path = "desks/cooperative/proceeds.html")]
struct ProceedsPage {
    book: BookRef,
    name: String,
    currency: &'static str,
    kinds: [(&'static str, Said); 2],
    /// The entry that was written just now.
    recorded: Option<i64>,
    /// What recording it does; empty before it was looked at.
    effect: Effect,
    /// The entry that recording it would write; none before it was looked at.
    entry: Option<Entry>,
    /// What was recorded lately, the youngest first; nothing while something is looked at.
    recent: Vec<Recent>,
    /// Whether something stands, or is wrong, among what else is known.
    says_more: bool,
    form: Filled,
}

/// A sale or a cost that was recorded.
struct Recent {
    id: ProceedsId,
    says: String,
    state: String,
}

impl Recent {
    fn new(it: &Proceeds) -> Recent {
        let what = match it.kind {
            ProceedsKind::Sale => say("members-recent-sale"),
            ProceedsKind::Cost => say("members-recent-cost"),
        };
        let says =
            what.with("amount", Amount::from(it.amount)).with("label", &it.label).with("day", Day(it.occurred_on));
        let stands = || say("members-entry").with("entry", it.entry);
        let state = if it.undone.is_some() { say("members-taken-back") } else { stands() };
        Recent { id: it.id, says: says.into(), state: state.into() }
    }
}

/// What recording would come to.
struct Entry {
    was_known: bool,
    lines: Vec<Line>,
}

/// A line of an entry.
pub(super) struct Line {
    pub(super) debit: String,
    pub(super) credit: String,
    pub(super) amount: String,
}

impl Line {
    pub(super) fn new(it: &JournalLine, book: &Book) -> Line {
        let amount = Amount::of(it.amount, book.currency).bare();
        Line { debit: it.debit.clone(), credit: it.credit.clone(), amount }
    }
}

impl Entry {
    fn new(it: &Tried, book: &Book) -> Entry {
        Entry { was_known: it.was_known, lines: it.lines.iter().map(|line| Line::new(line, book)).collect() }
    }
}

/// What was recorded just now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Recorded {
    entry: Option<i64>,
}

/// What a form says, as a request of the API.
fn request(sent: &Fields, book: &Book) -> Result<NewProceedsRequest, Problem> {
    let no_day = || wrong("/occurred_on", say("forms-day-such-as").with("day", "2026-03-31"));
    let day = |text: String| text.parse::<Date>().map_err(|_| no_day());
    let money = |name: &str| MoneyBody { amount: sent.number(name), currency: book.currency.code().to_owned() };
    Ok(NewProceedsRequest {
        kind: sent.get("kind").to_owned(),
        label: sent.get("label").trim().to_owned(),
        party: sent.get("party").trim().to_owned(),
        on_credit: sent.given("on_credit").is_some(),
        amount: money("amount"),
        vat: sent.given("vat").map(|_| money("vat")),
        non_member: sent.given("non_member").is_some(),
        product: sent.get("product").trim().to_owned(),
        units: sent.given("units").map(|_| sent.number("units")),
        place: sent.get("place").trim().to_owned(),
        counterparty: sent.get("counterparty").trim().to_owned(),
        occurred_on: sent.given("occurred_on").map(day).transpose()?,
        memo: sent.get("memo").trim().to_owned(),
        reference: sent.get("reference").trim().to_owned(),
    })
}

/// What recording it does, in a sentence.
fn effect(new: &NewProceeds) -> Sentence {
    let on = |day: Date| say("members-on-day").with("day", Day(day));
    Sentence::of(|| {
        let what = match new.kind {
            ProceedsKind::Sale if new.on_credit => say("members-effect-credit"),
            ProceedsKind::Sale => say("members-effect-sale"),
            ProceedsKind::Cost => say("members-effect-cost"),
        };
        let day = new.occurred_on.map_or_else(|| say("members-today"), on);
        let what = what.with("amount", Amount::from(new.amount)).with("label", &new.label);
        let what = what.with("day", day).with("party", &new.party);
        match new.vat {
            Some(vat) => say("members-effect-vat").with("effect", what).with("vat", Amount::from(vat)),
            None => what,
        }
    })
}

/// The field that a JSON Pointer of a new sale or cost means.
pub(super) fn field_of(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
    let known = ["kind", "label", "party", "on_credit", "amount", "occurred_on", "memo", "reference"];
    known.iter().chain(&PARTICULARS).any(|field| *field == name).then(|| name.to_owned())
}

fn shown(book: &Book, effect: Effect, entry: Option<Entry>, form: Filled) -> ProceedsPage {
    ProceedsPage {
        book: book.reference(),
        name: book.name.clone(),
        currency: book.currency.code(),
        kinds: kinds(),
        recorded: None,
        effect,
        entry,
        recent: Vec::new(),
        says_more: PARTICULARS.iter().any(|name| !form.value(name).is_empty() || !form.error(name).is_empty()),
        form,
    }
}

/// The form, with the kind, the product and the party of what was recorded last, and the book's own day.
#[route("/desk/cooperatives/{id}/proceeds", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Recorded>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, named(asked)?).await?;
    let (kind, label, party) = match latest(&client, &book).await? {
        Some((last, party)) => (last.kind, last.label, party),
        None => (ProceedsKind::Sale, String::new(), String::new()),
    };
    let day = book.today(ledger::calendar::now()).to_string();
    let form = Filled::fresh(&[("kind", kind.to_string()), ("label", label), ("party", party), ("occurred_on", day)]);
    let recent = proceeds::recent(&client, book.id, book.currency, RECENT_MAX).await?;
    let (recent, shown) = (recent.iter().map(Recent::new).collect(), shown(&book, Effect::default(), None, form));
    page(StatusCode::OK, &ProceedsPage { recorded: query.0.entry, recent, ..shown })
}

/// Records it, if its effect was read as it is now; else shows the entry that it would write.
#[post("/desk/cooperatives/{id}/proceeds")]
pub(in crate::pages) async fn record(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = of_cooperative(&state.client().await?, &caller, id).await?;
    let path = format!("/desk/cooperatives/{id}/proceeds");
    let taken = async {
        let new = request(&sent, &book)?;
        let parsed = new.parse()?;
        if let Some(unread) = Effect::unread(&sent, effect(&parsed)) {
            let would =
                tried(&state, &caller, id, &[parsed]).await?.into_iter().next().ok_or_else(Problem::internal)??;
            let has_changed = !sent.get("seen").is_empty();
            return Ok(Step::Look(Effect { has_changed, ..unread }, Entry::new(&would, &book)));
        }
        record_once(&state, &caller, id, &sent.key(&path)?, &new).await.map(Step::Done)
    };
    match taken.await {
        Ok(Step::Done(recorded)) => {
            let recorded: serde_json::Value = answered(recorded)?;
            Ok(done(&format!("{path}?entry={}", recorded["entry"])))
        }
        Ok(Step::Look(effect, entry)) => {
            page(StatusCode::OK, &shown(&book, effect, Some(entry), Filled::holding(sent)))
        }
        Err(problem) => {
            let empty = async |again| Ok(shown(&book, Effect::default(), None, again));
            or_again(problem, sent, field_of, empty).await
        }
    }
}

/// What comes of the form.
enum Step {
    /// It was recorded.
    Done(HttpResponse),
    /// What it would do is shown first.
    Look(Effect, Entry),
}
