//! A programme: what a book is to spend over some months, in lines, each of which an account of the book is held against.
//!
//! Its plan is written once; a later version of it holds from a month on ([`super::revision`]). A programme that is wrong is withdrawn.

use crate::book::{AccountClass, AccountKind};
use crate::chart;
use crate::error::{Error, Refusal};
use crate::id::{PersonId, ProgrammeId};
use crate::money::Money;
use crate::money::allocation::largest_remainder;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most months of a programme.
pub const MONTHS_MAX: u16 = 60;

/// The most lines, sources and kinds of places, each.
pub const PARTS_MAX: usize = 40;

/// The most people of one kind of place.
pub const PEOPLE_MAX: u16 = 1_000;

/// Classes of accounts to which money of donors and sponsors comes.
pub const SOURCES: &[AccountClass] = &[AccountClass::Fund, AccountClass::Purse];

/// A line of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is for.
    pub name: String,
    /// Code of the account that says what was spent.
    pub account: String,
    /// What is to be spent in all, minor units.
    pub amount: i64,
    /// The first day of its first month.
    pub first_month: Date,
    /// Over how many months it is spread.
    pub months: u16,
}

/// A kind of place for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What they do.
    pub title: String,
    /// How many work there at the same time, at most.
    pub people: u16,
}

/// A programme to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProgramme {
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub about: String,
    /// Its plan.
    pub plan: Plan,
}

/// The plan of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The first day of its first month.
    pub first_month: Date,
    /// How many months it takes.
    pub months: u16,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Codes of the accounts from which its money comes: funds of campaigns, purses of challenges.
    pub sources: Vec<String>,
    /// Places for people.
    pub places: Vec<Place>,
}

/// By whom and why a programme was withdrawn, and when, in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// Who.
    pub by: PersonId,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A programme, without its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its id.
    pub id: ProgrammeId,
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub about: String,
    /// What is planned in all by the last version of its plan, in the currency of the book.
    pub amount: Money,
    /// The first day of its first month.
    pub first_month: Date,
    /// How many months it takes by that version.
    pub months: u16,
    /// Who opened it.
    pub opened_by: PersonId,
    /// When, in book time.
    pub opened_at: Timestamp,
    /// How it was withdrawn; none while it stands.
    pub withdrawn: Option<Withdrawn>,
    /// Counts changes.
    pub version: i64,
}

impl Programme {
    /// Refuses what needs it to stand.
    ///
    /// # Errors
    ///
    /// `programme-withdrawn`.
    pub fn stands(&self) -> Result<(), Refusal> {
        match &self.withdrawn {
            None => Ok(()),
            Some(_) => Err(Refusal::new("programme-withdrawn", "the programme was withdrawn: open another one")),
        }
    }

    /// The last day of its last month.
    pub fn last_day(&self) -> Date {
        last_day(self.first_month, self.months)
    }

    /// How many versions its plan has: each is a change, and so is its end.
    pub fn versions(&self) -> i64 {
        self.version - i64::from(self.withdrawn.is_some())
    }
}

/// The last day of months that begin with one.
pub fn last_day(first_month: Date, months: u16) -> Date {
    first_month.saturating_add(i32::from(months).months()).saturating_sub(1.day())
}

impl Line {
    /// What is planned for each of its months, the first ones larger by the smallest unit where it does not divide evenly: the largest
    /// remainders of equal parts.
    ///
    /// # Errors
    ///
    /// None for a line that was checked.
    pub fn monthly(&self) -> Result<Vec<i64>, Refusal> {
        largest_remainder(self.amount, &vec![1; usize::from(self.months)])
    }

    /// The last day of its last month.
    pub fn last_day(&self) -> Date {
        last_day(self.first_month, self.months)
    }
}

/// What counts as spent on accounts of a class; none where no line is held against such an account.
pub fn spent_on(class: AccountClass) -> Option<Spent> {
    if SOURCES.contains(&class) {
        return Some(Spent::Released);
    }
    (class.kind() == AccountKind::Expense).then_some(Spent::Cost)
}

/// What of the movements of an account counts as spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// All that it cost, less what was taken back; closing a period moves it on, and is no income.
    Cost,
    /// What went to teams and winners, less what came back by revoked claims.
    Released,
}

/// The class of the account that a code names by the chart, in the currency of the book, whether it is there yet or not.
pub fn class_of(code: &str) -> Option<AccountClass> {
    let row = chart::row_of(code).filter(|row| row.code.split(':').count() == code.split(':').count())?;
    code.split(':').all(|part| !part.is_empty()).then_some(row.class)
}

impl Plan {
    /// The sum of its lines, minor units.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at `/lines` for a sum that no account can count.
    pub fn amount(&self) -> Result<i64, Error> {
        let sum: i128 = self.lines.iter().map(|line| i128::from(line.amount)).sum();
        i64::try_from(sum).map_err(|_| Error::invalid("/lines", "more than an account can count, in all"))
    }

    /// Refuses a plan that does not add up to months of a calendar, or counts an account twice.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at `/first_month`, `/months`, `/lines`, `/sources`, `/places`, or a field of one of them.
    pub fn check(&self) -> Result<(), Error> {
        let is_month = |day: Date| day.day() == 1 && day.year() > 1970 && day.year() < 9000;
        if !is_month(self.first_month) {
            return Err(Error::invalid("/first_month", "the first day of a month, such as 2027-01-01"));
        }
        if !(1..=MONTHS_MAX).contains(&self.months) {
            return Err(Error::invalid("/months", format!("from 1 to {MONTHS_MAX}")));
        }
        for (at, count, least) in
            [("/lines", self.lines.len(), 1), ("/sources", self.sources.len(), 0), ("/places", self.places.len(), 0)]
        {
            if !(least..=PARTS_MAX).contains(&count) {
                return Err(Error::invalid(at, format!("from {least} to {PARTS_MAX}")));
            }
        }
        let whole = last_day(self.first_month, self.months);
        let mut seen = BTreeSet::new();
        for (place, line) in self.lines.iter().enumerate() {
            if !is_month(line.first_month) || line.first_month < self.first_month {
                let what = format!("the first day of a month, {} or later", self.first_month);
                return Err(Error::invalid(format!("/lines/{place}/first_month"), what));
            }
            if line.months == 0 || line.months > MONTHS_MAX || line.last_day() > whole {
                let what = format!("1 or more, and over by {whole}, the last day of the programme");
                return Err(Error::invalid(format!("/lines/{place}/months"), what));
            }
            if !seen.insert(line.account.as_str()) {
                return Err(Error::invalid(format!("/lines/{place}/account"), "each account for one line"));
            }
        }
        let mut seen = BTreeSet::new();
        if let Some(place) = self.sources.iter().position(|code| !seen.insert(code.as_str())) {
            return Err(Error::invalid(format!("/sources/{place}"), "each account once"));
        }
        if let Some(place) = self.places.iter().position(|it| !(1..=PEOPLE_MAX).contains(&it.people)) {
            return Err(Error::invalid(format!("/places/{place}/people"), format!("from 1 to {PEOPLE_MAX}")));
        }
        self.amount().map(|_| ())
    }
}

/// A programme to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its short name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it takes in all, minor units of US dollars.
    pub minor: i64,
    /// Over how many months.
    pub months: u16,
    /// Places for people: what they do, and how many.
    pub places: &'static [(&'static str, u16)],
}

/// Programmes to begin with.
pub const PRESETS: &[Preset] = &[Preset {
    name: "ten-people-two-years",
    about: "The programme that the founding documents name: 4,000,000.00 for ten people over two years, five, two and three of them \
            together. What each of the three does is not said there; the titles are to be changed.",
    minor: 400_000_000,
    months: 24,
    places: &[("Development", 5), ("Documentation", 2), ("Production", 3)],
}];

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn line(amount: i64, months: u16) -> Line {
        let (name, account) = ("Work".to_owned(), chart::cost("work").code);
        Line { name, account, amount, first_month: date(2027, 1, 1), months }
    }

    fn plan(lines: Vec<Line>) -> Plan {
        Plan { first_month: date(2027, 1, 1), months: 24, lines, sources: Vec::new(), places: Vec::new() }
    }

    #[test]
    fn g1_four_millions_over_two_years_are_sixteen_months_of_a_cent_more_than_the_other_eight() {
        let preset = PRESETS[0];
        let months = line(preset.minor, preset.months).monthly().expect("months");
        assert_eq!(months[..16], [16_666_667; 16]);
        assert_eq!(months[16..], [16_666_666; 8]);
        assert_eq!(months.iter().sum::<i64>(), 400_000_000);
        assert_eq!(preset.places.iter().map(|(_, people)| people).collect::<Vec<_>>(), [&5, &2, &3]);
    }

    #[test]
    fn a_plan_lies_within_its_months_and_counts_no_account_twice() {
        let of = |change: &dyn Fn(&mut Plan)| {
            let mut plan = plan(vec![line(100, 24)]);
            change(&mut plan);
            let Err(refused) = plan.check() else { return String::new() };
            let Error::Invalid { pointer, .. } = refused else { panic!("{refused:?}") };
            pointer.to_string()
        };
        assert_eq!(of(&|_| ()), "");
        assert_eq!(of(&|it| it.first_month = date(2027, 1, 2)), "/first_month");
        assert_eq!(of(&|it| it.first_month = Date::MAX.first_of_month()), "/first_month");
        assert_eq!(of(&|it| it.months = 0), "/months");
        assert_eq!(of(&|it| it.months = 61), "/months");
        assert_eq!(of(&|it| it.lines.clear()), "/lines");
        assert_eq!(of(&|it| it.lines[0].months = 25), "/lines/0/months");
        assert_eq!(of(&|it| it.lines[0].first_month = date(2026, 12, 1)), "/lines/0/first_month");
        assert_eq!(of(&|it| it.lines[0].first_month = date(2027, 2, 1)), "/lines/0/months");
        assert_eq!(of(&|it| it.lines.push(line(1, 1))), "/lines/1/account");
        assert_eq!(of(&|it| it.sources = vec![chart::fund("a").code; 2]), "/sources/1");
        assert_eq!(of(&|it| it.places = vec![Place { title: "Makers".into(), people: 0 }]), "/places/0/people");
        assert_eq!(
            of(&|it| it.lines = vec![line(i64::MAX, 1), Line { account: chart::cost("b").code, ..line(1, 1) }]),
            "/lines"
        );
    }

    #[test]
    fn what_is_held_against_a_line_is_named_by_the_chart_in_the_currency_of_the_book() {
        for named in [chart::fund("open-press"), chart::purse("drill"), chart::cost("steel"), chart::bank_charges()] {
            assert_eq!(class_of(&named.code), Some(named.class));
        }
        let (fund, cost) = (chart::fund("open-press").code, chart::cost("steel").code);
        for none in
            [chart::fund("").code, format!("{fund}:eur"), cost.replace(":cost", ""), String::new(), ":".to_owned()]
        {
            assert_eq!(class_of(&none), None, "{none}");
        }
        assert_eq!(spent_on(AccountClass::Cost), Some(Spent::Cost));
        assert_eq!(spent_on(AccountClass::Purse), Some(Spent::Released));
        assert_eq!(spent_on(AccountClass::Cash), None);
    }

    proptest! {
        #[test]
        fn months_add_up_to_their_line_and_differ_by_one_unit_at_most(amount in 1..i64::MAX, months in 1..=MONTHS_MAX) {
            let parts = line(amount, months).monthly().expect("months");
            prop_assert_eq!(parts.iter().map(|it| i128::from(*it)).sum::<i128>(), i128::from(amount));
            prop_assert!(parts.is_sorted_by(|one, next| one >= next) && parts[0] - parts[parts.len() - 1] <= 1);
        }
    }
}
