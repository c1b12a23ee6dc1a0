//! An endpoint: where a partner has the events of a book sent, with the secrets that sign them, and how that goes.

use crate::book::Mode;
use crate::calendar::to_microseconds;
use crate::error::{Error, Refusal};
use crate::evidence::URL_MAX;
use crate::id::{EventId, OrganisationId, WebhookEndpointId};
use crate::words::words;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::ops::RangeInclusive;

/// The most endpoints that a partner has in a book.
pub const ENDPOINTS_MAX: i16 = 10;

/// The longest that a secret goes on beside its successor.
pub const OVERLAP_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a partner calls an endpoint.
pub const DESCRIPTION: RangeInclusive<usize> = 0..=200;

/// How long an endpoint may do nothing but fail until nothing more is sent to it.
pub const FAILING_MAX: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The most deliveries that are sent again at once.
pub const REPLAY_MAX: i64 = 10_000;

/// How long an endpoint that fails is left alone after its first failure; each further one adds as much.
const REST: SignedDuration = SignedDuration::from_secs(5);

/// The longest that it is left alone.
const REST_MAX: SignedDuration = SignedDuration::from_secs(60);

/// An answer that takes longer makes an endpoint slow.
pub const QUICK_MAX: SignedDuration = SignedDuration::from_secs(2);

/// How many events are on their way to an endpoint at once, those of an object one after the other.
const AT_ONCE_MAX: usize = 4;

words! {
    /// How an endpoint stands.
    EndpointState, "state of an endpoint" {
        /// What happens is sent to it.
        Active = "active",
        /// Its partner wants nothing for now: what happens is sent once it is active again.
        Paused = "paused",
        /// The service sends nothing more, until its partner makes it active again.
        Disabled = "disabled",
    }
}

words! {
    /// Why the service sends nothing more to an endpoint.
    Disabled, "reason why an endpoint is disabled" {
        /// It answered 410.
        Gone = "gone",
        /// It did nothing but fail for five days.
        Failing = "failing",
    }
}

words! {
    /// What became of sending an event to an endpoint.
    DeliveryState, "state of a delivery" {
        /// It is sent, or sent again, when its time comes.
        Waiting = "waiting",
        /// The endpoint has it.
        Delivered = "delivered",
        /// It was tried as often as it is, or the partner may not read it any more.
        GivenUp = "given_up",
    }
}

words! {
    /// Why an attempt failed.
    AttemptFailure, "reason of an attempt that failed" {
        /// It is no public address, not https where that is demanded, or leads to an address that is not public.
        AddressRefused = "address_refused",
        /// No such host.
        HostUnknown = "host_unknown",
        /// Nobody answers there, or not in words that are understood.
        Unreachable = "unreachable",
        /// The answer took longer than 15 seconds.
        TooSlow = "too_slow",
        /// The answer is none of 200 to 299.
        Status = "status",
    }
}

/// A secret of an endpoint as the database has it. Nothing of it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSigning {
    /// The key of the installation that sealed it.
    pub key_version: i32,
    /// What it sealed.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for SealedSigning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a secret sealed with key {}", self.key_version)
    }
}

/// The secret before the last rotation, while it signs too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldSigning {
    /// The secret.
    pub sealed: SealedSigning,
    /// Wall clock after which it signs no more.
    pub ends_at: Timestamp,
}

/// How sending to an endpoint goes, in book time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// How many attempts have failed since the last one that did not.
    pub failures: i32,
    /// When the first of them failed.
    pub failing_since: Option<Timestamp>,
    /// When the last one failed.
    pub last_failure_at: Option<Timestamp>,
    /// When an attempt last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// Whether the last attempt took long.
    pub is_slow: bool,
}

impl Health {
    /// After an attempt, and how long it took.
    #[must_use]
    pub fn after(self, succeeded: bool, took: SignedDuration, now: Timestamp) -> Health {
        let is_slow = took > QUICK_MAX;
        if succeeded {
            return Health { last_success_at: Some(now), is_slow, ..Health::default() };
        }
        Health {
            failures: self.failures.saturating_add(1),
            failing_since: self.failing_since.or(Some(now)),
            last_failure_at: Some(now),
            is_slow,
            ..self
        }
    }

    /// Whether it took what it was sent, and quickly. Those that did not have a line of their own, in which they keep nobody waiting but
    /// each other.
    pub fn is_well(self) -> bool {
        self.failures == 0 && !self.is_slow
    }

    /// How many events are on their way to it at once: one that has failed is only tried.
    pub fn at_once_max(self) -> usize {
        if self.failures == 0 { AT_ONCE_MAX } else { 1 }
    }

    /// When it is tried again at the earliest, whatever waits: so that one that fails takes little of whoever sends.
    pub fn rests_until(self, now: Timestamp) -> Timestamp {
        let rest = REST_MAX.min(REST.saturating_mul(self.failures));
        self.last_failure_at.and_then(|at| at.checked_add(rest).ok()).map_or(now, |until| until.max(now))
    }

    /// Whether it has done nothing but fail for so long that it is sent nothing more.
    pub fn has_failed_for_long(self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| now.duration_since(since) >= FAILING_MAX)
    }
}

/// An endpoint of a partner in a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Whose it is.
    pub partner: OrganisationId,
    /// Which of the places of its partner in the book it has, from 1.
    pub slot: i16,
    /// Where it is sent.
    pub url: String,
    /// What its partner calls it.
    pub description: String,
    /// The kinds of events that it wants; none: all that it may see.
    pub kinds: Vec<String>,
    /// The scopes with which it was made: it sees nothing that they do not read.
    pub scopes: Vec<String>,
    /// How it stands.
    pub state: EndpointState,
    /// Why it is disabled; none when it is not.
    pub reason: Option<Disabled>,
    /// Since when it stands so, in book time.
    pub since: Timestamp,
    /// When it was made, by the wall clock.
    pub created_at: Timestamp,
    /// The secret.
    pub secret: SealedSigning,
    /// The one before, if it was rotated.
    pub old_secret: Option<OldSigning>,
    /// The last event of the book that was looked at for it.
    pub cursor: i64,
    /// The job that sends next, or last.
    pub round: i64,
    /// When that job is due, in book time; none when there is none.
    pub next_job_at: Option<Timestamp>,
    /// How sending goes.
    pub health: Health,
    /// Raised by each change of its partner, and of its state.
    pub version: i64,
}

impl Endpoint {
    /// The secrets that sign at a moment, the present one first.
    pub fn live_secrets(&self, wall: Timestamp) -> impl Iterator<Item = &SealedSigning> {
        let old = self.old_secret.iter().filter(move |old| old.ends_at > wall).map(|old| &old.sealed);
        std::iter::once(&self.secret).chain(old)
    }

    /// With another secret; the present one signs too for a while.
    ///
    /// # Errors
    ///
    /// `two-secrets-live` when the one before the present one still signs and an overlap is asked for.
    pub fn rotated(self, secret: SealedSigning, overlap: SignedDuration, wall: Timestamp) -> Result<Endpoint, Refusal> {
        if let Some(old) = self.old_secret.as_ref().filter(|old| old.ends_at > wall && overlap.is_positive()) {
            let told =
                format!("the secret before the present one signs until {}: wait, or end both at once", old.ends_at);
            return Err(Refusal::new("two-secrets-live", told));
        }
        let ends_at = to_microseconds(wall.checked_add(overlap).unwrap_or(wall));
        let old_secret = overlap.is_positive().then_some(OldSigning { sealed: self.secret, ends_at });
        Ok(Endpoint { secret, old_secret, ..self })
    }

    /// Refuses a ping where nothing would be sent.
    ///
    /// # Errors
    ///
    /// `webhook-endpoint-not-active`.
    pub fn check_active(&self) -> Result<(), Refusal> {
        match self.state {
            EndpointState::Active => Ok(()),
            EndpointState::Paused | EndpointState::Disabled => {
                let told = format!("the endpoint is {}, and nothing is sent to it", self.state);
                Err(Refusal::new("webhook-endpoint-not-active", told))
            }
        }
    }
}

/// An event on its way to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub event: EventId,
    /// Its place in the list of its book.
    pub number: i64,
    /// What happened.
    pub kind: String,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was sent.
    pub attempts: i32,
    /// How often since it was last asked for.
    pub tries: i32,
    /// When it is sent next, in book time; none unless it waits.
    pub next_at: Option<Timestamp>,
    /// When it was put on its way, by the wall clock.
    pub created_at: Timestamp,
}

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which one, from 1.
    pub number: i32,
    /// When it was sent, by the wall clock.
    pub at: Timestamp,
    /// The status of the answer; none when there was no answer.
    pub status: Option<u16>,
    /// Why it failed; none when it did not.
    pub failure: Option<AttemptFailure>,
    /// How long it took.
    pub milliseconds: i32,
}

/// Refuses, at `/url`, where nothing is ever sent: whatever is no https link with a host and at its own port. In a sandbox book this machine
/// is one too, for development, with a port and without TLS.
///
/// # Errors
///
/// [`Error::Invalid`] at `/url`.
pub fn check_url(url: &str, mode: Mode) -> Result<(), Error> {
    let wrong = |why: &str| Err(Error::invalid("/url", why));
    if url.chars().count() > URL_MAX || url.chars().any(|each| each.is_whitespace() || each.is_control()) {
        return wrong("an https link of at most 2,000 characters without blanks");
    }
    let (is_secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return wrong("an https link"),
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') || url.contains('#') {
        return wrong("a link with a host, without a name or a password in it, and without a fragment");
    }
    if mode == Mode::Sandbox && is_this_machine(authority) {
        return Ok(());
    }
    let port = authority.rsplit(']').next().unwrap_or_default();
    if !is_secure || port.contains(':') {
        return wrong("an https link at the port of https");
    }
    Ok(())
}

/// Whether the host of a link is the machine that fetches it, by its names.
fn is_this_machine(authority: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| {
        let port = authority.strip_prefix(host).map(|rest| rest.strip_prefix(':').unwrap_or(rest));
        port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn wh_only_https_at_its_own_port_is_an_endpoint_and_in_a_sandbox_this_machine_too() {
        for url in ["https://shop.example/hooks?from=purse", "https://[2001:db8::1]/hooks"] {
            assert!(check_url(url, Mode::Live).is_ok(), "{url}");
        }
        for url in [
            "http://shop.example/hooks",
            "https://shop.example:8443/",
            "https://[2001:db8::1]:8443/",
            "https://",
            "https:///x",
            "https://ada:pw@shop.example",
            "https://shop.example/a b",
            "https://shop.example/#x",
            "ftp://shop.example",
            "http://127.0.0.1.shop.example/",
            "http://localhost.shop.example/",
            "http://localhost@shop.example/",
        ] {
            assert!(check_url(url, Mode::Live).is_err(), "{url}");
            assert!(check_url(url, Mode::Sandbox).is_err(), "{url}");
        }
        for url in ["http://127.0.0.1:9000/hooks", "http://localhost/", "http://[::1]:80/x"] {
            assert!(check_url(url, Mode::Sandbox).is_ok(), "{url}");
            assert!(check_url(url, Mode::Live).is_err(), "{url}");
        }
        assert!(check_url(&format!("https://a.example/{}", "x".repeat(2_000)), Mode::Live).is_err());
    }

    #[test]
    fn wh_an_endpoint_is_well_until_it_fails_or_takes_long_and_again_when_it_does_neither() {
        let (quick, long) = (QUICK_MAX, QUICK_MAX + SignedDuration::from_millis(1));
        let new = Health::default();
        assert!(new.is_well() && new.after(true, quick, at(1)).is_well());
        let failed = new.after(false, quick, at(1));
        assert_eq!((failed.is_well(), failed.at_once_max()), (false, 1));
        let slow = failed.after(true, long, at(2));
        assert_eq!((slow.is_well(), slow.at_once_max()), (false, AT_ONCE_MAX));
        assert_eq!(slow.rests_until(at(2)), at(2), "slow is no failure");
        assert!(slow.after(true, quick, at(3)).is_well());
        assert!(!slow.after(false, quick, at(3)).is_well());
    }

    #[test]
    fn wh_an_endpoint_that_fails_rests_ever_longer_and_is_left_after_five_days_without_a_success() {
        let mut health = Health::default();
        assert_eq!(health.rests_until(at(7)), at(7));
        let took = SignedDuration::ZERO;
        for (second, until) in [(10, 15), (20, 30), (40, 55)] {
            health = health.after(false, took, at(second));
            assert_eq!(health.rests_until(at(second)), at(until));
        }
        for _ in 0..100 {
            health = health.after(false, took, at(100));
        }
        assert_eq!(health.rests_until(at(100)), at(160));
        assert_eq!(health.rests_until(at(500)), at(500), "what is past is not waited for");
        let five_days = 5 * 86_400;
        assert!(!health.has_failed_for_long(at(10 + five_days - 1)));
        assert!(health.has_failed_for_long(at(10 + five_days)));
        let well = health.after(true, took, at(200));
        assert_eq!((well.failures, well.last_success_at), (0, Some(at(200))));
        assert!(!well.after(false, took, at(300)).has_failed_for_long(at(10 + five_days)));
    }
}
