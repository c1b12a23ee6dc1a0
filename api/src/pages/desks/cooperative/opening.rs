//! The opening of a cooperative's book that was kept elsewhere before: its balances are pasted as a table, looked at, and written down.

use super::of_cooperative;
use super::table::{DECIMALS, delimiters, layout};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::openings::{NewOpeningRequest, OpeningBalanceBody, open_once, tried};
use crate::pages::desks::named;
use crate::pages::forms::{Effect, Fields, Filled, Sentence, done, or_again, wrong};
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
use ledger::cooperatives::operations::openings::{BALANCES_MAX, NewOpening};
use ledger::cooperatives::rules::opening::Opening;
use ledger::cooperatives::store::openings;
use ledger::engine::store::books::Book;
use ledger::id::BookRef;
use ledger::table::{self, Rows};

/// The columns of the table.
const COLUMNS: [&str; 2] = ["account", "amount"];

#[derive(Template)]
#[template(path = "desks/cooperative/opening.html")]
struct OpeningPage {
    book: BookRef,
    name: String,
    currency: &'static str,
    columns: String,
    most: usize,
    delimiters: [(&'static str, Said); 3],
    decimals: [(&'static str, &'static str); 2],
    /// The opening that stands: what it says, and its entry.
    standing: Option<(String, i64)>,
    /// What writing it down does; empty before it was looked at.
    effect: Effect,
    /// The balances as they were read: account and amount.
    lines: Vec<(String, String)>,
    form: Filled,
}

/// The balances of what was pasted.
fn balances(sent: &Fields, book: &Book) -> Result<Vec<OpeningBalanceBody>, Problem> {
    let about_lines = |what: String| Problem::invalid("/balances", what);
    let text = sent.get("balances").trim();
    let mut rows = Rows::new(text.as_bytes(), layout(sent)?).map_err(|broken| about_lines(broken.what))?;
    let [account, amount] = COLUMNS.map(|column| rows.place(column));
    let (account, amount) = (account.map_err(about_lines)?, amount.map_err(about_lines)?);
    let mut all = Vec::new();
    while rows.read().map_err(|broken| about_lines(format!("line {}: {}", broken.at, broken.what)))? {
        if all.len() == BALANCES_MAX {
            return Err(wrong("/balances", say("members-lines-most").with("most", BALANCES_MAX)));
        }
        let cell = |place: usize| rows.field(place).map_err(|what| about_lines(format!("line {}: {what}", rows.at())));
        let (code, typed) = (cell(account)?.trim().to_owned(), cell(amount)?.trim().to_owned());
        let Some(amount) = table::amount(&typed, rows.layout().decimal) else {
            return Err(wrong(
                "/balances",
                say("members-opening-bad-amount").with("line", rows.at()).with("cell", typed),
            ));
        };
        let amount = MoneyBody { amount, currency: book.currency.code().to_owned() };
        all.push(OpeningBalanceBody { account: code, amount });
    }
    if all.is_empty() { Err(wrong("/balances", say("members-no-line"))) } else { Ok(all) }
}

/// What a form says, as a request of the API.
fn request(sent: &Fields, book: &Book) -> Result<NewOpeningRequest, Problem> {
    let no_day = || wrong("/on", say("forms-day-such-as").with("day", "2026-12-31"));
    let day = |text: String| text.parse::<Date>().map_err(|_| no_day());
    Ok(NewOpeningRequest {
        on: sent.given("on").map(day).transpose()?,
        balances: balances(sent, book)?,
        memo: sent.get("memo").trim().to_owned(),
    })
}

/// What writing it down does, in a sentence.
fn effect(new: &NewOpening, book: &Book) -> Sentence {
    let sum_of = |root: &str| -> i128 {
        let below = new.balances.iter().filter(|(code, _)| code.starts_with(root));
        below.map(|(_, amount)| i128::from(amount.minor())).sum()
    };
    let (assets, loss) = (sum_of("assets:"), sum_of("expenses:"));
    let on = |day: Date| say("members-on-day").with("day", Day(day));
    Sentence::of(|| {
        say(if loss == 0 { "members-effect-opening" } else { "members-effect-opening-loss" })
            .with("assets", Amount::of(assets, book.currency))
            .with("loss", Amount::of(loss, book.currency))
            .with("count", new.balances.len())
            .with("day", new.opened_on.map_or_else(|| say("members-today"), on))
    })
}

/// The field that a JSON Pointer of a new opening means; of a balance, the table.
fn field_of(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
    ["on", "balances", "memo", "delimiter", "decimal"].contains(&name).then(|| name.to_owned())
}

fn standing(it: &Opening) -> (String, i64) {
    let says = say("members-opened").with("day", Day(it.opened_on)).with("assets", Amount::from(it.assets));
    (says.into(), it.entry)
}

fn shown(book: &Book, effect: Effect, lines: Vec<(String, String)>, form: Filled) -> OpeningPage {
    OpeningPage {
        book: book.reference(),
        name: book.name.clone(),
        currency: book.currency.code(),
        columns: COLUMNS.join(","),
        most: BALANCES_MAX,
        delimiters: delimiters(),
        decimals: DECIMALS,
        standing: None,
        effect,
        lines,
        form,
    }
}

/// The form into which the balances are pasted, or the opening that stands.
#[route("/desk/cooperatives/{id}/opening", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, named(asked)?).await?;
    let stands = openings::standing(&client, &book).await?.as_ref().map(standing);
    let day = book.today(ledger::calendar::now()).to_string();
    let fields = [("delimiter", "comma"), ("decimal", "point"), ("balances", ""), ("on", &*day)];
    let form = Filled::fresh(&fields.map(|(name, text)| (name, text.to_owned())));
    page(StatusCode::OK, &OpeningPage { standing: stands, ..shown(&book, Effect::default(), Vec::new(), form) })
}

/// Opens the book, if its effect was read as it is now; else shows what was read, and whether it is in balance.
#[post("/desk/cooperatives/{id}/opening")]
pub(in crate::pages) async fn open(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = of_cooperative(&state.client().await?, &caller, id).await?;
    let path = format!("/desk/cooperatives/{id}/opening");
    let taken = async {
        let new = request(&sent, &book)?;
        let parsed = new.parse()?;
        if let Some(unread) = Effect::unread(&sent, effect(&parsed, &book)) {
            tried(&state, &caller, id, &parsed).await??;
            let has_changed = !sent.get("seen").is_empty();
            let line = |(code, amount): &(String, _)| (code.clone(), Amount::from(*amount).bare());
            let lines = parsed.balances.iter().map(line).collect();
            return Ok(Step::Look(Effect { has_changed, ..unread }, lines));
        }
        open_once(&state, &caller, id, &sent.key(&path)?, &new).await.map(|_| Step::Done)
    };
    match taken.await {
        Ok(Step::Done) => Ok(done(&path)),
        Ok(Step::Look(effect, lines)) => page(StatusCode::OK, &shown(&book, effect, lines, Filled::holding(sent))),
        Err(problem) => {
            let empty = async |again| Ok(shown(&book, Effect::default(), Vec::new(), again));
            or_again(problem, sent, field_of, empty).await
        }
    }
}

/// What comes of the form.
enum Step {
    /// The book is open.
    Done,
    /// What was read is shown first.
    Look(Effect, Vec<(String, String)>),
}
