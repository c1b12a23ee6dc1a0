//! The statement of one account: what moved, line by line.

use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::handlers::books::accounts::AccountBody;
use crate::paging::{self, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::read_accounts;
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::id::BookRef;
use ledger::reports::operations::{self as reports, AccountStatement, Resume, StatementLine, StatementSpan};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of a statement.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// Lines that count from this day on; the opening balance is that of the day before.
    from: Option<Date>,
    /// Lines that count until and with this day.
    to: Option<Date>,
    /// Lines of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// A page of an account's statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountStatement)]
pub struct StatementBody {
    /// The account as it is now.
    account: AccountBody,
    /// Balance before the first line of this page.
    opening: BalanceBody,
    /// In the order in which they were recorded.
    items: Vec<StatementLineBody>,
    /// Balance after the last line of this page.
    closing: BalanceBody,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// A line of a statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLine)]
pub struct StatementLineBody {
    /// Record number of its entry.
    number: i64,
    /// `debit` or `credit`.
    side: &'static str,
    amount: BalanceBody,
    /// Balance of the account after it.
    balance: BalanceBody,
    /// Code of the account on the other side.
    counterpart: String,
    /// How the money moved.
    kind: &'static str,
    /// Day on which it counts.
    effective: Date,
    /// Day on which it happened.
    occurred: Date,
    /// When it was recorded, by the wall clock.
    recorded_at: Timestamp,
    memo: String,
    reference: String,
}

impl StatementBody {
    fn new(page: AccountStatement) -> StatementBody {
        let unit = page.account.unit;
        let balance = |minor| BalanceBody::new(minor, unit);
        let item = |StatementLine { line, balance: after }| StatementLineBody {
            number: line.number(),
            side: if line.debited { "debit" } else { "credit" },
            amount: balance(line.amount),
            balance: balance(after),
            counterpart: line.counterpart,
            kind: line.kind.as_str(),
            effective: line.effective,
            occurred: line.occurred,
            recorded_at: line.recorded_at,
            memo: line.memo,
            reference: line.reference,
        };
        StatementBody {
            opening: balance(page.opening),
            closing: balance(page.closing),
            next_cursor: page.next.map(|next| paging::encode(&next)),
            items: page.lines.into_iter().map(item).collect(),
            account: page.account.into(),
        }
    }
}

/// Shows an account's statement: opening balance, lines with the running balance, closing balance.
#[utoipa::path(tag = "accounts",
    params(("book" = String, Path, description = "The book"), ("code" = String, Path, description = "The account's code", max_length = 650, pattern = "^[a-z0-9:._-]+$"),
           StatementQuery),
    responses((status = 200, description = "A page, in the order of the book", body = StatementBody)))]
#[get("/v1/books/{book}/accounts/{code}/statement")]
pub(crate) async fn statement(
    state: Data<State>,
    caller: MaybeCaller,
    path: Path<(BookRef, String)>,
    query: Params<StatementQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, code) = path.into_inner();
    let StatementQuery { from, to, limit, cursor } = query.0;
    let window = Window::<Resume>::parse(limit, cursor.as_deref())?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, id).await?;
    let span = StatementSpan { from, to };
    let page = reports::account_statement(&client, &book, &code, span, window.after, window.limit()).await?;
    let body = StatementBody::new(page);
    Ok(paging::respond(&body, body.next_cursor.as_deref(), &http))
}
