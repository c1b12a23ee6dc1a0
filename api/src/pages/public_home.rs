//! The first page, for everybody: what became of all money in public books, what is new, and how to find a receipt.

use super::page;
use super::pictures::{Ends, MoneyWay};
use super::shown::{Amount, Day};
use super::twins::{Form as Wanted, Sheet, Twinned, respond};
use crate::auth::MaybeCaller;
use crate::extract::Form;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::book::Mode;
use ledger::challenges::store::challenges;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, ChallengeId, MilestoneId};
use ledger::milestones::store::milestones;
use ledger::money::Currency;
use ledger::pledging::rules::donor_link::LinkToken;
use ledger::reports::operations::{Figures, PublicFigures, WholeSums, public_figures};
use ledger::reports::store::public_totals::{self, Happened};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The text that names what is held.
const HELD: &str = "home-held";

/// So many news stand on the page.
const NEWS_MAX: i64 = 20;

/// So many books are named.
const BOOKS_SHOWN: usize = 20;

/// How long news are new.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is news of those events that everybody reads.
const NEWS: [&str; 3] = ["release.posted", "award.posted", "clawback.open"];

#[derive(Template, Serialize)]
#[template(path = "public_home.html")]
struct Home {
    /// The latest day of a book that is summed up; none when no book is public.
    as_of: Option<Day>,
    /// `live`, or `sandbox` where no live book is public.
    mode: Mode,
    /// Of how many books this is the sum.
    book_count: usize,
    /// Whether there are more public books than were summed up.
    has_more: bool,
    currencies: Vec<CurrencyShown>,
    news: Vec<News>,
    books: Vec<BookShown>,
    #[serde(skip)]
    is_signed_in: bool,
    /// The code of a receipt as it was typed, and what is wrong with it.
    #[serde(skip)]
    code: String,
    #[serde(skip)]
    error: String,
}

/// What became of all money of one currency.
#[derive(Serialize)]
struct CurrencyShown {
    currency: String,
    figures: Vec<FigureRow>,
    #[serde(skip)]
    way: MoneyWay,
}

/// A figure, and what it is.
#[derive(Serialize)]
struct FigureRow {
    #[serde(skip)]
    text: &'static str,
    name: Said,
    amount: Amount,
    meaning: Said,
}

/// Something that happened.
#[derive(Serialize)]
struct News {
    on: Day,
    kind: String,
    what: String,
    amount: Option<Amount>,
    book: String,
    href: String,
}

#[derive(Serialize)]
struct BookShown {
    id: BookRef,
    name: String,
}

impl Twinned for Home {
    fn sheet(&self) -> Sheet {
        let row = |figure: &FigureRow| vec![figure.name.to_string(), figure.amount.plain(), figure.amount.code()];
        Sheet {
            columns: vec!["what", "amount", "currency"],
            rows: self.currencies.iter().flat_map(|of| of.figures.iter().map(row)).collect(),
        }
    }
}

impl Home {
    async fn of(client: &impl GenericClient, sums: &WholeSums, wall: Timestamp) -> Result<Home, Error> {
        let PublicFigures { mode, books, has_more, figures } = public_figures(client, sums).await?;
        Ok(Home {
            as_of: books.iter().map(|book| Day(book.today(wall))).max(),
            mode,
            book_count: books.len(),
            has_more,
            currencies: figures.into_values().map(|(currency, figures)| shown(currency, &figures)).collect(),
            news: news(client, &books, wall).await?,
            books: books.into_iter().take(BOOKS_SHOWN).map(book_shown).collect(),
            is_signed_in: false,
            code: String::new(),
            error: String::new(),
        })
    }

    /// How many books are not named.
    fn unnamed(&self) -> usize {
        self.book_count - self.books.len()
    }

    fn is_sandbox(&self) -> bool {
        matches!(self.mode, Mode::Sandbox)
    }

    /// The figure of the title: what is held, of the first currency.
    fn headline(&self) -> String {
        let held = self.currencies.first().and_then(|of| of.figures.iter().find(|figure| figure.text == HELD));
        held.map(|figure| say("home-headline").with("amount", figure.amount).to_string()).unwrap_or_default()
    }
}

fn book_shown(book: Book) -> BookShown {
    BookShown { id: book.reference(), name: book.name }
}

fn shown(currency: Currency, of: &Figures) -> CurrencyShown {
    let row = |text, minor: i128, meaning| FigureRow {
        text,
        name: say(text),
        amount: Amount::of(minor, currency),
        meaning: say(meaning),
    };
    let mut figures = vec![
        row("home-collected", of.collected, "home-collected-means"),
        row("home-released", of.released, "home-released-means"),
        row("home-paid", of.paid, "home-paid-means"),
        row("home-returned", of.returned, "home-returned-means"),
        row(HELD, of.held, "home-held-means"),
    ];
    if of.other() != 0 {
        figures.push(row("home-other", of.other(), "home-other-means"));
    }
    let ends = Ends {
        collected: of.collected,
        paid: of.paid,
        owed: of.released - of.paid,
        held: of.held,
        returned: of.returned,
        other: of.other(),
    };
    let title = say("home-picture").with("amount", Amount::of(of.collected, currency)).to_string();
    let key = currency.code().to_ascii_lowercase();
    CurrencyShown { currency: currency.code().to_owned(), figures, way: MoneyWay::new(ends, &key, title) }
}

/// What happened in these books this week.
async fn news(client: &impl GenericClient, books: &[Book], wall: Timestamp) -> Result<Vec<News>, Error> {
    let by_id: BTreeMap<i32, &Book> = books.iter().map(|book| (book.id.0, book)).collect();
    let ids: Vec<_> = books.iter().map(|book| book.id).collect();
    let since = wall.checked_sub(WEEK).unwrap_or(Timestamp::MIN);
    let mut news = Vec::new();
    for one in public_totals::newest(client, &ids, &NEWS, since, NEWS_MAX).await? {
        if let Some(book) = by_id.get(&one.book.0) {
            news.extend(told(client, book, &one).await?);
        }
    }
    Ok(news)
}

async fn told(client: &impl GenericClient, book: &Book, one: &Happened) -> Result<Option<News>, Error> {
    let id = |fact: &str| one.facts.get(fact).and_then(|id| id.as_str()).and_then(|id| id.parse::<Uuid>().ok());
    let kind = one.kind.to_string();
    let (what, href) = match (id("milestone"), id("challenge")) {
        (Some(milestone), _) => {
            let milestone = milestones::get(client, MilestoneId::new(book.id, milestone)).await?;
            let done = if kind == "release.posted" { "home-released-for" } else { "home-revoked" };
            (say(done).with("milestone", &milestone.name).to_string(), format!("/milestones/{}", milestone.id))
        }
        (None, Some(challenge)) => {
            let challenge = challenges::get(client, ChallengeId::new(book.id, challenge)).await?;
            (
                say("home-awarded").with("challenge", &challenge.title).to_string(),
                format!("/challenges/{}", challenge.id),
            )
        }
        (None, None) => return Ok(None),
    };
    let minor = one.facts.get("amount").and_then(serde_json::Value::as_i64);
    let currency = one.facts.get("currency").and_then(|code| code.as_str()?.parse::<Currency>().ok());
    let amount = minor.zip(currency).map(|(minor, currency)| Amount::of(minor, currency));
    Ok(Some(News { on: Day(book.day_of(one.at)), kind, what, amount, book: book.name.clone(), href }))
}

async fn answer(
    state: &State,
    caller: &MaybeCaller,
    form: Wanted,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let shown = Home {
        is_signed_in: caller.0.is_some(),
        ..Home::of(&client, &state.whole_sums, ledger::calendar::now()).await?
    };
    drop(client);
    respond(request, form, &shown, true)
}

/// The first page.
#[route("/", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer(&state, &caller, Wanted::Html, &request).await
}

/// The same for programs.
#[route("/home.json", method = "GET", method = "HEAD")]
pub(super) async fn json(
    state: Data<State>,
    caller: MaybeCaller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer(&state, &caller, Wanted::Json, &request).await
}

/// Its figures as a table.
#[route("/home.csv", method = "GET", method = "HEAD")]
pub(super) async fn csv(
    state: Data<State>,
    caller: MaybeCaller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer(&state, &caller, Wanted::Csv, &request).await
}

/// The code of a receipt, as it was typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    code: String,
}

/// Leads to a receipt by its code, or by the whole link of its mail. Whether there is one is told there.
#[post("/receipts")]
pub(super) async fn find_receipt(
    state: Data<State>,
    caller: MaybeCaller,
    form: Form<Typed>,
) -> Result<HttpResponse, Problem> {
    if let Some(code) = code_of(&form.0.code) {
        return Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/receipts/{code}"))).finish());
    }
    let client = state.client().await?;
    let typed: String = form.0.code.trim().chars().take(CODE_MAX).collect();
    let shown = Home {
        is_signed_in: caller.0.is_some(),
        code: typed,
        error: say("home-no-code").to_string(),
        ..Home::of(&client, &state.whole_sums, ledger::calendar::now()).await?
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// No link of ours is longer.
const CODE_MAX: usize = 300;

/// The code in what somebody typed: alone, or at the end of a link.
fn code_of(typed: &str) -> Option<&str> {
    let code = typed.trim().trim_end_matches('/').rsplit('/').next()?;
    let is_plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    (is_plain && code.parse::<LinkToken>().is_ok()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_receipt_is_found_alone_or_at_the_end_of_its_link() {
        let code = "1f-Abc_de-9";
        for typed in [
            code.to_owned(),
            format!(" {code}\n"),
            format!("https://purse.example/receipts/{code}"),
            format!("{code}/"),
        ] {
            assert_eq!(code_of(&typed), Some(code), "{typed}");
        }
        for wrong in
            ["", "/", "abc", "1-", "1-a b", "1-a?x", "1-a\r\nSet-Cookie: x", "0-abc", "1-%2e", "//evil.example/1-a.b"]
        {
            assert_eq!(code_of(wrong), None, "{wrong}");
        }
        assert_eq!(code_of(&"9".repeat(100_000)), None);
    }
}
