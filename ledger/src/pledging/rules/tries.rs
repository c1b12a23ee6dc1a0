//! Who tries cards: many means of payment from one address, or one card many times.
//!
//! A try is a pledge that is placed, or another means that is given, whatever comes of it. The tries of an hour count.

use jiff::{SignedDuration, Timestamp};

/// How long a try counts.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Whose first charges are looked at for declines: no more than these, the latest.
pub const LOOKED_AT_MAX: i64 = 1_000;

/// The tries of one address, one card or one pledge that still count, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tries(Vec<Timestamp>);

impl Tries {
    /// Those of a list that count at a moment.
    pub fn of(mut all: Vec<Timestamp>, now: Timestamp) -> Tries {
        all.retain(|at| now.duration_since(*at) < WINDOW);
        all.sort_unstable();
        Tries(all)
    }

    /// From when on another one is taken, when the limit is reached; none when one is taken now.
    pub fn full_until(&self, limit: u32) -> Option<Timestamp> {
        let limit = limit as usize;
        let spare = self.0.len().checked_sub(limit)?;
        // With a limit of none nobody is ever let in.
        let first = self.0.get(spare).copied().unwrap_or(Timestamp::MAX);
        Some(first.checked_add(WINDOW).unwrap_or(Timestamp::MAX))
    }

    /// One more.
    pub fn add(&mut self, now: Timestamp) {
        self.0.push(now);
    }

    /// Those that count.
    pub fn moments(&self) -> &[Timestamp] {
        &self.0
    }
}

/// What became of the first charges of a partner's pledges in the last hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstCharges {
    /// How many there were.
    pub tried: i64,
    /// How many of them were declined.
    pub declined: i64,
}

impl FirstCharges {
    /// Whether more than so many of a hundred were declined, of at least so many.
    pub fn are_suspect(self, percent: u8, at_least: u32) -> bool {
        self.tried >= i64::from(at_least).max(1) && self.declined * 100 > self.tried * i64::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn p14_try_eleven_within_the_hour_is_refused_until_the_first_is_an_hour_old() {
        let mut tries = Tries::of(Vec::new(), at(0));
        for minute in 0..10 {
            assert_eq!(tries.full_until(10), None);
            tries.add(at(minute));
        }
        assert_eq!(tries.full_until(10), Some(at(60)));
        let later = Tries::of(tries.moments().to_vec(), at(59));
        assert_eq!(later.full_until(10), Some(at(60)));
        let later = Tries::of(tries.moments().to_vec(), at(60));
        assert_eq!((later.full_until(10), later.moments().len()), (None, 9));
        // A limit that was lowered meanwhile.
        assert_eq!(tries.full_until(3), Some(at(67)));
        assert_eq!(Tries::of(Vec::new(), at(0)).full_until(0), Some(Timestamp::MAX));
    }

    #[test]
    fn p14_a_share_of_declines_counts_from_a_hundred_charges_on() {
        let of = |tried, declined| FirstCharges { tried, declined }.are_suspect(50, 100);
        assert!(!of(99, 99) && !of(100, 50) && of(100, 51) && of(1_000, 501) && !of(0, 0));
    }
}
