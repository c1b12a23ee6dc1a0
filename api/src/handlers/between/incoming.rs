//! What another cooperative sends.

use super::remittances::{MovedBody, MovedOn};
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::handlers::cooperatives::members::{cooperative, cooperative_of};
use crate::handlers::cooperatives::reversal::ReversalReason;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{MoneyBody, book_day};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::between::operations::incoming as operations;
use ledger::between::rules::remittance::Incoming;
use ledger::between::store::incoming;
use ledger::engine::store::books;
use ledger::id::{BookRef, IncomingRemittanceId, PersonId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What another cooperative sends to a fund of this one, in this book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncomingRemittance)]
pub struct IncomingBody {
    #[schema(value_type = String)]
    id: IncomingRemittanceId,
    /// The book that sends.
    #[schema(value_type = String)]
    from: BookRef,
    to_fund: String,
    amount: MoneyBody,
    memo: String,
    /// `offered`; `accepted`, which is owed by the other book until its money came; or `declined`.
    state: String,
    /// When it was offered, by the book's clock.
    offered_at: Timestamp,
    /// When it is declined unless somebody has answered, by the book's clock.
    until: Timestamp,
    /// Who answered; null until then, and where nobody did in time.
    #[schema(value_type = Option<String>)]
    answered_by: Option<PersonId>,
    /// When, by the book's clock.
    answered_at: Option<Timestamp>,
    /// Why it was declined; empty otherwise.
    reason: String,
    /// Number of the journal entry that mirrors it; null unless it is accepted.
    entry: Option<i64>,
    /// When its money came; null until then.
    received: Option<MovedBody>,
}

impl IncomingBody {
    async fn read(client: &impl GenericClient, it: Incoming) -> Result<IncomingBody, Error> {
        let from = books::get(client, it.from_book).await?.reference();
        Ok(IncomingBody {
            id: it.id,
            from,
            to_fund: it.to_fund.to_string(),
            amount: it.amount.into(),
            memo: it.memo,
            state: it.state.to_string(),
            offered_at: it.offered_at,
            until: it.until,
            answered_by: it.answered_by,
            answered_at: it.answered_at,
            reason: it.reason,
            entry: it.entry,
            received: it.received.map(MovedBody::from),
        })
    }
}

/// Lists what other cooperatives send to this one.
#[utoipa::path(tag = "remittances", operation_id = "list_incoming_remittances",
    params(("book" = String, Path, description = "The book of the cooperative that receives"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<IncomingBody>)))]
#[get("/v1/cooperatives/{book}/incoming-remittances")]
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
    let rows = incoming::list(&client, (book.id, book.currency), after, window.fetch()).await?;
    let page = window.page(rows, |row| row.id.object, |row| row);
    let mut items = Vec::new();
    for row in page.items {
        items.push(IncomingBody::read(&client, row).await?);
    }
    Ok(Page { items, next_cursor: page.next_cursor }.respond(&http))
}

/// Accepts what another cooperative sends: due from the other book → the fund that it is for.
#[utoipa::path(tag = "remittances", operation_id = "accept_remittance",
    params(("id" = String, Path, description = "The incoming remittance")), request_body = Nothing,
    responses((status = 200, description = "Accepted", body = IncomingBody)))]
#[post("/v1/incoming-remittances/{id}:accept")]
pub(crate) async fn accept(
    state: Data<State>,
    caller: Caller,
    id: Path<IncomingRemittanceId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "incoming remittance").await?;
        let accepted = operations::accept(tx, *id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&IncomingBody::read(tx, accepted).await?))
    })
    .await
}

/// Declines it, for a reason that the other book reads: there it goes back into the fund that it came from.
#[utoipa::path(tag = "remittances", operation_id = "decline_remittance",
    params(("id" = String, Path, description = "The incoming remittance")), request_body = ReversalReason,
    responses((status = 200, description = "Declined", body = IncomingBody)))]
#[post("/v1/incoming-remittances/{id}:decline")]
pub(crate) async fn decline(
    state: Data<State>,
    caller: Caller,
    id: Path<IncomingRemittanceId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    let (by, reason) = (caller.person()?.id, request.body.parse()?);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "incoming remittance").await?;
        let declined = operations::decline(tx, *id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&IncomingBody::read(tx, declined).await?))
    })
    .await
}

/// Says that the money of an accepted remittance has come: the cooperative's own cash → due from the other book. A line of the bank that says so is
/// explained by that entry (`POST /v1/bank-lines/{id}:explain`).
#[utoipa::path(tag = "remittances", operation_id = "receive_remittance",
    params(("id" = String, Path, description = "The incoming remittance")), request_body = MovedOn,
    responses((status = 200, description = "Received", body = IncomingBody)))]
#[post("/v1/incoming-remittances/{id}:receive")]
pub(crate) async fn receive(
    state: Data<State>,
    caller: Caller,
    id: Path<IncomingRemittanceId>,
    request: Keyed<MovedOn>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let on = request.body.on.map(|day| book_day("/on", day)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "incoming remittance").await?;
        let received = operations::receive(tx, *id, on, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&IncomingBody::read(tx, received).await?))
    })
    .await
}
