//! What came to a campaign month by month, as everybody may read it: no sum of fewer than five donors, and none that follows from two
//! others.
//!
//! Months are taken from the first one on. One with fewer than five donors joins the next, until there are five; what is left over at the
//! end joins what stands before it. Each month is in one span, and a span that is full stays as it is when later months come, so that neither
//! the spans of one reading nor those of two tell what fewer than five gave.

use crate::calendar::days_after;
use jiff::civil::Date;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A sum that everybody reads is of so many donors or more.
pub const DONORS_MIN: usize = 5;

/// Whether a sum or a number of so many donors may be shown to everybody.
pub fn are_enough(donors: i64) -> bool {
    usize::try_from(donors).is_ok_and(|donors| donors >= DONORS_MIN)
}

/// Whose money a sum is, as far as it has to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Donors {
    /// Fewer than [`DONORS_MIN`], by their pseudonyms; perhaps nobody.
    Few(BTreeSet<Uuid>),
    /// Enough.
    Enough,
}

impl Donors {
    /// Those with these pseudonyms.
    pub fn of(ids: impl IntoIterator<Item = Uuid>) -> Donors {
        Donors::Few(ids.into_iter().collect()).counted()
    }

    /// Nobody.
    pub fn none() -> Donors {
        Donors::Few(BTreeSet::new())
    }

    fn counted(self) -> Donors {
        match self {
            Donors::Few(ids) if ids.len() < DONORS_MIN => Donors::Few(ids),
            Donors::Few(_) | Donors::Enough => Donors::Enough,
        }
    }

    /// These and those.
    pub fn and(self, others: Donors) -> Donors {
        match (self, others) {
            (Donors::Few(ids), Donors::Few(more)) => Donors::of(ids.into_iter().chain(more)),
            (Donors::Enough, _) | (_, Donors::Enough) => Donors::Enough,
        }
    }

    fn is_nobody(&self) -> bool {
        match self {
            Donors::Few(ids) => ids.is_empty(),
            Donors::Enough => false,
        }
    }
}

/// What happened in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub first: Date,
    /// What was captured in it, minor units, whatever became of it later.
    pub collected: i128,
    /// Whose it was.
    pub donors: Donors,
    /// What fell due in it and still waits for its provider or its next try, minor units.
    pub waiting: i128,
    /// Whose it is.
    pub waiting_donors: Donors,
}

impl Month {
    fn empty(first: Date) -> Month {
        Month { first, collected: 0, donors: Donors::none(), waiting: 0, waiting_donors: Donors::none() }
    }
}

/// One month, or several that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The first day of its first month.
    pub from: Date,
    /// The first day of its last month.
    pub to: Date,
    /// What was captured, minor units, whatever became of it later.
    pub collected: i128,
    /// What fell due and still waits, minor units; none where that is of fewer than five donors.
    pub waiting: Option<i128>,
}

impl Span {
    /// How many months it has.
    pub fn months(&self) -> i32 {
        month_number(self.to) - month_number(self.from) + 1
    }
}

fn month_number(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month())
}

/// The months of a campaign up to that of `today`, as everybody may read them, the oldest first; none when fewer than five donors gave.
/// `months` are those in which something happened, in order.
pub fn spans(months: Vec<Month>, today: Date) -> Vec<Span> {
    let last = today.first_of_month();
    // Each with the first day of its last month.
    let mut spans: Vec<(Month, Date)> = Vec::new();
    let mut open: Option<Month> = None;
    for month in every(months, last) {
        let end = month.first;
        let whole = match open.take() {
            Some(before) => joined(before, month),
            None => month,
        };
        if whole.donors == Donors::Enough || whole.donors.is_nobody() {
            spans.push((whole, end));
        } else {
            open = Some(whole);
        }
    }
    // What is left over joins the last that has donors, over months without any.
    if let Some(mut rest) = open {
        while rest.donors != Donors::Enough {
            let Some((before, _)) = spans.pop() else { return Vec::new() };
            rest = joined(before, rest);
        }
        spans.push((rest, last));
    }
    if spans.iter().all(|(span, _)| span.donors.is_nobody()) {
        return Vec::new();
    }
    spans.into_iter().map(|(span, to)| shown(span, to)).collect()
}

/// All months from the first in which something happened to the last one.
fn every(months: Vec<Month>, last: Date) -> Vec<Month> {
    let mut every: Vec<Month> = Vec::new();
    for month in months {
        // What is due ahead waits in the month that is.
        let month = Month { first: month.first.min(last), ..month };
        while let Some(next) = every.last().map(|before| after(before.first)).filter(|next| *next < month.first) {
            every.push(Month::empty(next));
        }
        match every.pop_if(|before| before.first == month.first) {
            Some(before) => every.push(joined(before, month)),
            None => every.push(month),
        }
    }
    while let Some(next) = every.last().map(|before| after(before.first)).filter(|next| *next <= last) {
        every.push(Month::empty(next));
    }
    every
}

/// The first day of the month after one.
fn after(first: Date) -> Date {
    days_after(first, 31).first_of_month()
}

fn joined(before: Month, after: Month) -> Month {
    Month {
        first: before.first,
        collected: before.collected + after.collected,
        donors: before.donors.and(after.donors),
        waiting: before.waiting + after.waiting,
        waiting_donors: before.waiting_donors.and(after.waiting_donors),
    }
}

fn shown(span: Month, to: Date) -> Span {
    let is_shown = span.waiting_donors == Donors::Enough || span.waiting_donors.is_nobody();
    Span { from: span.first, to, collected: span.collected, waiting: is_shown.then_some(span.waiting) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn donors(ids: impl IntoIterator<Item = u128>) -> Donors {
        Donors::of(ids.into_iter().map(Uuid::from_u128))
    }

    fn month(number: i8, collected: i128, ids: impl IntoIterator<Item = u128>) -> Month {
        Month { collected, donors: donors(ids), ..Month::empty(date(2031, number, 1)) }
    }

    /// First month, last month and sum of each.
    fn told(months: &[Month], today: Date) -> Vec<(i8, i8, i128)> {
        let spans = spans(months.to_vec(), today);
        spans.iter().map(|span| (span.from.month(), span.to.month(), span.collected)).collect()
    }

    #[test]
    fn a_month_with_fewer_than_five_donors_joins_the_next_and_the_last_one_those_before_it() {
        let months = [month(1, 500, 0..6), month(2, 20, 0..2), month(3, 300, 0..5), month(4, 30, [9])];
        assert_eq!(told(&months[..1], date(2031, 1, 31)), [(1, 1, 500)]);
        assert_eq!(told(&months[..3], date(2031, 3, 31)), [(1, 1, 500), (2, 3, 320)]);
        assert_eq!(told(&months, date(2031, 4, 2)), [(1, 1, 500), (2, 4, 350)]);
        let next = Month { donors: donors(20..25), ..month(4, 150, []) };
        assert_eq!(told(&[&months[..3], &[next]].concat(), date(2031, 4, 30)), [(1, 1, 500), (2, 3, 320), (4, 4, 150)]);
    }

    #[test]
    fn the_same_few_donors_never_become_five_by_giving_again() {
        let months: Vec<Month> = (1..=12).map(|number| month(number, 100, 0..4)).collect();
        assert_eq!(told(&months, date(2031, 12, 31)), []);
    }

    #[test]
    fn a_month_in_which_nobody_gave_says_so_unless_it_stands_among_few() {
        let months = [month(1, 500, 0..6), month(3, 300, 0..5)];
        assert_eq!(told(&months, date(2031, 4, 3)), [(1, 1, 500), (2, 2, 0), (3, 3, 300), (4, 4, 0)]);
        let late = [month(1, 500, 0..6), month(3, 30, [1])];
        assert_eq!(told(&late, date(2031, 4, 3)), [(1, 4, 530)]);
        assert_eq!(told(&[], date(2031, 4, 3)), []);
    }

    #[test]
    fn what_waits_is_withheld_while_it_is_of_fewer_than_five_donors() {
        let waits =
            |ids: std::ops::Range<u128>| Month { waiting: 70, waiting_donors: donors(ids), ..month(1, 500, 0..6) };
        let told = |month: Month| spans(vec![month], date(2031, 1, 9))[0].waiting;
        assert_eq!((told(waits(0..5)), told(waits(0..4)), told(month(1, 500, 0..6))), (Some(70), None, Some(0)));
        // One that is due ahead waits in the month that is.
        let ahead = Month { waiting: 1, waiting_donors: donors(0..5), ..month(2, 0, []) };
        assert_eq!(spans(vec![month(1, 500, 0..6), ahead], date(2031, 1, 9))[0].waiting, Some(1));
    }

    fn story() -> impl Strategy<Value = Vec<(i8, BTreeSet<u128>)>> {
        let month = (1..=12i8, prop::collection::btree_set(0..12u128, 0..8));
        prop::collection::vec(month, 0..12).prop_map(|mut story| {
            story.sort_by_key(|(number, _)| *number);
            story.dedup_by_key(|(number, _)| *number);
            story
        })
    }

    /// Donor `n` gives 2^n a month.
    fn months(story: &[(i8, BTreeSet<u128>)]) -> Vec<Month> {
        let given = |ids: &BTreeSet<u128>| ids.iter().map(|id| 1i128 << id).sum();
        story.iter().map(|(number, ids)| month(*number, given(ids), ids.iter().copied())).collect()
    }

    proptest! {
        /// Each month is in one span, nothing is lost, and no span is of one to four donors.
        #[test]
        fn no_span_and_no_difference_of_spans_is_of_fewer_than_five_donors(story in story()) {
            let spans = spans(months(&story), date(2031, 12, 31));
            let all: i128 = months(&story).iter().map(|month| month.collected).sum();
            if !spans.is_empty() {
                prop_assert_eq!(spans.iter().map(|span| span.collected).sum::<i128>(), all);
                prop_assert!(spans.windows(2).all(|pair| after(pair[0].to) == pair[1].from));
                prop_assert_eq!(spans.last().map(|span| span.to), Some(date(2031, 12, 1)));
            }
            for span in &spans {
                let within = story.iter().filter(|(number, _)| (span.from.month()..=span.to.month()).contains(number));
                let ids: BTreeSet<u128> = within.flat_map(|(_, ids)| ids.iter().copied()).collect();
                prop_assert!(ids.is_empty() || ids.len() >= DONORS_MIN, "{} donors in {:?}", ids.len(), span);
            }
        }

        /// All but the last span with donors, and what follows it, are the same a month later: two readings tell no more than each.
        #[test]
        fn what_is_full_stays_as_it_is_when_later_months_come(story in story()) {
            let Some(((last, _), before)) = story.split_last() else { return Ok(()) };
            let earlier = spans(months(before), date(2031, (last - 1).max(1), 1));
            let later = spans(months(&story), date(2031, *last, 1));
            let full = earlier.iter().rposition(|span| span.collected > 0).unwrap_or(0);
            prop_assert!(later.is_empty() || later.starts_with(&earlier[..full]));
        }
    }
}
