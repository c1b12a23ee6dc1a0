//! What banks have more or less than the book: proposed by one person, moved by another, taken back when it is explained, and listed for
//! whoever reads the book, without persons.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, kept, read_accounts};
use crate::who_may::KEEPERS;
use crate::wire::{MoneyBody, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::id::{BankDifferenceId, BookRef, OrganisationId, PersonId};
use ledger::payouts::operations::bank_differences::{self as operations, NewDifference};
use ledger::payouts::rules::bank_difference::{BankDifference, DifferenceState, Side};
use ledger::payouts::store::bank_differences;
use ledger::{Error, text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// All that a bank has more or less than the book at the end of a day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBankDifference)]
pub struct NewBankDifference {
    /// Whose bank it is; the host's when it is left out.
    #[schema(pattern = "^org_[a-z2-7]{26}$")]
    custodian: Option<String>,
    /// The whole difference of the day.
    amount: MoneyBody,
    /// `more`: the bank has more, which goes into suspense; `less`: it has less, which the custodian owes from then on.
    #[schema(value_type = String)]
    side: Side,
    /// The day at whose end they differ: one that has passed, and is open.
    #[schema(value_type = String, format = "date", example = "2026-01-31")]
    date: Date,
    /// Why it is moved, without personal data: whoever reads the book reads it.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// What a bank has more or less than the book, and what became of it. Who proposed and approved it stands in the list of who did what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BankDifference)]
pub struct BankDifferenceBody {
    #[schema(value_type = String)]
    id: BankDifferenceId,
    /// Whose bank it is.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    amount: MoneyBody,
    /// `more`: the bank had more than the book; `less`: it had less.
    #[schema(value_type = String)]
    side: Side,
    /// The day at whose end they differ, on which it is moved.
    #[schema(value_type = String, format = "date")]
    date: Date,
    reason: String,
    /// `proposed`: another person is to approve it; `moved`: it is in suspense, or owed by the custodian; `taking_back`: it is moved, and another person is
    /// to approve that it is taken back; `withdrawn`: it was never moved; `taken_back`: it is explained.
    #[schema(value_type = String)]
    state: DifferenceState,
    /// Record number of the entry that moved it; null before.
    entry: Option<i64>,
    /// Record number of the entry that took it back; null before.
    back_entry: Option<i64>,
    /// By the book's clock.
    proposed_at: Timestamp,
    /// When it was moved, by the book's clock; null before.
    moved_at: Option<Timestamp>,
    /// Why it is to be taken back, or was; null before.
    back_reason: Option<String>,
    /// When somebody proposed to take it back, by the book's clock; null before.
    back_proposed_at: Option<Timestamp>,
    /// When it was withdrawn or taken back, by the book's clock; null before.
    ended_at: Option<Timestamp>,
}

impl From<BankDifference> for BankDifferenceBody {
    fn from(it: BankDifference) -> BankDifferenceBody {
        BankDifferenceBody {
            id: it.id,
            custodian: it.custodian,
            amount: it.amount.into(),
            side: it.side,
            date: it.on,
            reason: it.reason,
            state: it.state,
            entry: (it.entry > 0).then_some(it.entry),
            back_entry: (it.back_entry > 0).then_some(it.back_entry),
            proposed_at: it.proposed_at,
            moved_at: it.approved.map(|(_, at)| at),
            back_reason: (!it.back_reason.is_empty()).then_some(it.back_reason),
            back_proposed_at: it.back_proposed.map(|(_, at)| at),
            ended_at: it.ended.map(|(_, at)| at),
        }
    }
}

/// Why a step is taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndBankDifference {
    /// Without personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Proposes to move all that a custodian's bank has more or less than the book at the end of a day, so that the period can close. Another
/// person of the host or the custodian approves it. Only a book that is kept by lines of banks needs it.
#[utoipa::path(tag = "bank-statements", params(("book" = String, Path, description = "The book")),
    request_body = NewBankDifference,
    responses((status = 201, description = "Proposed", body = BankDifferenceBody)))]
#[post("/v1/books/{book}/bank-differences")]
pub(crate) async fn propose_difference(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    request: Keyed<NewBankDifference>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let asked = &request.body;
    let custodian: Option<OrganisationId> = asked.custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?;
    let amount = asked.amount.parse("/amount")?;
    let reason = paragraphs("/reason", &asked.reason, text::REASON)?;
    let (side, on) = (asked.side, asked.date);
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *book).await?;
        let custodian = custodian.unwrap_or(book.organisation);
        let new = NewDifference { book: book.id, custodian, amount, side, on, reason: reason.clone() };
        let proposed = operations::propose(tx, new, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&BankDifferenceBody::from(proposed)))
    })
    .await
}

/// Lists what banks had more or less than the book, and what became of it, without persons. In a book with payments of people one may be of a
/// single payment: the people of the book read them there, and nobody else.
#[utoipa::path(tag = "bank-statements", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<BankDifferenceBody>)))]
#[get("/v1/books/{book}/bank-differences")]
pub(crate) async fn list_differences(
    state: Data<State>,
    caller: MaybeCaller,
    book: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *book).await?;
    let rows = bank_differences::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, BankDifferenceBody::from).respond(&http))
}

/// Shows a difference: to those who read the list, and to the people of the custodian whose bank it is.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The difference")),
    responses((status = 200, description = "The difference, with its ETag", body = BankDifferenceBody,
        headers(("ETag" = String)))))]
#[get("/v1/bank-differences/{id}")]
pub(crate) async fn show_difference(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BankDifferenceId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, WHAT).await?;
    let is_read = read_accounts(&client, &caller, book.reference()).await;
    let found = match (&is_read, bank_differences::get(&client, *id).await) {
        (Ok(_) | Err(Error::Forbidden(_)), found) => found?,
        (Err(_), _) => return Err(Error::NotFound(WHAT).into()),
    };
    let is_of_custodian = match &caller.0 {
        Some(caller) => caller.has_role(&client, found.custodian, KEEPERS).await?,
        None => false,
    };
    if !is_of_custodian {
        is_read?;
    }
    Ok(HttpResponse::Ok().insert_header((ETAG, etag(found.version))).json(BankDifferenceBody::from(found)))
}

/// What it is called where there is none.
const WHAT: &str = "bank difference";

/// The person who acts: of the host, or of the custodian whose bank it is.
async fn side(client: &impl GenericClient, caller: &Caller, id: BankDifferenceId) -> Result<PersonId, Error> {
    let by = caller.person()?.id;
    let book = book_of(client, id.book, WHAT).await?;
    let is_of_custodian = match bank_differences::get(client, id).await {
        Ok(found) => caller.has_role(client, found.custodian, KEEPERS).await?,
        Err(Error::NotFound(_)) => false,
        Err(error) => return Err(error),
    };
    if !is_of_custodian {
        caller.require_role(client, book.organisation, WHAT).await?;
    }
    Ok(by)
}

/// Approves what another person has proposed: the difference is moved, on its day, when it is the difference still. More at the bank goes into
/// suspense, less is owed by the custodian. Or what was proposed to be taken back: its mirror takes it back, on its day while that is open, else on the
/// first open one. A person of the custodian may approve it too.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The difference")), request_body = Nothing,
    responses((status = 200, description = "Moved, or taken back", body = BankDifferenceBody)))]
#[post("/v1/bank-differences/{id}:approve")]
pub(crate) async fn approve_difference(
    state: Data<State>,
    caller: Caller,
    id: Path<BankDifferenceId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let by = side(tx, &caller, *id).await?;
        let moved = operations::approve(tx, *id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&BankDifferenceBody::from(moved)))
    })
    .await
}

/// Withdraws a proposal, with a reason: to move it, or to take it back, in which case it stands moved.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The difference")),
    request_body = EndBankDifference,
    responses((status = 200, description = "Withdrawn, or moved as before", body = BankDifferenceBody)))]
#[post("/v1/bank-differences/{id}:withdraw")]
pub(crate) async fn withdraw_difference(
    state: Data<State>,
    caller: Caller,
    id: Path<BankDifferenceId>,
    request: Keyed<EndBankDifference>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let by = side(tx, &caller, *id).await?;
        let ended = operations::withdraw(tx, *id, (by, &reason), ledger::calendar::now()).await?;
        Ok(Reply::ok(&BankDifferenceBody::from(ended)))
    })
    .await
}

/// Proposes to take back what was moved, as it is explained; another person approves that. Book the line that explains it besides, or what it says
/// counts twice.
#[utoipa::path(tag = "bank-statements", params(("id" = String, Path, description = "The difference")),
    request_body = EndBankDifference,
    responses((status = 200, description = "To be approved", body = BankDifferenceBody)))]
#[post("/v1/bank-differences/{id}:take-back")]
pub(crate) async fn take_difference_back(
    state: Data<State>,
    caller: Caller,
    id: Path<BankDifferenceId>,
    request: Keyed<EndBankDifference>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let by = side(tx, &caller, *id).await?;
        let ended = operations::take_back(tx, *id, (by, &reason), ledger::calendar::now()).await?;
        Ok(Reply::ok(&BankDifferenceBody::from(ended)))
    })
    .await
}
