//! The loop of self-funding: what is made pays for the next development, and a campaign asks for less as it does.
//!
//! Both figures are of the twelve months that end with the last month that is over. They change when another one is over, and when something is
//! booked or taken back in one of them.

use crate::error::Refusal;
use crate::id::{BookId, PersonId};
use crate::money::Money;
use crate::money::allocation::largest_remainder;
use crate::words::words;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

words! {
    /// What becomes of new pledges while a campaign asks for nothing.
    AtNothing, "what a campaign does at nothing" {
        /// None is taken until it asks for something again.
        Stop = "stop",
        /// They are taken.
        GoOn = "go_on",
    }
}

/// What is said of the loop of a campaign. Written once; the last version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// From 1.
    pub version: i32,
    /// The book whose development fund counts; none from then on.
    pub source: Option<BookId>,
    /// What becomes of new pledges while the campaign asks for nothing.
    pub at_nothing: AtNothing,
    /// Who said so.
    pub by: PersonId,
    /// When, in book time.
    pub at: Timestamp,
}

impl Said {
    /// The book by whose surpluses new pledges stop; none where nothing stops them.
    pub fn stops_by(&self) -> Option<BookId> {
        match self.at_nothing {
            AtNothing::Stop => self.source,
            AtNothing::GoOn => None,
        }
    }
}

/// So many months are counted, the newest that are over.
pub const MONTHS: i32 = 12;

/// The first and the last day of the months that count on a day.
pub fn span(today: Date) -> (Date, Date) {
    let this_month = today.first_of_month();
    (this_month.saturating_sub(MONTHS.months()), this_month.saturating_sub(1.day()))
}

/// The next day on which what a loop brings is reckoned: each one, as what is booked, or taken back, may count for a month that is over.
pub fn next_look(today: Date) -> Date {
    today.saturating_add(1.day())
}

/// What of so much in twelve months a month has, minor units: rounded down, so that a campaign never asks for too little.
pub fn a_month(proceeds: i128) -> i128 {
    proceeds.max(0).div_euclid(i128::from(MONTHS))
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

/// A part in hundredths of what it is compared with, half up; none where that is nothing.
fn ratio(part: i128, of: i128) -> Option<i128> {
    (of > 0).then(|| (200 * part + of).div_euclid(2 * of))
}

/// How far a loop is closed on a day: `goal` is what the campaign would ask for in a month without it.
pub fn closed(goal: Money, collected: i128, proceeds: i128, today: Date) -> Loop {
    let (from, to) = span(today);
    let asks_for = (i128::from(goal.minor()) - a_month(proceeds)).max(0);
    Loop {
        from,
        to,
        collected,
        proceeds,
        ratio: ratio(proceeds, collected),
        asks_for: i64::try_from(asks_for).unwrap_or(goal.minor()),
    }
}

/// What of a development fund's part of a surplus is due to one product, minor units: in proportion to what the sales of each product left of
/// its costs in the period, by largest remainder in the order of their names. `left` is that of each product, and of what names none, minor
/// units; a product that left nothing has no part, and where none left anything nobody has. Answers the parts in the order of `left`.
///
/// # Errors
///
/// None for less than an account can count.
pub fn due_to(part: i64, left: &[i64]) -> Result<Vec<i64>, Refusal> {
    let weights: Vec<u64> = left.iter().map(|left| u64::try_from(*left).unwrap_or(0)).collect();
    if weights.iter().all(|weight| *weight == 0) {
        return Ok(vec![0; left.len()]);
    }
    largest_remainder(part, &weights)
}

/// How far a product pays for its own development in a period: all amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductLoop {
    /// What was released for it.
    pub released: i64,
    /// What of surpluses went into development by what it earned.
    pub proceeds: i64,
}

impl ProductLoop {
    /// The second in hundredths of the first, half up; none where nothing was released.
    pub fn ratio(&self) -> Option<i128> {
        ratio(self.proceeds.into(), self.released.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn a_product_has_the_part_that_its_sales_left_and_one_that_left_nothing_has_none() {
        assert_eq!(due_to(1_000, &[300, 100, -50, 0]), Ok(vec![750, 250, 0, 0]));
        assert_eq!(due_to(100, &[1, 1, 1]), Ok(vec![34, 33, 33]));
        assert_eq!(due_to(100, &[-1, 0]), Ok(vec![0, 0]), "all of it came of something else");
        let of = |released, proceeds| ProductLoop { released, proceeds }.ratio();
        assert_eq!((of(36_000, 27_000), of(3, 1), of(0, 5), of(200, 1)), (Some(75), Some(33), None, Some(1)));
    }

    proptest! {
        #[test]
        fn the_parts_of_all_products_are_the_whole(
            part in 0i64..10_000_000, left in proptest::collection::vec(-1_000i64..1_000_000, 1..30),
        ) {
            let parts = due_to(part, &left).expect("parts");
            let whole = if left.iter().any(|left| *left > 0) { part } else { 0 };
            prop_assert_eq!(parts.iter().sum::<i64>(), whole);
            prop_assert!(parts.iter().zip(&left).all(|(part, left)| *part == 0 || *left > 0));
        }
    }

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

    #[test]
    fn a_month_has_a_twelfth_rounded_down_and_is_reckoned_anew_each_day() {
        assert_eq!(next_look(date(2028, 2, 29)), date(2028, 3, 1));
        assert_eq!((a_month(3_600_000), a_month(3_599_999), a_month(-1)), (300_000, 299_999, 0));
    }
}
