//! A breaker for each service outside: one that does not answer is left alone for a while, so that not every job waits for
//! it in turn.
//!
//! After five failures in a row it is open: nobody asks. When the pause is over one job tries, and what it meets decides:
//! an answer closes the breaker, another failure opens it for twice as long.

use ledger::service::work::Work;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row open it.
const FAILURES_MAX: u32 = 5;

/// The first pause; it doubles up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_secs(5);

/// The longest pause: as long a service may be back without being asked.
const PAUSE_MAX: Duration = Duration::from_secs(120);

/// The breakers of the services outside.
#[derive(Debug, Default)]
pub(crate) struct Breakers {
    pub(crate) mail: Breaker,
    pub(crate) rail: Breaker,
}

impl Breakers {
    /// The breaker of the service that a kind of work needs.
    pub(crate) fn of(&self, work: Work) -> Option<&Breaker> {
        match work {
            Work::SignIn | Work::Mail => Some(&self.mail),
            Work::Rail => Some(&self.rail),
            // One host that does not answer says nothing of the next.
            Work::Money | Work::Outside | Work::Webhooks | Work::SlowWebhooks => None,
        }
    }
}

/// How many may ask a service now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Let {
    /// Whoever wants to.
    All,
    /// One, who finds out whether it is back.
    One,
    /// Nobody for so long.
    Nobody(Duration),
}

/// What is known of one service.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// In a row.
    failures: u32,
    closed_until: Option<Instant>,
}

impl Breaker {
    /// Who may ask now.
    pub(crate) fn lets(&self) -> Let {
        self.lets_at(Instant::now())
    }

    fn lets_at(&self, now: Instant) -> Let {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.closed_until {
            None => Let::All,
            Some(until) if until <= now => Let::One,
            Some(until) => Let::Nobody(until - now),
        }
    }

    /// The service has answered, whatever it said.
    pub(crate) fn answered(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
    }

    /// The service did not answer. Says whether this has opened the breaker.
    pub(crate) fn failed(&self) -> bool {
        self.failed_at(Instant::now())
    }

    fn failed_at(&self, now: Instant) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that were under way when it opened say nothing new.
        if seen.closed_until.is_some_and(|until| until > now) {
            return false;
        }
        seen.failures = seen.failures.saturating_add(1);
        let Some(beyond) = seen.failures.checked_sub(FAILURES_MAX) else { return false };
        let pause = PAUSE.saturating_mul(1 << beyond.min(16)).min(PAUSE_MAX);
        seen.closed_until = Some(now + pause);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h7_a_service_that_does_not_answer_is_left_alone_for_itself_and_the_book_has_none() {
        let breakers = Breakers::default();
        let open = |work| breakers.of(work).is_some_and(|breaker| breaker.lets() != Let::All);
        for (failing, stop) in [(Work::Mail, [Work::Mail, Work::SignIn].as_slice()), (Work::Rail, &[Work::Rail])] {
            for _ in 0..FAILURES_MAX {
                breakers.of(failing).unwrap().failed();
            }
            assert_eq!(Work::ALL.into_iter().filter(|work| open(*work)).collect::<Vec<_>>().len(), stop.len());
            assert!(stop.iter().all(|work| open(*work)), "{failing:?}");
            breakers.of(failing).unwrap().answered();
        }
        assert!(breakers.of(Work::Money).is_none());
    }

    #[test]
    fn h7_a_service_that_does_not_answer_is_asked_by_one_after_each_pause() {
        let breaker = Breaker::default();
        let mut now = Instant::now();
        for _ in 1..FAILURES_MAX {
            assert!(!breaker.failed_at(now));
            assert_eq!(breaker.lets_at(now), Let::All);
        }
        for seconds in [5, 10, 20, 40, 80, 120, 120] {
            assert!(breaker.failed_at(now));
            assert!(!breaker.failed_at(now), "who was under way says nothing new");
            assert_eq!(breaker.lets_at(now), Let::Nobody(Duration::from_secs(seconds)));
            now += Duration::from_secs(seconds);
            assert_eq!(breaker.lets_at(now), Let::One);
        }
        breaker.answered();
        assert_eq!(breaker.lets_at(now), Let::All);
        assert!(!breaker.failed_at(now), "and it counts from the beginning");
    }
}
