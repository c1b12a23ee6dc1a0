//! A settlement as its custodian reports it: compared with what is owed, line by line, before anything is posted.

use crate::error::Refusal;
use crate::id::{ChargeId, SettlementId};
use crate::money::{Currency, Money};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt;

/// The most lines of a report.
pub const LINES_MAX: usize = 10_000;
/// The most lines that a refusal names.
pub const NAMED_MAX: usize = 100;

/// A charge whose money a custodian says it has paid over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The charge.
    pub charge: ChargeId,
    /// What arrived.
    pub amount: Money,
    /// Minor units that the custodian's processor kept of it; none when the custodian does not say.
    pub fee: Option<i64>,
}

/// How a charge stands with the money that it brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was captured, and is owed.
    Owed {
        /// The settlement of the day of its capture.
        settlement: SettlementId,
        /// That day.
        captured_on: Date,
    },
    /// All of it has arrived.
    Settled,
    /// Nothing is owed of it: the word of its state.
    NotCaptured(String),
}

/// A charge of the custodian, as the book has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// How it stands.
    pub standing: Standing,
    /// What it is counted in.
    pub currency: Currency,
    /// Minor units that have not arrived.
    pub left: i64,
    /// Minor units of the processor's fee that its terms name.
    pub fee: i64,
}

/// A line that is in order, or whose difference is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The line.
    pub line: Line,
    /// The settlement of the day of its capture.
    pub settlement: SettlementId,
    /// Minor units that are still owed of it afterwards; 0 when it is settled.
    pub missing: i64,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Difference {
    Unknown,
    NotCaptured(String),
    Settled,
    Currency(Currency),
    Later(Date),
    Of { currency: Currency, reported: i64, left: i64 },
    Fee { currency: Currency, reported: i64, named: i64 },
}

impl Difference {
    /// Whether a custodian may state it: something is missing, or its processor kept something else.
    fn may_be_stated(&self) -> bool {
        match self {
            Difference::Of { reported, left, .. } => reported < left,
            Difference::Fee { .. } => true,
            Difference::Unknown
            | Difference::NotCaptured(_)
            | Difference::Settled
            | Difference::Currency(_)
            | Difference::Later(_) => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Unknown => f.write_str("there is no such charge of this custodian"),
            Difference::NotCaptured(state) => write!(f, "it is {state}, not captured"),
            Difference::Settled => f.write_str("all of it has arrived before"),
            Difference::Currency(currency) => write!(f, "it is in {currency}"),
            Difference::Later(day) => write!(f, "it was captured later, on {day}"),
            Difference::Of { currency, reported, left } => {
                write!(f, "{} of {} {currency} are reported", currency.format(*reported), currency.format(*left))
            }
            Difference::Fee { currency, reported, named } => {
                let (reported, named) = (currency.format(*reported), currency.format(*named));
                write!(f, "a fee of {reported} {currency} was kept, its terms name {named}")
            }
        }
    }
}

/// Compares a report of what arrived on a day with what is owed. What is missing is accepted when the custodian states it.
///
/// # Errors
///
/// `settlement-differs`, with each line that differs and both figures.
pub fn compare(
    lines: &[Line],
    owed: &BTreeMap<ChargeId, Owed>,
    day: Date,
    is_stated: bool,
) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::with_capacity(lines.len());
    let mut wrong = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let (part, differences) = check(*line, owed.get(&line.charge), day);
        let refused = differences.into_iter().filter(|difference| !(is_stated && difference.may_be_stated()));
        let refused: Vec<String> = refused.map(|difference| difference.to_string()).collect();
        match (part, refused.is_empty()) {
            (Some(part), true) => parts.push(part),
            _ => wrong.push(format!("/lines/{place} ({}): {}", line.charge, refused.join(", and "))),
        }
    }
    if wrong.is_empty() {
        return Ok(parts);
    }
    let more = wrong.len().saturating_sub(NAMED_MAX);
    let named = wrong.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let detail = format!("{} of {} lines differ. {named}{more}", wrong.len(), lines.len());
    Err(Refusal::new("settlement-differs", detail))
}

fn check(line: Line, owed: Option<&Owed>, day: Date) -> (Option<Part>, Vec<Difference>) {
    let Some(owed) = owed else { return (None, vec![Difference::Unknown]) };
    let (settlement, captured_on) = match &owed.standing {
        Standing::Owed { settlement, captured_on } => (*settlement, *captured_on),
        Standing::Settled => return (None, vec![Difference::Settled]),
        Standing::NotCaptured(state) => return (None, vec![Difference::NotCaptured(state.clone())]),
    };
    let currency = owed.currency;
    if line.amount.currency() != currency {
        return (None, vec![Difference::Currency(currency)]);
    }
    let mut found = Vec::new();
    if captured_on > day {
        found.push(Difference::Later(captured_on));
    }
    let (reported, left) = (line.amount.minor(), owed.left);
    if reported != left {
        found.push(Difference::Of { currency, reported, left });
    }
    if let Some(reported) = line.fee.filter(|fee| *fee != owed.fee) {
        found.push(Difference::Fee { currency, reported, named: owed.fee });
    }
    (Some(Part { line, settlement, missing: (left - reported).max(0) }), found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use jiff::civil::date;
    use proptest::prelude::*;

    const BOOK: BookId = BookId(3);

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD).expect("positive")
    }

    fn owed(left: i64) -> Owed {
        let standing = Standing::Owed { settlement: SettlementId::generate(BOOK), captured_on: date(2027, 3, 1) };
        Owed { standing, currency: Currency::USD, left, fee: 30 }
    }

    #[test]
    fn each_line_that_differs_is_named_with_both_figures() {
        let [good, short, over, gone, unknown, early] = [(); 6].map(|()| ChargeId::generate(BOOK));
        let charges = BTreeMap::from([
            (good, owed(970)),
            (short, owed(1_000)),
            (over, owed(1_000)),
            (gone, Owed { standing: Standing::NotCaptured("declined".into()), ..owed(0) }),
            (early, owed(500)),
        ]);
        let line = |charge, minor| Line { charge, amount: usd(minor), fee: None };
        let lines = [line(good, 970), line(short, 900), line(over, 1_001), line(gone, 5), line(unknown, 5)];
        let refused = compare(&lines, &charges, date(2027, 3, 2), false).expect_err("four differ");
        for part in [
            "4 of 5 lines",
            "/lines/1",
            "9.00 of 10.00 USD",
            "/lines/2",
            "10.01 of 10.00 USD",
            "it is declined",
            "no such charge",
        ] {
            assert!(refused.detail.contains(part), "{part} is missing in {}", refused.detail);
        }
        assert!(!refused.detail.contains("/lines/0"), "{}", refused.detail);
        let stated = compare(&lines[..2], &charges, date(2027, 3, 2), true).expect("what is missing is stated");
        assert_eq!(stated.iter().map(|part| part.missing).collect::<Vec<_>>(), [0, 100]);
        assert!(compare(&lines[2..3], &charges, date(2027, 3, 2), true).is_err(), "nobody is paid more than is owed");
        let before = compare(&[line(early, 500)], &charges, date(2027, 2, 28), true).expect_err("too early");
        assert!(before.detail.contains("2027-03-01"), "{}", before.detail);
        let fee = [Line { fee: Some(31), ..line(good, 970) }];
        let refused = compare(&fee, &charges, date(2027, 3, 2), false).expect_err("another fee");
        assert!(refused.detail.contains("0.31 USD") && refused.detail.contains("0.30"), "{}", refused.detail);
    }

    proptest! {
        #[test]
        fn what_arrives_and_what_is_missing_is_what_was_owed(figures in proptest::collection::vec((1..5_000i64, 1..5_000i64), 1..40)) {
            let made: Vec<(ChargeId, i64, i64)> =
                figures.iter().map(|(left, paid)| (ChargeId::generate(BOOK), *left, *paid)).collect();
            let charges = made.iter().map(|(charge, left, _)| (*charge, owed(*left))).collect();
            let lines: Vec<Line> =
                made.iter().map(|(charge, _, paid)| Line { charge: *charge, amount: usd(*paid), fee: None }).collect();
            let compared = compare(&lines, &charges, date(2027, 3, 2), true);
            prop_assert_eq!(compared.is_err(), made.iter().any(|(_, left, paid)| paid > left));
            if let Ok(parts) = compared {
                for (part, (_, left, _)) in parts.iter().zip(&made) {
                    prop_assert_eq!(part.line.amount.minor() + part.missing, *left);
                }
            }
        }
    }
}
