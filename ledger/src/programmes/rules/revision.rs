//! Plans are revised: from a month on another version holds, and the months before keep theirs.
//!
//! The version of a month is the last one that was written to hold from that month or an earlier one. A line of a later version says what is
//! to be spent in all; what the versions before planned for the months that they hold is taken off, and the rest is spread over the months
//! to come by largest remainders. So its months always make its amount.

use super::programme::{Line, MONTHS_MAX, PARTS_MAX, Programme, last_day};
use crate::error::{Error, Refusal};
use crate::id::PersonId;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use std::collections::{BTreeMap, BTreeSet};

/// The most versions of a plan.
pub const VERSIONS_MAX: i32 = 100;

/// What a plan shall be from a month on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRevision {
    /// Why, for its readers.
    pub reason: String,
    /// The first day of the first month in which it holds.
    pub from_month: Date,
    /// How many months the programme takes from its first one; as many as before where it does not say.
    pub months: Option<u16>,
    /// Its lines, each with what is to be spent in all, over months from that one on. What is not among them is planned no more.
    pub lines: Vec<Line>,
}

/// A version of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which one, from 1.
    pub number: i32,
    /// The first day of the first month in which it holds.
    pub from_month: Date,
    /// How many months the programme takes by it.
    pub months: u16,
    /// What is planned in all by it, with what the versions before planned for the months that they hold, minor units.
    pub amount: i64,
    /// What is to be spent from then on.
    pub lines: Vec<Line>,
    /// Why the plan was revised; none of the first version.
    pub reason: Option<String>,
    /// Who wrote it.
    pub by: PersonId,
    /// When, in book time.
    pub at: Timestamp,
}

/// What is planned for a month of a line, minor units, and by which version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Its first day.
    pub month: Date,
    /// How much.
    pub amount: i64,
    /// The version that holds in it.
    pub version: i32,
}

/// What is planned on an account, through all versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// The line as it is in all: its name of the last version that has it, the sum of its months, and from the first of these to the last.
    pub line: Line,
    /// Its months, in their order.
    pub months: Vec<Planned>,
}

/// The later version that took the place of one from its first month on, so that none of its months is left; none where it holds, or will.
pub fn replaced_by<'a>(versions: &'a [Version], version: &Version) -> Option<&'a Version> {
    versions.iter().rev().find(|later| later.number > version.number && later.from_month <= version.from_month)
}

/// The version that holds in a month; none in one before the programme.
pub fn in_force(versions: &[Version], month: Date) -> Option<&Version> {
    versions.iter().rev().find(|version| version.from_month <= month)
}

/// The months of a programme, with the version that holds in each.
pub fn months(programme: &Programme, versions: &[Version]) -> Vec<(Date, i32)> {
    let month = |offset: u16| programme.first_month.saturating_add(i32::from(offset).months());
    let holds = |month: Date| in_force(versions, month).map(|version| (month, version.number));
    (0..programme.months).map(month).filter_map(holds).collect()
}

/// What is planned on each account, in the order in which versions name them.
///
/// # Errors
///
/// None for versions that were checked.
pub fn courses(versions: &[Version]) -> Result<Vec<Course>, Error> {
    let mut order: Vec<&Line> = Vec::new();
    let mut planned: BTreeMap<&str, (String, Vec<Planned>)> = BTreeMap::new();
    for version in versions {
        for line in &version.lines {
            if !planned.contains_key(line.account.as_str()) {
                order.push(line);
            }
            let course = planned.entry(&line.account).or_default();
            for (offset, amount) in (0_i32..).zip(line.monthly()?) {
                let month = line.first_month.saturating_add(offset.months());
                if in_force(versions, month).is_some_and(|it| it.number == version.number) {
                    course.0.clone_from(&line.name);
                    course.1.push(Planned { month, amount, version: version.number });
                }
            }
        }
    }
    let course = |line: &Line| -> Result<Option<Course>, Error> {
        let Some((name, mut months)) = planned.remove(line.account.as_str()) else { return Ok(None) };
        months.sort_by_key(|it| it.month);
        let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(None) };
        let sum = months.iter().map(|it| i128::from(it.amount)).sum::<i128>();
        let amount = i64::try_from(sum).map_err(|_| Error::inconsistent("a line of a programme"))?;
        let line = Line {
            name,
            account: line.account.clone(),
            amount,
            first_month: first.month,
            months: between(first.month, last.month) + 1,
        };
        Ok(Some(Course { line, months }))
    };
    order.into_iter().map(course).filter_map(Result::transpose).collect()
}

/// Months from the first day of one to that of a later one.
fn between(first: Date, last: Date) -> u16 {
    let months = i32::from(last.year() - first.year()) * 12 + i32::from(last.month()) - i32::from(first.month());
    u16::try_from(months).unwrap_or(0)
}

/// The next version of a plan, as of a day: the lines that go on, each with what is left to be spent of its amount.
///
/// # Errors
///
/// `too-many-revisions`; [`Error::Invalid`] at `/from_month`, also where it leaves out what is planned for the month that runs, at `/months`,
/// `/lines`, or a field of one of them.
pub fn revise(
    programme: &Programme,
    versions: &[Version],
    new: &NewRevision,
    today: Date,
    (by, at): (PersonId, Timestamp),
) -> Result<Version, Error> {
    let number = versions.last().map_or(1, |last| last.number) + 1;
    if number > VERSIONS_MAX {
        let detail =
            format!("the plan has {VERSIONS_MAX} versions already: withdraw the programme, and open another one");
        return Err(Refusal::new("too-many-revisions", detail).into());
    }
    let months = new.months.unwrap_or(programme.months);
    check(programme.first_month, months, new, today)?;
    let before: Vec<Course> = courses(versions)?;
    check_running(&before, new, today)?;
    let planned = |account: &str| -> i128 {
        let course = before.iter().find(|course| course.line.account == account);
        let months = course.map_or(&[][..], |course| &course.months);
        months.iter().filter(|it| it.month < new.from_month).map(|it| i128::from(it.amount)).sum()
    };
    let mut lines = Vec::with_capacity(new.lines.len());
    for (place, line) in new.lines.iter().enumerate() {
        let kept = planned(&line.account);
        match i64::try_from(i128::from(line.amount) - kept) {
            Ok(rest) if rest > 0 => lines.push(Line { amount: rest, ..line.clone() }),
            Ok(_) | Err(_) => {
                let what =
                    format!("more than was planned for the months before {}, or leave the line out", new.from_month);
                return Err(Error::invalid(format!("/lines/{place}/amount"), what));
            }
        }
    }
    let months_before = before.iter().flat_map(|course| &course.months).filter(|it| it.month < new.from_month);
    let kept: i128 = months_before.map(|it| i128::from(it.amount)).sum();
    let sum = kept + lines.iter().map(|line| i128::from(line.amount)).sum::<i128>();
    let amount = i64::try_from(sum).map_err(|_| Error::invalid("/lines", "more than an account can count, in all"))?;
    let reason = Some(new.reason.clone());
    Ok(Version { number, from_month: new.from_month, months, amount, lines, reason, by, at })
}

/// Refuses a version that leaves something out of the month that runs: what was spent for it there would be of no plan any more.
fn check_running(before: &[Course], new: &NewRevision, today: Date) -> Result<(), Error> {
    if new.from_month != today.first_of_month() {
        return Ok(());
    }
    let runs = |course: &&Course| course.months.iter().any(|it| it.month == new.from_month);
    let stays = |course: &Course| {
        new.lines.iter().any(|line| line.account == course.line.account && line.first_month == new.from_month)
    };
    match before.iter().filter(runs).find(|course| !stays(course)) {
        None => Ok(()),
        Some(course) => {
            let what = format!(
                "the plan has {} in this month, which may be spent already: keep a line of it from {} on, or begin with the next month",
                course.line.account, new.from_month
            );
            Err(Error::invalid("/from_month", what))
        }
    }
}

/// Refuses a version whose months are over, or do not lie within the programme, or that counts an account twice.
fn check(first_month: Date, months: u16, new: &NewRevision, today: Date) -> Result<(), Error> {
    if !(1..=MONTHS_MAX).contains(&months) {
        return Err(Error::invalid("/months", format!("from 1 to {MONTHS_MAX}")));
    }
    let (earliest, whole) = (first_month.max(today.first_of_month()), last_day(first_month, months));
    if new.from_month.day() != 1 || new.from_month < earliest || new.from_month > whole {
        let what = format!("the first day of a month from {earliest} to {whole}: months that are over keep their plan");
        return Err(Error::invalid("/from_month", what));
    }
    if !(1..=PARTS_MAX).contains(&new.lines.len()) {
        return Err(Error::invalid("/lines", format!("from 1 to {PARTS_MAX}")));
    }
    let mut seen = BTreeSet::new();
    for (place, line) in new.lines.iter().enumerate() {
        if line.first_month.day() != 1 || line.first_month < new.from_month || line.first_month > whole {
            let what = format!("the first day of a month from {} to {whole}", new.from_month);
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart;
    use crate::id::{BookId, ProgrammeId};
    use crate::money::{Currency, Money};
    use jiff::civil::date;
    use proptest::prelude::*;
    use std::slice;

    const JANUARY: Date = date(2027, 1, 1);

    fn line(account: &str, amount: i64, first_month: Date, months: u16) -> Line {
        Line { name: account.to_owned(), account: chart::cost(account).code, amount, first_month, months }
    }

    fn month(number: i8) -> Date {
        date(2027, number, 1)
    }

    fn programme(months: u16) -> Programme {
        Programme {
            id: ProgrammeId::generate(BookId(1)),
            name: "Presses".to_owned(),
            about: String::new(),
            amount: Money::from_minor(1, Currency::USD).expect("money"),
            first_month: JANUARY,
            months,
            opened_by: PersonId::generate(),
            opened_at: Timestamp::UNIX_EPOCH,
            withdrawn: None,
            version: 1,
        }
    }

    fn first(months: u16, lines: Vec<Line>) -> Version {
        let amount = lines.iter().map(|line| line.amount).sum();
        let (by, at) = (PersonId::generate(), Timestamp::UNIX_EPOCH);
        Version { number: 1, from_month: JANUARY, months, amount, lines, reason: None, by, at }
    }

    fn new(from_month: Date, months: Option<u16>, lines: Vec<Line>) -> NewRevision {
        NewRevision { reason: "Steel costs more".to_owned(), from_month, months, lines }
    }

    fn next(versions: &[Version], new: &NewRevision, today: Date) -> Result<Version, Error> {
        let by = (PersonId::generate(), Timestamp::UNIX_EPOCH);
        revise(&programme(12), versions, new, today, by)
    }

    fn amounts(versions: &[Version]) -> Vec<Vec<(i64, i32)>> {
        let all = courses(versions).expect("courses");
        all.iter().map(|it| it.months.iter().map(|it| (it.amount, it.version)).collect()).collect()
    }

    #[test]
    fn months_that_are_over_keep_their_plan_and_the_rest_of_the_new_amount_is_spread_over_those_to_come() {
        let opened = first(12, vec![line("steel", 1_200, JANUARY, 12), line("rent", 120, JANUARY, 12)]);
        let wanted = new(month(4), None, vec![line("steel", 1_000, month(4), 9), line("power", 10, month(6), 3)]);
        let second = next(slice::from_ref(&opened), &wanted, date(2027, 3, 31)).expect("a version");
        // 300 were planned until March; of the other 700 each month has 77, and the first seven one more. The rent ends.
        assert_eq!((second.number, second.amount, second.lines[0].amount), (2, 1_040, 700));
        let of = amounts(&[opened.clone(), second.clone()]);
        let steel = [vec![(100, 1); 3], vec![(78, 2); 7], vec![(77, 2); 2]].concat();
        assert_eq!(of, [steel, vec![(10, 1); 3], vec![(4, 2), (3, 2), (3, 2)]]);
        let courses = courses(&[opened.clone(), second.clone()]).expect("courses");
        let lines: Vec<_> = courses.iter().map(|it| (it.line.amount, it.line.first_month, it.line.months)).collect();
        assert_eq!(lines, [(1_000, JANUARY, 12), (30, JANUARY, 3), (10, month(6), 3)]);
        let both = [opened.clone(), second];
        let held = [1, 3, 4, 12].map(|it| in_force(&both, month(it)).map(|version| version.number));
        assert_eq!(held, [Some(1), Some(1), Some(2), Some(2)]);
        assert_eq!(in_force(&[opened], date(2026, 12, 1)), None);
    }

    #[test]
    fn the_last_word_about_a_month_holds_and_a_version_that_never_came_to_hold_plans_nothing() {
        let opened = first(12, vec![line("steel", 1_200, JANUARY, 12)]);
        let later = new(month(9), None, vec![line("steel", 2_000, month(9), 4)]);
        let second = next(slice::from_ref(&opened), &later, month(2)).expect("a version");
        let sooner = new(month(3), Some(6), vec![line("saws", 40, month(3), 4)]);
        let third = next(&[opened.clone(), second.clone()], &sooner, month(2)).expect("a version");
        assert_eq!((second.amount, third.amount, third.months), (2_000, 240, 6));
        let all = [opened.clone(), second.clone(), third.clone()];
        let replaced = all.each_ref().map(|it| replaced_by(&all, it).map(|later| later.number));
        assert_eq!(replaced, [None, Some(3), None]);
        assert_eq!(amounts(&[opened, second, third]), [vec![(100, 1); 2], vec![(10, 3); 4]]);
    }

    #[test]
    fn a_version_holds_in_months_to_come_of_its_programme_and_plans_no_less_than_is_over() {
        let opened = first(12, vec![line("steel", 1_200, JANUARY, 12)]);
        let wrong = |from: Date, months: Option<u16>, lines: Vec<Line>| {
            let Err(refused) = next(slice::from_ref(&opened), &new(from, months, lines), date(2027, 5, 20)) else {
                return String::new();
            };
            let Error::Invalid { pointer, .. } = refused else { panic!("{refused:?}") };
            pointer.to_string()
        };
        let steel = |amount, first, months| vec![line("steel", amount, first, months)];
        assert_eq!(
            wrong(month(5), None, vec![line("saws", 10, month(5), 8)]),
            "/from_month",
            "steel may be bought already"
        );
        assert_eq!(wrong(month(5), None, steel(1_000, month(6), 7)), "/from_month", "it goes on in this month");
        assert_eq!(wrong(month(6), None, vec![line("saws", 10, month(6), 7)]), "", "the next month is all to come");
        assert_eq!(wrong(month(5), None, steel(1_000, month(5), 8)), "");
        assert_eq!(wrong(month(4), None, steel(1_000, month(4), 9)), "/from_month", "April is over");
        assert_eq!(wrong(date(2027, 5, 2), None, steel(1_000, month(6), 7)), "/from_month");
        assert_eq!(wrong(month(6), Some(5), steel(1_000, month(6), 1)), "/from_month", "after its end");
        assert_eq!(wrong(month(5), Some(61), steel(1_000, month(5), 8)), "/months");
        assert_eq!(wrong(month(5), None, Vec::new()), "/lines");
        assert_eq!(
            wrong(month(5), None, steel(400, month(5), 8)),
            "/lines/0/amount",
            "so much was planned until April"
        );
        assert_eq!(wrong(month(6), None, steel(1_000, month(5), 8)), "/lines/0/first_month");
        assert_eq!(wrong(month(5), None, steel(1_000, month(5), 9)), "/lines/0/months");
        let twice = [steel(1_000, month(5), 8), steel(1_000, month(5), 8)].concat();
        assert_eq!(wrong(month(5), None, twice), "/lines/1/account");
        let last = Version { number: VERSIONS_MAX, ..opened.clone() };
        let refused = next(&[last], &new(month(6), None, steel(1_000, month(6), 7)), month(5));
        assert!(matches!(refused, Err(Error::Refused(it)) if it.code == "too-many-revisions"));
    }

    proptest! {
        #[test]
        fn all_months_make_the_amount_of_the_last_version_and_those_before_it_stay(
            amount in 12..1_000_000_000_000i64, more in 1..1_000_000_000_000i64, from in 1..=12i8, again in 1..=12i8,
        ) {
            let opened = first(12, vec![line("steel", amount, JANUARY, 12)]);
            let mut versions = vec![opened];
            for from in [from.min(again), again] {
                let rest = u16::try_from(13 - i16::from(from)).expect("months");
                let before = amounts(&versions);
                let wanted = new(month(from), None, vec![line("steel", amount + more, month(from), rest)]);
                let revised = next(&versions, &wanted, JANUARY).expect("a version");
                prop_assert_eq!(revised.amount, amount + more);
                versions.push(revised);
                let after = amounts(&versions);
                let kept = usize::try_from(from - 1).expect("months");
                prop_assert_eq!(&before[0][..kept], &after[0][..kept]);
                prop_assert_eq!(after[0].iter().map(|(amount, _)| amount).sum::<i64>(), amount + more);
            }
        }
    }
}
