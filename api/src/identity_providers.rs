//! Identity providers elsewhere, whose word on people is believed: their keys, and what is looked at in their tokens.
//!
//! Whoever runs the service names them; of no other a token is believed, and nothing is fetched for one. A provider tells where its keys
//! are (OpenID Connect Discovery 1.0), and its keys are kept an hour. A token of a key that is not among them has them fetched again,
//! but not more than once a minute, so that nobody has the provider asked by inventing keys. What is looked at in a token is what
//! OpenID Connect Core 1.0, 3.1.3.7, and RFC 8725 ask for: of `alg` only signatures of key pairs, and only that of the key.

mod keys;
#[cfg(test)]
mod tests;

use crate::problem::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use keys::{Held, Missing};
use ledger::Refusal;
use ledger::parties::operations::outside_identities::Vouched;
use ledger::parties::rules::role::Email;
use serde::Deserialize;
use serde_json::Value;
use std::str::FromStr;
use tokio::sync::Mutex;
use url::Url;

/// The longest token, in bytes.
pub const TOKEN_MAX: usize = 8_000;

/// For how long after it was issued a token signs in, in seconds: as long as an access token of ours lives.
const AGE_MAX: i64 = 600;

/// How much the clocks of two servers may differ, in seconds.
const LEEWAY: i64 = 5;

/// The longest issuer and the longest subject, in bytes (OpenID Connect Core 1.0, 2).
const ISSUER_MAX: usize = 500;
const SUBJECT_MAX: usize = 255;

/// The signatures that are believed.
const ALGORITHMS: &[Algorithm] = &[Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// A provider as whoever runs the service names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its address, as its tokens have it.
    issuer: String,
    /// Ours there.
    client_id: String,
}

/// A text that names no identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an issuer, '=' and a client id, such as https://id.example=commonpurse; http:// is for this machine only")]
pub struct NoIssuer;

impl FromStr for Issuer {
    type Err = NoIssuer;

    fn from_str(text: &str) -> Result<Issuer, NoIssuer> {
        let (issuer, client_id) = text.trim().split_once('=').ok_or(NoIssuer)?;
        let url = Url::parse(issuer).map_err(|_| NoIssuer)?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !is_safe || !is_plain || client_id.is_empty() || issuer.len() > ISSUER_MAX {
            return Err(NoIssuer);
        }
        Ok(Issuer { issuer: issuer.to_owned(), client_id: client_id.to_owned() })
    }
}

impl Issuer {
    /// Whether nobody on the way to it can answer in its place.
    pub fn is_by_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }
}

struct Provider {
    issuer: Issuer,
    held: Mutex<Held>,
}

/// The providers that are believed, with what is known of their keys.
pub struct IdentityProviders {
    providers: Vec<Provider>,
    http: reqwest::Client,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Doubt {
    #[error("it is no signed token")]
    Form,
    #[error("its issuer is not believed here")]
    Issuer,
    #[error("its algorithm is not believed, or not the one of its key")]
    Algorithm,
    #[error("its key is none of the provider")]
    Key,
    #[error("its signature or one of its claims iss, aud, exp, nbf and sub is not right")]
    Claims,
    #[error("it was issued more than 10 minutes ago, or is still to be issued")]
    Age,
    #[error("it was made for somebody else")]
    Party,
    #[error("the provider cannot be asked for its keys")]
    Unavailable,
}

impl From<Doubt> for Problem {
    fn from(doubt: Doubt) -> Problem {
        match doubt {
            Doubt::Unavailable => Problem::unavailable("the identity provider does not tell its keys"),
            Doubt::Form | Doubt::Issuer | Doubt::Algorithm | Doubt::Key | Doubt::Claims | Doubt::Age | Doubt::Party => {
                let detail = format!("the identity token is not believed: {doubt}");
                ledger::Error::from(Refusal::new("identity-token-invalid", detail)).into()
            }
        }
    }
}

#[derive(Deserialize)]
struct Named {
    iss: String,
}

/// Some providers write what is true as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Truth {
    Is(bool),
    Says(String),
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: Value,
    #[serde(default)]
    azp: Option<String>,
    iat: i64,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<Truth>,
}

/// What of a token is signed: the same for each text of the same token.
pub fn signed_part(token: &str) -> &str {
    token.rsplit_once('.').map_or(token, |(signed, _)| signed)
}

impl IdentityProviders {
    /// Those that are named. Nothing is fetched yet.
    pub fn new(issuers: &[Issuer]) -> Result<IdentityProviders, reqwest::Error> {
        let provider = |issuer: &Issuer| Provider { issuer: issuer.clone(), held: Mutex::default() };
        Ok(IdentityProviders { providers: issuers.iter().map(provider).collect(), http: keys::client()? })
    }

    /// What a provider says of somebody by a token.
    ///
    /// # Errors
    ///
    /// `identity-token-invalid`; 503 when the provider cannot be asked for its keys.
    pub async fn believe(&self, token: &str, wall: Timestamp) -> Result<Vouched, Problem> {
        Ok(self.check(token, wall).await?)
    }

    async fn check(&self, token: &str, wall: Timestamp) -> Result<Vouched, Doubt> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Doubt::Form)?;
        let provider = self.named_by(token)?;
        let issuer = &provider.issuer;
        if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
            return Err(Doubt::Algorithm);
        }
        let kid = header.kid.as_deref().ok_or(Doubt::Key)?;
        let key =
            provider.held.lock().await.key(&self.http, &issuer.issuer, kid).await.map_err(|missing| match missing {
                Missing::Unknown => Doubt::Key,
                Missing::Unavailable => Doubt::Unavailable,
            })?;
        if key.common.key_algorithm.is_some_and(|algorithm| Algorithm::try_from(algorithm).ok() != Some(header.alg)) {
            return Err(Doubt::Algorithm);
        }
        let mut validation = Validation::new(header.alg);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer.issuer]);
        validation.set_audience(&[&issuer.client_id]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY.unsigned_abs();
        let key = DecodingKey::from_jwk(&key).map_err(|_| Doubt::Key)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| Doubt::Claims)?.claims;
        claims.vouched(issuer, wall)
    }

    /// The provider whose name a token has, which is not believed by that.
    fn named_by(&self, token: &str) -> Result<&Provider, Doubt> {
        let claims = token.split('.').nth(1).ok_or(Doubt::Form)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| Doubt::Form)?;
        let Named { iss } = serde_json::from_slice(&claims).map_err(|_| Doubt::Form)?;
        self.providers.iter().find(|provider| provider.issuer.issuer == iss).ok_or(Doubt::Issuer)
    }
}

impl Claims {
    fn vouched(self, issuer: &Issuer, wall: Timestamp) -> Result<Vouched, Doubt> {
        let age = wall.as_second().saturating_sub(self.iat);
        if !(-LEEWAY..=AGE_MAX + LEEWAY).contains(&age) {
            return Err(Doubt::Age);
        }
        let is_for_more = self.aud.as_array().is_some_and(|all| all.len() > 1);
        match &self.azp {
            Some(party) if *party != issuer.client_id => return Err(Doubt::Party),
            None if is_for_more => return Err(Doubt::Party),
            Some(_) | None => {}
        }
        if self.sub.is_empty() || self.sub.len() > SUBJECT_MAX || self.sub.contains('\0') {
            return Err(Doubt::Claims);
        }
        let is_verified = match &self.email_verified {
            Some(Truth::Is(is)) => *is,
            Some(Truth::Says(says)) => says == "true",
            None => false,
        };
        let email = self.email.filter(|_| is_verified).and_then(|email| email.parse::<Email>().ok());
        Ok(Vouched { issuer: issuer.issuer.clone(), subject: self.sub, email })
    }
}
