//! Addresses that no operator has set: the one way to fetch what somebody names, and to send to endpoints of partners.
//!
//! The guard is the resolver of the client itself, so that what was looked at is what is connected to: a name that has one address
//! that is not public is refused, whatever else it has. A host that is written as an address is looked at before, as no resolver is
//! asked for it; and each redirect is looked at as the first address was. No proxy, no cookies, no names or passwords.

mod addresses;

use addresses::is_public;
use jiff::Timestamp;
use ledger::evidence::Digest;
use ledger::fetching::rules::fetch::{BYTES_MAX, CONTENT_TYPES, Failure, Fetched, Outcome};
use ledger::partners::operations::sending::Sent;
use ledger::partners::rules::attempts::{Answer, retry_after};
use ledger::partners::rules::endpoint::AttemptFailure;
use ledger::partners::rules::signing::Headers;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, redirect};
use sha2::{Digest as _, Sha256};
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use url::{Host, Url};

/// How long a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// How long everything may take, redirects and the whole body.
const DEADLINE: Duration = Duration::from_secs(20);

/// How long a connection to an endpoint is kept for the next message: less than servers do, so that they end none just as it is used.
const KEPT_MAX: Duration = Duration::from_secs(2);

/// How many connections to a host are kept.
const KEPT: usize = 8;

/// How much of an answer to a message is read, so that its connection can be kept; and how long it may take.
const REST_MAX: (usize, Duration) = (16 * 1_024, Duration::from_millis(500));

/// How often an address may lead on to another.
const REDIRECTS_MAX: usize = 3;

/// The longest address that is kept, in characters.
const URL_MAX: usize = 2_000;

/// The longest media type that is looked at, in bytes.
const CONTENT_TYPE_MAX: usize = 100;

/// Where a fetch may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To public addresses, by https, at its own port.
    Secure,
    /// To public addresses, by http too, at the ports of the two.
    Public,
    /// Anywhere, this machine too: for development.
    Anywhere,
}

impl Reach {
    /// Whether an address is one of where it may go, as far as it can be told before its name is resolved.
    fn admits(self, url: &Url) -> bool {
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_web = match url.scheme() {
            "https" => true,
            "http" => self != Reach::Secure,
            _ => false,
        };
        let is_at_its_port = url.port().is_none() || self == Reach::Anywhere;
        let is_outside = match url.host() {
            Some(Host::Domain(name)) => !name.is_empty(),
            Some(Host::Ipv4(address)) => self == Reach::Anywhere || is_public(address.into()),
            Some(Host::Ipv6(address)) => self == Reach::Anywhere || is_public(address.into()),
            None => false,
        };
        is_plain && is_web && is_at_its_port && is_outside
    }
}

/// The name leads to an address that is not public.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
struct NotPublic;

/// The name leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("the name leads nowhere")]
struct Nowhere;

/// Resolves names to public addresses, or not at all.
struct Guard;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| Nowhere)?;
            let found: Vec<_> = found.collect();
            if found.is_empty() {
                return Err(Nowhere.into());
            }
            if !found.iter().all(|address| is_public(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The way to addresses that people name.
pub(crate) struct Outside {
    fetching: Ways,
    /// Keeps connections for a moment: what was looked at when one was made holds as long as it lives.
    sending: Ways,
}

/// Two ways, of which one may be missing.
struct Ways {
    guarded: Client,
    /// Without a guard, where that is set: for sandbox books.
    unguarded: Option<Client>,
}

impl Ways {
    fn new(is_anywhere: bool, kept: usize) -> Result<Ways, reqwest::Error> {
        let client = || {
            Client::builder()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(CONNECT_MAX)
                .pool_max_idle_per_host(kept)
                .pool_idle_timeout(KEPT_MAX)
                .user_agent(concat!("commonpurse/", env!("CARGO_PKG_VERSION")))
        };
        let unguarded = if is_anywhere { Some(client().build()?) } else { None };
        Ok(Ways { guarded: client().dns_resolver(Arc::new(Guard)).build()?, unguarded })
    }

    fn to(&self, reach: Reach) -> &Client {
        match reach {
            Reach::Anywhere => self.unguarded.as_ref().unwrap_or(&self.guarded),
            Reach::Secure | Reach::Public => &self.guarded,
        }
    }
}

impl Outside {
    /// Whether sandbox books may fetch from anywhere.
    pub(crate) fn new(is_anywhere: bool) -> Result<Outside, reqwest::Error> {
        Ok(Outside { fetching: Ways::new(is_anywhere, 0)?, sending: Ways::new(is_anywhere, KEPT)? })
    }

    /// How far a book reaches.
    pub(crate) fn reach(&self, is_live: bool) -> Reach {
        match (is_live, &self.fetching.unguarded) {
            (true, _) => Reach::Secure,
            (false, None) => Reach::Public,
            (false, Some(_)) => Reach::Anywhere,
        }
    }

    /// Fetches what stands at an address and hashes it; nothing of it is kept.
    pub(crate) async fn fetch(&self, url: &str, reach: Reach) -> Outcome {
        let fetched = timeout(DEADLINE, self.follow(url, reach)).await;
        match fetched.unwrap_or(Err(Failure::TooSlow)) {
            Ok(fetched) => Outcome::Fetched(fetched),
            Err(why) => Outcome::Failed(why),
        }
    }

    /// Sends a signed message to an endpoint. A redirect is an answer as any other, and of what is answered its head alone counts; a short
    /// rest is read away.
    pub(crate) async fn post(
        &self,
        url: &str,
        reach: Reach,
        headers: &Headers,
        body: Vec<u8>,
        deadline: Duration,
    ) -> Sent {
        let (at, started) = (ledger::calendar::now(), Instant::now());
        let (answer, failure) = match timeout(deadline, self.hand_over(url, reach, headers, body)).await {
            Ok(Ok(response)) => {
                let code = response.status().as_u16();
                let is_taken = response.status().is_success();
                let answer = Answer::Status { code, retry_after: asked_pause(response.headers(), at) };
                read_away(response).await;
                (answer, (!is_taken).then_some(AttemptFailure::Status))
            }
            Ok(Err(why)) => (Answer::None, Some(why)),
            Err(_) => (Answer::None, Some(AttemptFailure::TooSlow)),
        };
        let milliseconds = i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX);
        Sent { at, answer, failure, milliseconds }
    }

    async fn hand_over(
        &self,
        url: &str,
        reach: Reach,
        headers: &Headers,
        body: Vec<u8>,
    ) -> Result<Response, AttemptFailure> {
        let url = Url::parse(url).ok().filter(|url| reach.admits(url)).ok_or(AttemptFailure::AddressRefused)?;
        let message = self
            .sending
            .to(reach)
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT_ENCODING, "identity");
        let signed = message
            .header("webhook-id", &headers.id)
            .header("webhook-timestamp", &headers.timestamp)
            .header("webhook-signature", &headers.signature);
        signed.body(body).send().await.map_err(|error| match why(&error) {
            Failure::AddressRefused => AttemptFailure::AddressRefused,
            Failure::HostUnknown => AttemptFailure::HostUnknown,
            Failure::TooSlow => AttemptFailure::TooSlow,
            Failure::Unreachable
            | Failure::TooLarge
            | Failure::ContentType
            | Failure::Encoded
            | Failure::Status
            | Failure::Redirects => AttemptFailure::Unreachable,
        })
    }

    async fn follow(&self, url: &str, reach: Reach) -> Result<Fetched, Failure> {
        let client = self.fetching.to(reach);
        let mut url = Url::parse(url).map_err(|_| Failure::AddressRefused)?;
        for _ in 0..=REDIRECTS_MAX {
            if !reach.admits(&url) {
                return Err(Failure::AddressRefused);
            }
            let asked = client.get(url.clone()).header(ACCEPT_ENCODING, "identity");
            let response = asked.send().await.map_err(|error| why(&error))?;
            if response.status().is_redirection() {
                url = next(&url, response.headers()).ok_or(Failure::Redirects)?;
                continue;
            }
            return read(&url, response).await;
        }
        Err(Failure::Redirects)
    }
}

/// Reads what is left of an answer, if it is little and comes quickly; what it says is forgotten. More than that ends the connection.
async fn read_away(mut response: Response) {
    let (bytes_max, time_max) = REST_MAX;
    let rest = async {
        let mut bytes = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes += chunk.len();
            if bytes > bytes_max {
                break;
            }
        }
    };
    // Either way the answer counts as it is.
    let _ = timeout(time_max, rest).await;
}

/// How long an endpoint asks to be left alone.
fn asked_pause(headers: &HeaderMap, now: Timestamp) -> Option<jiff::SignedDuration> {
    headers.get(RETRY_AFTER)?.to_str().ok().and_then(|text| retry_after(text.trim(), now))
}

/// Where an answer leads on to.
fn next(from: &Url, headers: &HeaderMap) -> Option<Url> {
    from.join(headers.get(LOCATION)?.to_str().ok()?).ok()
}

/// Hashes an answer as it comes.
async fn read(url: &Url, mut response: Response) -> Result<Fetched, Failure> {
    if response.status() != StatusCode::OK {
        return Err(Failure::Status);
    }
    let content_type = media_type(response.headers()).ok_or(Failure::ContentType)?;
    let is_plain = |encoding: &str| encoding.trim().eq_ignore_ascii_case("identity");
    let encodings = response.headers().get_all(CONTENT_ENCODING);
    if !encodings.iter().all(|encoding| encoding.to_str().is_ok_and(is_plain)) {
        return Err(Failure::Encoded);
    }
    if length(response.headers()).is_some_and(|length| length > BYTES_MAX) {
        return Err(Failure::TooLarge);
    }
    let mut final_url = url.clone();
    final_url.set_fragment(None);
    let final_url = String::from(final_url);
    if final_url.len() > URL_MAX {
        return Err(Failure::AddressRefused);
    }
    let (mut hash, mut bytes) = (Sha256::new(), 0u64);
    while let Some(chunk) = response.chunk().await.map_err(|error| why(&error))? {
        bytes += chunk.len() as u64;
        if bytes > BYTES_MAX {
            return Err(Failure::TooLarge);
        }
        hash.update(&chunk);
    }
    let bytes = i64::try_from(bytes).map_err(|_| Failure::TooLarge)?;
    Ok(Fetched { sha256: Digest(hash.finalize().into()), bytes, content_type, final_url })
}

/// The media type of an answer, if it is one that is fetched.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let whole = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let plain = whole.split(';').next()?.trim().to_ascii_lowercase();
    (plain.len() <= CONTENT_TYPE_MAX && CONTENT_TYPES.contains(&plain.as_str())).then_some(plain)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Why nothing came. What the other side wrote is not repeated.
fn why(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<NotPublic>() {
            return Failure::AddressRefused;
        }
        if inner.is::<Nowhere>() {
            return Failure::HostUnknown;
        }
        cause = inner.source();
    }
    if error.is_timeout() { Failure::TooSlow } else { Failure::Unreachable }
}

#[cfg(test)]
mod tests;
