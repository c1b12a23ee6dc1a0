//! A new challenge on the desk of a book's keepers, from a template: one stage, its criteria, and prizes by places.

use super::host::{Begun, answered, is_ticked, kept_book, made_once, whole};
use super::{kind_in_words, named, sum};
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::challenges::challenge::{NewChallenge, create_once};
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
use ledger::evidence::EvidenceKind;
use ledger::id::BookRef;
use serde_json::{Value, json};

/// So many prizes and criteria have a row.
const ROWS: usize = 6;

/// What is handed in, of which some is needed.
const GATE: [EvidenceKind; 5] = [
    EvidenceKind::DesignFiles,
    EvidenceKind::BillOfMaterials,
    EvidenceKind::BuildInstructions,
    EvidenceKind::TestReport,
    EvidenceKind::Licence,
];

/// Names of the fields of days, and what they are.
fn days() -> [(&'static str, Said); 5] {
    [
        ("funding_days", say("host-funding-days")),
        ("announced_days", say("host-announced-days")),
        ("submission_days", say("host-submission-days")),
        ("judging_days", say("host-judging-days")),
        ("appeal_days", say("host-appeal-days")),
    ]
}

#[derive(Template)]
#[template(path = "desks/host_challenge.html")]
struct ChallengePage {
    book: BookRef,
    name: String,
    currency: String,
    prizes: Vec<PrizeRow>,
    criteria: Vec<CriterionRow>,
    gate: Vec<(String, Said)>,
    days: [(&'static str, Said); 5],
    effect: Effect,
    form: Filled,
}

/// Names of the fields of a prize.
struct PrizeRow {
    number: usize,
    name: String,
    amount: String,
    count: String,
}

impl PrizeRow {
    fn at(place: usize) -> PrizeRow {
        let field = |name: &str| format!("prize-{place}-{name}");
        PrizeRow { number: place + 1, name: field("name"), amount: field("amount"), count: field("count") }
    }
}

/// Names of the fields of a criterion.
struct CriterionRow {
    number: usize,
    title: String,
    weight: String,
}

impl CriterionRow {
    fn at(place: usize) -> CriterionRow {
        let field = |name: &str| format!("criterion-{place}-{name}");
        CriterionRow { number: place + 1, title: field("title"), weight: field("weight") }
    }
}

fn gate_field(kind: EvidenceKind) -> String {
    format!("gate-{}", kind.as_str())
}

/// Prizes of a template: name, whole units each, how many.
type Prizes = Vec<(Said, i64, u16)>;

/// The fields of a template.
fn template(word: &str, book: &Book) -> Result<Fields, Problem> {
    let drill: Prizes = vec![
        (say("host-grand-prize"), 150_000, 1),
        (say("host-second-prize"), 50_000, 1),
        (say("host-third-prizes"), 15_000, 2),
        (say("host-tested-designs"), 2_000, 10),
    ];
    let small: Prizes = vec![(say("host-first-prize"), 1_500, 1), (say("host-second-prize"), 500, 1)];
    let (slug, title, summary, purse, prizes, days) = match word {
        "drill" => {
            let (title, summary) = (say("host-drill-title"), say("host-drill-summary"));
            ("open-drill", title, summary, 250_000, drill, ["180", "60", "180", "60", "14"])
        }
        "small" => {
            let (title, summary) = (say("host-small-title"), say("host-small-summary"));
            ("small-machine", title, summary, 2_000, small, ["90", "30", "60", "30", "14"])
        }
        _ => return Err(Problem::not_found("template")),
    };
    let mut fields = Fields::default();
    for (name, text) in [
        ("title", title),
        ("summary", summary),
        ("terms", say("host-challenge-terms")),
        ("eligibility", say("host-any-team")),
    ] {
        fields.set(name, text);
    }
    for (name, text) in [
        ("slug", slug),
        ("judges_needed", "3"),
        ("licences", "CERN-OHL-S-2.0"),
        ("unawarded", "return_to_sponsors"),
        ("gate-design_files", "yes"),
        ("gate-bill_of_materials", "yes"),
        ("gate-test_report", "yes"),
    ] {
        fields.set(name, text);
    }
    fields.set("purse", whole(book.currency, purse));
    for ((name, _), days) in self::days().into_iter().zip(days) {
        fields.set(name, days);
    }
    for (place, (name, units, count)) in prizes.into_iter().enumerate() {
        let row = PrizeRow::at(place);
        fields.set(&row.name, name);
        fields.set(&row.amount, whole(book.currency, units));
        fields.set(&row.count, count.to_string());
    }
    let criteria =
        [(say("host-how-works"), "50"), (say("host-how-repaired"), "30"), (say("host-how-documented"), "20")];
    for (place, (title, weight)) in criteria.into_iter().enumerate() {
        let row = CriterionRow::at(place);
        fields.set(&row.title, title);
        fields.set(&row.weight, weight);
    }
    Ok(fields)
}

/// A whole number that was typed, or what is wrong with its field.
fn number(sent: &Fields, field: &str) -> Result<u16, Problem> {
    let typed = sent.get(field).trim().parse();
    typed.map_err(|_| wrong(format!("/{field}"), say("forms-whole-number")))
}

/// An amount that was typed, in the currency of the book.
fn money(sent: &Fields, field: &str, book: &Book) -> Result<MoneyBody, Problem> {
    let body = MoneyBody { amount: sent.number(field), currency: book.currency.code().to_owned() };
    match body.parse("") {
        Ok(_) => Ok(body),
        Err(problem) => {
            let message = problem.body().errors.first().map(|error| error.message.clone()).unwrap_or_default();
            Err(Problem::invalid(format!("/{field}"), message))
        }
    }
}

/// The prizes that were filled in, by places one after the other, with the places of their rows.
fn prizes(sent: &Fields, book: &Book) -> Result<(Vec<Value>, Vec<usize>), Problem> {
    let (mut prizes, mut rows, mut first) = (Vec::new(), Vec::new(), 1_u16);
    for place in 0..ROWS {
        let row = PrizeRow::at(place);
        if ![&row.name, &row.amount, &row.count].iter().any(|field| sent.has(field)) {
            continue;
        }
        let count = number(sent, &row.count)?;
        let last = first.saturating_add(count).saturating_sub(1);
        prizes.push(json!({
            "name": sent.get(&row.name).trim(), "amount": money(sent, &row.amount, book)?, "count": count, "stage": "final",
            "condition": {"by": "rank", "first": first, "last": last},
        }));
        rows.push(place);
        first = last.saturating_add(1);
    }
    Ok((prizes, rows))
}

/// The criteria that were filled in.
fn criteria(sent: &Fields) -> Result<Vec<Value>, Problem> {
    let mut criteria = Vec::new();
    for place in 0..ROWS {
        let row = CriterionRow::at(place);
        if sent.has(&row.title) || sent.has(&row.weight) {
            let (title, weight) = (sent.get(&row.title).trim(), number(sent, &row.weight)?);
            criteria.push(json!({"name": format!("c{}", place + 1), "title": title, "weight": weight}));
        }
    }
    Ok(criteria)
}

/// What creating it does, in a sentence.
fn effect(sent: &Fields, book: &Book) -> Result<Sentence, Problem> {
    let purse = money(sent, "purse", book)?.parse("/purse")?;
    let (prizes, _) = prizes(sent, book)?;
    let count: u64 = prizes.iter().filter_map(|prize| prize["count"].as_u64()).sum();
    let purse = || sum(purse.minor(), purse.currency());
    Ok(Sentence::of(|| say("host-effect-challenge").with("purse", purse()).with("count", count)))
}

/// What was filled in, as a request of the API.
fn body(sent: &Fields, book: &Book) -> Result<Value, Problem> {
    let mut timetable = json!({});
    for (name, _) in days() {
        timetable[name] = number(sent, name)?.into();
    }
    let gate: Vec<_> = GATE.into_iter().filter(|kind| is_ticked(sent, &gate_field(*kind))).collect();
    let licences: Vec<_> = sent.get("licences").split([',', ' ', '\n']).filter(|each| !each.is_empty()).collect();
    let rules = json!({
        "terms": sent.get("terms").trim(), "eligibility": sent.get("eligibility").trim(),
        "judges_needed": number(sent, "judges_needed")?, "entry_fee": null, "licences": licences,
        "tie_rule": {"by": "earlier_submission"}, "unawarded": sent.get("unawarded"), "timetable": timetable,
        "stages": [{"name": "final", "gate": gate, "admits": null, "criteria": criteria(sent)?}],
        "prizes": prizes(sent, book)?.0,
    });
    Ok(json!({
        "book": book.reference().to_string(), "slug": sent.get("slug").trim(), "title": sent.get("title").trim(),
        "summary": sent.get("summary").trim(), "purse": money(sent, "purse", book)?, "rules": rules,
    }))
}

/// The field that a JSON Pointer of a new challenge means. `rows` says in which row each prize stands.
fn field_of(pointer: &str, rows: &[usize]) -> Option<String> {
    let pointer = pointer.strip_prefix("/rules").unwrap_or(pointer);
    let parts: Vec<&str> = pointer.trim_start_matches('/').split('/').collect();
    match *parts.as_slice() {
        ["prizes", place, field, ..] => {
            let row = place.parse::<usize>().ok().and_then(|place| rows.get(place))?;
            let field = if field == "condition" { "count" } else { field };
            Some(format!("prize-{row}-{field}"))
        }
        ["prizes"] | ["purse", ..] => Some("purse".to_owned()),
        ["stages", _, "gate", ..] => Some("gate".to_owned()),
        ["stages", ..] => Some("criterion-0-title".to_owned()),
        ["timetable", field] => Some(field.to_owned()),
        [field] | ["licences" | "unawarded", field, ..] if !field.is_empty() => Some(field.to_owned()),
        _ => None,
    }
}

fn shown(book: Book, effect: Effect, form: Filled) -> ChallengePage {
    ChallengePage {
        book: book.reference(),
        currency: book.currency.code().to_owned(),
        name: book.name,
        prizes: (0..ROWS).map(PrizeRow::at).collect(),
        criteria: (0..ROWS).map(CriterionRow::at).collect(),
        gate: GATE.into_iter().map(|kind| (gate_field(kind), kind_in_words(kind))).collect(),
        days: days(),
        effect,
        form,
    }
}

/// The form, filled from a template.
#[route("/desk/books/{id}/challenges", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Begun>,
) -> Result<HttpResponse, Problem> {
    let book = kept_book(&state, &caller, named(asked)?).await?;
    let fields = template(query.0.template.as_deref().unwrap_or("drill"), &book)?;
    let effect = Effect::fresh(effect(&fields, &book)?);
    page(StatusCode::OK, &shown(book, effect, Filled::holding(fields)))
}

/// Creates it, if it does what was read; else shows what it does now.
#[post("/desk/books/{id}/challenges")]
pub(in crate::pages) async fn create(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = kept_book(&state, &caller, id).await?;
    let made = async {
        let make = async |key, new: NewChallenge| create_once(&state, &caller, &key, &new).await;
        let way = (format!("/desk/books/{id}/challenges"), "/v1/challenges");
        made_once(&sent, effect(&sent, &book)?, (&way.0, way.1), || body(&sent, &book), make).await
    };
    let (made, leads_to) = (made.await, format!("/desk/books/{id}?made=challenge"));
    let says = effect(&sent, &book).unwrap_or_default();
    let rows = prizes(&sent, &book).map(|(_, rows)| rows).unwrap_or_default();
    let field_of = |pointer: &str| field_of(pointer, &rows);
    answered(made, (sent, &leads_to), says, field_of, |effect, form| shown(book, effect, form))
}
