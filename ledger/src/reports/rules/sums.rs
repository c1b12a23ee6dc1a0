//! What people from outside a book see of its payments: sums of an account over five givers or more, and never one of them.
//!
//! The payments of an account join a group in the order in which they were recorded, entry by entry, until five givers are
//! together; then the group is whole, and never changes again. Two looks at a book, however close, so differ by whole groups: what one
//! leaves of the other is of five givers at least. Days only name what is shown: the groups that become whole on a day are one sum. Those
//! that wait are counted nowhere, not in the balance either.

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
    /// What five givers or more moved, each in the same way; or together, in several ways, when one of the ways had fewer.
    Sum(Option<MovementKind>),
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
    /// What they come to, minor units: for nobody outside.
    pub waiting: i64,
}

/// A group that is not whole yet.
#[derive(Debug, Default)]
struct Group {
    givers: BTreeSet<Uuid>,
    /// By the way in which it moved.
    ways: BTreeMap<MovementKind, (BTreeSet<Uuid>, i64)>,
}

impl Group {
    fn take(&mut self, line: &Moved, giver: Option<Uuid>) {
        self.givers.extend(giver);
        let (givers, minor) = self.ways.entry(line.kind).or_default();
        givers.extend(giver);
        *minor += line.minor;
    }

    fn is_whole(&self) -> bool {
        self.givers.len() >= GIVERS_MIN
    }

    fn minor(&self) -> i64 {
        self.ways.values().map(|(_, minor)| minor).sum()
    }

    /// A sum a way, or one of all when a way has too few givers.
    fn parts(&self) -> Vec<(Option<MovementKind>, i64)> {
        if self.ways.values().all(|(givers, _)| givers.len() >= GIVERS_MIN) {
            return self.ways.iter().map(|(kind, (_, minor))| (Some(*kind), *minor)).collect();
        }
        vec![(None, self.minor())]
    }
}

/// What is shown of an account whose lines these are, in the order of the book. The sums of a day stand where its last group
/// became whole.
pub fn statement(lines: &[Moved]) -> Statement {
    let mut placed: Vec<Option<(What, Date, i64)>> = Vec::new();
    let mut sums: BTreeMap<(Date, Option<MovementKind>), usize> = BTreeMap::new();
    let mut group = Group::default();
    let mut latest = Date::MIN;
    for (place, line) in lines.iter().enumerate() {
        match line.sight {
            Sight::Alone => {
                let what = What::Movement { number: line.pos >> 16, other: line.other, kind: line.kind };
                placed.push(Some((what, line.day, line.minor)));
            }
            Sight::InSum(giver) => {
                latest = latest.max(line.day);
                group.take(line, giver);
            }
        }
        let is_last_of_entry = lines.get(place + 1).is_none_or(|next| next.pos >> 16 != line.pos >> 16);
        if is_last_of_entry && group.is_whole() {
            for (kind, minor) in std::mem::take(&mut group).parts() {
                let before = sums.insert((latest, kind), placed.len());
                let before = before.and_then(|place| placed[place].take()).map_or(0, |(_, _, minor)| minor);
                placed.push(Some((What::Sum(kind), latest, before + minor)));
            }
        }
    }
    let mut balance = 0;
    let lines = placed.into_iter().flatten().map(|(what, day, minor)| {
        balance += minor;
        Shown { what, day, minor, balance }
    });
    let lines: Vec<Shown> = lines.collect();
    Statement { lines, balance, is_waiting: !group.ways.is_empty(), waiting: group.minor() }
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
        let sum = What::Sum(Some(MovementKind::ChargeCaptured));
        assert_eq!(shown.lines, [Shown { what: sum, day: day(1), minor: 500, balance: 500 }]);
        assert_eq!((shown.balance, shown.is_waiting, shown.waiting), (500, true, 100));
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
    fn a_single_refund_is_told_with_the_gifts_around_it_only() {
        let mut lines: Vec<Moved> = (0..4u8).map(|by| gift(i64::from(by) + 1, by, day(0), 100)).collect();
        lines.push(Moved { kind: MovementKind::RefundSent, ..gift(5, 0, day(0), -30) });
        lines.push(gift(6, 4, day(0), 100));
        let shown = statement(&lines);
        assert_eq!(shown.lines, [Shown { what: What::Sum(None), day: day(0), minor: 470, balance: 470 }]);
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
        assert_eq!(shown.waiting, 1_000);
    }

    /// Gifts of as many people as bits fit: from a sum, one reads whose gifts are in it.
    fn gifts() -> impl Strategy<Value = Vec<Moved>> {
        prop::collection::vec((0..12u8, 0..9i64), 0..60).prop_map(|all| {
            let numbered = all.into_iter().zip(1i64..);
            numbered.map(|((by, on), number)| gift(number, by, day(on), 1 << (number - 1))).collect()
        })
    }

    /// Whose gifts are in a sum.
    fn givers(lines: &[Moved], sum: i64) -> BTreeSet<Uuid> {
        let within = lines.iter().filter(|line| sum & line.minor != 0);
        within
            .filter_map(|line| match line.sight {
                Sight::InSum(giver) => giver,
                Sight::Alone => None,
            })
            .collect()
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(lines in gifts(), releases in prop::collection::vec(0..60usize, 0..8)) {
            let mut lines = lines;
            for at in releases {
                let at = at.min(lines.len());
                lines.insert(at, release(0, day(0), -3));
            }
            for (number, line) in (1i64..).zip(&mut lines) {
                line.pos = number << 16;
            }
            let shown = statement(&lines);
            let whole: i64 = lines.iter().map(|line| line.minor).sum();
            prop_assert_eq!(shown.balance + shown.waiting, whole);
            prop_assert_eq!(shown.lines.iter().map(|line| line.minor).sum::<i64>(), shown.balance);
            prop_assert_eq!(shown.lines.last().map_or(0, |line| line.balance), shown.balance);
        }

        #[test]
        fn whatever_is_looked_at_and_when_no_difference_is_of_fewer_than_five(lines in gifts()) {
            let mut seen: BTreeSet<i64> = BTreeSet::from([0]);
            for until in 0..=lines.len() {
                let shown = statement(&lines[..until]);
                seen.extend(shown.lines.iter().flat_map(|line| [line.minor, line.balance]));
                seen.insert(shown.balance);
            }
            for one in &seen {
                for other in &seen {
                    // What the one has and the other has not.
                    let left = givers(&lines, one & !other);
                    prop_assert!(left.is_empty() || left.len() >= GIVERS_MIN, "{one:b} less {other:b}: {left:?}");
                }
            }
        }
    }
}
