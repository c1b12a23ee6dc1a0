//! What came to a campaign month by month, as its page shows it.

use crate::pages::pictures::{Column, MONTHS, MonthBars};
use crate::pages::shown::Amount;
use jiff::civil::Date;
use ledger::money::{Currency, Money};
use ledger::pledging::rules::months::Span;
use serde::Serialize;

/// A month, or several that stand together.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct MonthRow {
    /// Such as `2031-05`.
    pub(in crate::pages) from: String,
    pub(in crate::pages) to: String,
    /// For people: May 2031.
    #[serde(skip)]
    pub(in crate::pages) name: String,
    pub(in crate::pages) collected: Amount,
    /// None while it is of fewer than five donors.
    pub(in crate::pages) waiting: Option<Amount>,
    /// How many months it has.
    #[serde(skip)]
    pub(in crate::pages) months: i32,
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
    /// Of what the ledger has summed up to the month of a day. `goal` is that of a month.
    pub(in crate::pages) fn new(spans: &[Span], today: Date, currency: Currency, goal: Option<Money>) -> Months {
        let last = number(today);
        let is_old = |span: &&Span| number(span.to) <= last - MONTHS;
        let (old, shown) = spans.split_at(spans.iter().take_while(is_old).count());
        let before = old.iter().map(|span| span.collected).sum::<i128>();
        let columns = shown.iter().map(|span| column(span, last)).collect();
        let title = match goal {
            Some(goal) => format!("What came in each month, beside the goal of {}", Amount::from(goal)),
            None => "What came in each month".to_owned(),
        };
        Months {
            rows: shown.iter().map(|span| row(span, currency)).collect(),
            before: (!old.is_empty()).then(|| Amount::of(before, currency)),
            picture: MonthBars::new(columns, goal.map(|goal| goal.minor().into()), title),
        }
    }
}

/// Months since the beginning of the calendar.
fn number(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month())
}

fn column(span: &Span, last: i32) -> Column {
    let slot = |day: Date| number(day) - last + MONTHS - 1;
    let months = i128::from(span.months().max(1));
    let label = |day: Date| day.strftime("%b").to_string();
    Column {
        from: slot(span.from),
        to: slot(span.to),
        collected: span.collected / months,
        waiting: span.waiting.unwrap_or(0) / months,
        label: if span.from == span.to {
            label(span.from)
        } else {
            format!("{}–{}", label(span.from), label(span.to))
        },
    }
}

fn row(span: &Span, currency: Currency) -> MonthRow {
    let numbers = |day: Date| day.strftime("%Y-%m").to_string();
    MonthRow {
        from: numbers(span.from),
        to: numbers(span.to),
        name: name(span),
        collected: Amount::of(span.collected, currency),
        waiting: span.waiting.map(|waiting| Amount::of(waiting, currency)),
        months: span.months(),
    }
}

/// A span for people: May 2031, March to May 2031, or December 2030 to January 2031.
fn name(span: &Span) -> String {
    let (from, to) = (span.from, span.to);
    let whole = |day: Date| day.strftime("%B %Y").to_string();
    if from == to {
        whole(from)
    } else if from.year() == to.year() {
        format!("{} to {}", from.strftime("%B"), whole(to))
    } else {
        format!("{} to {}", whole(from), whole(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn span(from: Date, to: Date, collected: i128) -> Span {
        Span { from, to, collected, waiting: None }
    }

    #[test]
    fn twelve_months_are_shown_and_what_came_before_them_is_one_sum() {
        let spans = [
            span(date(2029, 12, 1), date(2030, 2, 1), 300),
            span(date(2030, 3, 1), date(2030, 5, 1), 700),
            span(date(2030, 6, 1), date(2030, 7, 1), 40),
            span(date(2030, 8, 1), date(2031, 5, 1), 900),
        ];
        let months = Months::new(&spans, date(2031, 5, 31), Currency::USD, None);
        assert_eq!(months.before, Some(Amount::of(1_000, Currency::USD)));
        let told: Vec<_> = months.rows.iter().map(|row| (row.name.as_str(), row.from.as_str(), row.months)).collect();
        assert_eq!(told, [("June to July 2030", "2030-06", 2), ("August 2030 to May 2031", "2030-08", 10)]);
        let none = Months::new(&[], date(2031, 5, 31), Currency::USD, None);
        assert!(none.rows.is_empty() && none.before.is_none());
    }
}
