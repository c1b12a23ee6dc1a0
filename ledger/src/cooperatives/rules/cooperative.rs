//! Members of a cooperative, the periods in which they are counted, and what hours, units and percentages are.

use crate::chart;
use crate::error::Refusal;
use crate::id::{MemberId, PersonId};
use crate::words::words;
use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use std::fmt;
use std::str::FromStr;

/// The longest period, in days: a year and a leap day.
pub const PERIOD_DAYS_MAX: i32 = 366;
/// Whether a text is a short name: 1 to 40 of `a-z`, `0-9` and `-`, the first one no `-`. It can stand in an account's code.
pub fn is_short_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=40).contains(&bytes.len())
        && bytes[0] != b'-'
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// A text that is no decimal number with at most two digits behind its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal string with at most two digits behind the point, such as \"37.5\"")]
pub struct NotHundredths;

/// A decimal string as hundredths; at most nine digits before the point.
fn hundredths(text: &str) -> Result<u64, NotHundredths> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole, 9) || !digits(fraction, 2) {
        return Err(NotHundredths);
    }
    format!("{whole}{fraction:0<2}").parse().map_err(|_| NotHundredths)
}

macro_rules! hundredths_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// None of it.
            pub const ZERO: $name = $name(0);

            /// From hundredths.
            pub fn from_hundredths(hundredths: u64) -> $name {
                $name(hundredths)
            }

            /// In hundredths.
            pub fn hundredths(self) -> u64 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = NotHundredths;
            fn from_str(text: &str) -> Result<$name, NotHundredths> {
                hundredths(text).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hundredths_type! {
    /// A percentage, exact to the hundredth of a percent.
    Percent
}

hundredths_type! {
    /// Hours of work, exact to the hundredth.
    Hours
}

hundredths_type! {
    /// Hours, units, points or things, exact to the hundredth.
    Quantity
}

hundredths_type! {
    /// How much one of what was contributed counts, exact to the hundredth: a weight, and no money.
    Worth
}

hundredths_type! {
    /// By how much an hour of a member weighs, exact to the hundredth: 1.50 for as much as one and a half.
    Index
}

impl Index {
    /// How much an hour weighs of a member for whom none is said.
    pub const ONE: Index = Index(100);
}

impl Percent {
    /// 100 %.
    pub const WHOLE: Percent = Percent(10_000);

    /// So much of an amount that is not negative, rounded to the nearest minor unit, and a half upwards: what the largest
    /// remainder gives the first of two parties.
    pub fn of(self, amount: i64) -> i64 {
        let exact = i128::from(amount) * i128::from(self.0);
        i64::try_from((exact + 5_000) / 10_000).unwrap_or(i64::MAX)
    }
}

/// Days that are counted together, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Period {
    /// A period of 1 to 366 days; refuses others with `period-invalid`.
    pub fn new(from: Date, to: Date) -> Result<Period, Refusal> {
        let days = from.until(to).map_or(i32::MAX, |span| span.get_days()).saturating_add(1);
        if (1..=PERIOD_DAYS_MAX).contains(&days) {
            return Ok(Period { from, to });
        }
        Err(Refusal::new(
            "period-invalid",
            format!("a period has 1 to {PERIOD_DAYS_MAX} days, from its first to its last"),
        ))
    }

    /// How many days it has.
    pub fn days(&self) -> u64 {
        let days = self.from.until(self.to).map_or(0, |span| span.get_days()).saturating_add(1);
        u64::try_from(days).unwrap_or_default()
    }

    /// Whether a day lies in it.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

words! {
    /// How a membership stands on a day.
    MemberState, "state of a member" {
        /// Works on probation, and is no member yet.
        Candidate = "candidate",
        /// Is a member.
        Member = "member",
        /// Is a member whose last day is known.
        Leaving = "leaving",
        /// Is a member no more.
        Left = "left",
    }
}

words! {
    /// What somebody whom a cooperative counts is to it.
    Standing, "standing of a member" {
        /// A member, who votes.
        Member = "member",
        /// A member of a class that has no vote.
        Associate = "associate",
        /// Somebody who works there and is no member: one who shares where a rule says so, in cash, and has no vote and no capital.
        Employee = "employee",
    }
}

/// A person's membership: what the book knows of a person is this number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Number in the cooperative, from 1: a pseudonym, and the order that decides ties.
    pub number: i32,
    /// The person who is the member.
    pub person: PersonId,
    /// What the person is to the cooperative. Who becomes something else leaves, and is admitted anew.
    pub standing: Standing,
    /// Group, such as `workers`.
    pub group: String,
    /// First day of work on probation, before the first one of the membership; none without probation.
    pub candidate_from: Option<Date>,
    /// First day of the membership.
    pub joined_on: Date,
    /// Last day of the membership; none while it lasts.
    pub left_on: Option<Date>,
    /// Whether a keeper asked the member, when it was admitted, to agree that a part of a share may stay.
    pub asked: bool,
    /// Whether the member agreed that a part of a share may stay in the cooperative as the member's capital.
    pub consents: bool,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
    /// When the member was admitted, in book time.
    pub created_at: Timestamp,
}

impl Member {
    /// The first day on which the member worked for the cooperative, as a candidate or as a member.
    pub fn begins_on(&self) -> Date {
        self.candidate_from.unwrap_or(self.joined_on)
    }

    /// How the membership stands on a day.
    pub fn state_on(&self, day: Date) -> MemberState {
        match self.left_on {
            Some(left) if left < day || left < self.joined_on && self.joined_on <= day => MemberState::Left,
            _ if day < self.joined_on => MemberState::Candidate,
            Some(_) => MemberState::Leaving,
            None => MemberState::Member,
        }
    }

    /// Whether somebody is a member on a day, with a vote or without.
    pub fn is_member_on(&self, day: Date) -> bool {
        let is_here = matches!(self.state_on(day), MemberState::Member | MemberState::Leaving);
        is_here && self.standing != Standing::Employee
    }

    /// Whether somebody is a member with a vote on a day.
    pub fn votes_on(&self, day: Date) -> bool {
        self.is_member_on(day) && self.standing == Standing::Member
    }

    /// For how long somebody was there by the end of a period, or by the last day, if that was before.
    pub fn service(&self, period: Period) -> Service {
        let end = self.left_on.map_or(period.to, |left| left.min(period.to)).tomorrow().unwrap_or(Date::MAX);
        let months = |from: Date| {
            let span = from.until((Unit::Month, end)).map_or(0, |span| span.get_months());
            u16::try_from(span).unwrap_or(0)
        };
        Service { in_period: months(self.begins_on().max(period.from)), in_all: months(self.begins_on()) }
    }

    /// Code of the account of what the member is owed.
    pub fn payable(&self) -> String {
        chart::member_payable(self.number).code
    }

    /// Ends the membership, or the probation before it. Hours up to that day count.
    pub fn leave(self, on: Date) -> Result<Member, Refusal> {
        if let Some(left) = self.left_on {
            return Err(Refusal::new("member-left", format!("member {} left on {left}", self.number)));
        }
        if on < self.begins_on() {
            let detail = format!("member {} began on {}", self.number, self.begins_on());
            return Err(Refusal::new("leaves-before-joining", detail));
        }
        Ok(Member { left_on: Some(on), ..self })
    }
}

/// For how long somebody was there, in whole months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Service {
    /// Within the period.
    pub in_period: u16,
    /// In all, by the end of the period.
    pub in_all: u16,
}

words! {
    /// What comes in and what goes out.
    ProceedsKind, "kind of proceeds" {
        /// Something was sold.
        Sale = "sale",
        /// Production cost something.
        Cost = "cost",
    }
}

/// How far the book of a cooperative has counted: its members, the versions of its rule, its closed periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cooperative {
    /// Number of the youngest member.
    pub members_last: i32,
    /// Version of the youngest rule.
    pub rules_last: i32,
    /// Last day of the last period whose result is closed.
    pub closed_through: Date,
    /// The most that the members' capital together has ever been, minor units.
    pub capital_most: i64,
}

/// The last closed day of a cooperative that has closed nothing, as its table says it.
pub const NEVER: Date = jiff::civil::date(1, 1, 1);

impl Cooperative {
    /// One that has counted nothing.
    pub const NEW: Cooperative = Cooperative { members_last: 0, rules_last: 0, closed_through: NEVER, capital_most: 0 };
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::id::BookId;
    use jiff::civil::date;

    pub(crate) fn member(number: i32, group: &str) -> Member {
        Member {
            id: MemberId::generate(BookId(1)),
            number,
            person: PersonId::generate(),
            standing: Standing::Member,
            group: group.into(),
            candidate_from: None,
            joined_on: date(2027, 1, 1),
            left_on: None,
            asked: false,
            consents: false,
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn percentages_and_hours_are_exact_to_the_hundredth() {
        assert_eq!("33.3".parse::<Percent>().map(Percent::hundredths), Ok(3_330));
        assert_eq!("2080".parse::<Hours>().map(|hours| hours.to_string()), Ok("2080.00".into()));
        for wrong in ["", ".5", "5.", "1.234", "-1", "1e3", "+1", "1 "] {
            assert_eq!(wrong.parse::<Hours>(), Err(NotHundredths), "{wrong}");
        }
        assert_eq!("12.5".parse::<Percent>().map(|percent| percent.of(100)), Ok(13), "a half goes up");
    }

    #[test]
    fn a_period_has_an_order_and_at_most_a_year() {
        assert!(Period::new(date(2028, 1, 1), date(2028, 12, 31)).is_ok(), "a leap year");
        assert!(Period::new(date(2027, 1, 1), date(2028, 1, 2)).is_err());
        assert!(Period::new(date(2027, 1, 2), date(2027, 1, 1)).is_err());
    }

    #[test]
    fn whole_months_are_counted_from_the_first_day_to_the_last_one() {
        let year = Period::new(date(2027, 1, 1), date(2027, 12, 31)).expect("a year");
        let counts = |from: Date, left: Option<Date>| {
            let Service { in_period, in_all } =
                Member { joined_on: from, left_on: left, ..member(1, "workers") }.service(year);
            (in_period, in_all)
        };
        assert_eq!(counts(date(2027, 1, 1), None), (12, 12));
        assert_eq!(counts(date(2027, 10, 1), None), (3, 3));
        assert_eq!(counts(date(2027, 10, 2), None), (2, 2), "a day is missing");
        assert_eq!(counts(date(2026, 8, 15), Some(date(2027, 2, 14))), (1, 6));
        assert_eq!(counts(date(2026, 8, 15), Some(date(2027, 2, 13))), (1, 5));
        assert_eq!(counts(date(2028, 1, 1), None), (0, 0), "who comes later was not there");
        let on_probation = Member { candidate_from: Some(date(2027, 7, 1)), ..member(1, "workers") };
        assert_eq!(Member { joined_on: date(2027, 12, 1), ..on_probation }.service(year).in_all, 6);
    }

    #[test]
    fn who_works_there_and_is_no_member_is_none_and_an_associate_has_no_vote() {
        let day = date(2027, 5, 1);
        let says = |standing| {
            let it = Member { standing, ..member(1, "workers") };
            (it.is_member_on(day), it.votes_on(day))
        };
        assert_eq!(
            [Standing::Member, Standing::Associate, Standing::Employee].map(says),
            [(true, true), (true, false), (false, false)]
        );
    }

    #[test]
    fn a_membership_stands_as_its_days_say() {
        let day = |month| date(2027, month, 1);
        let on_probation = Member { candidate_from: Some(day(3)), joined_on: day(6), ..member(1, "workers") };
        let states = |it: &Member, months: [i8; 4]| months.map(|month| it.state_on(day(month)).to_string());
        assert_eq!(states(&on_probation, [2, 5, 6, 12]), ["candidate", "candidate", "member", "member"]);
        let leaves = on_probation.clone().leave(day(9)).expect("a member");
        assert_eq!(states(&leaves, [5, 6, 9, 10]), ["candidate", "leaving", "leaving", "left"]);
        // Whoever ends the probation is never a member.
        let ends = on_probation.clone().leave(day(4)).expect("a candidate");
        assert_eq!(states(&ends, [4, 5, 6, 12]), ["candidate", "left", "left", "left"]);
        assert_eq!(ends.leave(day(7)).expect_err("gone").code, "member-left");
        assert_eq!(on_probation.leave(day(2)).expect_err("not there yet").code, "leaves-before-joining");
        assert!((1..=12).all(|month| !leaves.is_member_on(day(month)) || (6..=9).contains(&month)));
    }
}
