//! Days of a plan. Every due date is counted from the plan's beginning, never from the payment before it, so that
//! neither a short month nor a retry moves the anchor: 31 Jan, 28 Feb, 31 Mar.

use crate::error::Refusal;
use crate::words::words;
use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::sync::LazyLock;

/// A moment cut to microseconds, in which the database keeps it.
///
/// Parameters of statements are cut so by themselves; the text of a finer moment in a row of JSON would be rounded, perhaps
/// up, and a job would fall due after the moment at which it was asked for.
pub fn to_microseconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}

/// The moment of the wall clock, as the database will keep it: what an action answers and what is read of it later are the
/// same moment to the last digit. Everybody who asks for the time asks here.
pub fn now() -> Timestamp {
    to_microseconds(Timestamp::now())
}

/// A zone of the IANA database by its name there, letter for letter. The database is the one that the program was built with:
/// names that a machine has beside it, such as `localtime`, mean another zone on the next one.
pub fn zone(name: &str) -> Option<TimeZone> {
    static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    let is_listed = |listed: &TimeZone| listed.iana_name() == Some(name);
    DATABASE.get(name).ok().filter(is_listed).filter(|_| !NO_ZONES.contains(&name))
}

/// What the IANA database has besides the zones of places and of offsets: for machines on which no zone was set.
const NO_ZONES: [&str; 1] = ["Factory"];

/// The most payments of one plan: a hundred years of months. An open plan ends there too.
pub const PAYMENTS_MAX: i32 = 1_200;

words! {
    /// How often a plan has a payment.
    Interval, "interval" {
        /// On one day of each month.
        Month = "monthly",
        /// On one day of each third month.
        Quarter = "quarterly",
        /// On one day of each twelfth month.
        Year = "yearly",
    }
}

impl Interval {
    /// How many months lie between two due dates.
    pub fn months(self) -> i32 {
        match self {
            Interval::Month => 1,
            Interval::Quarter => 3,
            Interval::Year => 12,
        }
    }
}

/// Days after the first decline of a due date on which a soft decline is tried again.
pub const RETRY_DAYS: [i64; 3] = [1, 3, 7];

/// A payment on one day of each month, quarter or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    interval: Interval,
    start: Date,
    anchor: i8,
    first: i32,
    payments: Option<i32>,
}

impl Plan {
    /// From the first day on which it may charge, the day of the month (31 means the last one in shorter months), and
    /// how many payments it has (none: open).
    pub fn new(interval: Interval, start: Date, anchor: i8, payments: Option<i32>) -> Result<Plan, Refusal> {
        if !(date(2000, 1, 1)..date(3000, 1, 1)).contains(&start) {
            return Err(Refusal::new("plan-invalid", "a plan starts in the years 2000 to 2999"));
        }
        if !(1..=31).contains(&anchor) {
            return Err(Refusal::new("plan-invalid", "the anchor day is one of 1 to 31"));
        }
        if payments.is_some_and(|payments| !(1..=PAYMENTS_MAX).contains(&payments)) {
            return Err(Refusal::new("plan-invalid", format!("a plan has 1 to {PAYMENTS_MAX} payments, or is open")));
        }
        Ok(Plan { interval, start, anchor, first: 1, payments })
    }

    /// The same plan, but that its payments begin with number `first`: the earlier ones were made as it was before.
    #[must_use]
    pub fn beginning_with(self, first: i32) -> Plan {
        Plan { first, ..self }
    }

    /// The same plan with another interval from one of its payments on, which stays due when it was. Number of payments and
    /// day of the month stay. None when it has no such payment.
    #[must_use]
    pub fn changed(self, interval: Interval, first: i32) -> Option<Plan> {
        self.due_date(first).map(|start| Plan { interval, start, first, ..self })
    }

    /// How often it has a payment.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// The first day on which it may charge.
    pub fn start(&self) -> Date {
        self.start
    }

    /// The day of the month.
    pub fn anchor(&self) -> i8 {
        self.anchor
    }

    /// Number of its first payment: 1, unless it was changed.
    pub fn first(&self) -> i32 {
        self.first
    }

    /// How many payments it has; none when it is open.
    pub fn payments(&self) -> Option<i32> {
        self.payments
    }

    /// The due date of payment `sequence`, from 1; none when the plan has no such payment, or had it before it was changed.
    pub fn due_date(&self, sequence: i32) -> Option<Date> {
        if !(self.first..=self.payments.unwrap_or(PAYMENTS_MAX)).contains(&sequence) {
            return None;
        }
        let skipped = i32::from(self.in_month(self.start) < self.start);
        let months = (sequence - self.first) * self.interval.months() + skipped;
        Some(self.in_month(self.start.first_of_month().saturating_add(months.months())))
    }

    /// The first payment due on or after a day; none when the plan has ended by then.
    pub fn sequence_from(&self, day: Date) -> Option<i32> {
        if day <= self.start {
            return self.due_date(self.first).map(|_| self.first);
        }
        let months = (i32::from(day.year()) - i32::from(self.start.year())) * 12 + i32::from(day.month())
            - i32::from(self.start.month());
        let passed = months / self.interval.months();
        // The payment of that month, if it has one, is the one after `passed` others or the one before, so the answer is at
        // most one further.
        (self.first + (passed - 1).max(0)..=self.first + passed + 1)
            .find(|&sequence| self.due_date(sequence).is_some_and(|due| due >= day))
    }

    /// The last payment due on or before a day; none when the first is due later.
    pub fn last_due(&self, day: Date) -> Option<i32> {
        let end = self.payments.unwrap_or(PAYMENTS_MAX);
        let next = self.sequence_from(day.saturating_add(1.day())).unwrap_or(end + 1);
        (next > self.first).then(|| next - 1)
    }

    fn in_month(&self, month: Date) -> Date {
        let day = self.anchor.min(month.days_in_month());
        month.first_of_month().saturating_add(i64::from(day - 1).days())
    }
}

/// When a soft decline is tried again: `declines` is how often the due date has been declined softly since `first`.
///
/// Never on the day of the decline itself, however late the attempt was; none after the last retry.
pub fn retry_date(first: Date, declines: i32, today: Date) -> Option<Date> {
    let days = usize::try_from(declines).ok()?.checked_sub(1).and_then(|index| RETRY_DAYS.get(index))?;
    Some(days_after(first, *days).max(days_after(today, 1)))
}

/// A day some days later.
pub fn days_after(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// A moment some days of 24 hours later, at most the end of time.
pub fn later(moment: Timestamp, days: impl Into<i64>) -> Timestamp {
    moment.saturating_add(SignedDuration::from_hours(24 * days.into())).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(start: Date, anchor: i8) -> Plan {
        Plan::new(Interval::Month, start, anchor, None).expect("a valid plan")
    }

    /// A plan of any interval, half of them changed once.
    fn any_plan() -> impl Strategy<Value = Plan> {
        let interval = || prop::sample::select(Interval::ALL);
        let day = (2000i16..2999, 1i8..=12, 1i8..=31, 1i8..=31);
        (interval(), day, prop::option::of((interval(), 1i32..40))).prop_map(
            |(interval, (year, month, day, anchor), change)| {
                let start = date(year, month, day.min(date(year, month, 1).days_in_month()));
                let plan = Plan::new(interval, start, anchor, None).expect("a valid plan");
                change.map_or(plan, |(interval, first)| plan.changed(interval, first).expect("it is open"))
            },
        )
    }

    /// Any payment of a plan that has one after it, by how far it is from the first one.
    fn at(plan: &Plan, place: i32) -> i32 {
        plan.first() + place % (PAYMENTS_MAX - plan.first())
    }

    #[test]
    fn p6_a_monthly_plan_from_31_january_comes_back_to_the_31st() {
        let common = plan(date(2027, 1, 31), 31);
        let due: Vec<Date> = (1..=4).filter_map(|sequence| common.due_date(sequence)).collect();
        assert_eq!(due, [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]);
        let leap = plan(date(2028, 1, 31), 31);
        assert_eq!(leap.due_date(2), Some(date(2028, 2, 29)));
        assert_eq!(leap.due_date(14), Some(date(2029, 2, 28)));
    }

    #[test]
    fn an_anchor_before_the_start_waits_for_the_next_month() {
        assert_eq!(plan(date(2027, 1, 15), 1).due_date(1), Some(date(2027, 2, 1)));
        assert_eq!(plan(date(2027, 1, 15), 20).due_date(1), Some(date(2027, 1, 20)));
        assert_eq!(plan(date(2027, 2, 28), 31).due_date(1), Some(date(2027, 2, 28)));
    }

    #[test]
    fn a_plan_ends_after_its_payments() {
        let plan = Plan::new(Interval::Month, date(2027, 1, 31), 31, Some(24)).expect("a valid plan");
        assert_eq!(plan.due_date(24), Some(date(2028, 12, 31)));
        assert_eq!(plan.due_date(25), None);
        assert_eq!(plan.due_date(0), None);
        assert_eq!(plan.sequence_from(date(2028, 12, 31)), Some(24));
        assert_eq!(plan.sequence_from(date(2029, 1, 1)), None);
    }

    #[test]
    fn fl19_quarters_and_years_from_the_last_day_of_a_month_come_back_to_it() {
        let due = |interval, start: Date, count: i32| -> Vec<Date> {
            let plan = Plan::new(interval, start, start.day(), None).expect("a valid plan");
            (1..=count).filter_map(|sequence| plan.due_date(sequence)).collect()
        };
        assert_eq!(
            due(Interval::Quarter, date(2027, 1, 31), 5),
            [date(2027, 1, 31), date(2027, 4, 30), date(2027, 7, 31), date(2027, 10, 31), date(2028, 1, 31)]
        );
        assert_eq!(
            due(Interval::Quarter, date(2027, 11, 30), 3),
            [date(2027, 11, 30), date(2028, 2, 29), date(2028, 5, 30)]
        );
        assert_eq!(
            due(Interval::Year, date(2028, 2, 29), 5),
            [date(2028, 2, 29), date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28), date(2032, 2, 29)]
        );
    }

    #[test]
    fn fl19_a_changed_plan_keeps_its_next_due_date_its_day_of_the_month_and_its_number_of_payments() {
        let monthly = Plan::new(Interval::Month, date(2027, 1, 31), 31, Some(4)).expect("a valid plan");
        let changed = monthly.changed(Interval::Quarter, 2).expect("a payment that there is");
        let due: Vec<_> = (1..=5).map(|sequence| changed.due_date(sequence)).collect();
        let expected = [None, Some(date(2027, 2, 28)), Some(date(2027, 5, 31)), Some(date(2027, 8, 31)), None];
        assert_eq!(due, expected);
        assert_eq!((changed.last_due(date(2027, 2, 27)), changed.last_due(date(2027, 6, 1))), (None, Some(3)));
        assert_eq!(
            (changed.sequence_from(date(2027, 1, 1)), changed.sequence_from(date(2027, 3, 1))),
            (Some(2), Some(3))
        );
        let back = changed.changed(Interval::Month, 3).expect("a payment that there is");
        assert_eq!((back.due_date(3), back.due_date(4)), (Some(date(2027, 5, 31)), Some(date(2027, 6, 30))));
        assert_eq!(monthly.changed(Interval::Year, 5), None);
    }

    #[test]
    fn fl43_a_zone_is_one_of_the_database_and_none_of_a_machine() {
        for name in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/UTC", "Etc/GMT+12", "Asia/Calcutta"]
        {
            assert!(zone(name).is_some(), "{name}");
        }
        let of_machines = ["localtime", "posixrules", "Etc/Unknown", "etc/unknown", "Factory", "posix/Europe/Berlin"];
        for name in
            of_machines.iter().chain(&["right/UTC", "", "europe/berlin", "+01:00", "EST5EDT,M3.2.0,M11.1.0", "UTC\0"])
        {
            assert!(zone(name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        assert!(Plan::new(Interval::Month, date(2027, 1, 1), 0, None).is_err());
        assert!(Plan::new(Interval::Month, date(2027, 1, 1), 32, None).is_err());
        assert!(Plan::new(Interval::Month, date(2027, 1, 1), 1, Some(0)).is_err());
        assert!(Plan::new(Interval::Month, date(1999, 1, 1), 1, None).is_err());
    }

    #[test]
    fn p7_a_soft_decline_is_tried_again_on_days_1_3_and_7_and_then_no_more() {
        let first = date(2027, 1, 31);
        assert_eq!(retry_date(first, 1, first), Some(date(2027, 2, 1)));
        assert_eq!(retry_date(first, 2, date(2027, 2, 1)), Some(date(2027, 2, 3)));
        assert_eq!(retry_date(first, 3, date(2027, 2, 3)), Some(date(2027, 2, 7)));
        assert_eq!(retry_date(first, 4, date(2027, 2, 7)), None);
        assert_eq!(retry_date(first, 0, first), None);
        assert_eq!(
            retry_date(first, 2, date(2027, 2, 9)),
            Some(date(2027, 2, 10)),
            "a late retry waits for the next day"
        );
    }

    proptest! {
        #[test]
        fn p6_any_year_after_the_first_has_as_many_due_dates_as_the_interval_says(plan in any_plan(), years in 1i16..90) {
            let year = plan.start().year() + years;
            let in_year = (1..=PAYMENTS_MAX)
                .filter_map(|sequence| plan.due_date(sequence))
                .filter(|due| due.year() == year)
                .count();
            prop_assert_eq!(i32::try_from(in_year), Ok(12 / plan.interval().months()));
        }

        #[test]
        fn p6_no_two_due_dates_are_within_27_days(plan in any_plan(), place in 0..PAYMENTS_MAX) {
            let sequence = at(&plan, place);
            let (one, next) = (plan.due_date(sequence), plan.due_date(sequence + 1));
            let (one, next) = (one.expect("in the plan"), next.expect("in the plan"));
            prop_assert!(days_after(one, 27) < next, "{one} and {next}");
        }

        #[test]
        fn p6_a_due_date_is_the_anchor_day_or_the_last_day_of_a_shorter_month(
            plan in any_plan(), place in 0..PAYMENTS_MAX,
        ) {
            let sequence = at(&plan, place);
            let due = plan.due_date(sequence).expect("in the plan");
            prop_assert!(due >= plan.start());
            prop_assert_eq!(due.day(), plan.anchor().min(due.days_in_month()));
        }

        #[test]
        fn p6_retries_never_reach_the_next_due_date(plan in any_plan(), place in 0..PAYMENTS_MAX) {
            let sequence = at(&plan, place);
            let due = plan.due_date(sequence).expect("in the plan");
            let next = plan.due_date(sequence + 1).expect("in the plan");
            let mut today = due;
            for declines in 1.. {
                let Some(retry) = retry_date(due, declines, today) else { break };
                prop_assert!(today < retry && retry < next);
                today = retry;
            }
            prop_assert_eq!(plan.due_date(sequence + 1), Some(next));
        }

        #[test]
        fn the_last_payment_by_a_day_is_the_latest_one_due_then(plan in any_plan(), after in 0i64..20_000) {
            let day = days_after(plan.start(), after);
            match plan.last_due(day) {
                Some(found) => {
                    prop_assert!(plan.due_date(found).is_some_and(|due| due <= day));
                    prop_assert!(plan.due_date(found + 1).is_none_or(|due| due > day));
                }
                None => prop_assert!(plan.due_date(plan.first()).is_some_and(|due| due > day)),
            }
        }

        #[test]
        fn the_first_payment_from_a_day_is_the_earliest_one_due_then(plan in any_plan(), after in 0i64..20_000) {
            let day = days_after(plan.start(), after);
            let found = plan.sequence_from(day).expect("an open plan goes on");
            prop_assert!(plan.due_date(found).is_some_and(|due| due >= day));
            prop_assert!(found == plan.first() || plan.due_date(found - 1).is_some_and(|due| due < day));
        }
    }
}
