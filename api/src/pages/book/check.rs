//! Whether we can be believed: per public book, what is held beside what is owed, what banks say, payouts that are late, and how anybody
//! checks it.

use super::corrections::{Late, late};
use super::form_of;
use crate::pages::pictures::HeldOwed;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::{Form, Sheet, Twinned, respond};
use crate::problem::Problem;
use crate::state::State;
use crate::texts::say;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::book::Mode;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookId, BookRef};
use ledger::parties::store::organisations;
use ledger::payouts::operations::custodian_check;
use ledger::reports::operations as reports;
use ledger::treasury::store::custodians;
use serde::Serialize;

/// So many books are shown; the list of the API has all.
const BOOKS_MAX: usize = 20;

#[derive(Template, Serialize)]
#[template(path = "book/check.html")]
struct CheckPage {
    books: Vec<BookCheck>,
    has_more: bool,
}

/// A book that everybody may read.
#[derive(Serialize)]
struct BookCheck {
    id: BookRef,
    name: String,
    is_sandbox: bool,
    as_of: Day,
    /// Whether payments are told in sums, and what is held beyond what is owed in steps.
    in_sums: bool,
    /// None where there are more accounts than are summed for one answer.
    holds: Option<Vec<Holds>>,
    /// How many custodians' money is frozen.
    frozen: usize,
    late: Late,
    banks: Vec<Bank>,
}

/// A currency of it.
#[derive(Serialize)]
struct Holds {
    held: Amount,
    owed: Amount,
    beyond: Amount,
    is_enough: bool,
    #[serde(skip)]
    picture: HeldOwed,
}

/// What the bank of a custodian said last.
#[derive(Serialize)]
struct Bank {
    custodian: String,
    day: Day,
    /// None of a book whose payments are told in sums: cash moves with single payments.
    figures: Option<BankFigures>,
    is_explained: bool,
}

/// What a bank and the book have at the end of a day.
#[derive(Serialize)]
struct BankFigures {
    at_bank: Amount,
    in_book: Amount,
    open_lines: i64,
    unexplained: Amount,
}

impl Twinned for CheckPage {
    fn sheet(&self) -> Sheet {
        let mut rows = Vec::new();
        for book in &self.books {
            for it in book.holds.iter().flatten() {
                let (held, owed, beyond) = (it.held.plain(), it.owed.plain(), it.beyond.plain());
                let day = book.as_of.0.to_string();
                let late = book.late.payouts.to_string();
                rows.push(vec![book.id.to_string(), book.name.clone(), day, held, owed, beyond, it.held.code(), late]);
            }
        }
        let columns = vec!["book", "name", "as_of", "held", "owed", "beyond", "currency", "late_payouts"];
        Sheet { columns, rows }
    }
}

fn holds(number: usize, of: &reports::Held) -> Holds {
    let (held, owed) = (Amount::of(of.held, of.unit), Amount::of(of.owed, of.unit));
    let title = say("check-picture").with("held", held).with("owed", owed).to_string();
    Holds {
        picture: HeldOwed::new(number, of.held, of.owed, &title),
        beyond: Amount::of(of.beyond(), of.unit),
        is_enough: of.beyond() >= 0,
        held,
        owed,
    }
}

/// What banks said last; without figures where payments are told in sums.
async fn banks(client: &impl GenericClient, book: &Book, in_sums: bool) -> Result<Vec<Bank>, Error> {
    let today = book.today(ledger::calendar::now());
    let mut banks = Vec::new();
    for it in custodian_check::check(client, book, today).await? {
        let custodian = organisations::find(client, it.custodian).await?;
        let figures = BankFigures {
            at_bank: Amount::of(it.at_bank, it.currency),
            in_book: Amount::of(it.in_book, it.currency),
            open_lines: it.open.lines,
            unexplained: Amount::of(it.unexplained, it.currency),
        };
        banks.push(Bank {
            custodian: custodian.map(|custodian| custodian.name).unwrap_or_default(),
            day: Day(it.on),
            figures: (!in_sums).then_some(figures),
            is_explained: it.unexplained == 0,
        });
    }
    Ok(banks)
}

async fn check(client: &impl GenericClient, book: &Book, before: usize) -> Result<BookCheck, Error> {
    let in_sums = reports::is_in_sums(client, book).await?;
    let found = if in_sums { reports::held_in_sums(client, book).await } else { reports::held(client, book).await };
    let found = match found {
        Ok(found) => Some(found),
        // Its reports are too large to be summed at once.
        Err(Error::Refused(_)) => None,
        Err(error) => return Err(error),
    };
    let numbered =
        |found: Vec<reports::Held>| found.iter().zip(before..).map(|(of, number)| holds(number, of)).collect();
    Ok(BookCheck {
        id: book.reference(),
        name: book.name.clone(),
        is_sandbox: matches!(book.mode, Mode::Sandbox),
        as_of: Day(book.today(ledger::calendar::now())),
        in_sums,
        holds: found.map(numbered),
        frozen: custodians::list_standing(client, book.id).await?.len(),
        late: late(client, book).await?,
        banks: banks(client, book, in_sums).await?,
    })
}

async fn answer(state: &State, form: Form, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let fetch = i64::try_from(BOOKS_MAX).unwrap_or(i64::MAX) + 1;
    let mut open = books::list_readable(&client, None, BookId::INSTALLATION, fetch).await?;
    let has_more = open.len() > BOOKS_MAX;
    open.truncate(BOOKS_MAX);
    let mut checked: Vec<BookCheck> = Vec::with_capacity(open.len());
    for book in &open {
        let before = checked.iter().flat_map(|book| &book.holds).map(Vec::len).sum();
        checked.push(check(&client, book, before).await?);
    }
    drop(client);
    respond(request, form, &CheckPage { books: checked, has_more }, true)
}

/// Shows what everybody may check.
#[route("/check", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    answer(&state, Form::Html, &request).await
}

/// The same for programs.
#[route("/check.{form}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show_as(
    state: Data<State>,
    ending: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer(&state, form_of(&ending)?, &request).await
}
