//! Organisations, and the roles of people in them.

use crate::auth::Caller;
use crate::extract::{Body, Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{IfMatch, bounded, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::id::{OrganisationId, PersonId};
use ledger::parties::operations::organisations::{self as parties, ChangedOrganisation};
use ledger::parties::rules::organisation::{Membership, Organisation};
use ledger::parties::rules::role::{OrganisationKind, Role};
use ledger::parties::store::organisations;
use ledger::service::quota::Quota;
use ledger::text;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use utoipa::ToSchema;
use uuid::Uuid;

/// An organisation to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// Name for people.
    #[schema(min_length = 1, max_length = 200, example = "Drill Commons")]
    pub(crate) name: String,
    /// Never changes. `fiscal_host` and `partner_platform` are made by operators.
    #[schema(
        pattern = "^(cooperative|fiscal_host|project_team|sponsor|partner_platform|enterprise)$",
        example = "project_team"
    )]
    pub(crate) kind: String,
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub struct OrganisationBody {
    #[schema(value_type = String, example = "org_ageolosqnr2fxjlm6pfvxsr4iy")]
    id: OrganisationId,
    name: String,
    /// `cooperative`, `fiscal_host`, `project_team`, `sponsor`, `partner_platform` or `enterprise`.
    #[schema(value_type = String)]
    kind: OrganisationKind,
    /// Postal address, for receipts; empty when not given.
    address: String,
    /// Number in a public register, for receipts; empty when not given.
    registration: String,
    /// What its receipts say of their use before the tax office; empty: that they are no certificate.
    receipt_text: String,
    /// When it was made, by the wall clock.
    created_at: Timestamp,
}

impl From<Organisation> for OrganisationBody {
    fn from(it: Organisation) -> OrganisationBody {
        let Organisation { id, name, kind, address, registration, receipt_text, created_at, .. } = it;
        OrganisationBody { id, name, kind, address, registration, receipt_text, created_at }
    }
}

/// Makes an organisation; who makes it becomes its owner. So many a day: see `/problems/quota`.
#[utoipa::path(tag = "organisations", request_body = NewOrganisation,
    responses((status = 201, description = "Made", body = OrganisationBody)))]
#[post("/v1/organisations")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewOrganisation>,
) -> Result<HttpResponse, Problem> {
    create_once(&state, &caller, &request.key, &request.body).await
}

/// Makes an organisation, once for its key: that of a request, or of a form.
pub(crate) async fn create_once(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    new: &NewOrganisation,
) -> Result<HttpResponse, Problem> {
    let creator = caller.person()?.id;
    let name = bounded("/name", &new.name, text::NAME)?;
    let kind = parse("/kind", &new.kind)?;
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        let wall = ledger::calendar::now();
        caller.take_quota(tx, state.config.quotas, Quota::Organisations, wall).await?;
        let made = parties::create_organisation(tx, creator, &name, kind, wall).await?;
        Ok(Reply::created(&OrganisationBody::from(made)))
    })
    .await
}

/// Lists the caller's organisations; for operators all of them.
#[utoipa::path(tag = "organisations", params(PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<OrganisationBody>)))]
#[get("/v1/organisations")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let after = window.after.unwrap_or_default();
    let client = state.client().await?;
    let rows = if caller.is_operator() {
        organisations::list(&client, after, window.fetch()).await?
    } else {
        organisations::list_of_person(&client, caller.person()?.id, after, window.fetch()).await?
    };
    Ok(window.page(rows, |row| row.id.0, OrganisationBody::from).respond(&http))
}

/// Shows an organisation.
#[utoipa::path(tag = "organisations", params(("id" = String, Path, description = "The organisation")),
    responses((status = 200, description = "The organisation, with its ETag", body = OrganisationBody,
        headers(("ETag" = String)))))]
#[get("/v1/organisations/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    caller.require_role(&client, *id, "organisation").await?;
    let found = organisations::find(&client, *id).await?.ok_or(Error::NotFound("organisation"))?;
    Ok(HttpResponse::Ok().insert_header((ETAG, etag(found.version))).json(OrganisationBody::from(found)))
}

/// What of an organisation changes; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeOrganisationRequest {
    /// Name for people.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Postal address, for receipts; empty for none.
    #[schema(max_length = 1000)]
    address: Option<String>,
    /// Number in a public register, for receipts; empty for none.
    #[schema(max_length = 200)]
    registration: Option<String>,
    /// What its receipts say of their use before the tax office; empty: that they are no certificate.
    #[schema(max_length = 4000)]
    receipt_text: Option<String>,
}

impl ChangeOrganisationRequest {
    fn parse(&self) -> Result<ChangedOrganisation, Problem> {
        let line = |pointer, text: &Option<String>, length: RangeInclusive<usize>| {
            text.as_deref().map(|text| bounded(pointer, text, length)).transpose()
        };
        let lines = |pointer, text: &Option<String>, length: RangeInclusive<usize>| {
            text.as_deref().map(|text| paragraphs(pointer, text, length)).transpose()
        };
        Ok(ChangedOrganisation {
            name: line("/name", &self.name, text::NAME)?,
            address: lines("/address", &self.address, text::ADDRESS_OR_NONE)?,
            registration: line("/registration", &self.registration, text::REFERENCE_OR_NONE)?,
            receipt_text: lines("/receipt_text", &self.receipt_text, text::STATEMENT_OR_NONE)?,
        })
    }
}

/// Changes an organisation: its name, and what its receipts say of it. Receipts that were issued before keep what they say.
#[utoipa::path(tag = "organisations", params(("id" = String, Path, description = "The organisation")),
    request_body = ChangeOrganisationRequest,
    responses((status = 200, description = "As it is now, with its new ETag", body = OrganisationBody)))]
#[patch("/v1/organisations/{id}")]
pub(crate) async fn change(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    seen: IfMatch,
    request: Body<ChangeOrganisationRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = request.0.parse()?;
    let changed = state
        .in_transaction(async |tx| {
            caller.require_role(tx, *id, "organisation").await?;
            parties::change_organisation(tx, *id, seen.0, asked).await
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, etag(changed.version))).json(OrganisationBody::from(changed)))
}

/// A role of a person in an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Membership)]
pub struct MembershipBody {
    #[schema(value_type = String)]
    organisation: OrganisationId,
    #[schema(value_type = String)]
    person: PersonId,
    email: String,
    /// `owner`, `treasurer`, `approver`, `reviewer`, `judge`, `auditor` or `member`.
    #[schema(value_type = String)]
    role: Role,
    /// When it was made, by the wall clock.
    created_at: Timestamp,
}

impl From<Membership> for MembershipBody {
    fn from(it: Membership) -> MembershipBody {
        let Membership { organisation, person, email, role, created_at } = it;
        MembershipBody { organisation, person, email, role, created_at }
    }
}

/// Lists who has which role.
#[utoipa::path(tag = "organisations", params(("id" = String, Path, description = "The organisation"), PageQuery),
    responses((status = 200, description = "A page, by person and role", body = Page<MembershipBody>)))]
#[get("/v1/organisations/{id}/memberships")]
pub(crate) async fn list_memberships(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<(Uuid, String)>()?;
    let client = state.client().await?;
    caller.require_role(&client, *id, "organisation").await?;
    let after = window.after.as_ref().map_or((Uuid::nil(), ""), |(person, role)| (*person, role));
    let rows = organisations::list_memberships(&client, *id, after, window.fetch()).await?;
    Ok(window.page(rows, |row| (row.person.0, row.role.to_string()), MembershipBody::from).respond(&http))
}

/// Takes a role away: it counts no longer from the next request on. An organisation keeps one owner at least.
#[utoipa::path(tag = "organisations",
    params(("id" = String, Path, description = "The organisation"), ("person" = String, Path, description = "The person"),
           ("role" = String, Path, description = "The role",
            pattern = "^(owner|treasurer|approver|reviewer|judge|auditor|member)$")),
    responses((status = 204, description = "Taken away")))]
#[delete("/v1/organisations/{id}/memberships/{person}/{role}")]
pub(crate) async fn remove_membership(
    state: Data<State>,
    caller: Caller,
    path: Path<(OrganisationId, PersonId, Role)>,
) -> Result<HttpResponse, Problem> {
    let (id, person, role) = path.into_inner();
    state
        .in_transaction(async |tx| {
            caller.require_role(tx, id, "organisation").await?;
            parties::remove_role(tx, id, person, role).await
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
