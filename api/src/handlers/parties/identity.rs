//! Signing in: people by e-mail link, partners by client credentials.

use crate::auth::Caller;
use crate::extract::{Body, Keyed, Nothing, RawForm};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::keys::{self, ACCESS_SECONDS, Subject};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{bounded, parse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, WWW_AUTHENTICATE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ledger::Error;
use ledger::id::{CredentialId, OrganisationId, PersonId, SessionId};
use ledger::parties::operations::persons;
use ledger::parties::operations::sign_in::{self as identity, Refreshed};
use ledger::parties::rules::credential::Credential;
use ledger::parties::rules::role::Email;
use ledger::parties::store::{credentials, organisations, people};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who wants to sign in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    #[schema(min_length = 3, max_length = 254, format = "email", example = "ada@example.org")]
    email: String,
}

/// Mails a sign-in link, if the address is known or was invited. The answer, and the time it takes, are the same if it is
/// not.
#[utoipa::path(tag = "identity", request_body = SignInRequest,
    responses((status = 202, description = "If the address is known, a link is on its way; it works once, for 15 minutes")))]
#[post("/v1/sign-in")]
pub(crate) async fn sign_in(state: Data<State>, request: Body<SignInRequest>) -> Result<HttpResponse, Problem> {
    let email: Email = parse("/email", &request.0.email)?;
    let token = keys::secret();
    state.in_transaction(async |tx| identity::request_sign_in(tx, &email, &token, Timestamp::now()).await).await?;
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
    /// Exchanged once at `/v1/tokens/refresh` within 14 days; using it twice signs out.
    refresh_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Life of the access token, in seconds.
    expires_in: i64,
}

fn tokens(state: &State, person: PersonId, session: SessionId, refresh_token: String) -> HttpResponse {
    let access_token = state.keys.issue(&Subject::Person(person, session), Timestamp::now());
    let body = TokensBody { access_token, refresh_token, token_type: "Bearer", expires_in: ACCESS_SECONDS };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body)
}

/// Uses a sign-in link up.
#[utoipa::path(tag = "identity", request_body = TokenRequest,
    responses((status = 200, description = "Signed in", body = TokensBody)))]
#[post("/v1/sign-in/confirm")]
pub(crate) async fn confirm(state: Data<State>, request: Body<TokenRequest>) -> Result<HttpResponse, Problem> {
    let token = bounded("/token", &request.0.token, 1..=200)?;
    let first = keys::secret();
    let (person, session) =
        state.in_transaction(async |tx| identity::confirm_sign_in(tx, &token, &first, Timestamp::now()).await).await?;
    Ok(tokens(&state, person, session, first))
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    #[schema(min_length = 1, max_length = 200)]
    refresh_token: String,
}

/// Exchanges a refresh token for new tokens. Using one twice ends the session. A refresh token works for 14 days, and a
/// session for 30 days after its sign-in, however often it is refreshed.
#[utoipa::path(tag = "identity", request_body = RefreshRequest,
    responses((status = 200, description = "Still signed in", body = TokensBody)))]
#[post("/v1/tokens/refresh")]
pub(crate) async fn refresh(state: Data<State>, request: Body<RefreshRequest>) -> Result<HttpResponse, Problem> {
    let old = bounded("/refresh_token", &request.0.refresh_token, 1..=200)?;
    let new = keys::secret();
    match state.in_transaction(async |tx| identity::refresh(tx, &old, &new, Timestamp::now()).await).await? {
        Refreshed::StaysIn(person, session) => Ok(tokens(&state, person, session, new)),
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
    let token = bounded("/refresh_token", &request.0.refresh_token, 1..=200)?;
    state.in_transaction(async |tx| identity::sign_out(tx, &token, Timestamp::now()).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Client credentials (RFC 6749, section 4.4); id and secret here or by HTTP Basic.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OauthTokenRequest {
    /// `client_credentials`.
    #[schema(pattern = "^client_credentials$")]
    grant_type: String,
    /// Scopes with blanks between them; all of the credential when it is not given.
    #[schema(max_length = 500)]
    scope: Option<String>,
    /// The credential, `pcr_…`.
    #[schema(max_length = 100)]
    client_id: Option<String>,
    /// Its secret.
    #[schema(max_length = 200)]
    client_secret: Option<String>,
}

/// Access for a partner.
#[derive(Serialize, ToSchema)]
#[schema(as = OauthToken)]
pub struct OauthTokenBody {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Life of the access token, in seconds.
    expires_in: i64,
    /// What it may do, with blanks between.
    scope: String,
}

/// Exchanges client id and secret for an access token.
#[utoipa::path(tag = "identity",
    request_body(content = OauthTokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A token with the scopes asked for", body = OauthTokenBody)))]
#[post("/v1/oauth/token")]
pub(crate) async fn oauth_token(state: Data<State>, http: HttpRequest, body: RawForm) -> Result<HttpResponse, Problem> {
    let form: OauthTokenRequest =
        serde_urlencoded::from_bytes(&body.0).map_err(|error| oauth_problem("invalid-request", &error.to_string()))?;
    if form.grant_type != "client_credentials" {
        return Err(oauth_problem("unsupported-grant-type", "the only grant_type is client_credentials"));
    }
    let (id, secret) = basic(http.headers())
        .or_else(|| Some((form.client_id.clone()?, form.client_secret.clone()?)))
        .ok_or_else(invalid_client)?;
    let credential = authenticate(&state, &id, &secret).await?;
    let scopes = granted(&credential, form.scope.as_deref())?;
    let subject = Subject::Partner(credential.id, scopes.clone());
    let access_token = state.keys.issue(&subject, Timestamp::now());
    let body =
        OauthTokenBody { access_token, token_type: "Bearer", expires_in: ACCESS_SECONDS, scope: scopes.join(" ") };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body))
}

/// Client id and secret by HTTP Basic; each is form-encoded (RFC 6749, section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let text = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&text).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The live credential with this id and secret; the same refusal whichever of them is wrong.
async fn authenticate(state: &State, id: &str, secret: &str) -> Result<Credential, Problem> {
    let id: CredentialId = id.parse().map_err(|_| invalid_client())?;
    let client = state.client().await?;
    let (credential, _) = credentials::find_live(&client, id).await?.ok_or_else(invalid_client)?;
    let same = identity::digest(secret).as_slice().ct_eq(&credential.secret_digest);
    if bool::from(same) { Ok(credential) } else { Err(invalid_client()) }
}

/// The scopes of a token: those asked for, which the credential must have.
fn granted(credential: &Credential, asked: Option<&str>) -> Result<Vec<String>, Problem> {
    let Some(asked) = asked else {
        return Ok(credential.scopes.clone());
    };
    let asked: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
    match asked.iter().find(|scope| !credential.scopes.contains(scope)) {
        None if asked.is_empty() => Err(oauth_problem("invalid-scope", "no scope is asked for")),
        None => Ok(asked),
        Some(scope) => Err(oauth_problem("invalid-scope", &format!("the credential has not the scope {scope}"))),
    }
}

/// An error of RFC 6749, section 5.2, as a problem whose type ends with its code, in kebab case; the title is the code itself.
fn oauth_problem(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, &code.replace('-', "_"), detail)
}

fn invalid_client() -> Problem {
    let detail = "no live credential has this client id and secret";
    Problem::new(StatusCode::UNAUTHORIZED, "invalid-client", "invalid_client", detail)
        .with_header(WWW_AUTHENTICATE, r#"Basic realm="commonpurse""#)
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
    /// Runs the installation.
    operator: bool,
    /// The first 200 organisations in which the person has a role.
    #[schema(value_type = Vec<String>)]
    organisations: Vec<OrganisationId>,
}

/// Shows who is signed in.
#[utoipa::path(tag = "identity", responses((status = 200, description = "The person", body = MeBody)))]
#[get("/v1/me")]
pub(crate) async fn me(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let id = caller.person()?.id;
    let client = state.client().await?;
    let person = people::find(&client, id).await?.ok_or(Error::NotFound("person"))?;
    let mine = organisations::list_of_person(&client, id, Uuid::nil(), 200).await?;
    let organisations = mine.iter().map(|organisation| organisation.id).collect();
    let body = MeBody { id, email: person.email, name: person.name, operator: person.is_operator, organisations };
    Ok(HttpResponse::Ok().json(body))
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
        let sessions = persons::sign_out_everywhere(tx, person, Timestamp::now()).await?;
        Ok(Reply::ok(&SignedOut { sessions }))
    })
    .await
}
