//! Calls of Stripe's API: each with a deadline, answers bounded, the version of the API pinned, and no secret in what is said of
//! them. A provider that does not answer is left alone for a while.

use super::objects::{ApiError, Failed};
use crate::breaker::{Breaker, Let};
use crate::rail::RailError;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// The version of the API whose shapes we read: <https://docs.stripe.com/upgrades#2024-06-20>.
const VERSION: &str = "2024-06-20";

/// How long a call may take until its answer is whole.
const DEADLINE: Duration = Duration::from_secs(20);

/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes.
const ANSWER_MAX: usize = 1024 * 1024;

/// The way to Stripe.
pub(super) struct Http {
    client: Client,
    base: Url,
    key: SecretString,
    breaker: Breaker,
}

/// Why a call has no object for an answer.
pub(super) enum Refused {
    /// Stripe has said what is wrong with the request, or with the payment.
    Said(StatusCode, Box<ApiError>),
    /// Anything else.
    Trouble(RailError),
}

impl From<Refused> for RailError {
    fn from(refused: Refused) -> RailError {
        match refused {
            Refused::Said(status, error) => RailError::Rejected(format!("{status}: {}", error.words())),
            Refused::Trouble(error) => error,
        }
    }
}

impl Http {
    /// Calls go to an address, with a key.
    pub(super) fn new(base: Url, key: SecretString, deadline: Duration) -> Result<Http, reqwest::Error> {
        let client = Client::builder()
            .timeout(deadline.min(DEADLINE))
            .connect_timeout(CONNECTING)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("commonpurse/", env!("CARGO_PKG_VERSION")));
        Ok(Http { client: client.build()?, base, key, breaker: Breaker::default() })
    }

    /// Reads an object.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Refused> {
        self.send(self.request(Method::GET, path, query)).await
    }

    /// Makes or changes an object, once for a key.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        form: &[(&str, &str)],
    ) -> Result<T, Refused> {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.request(Method::POST, path, &[]).header("Idempotency-Key", key);
        self.send(request.header("Content-Type", "application/x-www-form-urlencoded").body(body)).await
    }

    fn request(&self, method: Method, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.client.request(method, url).bearer_auth(self.key.expose_secret()).header("Stripe-Version", VERSION)
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refused> {
        if let Let::Nobody(_) = self.breaker.lets() {
            return Err(Refused::Trouble(RailError::Resting(
                "Stripe does not answer, and is left alone for a while".into(),
            )));
        }
        let answer = match request.send().await {
            Ok(response) => read(response).await,
            Err(error) if error.is_connect() => Err(RailError::Unavailable(words(error))),
            Err(error) => Err(RailError::Unknown(words(error))),
        };
        let is_away = match &answer {
            Ok((status, _)) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Err(_) => true,
        };
        if !is_away {
            self.breaker.answered();
        } else if self.breaker.failed() {
            tracing::error!("Stripe does not answer, and is left alone for a while");
        }
        let (status, body) = answer.map_err(Refused::Trouble)?;
        judge(status, &body)
    }
}

/// What an answer says: an object, what is wrong, or nothing that could be relied on.
fn judge<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, Refused> {
    let trouble = |error| Err(Refused::Trouble(error));
    if status.is_success() {
        return match serde_json::from_slice(body) {
            Ok(object) => Ok(object),
            Err(_) => trouble(RailError::Unknown(format!("{status}, with an answer that cannot be read"))),
        };
    }
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            tracing::error!("Stripe does not know our key ({status}): look at COMMONPURSE_STRIPE_SECRET_KEY");
            trouble(RailError::Rejected(format!("Stripe does not know our key: {status}")))
        }
        // Nothing was begun.
        StatusCode::TOO_MANY_REQUESTS => trouble(RailError::Unavailable("Stripe has no room for us: 429".into())),
        StatusCode::BAD_REQUEST | StatusCode::PAYMENT_REQUIRED | StatusCode::NOT_FOUND => {
            match serde_json::from_slice::<Failed>(body) {
                Ok(failed) => Err(Refused::Said(status, Box::new(failed.error))),
                Err(_) => trouble(RailError::Unknown(format!("{status}, with an answer that cannot be read"))),
            }
        }
        // 409: the same request is under way; 5xx: it may have been done.
        _ => trouble(RailError::Unknown(status.to_string())),
    }
}

/// The body of an answer, which is cut off when it is too long.
async fn read(mut response: Response) -> Result<(StatusCode, Vec<u8>), RailError> {
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| RailError::Unknown(words(error)))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(RailError::Unknown(format!("{status}, with an answer of more than {ANSWER_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

/// What went wrong, without the address, in whose query our references stand.
fn words(error: reqwest::Error) -> String {
    crate::explain::explain(&error.without_url())
}
