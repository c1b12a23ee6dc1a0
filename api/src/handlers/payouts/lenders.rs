//! Who stands behind the short names of a cooperative's lenders.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::kept;
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::id::{BookRef, PersonId};
use ledger::payouts::operations::payees as operations;
use ledger::payouts::rules::payee::Payee;
use ledger::payouts::store::payees::{self, Lender};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who a lender is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLender {
    /// Its short name, as allocation rules have it.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "seed-fund")]
    name: String,
    /// The organisation or the person who is paid what is owed to it.
    #[schema(pattern = "^(org|psn)_[a-z2-7]{26}$")]
    payee: String,
}

/// A lender of a cooperative.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lender)]
pub struct LenderBody {
    name: String,
    /// The organisation or the person who is paid what is owed to it.
    #[schema(value_type = String)]
    payee: Payee,
    /// Who said so last.
    #[schema(value_type = String)]
    named_by: PersonId,
    /// By the book's clock.
    named_at: Timestamp,
}

impl From<Lender> for LenderBody {
    fn from(it: Lender) -> LenderBody {
        LenderBody { name: it.name, payee: it.payee, named_by: it.named_by, named_at: it.named_at }
    }
}

/// Says who stands behind the short name of a lender of a cooperative: nothing is paid to one before. Another payee takes its place from
/// the next payout on; whoever approves that one sees to whom it goes.
#[utoipa::path(tag = "payouts", params(("book" = String, Path, description = "The book")), request_body = NewLender,
    responses((status = 201, description = "As it is now", body = LenderBody)))]
#[post("/v1/books/{book}/lenders")]
pub(crate) async fn name_lender(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    request: Keyed<NewLender>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let payee: Payee = parse("/payee", &request.body.payee)?;
    let name = &request.body.name;
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *book).await?;
        let named = operations::name_lender(tx, book.id, (name.clone(), payee), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&LenderBody::from(named)))
    })
    .await
}

/// Lists the lenders of a book of whom somebody has said who they are.
#[utoipa::path(tag = "payouts", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, by name", body = Page<LenderBody>)))]
#[get("/v1/books/{book}/lenders")]
pub(crate) async fn list_lenders(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<String>()?;
    let client = state.client().await?;
    let book = kept(&client, &caller, *book).await?;
    let after = window.after.clone().unwrap_or_default();
    let rows = payees::list_lenders(&client, book.id, &after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.name.clone(), LenderBody::from).respond(&http))
}
