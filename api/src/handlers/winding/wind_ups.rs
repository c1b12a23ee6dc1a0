//! The wind-up of a book: announced and taken back by its owner, and read with what goes where.

use super::line_body::LineBody;
use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, kept, read, read_accounts};
use crate::wire::paragraphs;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::books::operations::wind_ups as operations;
use ledger::books::rules::wind_up::{WindUp, WindUpState};
use ledger::books::store::wind_ups;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, WindUpId};
use ledger::service::change::Change;
use ledger::text;
use ledger::winding::operations::lines;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Until when a book takes something new, and until when what it holds stays in it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindUpRequest {
    /// The last day on which something new is taken, in the zone of the book: its today, or within 365 days after it.
    #[schema(value_type = String, format = "date")]
    last_day: Date,
    /// For the people of the book, their donors and platforms; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    why: String,
    /// The last day on which money stays for what it was given: the last day, or within 730 days after it; 90 days after it when it
    /// is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date")]
    return_after: Option<Date>,
}

/// Why a wind-up is taken back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResumeBookRequest {
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// The wind-up of a book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WindUp)]
pub struct WindUpBody {
    #[schema(value_type = String)]
    id: WindUpId,
    #[schema(value_type = String)]
    book: BookRef,
    /// `announced`: its last day has not ended; `winding`: the book takes nothing new; `done`: nothing is left in it but what is
    /// named as owed; `resumed`: it was taken back.
    #[schema(value_type = String)]
    state: WindUpState,
    /// The last day on which something new is taken, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    last_day: Date,
    /// From when on nothing new is taken, by the book's clock.
    from: Timestamp,
    /// The last day on which money stays for what it was given, in the zone of the book.
    #[schema(value_type = String, format = "date")]
    return_after: Date,
    /// From when on what is left goes back, by the book's clock.
    return_from: Timestamp,
    why: String,
    /// When it was said, by the book's clock.
    announced_at: Timestamp,
    /// When it was done, or taken back, by the book's clock; null before.
    ended_at: Option<Timestamp>,
}

impl WindUpBody {
    fn new(it: WindUp, book: &Book) -> WindUpBody {
        WindUpBody {
            state: it.state(book.now(ledger::calendar::now())),
            id: it.id,
            book: book.reference(),
            last_day: it.last_day,
            from: it.from,
            return_after: it.return_after,
            return_from: it.return_from,
            why: it.why,
            announced_at: it.announced_at,
            ended_at: it.ended_at,
        }
    }
}

/// The last wind-up of a book.
pub(super) async fn last(client: &impl GenericClient, book: &Book) -> Result<WindUp, Error> {
    wind_ups::last(client, book.id).await?.ok_or(Error::NotFound("wind-up"))
}

/// Winds a book up, as its host closes. From the end of the last day on it takes nothing new: no campaigns, challenges, rounds, pledges
/// or contributions (`book-winding-up`). Its pledges are cancelled then, and their donors are told by mail; payments that have begun
/// finish. Of what it holds the host says line by line whether it moves, is spent, or goes back; after the day named for that, what is
/// left goes back to those who gave it, by itself and for as long as it takes. What is owed stays owed. An owner of the book asks
/// for it.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book")), request_body = WindUpRequest,
    responses((status = 201, description = "Announced", body = WindUpBody)))]
#[post("/v1/books/{book}:wind-up")]
pub(crate) async fn announce(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<WindUpRequest>,
) -> Result<HttpResponse, Problem> {
    let why = paragraphs("/why", &request.body.why, text::REASON)?;
    let days = (request.body.last_day, request.body.return_after);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let by = Change { version: None, actor: actor(&caller), reason: &why };
        let announced = operations::announce(tx, &book, days, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&WindUpBody::new(announced, &book)))
    })
    .await
}

/// Takes the wind-up of a book back, while its last day has not ended: the book goes on as if nothing had been said.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book")), request_body = ResumeBookRequest,
    responses((status = 200, description = "Taken back", body = WindUpBody)))]
#[post("/v1/books/{book}:resume")]
pub(crate) async fn resume(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<ResumeBookRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let by = Change { version: None, actor: actor(&caller), reason: &reason };
        let resumed = operations::resume(tx, &book, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&WindUpBody::new(resumed, &book)))
    })
    .await
}

/// Shows the last wind-up of a book, also one that was taken back.
#[utoipa::path(tag = "books", operation_id = "books_show_wind_up", params(("book" = String, Path, description = "The book")),
    responses((status = 200, description = "The wind-up", body = WindUpBody)))]
#[get("/v1/books/{book}/wind-up")]
pub(crate) async fn show(state: Data<State>, caller: MaybeCaller, id: Path<BookRef>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, _) = read(&client, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(WindUpBody::new(last(&client, &book).await?, &book)))
}

/// Lists what goes where when a book is wound up: a line for each account in which money of others is or was, with what remains in it
/// and why. It is read from the book as it is now.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, by the code of the account", body = Page<LineBody>)))]
#[get("/v1/books/{book}/wind-up/lines")]
pub(crate) async fn list_lines(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<String>()?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let of = last(&client, &book).await?;
    let after = window.after.as_deref().unwrap_or_default();
    let rows = lines::list(&client, &book, &of, after, window.fetch(), ledger::calendar::now()).await?;
    Ok(window.page(rows, |row| row.account.code.clone(), LineBody::from).respond(&http))
}
