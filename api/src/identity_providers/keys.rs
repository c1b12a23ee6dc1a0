//! The keys of a provider: where they are, how long they are kept, and when they are fetched again.

use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use reqwest::{Client, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long a fetch may take, the whole answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// The longest answer, in bytes.
const ANSWER_MAX: usize = 256 * 1_024;

/// How many keys of a provider are kept.
const KEYS_MAX: usize = 100;

/// After this keys are fetched before they are used.
const FRESH: Duration = Duration::from_secs(3_600);

/// Until this keys are used though the provider does not answer.
const USABLE: Duration = Duration::from_secs(24 * 3_600);

/// How long after the provider told its keys it is not asked again.
const FLOOR: Duration = Duration::from_secs(60);

/// How long after it did not answer.
const FLOOR_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// The provider has no such key.
    Unknown,
    /// The provider cannot be asked.
    Unavailable,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("the answer is longer than {ANSWER_MAX} bytes")]
    TooLong,
    #[error("the answer is not the JSON that it should be: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the document is of another issuer")]
    OtherIssuer,
    #[error("the keys are not at an https address")]
    Address,
}

/// What is known of the keys of a provider.
#[derive(Default)]
pub(super) struct Held {
    keys: Vec<Jwk>,
    /// When they were told.
    told: Option<Instant>,
    /// When the provider was asked last, and whether it told them.
    asked: Option<(Instant, bool)>,
}

/// What fetches them: to where whoever runs the service has said, and nowhere else.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(DEADLINE)
        .user_agent(concat!("commonpurse/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Held {
    /// A key by its id; the keys are fetched when they are old, or it is not among them.
    pub(super) async fn key(&mut self, http: &Client, issuer: &str, kid: &str) -> Result<Jwk, Missing> {
        if let Some(key) = self.find(kid).filter(|_| self.is_younger(FRESH)) {
            return Ok(key.clone());
        }
        let floor = |is_told: bool| if is_told { FLOOR } else { FLOOR_AFTER_FAILURE };
        if self.asked.is_none_or(|(at, is_told)| at.elapsed() >= floor(is_told)) {
            let told = fetch(http, issuer).await;
            self.asked = Some((Instant::now(), told.is_ok()));
            match told {
                Ok(keys) => (self.keys, self.told) = (keys, Some(Instant::now())),
                Err(error) => tracing::warn!(issuer, %error, "an identity provider does not tell its keys"),
            }
        }
        match self.find(kid) {
            Some(key) if self.is_younger(USABLE) => Ok(key.clone()),
            None if self.is_younger(FRESH) => Err(Missing::Unknown),
            Some(_) | None => Err(Missing::Unavailable),
        }
    }

    /// Keys that were told a while ago, and asked for then.
    #[cfg(test)]
    pub(super) fn told(keys: Vec<Jwk>, ago: Duration) -> Held {
        let then = Instant::now().checked_sub(ago).expect("a moment of this boot");
        Held { keys, told: Some(then), asked: Some((then, true)) }
    }

    fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.common.key_id.as_deref() == Some(kid))
    }

    fn is_younger(&self, age: Duration) -> bool {
        self.told.is_some_and(|told| told.elapsed() < age)
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

async fn fetch(http: &Client, issuer: &str) -> Result<Vec<Jwk>, FetchError> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let found: Discovery = read(http, &address).await?;
    if found.issuer != issuer {
        return Err(FetchError::OtherIssuer);
    }
    if !found.jwks_uri.starts_with("https://") && issuer.starts_with("https://") {
        return Err(FetchError::Address);
    }
    let set: KeySet = read(http, &found.jwks_uri).await?;
    // A key of a kind that nobody here knows is no reason to do without the others.
    let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(keys.filter(|key| key.common.public_key_use != Some(PublicKeyUse::Encryption)).take(KEYS_MAX).collect())
}

async fn read<T: DeserializeOwned>(http: &Client, address: &str) -> Result<T, FetchError> {
    let mut answer = http.get(address).send().await?.error_for_status()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > ANSWER_MAX {
            return Err(FetchError::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&bytes)?)
}
