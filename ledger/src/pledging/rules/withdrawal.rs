//! A partner or a rail that leaves a book: from a moment on it brings no new pledges and begins no payments.
//!
//! What was begun before goes on: captures are reported, money settles, is refunded and charged back. A plan that would be charged
//! next waits for its donor as of that moment, whenever somebody looks, and lapses when nobody acts. Taken back, what still waits
//! goes on with the next due date.

use super::pledge::{Need, Rail};
use crate::error::Refusal;
use crate::id::{OrganisationId, WithdrawalId};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// The most days from today to the last day of a partner or a rail.
pub const LAST_DAY_MAX: i64 = 365;

words! {
    /// How a withdrawal stands.
    WithdrawalState, "state of a withdrawal" {
        /// Its moment has not come.
        Announced = "announced",
        /// Nothing new begins.
        InForce = "in_force",
        /// It was taken back.
        Restored = "restored",
    }
}

/// Who or what leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaver {
    /// A partner platform, with all pledges that it collects.
    Partner(OrganisationId),
    /// A rail, with all pledges that it collects.
    Rail(Rail),
}

impl Leaver {
    /// Whether what a partner brings on a rail is concerned.
    pub fn takes(self, partner: OrganisationId, rail: Rail) -> bool {
        match self {
            Leaver::Partner(leaving) => leaving == partner,
            Leaver::Rail(leaving) => leaving == rail,
        }
    }

    /// What a plan that it collected waits for.
    pub fn need(self) -> Need {
        match self {
            Leaver::Partner(_) => Need::Partner,
            Leaver::Rail(_) => Need::Rail,
        }
    }
}

/// A partner or a rail that is withdrawn. Moments are in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its id.
    pub id: WithdrawalId,
    /// Who or what leaves.
    pub leaver: Leaver,
    /// When it was said.
    pub created_at: Timestamp,
    /// From when on nothing new begins.
    pub from: Timestamp,
    /// The last day on which payments begin; none when it was at once.
    pub last_day: Option<Date>,
    /// Why, without personal data.
    pub reason: String,
    /// When it was taken back; none while it stands.
    pub restored_at: Option<Timestamp>,
    /// Rises with each change.
    pub version: i64,
}

impl Withdrawal {
    /// How it stands at a moment.
    pub fn state(&self, at: Timestamp) -> WithdrawalState {
        match self.restored_at {
            Some(_) => WithdrawalState::Restored,
            None if self.from <= at => WithdrawalState::InForce,
            None => WithdrawalState::Announced,
        }
    }

    /// Whether a partner hears of it: of its own, and of those of rails.
    pub fn is_for(&self, partner: OrganisationId) -> bool {
        match self.leaver {
            Leaver::Partner(leaver) => leaver == partner,
            Leaver::Rail(_) => true,
        }
    }

    /// Refuses what would begin after its moment.
    ///
    /// # Errors
    ///
    /// `partner-withdrawn`, `rail-withdrawn`.
    pub fn lets_begin(&self, at: Timestamp) -> Result<(), Refusal> {
        if self.state(at) != WithdrawalState::InForce {
            return Ok(());
        }
        let since = self.from;
        Err(match self.leaver {
            Leaver::Partner(partner) => Refusal::new(
                "partner-withdrawn",
                format!(
                    "the partner {partner} has been withdrawn from this book since {since:.0}: its pledges are not charged"
                ),
            ),
            Leaver::Rail(rail) => Refusal::new(
                "rail-withdrawn",
                format!(
                    "the rail {rail} has been withdrawn from this book since {since:.0}: its pledges are not charged"
                ),
            ),
        })
    }
}

/// Since when a plan that has been active since a moment is not to be charged any more, and what it waits for; none when it is.
/// `all` are the withdrawals that concern it.
pub fn stopped(all: &[Withdrawal], since: Timestamp, at: Timestamp) -> Option<(Need, Timestamp)> {
    let standing = all.iter().filter(|one| one.state(at) == WithdrawalState::InForce);
    let first = standing.min_by_key(|one| one.from)?;
    Some((first.leaver.need(), first.from.max(since)))
}

/// When a plan that has waited since a moment, as its partner or rail was withdrawn, can go on; none while one of them is.
pub fn lifted(all: &[Withdrawal], since: Timestamp, at: Timestamp) -> Option<Timestamp> {
    if all.iter().any(|one| one.state(at) == WithdrawalState::InForce) {
        return None;
    }
    let restored = all.iter().filter_map(|one| one.restored_at).filter(|restored| *restored <= at);
    restored.max().map(|restored| restored.max(since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn withdrawal(leaver: Leaver, from: i64, restored: Option<i64>) -> Withdrawal {
        Withdrawal {
            id: WithdrawalId::generate(BookId(1)),
            leaver,
            created_at: at(0),
            from: at(from),
            last_day: None,
            reason: String::new(),
            restored_at: restored.map(at),
            version: 1,
        }
    }

    #[test]
    fn a_plan_stops_at_the_moment_that_was_named_and_not_when_somebody_looks() {
        let rail = withdrawal(Leaver::Rail(Rail::Partner), 20, None);
        let partner = withdrawal(Leaver::Partner(OrganisationId::generate()), 10, None);
        let all = [rail, partner];
        assert_eq!(stopped(&all, at(5), at(9)), None);
        assert_eq!(stopped(&all, at(5), at(15)), Some((Need::Partner, at(10))));
        assert_eq!(stopped(&all, at(5), at(99)), Some((Need::Partner, at(10))));
        assert_eq!(stopped(&all, at(30), at(99)), Some((Need::Partner, at(30))), "it was paused until then");
        assert_eq!(stopped(&[], at(5), at(99)), None);
    }

    #[test]
    fn a_plan_goes_on_as_of_the_restoration_once_neither_partner_nor_rail_is_withdrawn() {
        let partner = withdrawal(Leaver::Partner(OrganisationId::generate()), 10, Some(40));
        let rail = withdrawal(Leaver::Rail(Rail::Partner), 20, None);
        assert_eq!(lifted(&[partner.clone(), rail.clone()], at(10), at(50)), None);
        assert_eq!(lifted(std::slice::from_ref(&partner), at(10), at(39)), None, "not yet");
        assert_eq!(lifted(std::slice::from_ref(&partner), at(10), at(50)), Some(at(40)));
        let rail = Withdrawal { restored_at: Some(at(45)), ..rail };
        assert_eq!(lifted(&[partner, rail], at(10), at(50)), Some(at(45)));
        assert_eq!(lifted(&[], at(10), at(50)), None);
    }

    #[test]
    fn nothing_begins_from_its_moment_on_until_it_is_taken_back() {
        let one = withdrawal(Leaver::Rail(Rail::Sandbox), 10, None);
        assert_eq!(one.lets_begin(at(9)), Ok(()));
        assert_eq!(one.lets_begin(at(10)).unwrap_err().code, "rail-withdrawn");
        assert_eq!(Withdrawal { restored_at: Some(at(11)), ..one }.lets_begin(at(12)), Ok(()));
    }
}
