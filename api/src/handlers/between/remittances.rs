//! What a cooperative sends to the book of another one.

use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::handlers::cooperatives::members::{cooperative, cooperative_of};
use crate::handlers::cooperatives::reversal::ReversalReason;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{MoneyBody, book_day, bounded, etag, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::between::operations::remittances as operations;
use ledger::between::rules::remittance::{Moved, Remittance};
use ledger::between::store::remittances;
use ledger::engine::store::books;
use ledger::id::{BookRef, PersonId, RemittanceId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRemittance {
    /// The book of another cooperative, live or sandbox as this one, in the same currency.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    to: String,
    /// From which fund: `development_fund`, or `fund:` and a short name. The reserve is indivisible, and is none.
    #[schema(
        max_length = 45,
        pattern = "^(development_fund|fund:[a-z0-9][a-z0-9-]{0,39})$",
        example = "fund:solidarity"
    )]
    from_fund: String,
    /// Into which fund of the other book.
    #[schema(
        max_length = 45,
        pattern = "^(development_fund|fund:[a-z0-9][a-z0-9-]{0,39})$",
        example = "fund:solidarity"
    )]
    to_fund: String,
    /// In the currency of both books.
    amount: MoneyBody,
    /// Text for people of both books; never a name.
    #[serde(default)]
    #[schema(max_length = 200, example = "For the solidarity fund of 2027")]
    memo: String,
}

/// That money moved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemittancePayment)]
pub struct MovedBody {
    /// The day.
    on: Date,
    /// Number of its journal entry.
    entry: i64,
}

impl From<Moved> for MovedBody {
    fn from(it: Moved) -> MovedBody {
        MovedBody { on: it.on, entry: it.entry }
    }
}

/// What a cooperative sends from a fund of its own to a fund of another one, in its own book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Remittance)]
pub struct RemittanceBody {
    #[schema(value_type = String)]
    id: RemittanceId,
    /// The book that receives.
    #[schema(value_type = String)]
    to: BookRef,
    from_fund: String,
    to_fund: String,
    amount: MoneyBody,
    memo: String,
    /// `asked`; `sent`, which is in transit until the other book answers; `accepted`, which is owed until it is paid; `returned` to the fund, as the
    /// other book declined it; or `withdrawn`.
    state: String,
    #[schema(value_type = String)]
    asked_by: PersonId,
    /// When, by the book's clock.
    asked_at: Timestamp,
    /// Who approved it; null until then.
    #[schema(value_type = Option<String>)]
    approved_by: Option<PersonId>,
    /// Number of the journal entry that sent it; null until then.
    entry: Option<i64>,
    /// Number of the mirror entry; null unless it was returned.
    return_entry: Option<i64>,
    /// When the other book answered, or it was withdrawn, by the book's clock; null until then.
    ended_at: Option<Timestamp>,
    /// Why it was returned or withdrawn; empty otherwise.
    reason: String,
    /// When its money left; null until then.
    paid: Option<MovedBody>,
}

impl RemittanceBody {
    async fn read(client: &impl GenericClient, it: Remittance) -> Result<RemittanceBody, Error> {
        let to = books::get(client, it.to_book).await?.reference();
        Ok(RemittanceBody {
            id: it.id,
            to,
            from_fund: it.from_fund.to_string(),
            to_fund: it.to_fund.to_string(),
            amount: it.amount.into(),
            memo: it.memo,
            state: it.state.to_string(),
            asked_by: it.asked_by,
            asked_at: it.asked_at,
            approved_by: it.sent.map(|sent| sent.by),
            entry: it.sent.map(|sent| sent.entry),
            return_entry: it.returned,
            ended_at: it.ended_at,
            reason: it.reason,
            paid: it.paid.map(MovedBody::from),
        })
    }
}

/// Asks for a remittance: money from a fund of this cooperative to a fund of another one. Somebody else approves it; the other book accepts or
/// declines it within thirty days. What is sent and not answered yet is in transit.
#[utoipa::path(tag = "remittances", operation_id = "ask_remittance",
    params(("book" = String, Path, description = "The book of the cooperative that sends")), request_body = NewRemittance,
    responses((status = 201, description = "Asked for", body = RemittanceBody)))]
#[post("/v1/cooperatives/{book}/remittances")]
pub(crate) async fn ask(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewRemittance>,
) -> Result<HttpResponse, Problem> {
    let (by, body) = (caller.person()?.id, &request.body);
    let new = operations::NewRemittance {
        to: parse("/to", &body.to)?,
        from_fund: parse("/from_fund", &body.from_fund)?,
        to_fund: parse("/to_fund", &body.to_fund)?,
        amount: body.amount.parse("/amount")?,
        memo: bounded("/memo", &body.memo, text::REFERENCE_OR_NONE)?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, *id).await?;
        let asked = operations::ask(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&RemittanceBody::read(tx, asked).await?))
    })
    .await
}

/// Lists what a cooperative sends.
#[utoipa::path(tag = "remittances", operation_id = "list_remittances",
    params(("book" = String, Path, description = "The book of the cooperative that sends"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<RemittanceBody>)))]
#[get("/v1/cooperatives/{book}/remittances")]
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
    let rows = remittances::list(&client, (book.id, book.currency), after, window.fetch()).await?;
    let page = window.page(rows, |row| row.id.object, |row| row);
    let mut items = Vec::new();
    for row in page.items {
        items.push(RemittanceBody::read(&client, row).await?);
    }
    Ok(Page { items, next_cursor: page.next_cursor }.respond(&http))
}

/// Shows a remittance.
#[utoipa::path(tag = "remittances", operation_id = "show_remittance",
    params(("id" = String, Path, description = "The remittance")),
    responses((status = 200, description = "The remittance, with its ETag", body = RemittanceBody,
        headers(("ETag" = String)))))]
#[get("/v1/remittances/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<RemittanceId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, &caller, id.book, "remittance").await?;
    let found = remittances::get(&client, *id, book.currency).await?;
    let tag = etag(found.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(RemittanceBody::read(&client, found).await?))
}

/// Sends it, for somebody else than who asked: the fund → due to the other book. It is offered to that at once.
#[utoipa::path(tag = "remittances", operation_id = "approve_remittance",
    params(("id" = String, Path, description = "The remittance")), request_body = Nothing,
    responses((status = 200, description = "Sent", body = RemittanceBody)))]
#[post("/v1/remittances/{id}:approve")]
pub(crate) async fn approve(
    state: Data<State>,
    caller: Caller,
    id: Path<RemittanceId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "remittance").await?;
        let sent = operations::approve(tx, *id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&RemittanceBody::read(tx, sent).await?))
    })
    .await
}

/// Gives it up before it is sent.
#[utoipa::path(tag = "remittances", operation_id = "withdraw_remittance",
    params(("id" = String, Path, description = "The remittance")), request_body = ReversalReason,
    responses((status = 200, description = "Withdrawn", body = RemittanceBody)))]
#[post("/v1/remittances/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<RemittanceId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    let (by, reason) = (caller.person()?.id, request.body.parse()?);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "remittance").await?;
        let withdrawn = operations::withdraw(tx, *id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&RemittanceBody::read(tx, withdrawn).await?))
    })
    .await
}

/// When money moved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovedOn {
    /// The day; the book's own day when it is not given.
    pub(super) on: Option<Date>,
}

/// Says that the money of an accepted remittance has left: due to the other book → the cooperative's own cash. A line of the bank that says so is
/// explained by that entry (`POST /v1/bank-lines/{id}:explain`).
#[utoipa::path(tag = "remittances", operation_id = "pay_remittance",
    params(("id" = String, Path, description = "The remittance")), request_body = MovedOn,
    responses((status = 200, description = "Paid", body = RemittanceBody)))]
#[post("/v1/remittances/{id}:pay")]
pub(crate) async fn pay(
    state: Data<State>,
    caller: Caller,
    id: Path<RemittanceId>,
    request: Keyed<MovedOn>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let on = request.body.on.map(|day| book_day("/on", day)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "remittance").await?;
        let paid = operations::pay(tx, *id, on, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&RemittanceBody::read(tx, paid).await?))
    })
    .await
}
