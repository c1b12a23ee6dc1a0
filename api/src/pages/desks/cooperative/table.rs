//! Many sales and costs at once on the desk of a cooperative's keepers: lines of a table are pasted, each is shown with what it comes to or
//! what is wrong with it, and all of them are recorded or none.

use super::of_cooperative;
use super::proceeds::field_of;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::proceeds::{NewProceedsRequest, Tried, record_all_once, tried};
use crate::pages::desks::{named, sum};
use crate::pages::forms::{Effect, Fields, Filled, Sentence, done, is_for_form, is_read, or_again, told, wrong};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{Said, Told};
use crate::wire::{MoneyBody, parse};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::cooperatives::operations::proceeds::NewProceeds;
use ledger::cooperatives::rules::cooperative::ProceedsKind;
use ledger::engine::store::books::Book;
use ledger::id::BookRef;
use ledger::table::{self, Layout, Rows};

/// So many lines are taken at once.
const LINES_MAX: usize = 200;

/// The columns of the table; those after the first four may be missing.
const COLUMNS: [&str; 14] = [
    "kind",
    "label",
    "party",
    "amount",
    "occurred_on",
    "memo",
    "reference",
    "on_credit",
    "product",
    "units",
    "place",
    "counterparty",
    "non_member",
    "vat",
];

/// What a cell says that means yes; `no` or nothing means no.
const YES: [&str; 4] = ["yes", "true", "x", "1"];

/// How many of the columns must be there.
const NEEDED: usize = 4;

/// What may stand between columns, with what people call it.
pub(super) fn delimiters() -> [(&'static str, Said); 3] {
    [("comma", say("members-a-comma")), ("semicolon", say("members-a-semicolon")), ("tab", say("members-a-tab"))]
}

/// How amounts may be written.
pub(super) const DECIMALS: [(&str, &str); 2] = [("point", "1,234.50"), ("comma", "1.234,50")];

/// How days may be written.
const DAYS: [(&str, &str); 4] =
    [("iso", "2026-03-31"), ("dotted", "31.03.2026"), ("day_first", "31/03/2026"), ("month_first", "03/31/2026")];

#[derive(Template)]
#[template(path = "desks/cooperative/table.html")]
struct TablePage {
    book: BookRef,
    name: String,
    currency: &'static str,
    columns: String,
    most: usize,
    delimiters: [(&'static str, Said); 3],
    decimals: [(&'static str, &'static str); 2],
    days: [(&'static str, &'static str); 4],
    /// What recording them does; empty before it was looked at, and while a line is wrong.
    effect: Effect,
    lines: Vec<Line>,
    form: Filled,
}

/// A line as the preview shows it.
struct Line {
    /// Where it stands in what was pasted, from 1.
    at: u64,
    what: String,
    amount: String,
    day: String,
    reference: String,
    /// What becomes of it.
    says: Told,
    is_wrong: bool,
}

/// A line of the table: where it stands, and what it says.
struct Read {
    at: u64,
    says: Result<NewProceeds, Told>,
}

/// What is wrong with a line, beside the column in which it is.
fn of_line(problem: &Problem) -> Told {
    let body = problem.body();
    let each = body.errors.iter().map(|error| match field_of(&error.pointer) {
        Some(column) => format!("{column}: {}", error.message),
        None => error.message.clone(),
    });
    let all: Vec<_> = each.collect();
    told(problem, &if all.is_empty() { body.detail.clone() } else { all.join("; ") })
}

/// How columns and amounts of a table are written, as the form says it.
pub(super) fn layout(sent: &Fields) -> Result<Layout, Problem> {
    Ok(Layout {
        delimiter: parse("/delimiter", sent.get("delimiter"))?,
        decimal: parse("/decimal", sent.get("decimal"))?,
        ..Layout::default()
    })
}

/// All lines of what was pasted.
fn read(sent: &Fields, book: &Book) -> Result<Vec<Read>, Problem> {
    let about_lines = |what: String| Problem::invalid("/lines", what);
    let text = sent.get("lines").trim();
    let mut rows = Rows::new(text.as_bytes(), Layout { days: parse("/days", sent.get("days"))?, ..layout(sent)? })
        .map_err(|broken| about_lines(broken.what))?;
    let mut places = [None; COLUMNS.len()];
    for (index, column) in COLUMNS.iter().enumerate() {
        places[index] = match rows.place(column) {
            Ok(place) => Some(place),
            Err(what) if index < NEEDED || rows.columns().iter().any(|name| name == column) => {
                return Err(about_lines(what));
            }
            Err(_) => None,
        };
    }
    let mut lines = Vec::new();
    while rows.read().map_err(|broken| about_lines(format!("line {}: {}", broken.at, broken.what)))? {
        if lines.len() == LINES_MAX {
            return Err(wrong("/lines", say("members-lines-most").with("most", LINES_MAX)));
        }
        lines.push(Read { at: rows.at(), says: row(&rows, &places, book) });
    }
    if lines.is_empty() { Err(wrong("/lines", say("members-no-line"))) } else { Ok(lines) }
}

/// What a row says, as the request of the API would.
fn row(rows: &Rows<&[u8]>, places: &[Option<usize>; COLUMNS.len()], book: &Book) -> Result<NewProceeds, Told> {
    let cell = |index: usize| match places[index] {
        Some(place) => rows.field(place).map(|text| text.trim().to_owned()).map_err(Told::by_api),
        None => Ok(String::new()),
    };
    let layout = rows.layout();
    let day = cell(4)?;
    let occurred_on = match day.as_str() {
        "" => None,
        text => Some(layout.days.read(text).ok_or_else(|| Told::by_page(say("members-bad-day")))?),
    };
    let money = |text: &str| {
        let amount = table::amount(text, layout.decimal).ok_or_else(|| Told::by_page(say("members-bad-amount")))?;
        Ok::<_, Told>(MoneyBody { amount, currency: book.currency.code().to_owned() })
    };
    let request = NewProceedsRequest {
        kind: cell(0)?,
        label: cell(1)?,
        party: cell(2)?,
        on_credit: yes(cell(7)?)?,
        product: cell(8)?,
        units: Some(cell(9)?)
            .filter(|text| !text.is_empty())
            .map(|text| table::amount(&text, layout.decimal).ok_or_else(|| Told::by_page(say("members-bad-units"))))
            .transpose()?,
        place: cell(10)?,
        counterparty: cell(11)?,
        non_member: yes(cell(12)?)?,
        amount: money(&cell(3)?)?,
        vat: Some(cell(13)?).filter(|text| !text.is_empty()).map(|text| money(&text)).transpose()?,
        occurred_on,
        memo: cell(5)?,
        reference: cell(6)?,
    };
    request.parse().map_err(|problem| of_line(&problem))
}

/// Whether a cell says yes.
fn yes(cell: String) -> Result<bool, Told> {
    match cell.to_ascii_lowercase().as_str() {
        "" | "no" | "false" | "0" => Ok(false),
        text if YES.contains(&text) => Ok(true),
        _ => Err(Told::by_page(say("members-yes-or-no").with("cell", cell))),
    }
}

/// What recording all of them does, in a sentence.
fn effect(all: &[NewProceeds], book: &Book) -> Sentence {
    let total = |kind: ProceedsKind| {
        let minor: i128 = all.iter().filter(|new| new.kind == kind).map(|new| i128::from(new.amount.minor())).sum();
        Amount::of(minor, book.currency)
    };
    let (sales, costs) = (total(ProceedsKind::Sale), total(ProceedsKind::Cost));
    let count = all.len();
    Sentence::of(|| say("members-effect-table").with("count", count).with("sales", sales).with("costs", costs))
}

/// What a line is about.
fn named_line(new: &NewProceeds) -> String {
    let what = match new.kind {
        ProceedsKind::Sale => say("members-table-sale"),
        ProceedsKind::Cost => say("members-table-cost"),
    };
    what.with("label", &new.label).with("party", &new.party).into()
}

/// A line with what it comes to.
fn line(at: u64, new: Option<&NewProceeds>, says: Result<Told, Told>) -> Line {
    let is_wrong = says.is_err();
    let (Ok(says) | Err(says)) = says;
    let (what, amount, day, reference) = match new {
        Some(new) => (
            named_line(new),
            sum(new.amount.minor(), new.amount.currency()),
            new.occurred_on.map(|day| Day(day).to_string()).unwrap_or_default(),
            new.reference.clone(),
        ),
        None => (String::new(), String::new(), String::new(), String::new()),
    };
    Line { at, what, amount, day, reference, says, is_wrong }
}

/// What trying a line has come to, in words.
fn outcome(it: &Result<Tried, Problem>) -> Result<Told, Told> {
    match it {
        Ok(tried) if tried.was_known => Ok(Told::by_page(say("members-known"))),
        Ok(tried) => {
            let moved = |from: &str, to: &str| say("members-debit-to-credit").with("debit", from).with("credit", to);
            let written = tried.lines.iter().map(|line| moved(&line.debit, &line.credit).to_string());
            Ok(Told::by_page(written.collect::<Vec<_>>().join(", ")))
        }
        Err(problem) => Err(of_line(problem)),
    }
}

/// The lines with what each would come to: those that can be read are tried in their order.
async fn preview(state: &State, caller: &Caller, id: BookRef, read: &[Read]) -> Result<Vec<Line>, Problem> {
    let sound: Vec<NewProceeds> = read.iter().filter_map(|it| it.says.as_ref().ok()).cloned().collect();
    let mut outcomes = tried(state, caller, id, &sound).await?.into_iter();
    let mut lines = Vec::new();
    for it in read {
        lines.push(match &it.says {
            Ok(new) => {
                let would = outcomes.next().ok_or_else(Problem::internal)?;
                line(it.at, Some(new), outcome(&would))
            }
            Err(what) => line(it.at, None, Err(what.clone())),
        });
    }
    Ok(lines)
}

fn shown(book: &Book, effect: Effect, lines: Vec<Line>, form: Filled) -> TablePage {
    TablePage {
        book: book.reference(),
        name: book.name.clone(),
        currency: book.currency.code(),
        columns: COLUMNS.join(","),
        most: LINES_MAX,
        delimiters: delimiters(),
        decimals: DECIMALS,
        days: DAYS,
        effect,
        lines,
        form,
    }
}

/// The form into which lines are pasted.
#[route("/desk/cooperatives/{id}/proceeds/table", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
) -> Result<HttpResponse, Problem> {
    let book = of_cooperative(&state.client().await?, &caller, named(asked)?).await?;
    let form = [("delimiter", "comma"), ("decimal", "point"), ("days", "iso"), ("lines", "")];
    let form = Filled::fresh(&form.map(|(name, text)| (name, text.to_owned())));
    page(StatusCode::OK, &shown(&book, Effect::default(), Vec::new(), form))
}

/// What comes of the form.
enum Step {
    /// All were recorded.
    Done,
    /// What they would come to is shown first.
    Look(Effect, Vec<Line>),
}

/// Records all of them when that was read as it is now, and nothing is wrong with any; else shows what each comes to.
async fn take(state: &State, caller: &Caller, book: &Book, sent: &Fields) -> Result<Step, Problem> {
    let (id, read) = (book.reference(), read(sent, book)?);
    let all: Vec<NewProceeds> = read.iter().filter_map(|it| it.says.as_ref().ok()).cloned().collect();
    let is_whole = all.len() == read.len();
    let says = effect(&all, book);
    if is_whole && is_read(sent, &says) {
        let key = sent.key(&format!("/desk/cooperatives/{id}/proceeds/table"))?;
        match record_all_once(state, caller, id, &key, &all).await {
            Ok(_) => return Ok(Step::Done),
            // One of them is refused now: which one, its line says.
            Err(problem) if is_for_form(&problem) && !problem.is("idempotency-key-reused") => {}
            Err(problem) => return Err(problem),
        }
    }
    let lines = preview(state, caller, id, &read).await?;
    let is_sound = lines.iter().all(|line| !line.is_wrong);
    let has_changed = !sent.get("seen").is_empty() && !is_read(sent, &says);
    Ok(Step::Look(Effect { has_changed, ..Effect::fresh(if is_sound { says } else { Sentence::default() }) }, lines))
}

/// Takes what was pasted.
#[post("/desk/cooperatives/{id}/proceeds/table")]
pub(in crate::pages) async fn record(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = of_cooperative(&state.client().await?, &caller, id).await?;
    match take(&state, &caller, &book, &sent).await {
        Ok(Step::Done) => Ok(done(&format!("/desk/cooperatives/{id}?done=table"))),
        Ok(Step::Look(effect, lines)) => {
            let is_sound = !effect.says.is_empty();
            let status = if is_sound { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            page(status, &shown(&book, effect, lines, Filled::holding(sent)))
        }
        Err(problem) => {
            let of_form = |pointer: &str| Some(pointer.trim_start_matches('/').to_owned());
            let empty = async |again| Ok(shown(&book, Effect::default(), Vec::new(), again));
            or_again(problem, sent, of_form, empty).await
        }
    }
}
