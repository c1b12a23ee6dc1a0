//! What people from outside a book see of its payments: sums of an account over five givers or more, and never one of them.
//!
//! The payments of an account that go the same way join a group in the order in which they were recorded, entry by entry, until five
//! givers are together; then the group is whole, and never changes again. Whatever is shown is made of whole groups, the figures of a
//! campaign and of the first page too ([`Groups`]): two looks, however close, differ by whole groups, and so do two figures. Days
//! only name what is shown: the groups that become whole on a day are one sum. Those that wait are counted nowhere, not in the balance either.

use crate::book::{AccountNumber, MovementKind};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// So many givers are together before a sum is shown.
pub const GIVERS_MIN: usize = 5;

/// A line of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Position in the book: record number << 16 | line.
    pub pos: i64,
    /// The account on the other side.
    pub other: AccountNumber,
    /// How the money moved.
    pub kind: MovementKind,
    /// Day on which it counts.
    pub day: Date,
    /// What it adds to the balance on the account's own side, minor units.
    pub minor: i64,
    /// Whether anybody may see it alone.
    pub sight: Sight,
}

/// How a line may be seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// By itself.
    Alone,
    /// In a sum only; the giver counts once, and one that is not known does not count.
    InSum(Option<Uuid>),
}

/// A line of what is shown of an account, and the balance after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// What it is.
    pub what: What,
    /// The day on which it counts; of a sum, on which it became whole.
    pub day: Date,
    /// What it adds to the balance, minor units.
    pub minor: i64,
    /// What all that is shown until here adds up to, minor units.
    pub balance: i64,
}

/// What a shown line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A movement that tells of no giver.
    Movement {
        /// Record number of its entry.
        number: i64,
        /// The account on the other side.
        other: AccountNumber,
        /// How the money moved.
        kind: MovementKind,
    },
    /// What five givers or more moved in this way.
    Sum(MovementKind),
}

/// What is shown of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// The lines, in their order.
    pub lines: Vec<Shown>,
    /// What they add up to, minor units.
    pub balance: i64,
    /// Whether payments wait for more givers.
    pub is_waiting: bool,
}

/// A way to an account, or from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// How the money moved.
    pub kind: MovementKind,
    /// Whether it adds to the balance on the account's own side.
    pub adds: bool,
}

/// A group that is not whole yet.
#[derive(Debug, Clone, Default)]
struct Group {
    givers: BTreeSet<Uuid>,
    minor: i64,
}

/// A group that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// How its payments moved.
    pub way: Way,
    /// The latest day of all payments of the account until then.
    pub day: Date,
    /// What it adds to the balance on the account's own side, minor units.
    pub minor: i64,
}

/// The groups of an account that are not whole yet.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    open: BTreeMap<Way, Group>,
    latest: Option<Date>,
}

impl Groups {
    /// Takes a payment of a giver; one who is not known makes no group whole.
    pub fn take(&mut self, kind: MovementKind, day: Date, minor: i64, giver: Option<Uuid>) {
        self.latest = self.latest.max(Some(day));
        let group = self.open.entry(Way { kind, adds: minor >= 0 }).or_default();
        group.givers.extend(giver);
        group.minor += minor;
    }

    /// The groups that are whole now: asked at the end of each entry, as none is cut.
    pub fn whole(&mut self) -> Vec<Whole> {
        let day = self.latest.unwrap_or(Date::MIN);
        let whole = self.open.extract_if(.., |_, group| group.givers.len() >= GIVERS_MIN);
        whole.map(|(way, group)| Whole { way, day, minor: group.minor }).collect()
    }
}

/// What is shown of an account whose lines these are, in the order of the book. The sums of a day stand where its last group
/// became whole.
pub fn statement(lines: &[Moved]) -> Statement {
    let mut placed: Vec<Option<(What, Date, i64)>> = Vec::new();
    let mut sums: BTreeMap<(Date, Way), usize> = BTreeMap::new();
    let mut groups = Groups::default();
    for (place, line) in lines.iter().enumerate() {
        match line.sight {
            Sight::Alone => {
                let what = What::Movement { number: line.pos >> 16, other: line.other, kind: line.kind };
                placed.push(Some((what, line.day, line.minor)));
            }
            Sight::InSum(giver) => groups.take(line.kind, line.day, line.minor, giver),
        }
        if lines.get(place + 1).is_some_and(|next| next.pos >> 16 == line.pos >> 16) {
            continue;
        }
        for Whole { way, day, minor } in groups.whole() {
            let before = sums.insert((day, way), placed.len());
            let before = before.and_then(|place| placed[place].take()).map_or(0, |(_, _, minor)| minor);
            placed.push(Some((What::Sum(way.kind), day, before + minor)));
        }
    }
    let mut balance = 0;
    let lines = placed.into_iter().flatten().map(|(what, day, minor)| {
        balance += minor;
        Shown { what, day, minor, balance }
    });
    let lines: Vec<Shown> = lines.collect();
    Statement { lines, balance, is_waiting: !groups.open.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    const OTHER: AccountNumber = AccountNumber(9);

    fn giver(number: u8) -> Option<Uuid> {
        Some(Uuid::from_u128(u128::from(number) + 1))
    }

    fn gift(number: i64, by: u8, day: Date, minor: i64) -> Moved {
        let kind = MovementKind::ChargeCaptured;
        Moved { pos: number << 16, other: OTHER, kind, day, minor, sight: Sight::InSum(giver(by)) }
    }

    fn release(number: i64, day: Date, minor: i64) -> Moved {
        let kind = MovementKind::MilestoneReleased;
        Moved { pos: number << 16, other: OTHER, kind, day, minor, sight: Sight::Alone }
    }

    fn day(of: i64) -> Date {
        date(2027, 1, 1) + of.days()
    }

    #[test]
    fn five_givers_are_one_sum_and_the_sixth_waits() {
        let lines: Vec<Moved> = (0..6u8).map(|by| gift(i64::from(by) + 1, by, day(i64::from(by) / 3), 100)).collect();
        let shown = statement(&lines);
        let sum = What::Sum(MovementKind::ChargeCaptured);
        assert_eq!(shown.lines, [Shown { what: sum, day: day(1), minor: 500, balance: 500 }]);
        assert_eq!((shown.balance, shown.is_waiting), (500, true));
    }

    #[test]
    fn who_gives_five_times_is_one_giver() {
        let lines: Vec<Moved> = (1..=20).map(|number| gift(number, 1, day(number), 100)).collect();
        let shown = statement(&lines);
        assert!(shown.lines.is_empty() && shown.is_waiting);
        assert_eq!(shown.balance, 0);
    }

    #[test]
    fn nobody_who_is_not_known_makes_five() {
        let unknown = |number| Moved { sight: Sight::InSum(None), ..gift(number, 0, day(0), 100) };
        let lines: Vec<Moved> = (1..=50).map(unknown).collect();
        assert!(statement(&lines).lines.is_empty());
    }

    #[test]
    fn a_single_refund_waits_for_those_of_four_others() {
        let mut lines: Vec<Moved> = (0..5u8).map(|by| gift(i64::from(by) + 1, by, day(0), 100)).collect();
        let refund = |number: i64, by| Moved { kind: MovementKind::RefundSent, ..gift(number, by, day(0), -30) };
        lines.push(refund(6, 0));
        let gifts = Shown { what: What::Sum(MovementKind::ChargeCaptured), day: day(0), minor: 500, balance: 500 };
        assert_eq!(statement(&lines).lines, [gifts]);
        lines.extend((1..5u8).map(|by| refund(i64::from(by) + 6, by)));
        let refunds = Shown { what: What::Sum(MovementKind::RefundSent), day: day(0), minor: -150, balance: 350 };
        assert_eq!(statement(&lines).lines, [gifts, refunds]);
    }

    #[test]
    fn what_comes_by_a_kind_and_what_goes_by_it_are_two_ways() {
        let moved =
            |number: i64, minor| Moved { kind: MovementKind::FundMoved, ..gift(number, number as u8, day(0), minor) };
        let lines: Vec<Moved> = (1..=9).map(|number| moved(number, if number % 2 == 1 { 10 } else { -10 })).collect();
        let shown = statement(&lines);
        assert_eq!((shown.balance, shown.lines.len(), shown.is_waiting), (50, 1, true));
    }

    #[test]
    fn an_entry_is_never_cut_and_fees_of_five_stand_beside_their_gifts() {
        let mut lines = Vec::new();
        for by in 0..5u8 {
            let number = i64::from(by) + 1;
            lines.push(gift(number, by, day(0), 100));
            lines.push(Moved { pos: number << 16 | 1, kind: MovementKind::FeeCharged, ..gift(number, by, day(0), -3) });
        }
        let shown = statement(&lines);
        assert_eq!(shown.lines.iter().map(|line| line.minor).collect::<Vec<_>>(), [500, -15]);
        assert!(!shown.is_waiting);
    }

    #[test]
    fn what_is_recorded_late_changes_no_sum_of_the_days_before() {
        let mut lines: Vec<Moved> = (0..5u8).map(|by| gift(i64::from(by) + 1, by, day(3), 100)).collect();
        let before = statement(&lines);
        lines.extend((5..10u8).map(|by| gift(i64::from(by) + 1, by, day(1), 7)));
        lines.push(gift(11, 11, day(4), 7));
        let after = statement(&lines);
        assert_eq!(after.lines.len(), 1, "the same day: the latest until then");
        assert_eq!(after.balance - before.balance, 35);
    }

    #[test]
    fn releases_are_seen_and_balances_between_them_tell_of_nobody() {
        let mut lines: Vec<Moved> = (0..5u8).map(|by| gift(i64::from(by) + 1, by, day(0), 100)).collect();
        lines.push(gift(6, 6, day(1), 1_000));
        lines.push(release(7, day(1), -400));
        let shown = statement(&lines);
        assert_eq!(shown.lines.iter().map(|line| line.balance).collect::<Vec<_>>(), [500, 100]);
        assert!(shown.is_waiting);
    }

    /// What is recorded: gifts, their fees and refunds, each of a giver, and releases between them.
    fn recorded() -> impl Strategy<Value = Vec<Moved>> {
        let one = (0..12u8, 0..9i64, 0..4u8, 1..1_000i64);
        prop::collection::vec(one, 0..80).prop_map(|all| {
            let numbered = all.into_iter().zip(1i64..);
            numbered
                .map(|((by, on, what, minor), number)| match what {
                    0 | 1 => gift(number, by, day(on), minor),
                    2 => Moved { kind: MovementKind::RefundSent, ..gift(number, by, day(on), -minor) },
                    _ => release(number, day(on), -minor),
                })
                .collect()
        })
    }

    /// The payments of which everything that is shown is made, by their places: group by group of each way.
    fn cells(lines: &[Moved]) -> BTreeMap<Way, Vec<Vec<usize>>> {
        let mut groups = Groups::default();
        let mut open: BTreeMap<Way, Vec<usize>> = BTreeMap::new();
        let mut cells: BTreeMap<Way, Vec<Vec<usize>>> = BTreeMap::new();
        for (place, line) in lines.iter().enumerate() {
            if let Sight::InSum(giver) = line.sight {
                groups.take(line.kind, line.day, line.minor, giver);
                open.entry(Way { kind: line.kind, adds: line.minor >= 0 }).or_default().push(place);
            }
            for whole in groups.whole() {
                cells.entry(whole.way).or_default().push(open.remove(&whole.way).unwrap_or_default());
            }
        }
        cells
    }

    proptest! {
        #[test]
        fn whatever_is_shown_is_made_of_groups_of_five_and_each_payment_is_in_one(lines in recorded()) {
            let cells = cells(&lines);
            let mut met = BTreeSet::new();
            for place in cells.values().flatten().flatten() {
                prop_assert!(met.insert(*place));
            }
            for cell in cells.values().flatten() {
                let givers: BTreeSet<_> = cell.iter().map(|place| lines[*place].sight).filter_map(|sight| match sight {
                    Sight::InSum(giver) => giver,
                    Sight::Alone => None,
                }).collect();
                prop_assert!(givers.len() >= GIVERS_MIN, "{givers:?}");
            }
            let alone: i64 = lines.iter().filter(|line| line.sight == Sight::Alone).map(|line| line.minor).sum();
            let within: i64 = met.iter().map(|place| lines[*place].minor).sum();
            let shown = statement(&lines);
            prop_assert_eq!(shown.balance, alone + within);
            prop_assert_eq!(shown.lines.iter().map(|line| line.minor).sum::<i64>(), shown.balance);
            prop_assert_eq!(shown.lines.last().map_or(0, |line| line.balance), shown.balance);
            let waits = lines.len() > met.len() + lines.iter().filter(|line| line.sight == Sight::Alone).count();
            prop_assert_eq!(shown.is_waiting, waits);
        }

        /// Two looks at any two moments, and two figures of one look: what the one has and the other has not are whole groups.
        #[test]
        fn what_was_shown_once_never_changes_but_by_whole_groups(lines in recorded()) {
            let all = cells(&lines);
            for until in 0..=lines.len() {
                for (way, then) in cells(&lines[..until]) {
                    prop_assert!(all[&way].starts_with(&then), "{way:?} of the first {until}");
                }
            }
        }
    }
}
