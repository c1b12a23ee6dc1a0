//! Reports of a book, as of the end of a day or now.

use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::paging::{self, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Sight, read_accounts, sight};
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::civil::Date;
use ledger::id::BookRef;
use ledger::reports::operations::{self as reports, FundLine, IncomeLine, ReportLine, TrialBalanceLine};
use ledger::reports::rules::outside::TELLING;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// As of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// What counts until the end of this day; all that is recorded when it is not given.
    as_of: Option<Date>,
}

/// As of which day, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsOfPage {
    /// What counts until the end of this day; all that is recorded when it is not given.
    as_of: Option<Date>,
    /// Accounts of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
}

/// A page of a trial balance. All pages that one cursor leads to are of the same moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalance)]
pub struct TrialBalanceBody {
    as_of: Option<Date>,
    /// The last record that counts.
    through: i64,
    /// Accounts with a balance, by code.
    items: Vec<TrialBalanceLineBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// An account in a trial balance. One of the two amounts is zero.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalanceLine)]
pub struct TrialBalanceLineBody {
    code: String,
    /// What it is for.
    class: &'static str,
    debit: BalanceBody,
    credit: BalanceBody,
}

impl From<TrialBalanceLine> for TrialBalanceLineBody {
    fn from(line: TrialBalanceLine) -> TrialBalanceLineBody {
        TrialBalanceLineBody {
            class: line.class.as_str(),
            debit: BalanceBody::new(line.debit, line.unit),
            credit: BalanceBody::new(line.credit, line.unit),
            code: line.code,
        }
    }
}

/// Shows the trial balance.
#[utoipa::path(tag = "reports", params(("book" = String, Path, description = "The book"), AsOfPage),
    responses((status = 200, description = "A page, by code", body = TrialBalanceBody)))]
#[get("/v1/books/{book}/reports/trial-balance")]
pub(crate) async fn trial_balance(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<AsOfPage>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let AsOfPage { as_of, limit, cursor } = query.0;
    let window = Window::<(i64, String)>::parse(limit, cursor.as_deref())?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let (through, after) = window.after.as_ref().map_or((None, ""), |(through, code)| (Some(*through), code.as_str()));
    let read = reports::trial_balance_page(&client, &book, as_of, through, after, window.fetch()).await?;
    let through = read.through;
    let page = window.page(read.lines, |line| (through, line.code.clone()), TrialBalanceLineBody::from);
    let body = TrialBalanceBody { as_of, through, items: page.items, next_cursor: page.next_cursor };
    Ok(paging::respond(&body, body.next_cursor.as_deref(), &http))
}

/// An account in a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportLine)]
pub struct ReportLineBody {
    code: String,
    /// What it is for.
    class: &'static str,
    /// On its own side.
    balance: BalanceBody,
}

impl From<ReportLine> for ReportLineBody {
    fn from(line: ReportLine) -> ReportLineBody {
        let balance = BalanceBody::new(line.balance, line.unit);
        ReportLineBody { code: line.code, class: line.class.as_str(), balance }
    }
}

/// A balance sheet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BalanceSheet)]
pub struct BalanceSheetBody {
    as_of: Option<Date>,
    /// The last record that counts.
    through: i64,
    assets: Vec<ReportLineBody>,
    /// Money held for others is a liability.
    liabilities: Vec<ReportLineBody>,
    /// Without the result.
    equity: Vec<ReportLineBody>,
    /// One a currency: assets = liabilities + equity + result.
    totals: Vec<BalanceSheetTotalsBody>,
}

/// The sums of a currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BalanceSheetTotals)]
pub struct BalanceSheetTotalsBody {
    assets: BalanceBody,
    liabilities: BalanceBody,
    equity: BalanceBody,
    /// Income less expenses that no closing has moved to equity yet.
    result: BalanceBody,
}

/// Shows the balance sheet.
#[utoipa::path(tag = "reports", params(("book" = String, Path, description = "The book"), AsOf),
    responses((status = 200, description = "Whole; refused when it has more than 10,000 accounts", body = BalanceSheetBody)))]
#[get("/v1/books/{book}/reports/balance-sheet")]
pub(crate) async fn balance_sheet(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<AsOf>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let sheet = reports::balance_sheet(&client, &book, query.0.as_of).await?;
    let lines = |lines: Vec<ReportLine>| lines.into_iter().map(ReportLineBody::from).collect();
    let totals = sheet.totals.iter().map(|sums| BalanceSheetTotalsBody {
        assets: BalanceBody::new(sums.assets, sums.unit),
        liabilities: BalanceBody::new(sums.liabilities, sums.unit),
        equity: BalanceBody::new(sums.equity, sums.unit),
        result: BalanceBody::new(sums.result, sums.unit),
    });
    Ok(HttpResponse::Ok().json(BalanceSheetBody {
        as_of: query.0.as_of,
        through: sheet.through,
        totals: totals.collect(),
        assets: lines(sheet.assets),
        liabilities: lines(sheet.liabilities),
        equity: lines(sheet.equity),
    }))
}

/// From which day to which.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromTo {
    /// First day.
    from: Date,
    /// Last day, which counts.
    to: Date,
}

/// An income statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncomeStatement)]
pub struct IncomeStatementBody {
    from: Date,
    to: Date,
    /// The last record that counts.
    through: i64,
    income: Vec<IncomeLineBody>,
    expenses: Vec<IncomeLineBody>,
    /// One a currency.
    totals: Vec<IncomeTotalsBody>,
}

/// An income or expense account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncomeLine)]
pub struct IncomeLineBody {
    code: String,
    /// What it is for.
    class: &'static str,
    /// Earned or spent.
    amount: BalanceBody,
    /// Moved to surplus by closing a period; not taken off the amount.
    closed: BalanceBody,
}

impl From<IncomeLine> for IncomeLineBody {
    fn from(line: IncomeLine) -> IncomeLineBody {
        IncomeLineBody {
            class: line.class.as_str(),
            amount: BalanceBody::new(line.amount, line.unit),
            closed: BalanceBody::new(line.closed, line.unit),
            code: line.code,
        }
    }
}

/// The sums of a currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncomeTotals)]
pub struct IncomeTotalsBody {
    income: BalanceBody,
    expenses: BalanceBody,
    /// Income less expenses.
    result: BalanceBody,
    /// What closings on these days moved to surplus, of this result or an earlier one.
    closed: BalanceBody,
}

/// Shows what was earned and spent, with the closing of periods apart. Fees of single payments are left out for others than the book's own
/// people.
#[utoipa::path(tag = "reports", params(("book" = String, Path, description = "The book"), FromTo),
    responses((status = 200, description = "Whole; refused when it has more than 10,000 accounts",
               body = IncomeStatementBody)))]
#[get("/v1/books/{book}/reports/income-statement")]
pub(crate) async fn income_statement(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<FromTo>,
) -> Result<HttpResponse, Problem> {
    let FromTo { from, to } = query.0;
    let client = state.client().await?;
    let (book, sight) = sight(&client, &caller, *id).await?;
    let statement = reports::income_statement(&client, &book, from, to).await?;
    let statement = if sight == Sight::Sums { statement.without(TELLING) } else { statement };
    let lines = |lines: Vec<IncomeLine>| lines.into_iter().map(IncomeLineBody::from).collect();
    let totals = statement.totals.iter().map(|sums| IncomeTotalsBody {
        income: BalanceBody::new(sums.income, sums.unit),
        expenses: BalanceBody::new(sums.expenses, sums.unit),
        result: BalanceBody::new(sums.result, sums.unit),
        closed: BalanceBody::new(sums.closed, sums.unit),
    });
    Ok(HttpResponse::Ok().json(IncomeStatementBody {
        from,
        to,
        through: statement.through,
        totals: totals.collect(),
        income: lines(statement.income),
        expenses: lines(statement.expenses),
    }))
}

/// A fund report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FundReport)]
pub struct FundsBody {
    as_of: Option<Date>,
    /// Every fund, purse, pool and budget line that ever moved, by code.
    items: Vec<FundBody>,
}

/// What came for a purpose, what went, and what is there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fund)]
pub struct FundBody {
    code: String,
    /// What it is for.
    class: &'static str,
    /// What custodians captured for it.
    captured: BalanceBody,
    /// Of that, what they have paid over.
    settled: BalanceBody,
    /// What went to teams and winners, less what came back by revoked claims.
    released: BalanceBody,
    /// What went back to those who gave it.
    refunded: BalanceBody,
    /// From other purposes.
    moved_in: BalanceBody,
    /// To other purposes.
    moved_out: BalanceBody,
    /// All else, such as fees and lost disputes: in less out.
    other: BalanceBody,
    /// captured − released − refunded + moved in − moved out + other.
    balance: BalanceBody,
    /// The balance without what is captured and not yet settled. Milestones may have set parts of it aside.
    available: BalanceBody,
    /// The same by the ways in which the money moved.
    movements: Vec<FundMovementBody>,
}

/// What moved in one way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FundMovement)]
pub struct FundMovementBody {
    /// The way.
    kind: &'static str,
    /// Into the fund.
    into: BalanceBody,
    /// Out of it.
    out_of: BalanceBody,
}

impl From<FundLine> for FundBody {
    fn from(fund: FundLine) -> FundBody {
        let balance = |minor| BalanceBody::new(minor, fund.unit);
        FundBody {
            class: fund.class.as_str(),
            captured: balance(fund.captured),
            settled: balance(fund.settled),
            released: balance(fund.released),
            refunded: balance(fund.refunded),
            moved_in: balance(fund.moved_in),
            moved_out: balance(fund.moved_out),
            other: balance(fund.other),
            balance: balance(fund.balance),
            available: balance(fund.available),
            movements: fund
                .movements
                .iter()
                .map(|moved| FundMovementBody {
                    kind: moved.kind.as_str(),
                    into: balance(moved.into),
                    out_of: balance(moved.out_of),
                })
                .collect(),
            code: fund.code,
        }
    }
}

/// Shows for every purpose what came, what went, what is there and what may be spent. Of a public book with payments of people, others than its
/// own people see those of single payments as sums on the pages of the book only: they are left out here.
#[utoipa::path(tag = "reports", params(("book" = String, Path, description = "The book"), AsOf),
    responses((status = 200, description = "Whole; refused when it is too long", body = FundsBody)))]
#[get("/v1/books/{book}/reports/funds")]
pub(crate) async fn funds(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<AsOf>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, sight) = sight(&client, &caller, *id).await?;
    let funds = reports::funds(&client, &book, query.0.as_of).await?;
    let is_told = |fund: &FundLine| sight == Sight::Whole || !TELLING.contains(&fund.class);
    let items = funds.into_iter().filter(is_told).map(FundBody::from).collect();
    Ok(HttpResponse::Ok().json(FundsBody { as_of: query.0.as_of, items }))
}
