//! Whether custodians have at their banks what the book says.

use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::read_accounts;
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use jiff::civil::Date;
use ledger::id::{BookRef, OrganisationId};
use ledger::payouts::operations::custodian_check::{self, Check};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// As of when it is looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CheckedAsOf {
    /// What banks said by this day; by today when it is left out.
    #[param(value_type = Option<String>, format = "date")]
    as_of: Option<Date>,
}

/// What a custodian has at its bank and in the book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustodianCheck)]
pub struct CheckBody {
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// The day of the bank's last closing balance, at whose end both are compared. With several accounts, the oldest of their days.
    #[schema(value_type = String, format = "date")]
    day: Date,
    /// How many accounts the bank told a closing balance of.
    accounts: i64,
    /// What these balances come to.
    bank_balance: BalanceBody,
    /// The custodian's cash in the book at the end of the day; of the host, what has a short name too.
    book_cash: BalanceBody,
    /// How many lines of statements up to the day are open: the bank has booked them, and the book has not.
    open_lines: i64,
    /// The day of the first of them; null without any.
    #[schema(value_type = Option<String>, format = "date")]
    open_since: Option<Date>,
    /// What came by open lines.
    open_credits: BalanceBody,
    /// What left by open lines.
    open_debits: BalanceBody,
    /// Payouts that were sent by the day and have not left the bank by then: they are in both balances still.
    payouts_in_transit: BalanceBody,
    /// What two people have moved of differences by the day, so that a period could close: more than zero where the bank had more, less where it had less.
    /// The book's cash has it, and nothing explains it yet.
    moved_differences: BalanceBody,
    /// What is left of the difference: the bank's balance, less the book's cash but what was moved, and less what came by open lines, and what left by
    /// them.
    unexplained: BalanceBody,
}

impl From<Check> for CheckBody {
    fn from(it: Check) -> CheckBody {
        let money = |minor: i128| BalanceBody::new(minor, it.currency);
        CheckBody {
            custodian: it.custodian,
            day: it.on,
            accounts: it.accounts,
            bank_balance: money(it.at_bank),
            book_cash: money(it.in_book),
            open_lines: it.open.lines,
            open_since: it.open.since,
            open_credits: money(it.open.came),
            open_debits: money(it.open.left),
            payouts_in_transit: money(it.in_transit),
            moved_differences: money(it.moved),
            unexplained: money(it.unexplained),
        }
    }
}

/// The checks of a book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustodianChecks)]
pub struct ChecksBody {
    /// By which day banks said it.
    #[schema(value_type = String, format = "date")]
    as_of: Date,
    /// By custodian and currency; none of custodians of whose accounts no file with a closing balance is in.
    checks: Vec<CheckBody>,
}

/// Compares what the banks of custodians said last with the cash that they have in the book, per custodian and currency, at the end of the
/// day of the bank's closing balance. What is neither in an open line nor in the book is unexplained.
/// Of a public book with payments of people, its own people alone read it; the page `/check` tells everybody whether both agree.
#[utoipa::path(tag = "bank-statements", params(("book" = String, Path, description = "The book"), CheckedAsOf),
    responses((status = 200, description = "As of a day", body = ChecksBody)))]
#[get("/v1/books/{book}/reports/custodian-check")]
pub(crate) async fn check(
    state: Data<State>,
    caller: MaybeCaller,
    book: Path<BookRef>,
    query: Params<CheckedAsOf>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *book).await?;
    let as_of = query.0.as_of.unwrap_or_else(|| book.today(ledger::calendar::now()));
    let checks = custodian_check::check(&client, &book, as_of).await?;
    Ok(HttpResponse::Ok().json(ChecksBody { as_of, checks: checks.into_iter().map(CheckBody::from).collect() }))
}
