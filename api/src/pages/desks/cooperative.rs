//! A cooperative on the desk of its people: what the open period has come to, the last distributions, and what each of them may do here.

pub(in crate::pages) mod distribute;
pub(in crate::pages) mod hours;
pub(in crate::pages) mod membership;
pub(in crate::pages) mod opening;
mod other_work;
pub(in crate::pages) mod proceeds;
pub(in crate::pages) mod redemptions;
pub(in crate::pages) mod share;
pub(in crate::pages) mod table;
pub(in crate::pages) mod take_back;
pub(in crate::pages) mod votes;

use super::distribution::in_a_word;
use super::{named, sum};
use crate::auth::Caller;
use crate::extract::Params;
use crate::handlers::cooperatives::members::{cooperative, visible_members};
use crate::pages::forms::{Fields, wrong};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::visibility;
use crate::who_may::{CONTRIBUTORS, KEEPERS, MEMBER};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::cooperatives::operations::results::{self, OpenPeriod};
use ledger::cooperatives::rules::distribution::Distribution;
use ledger::cooperatives::store::{distributions, hours as hour_rows, members};
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, DistributionId, MemberId};
use ledger::parties::rules::role::OrganisationKind;
use ledger::parties::store::organisations;
use serde::Deserialize;

/// So many distributions are shown, the youngest.
const SHOWN: i64 = 12;

#[derive(Template)]
#[template(path = "desks/cooperative.html")]
struct CooperativePage {
    book: BookRef,
    name: String,
    /// What was done just now; empty otherwise.
    done: String,
    open: Open,
    distributions: Vec<Row>,
    keeps: bool,
    is_member: bool,
    /// Whether hours are theirs to write down.
    contributes: bool,
    /// Whether the book itself is theirs to read.
    reads: bool,
}

/// The period that no result counts yet.
struct Open {
    /// Its days; empty when everything up to today is closed.
    days: String,
    lines: Vec<(Said, String)>,
    net: String,
    hours_wait: bool,
}

/// A distribution.
struct Row {
    id: DistributionId,
    period: String,
    net: String,
    state: Said,
}

/// What was done just now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Lately {
    done: Option<String>,
}

impl Lately {
    /// In a sentence.
    fn says(&self) -> String {
        match self.done.as_deref() {
            Some("table") => say("members-done-table").into(),
            Some("result") => say("members-done-result").into(),
            Some(_) | None => String::new(),
        }
    }
}

/// The book of a cooperative, for those whom the row of the page lets in; that of another organisation is none.
pub(super) async fn of_cooperative(client: &impl GenericClient, caller: &Caller, id: BookRef) -> Result<Book, Error> {
    let book = cooperative(client, caller, id).await?;
    let owner = organisations::find(client, book.organisation).await?;
    match owner {
        Some(owner) if owner.kind == OrganisationKind::Cooperative => Ok(book),
        Some(_) | None => Err(Error::NotFound("cooperative")),
    }
}

/// The member whom a form names by number; none where it names none.
pub(super) async fn member_of(
    client: &impl GenericClient,
    book: &Book,
    sent: &Fields,
) -> Result<Option<MemberId>, Problem> {
    let Some(number) = sent.given("number") else { return Ok(None) };
    let unknown = || wrong("/number", say("members-no-such-number"));
    let number: i32 = number.trim().parse().map_err(|_| unknown())?;
    let found = members::of_numbers(client, book.id, &[number]).await?;
    found.first().map(|member| Some(member.id)).ok_or_else(unknown)
}

/// Days from the first to the last, for people.
pub(super) fn days(from: jiff::civil::Date, to: jiff::civil::Date) -> String {
    if from == to {
        return Day(from).to_string();
    }
    say("members-days").with("from", Day(from)).with("to", Day(to)).into()
}

impl Open {
    fn new(it: &OpenPeriod, book: &Book, hours_wait: bool) -> Open {
        let amount = |minor: i64| Amount::of(minor, book.currency).to_string();
        let closing = &it.closing;
        let mut lines =
            vec![(say("members-sales"), amount(closing.sales)), (say("members-costs"), amount(-closing.costs))];
        if closing.other_income > 0 {
            lines.push((say("members-other-income"), amount(closing.other_income)));
        }
        if closing.other_costs > 0 {
            lines.push((say("members-other-costs"), amount(-closing.other_costs)));
        }
        if closing.loss_before > 0 {
            lines.push((say("members-losses"), amount(-closing.loss_before)));
        }
        Open {
            days: it.period.map(|period| days(period.from, period.to)).unwrap_or_default(),
            lines,
            net: amount(closing.net()),
            hours_wait,
        }
    }
}

impl Row {
    fn new(it: &Distribution) -> Row {
        Row {
            id: it.id,
            period: days(it.period.from, it.period.to),
            net: sum(it.net(), it.currency),
            state: in_a_word(&it.state),
        }
    }
}

/// The cooperative, for whoever has to do with its proceeds.
#[route("/desk/cooperatives/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Lately>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, named(asked)?).await?;
    let sees_drafts = visible_members(&client, &caller, &book).await?.is_none();
    let open = results::open_period(&client, &book, ledger::calendar::now()).await?;
    let recent = distributions::recent(&client, book.id, sees_drafts, SHOWN).await?;
    let has = async |roles| caller.has_role(&client, book.organisation, roles).await;
    let shown = CooperativePage {
        book: book.reference(),
        done: query.0.says(),
        open: Open::new(&open, &book, hour_rows::any_waits(&client, book.id).await?),
        distributions: recent.iter().map(Row::new).collect(),
        keeps: has(KEEPERS).await?,
        is_member: has(MEMBER).await?,
        contributes: has(CONTRIBUTORS).await?,
        reads: visibility::reads(&client, &caller, &book).await?,
        name: book.name,
    };
    page(StatusCode::OK, &shown)
}
