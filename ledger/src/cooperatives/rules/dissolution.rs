//! What would become of a cooperative's assets if it were dissolved: its debts come first, then its members' capital, and what is left
//! is the successor's.
//!
//! Loans of members are debts: they are paid before any capital. What is indivisible never goes to members, so that each gets back no
//! more than its capital.

use crate::error::Refusal;
use crate::money::allocation;

/// A member and the capital on its account, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The member's number.
    pub number: i32,
    /// What it has in the cooperative, 0 or more.
    pub capital: i64,
}

/// A member's part of what is paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidBack {
    /// Of which capital.
    pub of: Holding,
    /// How much of it is paid, minor units.
    pub paid: i64,
}

/// Who would get how much. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dissolution {
    /// What there is to pay with.
    pub assets: i64,
    /// What is owed to others, and to members besides their capital.
    pub debts: i64,
    /// How much of the debts is paid.
    pub debts_paid: i64,
    /// Each member with capital, in the order given.
    pub members: Vec<PaidBack>,
    /// What is left for whom the bylaws name as successor.
    pub successor: i64,
}

impl Dissolution {
    /// Pays debts, then capital: whole if there is enough, else pro rata by the largest remainder.
    ///
    /// # Errors
    ///
    /// Those of [`allocation::largest_remainder`], which happen with no capital below 0.
    pub fn reckon(assets: i64, debts: i64, holdings: &[Holding]) -> Result<Dissolution, Refusal> {
        let there = assets.max(0);
        let debts_paid = there.min(debts);
        let all: i128 = holdings.iter().map(|it| i128::from(it.capital)).sum();
        let to_members = (there - debts_paid).min(i64::try_from(all).unwrap_or(i64::MAX));
        let weights: Vec<u64> = holdings.iter().map(|it| u64::try_from(it.capital).unwrap_or_default()).collect();
        let parts = match to_members {
            0 => vec![0; holdings.len()],
            _ => allocation::largest_remainder(to_members, &weights)?,
        };
        let members: Vec<PaidBack> = holdings.iter().zip(parts).map(|(&of, paid)| PaidBack { of, paid }).collect();
        assert!(members.iter().all(|it| it.paid <= it.of.capital), "no member gets more than its capital");
        Ok(Dissolution { assets, debts, debts_paid, members, successor: there - debts_paid - to_members })
    }

    /// How much of the debts nothing is there for.
    pub fn missing(&self) -> i64 {
        self.debts - self.debts_paid
    }

    /// All capital, and how much of it is paid.
    pub fn capital(&self) -> (i128, i128) {
        let sum = |of: fn(&PaidBack) -> i64| self.members.iter().map(|it| i128::from(of(it))).sum();
        (sum(|it| it.of.capital), sum(|it| it.paid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holdings(capital: &[i64]) -> Vec<Holding> {
        (1..).zip(capital).map(|(number, &capital)| Holding { number, capital }).collect()
    }

    fn paid(assets: i64, debts: i64, capital: &[i64]) -> (i64, Vec<i64>, i64) {
        let it = Dissolution::reckon(assets, debts, &holdings(capital)).expect("a dissolution");
        (it.debts_paid, it.members.iter().map(|member| member.paid).collect(), it.successor)
    }

    #[test]
    fn k23_debts_come_before_capital_which_is_paid_pro_rata_and_the_rest_is_the_successors() {
        let capital = [1_400_000, 1_050_000, 700_000, 350_000];
        assert_eq!(paid(6_000_000, 4_000_000, &capital), (4_000_000, vec![800_000, 600_000, 400_000, 200_000], 0));
        assert_eq!(paid(9_000_000, 4_000_000, &capital), (4_000_000, capital.to_vec(), 1_500_000));
    }

    #[test]
    fn whose_debts_are_more_than_it_has_pays_no_capital_and_says_what_is_missing() {
        let it = Dissolution::reckon(3_000, 4_000, &holdings(&[500, 0])).expect("a dissolution");
        assert_eq!((it.debts_paid, it.missing(), it.capital(), it.successor), (3_000, 1_000, (500, 0), 0));
        assert_eq!(paid(-5, 0, &[]), (0, vec![], 0));
        assert_eq!(paid(7, 0, &[]), (0, vec![], 7));
        assert_eq!(paid(7, 0, &[0]), (0, vec![0], 7), "who has no capital gets nothing of what is indivisible");
        assert_eq!(paid(2, 0, &[i64::MAX, i64::MAX]), (0, vec![1, 1], 0), "sums of capital have 128 bits");
    }

    proptest! {
        #[test]
        fn what_is_there_is_given_once_and_no_capital_before_all_debts(
            assets in 0i64..=1 << 52, debts in 0i64..=1 << 52, capital in proptest::collection::vec(0i64..=1 << 45, 0..40),
        ) {
            let it = Dissolution::reckon(assets, debts, &holdings(&capital)).expect("a dissolution");
            let (all, paid) = it.capital();
            prop_assert_eq!(i128::from(it.debts_paid) + paid + i128::from(it.successor), i128::from(assets));
            prop_assert!(it.missing() == 0 || (paid, it.successor) == (0, 0));
            prop_assert!(paid == all || it.successor == 0);
            for one in &it.members {
                let exact = i128::from(one.of.capital) * paid;
                prop_assert!((i128::from(one.paid) * all - exact).abs() <= all, "within a unit of its part");
            }
        }
    }
}
