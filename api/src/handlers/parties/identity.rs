//! Signing in by e-mail link, and staying signed in.

use crate::auth::Caller;
use crate::extract::{Body, Keyed, Nothing};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::keys::{self, ACCESS_SECONDS, Subject};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{IfMatch, bounded, etag, parse};
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::web::Data;
use actix_web::{HttpResponse, get, patch, post};
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::id::{OrganisationId, PersonId, SessionId};
use ledger::parties::operations::persons::{self, ChangeMe};
use ledger::parties::operations::sign_in::{self as identity, Refreshed};
use ledger::parties::rules::language::Language;
use ledger::parties::rules::person::Person;
use ledger::parties::rules::role::Email;
use ledger::parties::rules::second_factor::Proof;
use ledger::parties::store::{organisations, people};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who wants to sign in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    #[schema(min_length = 3, max_length = 254, format = "email", example = "ada@example.org")]
    email: String,
    /// Whether to sign up: an address that nobody here has gets a link too, and whoever opens it is somebody from then on, without any role.
    #[serde(default)]
    sign_up: bool,
}

/// Mails a sign-in link, if the address is known, was invited or asks to sign up. The answer, and the time it takes, are the same if it is
/// not. Where only people who were invited come in, whoever asks to sign up is refused, whatever the address.
#[utoipa::path(tag = "identity", request_body = SignInRequest,
    responses((status = 202, description = "If the address is known, a link is on its way; it works once, for 15 minutes")))]
#[post("/v1/sign-in")]
pub(crate) async fn sign_in(state: Data<State>, request: Body<SignInRequest>) -> Result<HttpResponse, Problem> {
    let email: Email = parse("/email", &request.0.email)?;
    let (token, sign_up) = (keys::secret(), request.0.sign_up);
    if sign_up {
        state.config.sign_up.check().map_err(Error::from)?;
    }
    state
        .in_transaction(async |tx| {
            identity::request_sign_in(tx, &email, &token, sign_up, ledger::calendar::now()).await
        })
        .await?;
    Ok(HttpResponse::Accepted().finish())
}

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    #[schema(min_length = 1, max_length = 200)]
    token: String,
}

/// Access for a person.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokensBody {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Exchanged at `/v1/tokens/refresh` within 14 days; using it again more than 10 seconds after its first use signs out.
    refresh_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Life of the access token, in seconds.
    expires_in: i64,
}

/// Tokens of a session; of a proof of the second factor in it they tell as long as it counts.
pub(super) fn tokens(
    state: &State,
    (person, session, proof): (PersonId, SessionId, Option<Proof>),
    refresh_token: String,
) -> HttpResponse {
    let wall = ledger::calendar::now();
    let proof = proof.filter(|proof| proof.is_fresh(state.config.second_factor.life(), wall));
    let access_token = state.keys.issue(&Subject::Person(person, session, proof), wall);
    let body = TokensBody { access_token, refresh_token, token_type: "Bearer", expires_in: ACCESS_SECONDS };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body)
}

/// Uses a sign-in link up.
#[utoipa::path(tag = "identity", request_body = TokenRequest,
    responses((status = 200, description = "Signed in", body = TokensBody)))]
#[post("/v1/sign-in/confirm")]
pub(crate) async fn confirm(state: Data<State>, request: Body<TokenRequest>) -> Result<HttpResponse, Problem> {
    let token = bounded("/token", &request.0.token, text::REFERENCE)?;
    let first = keys::secret();
    let (person, session) = state
        .in_transaction(async |tx| identity::confirm_sign_in(tx, &token, &first, ledger::calendar::now()).await)
        .await?;
    Ok(tokens(&state, (person, session, None), first))
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    #[schema(min_length = 1, max_length = 200)]
    refresh_token: String,
}

/// Exchanges a refresh token for new tokens. Within 10 seconds after its first use it may be used again, so that two windows
/// of one person can refresh at once; using it after that ends the session. A refresh token works for 14 days, and a session
/// for 30 days after its sign-in, however often it is refreshed. What the last token told of a second factor the new one tells as long as
/// that counts.
#[utoipa::path(tag = "identity", request_body = RefreshRequest,
    responses((status = 200, description = "Still signed in", body = TokensBody)))]
#[post("/v1/tokens/refresh")]
pub(crate) async fn refresh(state: Data<State>, request: Body<RefreshRequest>) -> Result<HttpResponse, Problem> {
    let old = bounded("/refresh_token", &request.0.refresh_token, text::REFERENCE)?;
    let new = keys::secret();
    match state.in_transaction(async |tx| identity::refresh(tx, &old, &new, ledger::calendar::now()).await).await? {
        Refreshed::StaysIn(person, session, proof) => Ok(tokens(&state, (person, session, proof), new)),
        Refreshed::SignedOut => {
            Err(Problem::unauthorized("the refresh token is unknown, too old or used: sign in again"))
        }
    }
}

/// Signs out: ends the session of a refresh token. Its access tokens are refused from the next request on.
#[utoipa::path(tag = "identity", request_body = RefreshRequest,
    responses((status = 204, description = "Signed out; also when the token was unknown")))]
#[post("/v1/tokens/revoke")]
pub(crate) async fn revoke(state: Data<State>, request: Body<RefreshRequest>) -> Result<HttpResponse, Problem> {
    let token = bounded("/refresh_token", &request.0.refresh_token, text::REFERENCE)?;
    state.in_transaction(async |tx| identity::sign_out(tx, &token, ledger::calendar::now()).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The keys that verify our access tokens (RFC 7517).
#[utoipa::path(tag = "identity", responses((status = 200, description = "A JWKS", body = Object)))]
#[get("/.well-known/jwks.json")]
pub(crate) async fn jwks(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(state.keys.jwks())
}

/// The person who is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub struct MeBody {
    #[schema(value_type = String)]
    id: PersonId,
    email: String,
    name: String,
    /// In which language pages are for the person (RFC 5646); null: as each browser asks.
    #[schema(value_type = Option<String>, pattern = "^(en|de)$", required)]
    language: Option<Language>,
    /// Runs the installation.
    operator: bool,
    /// The first 200 organisations in which the person has a role.
    #[schema(value_type = Vec<String>)]
    organisations: Vec<OrganisationId>,
}

impl MeBody {
    async fn read(client: &impl GenericClient, person: Person) -> Result<MeBody, Error> {
        let mine = organisations::list_of_person(client, person.id, Uuid::nil(), 200).await?;
        let organisations = mine.iter().map(|organisation| organisation.id).collect();
        let Person { id, email, name, language, is_operator, .. } = person;
        Ok(MeBody { id, email, name, language, operator: is_operator, organisations })
    }
}

/// Shows who is signed in.
#[utoipa::path(tag = "identity",
    responses((status = 200, description = "The person, with its ETag", body = MeBody, headers(("ETag" = String)))))]
#[get("/v1/me")]
pub(crate) async fn me(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let id = caller.person()?.id;
    let client = state.client().await?;
    let person = people::find(&client, id).await?.ok_or(Error::NotFound("person"))?;
    let tag = etag(person.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(MeBody::read(&client, person).await?))
}

/// What a person changes of themselves; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMeRequest {
    /// How other people read who it was; empty for no name.
    #[schema(max_length = 200, example = "Ada Lovelace")]
    name: Option<String>,
    /// In which language pages are for the person (RFC 5646), from their next sign-in on; `none`: as each browser asks.
    #[schema(pattern = "^(en|de|none)$", example = "de")]
    language: Option<String>,
}

/// Changes how whoever is signed in is called, or in which language pages are for them.
#[utoipa::path(tag = "identity", request_body = ChangeMeRequest,
    responses((status = 200, description = "As it is now, with its new ETag", body = MeBody, headers(("ETag" = String)))))]
#[patch("/v1/me")]
pub(crate) async fn change_me(
    state: Data<State>,
    caller: Caller,
    seen: IfMatch,
    request: Body<ChangeMeRequest>,
) -> Result<HttpResponse, Problem> {
    let id = caller.person()?.id;
    let ChangeMeRequest { name, language } = request.0;
    if name.is_none() && language.is_none() {
        return Err(Problem::invalid("/name", "say what changes"));
    }
    let language = match language.as_deref() {
        None => None,
        Some("none") => Some(None),
        Some(tag) => Some(Some(known_language("/language", tag)?)),
    };
    let (tag, body) = state
        .in_transaction(async |tx| {
            let change = ChangeMe { name: name.as_deref(), language };
            let person = persons::change(tx, id, seen.0, change).await?;
            Ok((etag(person.version), MeBody::read(tx, person).await?))
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// A language that pages are written in, by the tag that names it alone.
fn known_language(pointer: &str, tag: &str) -> Result<Language, Problem> {
    let known = Language::of(tag).filter(|language| language.tag() == tag);
    known.ok_or_else(|| Problem::invalid(pointer, "is none of the languages that pages are written in: en, de"))
}

/// What signing out everywhere has ended.
#[derive(Serialize, ToSchema)]
pub struct SignedOut {
    /// How many sessions were ended, the one of this request among them.
    sessions: u64,
}

/// Signs out everywhere: ends all sessions of the person who asks, this one too. All their tokens are refused from the next
/// request on.
#[utoipa::path(tag = "identity", request_body = Nothing,
    responses((status = 200, description = "Signed out everywhere", body = SignedOut)))]
#[post("/v1/me:sign-out")]
pub(crate) async fn sign_out_everywhere(
    state: Data<State>,
    caller: Caller,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Caller, caller.id(), async |tx| {
        let sessions = persons::sign_out_everywhere(tx, person, ledger::calendar::now()).await?;
        Ok(Reply::ok(&SignedOut { sessions }))
    })
    .await
}
