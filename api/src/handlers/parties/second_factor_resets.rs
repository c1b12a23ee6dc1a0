//! The reset of a second factor: asked for by who has lost it, agreed to by two operators, and done a day later.

use super::second_factor_body::{ResetBody, SecondFactorBody};
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::paragraphs;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use ledger::Error;
use ledger::id::PersonId;
use ledger::parties::operations::{second_factor_resets as operations, second_factors};
use ledger::parties::store::people;
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;

/// Why an operator agrees to a reset, or refuses it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideResetRequest {
    /// For the record of who did what: how you know who asks. No personal data.
    #[schema(min_length = 1, max_length = 1000, example = "Seen in person, with an identity card")]
    reason: String,
}

/// Asks that your second factor be removed, since authenticator and recovery codes are lost: within fifteen minutes after signing in by a
/// fresh link. Two operators have to agree, and a day passes after that; until then you may object, and proving the factor objects as well.
/// You are told of each step by mail.
#[utoipa::path(tag = "second-factors", request_body = Nothing,
    responses((status = 201, description = "Asked for", body = ResetBody)))]
#[post("/v1/me/second-factor:ask-reset")]
pub(crate) async fn ask(state: Data<State>, caller: Caller, request: Keyed<Nothing>) -> Result<HttpResponse, Problem> {
    let person = caller.person()?;
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        let asked = operations::ask(tx, person.id, person.session, ledger::calendar::now()).await?;
        Ok(Reply::created(&ResetBody::from(asked)))
    })
    .await
}

/// Objects to a reset of your second factor: nothing comes of it.
#[utoipa::path(tag = "second-factors", request_body = Nothing,
    responses((status = 200, description = "It is over", body = ResetBody)))]
#[post("/v1/me/second-factor:object-to-reset")]
pub(crate) async fn object_to_reset(
    state: Data<State>,
    caller: Caller,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        Ok(Reply::ok(&ResetBody::from(operations::object(tx, person, ledger::calendar::now()).await?)))
    })
    .await
}

/// Shows how the second factor of a person stands, and whether a reset was asked for.
#[utoipa::path(tag = "second-factors", params(("id" = String, Path, description = "The person")),
    responses((status = 200, description = "How it stands", body = SecondFactorBody)))]
#[get("/v1/persons/{id}/second-factor")]
pub(crate) async fn show_of_person(
    state: Data<State>,
    caller: Caller,
    id: Path<PersonId>,
) -> Result<HttpResponse, Problem> {
    caller.require_operator()?;
    let client = state.client().await?;
    people::find(&client, *id).await?.ok_or(Error::NotFound("person"))?;
    let standing = second_factors::standing(&client, *id, ledger::calendar::now()).await?;
    Ok(HttpResponse::Ok().json(SecondFactorBody::from(standing)))
}

/// Agrees to the reset that a person has asked for, with your own second factor. Nobody agrees to one of their own. When another operator
/// has agreed as well, the factor is removed a day later, and all sessions of the person end.
#[utoipa::path(tag = "second-factors", params(("id" = String, Path, description = "The person")),
    request_body = DecideResetRequest, responses((status = 200, description = "As it stands now", body = ResetBody)))]
#[post("/v1/persons/{id}/second-factor:reset")]
pub(crate) async fn approve(
    state: Data<State>,
    caller: Caller,
    id: Path<PersonId>,
    request: Keyed<DecideResetRequest>,
) -> Result<HttpResponse, Problem> {
    caller.require_operator()?;
    let (by, reason) = (caller.person()?.id, paragraphs("/reason", &request.body.reason, text::REASON)?);
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        let approved = operations::approve(tx, *id, by, &reason, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ResetBody::from(approved)))
    })
    .await
}

/// Refuses the reset that a person has asked for, at any time before the factor is removed.
#[utoipa::path(tag = "second-factors", params(("id" = String, Path, description = "The person")),
    request_body = DecideResetRequest, responses((status = 200, description = "It is over", body = ResetBody)))]
#[post("/v1/persons/{id}/second-factor:refuse-reset")]
pub(crate) async fn refuse(
    state: Data<State>,
    caller: Caller,
    id: Path<PersonId>,
    request: Keyed<DecideResetRequest>,
) -> Result<HttpResponse, Problem> {
    caller.require_operator()?;
    let (by, reason) = (caller.person()?.id, paragraphs("/reason", &request.body.reason, text::REASON)?);
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        let refused = operations::refuse(tx, *id, by, &reason, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ResetBody::from(refused)))
    })
    .await
}
