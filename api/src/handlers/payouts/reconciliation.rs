//! Three ways to look at what came: what custodians said, what the book has, and what lines of banks say.

use super::custodian_check::CheckBody;
use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::paging::{PageQuery, respond};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::read_accounts;
use crate::wire::{BalanceBody, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::id::{BookRef, OrganisationId, SettlementId};
use ledger::payouts::operations::custodian_check;
use ledger::payouts::rules::reconciliation::{Figures, Reason, UnknownLines};
use ledger::payouts::store::reconciliation::{self, AsOf};
use ledger::treasury::rules::settlement::Method;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What of a book is looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichSettlements {
    /// Settlements of days up to this one, with their figures as they are now, or were `at` a moment; the day of that moment when it is left out.
    #[param(value_type = Option<String>, format = "date")]
    as_of: Option<Date>,
    /// The figures of settlements, and lines that nobody knew, as they were at this moment by the book's clock; now when it is left out. What has arrived
    /// since is owed then, and lines that came since, or were explained since, are not there, or not known yet. Balances of banks and cash are those
    /// of the end of the day.
    #[param(value_type = Option<String>, format = "date-time")]
    at: Option<Timestamp>,
    /// Those of one custodian.
    #[param(pattern = "^org_[a-z2-7]{26}$")]
    custodian: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Why figures of a settlement differ, and by how much.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciliationDifference)]
pub struct DifferenceBody {
    /// `in_transit`: it is owed, and its day has not come; `not_paid_over`: its day has come; `not_in_partners_list`: its custodian
    /// reported it and does not list it; `amount_differs`: its custodian paid over less, and said why; `fee_not_booked`: its custodian
    /// kept another fee than the terms name; `not_at_bank`: the book has it as cash, and no line of the bank is said to be it; `unknown_line`: lines of
    /// the bank moved money, and nobody knows what they are.
    #[schema(value_type = String)]
    reason: Reason,
    /// By how much; a fee that was less than the terms name is less than zero, and so are unknown lines by which more left than came.
    amount: BalanceBody,
}

/// Lines of a custodian's bank that nobody knows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnknownLines)]
pub struct UnknownLinesBody {
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// How many there are: `GET /v1/books/{book}/bank-lines?open=true` lists those of now.
    lines: i64,
    /// The day of the first of them.
    #[schema(value_type = String, format = "date")]
    since: Date,
    /// What came by them.
    credits: BalanceBody,
    /// What left by them, with fees.
    debits: BalanceBody,
    /// By how much the bank has more for them than the book: `unknown_line`.
    difference: DifferenceBody,
}

impl From<UnknownLines> for UnknownLinesBody {
    fn from(it: UnknownLines) -> UnknownLinesBody {
        let money = |minor: i128| BalanceBody::new(minor, it.currency);
        let difference = it.difference();
        UnknownLinesBody {
            custodian: it.custodian,
            lines: it.lines,
            since: it.since,
            credits: money(it.came),
            debits: money(it.left),
            difference: DifferenceBody { reason: difference.reason, amount: money(difference.minor) },
        }
    }
}

/// A settlement, seen three ways.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciledSettlement)]
pub struct ReconciledBody {
    #[schema(value_type = String)]
    settlement: SettlementId,
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// The day of its captures; of what a custodian reported, or a line of a bank brought, that of its arrival.
    #[schema(value_type = String, format = "date")]
    day: Date,
    /// The day on which it is to arrive.
    #[schema(value_type = String, format = "date")]
    due_on: Date,
    /// How it was paid: `card`, `debit` or `transfer`.
    #[schema(value_type = String)]
    method: Method,
    /// What its custodian said that it paid over; null when it said nothing of it.
    partner: Option<BalanceBody>,
    /// What the book has of it: what has arrived, and what is still to come.
    book: BalanceBody,
    /// What of that has arrived.
    arrived: BalanceBody,
    /// What the lines of the bank say that are said to be it; null when the bank of its custodian told nothing in this currency.
    bank: Option<BalanceBody>,
    /// Why they differ; empty when they do not.
    #[schema(max_items = 6)]
    differences: Vec<DifferenceBody>,
}

impl ReconciledBody {
    fn new(it: &Figures, as_of: Date) -> ReconciledBody {
        let money = |minor: i128| BalanceBody::new(minor, it.currency);
        let differences = it.differences(as_of).into_iter();
        ReconciledBody {
            settlement: it.id,
            custodian: it.custodian,
            day: it.day,
            due_on: it.due_on,
            method: it.method,
            partner: it.reported.map(money),
            book: money(it.ours()),
            arrived: money(it.arrived),
            bank: it.bank.map(money),
            differences: differences
                .map(|difference| DifferenceBody { reason: difference.reason, amount: money(difference.minor) })
                .collect(),
        }
    }
}

/// What came to a book, seen three ways.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BankReconciliation)]
pub struct ReconciliationBody {
    /// Up to which day.
    #[schema(value_type = String, format = "date")]
    as_of: Date,
    /// As of which moment, by the book's clock.
    at: Timestamp,
    /// Lines that nobody knows, per custodian and currency; those of which the bank's balances are not told too.
    unknown_lines: Vec<UnknownLinesBody>,
    /// What banks said last by that day beside the cash of the book, per custodian and currency, with open lines and what is unexplained.
    custodians: Vec<CheckBody>,
    /// A page of its settlements, the oldest first.
    items: Vec<ReconciledBody>,
    /// Where the next page begins; null after the last one.
    next_cursor: Option<String>,
}

/// Compares what custodians said that they paid over, what the book has of its charges and contributions, and what the lines of banks say, settlement
/// by settlement, each difference with its reason; and per custodian and currency what no line and no entry explains.
/// Of a public book with payments of people, its own people alone read it: a settlement may be one person's gift.
#[utoipa::path(tag = "bank-statements", params(("book" = String, Path, description = "The book"), WhichSettlements),
    responses((status = 200, description = "A page, the oldest first", body = ReconciliationBody)))]
#[get("/v1/books/{book}/reports/reconciliation")]
pub(crate) async fn reconcile(
    state: Data<State>,
    caller: MaybeCaller,
    book: Path<BookRef>,
    query: Params<WhichSettlements>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let WhichSettlements { as_of, at, custodian, limit, cursor } = query.0;
    let window = PageQuery { limit, cursor }.window::<Uuid>()?;
    let custodian: Option<OrganisationId> = custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *book).await?;
    let now = book.now(ledger::calendar::now());
    if at.is_some_and(|at| at > now) {
        return Err(Problem::invalid("/at", format!("a moment that has passed: it is {now}")));
    }
    let at = at.unwrap_or(now);
    let as_of = as_of.unwrap_or_else(|| book.day_of(at));
    let (after, moment) = (window.after.unwrap_or_default(), AsOf { day: as_of, at });
    let rows = reconciliation::list(&client, book.id, custodian, moment, after, window.fetch()).await?;
    let unknown = reconciliation::unknown_lines(&client, book.id, custodian, moment).await?;
    let page = window.page(rows, |row| row.id.object, |row| ReconciledBody::new(&row, as_of));
    let checks = custodian_check::check(&client, &book, as_of).await?.into_iter();
    let checks = checks.filter(|check| custodian.is_none_or(|custodian| custodian == check.custodian));
    let body = ReconciliationBody {
        as_of,
        at,
        unknown_lines: unknown.into_iter().map(UnknownLinesBody::from).collect(),
        custodians: checks.map(CheckBody::from).collect(),
        items: page.items,
        next_cursor: page.next_cursor,
    };
    Ok(respond(&body, body.next_cursor.as_deref(), &http))
}
