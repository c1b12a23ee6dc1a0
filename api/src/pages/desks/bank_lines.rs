//! The lines of the bank on the desk of a book's keepers: those that nobody knows yet, and for each the form that says what it is.

use super::{named, sum};
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::payouts::bank_lines::{BookBankLine, UnbookBankLine, book_once, unbook_once};
use crate::pages::forms::{Fields, Filled, done, or_again, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::visibility::{book_of, kept};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::cooperatives::store::members;
use ledger::engine::store::books::Book;
use ledger::id::{BankLineId, BookRef};
use ledger::parties::rules::role::OrganisationKind;
use ledger::parties::store::organisations;
use ledger::payouts::rules::bank_line::{BankLine, BookedAs, Direction, LineState, OtherSide, Why};
use ledger::payouts::store::bank_lines;
use ledger::reports::operations::first_under;
use serde::Deserialize;

/// So many open lines are shown, the oldest.
const OPEN: i64 = 100;

/// So many lines that are explained are shown, the youngest.
const EXPLAINED: i64 = 20;

/// So many customers or suppliers are named beside the form.
const NAMED: i64 = 100;

#[derive(Template)]
#[template(path = "desks/bank_lines.html")]
struct LinesPage {
    name: String,
    open: Vec<Row>,
    /// Whether there are more than are shown.
    more: bool,
    explained: Vec<Row>,
    /// Whether one was booked just now.
    done: bool,
}

/// A line.
struct Row {
    id: BankLineId,
    what: Said,
    on: Day,
    stands: Said,
    reference: String,
}

#[derive(Template)]
#[template(path = "desks/bank_line.html")]
struct LinePage {
    id: BankLineId,
    book: BookRef,
    name: String,
    line: Row,
    facts: Vec<(Said, String)>,
    /// The entry that has it; none while it is open.
    entry: Option<i64>,
    /// What it may be said to be; none when that is known, or nobody is asked.
    kinds: Vec<(&'static str, Said)>,
    /// Who owes something, or is owed: the short name, and how much.
    owing: Vec<(String, String)>,
    /// Whether a person has said what it is, and may take it back.
    booked: bool,
    form: Filled,
}

/// What was done just now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Lately {
    done: Option<String>,
}

/// Which way the money went, and how much it was.
fn moved(it: &BankLine) -> Said {
    let said = match it.told.direction {
        Direction::Debit => say("bankline-left"),
        Direction::Credit => say("bankline-came"),
    };
    said.with("amount", sum(it.moved(), it.told.amount.currency()))
}

fn in_words(kind: BookedAs) -> Said {
    match kind {
        BookedAs::BankFee => say("bankline-bank-fee"),
        BookedAs::Interest => say("bankline-bank-paid"),
        BookedAs::Entry => say("bankline-entry"),
        BookedAs::CustomerPaid => say("bankline-customer-paid"),
        BookedAs::CostPaid => say("bankline-cost-paid"),
        BookedAs::LoanReceived => say("bankline-loan-received"),
        BookedAs::LoanRepaid => say("bankline-loan-repaid"),
        BookedAs::CapitalPaidIn => say("bankline-capital-paid-in"),
    }
}

fn standing(state: LineState) -> Said {
    match state {
        LineState::Open(Why::ReferenceUnknown) => say("bankline-reference-unknown"),
        LineState::Open(Why::AmountDiffers) => say("bankline-amount-differs"),
        LineState::Open(Why::StateDiffers) => say("bankline-state-differs"),
        LineState::Open(Why::CashShort) => say("bankline-cash-short"),
        LineState::Open(Why::Reversal) => say("bankline-reversal"),
        LineState::Open(Why::CustodianFrozen) => say("bankline-custodian-frozen"),
        LineState::Matched { .. } => say("bankline-matched"),
        LineState::Gift { .. } => say("bankline-gift"),
        LineState::Suspense { .. } => say("bankline-suspense"),
        LineState::Booked { kind, .. } => in_words(kind),
    }
}

/// The entry by which the book knows a line.
fn entry_of(state: LineState) -> Option<i64> {
    match state {
        LineState::Open(_) => None,
        LineState::Matched { entry, .. }
        | LineState::Gift { entry, .. }
        | LineState::Suspense { entry, .. }
        | LineState::Booked { entry, .. } => Some(entry),
    }
}

impl Row {
    fn new(it: &BankLine) -> Row {
        Row {
            id: it.id,
            what: moved(it),
            on: Day(it.told.value_on),
            stands: standing(it.state),
            reference: it.told.reference.clone(),
        }
    }
}

/// What a line may be said to be: money goes the same way, and what has somebody on its other side is of a cooperative.
fn kinds(it: &BankLine, is_cooperative: bool) -> Vec<(&'static str, Said)> {
    let fits = |kind: &&BookedAs| {
        let goes = kind.direction().is_none_or(|goes| goes == it.told.direction);
        let is_for = match kind.other_side() {
            OtherSide::Bank | OtherSide::Entry => true,
            OtherSide::Named | OtherSide::Member => is_cooperative,
        };
        goes && is_for
    };
    BookedAs::ALL.iter().filter(fits).map(|kind| (kind.as_str(), in_words(*kind))).collect()
}

/// Who owes something of what came, or is owed of what left.
async fn owing(
    client: &impl GenericClient,
    book: &Book,
    direction: Direction,
) -> Result<Vec<(String, String)>, Problem> {
    let roots: &[&str] = match direction {
        Direction::Debit => &["liabilities:costs", "liabilities:loan"],
        Direction::Credit => &["assets:receivable:customer"],
    };
    let mut all = Vec::new();
    for root in roots {
        for line in first_under(client, book, root, NAMED).await? {
            let Some(name) = line.code.strip_prefix(root).and_then(|rest| rest.strip_prefix(':')) else { continue };
            all.push((name.to_owned(), sum(line.debit.max(line.credit), book.currency)));
        }
    }
    Ok(all)
}

async fn shown(client: &impl GenericClient, book: Book, id: BankLineId, form: Filled) -> Result<LinePage, Problem> {
    let it = bank_lines::get(client, id).await?;
    let is_open =
        matches!(it.state, LineState::Open(_) | LineState::Suspense { .. }) && it.custodian == book.organisation;
    let owner = organisations::find(client, book.organisation).await?;
    let is_cooperative = owner.is_some_and(|owner| owner.kind == OrganisationKind::Cooperative);
    let facts = [
        (say("bankline-fact-state"), standing(it.state).to_string()),
        (say("bankline-fact-party"), it.party.clone()),
        (say("bankline-fact-reference"), it.told.reference.clone()),
        (say("bankline-fact-end-to-end"), it.told.end_to_end.clone()),
        (say("bankline-fact-for"), it.besides.creditor_reference.clone()),
    ];
    Ok(LinePage {
        id,
        book: book.reference(),
        facts: facts.into_iter().filter(|(_, says)| !says.is_empty()).collect(),
        entry: entry_of(it.state),
        kinds: if is_open { kinds(&it, is_cooperative) } else { Vec::new() },
        owing: if is_open && is_cooperative { owing(client, &book, it.told.direction).await? } else { Vec::new() },
        booked: matches!(it.state, LineState::Booked { .. }),
        line: Row::new(&it),
        name: book.name,
        form,
    })
}

/// The book of a line, for its keepers.
async fn book_kept(client: &impl GenericClient, caller: &Caller, id: BankLineId) -> Result<Book, Problem> {
    let book = book_of(client, id.book, "bank line").await?;
    caller.require_role(client, book.organisation, "bank line").await?;
    Ok(book)
}

/// What a form says, as a request of the API: a member is named by number, and an entry too.
async fn request(client: &impl GenericClient, book: &Book, sent: &Fields) -> Result<BookBankLine, Problem> {
    let kind: BookedAs = sent.get("what").parse().map_err(|_| wrong("/booked_as", say("bankline-say-what")))?;
    let (mut party, mut entry) = (sent.given("with"), None);
    match kind.other_side() {
        OtherSide::Bank | OtherSide::Named => {}
        OtherSide::Entry => {
            let number = party.take().and_then(|number| number.parse().ok());
            entry = Some(number.ok_or_else(|| wrong("/entry", say("bankline-say-entry")))?);
        }
        OtherSide::Member => {
            let unknown = || wrong("/party", say("members-no-such-number"));
            let number: i32 = party.take().and_then(|number| number.parse().ok()).ok_or_else(unknown)?;
            let found = members::of_numbers(client, book.id, &[number]).await?;
            party = Some(found.first().ok_or_else(unknown)?.id.to_string());
        }
    }
    Ok(BookBankLine { booked_as: kind.to_string(), entry, party, reason: sent.get("reason").trim().to_owned() })
}

/// The field that a JSON Pointer of what a line is means.
fn field_of(pointer: &str) -> Option<String> {
    match pointer {
        "/booked_as" => Some("what".to_owned()),
        "/party" | "/entry" => Some("with".to_owned()),
        "/reason" => Some("reason".to_owned()),
        _ => None,
    }
}

/// The line with its form again, with what was typed and what is wrong.
async fn shown_again(
    state: &State,
    book: Book,
    id: BankLineId,
    problem: Problem,
    sent: Fields,
) -> Result<HttpResponse, Problem> {
    or_again(problem, sent, field_of, async |again| shown(&state.client().await?, book, id, again).await).await
}

/// The lines of a book, for its keepers: those that nobody knows yet, and the last ones that somebody or something has explained.
#[route("/desk/books/{id}/bank-lines", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn list(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Lately>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = kept(&client, &caller, named(asked)?).await?;
    let mut open = bank_lines::unexplained(&client, book.id, OPEN + 1).await?;
    let most = usize::try_from(OPEN).unwrap_or(usize::MAX);
    let more = open.len() > most;
    open.truncate(most);
    let explained = bank_lines::recently_explained(&client, book.id, EXPLAINED).await?;
    let shown = LinesPage {
        open: open.iter().map(Row::new).collect(),
        more,
        explained: explained.iter().map(Row::new).collect(),
        done: query.0.done.as_deref() == Some("booked"),
        name: book.name,
    };
    page(StatusCode::OK, &shown)
}

/// A line: what the bank says of it, and the form that says what it is.
#[route("/desk/bank-lines/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BankLineId>,
) -> Result<HttpResponse, Problem> {
    let (client, id) = (state.client().await?, named(asked)?);
    let book = book_kept(&client, &caller, id).await?;
    page(StatusCode::OK, &shown(&client, book, id, Filled::fresh(&[])).await?)
}

/// Books a line as what the form says that it is, and leads to the others.
#[post("/desk/bank-lines/{id}/book")]
pub(in crate::pages) async fn book_it(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BankLineId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (client, id, sent) = (state.client().await?, named(asked)?, Fields::new(form.0));
    let book = book_kept(&client, &caller, id).await?;
    let leads_to = format!("/desk/books/{}/bank-lines?done=booked", book.reference());
    let said = request(&client, &book, &sent).await;
    // Booking takes a connection of its own.
    drop(client);
    let booked = async {
        let key = sent.key(&format!("/desk/bank-lines/{id}/book"))?;
        book_once(&state, &caller, id, &key, &said?).await
    };
    match booked.await {
        Ok(_) => Ok(done(&leads_to)),
        Err(problem) => shown_again(&state, book, id, problem, sent).await,
    }
}

/// Takes back what a line was booked as: it is open again.
#[post("/desk/bank-lines/{id}/unbook")]
pub(in crate::pages) async fn take_back(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BankLineId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (client, id, sent) = (state.client().await?, named(asked)?, Fields::new(form.0));
    let book = book_kept(&client, &caller, id).await?;
    drop(client);
    let path = format!("/desk/bank-lines/{id}");
    let why = UnbookBankLine { reason: sent.get("reason").trim().to_owned() };
    let undone = async { unbook_once(&state, &caller, id, &sent.key(&format!("{path}/unbook"))?, &why).await };
    match undone.await {
        Ok(_) => Ok(done(&path)),
        Err(problem) => shown_again(&state, book, id, problem, sent).await,
    }
}
