//! Units of a book: what accounts may be kept in besides currencies.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, note, read_accounts};
use crate::wire::{bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::books::operations::units as operations;
use ledger::engine::store::units::{self, BookUnit, Counts};
use ledger::id::BookRef;
use ledger::money::{Unit, UnitError};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A unit to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    /// Stands in amounts where else a currency stands; never a code of ISO 4217, never one that begins with `PLEDGED.`.
    #[schema(min_length = 2, max_length = 16, pattern = "^[A-Z][A-Z0-9._-]{1,15}$", example = "HOURS")]
    code: String,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200, example = "Attested hours")]
    name: String,
    /// How many digits stand behind the decimal point.
    #[schema(minimum = 0, maximum = 8, example = 2)]
    exponent: u8,
    /// What it counts.
    #[schema(pattern = "^(hours|units|points|commitment|other)$", example = "hours")]
    counts: String,
}

/// A unit of a book. It never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unit)]
pub struct UnitBody {
    code: String,
    name: String,
    /// How many digits stand behind the decimal point.
    exponent: u32,
    /// `hours`, `units`, `points`, `commitment` or `other`.
    counts: &'static str,
    /// When it was made, by the wall clock.
    created_at: Timestamp,
}

impl From<BookUnit> for UnitBody {
    fn from(it: BookUnit) -> UnitBody {
        UnitBody {
            code: it.unit.code().to_owned(),
            name: it.name,
            exponent: it.unit.exponent(),
            counts: it.counts.as_str(),
            created_at: it.created_at,
        }
    }
}

/// Makes a unit that accounts of the book may be kept in. It is there for good.
#[utoipa::path(tag = "units", params(("book" = String, Path, description = "The book")), request_body = NewUnit,
    responses((status = 201, description = "Made", body = UnitBody)))]
#[post("/v1/books/{book}/units")]
pub(crate) async fn create_unit(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewUnit>,
) -> Result<HttpResponse, Problem> {
    let body = request.body;
    let unit = Unit::own(&body.code, body.exponent).map_err(|error| {
        let pointer = match error {
            UnitError::Code | UnitError::IsCurrency => "/code",
            UnitError::Exponent => "/exponent",
        };
        Problem::invalid(pointer, error.to_string())
    })?;
    let name = bounded("/name", &body.name, text::NAME)?;
    let counts = parse::<Counts>("/counts", &body.counts)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        let wall = ledger::calendar::now();
        let made = operations::create(tx, &book, unit, &name, counts, wall).await?;
        note(tx, &caller, &book, &unit, "unit_made", wall).await?;
        Ok(Reply::created(&UnitBody::from(made)))
    })
    .await
}

/// Lists the units of a book.
#[utoipa::path(tag = "units", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, by code", body = Page<UnitBody>)))]
#[get("/v1/books/{book}/units")]
pub(crate) async fn list_units(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<String>()?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let after = window.after.as_deref().unwrap_or_default();
    let rows = units::list(&client, book.id, after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.unit.code().to_owned(), UnitBody::from).respond(&http))
}

/// Shows a unit of a book.
#[utoipa::path(tag = "units",
    params(("book" = String, Path, description = "The book"),
           ("code" = String, Path, description = "The unit's code", max_length = 16, pattern = "^[A-Z][A-Z0-9._-]{1,15}$")),
    responses((status = 200, description = "The unit", body = UnitBody)))]
#[get("/v1/books/{book}/units/{code}")]
pub(crate) async fn show_unit(
    state: Data<State>,
    caller: MaybeCaller,
    path: Path<(BookRef, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, code) = path.into_inner();
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, id).await?;
    let found = units::find(&client, book.id, &code).await?.ok_or(Error::NotFound("unit"))?;
    Ok(HttpResponse::Ok().json(UnitBody::from(found)))
}
