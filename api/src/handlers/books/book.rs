//! Books: opening one, reading what it is, moving a sandbox clock.

use crate::auth::{Caller, MaybeCaller, Who};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{clocked, note, require_leave, shown};
use crate::wire::{bounded, etag, parse, parse_currency};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::book::Mode;
use ledger::books::operations::books as operations;
use ledger::books::operations::clock::{self, Status};
use ledger::engine::store::books::{self, Book, Visibility};
use ledger::id::{BookId, BookRef, OrganisationId};
use ledger::parties::store::organisations;
use ledger::service::quota::Quota;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A book to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBook {
    /// Who will own it.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    organisation: String,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200, example = "Open Press Host")]
    name: String,
    /// Base currency, ISO 4217; never changes.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: String,
    /// `live` books are opened by operators; `sandbox` ones have a clock that can be moved. Never changes.
    #[schema(value_type = String, pattern = "^(live|sandbox)$")]
    mode: Mode,
    /// IANA time zone in which its days begin; never changes.
    #[schema(min_length = 1, max_length = 64, example = "Europe/Berlin")]
    zone: String,
    /// Who may read it: `private` (people with a role in the organisation, plain members excepted), `members`, or
    /// `public`, which operators decide on. Private when it is not given.
    #[schema(value_type = Option<String>, pattern = "^(private|members|public)$")]
    visibility: Option<Visibility>,
}

/// A book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Book)]
pub struct BookBody {
    #[schema(value_type = String, example = "bok_aaaaaaibsilxpcl6p3rzbkx2ymnm6sdc")]
    id: BookRef,
    #[schema(value_type = String)]
    organisation: OrganisationId,
    name: String,
    /// ISO 4217.
    currency: String,
    /// `live` or `sandbox`.
    #[schema(value_type = String)]
    mode: Mode,
    /// IANA time zone.
    zone: String,
    /// `private`, `members` or `public`.
    #[schema(value_type = String)]
    visibility: Visibility,
    /// `ready`: its clock is where it was sent, and all that was due by then is done; `advancing`: its clock walks there, by way
    /// of each moment at which something falls due; `frozen`: it was to walk, but the book is frozen, and it goes on after the
    /// release. Always `ready` for live books.
    #[schema(value_type = String, pattern = "^(ready|advancing|frozen)$")]
    status: Status,
    /// The present moment, by its own clock, which is the wall clock for live books.
    now: Timestamp,
    /// Where its clock walks, by its own clock; null when it is `ready`.
    clock_target: Option<Timestamp>,
    /// Seconds that its clock is ahead of the wall clock; 0 for live books.
    clock_ahead_seconds: i64,
    /// The organisation to whose bank account donors transfer: campaigns and pledges show their references; null when they do not.
    #[schema(value_type = Option<String>)]
    transfers_to: Option<OrganisationId>,
    /// Whether money settles by lines of bank statements alone, and periods close only when banks and book agree, or two people have moved
    /// what stays.
    kept_by_bank_lines: bool,
    /// When it was opened, by its own clock, which went with the wall clock then.
    created_at: Timestamp,
}

impl BookBody {
    /// A book as it stands.
    pub(crate) async fn of(client: &impl GenericClient, book: Book) -> Result<BookBody, Error> {
        let status = clock::status(client, &book).await?;
        Ok(BookBody::with(book, status))
    }

    fn with(book: Book, status: Status) -> BookBody {
        let now = book.now(ledger::calendar::now());
        BookBody {
            id: book.reference(),
            organisation: book.organisation,
            name: book.name,
            currency: book.currency.code().to_owned(),
            mode: book.mode,
            zone: book.zone_name,
            visibility: book.visibility,
            status,
            now,
            clock_target: book.clock_target,
            clock_ahead_seconds: book.clock_offset.as_secs(),
            transfers_to: book.transfers_to,
            kept_by_bank_lines: book.kept_by_bank_lines,
            created_at: book.created_at,
        }
    }
}

/// Opens a book with an empty journal. So many a day: see `/problems/quota`.
#[utoipa::path(tag = "books", request_body = NewBook,
    responses((status = 201, description = "Opened", body = BookBody)))]
#[post("/v1/books")]
pub(crate) async fn open(state: Data<State>, caller: Caller, request: Keyed<NewBook>) -> Result<HttpResponse, Problem> {
    let body = request.body;
    let asked = operations::OpenBook {
        organisation: parse("/organisation", &body.organisation)?,
        name: bounded("/name", &body.name, text::NAME)?,
        currency: parse_currency("/currency", &body.currency)?,
        mode: body.mode,
        zone: bounded("/zone", &body.zone, 1..=64)?,
        visibility: body.visibility.unwrap_or(Visibility::Private),
    };
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        caller.require_role(tx, asked.organisation, "organisation").await?;
        organisations::find(tx, asked.organisation).await?.ok_or(Error::NotFound("organisation"))?;
        require_leave(&caller, asked.visibility)?;
        match asked.mode {
            Mode::Live => caller.require_operator()?,
            Mode::Sandbox => {}
        }
        let wall = ledger::calendar::now();
        caller.take_quota(tx, state.config.quotas, Quota::Books, wall).await?;
        let book = operations::open(tx, asked.clone(), wall).await?;
        note(tx, &caller, &book, &book.reference(), "opened", wall).await?;
        Ok(Reply::created(&BookBody::of(tx, book).await?))
    })
    .await
}

/// Lists the books that the caller may read; for operators all of them, without a token the public ones.
#[utoipa::path(tag = "books", params(PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<BookBody>)))]
#[get("/v1/books")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let after = BookId(window.after.unwrap_or_default());
    let client = state.client().await?;
    let rows = match caller.0.as_ref().map(|caller| &caller.who) {
        Some(Who::Person(person)) if person.is_operator => books::list(&client, None, after, window.fetch()).await?,
        Some(Who::Person(person)) => books::list_readable(&client, Some(person.id), after, window.fetch()).await?,
        Some(Who::Partner(_)) | None => books::list_readable(&client, None, after, window.fetch()).await?,
    };
    let mut shown = Vec::with_capacity(rows.len());
    for book in rows {
        let status = clock::status(&client, &book).await?;
        shown.push((book, status));
    }
    let body = |(book, status)| BookBody::with(book, status);
    Ok(window.page(shown, |(book, _)| book.id.0, body).respond(&http))
}

/// Shows a book.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book")),
    responses((status = 200, description = "The book, with its ETag", body = BookBody,
        headers(("ETag" = String)))))]
#[get("/v1/books/{book}")]
pub(crate) async fn show(state: Data<State>, caller: MaybeCaller, id: Path<BookRef>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = shown(&client, &caller, *id).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, etag(book.version))).json(BookBody::of(&client, book).await?))
}

/// Where a clock is to stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvanceClock {
    /// By the book's clock: not before its present moment, and a century ahead at most.
    to: Timestamp,
}

/// Sends the clock of a sandbox book forward. It walks: it stops at each moment at which something falls due, goes on when
/// the worker has done that, and is `ready` at the end. Ask for the book until then. While it walks, a later moment sends it
/// further, and an earlier one changes nothing. A job that was given up holds it nowhere; one that failed pauses by the book's
/// clock, which comes by again.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book")), request_body = AdvanceClock,
    responses((status = 200, description = "As it is now: `ready` when nothing was due on the way, else `advancing`",
               body = BookBody)))]
#[post("/v1/books/{book}/clock:advance")]
pub(crate) async fn advance_clock(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<AdvanceClock>,
) -> Result<HttpResponse, Problem> {
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = clocked(tx, &caller, *id).await?;
        let wall = ledger::calendar::now();
        let book = clock::advance(tx, book.id, request.body.to, wall).await?;
        note(tx, &caller, &book, &book.reference(), "clock_advanced", wall).await?;
        Ok(Reply::ok(&BookBody::of(tx, book).await?))
    })
    .await
}
