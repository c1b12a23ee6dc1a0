//! Screening of payees by a service outside, before a payout is sent: one POST of JSON, and `clear` or `hit` for an answer.

use crate::failure::Failure;
use reqwest::{Client, redirect};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// How long an answer may take until it is whole.
const DEADLINE: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// The longest reason of a hit that is kept, in characters.
const REASON_MAX: usize = 1_000;

/// What is asked.
#[derive(Debug, Serialize)]
pub(crate) struct Question {
    /// The payout.
    pub(crate) payout: String,
    /// The id of who is paid.
    pub(crate) payee: String,
    /// Their name.
    pub(crate) name: String,
    /// Where their bank is, of ISO 3166-1.
    pub(crate) bank_country: String,
    /// A decimal string.
    pub(crate) amount: String,
    /// ISO 4217.
    pub(crate) currency: String,
}

/// What is answered.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Nothing is known against the payee.
    Clear,
    /// Something is.
    Hit {
        /// What, without personal data.
        #[serde(default)]
        reason: String,
    },
}

/// The way to the service.
pub(crate) struct Screening {
    client: Client,
    url: Url,
}

impl Screening {
    /// Asks at this address.
    pub(crate) fn new(url: Url) -> Result<Screening, reqwest::Error> {
        let client = Client::builder()
            .timeout(DEADLINE)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("commonpurse/", env!("CARGO_PKG_VERSION")));
        Ok(Screening { client: client.build()?, url })
    }

    /// Asks about a payout. Whatever is no answer is asked again later: without one nothing is sent.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let failed = |error: reqwest::Error| Failure::Retry(format!("screening: {}", error.without_url()));
        let mut response = self.client.post(self.url.clone()).json(question).send().await.map_err(failed)?;
        let status = response.status();
        if !status.is_success() {
            return Err(Failure::Retry(format!("screening: {status}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(Failure::Retry(format!("screening: an answer of more than {ANSWER_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        read(&body).ok_or_else(|| Failure::Retry("screening: neither `clear` nor `hit`".into()))
    }
}

/// An answer, with a reason that fits into the book.
fn read(body: &[u8]) -> Option<Answer> {
    let answer = serde_json::from_slice(body).ok()?;
    Some(match answer {
        Answer::Clear => Answer::Clear,
        Answer::Hit { reason } => {
            let kept = reason.chars().filter(|letter| !letter.is_control()).take(REASON_MAX).collect::<String>();
            let kept = kept.trim();
            let reason = if kept.is_empty() { "screening has a hit" } else { kept };
            Answer::Hit { reason: reason.to_owned() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m11_an_answer_is_clear_or_a_hit_and_anything_else_is_none() {
        assert_eq!(read(br#"{"result": "clear"}"#), Some(Answer::Clear));
        let hit = |reason: &str| Some(Answer::Hit { reason: reason.into() });
        assert_eq!(read(br#"{"result": "hit", "reason": "list 7\u0000"}"#), hit("list 7"));
        assert_eq!(read(br#"{"result": "hit"}"#), hit("screening has a hit"));
        let long = format!(r#"{{"result": "hit", "reason": "{}"}}"#, "x".repeat(5_000));
        assert_eq!(read(long.as_bytes()), hit(&"x".repeat(REASON_MAX)));
        for none in ["", "{}", "[]", r#"{"result": "maybe"}"#, r#"{"result": true}"#, "clear"] {
            assert_eq!(read(none.as_bytes()), None, "{none}");
        }
    }
}
