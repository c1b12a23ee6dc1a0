//! Holds: money of an account that is set aside.

use super::entries::JournalEntryBody;
use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, read_accounts};
use crate::wire::{AmountBody, BalanceBody, paragraphs};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::books::operations::{holds as operations, journal_entries};
use ledger::books::rules::hold::Hold;
use ledger::books::store::holds;
use ledger::engine::store::accounts;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, HoldId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Money to be set aside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// Code of the account; of a class that no operation manages.
    #[schema(min_length = 3, max_length = 650, example = "liabilities:advances")]
    account: String,
    /// In the account's currency or unit.
    amount: AmountBody,
    /// Until when, by the book's clock; it stands until it is ended when none is given.
    expires_at: Option<Timestamp>,
}

/// Money that is set aside, or was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldBody {
    #[schema(value_type = String)]
    id: HoldId,
    /// Code of the account.
    account: String,
    amount: BalanceBody,
    /// When it expires, by the book's clock; null when it does not.
    expires_at: Option<Timestamp>,
    /// `held`, `captured` (wholly or in part), or `released`.
    state: &'static str,
    /// What was captured at its end; the rest is free again.
    captured: BalanceBody,
    /// Record number of its placing.
    placed: i64,
    /// Record number of its end; null while it stands.
    ended: Option<i64>,
}

async fn body(client: &impl GenericClient, book: &Book, hold: Hold) -> Result<HoldBody, Error> {
    let account = accounts::load(client, book.id, &[hold.account]).await?.pop().ok_or(Error::NotFound("account"))?;
    let state = match (hold.ended, hold.captured) {
        (0, _) => "held",
        (_, 0) => "released",
        (_, _) => "captured",
    };
    Ok(HoldBody {
        id: hold.id,
        amount: BalanceBody::new(hold.amount, account.unit),
        captured: BalanceBody::new(hold.captured, account.unit),
        account: account.code,
        expires_at: hold.expires_at,
        state,
        placed: hold.placed,
        ended: Some(hold.ended).filter(|ended| *ended > 0),
    })
}

fn of_book(book: BookRef, hold: HoldId) -> Result<HoldId, Error> {
    if hold.book == book.book { Ok(hold) } else { Err(Error::NotFound("hold")) }
}

/// Sets money of an account aside: what is held is not spent.
#[utoipa::path(tag = "holds", params(("book" = String, Path, description = "The book")), request_body = NewHold,
    responses((status = 201, description = "Set aside", body = HoldBody)))]
#[post("/v1/books/{book}/holds")]
pub(crate) async fn place(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewHold>,
) -> Result<HttpResponse, Problem> {
    let amount = request.body.amount.clone().into();
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let NewHold { account, expires_at, .. } = &request.body;
        let hold = operations::place(tx, &book, account, &amount, *expires_at, ledger::calendar::now()).await?;
        Ok(Reply::created(&body(tx, &book, hold).await?))
    })
    .await
}

/// Lists the holds of a book.
#[utoipa::path(tag = "holds", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<HoldBody>)))]
#[get("/v1/books/{book}/holds")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let mut rows = Vec::new();
    for hold in holds::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await? {
        rows.push(body(&client, &book, hold).await?);
    }
    Ok(window.page(rows, |row| row.id.object, |row| row).respond(&http))
}

/// How a hold is captured.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureHoldRequest {
    /// Code of the account that the money goes to.
    #[schema(min_length = 3, max_length = 650, example = "income:advances")]
    to: String,
    /// All that is held, or a part: the rest is free again.
    amount: AmountBody,
    /// Text for people; never personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    memo: String,
}

/// A captured hold and its journal entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapturedHold {
    hold: HoldBody,
    entry: Option<JournalEntryBody>,
}

/// Ends a hold by moving what it held, or a part, to another account.
#[utoipa::path(tag = "holds",
    params(("book" = String, Path, description = "The book"), ("hold" = String, Path, description = "The hold")),
    request_body = CaptureHoldRequest, responses((status = 200, description = "Captured", body = CapturedHold)))]
#[post("/v1/books/{book}/holds/{hold}:capture")]
pub(crate) async fn capture(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, HoldId)>,
    request: Keyed<CaptureHoldRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, hold) = path.into_inner();
    let amount = request.body.amount.clone().into();
    let memo = paragraphs("/memo", &request.body.memo, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let hold = of_book(id, hold)?;
        let to = &request.body.to;
        let (hold, posted) = operations::capture(tx, &book, hold, to, &amount, &memo, ledger::calendar::now()).await?;
        let entry = JournalEntryBody::new(journal_entries::journal_entry(tx, &book, posted.number).await?);
        Ok(Reply::ok(&CapturedHold { hold: body(tx, &book, hold).await?, entry }))
    })
    .await
}

/// Ends a hold: its money is free again.
#[utoipa::path(tag = "holds",
    params(("book" = String, Path, description = "The book"), ("hold" = String, Path, description = "The hold")),
    request_body = Nothing, responses((status = 200, description = "Released", body = HoldBody)))]
#[post("/v1/books/{book}/holds/{hold}:release")]
pub(crate) async fn release(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, HoldId)>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (id, hold) = path.into_inner();
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let hold = operations::release(tx, &book, of_book(id, hold)?, ledger::calendar::now()).await?;
        Ok(Reply::ok(&body(tx, &book, hold).await?))
    })
    .await
}
