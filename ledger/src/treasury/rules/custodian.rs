//! Custodians whose money is frozen: what goes through one of them waits, and nothing lapses or is forfeited by it.

use crate::id::{CustodianFreezeId, OrganisationId};
use crate::money::Currency;
use jiff::Timestamp;

/// The people of the host are reminded of a freeze each so many days.
pub const REMIND_DAYS: i64 = 30;

/// What a custodian holds for a book is frozen, such as by its payment provider. Moments are in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Its id.
    pub id: CustodianFreezeId,
    /// The custodian.
    pub custodian: OrganisationId,
    /// Since when.
    pub frozen_at: Timestamp,
    /// Until when; none while it stands.
    pub released_at: Option<Timestamp>,
    /// Why, without personal data.
    pub reason: String,
}

impl Freeze {
    /// Whether it holds what falls due at a moment. What fell due before it was said is not held, however late somebody looks.
    pub fn holds(&self, due: Timestamp) -> bool {
        self.released_at.is_none() && self.frozen_at <= due
    }
}

/// When a wait for a custodian ends that began at a moment and would have ended at another: time in which the custodian was frozen
/// does not count. None while it is frozen. `all` are the freezes of the custodian.
pub fn put_off(all: &[Freeze], since: Timestamp, until: Timestamp) -> Option<Timestamp> {
    let mut sorted: Vec<&Freeze> = all.iter().collect();
    sorted.sort_by_key(|freeze| freeze.frozen_at);
    let mut end = until;
    for freeze in sorted {
        let began = freeze.frozen_at.max(since);
        if began >= end {
            continue;
        }
        let released = freeze.released_at?;
        if released > began {
            end = end.saturating_add(released.duration_since(began)).unwrap_or(Timestamp::MAX);
        }
    }
    Some(end)
}

/// What a custodian holds in one currency, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The currency.
    pub currency: Currency,
    /// Captured and not paid over yet.
    pub receivable: i128,
    /// Arrived, and still with it.
    pub cash: i128,
    /// To be sent back by it to those who gave it.
    pub in_transit: i128,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn freeze(from: i64, released: Option<i64>) -> Freeze {
        Freeze {
            id: CustodianFreezeId::generate(BookId(1)),
            custodian: OrganisationId::generate(),
            frozen_at: at(from),
            released_at: released.map(at),
            reason: "its provider holds the money back".into(),
        }
    }

    #[test]
    fn c3_time_in_which_a_custodian_is_frozen_does_not_count_for_a_wait() {
        assert_eq!(put_off(&[], at(10), at(20)), Some(at(20)));
        assert_eq!(put_off(&[freeze(15, None)], at(10), at(20)), None, "it waits for the release");
        assert_eq!(put_off(&[freeze(15, Some(45))], at(10), at(20)), Some(at(50)), "5 were left");
        assert_eq!(put_off(&[freeze(20, None)], at(10), at(20)), Some(at(20)), "it had ended before");
        assert_eq!(put_off(&[freeze(1, Some(9))], at(10), at(20)), Some(at(20)), "it was over before");
        assert_eq!(put_off(&[freeze(5, Some(12))], at(10), at(20)), Some(at(22)), "2 of it fell into the wait");
        let twice = [freeze(30, Some(40)), freeze(15, Some(25))];
        assert_eq!(put_off(&twice, at(10), at(20)), Some(at(30)), "what was left ended as the second began");
        let twice = [freeze(28, Some(40)), freeze(15, Some(25))];
        assert_eq!(put_off(&twice, at(10), at(20)), Some(at(42)), "the second fell into what was left");
    }

    #[test]
    fn c3_what_fell_due_before_the_freeze_was_said_is_not_held_by_it() {
        assert!(!freeze(10, None).holds(at(9)) && freeze(10, None).holds(at(10)) && freeze(10, None).holds(at(99)));
        assert!(!freeze(10, Some(20)).holds(at(15)), "it is over");
    }
}
