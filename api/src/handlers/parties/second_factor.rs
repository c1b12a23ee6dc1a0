//! The second factor of whoever is signed in: begun, confirmed by its first code, proved for what asks for it, and removed.

use super::second_factor_body::SecondFactorBody;
use crate::auth::{Caller, Person};
use crate::extract::{Keyed, Nothing};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::keys::vault::VaultError;
use crate::keys::{ACCESS_SECONDS, Subject};
use crate::problem::Problem;
use crate::state::State;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use data_encoding::{BASE32, BASE32_NOPAD};
use jiff::Timestamp;
use ledger::id::PersonId;
use ledger::parties::operations::second_factors::{self as operations, Given, Tried};
use ledger::parties::rules::second_factor::{
    KeptCode, Proof, RECOVERY_CODES, SECRET_BYTES, digits, plain_recovery_code, shown_recovery_code,
};
use ledger::parties::store::{people, second_factors};
use ledger::{Error, Refusal};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A second factor that was begun.
#[derive(Serialize, ToSchema)]
#[schema(as = BegunSecondFactor)]
pub struct BegunBody {
    /// For an authenticator, in base32. Shown in the first answer and never again, not even to a repetition with the same key.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The same as an address that authenticators read: SHA-1, six digits, thirty seconds. Shown once, as the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    /// When it was begun, by the wall clock.
    begun_at: Timestamp,
}

/// A second factor that was proved in the session of the request.
#[derive(Serialize, ToSchema)]
#[schema(as = ProvedSecondFactor)]
pub struct ProvedBody {
    /// For `Authorization: Bearer`: it tells of the proof, by `amr` and `auth_time`, as those do that the session's refresh token gets as
    /// long as the proof counts. Shown in the first answer and never again, not even to a repetition with the same key.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// `Bearer`.
    token_type: &'static str,
    /// Life of the access token, in seconds.
    expires_in: i64,
    /// `otp`: by a code of the authenticator (RFC 8176); `rcv`: by a recovery code, a word of ours that no registry has.
    method: String,
    /// When, by the wall clock.
    proved_at: Timestamp,
    /// Until when it counts, by the wall clock.
    counts_until: Timestamp,
    /// Of a confirmation: ten codes, each of which stands in once for a code of the authenticator. Shown once, as the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// Fresh recovery codes.
#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub struct RecoveryCodesBody {
    /// Ten codes, each of which stands in once for a code of the authenticator. Shown in the first answer and never again, not even to a
    /// repetition with the same key.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
    /// How many recovery codes are not used.
    recovery_codes_left: i64,
}

/// The first code of a second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmSecondFactorRequest {
    /// What the authenticator shows.
    #[schema(pattern = "^[0-9]{3} ?[0-9]{3}$", example = "492 039")]
    code: String,
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for ConfirmSecondFactorRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a code")
    }
}

/// What the second factor is proved with: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifySecondFactorRequest {
    /// What the authenticator shows.
    #[schema(pattern = "^[0-9]{3} ?[0-9]{3}$", example = "492 039")]
    pub(crate) code: Option<String>,
    /// A recovery code that was not used. It is no part of what an idempotency key stands for.
    #[schema(pattern = "^[A-Za-z2-7]{4}(-?[A-Za-z2-7]{4}){3}$", example = "k3dm-w2pa-7hqe-5tzn")]
    pub(crate) recovery_code: Option<String>,
}

/// Nothing of it, so that no log can print it.
impl fmt::Debug for VerifySecondFactorRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a code or a recovery code")
    }
}

/// Random bytes.
fn drawn<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

fn not_kept(_: VaultError) -> Error {
    Refusal::new("second-factor-not-kept", "no key is set up here that would seal a second factor").into()
}

/// An answer that no cache keeps.
fn unstored(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Fresh recovery codes: as they are kept, and as they are shown.
fn recovery_codes(state: &State, person: PersonId) -> Result<(Vec<KeptCode>, Vec<String>), Error> {
    let (mut kept, mut shown) = (Vec::new(), Vec::new());
    for _ in 0..RECOVERY_CODES {
        // Ten bytes are sixteen letters.
        let plain = BASE32.encode(&drawn::<10>()).to_ascii_lowercase();
        kept.push(state.vault.keep_code(person, &plain).map_err(not_kept)?);
        shown.push(shown_recovery_code(&plain));
    }
    Ok((kept, shown))
}

/// What an authenticator reads.
fn uri(secret: &str, account: &str) -> String {
    let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
    format!("otpauth://totp/commonpurse:{account}?secret={secret}&issuer=commonpurse&algorithm=SHA1&digits=6&period=30")
}

/// Begins a second factor of your own: answers a secret for an authenticator, once. It counts once its first code has come; until then it
/// may be begun anew.
#[utoipa::path(tag = "second-factors", request_body = Nothing,
    responses((status = 201, description = "Begun, with the secret", body = BegunBody)))]
#[post("/v1/me/second-factor")]
pub(crate) async fn begin(
    state: Data<State>,
    caller: Caller,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    begin_once(&state, &caller, &request.key).await
}

/// Begins a second factor, once for its key: that of a request, or of a form.
pub(crate) async fn begin_once(state: &State, caller: &Caller, key: &IdempotencyKey) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    let secret = drawn::<SECRET_BYTES>();
    let sealed = state.vault.seal_secret(person, &secret).map_err(not_kept)?;
    let begun = idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        let wall = ledger::calendar::now();
        operations::begin(tx, person, &sealed, wall).await?;
        let email = people::find(tx, person).await?.ok_or(Error::NotFound("person"))?.email;
        let secret = BASE32_NOPAD.encode(&secret);
        let uri = uri(&secret, &email);
        let shown = BegunBody { secret: Some(secret), uri: Some(uri), begun_at: wall };
        Ok(Reply::created(&BegunBody { secret: None, uri: None, begun_at: wall }).showing_once(&shown))
    });
    begun.await.map(unstored)
}

/// Shows how your own second factor stands, and no secret of it.
#[utoipa::path(tag = "second-factors",
    responses((status = 200, description = "How it stands", body = SecondFactorBody)))]
#[get("/v1/me/second-factor")]
pub(crate) async fn show(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    let standing = operations::standing(&state.client().await?, person, ledger::calendar::now()).await?;
    Ok(HttpResponse::Ok().json(SecondFactorBody::from(standing)))
}

/// Sends the first code of a second factor that was begun: it counts from now on, and is proved. Answers ten recovery codes, once. A code
/// counts for thirty seconds, and thirty before and after.
#[utoipa::path(tag = "second-factors", request_body = ConfirmSecondFactorRequest,
    responses((status = 200, description = "It counts; with recovery codes and a token", body = ProvedBody)))]
#[post("/v1/me/second-factor:confirm")]
pub(crate) async fn confirm(
    state: Data<State>,
    caller: Caller,
    request: Keyed<ConfirmSecondFactorRequest>,
) -> Result<HttpResponse, Problem> {
    confirm_once(&state, &caller, &request.key, &request.body.code).await
}

/// Confirms a second factor by its first code, once for its key: that of a request, or of a form.
pub(crate) async fn confirm_once(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    code: &str,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?;
    let code = digits(code).ok_or_else(|| Problem::invalid("/code", "must be six digits"))?;
    let (kept, shown) = recovery_codes(state, person.id)?;
    let confirmed = idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        let who = (person.id, person.session);
        match operations::confirm(tx, &state.vault, who, &code, &kept, ledger::calendar::now()).await? {
            Tried::Proved(proof) => Ok(reply(state, person, proof, Some(shown.clone()))),
            Tried::Refused(refusal) => Ok(Reply::refused(refusal)),
        }
    });
    confirmed.await.map(unstored)
}

/// Proves your second factor in this session, by a code of the authenticator or by a recovery code, which is used up: answers an access
/// token that tells of it. A code is taken once. After ten wrong ones in a row none is taken for fifteen minutes, and twice as long each
/// further time.
#[utoipa::path(tag = "second-factors", request_body = VerifySecondFactorRequest,
    responses((status = 200, description = "Proved, with a token", body = ProvedBody)))]
#[post("/v1/me/second-factor:verify")]
pub(crate) async fn verify(
    state: Data<State>,
    caller: Caller,
    request: Keyed<VerifySecondFactorRequest>,
) -> Result<HttpResponse, Problem> {
    prove(&state, &caller, &request.key, &request.body).await
}

/// Proves a second factor, once for its key: that of a request, or of a form.
pub(crate) async fn prove(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    given: &VerifySecondFactorRequest,
) -> Result<HttpResponse, Problem> {
    let person = caller.person()?;
    let (code, recovery_code) = match (&given.code, &given.recovery_code) {
        (Some(code), None) => {
            let code = digits(code).ok_or_else(|| Problem::invalid("/code", "must be six digits"))?;
            (Some(code), String::new())
        }
        (None, Some(code)) => {
            let wrong = || Problem::invalid("/recovery_code", "must be four groups of four letters and digits");
            (None, plain_recovery_code(code).ok_or_else(wrong)?)
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(Problem::invalid("/code", "send a code, or a recovery_code"));
        }
    };
    let proved = idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        let given = code.as_deref().map_or(Given::RecoveryCode(&recovery_code), Given::Code);
        let who = (person.id, person.session);
        match operations::prove(tx, &state.vault, who, given, ledger::calendar::now()).await? {
            Tried::Proved(proof) => Ok(reply(state, person, proof, None)),
            Tried::Refused(refusal) => Ok(Reply::refused(refusal)),
        }
    });
    proved.await.map(unstored)
}

/// What is answered to a proof: with a token and, of a confirmation, recovery codes; both once.
fn reply(state: &State, person: &Person, proof: Proof, recovery_codes: Option<Vec<String>>) -> Reply {
    let body = |access_token, recovery_codes| ProvedBody {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_SECONDS,
        method: proof.method.to_string(),
        proved_at: proof.at,
        counts_until: proof.at + state.config.second_factor.life(),
        recovery_codes,
    };
    let subject = Subject::Person(person.id, person.session, Some(proof));
    let token = state.keys.issue(&subject, proof.at);
    Reply::ok(&body(None, None)).showing_once(&body(Some(token), recovery_codes))
}

/// Answers new recovery codes, once; the old ones count no more.
#[utoipa::path(tag = "second-factors", request_body = Nothing,
    responses((status = 200, description = "New recovery codes", body = RecoveryCodesBody)))]
#[post("/v1/me/second-factor:renew-recovery-codes")]
pub(crate) async fn renew_recovery_codes(
    state: Data<State>,
    caller: Caller,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    renew_once(&state, &caller, &request.key).await
}

/// Makes new recovery codes, once for its key: that of a request, or of a form.
pub(crate) async fn renew_once(state: &State, caller: &Caller, key: &IdempotencyKey) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    let (kept, shown) = recovery_codes(state, person)?;
    let renewed = idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        operations::renew_codes(tx, person, &kept, ledger::calendar::now()).await?;
        let recovery_codes_left = second_factors::count_codes(tx, person).await?;
        let shown = RecoveryCodesBody { recovery_codes: Some(shown.clone()), recovery_codes_left };
        Ok(Reply::ok(&RecoveryCodesBody { recovery_codes: None, recovery_codes_left }).showing_once(&shown))
    });
    renewed.await.map(unstored)
}

/// Removes your second factor and its recovery codes. Whoever has lost both asks for a reset instead.
#[utoipa::path(tag = "second-factors", request_body = Nothing,
    responses((status = 200, description = "There is none any more", body = SecondFactorBody)))]
#[post("/v1/me/second-factor:remove")]
pub(crate) async fn remove(
    state: Data<State>,
    caller: Caller,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    remove_once(&state, &caller, &request.key).await
}

/// Removes a second factor, once for its key: that of a request, or of a form.
pub(crate) async fn remove_once(state: &State, caller: &Caller, key: &IdempotencyKey) -> Result<HttpResponse, Problem> {
    let person = caller.person()?.id;
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        let wall = ledger::calendar::now();
        operations::remove(tx, person, wall).await?;
        Ok(Reply::ok(&SecondFactorBody::from(operations::standing(tx, person, wall).await?)))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sf_an_authenticator_reads_the_address_whatever_the_mail_address_is() {
        let uri = uri("JBSWY3DPEHPK3PXP", "a+b&c=d@example.org");
        assert_eq!(
            uri,
            "otpauth://totp/commonpurse:a%2Bb%26c%3Dd%40example%2Eorg?secret=JBSWY3DPEHPK3PXP&issuer=commonpurse&algorithm=SHA1&digits=6&period=30"
        );
        let shown = format!(
            "{:?} {:?}",
            ConfirmSecondFactorRequest { code: "492 039".into() },
            VerifySecondFactorRequest { code: None, recovery_code: Some("k3dm-w2pa-7hqe-5tzn".into()) }
        );
        assert!(!shown.contains("492") && !shown.contains("k3dm"), "{shown}");
    }
}
