//! Rate limits per network and per caller, told by `RateLimit`, `RateLimit-Policy` and `Retry-After`.

use crate::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use ledger::book::Mode;
use ledger::id::CallerId;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// One limit for each key.
struct Limit<K: Hash + Eq + Clone> {
    name: &'static str,
    policy: HeaderValue,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(name: &'static str, quota: Quota, window_seconds: u64) -> Limit<K> {
        let policy = format!("\"{name}\";q={};w={window_seconds}", quota.burst_size());
        let policy = HeaderValue::from_str(&policy).expect("a name and numbers are visible ASCII");
        Limit { name, policy, limiter: RateLimiter::keyed(quota).with_middleware() }
    }

    fn check(&self, key: &K) -> Result<Standing, Problem> {
        match self.limiter.check_key(key) {
            Ok(state) => {
                Ok(Standing { name: self.name, policy: self.policy.clone(), left: state.remaining_burst_capacity() })
            }
            Err(until) => {
                let seconds = until.wait_time_from(self.limiter.clock().now()).as_secs() + 1;
                let detail = format!("more than this service takes from you; try again in {seconds} s");
                let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Slow down", detail)
                    .with_header(RETRY_AFTER, &seconds.to_string())
                    .with_header(POLICY, self.policy.to_str().unwrap_or_default())
                    .with_header(LIMIT, &format!("\"{}\";r=0;t={seconds}", self.name));
                Err(problem)
            }
        }
    }
}

/// What is left, for the headers of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    name: &'static str,
    policy: HeaderValue,
    left: u32,
}

impl Standing {
    /// Writes `RateLimit` and `RateLimit-Policy`.
    pub fn write(self, headers: &mut HeaderMap) {
        if let Ok(limit) = HeaderValue::try_from(format!("\"{}\";r={}", self.name, self.left)) {
            headers.insert(LIMIT, limit);
        }
        headers.insert(POLICY, self.policy);
    }
}

/// So many networks are remembered on their own.
const NETWORKS_MAX: usize = 100_000;

/// Past that they share so many limits.
const GROUPS: u32 = 65_536;

/// After so many requests it is counted again how many are remembered.
const RECOUNT: usize = 1_024;

/// All limits of this process.
pub struct Limits {
    address: Limit<IpAddr>,
    caller: Limit<(CallerId, Option<Mode>)>,
    guess: Limit<IpAddr>,
    asked: AtomicUsize,
    crowded: AtomicBool,
}

impl Limits {
    /// `per_second` requests of an address and of a caller, twice as many at once; `guesses_per_minute` of what a guesser
    /// would try.
    pub fn new(per_second: NonZeroU32, guesses_per_minute: NonZeroU32) -> Limits {
        let quota =
            Quota::per_second(per_second).allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)));
        Limits {
            address: Limit::new("address", quota, 2),
            caller: Limit::new("caller", quota, 2),
            guess: Limit::new("guess", Quota::per_minute(guesses_per_minute), 60),
            asked: AtomicUsize::new(0),
            crowded: AtomicBool::new(false),
        }
    }

    /// A request of an address.
    pub fn address(&self, address: IpAddr) -> Result<Standing, Problem> {
        if self.asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(RECOUNT) {
            self.recount(NETWORKS_MAX);
        }
        self.address.check(&self.group(address))
    }

    /// Looks whether so many networks ask that they must share limits, so that those who make addresses up take no memory.
    fn recount(&self, max: usize) {
        let known = self.address.limiter.len().max(self.guess.limiter.len());
        self.crowded.store(known >= max, Ordering::Relaxed);
    }

    /// Under which key a network's limit is kept.
    fn group(&self, address: IpAddr) -> IpAddr {
        if !self.crowded.load(Ordering::Relaxed) {
            return address;
        }
        let mut hash = DefaultHasher::new();
        address.hash(&mut hash);
        IpAddr::V4(Ipv4Addr::from_bits((hash.finish() % u64::from(GROUPS)) as u32))
    }

    /// A request of a caller; of a partner, in the mode of its credential: what is tried in a sandbox takes nothing of what is live.
    pub fn caller(&self, caller: CallerId, mode: Option<Mode>) -> Result<Standing, Problem> {
        self.caller.check(&(caller, mode))
    }

    /// A request of an address to something that could be guessed.
    pub fn guess(&self, address: IpAddr) -> Result<Standing, Problem> {
        self.guess.check(&self.group(address))
    }

    /// Forgets who has been quiet; called now and then, so that memory does not grow.
    pub fn forget_the_quiet(&self) {
        self.address.limiter.retain_recent();
        self.caller.limiter.retain_recent();
        self.guess.limiter.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::ResponseError;

    #[test]
    fn t2_those_who_make_addresses_up_take_no_more_memory_than_a_crowd() {
        let one = NonZeroU32::MIN;
        let limits = Limits::new(one, one);
        let address = |number: u32| IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number));
        for number in 0..1_000 {
            limits.address(address(number)).unwrap();
        }
        limits.recount(1_000);
        for number in 0..200_000 {
            let _ = limits.address(address(number));
            limits.crowded.store(true, Ordering::Relaxed);
        }
        assert!(limits.address.limiter.len() <= 1_000 + GROUPS as usize);
        limits.forget_the_quiet();
        limits.recount(NETWORKS_MAX);
        assert_eq!(limits.group(address(7)), address(7), "a crowd that has gone is forgotten");
    }

    #[test]
    fn what_a_partner_tries_in_a_sandbox_takes_nothing_of_its_live_limit() {
        let one = NonZeroU32::MIN;
        let (limits, partner) = (Limits::new(one, one), CallerId(7));
        let sandbox = || limits.caller(partner, Some(Mode::Sandbox));
        assert!(sandbox().is_ok() && sandbox().is_ok() && sandbox().is_err(), "twice at once");
        assert!(limits.caller(partner, Some(Mode::Live)).is_ok());
        assert!(limits.caller(CallerId(8), Some(Mode::Sandbox)).is_ok(), "and so has another partner");
    }

    #[test]
    fn who_asks_too_often_is_told_when_to_come_back() {
        let two = NonZeroU32::new(2).unwrap();
        let limits = Limits::new(two, two);
        let (here, there) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::BROADCAST));
        let standing = limits.guess(here).unwrap();
        let mut headers = HeaderMap::new();
        standing.write(&mut headers);
        assert_eq!(headers.get(POLICY).unwrap(), "\"guess\";q=2;w=60");
        assert_eq!(headers.get(LIMIT).unwrap(), "\"guess\";r=1");
        limits.guess(here).unwrap();
        let response = limits.guess(here).unwrap_err().error_response();
        assert_eq!(response.status(), 429);
        let wait: u64 = response.headers().get(RETRY_AFTER).unwrap().to_str().unwrap().parse().unwrap();
        assert!((1..=31).contains(&wait), "{wait}");
        assert!(limits.guess(there).is_ok(), "another address has its own limit");
        assert!(limits.address(here).is_ok(), "and so has another kind of request");
    }
}
