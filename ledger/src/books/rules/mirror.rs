//! The mirror of an entry: the same amounts in the same order, debit and credit exchanged. It needs nothing but the posted
//! lines, so nothing that changed since can change it.

use crate::book::{Line, MovementKind};
use jiff::ToSpan;
use jiff::civil::Date;

/// The mirror of posted lines, each in the way that `kind` says for its own.
///
/// # Errors
///
/// What `kind` answers for a line that has no mirror.
pub fn mirror<E>(lines: &[Line], kind: impl Fn(MovementKind) -> Result<MovementKind, E>) -> Result<Vec<Line>, E> {
    let exchanged =
        |line: &Line| Ok(Line { kind: kind(line.kind)?, debit: line.credit, credit: line.debit, amount: line.amount });
    lines.iter().map(exchanged).collect()
}

/// The day on which a mirror counts when nobody has chosen one: that of the entry while it is open, else the book's own day or
/// the first open one. Never before the entry.
pub fn day_of_mirror(original: Date, closed_through: Date, today: Date) -> Date {
    if original > closed_through {
        return original;
    }
    today.max(closed_through.checked_add(1.day()).unwrap_or(Date::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::AccountNumber;
    use jiff::civil::date;

    #[test]
    fn r8_a_reversal_is_the_mirror_of_the_posted_lines() {
        let line = |credit: i32, amount: i64| Line {
            kind: MovementKind::SurplusAllocated,
            debit: AccountNumber(1),
            credit: AccountNumber(credit),
            amount,
        };
        let lines = [line(2, 120_001), line(3, 345_602), line(4, 259_202)];
        let as_kind = |kind: MovementKind| move |_| Ok::<_, ()>(kind);
        let mirrored = mirror(&lines, as_kind(MovementKind::SurplusRestored)).expect("each has a mirror");
        let sides =
            |lines: &[Line]| lines.iter().map(|line| (line.debit, line.credit, line.amount)).collect::<Vec<_>>();
        let exchanged: Vec<_> = lines.iter().map(|line| (line.credit, line.debit, line.amount)).collect();
        assert_eq!(sides(&mirrored), exchanged);
        let back = mirror(&mirrored, as_kind(MovementKind::SurplusAllocated)).expect("each has a mirror");
        assert_eq!(back, lines, "mirrored twice, it is what it was");
        assert!(mirror(&lines, |_| Err::<MovementKind, _>("none")).is_err());
    }

    #[test]
    fn fl7_a_mirror_counts_on_the_day_of_its_original_or_the_first_open_one_after_it() {
        let (original, today) = (date(2027, 3, 1), date(2027, 5, 1));
        assert_eq!(day_of_mirror(original, date(2027, 2, 28), today), original);
        assert_eq!(day_of_mirror(original, date(2027, 3, 31), today), today);
        assert_eq!(day_of_mirror(original, date(2027, 5, 1), today), date(2027, 5, 2));
    }
}
