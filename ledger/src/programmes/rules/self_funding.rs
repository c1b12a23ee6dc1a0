//! The loop of self-funding: what is made pays for the next development, and a campaign asks for less as it does.
//!
//! Both figures are of the twelve months that end with the last month that is over, so that they change once a month.

use crate::money::Money;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// So many months are counted, the newest that are over.
pub const MONTHS: i32 = 12;

/// The first and the last day of the months that count on a day.
pub fn span(today: Date) -> (Date, Date) {
    let this_month = today.first_of_month();
    (this_month.saturating_sub(MONTHS.months()), this_month.saturating_sub(1.day()))
}

/// How far a loop is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loop {
    /// The first day that counts.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// What was collected for the campaign, minor units.
    pub collected: i128,
    /// What of surpluses went into the development fund, less what was taken back, minor units.
    pub proceeds: i128,
    /// The second in hundredths of the first, half up; none where nothing was collected.
    pub ratio: Option<i128>,
    /// What the campaign asks for in a month as it stands: its goal less a twelfth of the proceeds, minor units, 0 or more.
    pub asks_for: i64,
}

/// How far a loop is closed on a day: `goal` is what the campaign would ask for in a month without it.
pub fn closed(goal: Money, collected: i128, proceeds: i128, today: Date) -> Loop {
    let (from, to) = span(today);
    // Down: a campaign never asks for too little.
    let a_month = proceeds.div_euclid(i128::from(MONTHS));
    let asks_for = (i128::from(goal.minor()) - a_month.max(0)).max(0);
    let hundredths = |collected: i128| (200 * proceeds + collected).div_euclid(2 * collected);
    Loop {
        from,
        to,
        collected,
        proceeds,
        ratio: Some(collected).filter(|collected| *collected > 0).map(hundredths),
        asks_for: i64::try_from(asks_for).unwrap_or(goal.minor()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use jiff::civil::date;

    fn on(proceeds: i128, collected: i128) -> (Option<i128>, i64) {
        let goal = Money::from_minor(300_000, Currency::USD).expect("money");
        let found = closed(goal, collected, proceeds, date(2028, 3, 31));
        assert_eq!((found.from, found.to), (date(2027, 3, 1), date(2028, 2, 29)));
        (found.ratio, found.asks_for)
    }

    #[test]
    fn n41_proceeds_of_three_quarters_of_the_pledges_leave_a_quarter_of_the_goal_and_as_much_as_them_leaves_none() {
        assert_eq!(on(2_700_000, 3_600_000), (Some(75), 75_000));
        assert_eq!(on(3_600_000, 3_600_000), (Some(100), 0));
        assert_eq!(on(7_200_000, 3_600_000), (Some(200), 0));
        assert_eq!(on(0, 3_600_000), (Some(0), 300_000));
        assert_eq!(on(11, 3_600_000), (Some(0), 300_000));
        assert_eq!(on(18_000, 3_600_000), (Some(1), 298_500), "half a hundredth is a whole one");
        assert_eq!(on(17_999, 3_600_000), (Some(0), 298_501));
        assert_eq!(on(600_000, 0), (None, 250_000));
        assert_eq!(on(-24, 100), (Some(-24), 300_000), "what was taken back of an earlier year");
    }
}
