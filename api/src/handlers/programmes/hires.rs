//! Who works in a programme: written down and ended.

use super::plans::kept_of;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::id::{HireId, ProgrammeId};
use ledger::programmes::operations::hires as operations;
use ledger::programmes::rules::hire::Hire;
use ledger::programmes::store::{hires, programmes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody who begins to work in a programme.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHire {
    /// The number of the place, as the programme lists them, from 1.
    #[schema(minimum = 1, maximum = 40, example = 1)]
    place: i16,
    /// The first day of work, in the months of the programme.
    starts_on: Date,
}

/// Somebody who works in a programme: who it is, the book does not say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hire)]
pub struct HireBody {
    #[schema(value_type = String)]
    id: HireId,
    #[schema(value_type = String)]
    programme: ProgrammeId,
    /// The number of the place.
    place: i16,
    /// What they do.
    title: String,
    starts_on: Date,
    /// The last day of work; null while there is none.
    ends_on: Option<Date>,
    /// When it was written down, by the book's clock.
    hired_at: Timestamp,
}

impl From<Hire> for HireBody {
    fn from(it: Hire) -> HireBody {
        HireBody {
            id: it.id,
            programme: it.programme,
            place: it.place,
            title: it.title,
            starts_on: it.starts_on,
            ends_on: it.ends_on,
            hired_at: it.hired_at,
        }
    }
}

/// Writes down that somebody works in a place of a programme from a day on: no more at the same time than it has places. It moves no money;
/// what they are paid is on the account of the line.
#[utoipa::path(tag = "programmes", operation_id = "hire",
    params(("id" = String, Path, description = "The programme")), request_body = NewHire,
    responses((status = 201, description = "Written down", body = HireBody)))]
#[post("/v1/programmes/{id}/hires")]
pub(crate) async fn hire(
    state: Data<State>,
    caller: Caller,
    id: Path<ProgrammeId>,
    request: Keyed<NewHire>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let NewHire { place, starts_on } = request.body;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        kept_of(tx, &caller, id.book, "programme").await?;
        let hired = operations::hire(tx, *id, place, starts_on, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&HireBody::from(hired)))
    })
    .await
}

/// Lists who works in a programme, and who did.
#[utoipa::path(tag = "programmes", operation_id = "list_hires",
    params(("id" = String, Path, description = "The programme"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<HireBody>)))]
#[get("/v1/programmes/{id}/hires")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<ProgrammeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = kept_of(&client, &caller, id.book, "programme").await?;
    programmes::get(&client, *id, book.currency).await?;
    let rows = hires::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, HireBody::from).respond(&http))
}

/// The end of somebody's work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndHire {
    /// The last day of work: the first one at the earliest.
    ends_on: Date,
}

/// Writes the last day of somebody's work down, once. The place is free from the day after it on.
#[utoipa::path(tag = "programmes", operation_id = "end_hire",
    params(("id" = String, Path, description = "The hire")), request_body = EndHire,
    responses((status = 200, description = "Written down", body = HireBody)))]
#[post("/v1/hires/{id}:end")]
pub(crate) async fn end(
    state: Data<State>,
    caller: Caller,
    id: Path<HireId>,
    request: Keyed<EndHire>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let ends_on = request.body.ends_on;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        kept_of(tx, &caller, id.book, "hire").await?;
        let ended = operations::end(tx, *id, ends_on, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&HireBody::from(ended)))
    })
    .await
}
