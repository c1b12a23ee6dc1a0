//! Access tokens of partners, by client credentials: the token endpoint of RFC 6749, sections 4.4 and 5.

use crate::extract::RawForm;
use crate::keys::{ACCESS_SECONDS, Subject};
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, WWW_AUTHENTICATE};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ledger::id::CredentialId;
use ledger::parties::operations::credentials as operations;
use ledger::parties::operations::sign_in::digest;
use ledger::parties::rules::credential::Credential;
use ledger::parties::store::credentials;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};
use utoipa::ToSchema;

/// The media type of the form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The longest list of scopes, in characters.
const SCOPE_MAX: usize = 500;

/// Client credentials (RFC 6749, section 4.4); id and secret here or by HTTP Basic, not both. Other parameters are ignored,
/// and one without a value counts as left out.
#[derive(Deserialize, ToSchema)]
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
///
/// Errors are those of RFC 6749, section 5.2: `application/json` with `error` and `error_description`, beside the members of
/// any other problem.
#[utoipa::path(tag = "identity",
    request_body(content = OauthTokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A token with the scopes asked for", body = OauthTokenBody)))]
#[post("/v1/oauth/token")]
pub(crate) async fn oauth_token(state: Data<State>, http: HttpRequest, body: RawForm) -> Result<HttpResponse, Problem> {
    if !http.content_type().eq_ignore_ascii_case(FORM) {
        return Err(refused("invalid_request", &format!("send a form with Content-Type: {FORM}")));
    }
    let form = read(&body.0)?;
    if form.grant_type != "client_credentials" {
        return Err(refused("unsupported_grant_type", "the only grant_type is client_credentials"));
    }
    let in_form = form.client_id.zip(form.client_secret);
    let (id, secret) = match (basic(http.headers())?, in_form) {
        (Some(_), Some(_)) => {
            return Err(refused("invalid_request", "send id and secret once: by Basic or in the form"));
        }
        (Some(sent), None) | (None, Some(sent)) => sent,
        (None, None) => return Err(invalid_client()),
    };
    let wall = ledger::calendar::now();
    let credential = authenticate(&state, &id, &secret, wall).await?;
    let scopes = granted(&credential, form.scope.as_deref())?;
    let subject = Subject::Partner(credential.id, scopes.clone());
    let access_token = state.keys.issue(&subject, wall);
    // A database that takes no writes just now is no reason to give no token.
    if let Err(problem) = note_use(&state, &credential, &secret, wall).await {
        tracing::warn!(%problem, credential = %credential.id, "it is not noted that credential {} was used", credential.id);
    }
    let body =
        OauthTokenBody { access_token, token_type: "Bearer", expires_in: ACCESS_SECONDS, scope: scopes.join(" ") };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body))
}

/// The form; what has no value counts as left out (RFC 6749, section 3.2).
fn read(bytes: &[u8]) -> Result<OauthTokenRequest, Problem> {
    let form: OauthTokenRequest =
        serde_urlencoded::from_bytes(bytes).map_err(|error| refused("invalid_request", &error.to_string()))?;
    if form.grant_type.is_empty() {
        return Err(refused("invalid_request", "missing field `grant_type`"));
    }
    if form.scope.as_ref().is_some_and(|scope| scope.len() > SCOPE_MAX) {
        return Err(refused("invalid_scope", &format!("at most {SCOPE_MAX} characters")));
    }
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(OauthTokenRequest {
        scope: given(form.scope),
        client_id: given(form.client_id),
        client_secret: given(form.client_secret),
        grant_type: form.grant_type,
    })
}

/// Client id and secret by HTTP Basic, if they were sent; each is form-encoded (RFC 6749, section 2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Problem> {
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    let Some((_, encoded)) = sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic")) else {
        return Ok(None);
    };
    let pair = || {
        let text = STANDARD.decode(encoded.trim()).ok()?;
        let (id, secret) = std::str::from_utf8(&text).ok()?.split_once(':')?;
        let decoded = |text: &str| Some(percent_decode_str(&text.replace('+', " ")).decode_utf8().ok()?.into_owned());
        Some((decoded(id)?, decoded(secret)?))
    };
    pair().map(Some).ok_or_else(invalid_client)
}

/// The live credential with this id and one of its secrets; the same refusal whatever of them is wrong.
async fn authenticate(state: &State, id: &str, secret: &str, wall: Timestamp) -> Result<Credential, Problem> {
    let id: CredentialId = id.parse().map_err(|_| invalid_client())?;
    let client = state.client().await?;
    let (credential, _) = credentials::find_live(&client, id).await?.ok_or_else(invalid_client)?;
    let sent = digest(secret);
    let old = credential.living_old_secret(wall).map_or(Choice::from(0), |old| sent.as_slice().ct_eq(&old.digest));
    let same = sent.as_slice().ct_eq(&credential.secret_digest) | old;
    if bool::from(same) { Ok(credential) } else { Err(invalid_client()) }
}

/// Notes the day on which the secret was used.
async fn note_use(state: &State, credential: &Credential, secret: &str, wall: Timestamp) -> Result<(), Problem> {
    Ok(operations::note_use(&state.client().await?, credential, &digest(secret), wall).await?)
}

/// The scopes of a token: those asked for, which the credential must have.
fn granted(credential: &Credential, asked: Option<&str>) -> Result<Vec<String>, Problem> {
    let Some(asked) = asked else {
        return Ok(credential.scopes.clone());
    };
    let asked: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
    match asked.iter().find(|scope| !credential.scopes.contains(scope)) {
        None if asked.is_empty() => Err(refused("invalid_scope", "no scope is asked for")),
        None => Ok(asked),
        Some(scope) => Err(refused("invalid_scope", &format!("the credential has not the scope {scope}"))),
    }
}

/// An error of RFC 6749, section 5.2: a problem whose type ends with its code, in kebab case.
fn refused(error: &'static str, detail: &str) -> Problem {
    let code = match error {
        "unsupported_grant_type" => "unsupported-grant-type",
        "invalid_scope" => "invalid-scope",
        _ => "invalid-request",
    };
    Problem::new(StatusCode::BAD_REQUEST, code, "No token is given", detail).with_oauth_error(error)
}

fn invalid_client() -> Problem {
    let detail = "no live credential has this client id and secret";
    Problem::new(StatusCode::UNAUTHORIZED, "invalid-client", "No token is given", detail)
        .with_oauth_error("invalid_client")
        .with_header(WWW_AUTHENTICATE, r#"Basic realm="commonpurse""#)
}
