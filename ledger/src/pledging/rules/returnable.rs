//! When money that was given is its donor's to take back or to redirect: when its campaign is over, or when nothing has used it for
//! so long as the terms say. It then waits for its donor's word without an end, and never becomes anybody else's.

use crate::words::words;
use jiff::ToSpan;
use jiff::civil::Date;

/// After so many months in which nothing of a fund moved to work, what lies in it is returnable, unless its terms name fewer.
pub const IDLE_MONTHS: i32 = 24;

words! {
    /// Why money is returnable.
    Why, "reason why money is returnable" {
        /// The campaign failed, was closed, or was suspended until it closed, with the money unspent.
        CampaignOver = "campaign_over",
        /// No release has taken anything of the fund for the months that the terms say.
        Idle = "idle",
        /// The host winds its book up, and asks the donors whether the money moves to another campaign.
        HostCloses = "host_closes",
    }
}

/// What decides about the money in a fund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FundFacts {
    /// Since when its campaign is over; none while it is not.
    pub over_on: Option<Date>,
    /// Since when its donors are asked, as the host winds its book up; none when they are not.
    pub asked_on: Option<Date>,
    /// When a release last took something of it.
    pub worked_on: Option<Date>,
    /// After how many months without a release it is idle.
    pub idle_months: i32,
}

/// Settled money of a pledge that arrived in a fund on one day, and that nothing has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// The day on which it arrived, or was moved there.
    pub arrived_on: Date,
    /// Minor units.
    pub left: i64,
}

/// What of money is returnable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returnable {
    /// Minor units.
    pub amount: i64,
    /// Since when the first of it is.
    pub since: Date,
    /// Why.
    pub why: Why,
}

impl FundFacts {
    /// From when on money that arrived on a day is returnable, as it stands now, and why.
    pub fn of(&self, arrived_on: Date) -> (Date, Why) {
        let used_on = self.worked_on.map_or(arrived_on, |worked| worked.max(arrived_on));
        let idle = (used_on.saturating_add(self.idle_months.months()), Why::Idle);
        let over = self.over_on.map(|over| (over.max(arrived_on), Why::CampaignOver));
        let asked = self.asked_on.map(|asked| (asked.max(arrived_on), Why::HostCloses));
        match over.into_iter().chain(asked).min_by_key(|(day, _)| *day) {
            Some(over) if over.0 <= idle.0 => over,
            Some(_) | None => idle,
        }
    }

    /// What of a pledge's money in the fund is returnable on a day, of which `free` is neither set aside nor held; none when nothing
    /// is.
    pub fn returnable(&self, rests: &[Rest], free: i64, today: Date) -> Option<Returnable> {
        let due =
            rests.iter().map(|rest| (self.of(rest.arrived_on), rest.left)).filter(|((since, _), _)| *since <= today);
        let (mut amount, mut first) = (0, None);
        for (since, left) in due {
            amount += left;
            first = Some(first.map_or(since, |first: (Date, Why)| if since.0 < first.0 { since } else { first }));
        }
        let amount = amount.min(free);
        first.filter(|_| amount > 0).map(|(since, why)| Returnable { amount, since, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn live() -> FundFacts {
        FundFacts { over_on: None, asked_on: None, worked_on: None, idle_months: IDLE_MONTHS }
    }

    fn rest(arrived_on: Date) -> Rest {
        Rest { arrived_on, left: 250_000 }
    }

    #[test]
    fn c1_money_is_returnable_when_nothing_of_its_fund_has_moved_to_work_for_the_months_of_the_terms() {
        let rests = [rest(date(2027, 2, 3))];
        assert_eq!(live().returnable(&rests, 250_000, date(2029, 2, 2)), None);
        let found = live().returnable(&rests, 250_000, date(2029, 2, 3)).expect("idle");
        assert_eq!((found.amount, found.since, found.why), (250_000, date(2029, 2, 3), Why::Idle));
        let worked = FundFacts { worked_on: Some(date(2028, 12, 31)), ..live() };
        assert_eq!(worked.returnable(&rests, 250_000, date(2029, 2, 3)), None, "the fund is at work");
        assert!(worked.returnable(&rests, 250_000, date(2030, 12, 31)).is_some());
    }

    #[test]
    fn c1_money_of_a_campaign_that_is_over_is_returnable_at_once_and_stays_so() {
        let over = FundFacts { over_on: Some(date(2027, 5, 1)), ..live() };
        let rests = [rest(date(2027, 2, 3)), rest(date(2027, 5, 2))];
        let found = over.returnable(&rests, 1_000_000, date(2027, 5, 1)).expect("over");
        assert_eq!((found.amount, found.since, found.why), (250_000, date(2027, 5, 1), Why::CampaignOver));
        for year in [2027, 2029, 2040, 2090] {
            assert_eq!(over.returnable(&rests, 1_000_000, date(year, 6, 1)).expect("over").amount, 500_000);
        }
        assert_eq!(over.returnable(&rests, 0, date(2027, 6, 1)), None, "all of it is set aside for milestones");
    }

    #[test]
    fn c4_money_is_returnable_since_its_donors_are_asked_and_the_earlier_reason_counts() {
        let asked = FundFacts { asked_on: Some(date(2027, 5, 1)), ..live() };
        assert_eq!(asked.of(date(2027, 2, 3)), (date(2027, 5, 1), Why::HostCloses));
        assert_eq!(asked.of(date(2027, 6, 1)), (date(2027, 6, 1), Why::HostCloses));
        let over = FundFacts { over_on: Some(date(2027, 4, 1)), ..asked };
        assert_eq!(over.of(date(2027, 2, 3)), (date(2027, 4, 1), Why::CampaignOver));
    }
}
