//! Invitations: how somebody gets a role in an organisation.

use super::organisations::MembershipBody;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::keys;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use jiff::Timestamp;
use ledger::id::{InvitationId, OrganisationId, PersonId};
use ledger::parties::operations::invitations as operations;
use ledger::parties::rules::invitation::{Invitation, InvitationState};
use ledger::parties::rules::role::{Email, Role};
use ledger::parties::store::invitations;
use ledger::service::quota::Quota;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A role to be offered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// Where the invitation is mailed. Whether somebody here has the address changes neither the answer nor its time.
    #[schema(min_length = 3, max_length = 254, format = "email", example = "ada@example.org")]
    email: String,
    /// What they may do once they have accepted.
    #[schema(pattern = "^(owner|treasurer|approver|reviewer|judge|auditor|member)$", example = "reviewer")]
    role: String,
}

/// A role offered to an address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationBody {
    #[schema(value_type = String, example = "inv_ageolosqnr2fxjlm6pfvxsr4iy")]
    id: InvitationId,
    #[schema(value_type = String)]
    organisation: OrganisationId,
    email: String,
    /// `owner`, `treasurer`, `approver`, `reviewer`, `judge`, `auditor` or `member`.
    #[schema(value_type = String)]
    role: Role,
    /// `open`, `accepted`, `declined`, `withdrawn`, or `lapsed` when nobody accepted in time.
    #[schema(value_type = String)]
    state: InvitationState,
    #[schema(value_type = String)]
    invited_by: PersonId,
    /// When it was made, by the wall clock.
    created_at: Timestamp,
    /// When it lapses. By the wall clock.
    expires_at: Timestamp,
}

impl InvitationBody {
    fn at(wall: Timestamp) -> impl Fn(Invitation) -> InvitationBody {
        move |it| {
            let state = it.state(wall);
            let Invitation { id, organisation, email, role, invited_by, created_at, expires_at, .. } = it;
            InvitationBody { id, organisation, email, role, state, invited_by, created_at, expires_at }
        }
    }
}

/// Invites somebody to a role. A link is mailed to the address; it works for 14 days, once, for whoever is signed in with
/// that address. Until it is accepted, nobody has the role. So many a day: see `/problems/quota`.
#[utoipa::path(tag = "invitations", params(("id" = String, Path, description = "The organisation")),
    request_body = NewInvitation,
    responses((status = 201, description = "The invitation is on its way", body = InvitationBody)))]
#[post("/v1/organisations/{id}/invitations")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    request: Keyed<NewInvitation>,
) -> Result<HttpResponse, Problem> {
    invite_once(&state, &caller, *id, &request.key, (&request.body.email, &request.body.role)).await
}

/// Invites somebody to a role, once for its key: that of a request, or of a form.
pub(crate) async fn invite_once(
    state: &State,
    caller: &Caller,
    id: OrganisationId,
    key: &IdempotencyKey,
    (email, role): (&str, &str),
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let email: Email = parse("/email", email)?;
    let role: Role = parse("/role", role)?;
    let secret = keys::secret();
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        caller.require_role(tx, id, "organisation").await?;
        let wall = ledger::calendar::now();
        caller.take_quota(tx, state.config.quotas, Quota::Invitations, wall).await?;
        let made = operations::invite(tx, id, &email, role, by, &secret, wall).await?;
        Ok(Reply::created(&InvitationBody::at(wall)(made)))
    })
    .await
}

/// Lists the invitations of an organisation, those that are over too.
#[utoipa::path(tag = "invitations", params(("id" = String, Path, description = "The organisation"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<InvitationBody>)))]
#[get("/v1/organisations/{id}/invitations")]
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
    let rows = invitations::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.0, InvitationBody::at(ledger::calendar::now())).respond(&http))
}

/// Withdraws an invitation: its link gives nothing any more. One that was accepted is past that; take the role away instead.
#[utoipa::path(tag = "invitations",
    params(("id" = String, Path, description = "The organisation"),
           ("invitation" = String, Path, description = "The invitation")),
    responses((status = 204, description = "Withdrawn")))]
#[delete("/v1/organisations/{id}/invitations/{invitation}")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    path: Path<(OrganisationId, InvitationId)>,
) -> Result<HttpResponse, Problem> {
    let (id, invitation) = path.into_inner();
    let by = caller.person()?.id;
    state
        .in_transaction(async |tx| {
            caller.require_role(tx, id, "organisation").await?;
            operations::withdraw(tx, id, invitation, by, ledger::calendar::now()).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Declines an invitation: its link gives nothing any more, and the organisation sees that it was declined. Declining once more changes
/// nothing; one that was accepted is past that.
#[utoipa::path(tag = "invitations", operation_id = "decline_invitation", request_body = AcceptRequest,
    responses((status = 200, description = "The invitation, which is declined", body = InvitationBody)))]
#[post("/v1/invitations:decline")]
pub(crate) async fn decline(
    state: Data<State>,
    caller: Caller,
    request: Keyed<AcceptRequest>,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    let token = bounded("/token", &request.body.token, text::REFERENCE)?;
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        let wall = ledger::calendar::now();
        Ok(Reply::ok(&InvitationBody::at(wall)(operations::decline(tx, &token, person, wall).await?)))
    })
    .await
}

/// The token of an invitation's link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptRequest {
    #[schema(min_length = 1, max_length = 200)]
    token: String,
}

/// Accepts an invitation: the person who is signed in has the role from now on. It works once, for the address to which it
/// went.
#[utoipa::path(tag = "invitations", request_body = AcceptRequest,
    responses((status = 200, description = "The role that was given", body = MembershipBody)))]
#[post("/v1/invitations:accept")]
pub(crate) async fn accept(
    state: Data<State>,
    caller: Caller,
    request: Keyed<AcceptRequest>,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    let token = bounded("/token", &request.body.token, text::REFERENCE)?;
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        let given = operations::accept(tx, &token, person, ledger::calendar::now()).await?;
        Ok(Reply::ok(&MembershipBody::from(given)))
    })
    .await
}
