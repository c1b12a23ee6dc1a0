//! Custodians of a book: what each holds, and whether that is frozen.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, kept};
use crate::wire::{BalanceBody, ChangeStateRequest, paragraphs};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, CustodianFreezeId, OrganisationId};
use ledger::pledging::operations::custodian_holds;
use ledger::service::change::Change;
use ledger::text;
use ledger::treasury::operations::custodians as operations;
use ledger::treasury::rules::custodian::{Freeze, Holding};
use ledger::treasury::store::custodians;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a custodian holds in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustodianHolding)]
pub struct HoldingBody {
    /// Captured by it, and not arrived yet.
    receivable: BalanceBody,
    /// Arrived, and still with it.
    cash: BalanceBody,
    /// What it is to send back to those who gave it.
    in_transit: BalanceBody,
}

impl From<Holding> for HoldingBody {
    fn from(it: Holding) -> HoldingBody {
        let balance = |minor: i128| BalanceBody::new(minor, it.currency);
        HoldingBody { receivable: balance(it.receivable), cash: balance(it.cash), in_transit: balance(it.in_transit) }
    }
}

/// A custodian of a book: a partner platform that collects for it, or the host itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookCustodian)]
pub struct BookCustodianBody {
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// What it holds, by currency.
    holdings: Vec<HoldingBody>,
    /// The freeze that stands; null when what it holds is free.
    #[schema(value_type = Option<String>)]
    freeze: Option<CustodianFreezeId>,
    /// Since when what it holds is frozen, by the book's clock; null when it is free.
    frozen_since: Option<Timestamp>,
    /// Why it is frozen; null when it is free.
    frozen_why: Option<String>,
    /// How many active pledges wait as it is frozen; 0 when it is free.
    waiting_pledges: i64,
}

async fn body(
    client: &impl GenericClient,
    book: &Book,
    organisation: OrganisationId,
) -> Result<BookCustodianBody, Error> {
    let holdings = operations::holdings(client, book, organisation).await?;
    let freeze: Option<Freeze> = operations::standing(client, book, organisation).await?;
    let waiting_pledges = match freeze {
        Some(_) => custodian_holds::count(client, book, organisation).await?,
        None => 0,
    };
    Ok(BookCustodianBody {
        organisation,
        holdings: holdings.into_iter().map(HoldingBody::from).collect(),
        freeze: freeze.as_ref().map(|freeze| freeze.id),
        frozen_since: freeze.as_ref().map(|freeze| freeze.frozen_at),
        frozen_why: freeze.map(|freeze| freeze.reason),
        waiting_pledges,
    })
}

/// Lists the custodians of a book: whoever has captured something for it, or was frozen, with what each holds and whether that is frozen.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, by their ids", body = Page<BookCustodianBody>)))]
#[get("/v1/books/{book}/custodians")]
pub(crate) async fn list_custodians(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = kept(&client, &caller, *id).await?;
    let mut rows = Vec::new();
    for custodian in custodians::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await? {
        rows.push(body(&client, &book, custodian).await?);
    }
    Ok(window.page(rows, |row| row.organisation.0, |row| row).respond(&http))
}

/// Why a custodian is frozen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeCustodianRequest {
    /// For the people of the host, and the list of who did what; no personal data.
    #[schema(min_length = 1, max_length = 1000, example = "Its payment provider holds the money back")]
    reason: String,
}

/// Says that what a custodian holds for a book is frozen, such as by its payment provider. From now on no payment that it would take
/// begins, and no retry is counted; what it owes arrives only when it reports that; refunds that it would send wait; and releases take
/// none of the money that it holds. What others hold goes on. The owners and treasurers of the host are told by mail, now and each 30
/// days, and donors whose payments wait once. Nothing lapses and nothing is forfeited by it, however long it lasts.
#[utoipa::path(tag = "books",
    params(("book" = String, Path, description = "The book"),
           ("organisation" = String, Path, description = "The custodian")),
    request_body = FreezeCustodianRequest,
    responses((status = 200, description = "Frozen", body = BookCustodianBody)))]
#[post("/v1/books/{book}/custodians/{organisation}:freeze")]
pub(crate) async fn freeze_custodian(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, OrganisationId)>,
    request: Keyed<FreezeCustodianRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, custodian) = path.into_inner();
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        operations::freeze(tx, &book, custodian, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&body(tx, &book, custodian).await?))
    })
    .await
}

/// Says that what a custodian holds is free again: what has waited goes on by itself. Of the due dates of a plan that have passed
/// meanwhile the latest is charged, once; the earlier ones are missed.
#[utoipa::path(tag = "books",
    params(("book" = String, Path, description = "The book"),
           ("organisation" = String, Path, description = "The custodian")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Released", body = BookCustodianBody)))]
#[post("/v1/books/{book}/custodians/{organisation}:release")]
pub(crate) async fn release_custodian(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, OrganisationId)>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, custodian) = path.into_inner();
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        operations::release(tx, &book, custodian, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&body(tx, &book, custodian).await?))
    })
    .await
}
