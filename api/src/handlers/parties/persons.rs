//! The people who can sign in, as operators see them, and who of them is kept out.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::paragraphs;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::id::PersonId;
use ledger::parties::operations::persons;
use ledger::parties::rules::person::Person;
use ledger::parties::store::people;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody who signs in by e-mail link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonBody {
    #[schema(value_type = String, example = "psn_ageolosqnr2fxjlm6pfvxsr4iy")]
    id: PersonId,
    email: String,
    name: String,
    /// Runs the installation.
    operator: bool,
    /// When it was made, by the wall clock.
    created_at: Timestamp,
    /// Since when the person cannot sign in; null for everybody who can. By the wall clock.
    disabled_at: Option<Timestamp>,
}

impl From<Person> for PersonBody {
    fn from(it: Person) -> PersonBody {
        let Person { id, caller: _, email, name, is_operator, created_at, disabled_at, language: _, version: _ } = it;
        PersonBody { id, email, name, operator: is_operator, created_at, disabled_at }
    }
}

/// Lists everybody who has an account here.
#[utoipa::path(tag = "persons", params(PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<PersonBody>)))]
#[get("/v1/persons")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    caller.require_operator()?;
    let window = query.0.window::<Uuid>()?;
    let rows = people::list(&state.client().await?, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.0, PersonBody::from).respond(&http))
}

/// Shows a person.
#[utoipa::path(tag = "persons", params(("id" = String, Path, description = "The person")),
    responses((status = 200, description = "The person", body = PersonBody)))]
#[get("/v1/persons/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<PersonId>) -> Result<HttpResponse, Problem> {
    caller.require_operator()?;
    let found = people::find(&state.client().await?, *id).await?.ok_or(Error::NotFound("person"))?;
    Ok(HttpResponse::Ok().json(PersonBody::from(found)))
}

/// Why a person is kept out, or let in again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    /// For the record of who did what; no personal data.
    #[schema(min_length = 1, max_length = 1000, example = "The mailbox was taken over")]
    reason: String,
}

/// Disables a person: all their sessions and tokens end at once, and they cannot sign in. Their roles stay in the record. An
/// operator has to be made none first.
#[utoipa::path(tag = "persons", params(("id" = String, Path, description = "The person")), request_body = AccessRequest,
    responses((status = 200, description = "As they are now", body = PersonBody)))]
#[post("/v1/persons/{id}:disable")]
pub(crate) async fn disable(
    state: Data<State>,
    caller: Caller,
    id: Path<PersonId>,
    request: Keyed<AccessRequest>,
) -> Result<HttpResponse, Problem> {
    caller.require_operator()?;
    let (by, reason) = (caller.person()?.id, paragraphs("/reason", &request.body.reason, text::REASON)?);
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        Ok(Reply::ok(&PersonBody::from(persons::disable(tx, *id, by, &reason, ledger::calendar::now()).await?)))
    })
    .await
}

/// Enables a person who was disabled: they can sign in again, with the roles that they had. Sessions that were ended stay so.
#[utoipa::path(tag = "persons", params(("id" = String, Path, description = "The person")), request_body = AccessRequest,
    responses((status = 200, description = "As they are now", body = PersonBody)))]
#[post("/v1/persons/{id}:enable")]
pub(crate) async fn enable(
    state: Data<State>,
    caller: Caller,
    id: Path<PersonId>,
    request: Keyed<AccessRequest>,
) -> Result<HttpResponse, Problem> {
    caller.require_operator()?;
    let (by, reason) = (caller.person()?.id, paragraphs("/reason", &request.body.reason, text::REASON)?);
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        Ok(Reply::ok(&PersonBody::from(persons::enable(tx, *id, by, &reason, ledger::calendar::now()).await?)))
    })
    .await
}
