//! n:m entries: legs on one account each, paired into transfers, and read back.

use super::account::AccountNumber;
use super::entry::Line;
use super::movement::MovementKind;
use crate::money::Unit;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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

/// Why legs cannot become transfers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unpaired {
    /// Those of a unit do not balance: its sums, minor units.
    #[error("{unit}: debits {debits}, credits {credits}")]
    Unbalanced {
        /// The unit.
        unit: Unit,
        /// Sum of its debits.
        debits: i128,
        /// Sum of its credits.
        credits: i128,
    },
    /// An account stands on both sides with so much that some of it would move from the account to itself.
    #[error("account {0} stands on both sides with more than the other accounts can take")]
    MeetsItself(AccountNumber),
}

/// Pairs legs into transfers, unit by unit, in their order: each debit takes from the first credit that has something left.
///
/// The same legs always give the same transfers. An account may stand on both sides: no transfer leads from it to itself, and
/// the others still move what the legs say on each side. That is possible, whatever their order, when no account stands there
/// with more than all debits together; then there are at most as many transfers as legs. An entry across currencies
/// balances in each of them, through exchange accounts, so that a gain or a loss is posted and never hidden.
///
/// # Errors
///
/// [`Unpaired`], for the same legs the same one in any order.
pub fn pair(kind: MovementKind, legs: &[Leg]) -> Result<Vec<Line>, Unpaired> {
    let mut units: BTreeMap<Unit, Sides> = BTreeMap::new();
    for leg in legs {
        units.entry(leg.unit).or_default().add(leg);
    }
    let mut lines = Vec::new();
    for (unit, sides) in units {
        sides.pair(unit, |debit, credit, amount| lines.push(Line { kind, debit, credit, amount }))?;
    }
    Ok(lines)
}

/// The legs of a unit by their sides: accounts, with what is left of each leg.
#[derive(Debug, Default)]
struct Sides {
    debits: VecDeque<(AccountNumber, i64)>,
    credits: VecDeque<(AccountNumber, i64)>,
}

impl Sides {
    fn add(&mut self, leg: &Leg) {
        match leg.side {
            Side::Debit => self.debits.push_back((leg.account, leg.amount)),
            Side::Credit => self.credits.push_back((leg.account, leg.amount)),
        }
    }

    fn pair(mut self, unit: Unit, mut line: impl FnMut(AccountNumber, AccountNumber, i64)) -> Result<(), Unpaired> {
        let sum = |side: &VecDeque<(AccountNumber, i64)>| side.iter().map(|(_, left)| i128::from(*left)).sum::<i128>();
        let (debits, credits) = (sum(&self.debits), sum(&self.credits));
        if debits != credits {
            return Err(Unpaired::Unbalanced { unit, debits, credits });
        }
        let mut left = Left::of(&self, debits);
        if let Some(account) = left.too_much() {
            return Err(Unpaired::MeetsItself(account));
        }
        while let Some(&(debit, wanted)) = self.debits.front() {
            let place = left.credit_for(debit, &self.credits);
            let (credit, has) = self.credits[place];
            let amount = left.may_move(debit, credit, wanted.min(has));
            line(debit, credit, amount);
            left.moved(debit, credit, amount);
            take(&mut self.debits, 0, amount);
            take(&mut self.credits, place, amount);
        }
        Ok(())
    }
}

/// Takes from a leg, which goes when nothing of it is left.
fn take(side: &mut VecDeque<(AccountNumber, i64)>, place: usize, amount: i64) {
    side[place].1 -= amount;
    if side[place].1 == 0 {
        side.remove(place);
    }
}

/// What is left on the debit side, which is as much as on the other, and what the accounts on both sides have left there.
#[derive(Debug)]
struct Left {
    total: i128,
    both: BTreeMap<AccountNumber, i128>,
}

impl Left {
    fn of(sides: &Sides, total: i128) -> Left {
        let debited: BTreeSet<AccountNumber> = sides.debits.iter().map(|(account, _)| *account).collect();
        let credited: BTreeSet<AccountNumber> = sides.credits.iter().map(|(account, _)| *account).collect();
        let mut both: BTreeMap<AccountNumber, i128> =
            debited.intersection(&credited).map(|account| (*account, 0)).collect();
        for (account, left) in sides.debits.iter().chain(&sides.credits) {
            if let Some(sum) = both.get_mut(account) {
                *sum += i128::from(*left);
            }
        }
        Left { total, both }
    }

    /// The account that has more left than could go to others; two cannot have.
    fn too_much(&self) -> Option<AccountNumber> {
        self.both.iter().find(|(_, sum)| **sum > self.total).map(|(account, _)| *account)
    }

    /// An account that must be in every transfer from now on, besides this one.
    fn must_go(&self, besides: AccountNumber) -> Option<AccountNumber> {
        self.both.iter().find(|(account, sum)| **account != besides && **sum == self.total).map(|(account, _)| *account)
    }

    /// The first credit for a debit: of the account that must go, or of any other than the one debited.
    fn credit_for(&self, debit: AccountNumber, credits: &VecDeque<(AccountNumber, i64)>) -> usize {
        let must_go = self.must_go(debit);
        let fits = |account: AccountNumber| must_go.map_or(account != debit, |must_go| account == must_go);
        credits.iter().position(|(account, _)| fits(*account)).expect("an account that must go has all that is left")
    }

    /// How much may move from one account to another, so that what is left of a third can still go to others.
    fn may_move(&self, debit: AccountNumber, credit: AccountNumber, amount: i64) -> i64 {
        let others = self.both.iter().filter(|(account, _)| **account != debit && **account != credit);
        let room = others.map(|(_, sum)| self.total - sum).min();
        room.and_then(|room| i64::try_from(room).ok()).map_or(amount, |room| room.min(amount))
    }

    fn moved(&mut self, debit: AccountNumber, credit: AccountNumber, amount: i64) {
        self.total -= i128::from(amount);
        for account in [debit, credit] {
            if let Some(sum) = self.both.get_mut(&account) {
                *sum -= i128::from(amount);
            }
        }
    }
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
        assert_eq!(unbalanced, Unpaired::Unbalanced { unit: currency("EUR"), debits: 90, credits: 0 });
        let exchanged = [
            leg(1, "EUR", Side::Debit, 90),
            leg(3, "EUR", Side::Credit, 90),
            leg(4, "USD", Side::Debit, 98),
            leg(5, "USD", Side::Debit, 2),
            leg(2, "USD", Side::Credit, 100),
        ];
        assert_eq!(pair(MovementKind::JournalEntry, &exchanged).map(|lines| lines.len()), Ok(3));
    }

    fn totals(legs: impl IntoIterator<Item = (AccountNumber, Side, i64)>) -> BTreeMap<(AccountNumber, Side), i64> {
        let mut totals = BTreeMap::new();
        for (account, side, amount) in legs {
            *totals.entry((account, side)).or_default() += amount;
        }
        totals
    }

    #[test]
    fn fl23_only_what_an_account_would_move_to_itself_is_refused() {
        let legs = |own: i64, other: i64| {
            [
                leg(1, "USD", Side::Debit, own),
                leg(1, "USD", Side::Credit, own),
                leg(2, "USD", Side::Debit, other),
                leg(3, "USD", Side::Credit, other),
            ]
        };
        assert!(pair(MovementKind::JournalEntry, &legs(5, 5)).is_ok());
        let refused = pair(MovementKind::JournalEntry, &legs(6, 5));
        assert_eq!(refused, Err(Unpaired::MeetsItself(AccountNumber(1))));
    }

    proptest! {
        #[test]
        fn f14_legs_of_an_account_on_both_sides_have_one_verdict_in_any_order(
            (mut legs, shuffled) in prop::collection::vec((1..5i32, any::<bool>(), 1..40i64), 2..12).prop_flat_map(|asked| {
                let mut legs: Vec<Leg> = asked
                    .into_iter()
                    .map(|(account, is_debit, amount)| {
                        leg(account, "USD", if is_debit { Side::Debit } else { Side::Credit }, amount)
                    })
                    .collect();
                let sum = |side| legs.iter().filter(|leg| leg.side == side).map(|leg| leg.amount).sum::<i64>();
                let gap = sum(Side::Debit) - sum(Side::Credit);
                if gap != 0 {
                    let side = if gap > 0 { Side::Credit } else { Side::Debit };
                    legs.push(leg(5, "USD", side, gap.abs()));
                }
                (Just(legs.clone()), Just(legs).prop_shuffle())
            }),
        ) {
            let (one, other) = (pair(MovementKind::JournalEntry, &legs), pair(MovementKind::JournalEntry, &shuffled));
            match (&one, &other) {
                (Ok(one), Ok(other)) => {
                    let asked = totals(legs.iter().map(|leg| (leg.account, leg.side, leg.amount)));
                    for lines in [one, other] {
                        prop_assert!(lines.len() <= legs.len());
                        prop_assert!(lines.iter().all(|line| line.debit != line.credit && line.amount > 0));
                        let moved = lines.iter().flat_map(|line| {
                            [(line.debit, Side::Debit, line.amount), (line.credit, Side::Credit, line.amount)]
                        });
                        prop_assert_eq!(&totals(moved), &asked);
                    }
                }
                (one, other) => prop_assert_eq!(one, other),
            }
            // Without an account on both sides nothing is refused.
            for (index, leg) in legs.iter_mut().enumerate() {
                leg.account = AccountNumber(index as i32 + 1);
            }
            prop_assert!(pair(MovementKind::JournalEntry, &legs).is_ok());
        }

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
