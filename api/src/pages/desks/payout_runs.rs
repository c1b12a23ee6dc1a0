//! Runs of payouts on the desk of a book's keepers: those that there are, and a new one, which is asked for once it was read whom it pays
//! and how much.

use super::host::{is_ticked, kept_book};
use super::{named, sum};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::payouts::runs::{NewPayoutRun, create_once, tried};
use crate::idempotency::{Scope, has_come};
use crate::pages::forms::{Effect, Fields, Filled, Sentence, answered, done, is_for_form, wrong};
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
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, PayoutRunId};
use ledger::parties::rules::role::OrganisationKind;
use ledger::parties::store::organisations;
use ledger::payouts::rules::run::{Run, RunState};
use ledger::payouts::store::runs::{self, Debt};

/// So many runs are shown, the youngest.
const SHOWN: i64 = 50;

/// So many payees are named before a run is asked for.
const NAMED: usize = 200;

/// What a run may pay, with the words of its boxes.
fn sources() -> [(&'static str, Said); 4] {
    [
        ("member", say("payout-source-member")),
        ("lender", say("payout-source-lender")),
        ("team", say("payout-source-team")),
        ("prize", say("payout-source-prize")),
    ]
}

#[derive(Template)]
#[template(path = "desks/payout_runs.html")]
struct RunsPage {
    book: BookRef,
    name: String,
    currency: &'static str,
    runs: Vec<Row>,
    sources: [(&'static str, Said); 4],
    /// What asking for it does; empty before it was looked at.
    effect: Effect,
    /// Whom it would pay, and how much.
    owed: Vec<(String, String)>,
    /// How many more it would pay.
    more: usize,
    form: Filled,
}

/// A run.
struct Row {
    id: PayoutRunId,
    what: String,
    state: Said,
    on: Day,
}

/// How a run stands, in words.
pub(super) fn standing(state: RunState) -> Said {
    match state {
        RunState::Gathering => say("payout-run-gathering"),
        RunState::Ready => say("payout-run-ready"),
        RunState::Done => say("payout-run-done"),
        RunState::Cancelled => say("payout-run-cancelled"),
    }
}

/// So many payouts.
pub(super) fn payouts(count: impl Into<i64>) -> String {
    say("payout-many").with("count", count.into()).into()
}

impl Row {
    fn new(it: &Run, book: &Book) -> Row {
        Row {
            id: it.id,
            what: say("payout-run-heading")
                .with("count", payouts(it.payouts))
                .with("total", sum(it.total, it.currency))
                .into(),
            state: standing(it.state),
            on: Day(book.day_of(it.requested_at)),
        }
    }
}

/// What a form says, as a request of the API.
fn request(sent: &Fields, book: &Book) -> Result<NewPayoutRun, Problem> {
    let sources: Vec<_> =
        sources().into_iter().map(|(source, _)| source).filter(|source| is_ticked(sent, source)).collect();
    if sources.is_empty() {
        return Err(wrong("/sources", say("payout-tick-what")));
    }
    let currency = book.currency.code().to_owned();
    let minimum = sent
        .has("minimum")
        .then(|| sent.number("minimum"))
        .map(|amount| MoneyBody { amount, currency: currency.clone() });
    Ok(NewPayoutRun {
        sources: sources.into_iter().map(str::to_owned).collect(),
        currency,
        minimum,
        custodian: None,
        cash: sent.given("cash"),
        memo: sent.get("memo").trim().to_owned(),
    })
}

/// What asking for it does, in a sentence.
fn effect(owed: &[Debt], book: &Book) -> Sentence {
    let total: i128 = owed.iter().map(|debt| i128::from(debt.owed)).sum();
    let count = i64::try_from(owed.len()).unwrap_or(i64::MAX);
    let total = Amount::of(total, book.currency);
    Sentence::of(|| say("payout-effect").with("many", payouts(count)).with("total", total))
}

/// The field that a JSON Pointer of a new run means.
fn field_of(pointer: &str) -> Option<String> {
    match pointer.trim_start_matches('/').split('/').next() {
        Some("sources") => Some("member".to_owned()),
        Some(name @ ("minimum" | "cash" | "memo")) => Some(name.to_owned()),
        Some(_) | None => None,
    }
}

async fn shown(state: &State, book: &Book, effect: Effect, owed: &[Debt], form: Filled) -> Result<RunsPage, Problem> {
    let rows = runs::recent(&state.client().await?, book.id, SHOWN).await?;
    let named = owed.iter().take(NAMED);
    Ok(RunsPage {
        book: book.reference(),
        name: book.name.clone(),
        currency: book.currency.code(),
        runs: rows.iter().map(|run| Row::new(run, book)).collect(),
        sources: sources(),
        effect,
        owed: named.map(|debt| (debt.code.clone(), Amount::of(debt.owed, book.currency).bare())).collect(),
        more: owed.len().saturating_sub(NAMED),
        form,
    })
}

/// The runs of a book, and the form for a new one.
#[route("/desk/books/{id}/payout-runs", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
) -> Result<HttpResponse, Problem> {
    let book = kept_book(&state, &caller, named(asked)?).await?;
    let owner = organisations::find(&state.client().await?, book.organisation).await?;
    let is_cooperative = owner.is_some_and(|owner| owner.kind == OrganisationKind::Cooperative);
    let form = Filled::fresh(&[(if is_cooperative { "member" } else { "team" }, "yes".to_owned())]);
    page(StatusCode::OK, &shown(&state, &book, Effect::default(), &[], form).await?)
}

/// What comes of the form.
enum Step {
    Done(HttpResponse),
    Look(Effect, Vec<Debt>),
}

/// Asks for it when whom it pays was read as it is now; else shows that. What was asked for before is answered as it was then.
async fn take(state: &State, caller: &Caller, book: &Book, sent: &Fields) -> Result<Step, Problem> {
    let (id, new) = (book.reference(), request(sent, book)?);
    let key = sent.key(&format!("/desk/books/{id}/payout-runs"))?;
    if !has_come(state, &key, Scope::Book(id.book), caller.id()).await? {
        let owed = tried(state, caller, id, &new).await?;
        if owed.is_empty() {
            return Err(wrong("/sources", say("payout-nothing-owed")));
        }
        if let Some(unread) = Effect::unread(sent, effect(&owed, book)) {
            let has_changed = sent.has("seen");
            return Ok(Step::Look(Effect { has_changed, ..unread }, owed));
        }
    }
    create_once(state, caller, id, &key, &new).await.map(Step::Done)
}

/// Takes the form of a new run.
#[post("/desk/books/{id}/payout-runs")]
pub(in crate::pages) async fn create(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let book = kept_book(&state, &caller, id).await?;
    match take(&state, &caller, &book, &sent).await {
        Ok(Step::Done(made)) => {
            let made: serde_json::Value = answered(made)?;
            let id = made["id"].as_str().ok_or_else(Problem::internal)?;
            Ok(done(&format!("/desk/payout-runs/{id}")))
        }
        Ok(Step::Look(effect, owed)) => {
            page(StatusCode::OK, &shown(&state, &book, effect, &owed, Filled::holding(sent)).await?)
        }
        Err(problem) if is_for_form(&problem) => {
            let again = Filled::again(sent, &problem, field_of);
            let shown = shown(&state, &book, Effect::default(), &[], again).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(problem) => Err(problem),
    }
}
