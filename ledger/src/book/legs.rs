//! n:m entries: legs on one account each, paired into transfers, and read back.

use super::account::AccountNumber;
use super::entry::Line;
use super::movement::MovementKind;
use crate::money::Unit;
use std::collections::BTreeMap;

/// On which side of its account a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Debit.
    Debit,
    /// Credit.
    Credit,
}

/// An amount on one side of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The account.
    pub account: AccountNumber,
    /// Its unit: debits and credits must be equal in each.
    pub unit: Unit,
    /// Debit or credit.
    pub side: Side,
    /// The amount on that side, minor units, more than 0.
    pub amount: i64,
}

/// Legs of a unit that do not balance: its sums, minor units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{unit}: debits {debits}, credits {credits}")]
pub struct Unbalanced {
    /// The unit.
    pub unit: Unit,
    /// Sum of its debits.
    pub debits: i128,
    /// Sum of its credits.
    pub credits: i128,
}

/// Pairs legs into transfers, unit by unit, in their order: each debit takes from the first credit that has something left.
///
/// The same legs always give the same transfers. An entry across currencies balances in each of them, through exchange
/// accounts, so that a gain or a loss is posted and never hidden.
pub fn pair(kind: MovementKind, legs: &[Leg]) -> Result<Vec<Line>, Unbalanced> {
    let mut units: BTreeMap<Unit, (Vec<&Leg>, Vec<&Leg>)> = BTreeMap::new();
    for leg in legs {
        let (debits, credits) = units.entry(leg.unit).or_default();
        match leg.side {
            Side::Debit => debits.push(leg),
            Side::Credit => credits.push(leg),
        }
    }
    let mut lines = Vec::new();
    for (unit, (debits, credits)) in units {
        let sum = |side: &[&Leg]| side.iter().map(|leg| i128::from(leg.amount)).sum::<i128>();
        let (debit_sum, credit_sum) = (sum(&debits), sum(&credits));
        if debit_sum != credit_sum {
            return Err(Unbalanced { unit, debits: debit_sum, credits: credit_sum });
        }
        let mut credits = credits.into_iter().map(|leg| (leg.account, leg.amount)).peekable();
        for debit in debits {
            let mut wanted = debit.amount;
            while wanted > 0
                && let Some((account, left)) = credits.peek_mut()
            {
                let amount = wanted.min(*left);
                lines.push(Line { kind, debit: debit.account, credit: *account, amount });
                wanted -= amount;
                *left -= amount;
                if *left == 0 {
                    credits.next();
                }
            }
        }
    }
    Ok(lines)
}

/// The legs of transfers: what each account moved on each side, in the order in which they first appear.
pub fn legs_of<A: PartialEq + Clone>(lines: &[(A, A, i64)]) -> Vec<(A, Side, i64)> {
    let mut legs: Vec<(A, Side, i64)> = Vec::new();
    for (debit, credit, amount) in lines {
        for (account, side) in [(debit, Side::Debit), (credit, Side::Credit)] {
            match legs.iter_mut().find(|(of, on, _)| of == account && *on == side) {
                Some((_, _, sum)) => *sum += amount,
                None => legs.push((account.clone(), side, *amount)),
            }
        }
    }
    legs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn currency(code: &str) -> Unit {
        code.parse::<Currency>().expect("in ISO 4217").into()
    }

    fn leg(account: i32, unit: &str, side: Side, amount: i64) -> Leg {
        Leg { account: AccountNumber(account), unit: currency(unit), side, amount }
    }

    #[test]
    fn a_salary_with_its_taxes_is_one_entry() {
        let legs = [
            leg(1, "USD", Side::Debit, 1_000),
            leg(2, "USD", Side::Credit, 700),
            leg(3, "USD", Side::Credit, 200),
            leg(4, "USD", Side::Credit, 100),
        ];
        let lines = pair(MovementKind::JournalEntry, &legs).expect("it balances");
        let moved: Vec<(i32, i32, i64)> = lines.iter().map(|line| (line.debit.0, line.credit.0, line.amount)).collect();
        assert_eq!(moved, [(1, 2, 700), (1, 3, 200), (1, 4, 100)]);
    }

    #[test]
    fn each_currency_balances_by_itself() {
        let one_sided = [leg(1, "EUR", Side::Debit, 90), leg(2, "USD", Side::Credit, 100)];
        let unbalanced = pair(MovementKind::JournalEntry, &one_sided).expect_err("two currencies do not balance");
        assert_eq!(unbalanced, Unbalanced { unit: currency("EUR"), debits: 90, credits: 0 });
        let exchanged = [
            leg(1, "EUR", Side::Debit, 90),
            leg(3, "EUR", Side::Credit, 90),
            leg(4, "USD", Side::Debit, 98),
            leg(5, "USD", Side::Debit, 2),
            leg(2, "USD", Side::Credit, 100),
        ];
        assert_eq!(pair(MovementKind::JournalEntry, &exchanged).map(|lines| lines.len()), Ok(3));
    }

    proptest! {
        #[test]
        fn legs_come_back_from_their_transfers(
            debits in prop::collection::vec(1..500i64, 1..6),
            cuts in prop::collection::vec(1..500i64, 0..6),
        ) {
            let total: i64 = debits.iter().sum();
            let mut credits = Vec::new();
            let mut left = total;
            for cut in cuts {
                if cut < left {
                    credits.push(cut);
                    left -= cut;
                }
            }
            credits.push(left);
            let debit_legs = debits.iter().enumerate().map(|(i, amount)| leg(i as i32 + 1, "USD", Side::Debit, *amount));
            let credit_legs = credits.iter().enumerate().map(|(i, amount)| leg(i as i32 + 100, "USD", Side::Credit, *amount));
            let legs: Vec<Leg> = debit_legs.chain(credit_legs).collect();
            let lines = pair(MovementKind::JournalEntry, &legs).expect("they balance");
            prop_assert!(lines.len() < legs.len());
            prop_assert!(lines.iter().all(|line| line.amount > 0));
            let plain: Vec<(AccountNumber, AccountNumber, i64)> =
                lines.iter().map(|line| (line.debit, line.credit, line.amount)).collect();
            let mut back: Vec<(AccountNumber, Side, i64)> = legs_of(&plain);
            let mut asked: Vec<(AccountNumber, Side, i64)> =
                legs.iter().map(|leg| (leg.account, leg.side, leg.amount)).collect();
            back.sort_unstable();
            asked.sort_unstable();
            prop_assert_eq!(back, asked);
        }
    }
}
