//! What of a programme was planned by a day, what was spent, how fast, and for how long its money lasts.

use super::programme::Line;
use super::revision::Course;
use crate::error::Error;
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Of so many months that are over the burn is the mean, the newest.
pub const BURN_MONTHS: usize = 3;

/// The most days ahead for which the end of the money is told: a hundred years.
const DAYS_MAX: i128 = 36_525;

/// What was planned for a month, and what was spent in it, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub month: Date,
    /// Planned for all of it.
    pub planned: i64,
    /// Spent in it so far; less than zero where more came back than went.
    pub spent: i128,
    /// The version of the plan that holds in it.
    pub version: i32,
}

/// A line of a programme with what was spent, minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineReport {
    /// The line.
    pub line: Line,
    /// What of it was planned by the day.
    pub planned: i64,
    /// What was spent by the day, in its months.
    pub spent: i128,
    /// Its months.
    pub months: Vec<Month>,
}

/// A programme on a day. All figures in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The day, which counts as over.
    pub as_of: Date,
    /// Its lines.
    pub lines: Vec<LineReport>,
    /// Its months, over all lines.
    pub months: Vec<Month>,
    /// What was planned by the day.
    pub planned: i128,
    /// What was spent by the day.
    pub spent: i128,
    /// What is spent in a month: the mean of the newest months that are over, three at most, rounded down; none before one is over.
    pub burn: Option<i128>,
    /// What is there to spend: what came, where the programme says from where, else what is planned in all; less what was spent.
    pub left: i128,
    /// The day on which that ends at this burn; none where it does not end, or in more than a hundred years.
    pub ends_on: Option<Date>,
}

/// What is planned on an account, and what was spent on it by the first days of months.
pub type Spending = (Course, BTreeMap<Date, i128>);

/// What a month of `planned` was by a day of it: all of it once it is over, and of the one that runs the part of its days, rounded down.
fn planned_by(month: Date, planned: i64, day: Date) -> i64 {
    let last = month.last_of_month();
    if day >= last {
        return planned;
    }
    if day < month {
        return 0;
    }
    // A part of what fits fits.
    let part = i128::from(planned) * i128::from(day.day()) / i128::from(last.day());
    i64::try_from(part).unwrap_or(planned)
}

fn line_report((course, spent): Spending, as_of: Date) -> LineReport {
    let month = |it: &super::revision::Planned| Month {
        month: it.month,
        planned: it.amount,
        spent: spent.get(&it.month).copied().unwrap_or(0),
        version: it.version,
    };
    let months: Vec<Month> = course.months.iter().map(month).collect();
    LineReport {
        planned: months.iter().map(|it| planned_by(it.month, it.planned, as_of)).sum(),
        spent: months.iter().map(|it| it.spent).sum(),
        months,
        line: course.line,
    }
}

/// A programme on a day, by what was spent on its lines until then and what came for it, where it says from where. `course` has its months with the
/// version of the plan that holds in each: one for which nothing is planned is one of them too.
///
/// # Errors
///
/// None for a plan that was checked.
pub fn report(course: &[(Date, i32)], lines: Vec<Spending>, came: Option<i128>, as_of: Date) -> Result<Report, Error> {
    let lines: Vec<LineReport> = lines.into_iter().map(|line| line_report(line, as_of)).collect();
    let mut sums: BTreeMap<Date, (i128, i128, i32)> =
        course.iter().map(|(month, version)| (*month, (0, 0, *version))).collect();
    for month in lines.iter().flat_map(|line| &line.months) {
        // One version holds in a month, for all lines.
        let sum = sums.entry(month.month).or_insert((0, 0, month.version));
        *sum = (sum.0 + i128::from(month.planned), sum.1 + month.spent, sum.2);
    }
    let mut months = Vec::with_capacity(sums.len());
    for (month, (planned, spent, version)) in sums {
        // The lines make no more than an account can count.
        let planned = i64::try_from(planned).map_err(|_| Error::inconsistent("a month of a programme"))?;
        months.push(Month { month, planned, spent, version });
    }
    let spent: i128 = lines.iter().map(|line| line.spent).sum();
    let all: i128 = lines.iter().map(|line| i128::from(line.line.amount)).sum();
    let (burn, left) = (burn(&months, as_of), came.unwrap_or(all) - spent);
    Ok(Report {
        as_of,
        planned: lines.iter().map(|line| i128::from(line.planned)).sum(),
        spent,
        burn,
        left,
        ends_on: burn.and_then(|burn| end(left, burn, as_of)),
        lines,
        months,
    })
}

/// The mean of what was spent in the newest months that are over.
fn burn(months: &[Month], as_of: Date) -> Option<i128> {
    let over: Vec<i128> = months
        .iter()
        .rev()
        .filter(|it| it.month.last_of_month() <= as_of)
        .take(BURN_MONTHS)
        .map(|it| it.spent)
        .collect();
    let count = i128::try_from(over.len()).ok().filter(|count| *count > 0)?;
    Some(over.iter().sum::<i128>().div_euclid(count))
}

/// The day on which money ends of which so much is spent in a month: a year of 365 days has twelve of them. It is the day itself where
/// nothing is left.
fn end(left: i128, burn: i128, as_of: Date) -> Option<Date> {
    if burn <= 0 {
        return None;
    }
    let days = left.max(0).checked_mul(365)? / burn.checked_mul(12)?;
    let days = i32::try_from(Some(days).filter(|days| *days <= DAYS_MAX)?).ok()?;
    as_of.checked_add(days.days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart;
    use crate::id::PersonId;
    use crate::programmes::rules::revision::{Version, courses};
    use jiff::Timestamp;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn named(account: &str, amount: i64, first_month: Date, months: u16) -> Course {
        let line = Line { account: chart::cost(account).code, name: "Work".to_owned(), amount, first_month, months };
        let (by, at) = (PersonId::generate(), Timestamp::UNIX_EPOCH);
        let opened =
            Version { number: 1, from_month: JANUARY, months, amount, lines: vec![line], reason: None, by, at };
        courses(&[opened]).expect("courses").remove(0)
    }

    fn line(amount: i64, first_month: Date, months: u16) -> Course {
        named("work", amount, first_month, months)
    }

    fn spent(parts: &[(Date, i128)]) -> BTreeMap<Date, i128> {
        parts.iter().copied().collect()
    }

    const JANUARY: Date = date(2027, 1, 1);
    const FEBRUARY: Date = date(2027, 2, 1);
    const MARCH: Date = date(2027, 3, 1);
    const APRIL: Date = date(2027, 4, 1);

    #[test]
    fn what_is_planned_by_a_day_is_all_of_the_months_before_it_and_its_part_of_the_one_that_runs() {
        let of = |as_of| {
            let lines = vec![(line(240_000, JANUARY, 24), spent(&[(JANUARY, 9_000)]))];
            let found = report(&[], lines, None, as_of).expect("a report");
            (found.planned, found.spent, found.left)
        };
        assert_eq!(of(date(2026, 12, 31)), (0, 9_000, 231_000));
        assert_eq!(of(date(2027, 1, 1)), (322, 9_000, 231_000));
        assert_eq!(of(date(2027, 1, 31)), (10_000, 9_000, 231_000));
        assert_eq!(of(date(2027, 2, 14)), (15_000, 9_000, 231_000));
        assert_eq!(of(date(2029, 1, 1)), (240_000, 9_000, 231_000));
    }

    #[test]
    fn the_burn_is_the_mean_of_the_newest_three_months_that_are_over() {
        let of = |as_of| {
            let months = spent(&[(JANUARY, 900), (FEBRUARY, 100), (MARCH, 201), (APRIL, 600)]);
            report(&[], vec![(line(2_400, JANUARY, 24), months)], Some(3_000), as_of).expect("a report")
        };
        assert_eq!((of(date(2027, 1, 30)).burn, of(date(2027, 1, 30)).ends_on), (None, None));
        assert_eq!(of(date(2027, 1, 31)).burn, Some(900));
        assert_eq!(of(date(2027, 3, 31)).burn, Some(400));
        let april = of(date(2027, 4, 30));
        assert_eq!((april.burn, april.left), (Some(300), 1_199));
        // 1199 × 365 / (300 × 12) = 121.56 days.
        assert_eq!(april.ends_on, Some(date(2027, 8, 29)));
    }

    #[test]
    fn months_for_which_nothing_is_planned_count_for_the_burn() {
        let paused = vec![(line(300, JANUARY, 1), spent(&[(JANUARY, 300)])), (named("b", 90, APRIL, 1), spent(&[]))];
        let course = [(JANUARY, 1), (FEBRUARY, 2), (MARCH, 2), (APRIL, 2)];
        let found = report(&course, paused, None, MARCH.last_of_month()).expect("a report");
        let months: Vec<_> = found.months.iter().map(|it| (it.planned, it.spent, it.version)).collect();
        assert_eq!(months, [(300, 300, 1), (0, 0, 2), (0, 0, 2), (90, 0, 2)]);
        assert_eq!((found.burn, found.spent), (Some(100), 300));
    }

    #[test]
    fn money_that_is_gone_ends_today_and_money_that_nobody_spends_does_not_end() {
        let of = |came, month| {
            let lines = vec![(line(2_400, JANUARY, 24), spent(&[(JANUARY, month)]))];
            report(&[], lines, Some(came), date(2027, 1, 31)).expect("a report").ends_on
        };
        assert_eq!(of(0, 500), Some(date(2027, 1, 31)));
        assert_eq!(of(500, 0), None);
        assert_eq!(of(500, -20), None);
        assert_eq!(of(i128::from(i64::MAX), 1), None);
    }

    #[test]
    fn lines_that_begin_apart_make_the_months_of_the_whole() {
        let lines = vec![
            (line(100, JANUARY, 3), spent(&[(JANUARY, 30)])),
            (named("b", 50, MARCH, 2), spent(&[(APRIL, 7), (JANUARY, 99)])),
        ];
        let found = report(&[], lines, None, MARCH).expect("a report");
        let months: Vec<_> = found.months.iter().map(|it| (it.month, it.planned, it.spent)).collect();
        assert_eq!(months, [(JANUARY, 34, 30), (FEBRUARY, 33, 0), (MARCH, 58, 0), (APRIL, 25, 7)]);
        assert_eq!(found.lines.iter().map(|it| it.spent).collect::<Vec<_>>(), [30, 7], "a line counts its own months");
    }

    proptest! {
        #[test]
        fn the_months_of_a_report_are_its_lines_and_what_is_planned_never_falls(
            amounts in prop::collection::vec((1..1_000_000_000_000i64, 0..12i32, 1..24u16, -1_000..1_000_000i128), 1..6),
            day in 0..900i32,
        ) {
            let lines = || amounts.iter().map(|(amount, offset, months, month)| {
                let first = JANUARY.saturating_add(offset.months());
                (line(*amount, first, *months), spent(&[(first, *month)]))
            }).collect::<Vec<_>>();
            let on = |day: i32| report(&[], lines(), None, JANUARY.saturating_add(day.days())).expect("a report");
            let (found, next) = (on(day), on(day + 1));
            prop_assert_eq!(found.months.iter().map(|it| i128::from(it.planned)).sum::<i128>(),
                amounts.iter().map(|(amount, ..)| i128::from(*amount)).sum::<i128>());
            prop_assert_eq!(found.months.iter().map(|it| it.spent).sum::<i128>(), found.spent);
            prop_assert_eq!(found.lines.iter().map(|it| it.spent).sum::<i128>(), found.spent);
            prop_assert!(next.planned >= found.planned);
            prop_assert_eq!(found.planned, found.lines.iter().map(|it| i128::from(it.planned)).sum::<i128>());
        }
    }
}
