//! What was put right in a book, the newest first: nothing is deleted, and so nothing is hidden.

use super::{LINES, form_of, number};
use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::pages::rendered;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::{self, Form, Sheet, Twinned, respond};
use crate::problem::Problem;
use crate::state::State;
use crate::texts::say;
use crate::visibility::{Sight, sight};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::{BookRef, CampaignId};
use ledger::payouts::store::payouts;
use ledger::reports::operations as reports;
use ledger::reports::store::corrections::{self, Correction, MissedGoal, What};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// So many campaigns that missed their goals are named.
const MISSED_MAX: i64 = 50;

/// Where the page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    cursor: Option<String>,
}

#[derive(Template, Serialize)]
#[template(path = "book/corrections.html")]
struct CorrectionsPage {
    book: BookRef,
    #[serde(skip)]
    book_name: String,
    as_of: Day,
    corrections: Vec<Row>,
    next: Option<i64>,
    late: Late,
    /// Campaigns that did not come to what they needed, the newest verdict first.
    missed_goals: Vec<Missed>,
}

/// A campaign that did not come to what it needed.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Missed {
    campaign: CampaignId,
    title: String,
    on: Day,
}

/// The same as a feed.
#[derive(Template)]
#[template(path = "book/corrections.xml")]
struct Feed<'a> {
    page: &'a CorrectionsPage,
    /// Where the service is reached, without a slash at its end; empty when it does not know.
    base: String,
}

/// Payouts that should have left a bank by now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Late {
    pub(super) payouts: i64,
    pub(super) since: Option<Day>,
}

/// Something that was put right.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    day: Day,
    /// What was wrong.
    wrong: String,
    /// What that changed.
    changed: String,
    /// Why, as whoever did it said; empty for those who may not read it.
    reason: String,
    amount: Option<Amount>,
    /// The entry that put it right.
    entry: i64,
    /// The entry that was wrong.
    reversed: Option<i64>,
    /// Whether the entries have pages for whoever reads this.
    #[serde(skip)]
    is_open: bool,
}

impl Row {
    fn new(of: Correction, sight: Sight, open: &HashSet<i64>) -> Row {
        let is_whole = sight == Sight::Whole;
        let (wrong, changed, amount, reversed, is_told) = match of.what {
            What::Entry { reversed } => (
                say("corrections-entry-wrong").with("entry", reversed),
                say("corrections-entry-reversed").with("entry", of.number),
                None,
                Some(reversed),
                is_whole,
            ),
            What::Distribution { reversed, from, to } => (
                say("corrections-distribution-wrong").with("from", Day(from)).with("to", Day(to)),
                say("corrections-distribution-back").with("entry", of.number),
                None,
                Some(reversed),
                is_whole,
            ),
            // Why a claim was revoked, everybody reads.
            What::Claim { milestone, amount } => (
                say("corrections-claim-revoked").with("milestone", milestone),
                say("corrections-claim-back"),
                Some(Amount::from(amount)),
                None,
                true,
            ),
        };
        let is_open = is_whole || open.contains(&of.number) && reversed.is_none_or(|entry| open.contains(&entry));
        let reason = if is_told { of.reason } else { String::new() };
        Row {
            day: Day(of.day),
            wrong: wrong.into(),
            changed: changed.into(),
            reason,
            amount,
            entry: of.number,
            reversed,
            is_open,
        }
    }
}

impl CorrectionsPage {
    /// The day of the newest thing that it tells; of a page without any, that of the page.
    fn newest(&self) -> jiff::civil::Date {
        let days = self.corrections.iter().map(|row| row.day.0).chain(self.missed_goals.iter().map(|it| it.on.0));
        days.max().unwrap_or(self.as_of.0)
    }
}

impl Twinned for CorrectionsPage {
    fn sheet(&self) -> Sheet {
        let row = |row: &Row| {
            vec![
                row.day.0.to_string(),
                row.wrong.clone(),
                row.changed.clone(),
                row.reason.clone(),
                row.amount.map(Amount::plain).unwrap_or_default(),
                row.amount.map(Amount::code).unwrap_or_default(),
                row.entry.to_string(),
                row.reversed.map(|entry| entry.to_string()).unwrap_or_default(),
            ]
        };
        let columns = vec!["day", "wrong", "changed", "reason", "amount", "currency", "entry", "reversed_entry"];
        Sheet { columns, rows: self.corrections.iter().map(row).collect() }
    }
}

/// The payouts of a book that are late.
pub(super) async fn late(client: &impl GenericClient, book: &Book) -> Result<Late, Error> {
    let figures = payouts::figures(client, book.id, book.today(ledger::calendar::now())).await?;
    Ok(Late { payouts: figures.late, since: figures.late_since.map(Day) })
}

async fn missed_goals(client: &impl GenericClient, book: &Book) -> Result<Vec<Missed>, Error> {
    let found = corrections::missed_goals(client, book.id, MISSED_MAX).await?;
    let missed = |it: MissedGoal| Missed { campaign: it.campaign, title: it.title, on: Day(book.day_of(it.at)) };
    Ok(found.into_iter().map(missed).collect())
}

async fn page(
    client: &impl GenericClient,
    book: &Book,
    sight: Sight,
    before: Option<i64>,
) -> Result<CorrectionsPage, Error> {
    let fetch = i64::try_from(LINES).unwrap_or(i64::MAX) + 1;
    let mut found = corrections::list(client, book.id, before.unwrap_or(i64::MAX), fetch).await?;
    let has_more = found.len() > LINES;
    found.truncate(LINES);
    let numbers = found.iter().flat_map(|of| match of.what {
        What::Entry { reversed } | What::Distribution { reversed, .. } => vec![of.number, reversed],
        What::Claim { .. } => vec![of.number],
    });
    let numbers: Vec<i64> = numbers.collect();
    let open = match sight {
        Sight::Whole => HashSet::new(),
        Sight::Sums => reports::open_entries(client, book, &numbers).await?,
    };
    Ok(CorrectionsPage {
        book: book.reference(),
        book_name: book.name.clone(),
        as_of: Day(book.today(ledger::calendar::now())),
        next: found.last().map(|last| last.number).filter(|_| has_more),
        corrections: found.into_iter().map(|of| Row::new(of, sight, &open)).collect(),
        late: late(client, book).await?,
        missed_goals: missed_goals(client, book).await?,
    })
}

/// Shows what was put right in a book.
#[route("/books/{id}/corrections", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    wanted: Params<Wanted>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let before = number("/cursor", wanted.0.cursor.as_deref())?;
    let client = state.client().await?;
    let (book, sight) = sight(&client, &caller, *id).await?;
    let shown = page(&client, &book, sight, before).await?;
    respond(&request, Form::Html, &shown, book.visibility == Visibility::Public)
}

/// The same for programs, and as a feed.
#[route("/books/{id}/corrections.{form}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show_as(
    state: Data<State>,
    caller: MaybeCaller,
    path: Path<(BookRef, String)>,
    wanted: Params<Wanted>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, ending) = path.into_inner();
    let is_feed = ending == "atom";
    let form = if is_feed { Form::Html } else { form_of(&ending)? };
    let before = number("/cursor", wanted.0.cursor.as_deref())?;
    let client = state.client().await?;
    let (book, sight) = sight(&client, &caller, id).await?;
    let shown = page(&client, &book, sight, before).await?;
    drop(client);
    let is_public = book.visibility == Visibility::Public;
    if !is_feed {
        return respond(&request, form, &shown, is_public);
    }
    let base = state.config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let feed = Feed { page: &shown, base: base.unwrap_or_default() };
    Ok(twins::feed(&request, rendered(&feed)?, is_public))
}
