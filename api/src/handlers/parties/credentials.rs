//! The credentials of partner platforms: made, rotated and revoked.

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
use deadpool_postgres::Transaction;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::book::Mode;
use ledger::id::{CredentialId, OrganisationId};
use ledger::parties::operations::credentials::rotate as rotate_secret;
use ledger::parties::operations::organisations::{self, NewCredential as New};
use ledger::parties::rules::credential::{Credential, OVERLAP_MAX};
use ledger::parties::rules::role;
use ledger::parties::store::credentials;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A credential to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// What you call it.
    #[schema(min_length = 1, max_length = 200, example = "nightly import")]
    pub(crate) name: String,
    /// `sandbox` sees sandbox books only, `live` live ones only.
    #[schema(pattern = "^(live|sandbox)$", example = "sandbox")]
    pub(crate) mode: String,
    /// What its tokens may do.
    #[schema(min_items = 1, max_items = 20, example = json!(["campaigns:read", "pledges:write"]))]
    pub(crate) scopes: Vec<String>,
}

/// A credential.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Credential)]
pub struct CredentialBody {
    /// The OAuth client id.
    #[schema(value_type = String)]
    id: CredentialId,
    #[schema(value_type = String)]
    organisation: OrganisationId,
    name: String,
    /// `live` or `sandbox`.
    #[schema(value_type = String)]
    mode: Mode,
    scopes: Vec<String>,
    /// When it was made, by the wall clock.
    created_at: Timestamp,
    /// The last day in UTC on which it got a token, which lives 10 minutes; null before the first.
    #[schema(value_type = Option<String>, format = "date")]
    last_used_on: Option<Date>,
    /// Until when the secret before the last rotation gives tokens as well, by the wall clock; null when none does.
    old_secret_ends_at: Option<Timestamp>,
    /// The last day in UTC on which that one got a token since the rotation: whether somebody still uses it. Null before, and when it has
    /// ended.
    #[schema(value_type = Option<String>, format = "date")]
    old_secret_used_on: Option<Date>,
    /// When it was revoked, by the wall clock; null while it is good.
    revoked_at: Option<Timestamp>,
    /// Shown in the first answer to its making or its rotation and never again, not even to a repetition with the same key.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl CredentialBody {
    fn at(it: Credential, wall: Timestamp) -> CredentialBody {
        let old = it.living_old_secret(wall);
        let (old_secret_ends_at, old_secret_used_on) = (old.map(|old| old.ends_at), old.and_then(|old| old.used_on));
        let Credential { id, organisation, mode, scopes, name, created_at, last_used_on, revoked_at, .. } = it;
        CredentialBody {
            id,
            organisation,
            name,
            mode,
            scopes,
            created_at,
            last_used_on,
            old_secret_ends_at,
            old_secret_used_on,
            revoked_at,
            secret: None,
        }
    }
}

/// Makes a credential. Two of a mode may be live at once, for rotation.
#[utoipa::path(tag = "credentials", params(("id" = String, Path, description = "The partner platform")),
    request_body = NewCredential,
    responses((status = 201, description = "Made, with the secret", body = CredentialBody)))]
#[post("/v1/partners/{id}/credentials")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    request: Keyed<NewCredential>,
) -> Result<HttpResponse, Problem> {
    create_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Makes a credential, once for its key: that of a request, or of a form.
pub(crate) async fn create_once(
    state: &State,
    caller: &Caller,
    id: OrganisationId,
    key: &IdempotencyKey,
    asked: &NewCredential,
) -> Result<HttpResponse, Problem> {
    let created_by = caller.person()?.id;
    let name = bounded("/name", &asked.name, text::NAME)?;
    let mode: Mode = parse("/mode", &asked.mode)?;
    let scopes = parse_scopes(&asked.scopes)?;
    let secret = keys::secret();
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        caller.require_role(tx, id, "partner").await?;
        let new = New { organisation: id, mode, scopes: &scopes, name: &name, created_by };
        let wall = ledger::calendar::now();
        let made = CredentialBody::at(organisations::create_credential(tx, &new, &secret, wall).await?, wall);
        let shown = CredentialBody { secret: Some(secret.clone()), ..made.clone() };
        Ok(Reply::created(&made).showing_once(&shown))
    })
    .await
}

/// Each scope once, at least one.
fn parse_scopes(texts: &[String]) -> Result<Vec<role::Scope>, Problem> {
    if texts.is_empty() || texts.len() > 20 {
        return Err(Problem::invalid("/scopes", "must have 1 to 20 scopes"));
    }
    let parsed = texts.iter().enumerate().map(|(index, text)| parse(&format!("/scopes/{index}"), text));
    let mut scopes = parsed.collect::<Result<Vec<role::Scope>, _>>()?;
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}

/// Lists the credentials of a partner, revoked ones too.
#[utoipa::path(tag = "credentials", params(("id" = String, Path, description = "The partner platform"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<CredentialBody>)))]
#[get("/v1/partners/{id}/credentials")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<OrganisationId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    caller.require_role(&client, *id, "partner").await?;
    let rows = credentials::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let wall = ledger::calendar::now();
    Ok(window.page(rows, |row| row.id.0, |row| CredentialBody::at(row, wall)).respond(&http))
}

/// How a credential gets its next secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateCredentialRequest {
    /// For how many hours the present secret goes on, so that all who use it can change over: 24 when it is left out, a week at most. With
    /// 0 it ends now, and so does one before it that still lived: for a secret that others have seen.
    #[serde(default = "a_day")]
    #[schema(minimum = 0, maximum = 168, default = 24, example = 24)]
    old_ends_after_hours: i64,
}

fn a_day() -> i64 {
    24
}

/// Gives a credential another secret. The client id, the scopes and the tokens that are there stay as they are; the present secret goes on
/// for as long as you say. Two secrets live at most. Tokens that an ended secret got go on to their own end, which is 10 minutes away at
/// most: to end them at once, revoke the credential.
#[utoipa::path(tag = "credentials",
    params(("id" = String, Path, description = "The partner platform"),
           ("credential" = String, Path, description = "The credential")),
    request_body = RotateCredentialRequest,
    responses((status = 200, description = "Rotated, with the new secret", body = CredentialBody)))]
#[post("/v1/partners/{id}/credentials/{credential}:rotate")]
pub(crate) async fn rotate(
    state: Data<State>,
    caller: Caller,
    path: Path<(OrganisationId, CredentialId)>,
    request: Keyed<RotateCredentialRequest>,
) -> Result<HttpResponse, Problem> {
    rotate_once(&state, &caller, path.into_inner(), &request.key, request.body.old_ends_after_hours).await
}

/// Gives a credential another secret, once for its key. The present one goes on for some hours.
pub(crate) async fn rotate_once(
    state: &State,
    caller: &Caller,
    (id, credential): (OrganisationId, CredentialId),
    key: &IdempotencyKey,
    hours: i64,
) -> Result<HttpResponse, Problem> {
    if !(0..=OVERLAP_MAX.as_hours()).contains(&hours) {
        return Err(Problem::invalid("/old_ends_after_hours", format!("must be 0 to {}", OVERLAP_MAX.as_hours())));
    }
    let secret = keys::secret();
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        caller.require_role(tx, id, "partner").await?;
        let (overlap, wall) = (SignedDuration::from_hours(hours), ledger::calendar::now());
        let rotated = rotate_secret(tx, id, credential, &secret, overlap, wall).await?;
        let rotated = CredentialBody::at(rotated, wall);
        let shown = CredentialBody { secret: Some(secret.clone()), ..rotated.clone() };
        Ok(Reply::ok(&rotated).showing_once(&shown))
    })
    .await
}

/// Revokes a credential: its secrets give no more tokens, and those that are there stop working with the next request.
#[utoipa::path(tag = "credentials",
    params(("id" = String, Path, description = "The partner platform"),
           ("credential" = String, Path, description = "The credential")),
    responses((status = 204, description = "Revoked")))]
#[delete("/v1/partners/{id}/credentials/{credential}")]
pub(crate) async fn revoke(
    state: Data<State>,
    caller: Caller,
    path: Path<(OrganisationId, CredentialId)>,
) -> Result<HttpResponse, Problem> {
    let of = path.into_inner();
    state.in_transaction(async |tx| revoke_in(tx, &caller, of).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn revoke_in(
    tx: &Transaction<'_>,
    caller: &Caller,
    (id, credential): (OrganisationId, CredentialId),
) -> Result<(), Error> {
    caller.require_role(tx, id, "partner").await?;
    organisations::revoke_credential(tx, id, credential, ledger::calendar::now()).await
}

/// Revokes a credential, once for the key of a form.
pub(crate) async fn revoke_once(
    state: &State,
    caller: &Caller,
    of: (OrganisationId, CredentialId),
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        revoke_in(tx, caller, of).await?;
        Ok(Reply::ok(&of.1))
    })
    .await
}
