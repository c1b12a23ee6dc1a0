//! Looking for entries of a book by amount, day, number or what they are about.

use super::{Kind, LINES, day, explained, form_of, number, query};
use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::{Form, Sheet, Twinned, respond};
use crate::problem::Problem;
use crate::state::State;
use crate::texts::{Said, say};
use crate::visibility::{Sight, sight};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use ledger::Error;
use ledger::engine::store::books::Visibility;
use ledger::id::BookRef;
use ledger::reports::operations::{self as reports, Found, Search};
use serde::{Deserialize, Serialize};

/// What is looked for, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    #[serde(default)]
    amount: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    text: String,
    cursor: Option<String>,
}

#[derive(Template, Serialize)]
#[template(path = "book/search.html")]
struct SearchPage {
    book: BookRef,
    #[serde(skip)]
    book_name: String,
    as_of: Day,
    in_sums: bool,
    #[serde(skip)]
    typed: Typed,
    /// The field that cannot be read, and why.
    #[serde(skip)]
    wrong: Option<(String, String)>,
    lines: Vec<Line>,
    #[serde(skip)]
    explained: Vec<(Kind, Said)>,
    next: Option<String>,
}

/// A line that was found.
#[derive(Serialize)]
struct Line {
    entry: i64,
    day: Day,
    kind: Kind,
    debit: String,
    credit: String,
    amount: Amount,
}

impl Twinned for SearchPage {
    fn sheet(&self) -> Sheet {
        let row = |line: &Line| {
            vec![
                line.entry.to_string(),
                line.day.0.to_string(),
                line.kind.0.as_str().to_owned(),
                line.debit.clone(),
                line.credit.clone(),
                line.amount.plain(),
                line.amount.code(),
            ]
        };
        let columns = vec!["entry", "day", "kind", "debit", "credit", "amount", "currency"];
        Sheet { columns, rows: self.lines.iter().map(row).collect() }
    }
}

impl SearchPage {
    /// What is wrong with a field; empty when nothing is.
    fn wrong_with(&self, field: &str) -> &str {
        self.wrong.as_ref().filter(|(name, _)| name == field).map_or("", |(_, why)| why)
    }
}

impl Typed {
    fn search(&self) -> Result<(Search<'_>, Option<i64>), Error> {
        let given = |text: &str| !text.is_empty();
        let text = Some(self.text.trim()).filter(|text| given(text));
        let amount = Some(self.amount.trim()).filter(|text| given(text));
        let entry: Option<i64> = text.and_then(|text| text.parse().ok());
        let search = Search {
            amount,
            from: day("/from", Some(&self.from))?,
            to: day("/to", Some(&self.to))?,
            number: entry,
            reference: text.filter(|_| entry.is_none()),
        };
        Ok((search, number("/cursor", self.cursor.as_deref())?))
    }

    fn next(&self, before: i64) -> String {
        query(&[
            ("amount", &self.amount),
            ("from", &self.from),
            ("to", &self.to),
            ("text", &self.text),
            ("cursor", &before.to_string()),
        ])
    }
}

fn lines(found: &Found) -> Vec<Line> {
    let line = |(line, unit): &(ledger::engine::store::journal::JournalLine, ledger::money::Unit)| Line {
        entry: line.number,
        day: Day(line.effective),
        kind: Kind(line.kind),
        debit: line.debit.clone(),
        credit: line.credit.clone(),
        amount: Amount::of(line.amount, *unit),
    };
    found.lines.iter().map(line).collect()
}

async fn answer(
    state: &State,
    caller: &MaybeCaller,
    (id, form): (BookRef, Form),
    typed: Typed,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, sight) = sight(&client, caller, id).await?;
    let found = match typed.search() {
        Ok((asked, before)) => {
            let is_outside = sight == Sight::Sums;
            reports::search(&client, &book, is_outside, &asked, before, LINES).await
        }
        Err(wrong) => Err(wrong),
    };
    drop(client);
    let (found, wrong) = match found {
        Ok(found) => (found, None),
        Err(Error::Invalid { pointer, message }) if form == Form::Html => {
            let field = pointer.trim_start_matches('/').to_owned();
            let why = if field == "amount" { say("search-no-amount").to_string() } else { message };
            (Found { lines: Vec::new(), next: None }, Some((field, why)))
        }
        Err(error) => return Err(error.into()),
    };
    let shown = SearchPage {
        book: book.reference(),
        as_of: Day(book.today(ledger::calendar::now())),
        book_name: book.name,
        in_sums: sight == Sight::Sums,
        explained: explained(found.lines.iter().map(|(line, _)| line.kind)),
        lines: lines(&found),
        next: found.next.map(|before| typed.next(before)),
        typed,
        wrong,
    };
    if shown.wrong.is_some() {
        return crate::pages::page(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    }
    respond(request, form, &shown, book.visibility == Visibility::Public)
}

/// Looks for entries of a book.
#[route("/books/{id}/search", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    typed: Params<Typed>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer(&state, &caller, (*id, Form::Html), typed.0, &request).await
}

/// The same for programs.
#[route("/books/{id}/search.{form}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show_as(
    state: Data<State>,
    caller: MaybeCaller,
    path: Path<(BookRef, String)>,
    typed: Params<Typed>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, ending) = path.into_inner();
    answer(&state, &caller, (id, form_of(&ending)?), typed.0, &request).await
}
