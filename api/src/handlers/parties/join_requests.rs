//! Requests to join: how somebody asks to belong to a team or a cooperative, and what its owners answer.

use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::id::{JoinRequestId, OrganisationId, PersonId};
use ledger::parties::operations::join_requests as operations;
use ledger::parties::rules::join_request::{JoinOutcome, JoinRequest, JoinRequestState};
use ledger::parties::rules::role::Role;
use ledger::parties::store::join_requests;
use ledger::service::quota::Quota;
use ledger::words::UnknownWord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What somebody says who asks to join.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJoinRequest {
    /// Who they are, and what they want to do there: only the owners read it.
    #[schema(min_length = 1, max_length = 1000, example = "I weld, and live two streets away")]
    pub(crate) note: String,
}

/// What the person may do from then on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptJoinRequest {
    #[schema(pattern = "^(owner|treasurer|approver|reviewer|judge|auditor|member)$", example = "member")]
    pub(crate) role: String,
}

/// Why somebody is not taken in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineJoinRequest {
    /// The person reads it.
    #[schema(min_length = 1, max_length = 1000, example = "The workshop is full until spring")]
    pub(crate) reason: String,
}

/// A request of a person to belong to an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Joining)]
pub struct JoinRequestBody {
    #[schema(value_type = String, example = "jrq_ageolosqnr2fxjlm6pfvxsr4iy")]
    id: JoinRequestId,
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// Name of the organisation.
    organisation_name: String,
    #[schema(value_type = String)]
    person: PersonId,
    email: String,
    /// How the person is called; empty when they have not said.
    person_name: String,
    note: String,
    /// `open`, `accepted`, `declined`, `withdrawn`, or `lapsed` when no owner answered in time.
    #[schema(value_type = String)]
    state: JoinRequestState,
    /// The role that was given; null unless it was accepted.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// Why it was declined; null unless it was.
    reason: Option<String>,
    /// When it was asked, by the wall clock.
    asked_at: Timestamp,
    /// When it lapses, by the wall clock.
    until: Timestamp,
    /// When it ended, by the wall clock; null while it is open.
    ended_at: Option<Timestamp>,
}

impl JoinRequestBody {
    fn at(wall: Timestamp) -> impl Fn(JoinRequest) -> JoinRequestBody {
        move |it| {
            let state = it.state(wall);
            let lapsed_at = (state == JoinRequestState::Lapsed).then_some(it.until);
            let ended_at = it.ended.as_ref().map(|(_, at)| *at).or(lapsed_at);
            let (role, reason) = match it.ended {
                Some((JoinOutcome::Accepted { role, .. }, _)) => (Some(role), None),
                Some((JoinOutcome::Declined { reason, .. }, _)) => (None, Some(reason)),
                Some((JoinOutcome::Withdrawn | JoinOutcome::Lapsed, _)) | None => (None, None),
            };
            let JoinRequest { id, organisation, organisation_name, person, email, person_name, note, .. } = it;
            let (asked_at, until) = (it.asked_at, it.until);
            JoinRequestBody {
                id,
                organisation,
                organisation_name,
                person,
                email,
                person_name,
                note,
                state,
                role,
                reason,
                asked_at,
                until,
                ended_at,
            }
        }
    }
}

/// Asks to belong to a team or a cooperative. Its owners answer within 14 days; after that the request lapses. An organisation of another
/// kind answers as one that is not there.
#[utoipa::path(tag = "invitations", operation_id = "ask_to_join",
    params(("id" = String, Path, description = "The organisation")), request_body = NewJoinRequest,
    responses((status = 201, description = "Asked", body = JoinRequestBody)))]
#[post("/v1/organisations/{id}/join-requests")]
pub(crate) async fn ask(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    request: Keyed<NewJoinRequest>,
) -> Result<HttpResponse, Problem> {
    ask_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Asks to join, once for its key: that of a request, or of a form.
pub(crate) async fn ask_once(
    state: &State,
    caller: &Caller,
    id: OrganisationId,
    key: &IdempotencyKey,
    new: &NewJoinRequest,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        operations::joinable(tx, id).await?;
        let wall = ledger::calendar::now();
        caller.take_quota(tx, state.config.quotas, Quota::JoinRequests, wall).await?;
        let made = operations::ask(tx, id, person, &new.note, wall).await?;
        Ok(Reply::created(&JoinRequestBody::at(wall)(made)))
    })
    .await
}

/// Lists the requests to an organisation, for its owners: those that are over too.
#[utoipa::path(tag = "invitations", operation_id = "list_join_requests",
    params(("id" = String, Path, description = "The organisation"), PageQuery),
    responses((status = 200, description = "A page, the newest first", body = Page<JoinRequestBody>)))]
#[get("/v1/organisations/{id}/join-requests")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    caller.require_role(&client, *id, "organisation").await?;
    let before = window.after.unwrap_or(Uuid::max());
    let rows = join_requests::list_of_organisation(&client, *id, before, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.0, JoinRequestBody::at(ledger::calendar::now())).respond(&http))
}

/// Lists your own requests, those that are over too.
#[utoipa::path(tag = "invitations", operation_id = "list_my_join_requests", params(PageQuery),
    responses((status = 200, description = "A page, the newest first", body = Page<JoinRequestBody>)))]
#[get("/v1/me/join-requests")]
pub(crate) async fn list_mine(
    state: Data<State>,
    caller: Caller,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let before = window.after.unwrap_or(Uuid::max());
    let rows = join_requests::list_of_person(&client, caller.person()?.id, before, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.0, JoinRequestBody::at(ledger::calendar::now())).respond(&http))
}

/// A request to an organisation of which the caller is an owner.
pub(crate) async fn of_owner(
    client: &impl GenericClient,
    caller: &Caller,
    id: JoinRequestId,
) -> Result<JoinRequest, Error> {
    let found = join_requests::find(client, id).await?.ok_or(Error::NotFound("join request"))?;
    caller.require_role(client, found.organisation, "join request").await?;
    Ok(found)
}

/// Accepts a request: the person has the role from now on, and is told so by mail.
#[utoipa::path(tag = "invitations", operation_id = "accept_join_request",
    params(("id" = String, Path, description = "The request")), request_body = AcceptJoinRequest,
    responses((status = 200, description = "Accepted", body = JoinRequestBody)))]
#[post("/v1/join-requests/{id}:accept")]
pub(crate) async fn accept(
    state: Data<State>,
    caller: Caller,
    id: Path<JoinRequestId>,
    request: Keyed<AcceptJoinRequest>,
) -> Result<HttpResponse, Problem> {
    accept_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Accepts a request, once for its key: that of a request, or of a form.
pub(crate) async fn accept_once(
    state: &State,
    caller: &Caller,
    id: JoinRequestId,
    key: &IdempotencyKey,
    given: &AcceptJoinRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        of_owner(tx, caller, id).await?;
        let role: Role = given.role.parse().map_err(|error: UnknownWord| Error::invalid("/role", error.to_string()))?;
        let wall = ledger::calendar::now();
        Ok(Reply::ok(&JoinRequestBody::at(wall)(operations::accept(tx, id, by, role, wall).await?)))
    })
    .await
}

/// Declines a request, with a reason that the person reads.
#[utoipa::path(tag = "invitations", operation_id = "decline_join_request",
    params(("id" = String, Path, description = "The request")), request_body = DeclineJoinRequest,
    responses((status = 200, description = "Declined", body = JoinRequestBody)))]
#[post("/v1/join-requests/{id}:decline")]
pub(crate) async fn decline(
    state: Data<State>,
    caller: Caller,
    id: Path<JoinRequestId>,
    request: Keyed<DeclineJoinRequest>,
) -> Result<HttpResponse, Problem> {
    decline_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Declines a request, once for its key: that of a request, or of a form.
pub(crate) async fn decline_once(
    state: &State,
    caller: &Caller,
    id: JoinRequestId,
    key: &IdempotencyKey,
    given: &DeclineJoinRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        of_owner(tx, caller, id).await?;
        let wall = ledger::calendar::now();
        Ok(Reply::ok(&JoinRequestBody::at(wall)(operations::decline(tx, id, by, &given.reason, wall).await?)))
    })
    .await
}

/// Takes a request of your own back.
#[utoipa::path(tag = "invitations", operation_id = "withdraw_join_request",
    params(("id" = String, Path, description = "The request")), request_body = Nothing,
    responses((status = 200, description = "Withdrawn", body = JoinRequestBody)))]
#[post("/v1/join-requests/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<JoinRequestId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    withdraw_once(&state, &caller, *id, &request.key).await
}

/// Takes a request back, once for its key: that of a request, or of a form.
pub(crate) async fn withdraw_once(
    state: &State,
    caller: &Caller,
    id: JoinRequestId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        let wall = ledger::calendar::now();
        Ok(Reply::ok(&JoinRequestBody::at(wall)(operations::withdraw(tx, id, by, wall).await?)))
    })
    .await
}
