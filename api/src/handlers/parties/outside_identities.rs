//! Signing in with the word of an identity provider elsewhere.

use super::identity::{TokensBody, tokens};
use crate::auth::Caller;
use crate::extract::Body;
use crate::identity_providers::{TOKEN_MAX, signed_part};
use crate::keys;
use crate::problem::Problem;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpResponse, delete, post};
use ledger::parties::operations::outside_identities;
use serde::Deserialize;
use utoipa::ToSchema;

/// The token of an identity provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityTokenRequest {
    /// The ID token of OpenID Connect, as the provider gave it for the client id that this service has there.
    #[schema(min_length = 1, max_length = 8000)]
    identity_token: String,
}

/// Signs in with the ID token of an identity provider that whoever runs the service believes (OpenID Connect Core 1.0, 3.1.3.7). At
/// the first sign-in the person is found by the address in it, which the provider must have verified; after that by what the provider
/// calls them, so that a change of their address there changes nothing. Each token works once, within 10 minutes of when it was issued.
/// Answers 503 while the keys of the provider cannot be fetched.
#[utoipa::path(tag = "identity", request_body = IdentityTokenRequest,
    responses((status = 200, description = "Signed in", body = TokensBody)))]
#[post("/v1/sign-in/identity-token")]
pub(crate) async fn sign_in_outside(
    state: Data<State>,
    request: Body<IdentityTokenRequest>,
) -> Result<HttpResponse, Problem> {
    let token = &request.0.identity_token;
    if token.is_empty() || token.len() > TOKEN_MAX {
        return Err(ledger::Error::invalid("/identity_token", format!("1 to {TOKEN_MAX} characters")).into());
    }
    let wall = ledger::calendar::now();
    let vouched = state.identity_providers.believe(token, wall).await?;
    let first = keys::secret();
    let (person, session) = state
        .in_transaction(async |tx| {
            outside_identities::sign_in(tx, &vouched, signed_part(token), &first, ledger::calendar::now()).await
        })
        .await?;
    Ok(tokens(&state, (person, session, None), first))
}

/// Forgets with which identities of identity providers the person who asks signs in. The next sign-in with one finds them by their
/// address again. Sessions go on; a link signs in as before.
#[utoipa::path(tag = "identity", responses((status = 204, description = "Forgotten; also when there were none")))]
#[delete("/v1/me/identities")]
pub(crate) async fn forget_identities(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    state.in_transaction(async |tx| outside_identities::forget(tx, person).await).await?;
    Ok(HttpResponse::NoContent().finish())
}
