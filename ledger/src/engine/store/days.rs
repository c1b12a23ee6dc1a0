//! How sums over days are put together: whole months so far, and days more or less.

use jiff::ToSpan;
use jiff::civil::Date;

/// The last day of a month that is reached from its beginning; later ones are from its end.
const MIDDLE: i8 = 15;

/// Which rows make up the days asked for.
///
/// `month_total` holds what an account moved until the end of a month: its newest row until `month` counts, the one until
/// `less_month` is taken off. The rows of `day_total` of `days` are added to that, those of `less_days` taken off. Each
/// list of days is short, and an index finds them one by one, where a range would run over all accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) month: Option<Date>,
    pub(crate) days: Vec<Date>,
    pub(crate) less_month: Option<Date>,
    pub(crate) less_days: Vec<Date>,
}

impl Days {
    /// All days until and with one, from whichever end of its month is nearer.
    pub(crate) fn until(day: Date) -> Days {
        let month = day.first_of_month();
        if day.day() > MIDDLE || day == day.last_of_month() {
            let less_days = day.series(1.day()).skip(1).take_while(|later| later.first_of_month() == month).collect();
            return Days { month: Some(month), less_days, ..Days::default() };
        }
        Days { month: Some(month.saturating_sub(1.month())), days: each(month, day), ..Days::default() }
    }

    /// The days `from..=to`: day by day when they are few, else those until `to` less those before `from`.
    pub(crate) fn between(from: Date, to: Date) -> Days {
        if to <= from.saturating_add(i64::from(MIDDLE).days()) {
            return Days { days: each(from, to), ..Days::default() };
        }
        let (mut all, before) = (Days::until(to), Days::until(from.saturating_sub(1.day())));
        all.less_month = before.month;
        all.days.extend(before.less_days);
        all.less_days.extend(before.days);
        all
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
        let month = |month: Option<Date>| {
            month.map_or(0, |month| i64::from((month.last_of_month() - FIRST).get_days() + 1).max(0))
        };
        month(days.month) + count(&days.days) - month(days.less_month) - count(&days.less_days)
    }

    #[test]
    fn any_two_days_of_four_years_are_as_far_apart_as_their_parts_say() {
        let all: Vec<Date> = FIRST.series(1.day()).take(4 * 365 + 1).collect();
        for (index, to) in all.iter().enumerate() {
            let until = Days::until(*to);
            assert_eq!(answer(&until), index as i64 + 1, "{to}: {until:?}");
            assert!(until.days.len() + until.less_days.len() <= 16, "{to}: {until:?}");
            for before in (0..index).step_by(7).chain([0, index.saturating_sub(1), index]) {
                let between = Days::between(all[before], *to);
                assert_eq!(answer(&between), (index - before) as i64 + 1, "{} to {to}: {between:?}", all[before]);
                assert!(between.days.len() + between.less_days.len() <= 32, "{} to {to}: {between:?}", all[before]);
            }
        }
    }

    #[test]
    fn the_end_of_a_month_needs_no_days_and_what_ends_before_it_begins_needs_nothing() {
        for day in [date(2028, 2, 29), date(2027, 2, 28), date(2027, 12, 31), Date::MAX] {
            let month = Some(day.first_of_month());
            assert_eq!(Days::until(day), Days { month, ..Days::default() }, "{day}");
        }
        assert_eq!(Days::between(date(2028, 3, 1), date(2028, 1, 31)), Days::default());
    }
}
