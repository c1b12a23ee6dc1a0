//! What a loan to a cooperative costs: interest by actual days over 365, on what stands of the loan at the end of each day.
//!
//! Interest is a cost, and no share of a surplus. What it comes to is reckoned from the first day on each time, and rounded once, a half
//! upwards: what is booked of it in parts makes the same sum.

use super::cooperative::Percent;
use crate::id::{LoanTermsId, PersonId, ProceedsId};
use crate::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// How often a loan changes its rate at most.
pub const TERMS_MAX: usize = 200;

/// At what rate a loan bears interest, from a day on until other terms begin. Written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanTerms {
    /// Their id.
    pub id: LoanTermsId,
    /// The short name of the lender.
    pub lender: String,
    /// The rate a year; 0 for none.
    pub rate: Percent,
    /// First day that counts at this rate.
    pub effective_from: Date,
    /// Who wrote them down.
    pub published_by: PersonId,
    /// When they were written down, in book time.
    pub published_at: Timestamp,
}

/// A loan as it stands at the end of a day. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// The short name of the lender.
    pub lender: String,
    /// What is lent and was not paid back.
    pub stands: i64,
    /// The rate of that day; none where no terms have begun.
    pub rate: Option<Percent>,
    /// The interest of all days since the first terms began.
    pub interest: i64,
    /// How much of it is booked.
    pub booked: i64,
    /// The last day whose interest is booked; none where none is.
    pub booked_through: Option<Date>,
}

impl Loan {
    /// What of the interest is not booked: nothing where more is than there came to be, as after a payment that was known late.
    pub fn to_book(&self) -> i64 {
        (self.interest - self.booked).max(0)
    }
}

/// Interest that was booked as a cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanInterest {
    /// The cost, by which it is taken back.
    pub proceeds: ProceedsId,
    /// The short name of the lender.
    pub lender: String,
    /// The last day that it counts.
    pub through: Date,
    /// How much it is.
    pub amount: Money,
    /// The day of the cost.
    pub occurred_on: Date,
    /// Record number of its journal entry.
    pub entry: i64,
}

/// The interest on a loan through a day, minor units: for each day since the first terms, what stands at its end times the rate of the day,
/// over 365. `moved`: by how much the loan grew on each day, less than 0 where it was paid back. `rates`: the rates by the day on which
/// each begins.
///
/// ```
/// use jiff::civil::date;
/// use ledger::cooperatives::rules::loan::interest;
/// use std::collections::BTreeMap;
///
/// let moved = BTreeMap::from([(date(2027, 1, 1), 100_000)]);
/// let rates = BTreeMap::from([(date(2027, 1, 1), "3".parse()?)]);
/// assert_eq!(interest(&moved, &rates, date(2027, 12, 31)), 3_000, "30.00 for 1,000.00 in a year of 365 days");
/// assert_eq!(interest(&moved, &rates, date(2027, 3, 31)), 740, "7.40 for 90 days: 7.397 rounded once");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn interest(moved: &BTreeMap<Date, i64>, rates: &BTreeMap<Date, Percent>, through: Date) -> i64 {
    let end = through.tomorrow().unwrap_or(Date::MAX);
    let turns: BTreeSet<Date> =
        moved.keys().chain(rates.keys()).copied().filter(|day| *day < end).chain([end]).collect();
    let turns: Vec<Date> = turns.into_iter().collect();
    let (mut stands, mut rate, mut exact) = (0_i128, Percent::ZERO, 0_i128);
    for days in turns.windows(2) {
        let (from, until) = (days[0], days[1]);
        stands += i128::from(moved.get(&from).copied().unwrap_or(0));
        rate = rates.get(&from).copied().unwrap_or(rate);
        let days = from.until(until).map_or(0, |span| span.get_days());
        exact += stands.max(0) * i128::from(rate.hundredths()) * i128::from(days);
    }
    let a_year = 10_000 * 365;
    i64::try_from((exact + a_year / 2) / a_year).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn rates(all: &[(Date, &str)]) -> BTreeMap<Date, Percent> {
        all.iter().map(|(day, rate)| (*day, rate.parse().expect("a rate"))).collect()
    }

    #[test]
    fn k24_a_thousand_at_three_percent_cost_thirty_a_year_and_7_40_after_90_days() {
        let (moved, rates) = (BTreeMap::from([(date(2027, 1, 1), 100_000)]), rates(&[(date(2027, 1, 1), "3")]));
        let after = |days: i64| interest(&moved, &rates, date(2026, 12, 31).saturating_add(days.days()));
        assert_eq!((after(90), after(365), after(0)), (740, 3_000, 0));
        assert_eq!(after(365 * 4 + 1), 12_008, "2028 has a day more");
    }

    #[test]
    fn the_day_on_which_a_loan_comes_counts_and_the_day_on_which_it_goes_does_not() {
        let lent = |to: Date| BTreeMap::from([(date(2027, 1, 1), 36_500_000), (to, -36_500_000)]);
        let rates = rates(&[(date(2026, 1, 1), "1"), (date(2027, 1, 4), "2"), (date(2027, 1, 6), "0")]);
        let whole = |moved: &BTreeMap<Date, i64>| interest(moved, &rates, date(2030, 1, 1));
        assert_eq!(whole(&lent(date(2027, 1, 2))), 1_000);
        assert_eq!(whole(&lent(date(2027, 1, 4))), 3_000);
        assert_eq!(whole(&lent(date(2029, 1, 1))), 3_000 + 2 * 2_000, "nothing from the 6th on");
        assert_eq!(whole(&BTreeMap::new()), 0);
        let moved =
            BTreeMap::from([(date(2027, 1, 1), -5), (date(2027, 1, 2), i64::MAX), (date(2027, 1, 3), i64::MAX)]);
        assert_eq!(interest(&moved, &rates, Date::MAX), 2_779_646_367_271_302);
    }

    proptest! {
        #[test]
        fn it_is_what_each_day_costs_by_itself_and_rounded_once(
            moves in proptest::collection::btree_map(0i64..400, -1_000_000i64..10_000_000, 0..12),
            terms in proptest::collection::btree_map(0i64..400, 0u64..=10_000, 0..6),
            through in 0i64..400,
        ) {
            let day = |days: i64| date(2027, 1, 1).saturating_add(days.days());
            let moved = moves.iter().map(|(&at, &by)| (day(at), by)).collect();
            let rates = terms.iter().map(|(&at, &rate)| (day(at), Percent::from_hundredths(rate))).collect();
            let (mut stands, mut rate, mut exact) = (0i64, 0u64, 0i128);
            for today in 0..=through {
                stands += moves.get(&today).copied().unwrap_or(0);
                rate = terms.get(&today).copied().unwrap_or(rate);
                exact += i128::from(stands.max(0)) * i128::from(rate);
            }
            let given = i128::from(interest(&moved, &rates, day(through))) * 3_650_000;
            prop_assert!((2 * (given - exact)).abs() <= 3_650_000, "{given} is not {exact}");
        }
    }
}
