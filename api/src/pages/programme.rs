//! A programme for whoever may read its book: what was planned and spent, line by line and month by month, for how long the money lasts,
//! from where it comes, and how many people work in it.

use super::pictures::{Pair, PlanBars};
use super::shown::{self, Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use crate::auth::MaybeCaller;
use crate::handlers::programmes::plans::readable;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use ledger::Error;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::{BookRef, ProgrammeId};
use ledger::parties::store::organisations;
use ledger::programmes::operations::reports::{self, Standing};
use ledger::programmes::rules::programme::Programme;
use ledger::programmes::rules::revision::{Version, replaced_by};
use ledger::programmes::store::{programmes, revisions};
use serde::Serialize;

#[derive(Template, Serialize)]
#[template(path = "programme.html")]
struct ProgrammePage {
    id: ProgrammeId,
    book: BookRef,
    name: String,
    about: String,
    host: String,
    as_of: Day,
    from: Day,
    to: Day,
    /// Why it was withdrawn, and when; none while it stands.
    withdrawn: Option<WithdrawnView>,
    amount: Amount,
    planned: Amount,
    spent: Amount,
    /// What is spent in a month; none before one is over.
    burn: Option<Amount>,
    left: Amount,
    /// Whether anything is.
    #[serde(skip)]
    has_left: bool,
    /// The day on which that ends; none where it does not.
    ends_on: Option<Day>,
    lines: Vec<LineRow>,
    months: Vec<MonthRow>,
    /// The versions of its plan but the first, the oldest first.
    revisions: Vec<RevisionRow>,
    #[serde(skip)]
    bars: PlanBars,
    sources: Vec<SourceRow>,
    staff: Vec<StaffRow>,
}

#[derive(Serialize)]
struct WithdrawnView {
    on: Day,
    reason: String,
}

#[derive(Serialize)]
struct LineRow {
    name: String,
    account: String,
    /// Whether the account is there already, with a page of its own.
    #[serde(skip)]
    is_open: bool,
    amount: Amount,
    planned: Amount,
    spent: Amount,
    /// What was planned less what was spent.
    variance: Amount,
}

#[derive(Serialize)]
struct MonthRow {
    /// Such as `2031-05`.
    month: String,
    /// For people: May 2031.
    #[serde(skip)]
    name: String,
    planned: Amount,
    spent: Amount,
    /// The version of the plan that holds in it.
    version: i32,
    /// Whether it is the first month of that version.
    #[serde(skip)]
    is_first: bool,
}

/// A later version of the plan.
#[derive(Serialize)]
struct RevisionRow {
    version: i32,
    /// The first month in which it holds, such as `2031-05`.
    from_month: String,
    #[serde(skip)]
    from: String,
    amount: Amount,
    reason: String,
    on: Day,
    /// The version that took its place from its first month on; none where it holds, or will.
    replaced_by: Option<i32>,
}

impl RevisionRow {
    /// A version as it is shown; none for the first, which nobody revised.
    fn new(it: &Version, all: &[Version], book: &Book) -> Option<RevisionRow> {
        Some(RevisionRow {
            replaced_by: replaced_by(all, it).map(|later| later.number),
            version: it.number,
            from_month: it.from_month.strftime("%Y-%m").to_string(),
            from: shown::month_and_year(it.from_month),
            amount: Amount::of(it.amount, book.currency),
            reason: it.reason.clone()?,
            on: Day(book.day_of(it.at)),
        })
    }
}

#[derive(Serialize)]
struct SourceRow {
    account: String,
    #[serde(skip)]
    is_open: bool,
    came: Amount,
    has: Amount,
}

#[derive(Serialize)]
struct StaffRow {
    title: String,
    people: u16,
    working: i64,
}

impl Twinned for ProgrammePage {
    fn sheet(&self) -> Sheet {
        let row = |it: &MonthRow| {
            vec![it.month.clone(), it.planned.plain(), it.spent.plain(), it.planned.code(), it.version.to_string()]
        };
        Sheet {
            columns: vec!["month", "planned", "spent", "currency", "version"],
            rows: self.months.iter().map(row).collect(),
        }
    }
}

impl ProgrammePage {
    fn new(book: &Book, host: String, (it, versions): (Programme, Vec<Version>), standing: Standing) -> ProgrammePage {
        let amount = |minor: i128| Amount::of(minor, book.currency);
        let report = standing.report;
        let withdrawn = it.withdrawn.as_ref();
        let pair = |month: &ledger::programmes::rules::report::Month| Pair {
            planned: month.planned.into(),
            spent: (month.month <= report.as_of).then_some(month.spent),
            label: shown::short_month(month.month),
        };
        ProgrammePage {
            id: it.id,
            book: book.reference(),
            host,
            as_of: Day(report.as_of),
            from: Day(it.first_month),
            to: Day(it.last_day()),
            withdrawn: withdrawn.map(|of| WithdrawnView { on: Day(book.day_of(of.at)), reason: of.reason.clone() }),
            amount: it.amount.into(),
            planned: amount(report.planned),
            spent: amount(report.spent),
            burn: report.burn.map(amount),
            left: amount(report.left),
            has_left: report.left > 0,
            ends_on: report.ends_on.map(Day),
            lines: report
                .lines
                .iter()
                .map(|it| LineRow {
                    is_open: standing.accounts.contains(&it.line.account),
                    name: it.line.name.clone(),
                    account: it.line.account.clone(),
                    amount: amount(it.line.amount.into()),
                    planned: amount(it.planned.into()),
                    spent: amount(it.spent),
                    variance: amount(i128::from(it.planned) - it.spent),
                })
                .collect(),
            bars: PlanBars::new(report.months.iter().map(pair).collect(), say("programme-picture").to_string()),
            months: report
                .months
                .iter()
                .enumerate()
                .map(|(place, it)| MonthRow {
                    is_first: place == 0 || report.months[place - 1].version != it.version,
                    month: it.month.strftime("%Y-%m").to_string(),
                    name: shown::month_and_year(it.month),
                    planned: amount(it.planned.into()),
                    spent: amount(it.spent),
                    version: it.version,
                })
                .collect(),
            revisions: versions.iter().filter_map(|it| RevisionRow::new(it, &versions, book)).collect(),
            sources: standing
                .sources
                .into_iter()
                .map(|it| SourceRow {
                    is_open: standing.accounts.contains(&it.account),
                    account: it.account,
                    came: amount(it.came),
                    has: amount(it.has),
                })
                .collect(),
            staff: standing
                .staff
                .into_iter()
                .map(|it| StaffRow { title: it.place.title, people: it.place.people, working: it.working })
                .collect(),
            name: it.name,
            about: it.about,
        }
    }
}

/// Shows a programme.
#[route("/programmes/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<ProgrammeId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (shown, is_public) = state
        .in_transaction(async |tx| {
            let book = readable(tx, &caller, asked.id).await?;
            let found = programmes::get(tx, asked.id, book.currency).await?;
            let standing = reports::standing(tx, &state.whole_sums, &book, &found, ledger::calendar::now()).await?;
            let host = organisations::find(tx, book.organisation).await?.ok_or(Error::NotFound("programme"))?;
            let versions = revisions::list(tx, asked.id).await?;
            let shown = ProgrammePage::new(&book, host.name, (found, versions), standing);
            Ok((shown, book.visibility == Visibility::Public))
        })
        .await?;
    respond(&request, asked.form, &shown, is_public)
}
