//! Results of periods: closed, and opened again.

use super::members::{cooperative, cooperative_of};
use super::reversal::{Reversal, ReversalReason};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::cooperatives::operations::results as operations;
use ledger::cooperatives::rules::cooperative::Period;
use ledger::cooperatives::rules::result::{LeftOut, PeriodResult};
use ledger::cooperatives::store::results;
use ledger::id::{BookRef, ResultId};
use ledger::money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The period whose result is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResult {
    /// First day: after the last closed period, and no later than what is in no period yet.
    from: Date,
    /// Last day, which has come; at most a year after the first.
    to: Date,
}

/// The closed result of a period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PeriodResult)]
pub struct ResultBody {
    #[schema(value_type = String)]
    id: ResultId,
    from: Date,
    to: Date,
    sales: BalanceBody,
    costs: BalanceBody,
    /// What else the book earned by the last day and no earlier result has counted, such as what its bank paid, in the book's currency.
    other_income: BalanceBody,
    /// What else the book paid by the last day and no earlier result has counted, such as charges of its bank.
    other_costs: BalanceBody,
    /// Losses of earlier periods, which this result bears before its own costs.
    loss_before: BalanceBody,
    /// Accounts of income and expenses that it leaves out, with what was on them at the end of the last day; at most the first hundred.
    left_out: Vec<LeftOutBody>,
    /// Sales and other income less all costs and earlier losses: what can be distributed. Less than zero, it is a loss, and the next result bears it;
    /// hours of the period share nothing then.
    net: BalanceBody,
    /// Number of its journal entry; null when nothing was earned, as nothing moved then. It counts on the last day of the period, or on the
    /// first open day of the book when that is closed.
    entry: Option<i64>,
    /// When it was closed, by the book's clock.
    closed_at: Timestamp,
    /// How it was opened again; null while it stands.
    reversal: Option<Reversal>,
}

/// An account that a result leaves out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeftOut)]
pub struct LeftOutBody {
    /// Its code.
    account: String,
    /// What was on it, on its own side.
    amount: BalanceBody,
    /// `goes_back_with_refunds`: fees of charges, which a refund takes back. `kept_by_hand`: people keep it by raw entries.
    why: String,
}

fn left_out(it: LeftOut, currency: Currency) -> LeftOutBody {
    LeftOutBody { account: it.account, amount: BalanceBody::new(it.amount, currency), why: it.why.as_str().to_owned() }
}

impl ResultBody {
    fn new(it: PeriodResult, currency: Currency) -> ResultBody {
        let money = |minor| BalanceBody::new(minor, currency);
        let net = it.net();
        ResultBody {
            id: it.id,
            from: it.period.from,
            to: it.period.to,
            sales: money(it.sales),
            costs: money(it.costs),
            other_income: money(it.other_income),
            other_costs: money(it.other_costs),
            loss_before: money(it.loss_before),
            left_out: it.left_out.into_iter().map(|part| left_out(part, currency)).collect(),
            net: money(net),
            entry: it.entry,
            closed_at: it.closed_at,
            reversal: it.undone.map(Reversal::from),
        }
    }
}

/// Closes the result of a period: its sales and what else the book earned go to the surplus, which bears earlier losses and the
/// period's costs, charges of the bank among them, as far as that reaches. What they do not cover is a loss, which the next result bears. Closed again for just these days, it is the
/// same. Drafting a distribution closes a result that has a surplus by itself.
#[utoipa::path(tag = "distributions", params(("book" = String, Path, description = "The cooperative's book")),
    request_body = NewResult,
    responses((status = 201, description = "Closed", body = ResultBody)))]
#[post("/v1/cooperatives/{book}/results")]
pub(crate) async fn close_result(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewResult>,
) -> Result<HttpResponse, Problem> {
    let period = Period::new(request.body.from, request.body.to);
    let period = period.map_err(|refusal| Problem::invalid("/to", refusal.detail))?;
    close_once(&state, &caller, *id, &request.key, period).await
}

/// Closes the result of a period, once for its key: that of a request, or of a form.
pub(crate) async fn close_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    period: Period,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let closed = operations::close(tx, book.id, period, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&ResultBody::new(closed.result, book.currency)))
    })
    .await
}

/// What closing the result of a period would come to: computed, and nothing written.
pub(crate) async fn tried(
    state: &State,
    caller: &Caller,
    id: BookRef,
    period: Period,
) -> Result<PeriodResult, Problem> {
    let by = caller.person()?.id;
    let mut client = state.client().await?;
    let tx = client.transaction().await?;
    let book = cooperative(&tx, caller, id).await?;
    let tried = operations::close(&tx, book.id, period, by, ledger::calendar::now()).await;
    tx.rollback().await?;
    Ok(tried?.result)
}

/// Lists results, those that were opened again among them.
#[utoipa::path(tag = "distributions",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<ResultBody>)))]
#[get("/v1/cooperatives/{book}/results")]
pub(crate) async fn list_results(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rows = results::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, |row| ResultBody::new(row, book.currency)).respond(&http))
}

/// Opens the latest result again, once, by the mirror of its entry, while no distribution of it is under way or posted. Its days
/// take sales, costs and hours then, and it can be closed anew.
#[utoipa::path(tag = "distributions", params(("id" = String, Path, description = "The result")),
    request_body = ReversalReason,
    responses((status = 200, description = "Opened again", body = ResultBody)))]
#[post("/v1/results/{id}:reverse")]
pub(crate) async fn reverse_result(
    state: Data<State>,
    caller: Caller,
    id: Path<ResultId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = request.body.parse()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, &caller, id.book, "result").await?;
        let opened = operations::reverse(tx, *id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ResultBody::new(opened, book.currency)))
    })
    .await
}
