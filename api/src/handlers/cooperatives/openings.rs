//! Openings of books that were kept elsewhere before.

use super::members::{cooperative, cooperative_of};
use super::reversal::{Reversal, ReversalReason};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{MoneyBody, bounded};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::operations::openings as operations;
use ledger::cooperatives::rules::opening::Opening;
use ledger::cooperatives::store::openings;
use ledger::id::{BookRef, OpeningId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What an account has.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpeningBalance)]
pub struct OpeningBalanceBody {
    /// Code of the account: `assets:cash:{name}` or the cooperative's own `assets:cash:org_…`, `assets:receivable:customer:{name}`,
    /// `assets:receivable:member:{number}`, `assets:vat`, `liabilities:vat`, `liabilities:payable:member:{number}`, `liabilities:payable:lender:{name}`,
    /// `liabilities:costs:{name}`, `liabilities:loan:{name}`, `equity:capital:member:{number}`, `equity:reserve`, `equity:development`,
    /// `equity:fund:{name}`, or `expenses:loss-brought-forward` for a loss that the next result is to bear.
    #[schema(min_length = 1, max_length = 100, example = "assets:cash:bank")]
    pub(crate) account: String,
    /// What it has, on the side on which accounts of its kind stand; in the currency of the book.
    pub(crate) amount: MoneyBody,
}

/// An opening to be written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOpeningRequest {
    /// The day whose balances they are; the book's own day when it is not given.
    #[serde(default)]
    pub(crate) on: Option<Date>,
    /// Each of another account. Assets and a loss brought forward are as much as debts, capital, reserve and funds together.
    #[schema(min_items = 1, max_items = 1000)]
    pub(crate) balances: Vec<OpeningBalanceBody>,
    /// Text for people; never a name.
    #[serde(default)]
    #[schema(max_length = 200, example = "Closing balances of 2025, as audited")]
    pub(crate) memo: String,
}

impl NewOpeningRequest {
    /// What it says, within the bounds of the contract.
    pub(crate) fn parse(&self) -> Result<operations::NewOpening, Problem> {
        if !(1..=operations::BALANCES_MAX).contains(&self.balances.len()) {
            return Err(Problem::invalid("/balances", format!("1 to {}", operations::BALANCES_MAX)));
        }
        let balance = |(index, it): (usize, &OpeningBalanceBody)| {
            let at = |field: &str| format!("/balances/{index}/{field}");
            let account = bounded(&at("account"), &it.account, text::REFERENCE)?;
            Ok((account, it.amount.parse(&at("amount"))?))
        };
        Ok(operations::NewOpening {
            opened_on: self.on,
            balances: self.balances.iter().enumerate().map(balance).collect::<Result<_, Problem>>()?,
            memo: bounded("/memo", &self.memo, text::REFERENCE_OR_NONE)?,
        })
    }
}

/// With what a book that was kept elsewhere before begins.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Opening)]
pub struct OpeningBody {
    #[schema(value_type = String)]
    id: OpeningId,
    /// The day whose balances they are.
    on: Date,
    /// All that the book has at its opening, with a loss brought forward, and so its debts, capital, reserve and funds together.
    assets: MoneyBody,
    memo: String,
    /// Number of its journal entry, which has a line for each balance.
    entry: i64,
    /// When it was written down, by the book's clock.
    recorded_at: Timestamp,
    /// How it was taken back; null while it stands.
    reversal: Option<Reversal>,
}

impl From<Opening> for OpeningBody {
    fn from(it: Opening) -> OpeningBody {
        OpeningBody {
            id: it.id,
            on: it.opened_on,
            assets: it.assets.into(),
            memo: it.memo,
            entry: it.entry,
            recorded_at: it.recorded_at,
            reversal: it.undone.map(Reversal::from),
        }
    }
}

/// Opens a book with what it had where it was kept before, in one entry: assets, and a loss that the next result is to bear → opening equity → debts, capital,
/// reserve and funds. One opening stands at a time. What members have of capital counts as capital that was paid in; advances stand against their next shares.
#[utoipa::path(tag = "cooperatives", operation_id = "open_book",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewOpeningRequest,
    responses((status = 201, description = "Opened", body = OpeningBody)))]
#[post("/v1/cooperatives/{book}/openings")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewOpeningRequest>,
) -> Result<HttpResponse, Problem> {
    open_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Opens a book, once for its key: that of a request, or of a form.
pub(crate) async fn open_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    new: &NewOpeningRequest,
) -> Result<HttpResponse, Problem> {
    let (by, new) = (caller.person()?.id, new.parse()?);
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let opened = operations::open(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&OpeningBody::from(opened)))
    })
    .await
}

/// Why a book cannot be opened so, if it cannot: it is opened, and all of it taken back.
pub(crate) async fn tried(
    state: &State,
    caller: &Caller,
    id: BookRef,
    new: &operations::NewOpening,
) -> Result<Result<(), Problem>, Problem> {
    let by = caller.person()?.id;
    let mut client = state.client().await?;
    let tx = client.transaction().await?;
    let book = cooperative(&tx, caller, id).await?;
    let found = match operations::open(&tx, book.id, new.clone(), by, ledger::calendar::now()).await {
        Ok(_) => Ok(()),
        Err(error @ (Error::Refused(_) | Error::Invalid { .. })) => Err(error.into()),
        Err(error) => return Err(error.into()),
    };
    tx.rollback().await?;
    Ok(found)
}

/// Lists openings: one that stands at most, and those that were taken back.
#[utoipa::path(tag = "cooperatives", operation_id = "list_openings",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<OpeningBody>)))]
#[get("/v1/cooperatives/{book}/openings")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let after = window.after.unwrap_or_default();
    let rows = openings::list(&client, (book.id, book.currency), after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, OpeningBody::from).respond(&http))
}

/// Takes an opening back, once, by the mirror of its entry, while what it brought is still there.
#[utoipa::path(tag = "cooperatives", operation_id = "reverse_opening",
    params(("id" = String, Path, description = "The opening")), request_body = ReversalReason,
    responses((status = 200, description = "Taken back", body = OpeningBody)))]
#[post("/v1/openings/{id}:reverse")]
pub(crate) async fn reverse(
    state: Data<State>,
    caller: Caller,
    id: Path<OpeningId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    let (by, reason, id) = (caller.person()?.id, request.body.parse()?, *id);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "opening").await?;
        let reversed = operations::reverse(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&OpeningBody::from(reversed)))
    })
    .await
}
