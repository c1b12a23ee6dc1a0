//! What came to a campaign month by month, as its page shows it.

use crate::pages::pictures::{Column, MONTHS, MonthBars};
use crate::pages::shown::{self, Amount};
use crate::say;
use jiff::civil::Date;
use ledger::money::{Currency, Money};
use serde::Serialize;
use std::collections::BTreeMap;

/// A month.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct MonthRow {
    /// Such as `2031-05`.
    pub(in crate::pages) month: String,
    /// For people: May 2031.
    #[serde(skip)]
    pub(in crate::pages) name: String,
    /// Made of sums over five donors or more, each in the month in which it became whole.
    pub(in crate::pages) collected: Amount,
    /// What fell due and still waits: for the people of the book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::pages) waiting: Option<Amount>,
}

/// The last twelve months of a campaign, and what came before them.
pub(in crate::pages) struct Months {
    /// The oldest first; none when fewer than five donors gave in all.
    pub(in crate::pages) rows: Vec<MonthRow>,
    /// What came before the first of them; none when nothing could have.
    pub(in crate::pages) before: Option<Amount>,
    pub(in crate::pages) picture: MonthBars,
}

impl Months {
    /// Of what was collected in each month up to that of a day, by its first day; `waiting` is what waits, for those who see that. `goal` is that
    /// of a month.
    pub(in crate::pages) fn new(
        collected: &BTreeMap<Date, i128>,
        waiting: Option<&BTreeMap<Date, i128>>,
        today: Date,
        currency: Currency,
        goal: Option<Money>,
    ) -> Months {
        let last = number(today);
        let met = collected.keys().chain(waiting.into_iter().flatten().map(|(month, _)| month));
        let first = met.map(|month| number(*month)).min().unwrap_or(last + 1);
        let shown: Vec<i32> = (first.max(last - MONTHS + 1)..=last).collect();
        let of = |months: &BTreeMap<Date, i128>, wanted: i32| -> i128 {
            months.iter().filter(|(month, _)| number(**month) == wanted).map(|(_, minor)| minor).sum()
        };
        let row = |wanted: &i32| MonthRow {
            month: first_day(*wanted).map(|day| day.strftime("%Y-%m").to_string()).unwrap_or_default(),
            name: first_day(*wanted).map(shown::month_and_year).unwrap_or_default(),
            collected: Amount::of(of(collected, *wanted), currency),
            waiting: waiting.map(|waiting| Amount::of(of(waiting, *wanted), currency)),
        };
        let column = |wanted: &i32| Column {
            slot: wanted - last + MONTHS - 1,
            collected: of(collected, *wanted),
            waiting: waiting.map_or(0, |waiting| of(waiting, *wanted)),
            label: first_day(*wanted).map(shown::short_month).unwrap_or_default(),
        };
        let old = collected.iter().filter(|(month, _)| number(**month) <= last - MONTHS).map(|(_, minor)| minor);
        let title = match goal {
            Some(goal) => say("campaign-picture-goal").with("goal", Amount::from(goal)).to_string(),
            None => say("campaign-picture").to_string(),
        };
        Months {
            rows: shown.iter().map(row).collect(),
            before: (first <= last - MONTHS).then(|| Amount::of(old.sum::<i128>(), currency)),
            picture: MonthBars::new(
                shown.iter().map(column).collect(),
                goal.map(|goal| goal.minor().into()),
                title,
                waiting.is_some(),
            ),
        }
    }
}

/// Months since the beginning of the calendar.
fn number(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month()) - 1
}

/// The first day of the month with a number.
fn first_day(number: i32) -> Option<Date> {
    let (year, month) = (i16::try_from(number / 12).ok()?, i8::try_from(number % 12 + 1).ok()?);
    Date::new(year, month, 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn twelve_months_are_shown_and_what_came_before_them_is_one_sum() {
        let came = [(date(2030, 1, 1), 300), (date(2030, 5, 1), 700), (date(2030, 6, 1), 40), (date(2031, 4, 1), 900)];
        let told = |today: Date| {
            let months = Months::new(&came.into(), None, today, Currency::USD, None);
            let rows: Vec<_> = months.rows.into_iter().map(|row| (row.month, row.name, row.collected)).collect();
            (months.before, rows)
        };
        let (before, rows) = told(date(2031, 5, 31));
        assert_eq!((before, rows.len()), (Some(Amount::of(1_000, Currency::USD)), 12));
        assert_eq!(rows[0], ("2030-06".to_owned(), "June 2030".to_owned(), Amount::of(40, Currency::USD)));
        assert_eq!((&*rows[11].0, rows[11].2), ("2031-05", Amount::of(0, Currency::USD)));
        let (before, rows) = told(date(2030, 12, 1));
        assert_eq!((before, rows.len(), &*rows[11].0), (None, 12, "2030-12"));
        let none = Months::new(&BTreeMap::new(), None, date(2031, 5, 31), Currency::USD, None);
        assert!(none.rows.is_empty() && none.before.is_none());
    }

    #[test]
    fn what_waits_is_told_to_those_who_see_it() {
        let (came, waits) = ([(date(2031, 4, 1), 900)].into(), [(date(2031, 5, 1), 70)].into());
        let waiting = |waits: Option<&BTreeMap<Date, i128>>| {
            let months = Months::new(&came, waits, date(2031, 5, 2), Currency::USD, None);
            months.rows.into_iter().map(|row| row.waiting).collect::<Vec<_>>()
        };
        let amount = |minor: i64| Some(Amount::of(minor, Currency::USD));
        assert_eq!(waiting(Some(&waits)), [amount(0), amount(70)]);
        assert_eq!(waiting(None), [None, None]);
    }
}
