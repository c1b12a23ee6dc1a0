//! How sums over days are put together: all until the end of a third of a month, and days more or less.

use jiff::ToSpan;
use jiff::civil::Date;

/// How many days are summed one by one before sums that run until the end of a third are cheaper.
const FEW: i64 = 10;

/// Which rows make up the days asked for.
///
/// `running_total` holds what accounts moved until the end of a third of a month: the newest row until `until` counts, the
/// one until `less_until` is taken off. The rows of `day_total` of `days` are added to that, those of `less_days` taken
/// off. Each list of days is short, and an index finds them one by one, where a range would run over all accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) until: Option<Date>,
    pub(crate) days: Vec<Date>,
    pub(crate) less_until: Option<Date>,
    pub(crate) less_days: Vec<Date>,
}

impl Days {
    /// All days until and with one, from whichever end of its third of a month is nearer.
    pub(crate) fn until(day: Date) -> Days {
        let (begin, end) = third(day);
        let (days, less_days) = (each(begin, day), each(day, end).split_off(1));
        if less_days.len() <= days.len() {
            return Days { until: Some(end), less_days, ..Days::default() };
        }
        Days { until: Some(begin.saturating_sub(1.day())), days, ..Days::default() }
    }

    /// The days `from..=to`: day by day when they are few, else those until `to` less those before `from`.
    pub(crate) fn between(from: Date, to: Date) -> Days {
        if to <= from.saturating_add(FEW.days()) {
            return Days { days: each(from, to), ..Days::default() };
        }
        let (mut all, before) = (Days::until(to), Days::until(from.saturating_sub(1.day())));
        all.less_until = before.until;
        all.days.extend(before.less_days);
        all.less_days.extend(before.days);
        all
    }
}

/// The first and the last day of the third of a month in which a day lies, as `running_total.until` has it.
fn third(day: Date) -> (Date, Date) {
    let month = day.first_of_month();
    match day.day() {
        ..=10 => (month, month.saturating_add(9.days())),
        11..=20 => (month.saturating_add(10.days()), month.saturating_add(19.days())),
        21.. => (month.saturating_add(20.days()), day.last_of_month()),
    }
}

fn each(from: Date, to: Date) -> Vec<Date> {
    from.series(1.day()).take_while(|day| *day <= to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const FIRST: Date = date(2027, 1, 1);

    /// What tables would answer that hold an entry of 1 for each day from `FIRST` on.
    fn answer(days: &Days) -> i64 {
        let count = |days: &[Date]| days.iter().filter(|day| **day >= FIRST).count() as i64;
        let running = |until: Option<Date>| {
            until.map_or(0, |until| {
                assert_eq!(third(until).1, until, "there are no rows of other days");
                i64::from((until - FIRST).get_days() + 1).max(0)
            })
        };
        running(days.until) + count(&days.days) - running(days.less_until) - count(&days.less_days)
    }

    #[test]
    fn any_two_days_of_four_years_are_as_far_apart_as_their_parts_say() {
        let all: Vec<Date> = FIRST.series(1.day()).take(4 * 365 + 1).collect();
        for (index, to) in all.iter().enumerate() {
            let until = Days::until(*to);
            assert_eq!(answer(&until), index as i64 + 1, "{to}: {until:?}");
            assert!(until.days.len() + until.less_days.len() <= 5, "{to}: {until:?}");
            for before in (0..index).step_by(7).chain([0, index.saturating_sub(1), index]) {
                let between = Days::between(all[before], *to);
                assert_eq!(answer(&between), (index - before) as i64 + 1, "{} to {to}: {between:?}", all[before]);
                assert!(between.days.len() + between.less_days.len() <= 11, "{} to {to}: {between:?}", all[before]);
            }
        }
    }

    #[test]
    fn the_end_of_a_third_needs_no_days_and_what_ends_before_it_begins_needs_nothing() {
        let ends =
            [date(2028, 2, 29), date(2027, 2, 28), date(2027, 12, 31), date(2027, 3, 10), date(2027, 3, 20), Date::MAX];
        for day in ends {
            assert_eq!(Days::until(day), Days { until: Some(day), ..Days::default() }, "{day}");
        }
        assert_eq!(Days::between(date(2028, 3, 1), date(2028, 1, 31)), Days::default());
    }
}
