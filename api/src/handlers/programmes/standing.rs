//! How a programme stands: what was planned and spent, what came for it, and who works in it.

use super::plans::readable;
use crate::auth::MaybeCaller;
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, MoneyBody};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use jiff::civil::Date;
use ledger::id::ProgrammeId;
use ledger::money::{Currency, Money};
use ledger::programmes::operations::reports::{self, Standing};
use ledger::programmes::rules::report::{LineReport, Month};
use ledger::programmes::store::programmes;
use serde::Serialize;
use utoipa::ToSchema;

/// A month of a programme, or of one of its lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeMonth)]
pub struct MonthBody {
    /// Its first day.
    month: Date,
    /// Planned for all of it.
    planned: BalanceBody,
    /// Spent in it so far; less than zero where more came back than went.
    spent: BalanceBody,
    /// The version of the plan that holds in it.
    version: i32,
}

impl MonthBody {
    fn new(it: &Month, currency: Currency) -> MonthBody {
        let balance = |minor: i128| BalanceBody::new(minor, currency);
        MonthBody {
            month: it.month,
            planned: balance(it.planned.into()),
            spent: balance(it.spent),
            version: it.version,
        }
    }
}

/// A line of a programme with what was spent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeLineReport)]
pub struct LineReportBody {
    name: String,
    /// Code of the account that says what was spent.
    account: String,
    /// What is to be spent in all.
    amount: MoneyBody,
    /// What of it was planned by the day: all of the months that are over, and of the one that runs the part of its days, rounded down.
    planned: BalanceBody,
    /// What was spent by the day, in the months of the line.
    spent: BalanceBody,
    /// `planned` less `spent`: less than zero where more was spent than planned.
    variance: BalanceBody,
    months: Vec<MonthBody>,
}

impl LineReportBody {
    fn new(it: &LineReport, currency: Currency) -> Result<LineReportBody, ledger::Error> {
        let balance = |minor: i128| BalanceBody::new(minor, currency);
        let amount = Money::from_minor(it.line.amount, currency)
            .map_err(|error| ledger::Error::inconsistent(format!("a line of a programme: {error}")))?;
        Ok(LineReportBody {
            name: it.line.name.clone(),
            account: it.line.account.clone(),
            amount: amount.into(),
            planned: balance(it.planned.into()),
            spent: balance(it.spent),
            variance: balance(i128::from(it.planned) - it.spent),
            months: it.months.iter().map(|month| MonthBody::new(month, currency)).collect(),
        })
    }
}

/// From where a part of the money of a programme comes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeSource)]
pub struct SourceBody {
    /// Code of the account.
    account: String,
    /// What came and was not given back. Gifts count as everybody may know of them: once five givers are together; the newest wait.
    came: BalanceBody,
    /// What of it is still there.
    has: BalanceBody,
}

/// Places of a programme, and how many work there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeStaff)]
pub struct StaffBody {
    title: String,
    /// How many places there are.
    people: u16,
    /// How many work there today.
    working: i64,
}

/// A programme today, by the book's own day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeReport)]
pub struct ReportBody {
    /// The book's own day, which counts as over.
    as_of: Date,
    lines: Vec<LineReportBody>,
    /// Its months, over all lines.
    months: Vec<MonthBody>,
    /// What is to be spent in all.
    amount: MoneyBody,
    /// What of it was planned by today.
    planned: BalanceBody,
    /// What was spent by today.
    spent: BalanceBody,
    /// `planned` less `spent`.
    variance: BalanceBody,
    /// What is spent in a month: the mean of the newest months that are over, three at most, rounded down. Null before one is over.
    burn: Option<BalanceBody>,
    /// What is there to spend: what came from its sources, or what is planned in all where it names none; less what was spent.
    left: BalanceBody,
    /// The day on which that ends at this burn, of which twelve make a year of 365 days; null where nothing is spent, and beyond a hundred years.
    ends_on: Option<Date>,
    sources: Vec<SourceBody>,
    staff: Vec<StaffBody>,
}

impl ReportBody {
    fn new(it: &Standing, amount: Money) -> Result<ReportBody, ledger::Error> {
        let currency = amount.currency();
        let balance = |minor: i128| BalanceBody::new(minor, currency);
        let report = &it.report;
        Ok(ReportBody {
            as_of: report.as_of,
            lines: report.lines.iter().map(|line| LineReportBody::new(line, currency)).collect::<Result<_, _>>()?,
            months: report.months.iter().map(|month| MonthBody::new(month, currency)).collect(),
            amount: amount.into(),
            planned: balance(report.planned),
            spent: balance(report.spent),
            variance: balance(report.planned - report.spent),
            burn: report.burn.map(balance),
            left: balance(report.left),
            ends_on: report.ends_on,
            sources: it
                .sources
                .iter()
                .map(|it| SourceBody { account: it.account.clone(), came: balance(it.came), has: balance(it.has) })
                .collect(),
            staff: it
                .staff
                .iter()
                .map(|it| StaffBody { title: it.place.title.clone(), people: it.place.people, working: it.working })
                .collect(),
        })
    }
}

/// Reports how a programme stands today: its plan month by month against what the book says was spent, how fast, for how long the money
/// lasts, what came for it, and how many work in it. A line is held against the entries on its account in its months, without the closing
/// of results. All of it is read from the book; for those who may read it.
#[utoipa::path(tag = "programmes", operation_id = "report_programme",
    params(("id" = String, Path, description = "The programme")),
    responses((status = 200, description = "The report", body = ReportBody)))]
#[get("/v1/programmes/{id}/report")]
pub(crate) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<ProgrammeId>,
) -> Result<HttpResponse, Problem> {
    let body = state
        .in_transaction(async |tx| {
            let book = readable(tx, &caller, *id).await?;
            let found = programmes::get(tx, *id, book.currency).await?;
            let standing = reports::standing(tx, &state.whole_sums, &book, &found, ledger::calendar::now()).await?;
            ReportBody::new(&standing, found.amount)
        })
        .await?;
    Ok(HttpResponse::Ok().json(body))
}
