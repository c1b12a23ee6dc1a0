//! What a member pays to join, in parts: of each some goes to the reserve and is never returned, the rest is the member's capital.
//!
//! The parts are alike but for a minor unit, the larger ones first. What of each goes to the reserve is rounded with the remainder that
//! the parts before it have left, so that at the end the reserve has its percentage of the whole.

use super::cooperative::Percent;
use crate::error::Refusal;
use crate::id::{BankLineId, JoiningContributionId, MemberId, PersonId};
use crate::money::Money;
use crate::money::allocation::{self, Claim};
use jiff::Timestamp;

/// The most parts that a joining contribution has: fifty years of months.
pub const PARTS_MAX: i32 = 600;

/// What paid a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidBy {
    /// The line of the bank.
    pub line: BankLineId,
    /// Record number of its journal entry.
    pub entry: i64,
}

/// A part of a joining contribution. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoiningPart {
    /// Its place, from 1: the order in which parts are paid.
    pub number: i32,
    /// How much it is, more than 0.
    pub amount: i64,
    /// What of it goes to the reserve.
    pub to_reserve: i64,
    /// What paid it; none while it is not paid.
    pub paid_by: Option<PaidBy>,
}

impl JoiningPart {
    /// What of it is the member's capital, minor units.
    pub fn to_capital(&self) -> i64 {
        self.amount - self.to_reserve
    }
}

/// Divides an amount into parts, and each between the reserve and the member's capital.
///
/// # Errors
///
/// `no-weights` for no parts at all.
pub fn divide(amount: i64, parts: i32, reserve: Percent) -> Result<Vec<JoiningPart>, Refusal> {
    let amounts = allocation::largest_remainder(amount, &vec![1; usize::try_from(parts).unwrap_or_default()])?;
    let weights = [reserve.hundredths(), Percent::WHOLE.hundredths().saturating_sub(reserve.hundredths())];
    let mut claims = weights.map(|weight| Claim { weight, carry: 0 });
    let mut plan = Vec::with_capacity(amounts.len());
    for (number, amount) in (1..).zip(amounts) {
        let divided = allocation::divide(amount, &claims)?;
        for (claim, part) in claims.iter_mut().zip(&divided) {
            claim.carry = part.carry;
        }
        plan.push(JoiningPart { number, amount, to_reserve: divided[0].amount, paid_by: None });
    }
    let of_reserve: i128 = plan.iter().map(|part| i128::from(part.to_reserve)).sum();
    let away =
        of_reserve * i128::from(Percent::WHOLE.hundredths()) - i128::from(amount) * i128::from(reserve.hundredths());
    assert!(away.abs() <= 5_000, "the reserve has its percentage of the whole, rounded once");
    Ok(plan)
}

/// By whom and why what remained was cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    /// Who cancelled it.
    pub by: PersonId,
    /// When, in book time.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Where a joining contribution stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoiningState {
    /// Parts are to be paid.
    Open,
    /// All parts are paid.
    Paid,
    /// What remained was cancelled.
    Cancelled(Cancelled),
}

impl JoiningState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            JoiningState::Open => "open",
            JoiningState::Paid => "paid",
            JoiningState::Cancelled(_) => "cancelled",
        }
    }

    /// By whom and why it was cancelled, if it was.
    pub fn cancelled(&self) -> Option<&Cancelled> {
        match self {
            JoiningState::Cancelled(cancelled) => Some(cancelled),
            JoiningState::Open | JoiningState::Paid => None,
        }
    }
}

/// What a member pays to join. Its parts are rows of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoiningContribution {
    /// Its id.
    pub id: JoiningContributionId,
    /// Who pays it.
    pub member: MemberId,
    /// All parts together.
    pub amount: Money,
    /// How many parts it has.
    pub parts: i32,
    /// How many of them are paid: the first ones.
    pub parts_paid: i32,
    /// How much of it is never returned.
    pub reserve: Percent,
    /// Text for people.
    pub memo: String,
    /// Who wrote it down.
    pub granted_by: PersonId,
    /// When it was written down, in book time.
    pub granted_at: Timestamp,
    /// Where it stands.
    pub state: JoiningState,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
}

impl JoiningContribution {
    /// How many of the next parts an amount pays, which are the unpaid ones in their order.
    ///
    /// # Errors
    ///
    /// `joining-parts-differ` when the amount is not the sum of one or more of them.
    pub fn parts_paid_by(&self, minor: i64, next: &[JoiningPart]) -> Result<usize, Refusal> {
        let mut sum = 0;
        for (index, part) in next.iter().enumerate() {
            sum += part.amount;
            if sum == minor {
                return Ok(index + 1);
            }
            if sum > minor {
                break;
            }
        }
        Err(self.refuse_amount(minor, next))
    }

    fn refuse_amount(&self, minor: i64, next: &[JoiningPart]) -> Refusal {
        let currency = self.amount.currency();
        let said = |minor: i64| currency.format(minor);
        let first = next.first().map_or(0, |part| part.amount);
        let detail = format!(
            "{} {currency} are not whole parts of {}: the next part, {} of {}, is {} {currency}",
            said(minor),
            self.id,
            self.parts_paid + 1,
            self.parts,
            said(first),
        );
        Refusal::new("joining-parts-differ", detail)
    }

    /// The same with so many more parts paid.
    #[must_use]
    pub fn paid_on(self, more: i32) -> JoiningContribution {
        let parts_paid = self.parts_paid + more;
        let state = if parts_paid == self.parts { JoiningState::Paid } else { self.state };
        JoiningContribution { parts_paid, state, ..self }
    }

    /// The same with only these first parts paid: it waits for the others again, but for one that was cancelled.
    #[must_use]
    pub fn paid_back_to(self, parts_paid: i32) -> JoiningContribution {
        let state = match self.state {
            JoiningState::Open | JoiningState::Paid => JoiningState::Open,
            JoiningState::Cancelled(cancelled) => JoiningState::Cancelled(cancelled),
        };
        JoiningContribution { parts_paid, state, ..self }
    }

    /// Cancels the parts that remain; refused with `joining-state` when none does.
    pub fn cancel(self, cancelled: Cancelled) -> Result<JoiningContribution, Refusal> {
        match &self.state {
            JoiningState::Open => Ok(JoiningContribution { state: JoiningState::Cancelled(cancelled), ..self }),
            JoiningState::Paid => {
                Err(Refusal::new("joining-state", "all of its parts are paid: take back their lines of the bank"))
            }
            JoiningState::Cancelled(before) => {
                Err(Refusal::new("joining-state", format!("it was cancelled at {}", before.at)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn percent(text: &str) -> Percent {
        text.parse().expect("a percentage")
    }

    fn plan(amount: i64, parts: i32, reserve: &str) -> Vec<JoiningPart> {
        divide(amount, parts, percent(reserve)).expect("one part or more")
    }

    fn contribution(amount: i64, parts: i32) -> JoiningContribution {
        let book = BookId(1);
        JoiningContribution {
            id: JoiningContributionId::generate(book),
            member: MemberId::generate(book),
            amount: Money::from_minor(amount, Currency::USD).expect("an amount"),
            parts,
            parts_paid: 0,
            reserve: percent("25"),
            memo: String::new(),
            granted_by: PersonId::generate(),
            granted_at: Timestamp::UNIX_EPOCH,
            state: JoiningState::Open,
            version: 1,
        }
    }

    #[test]
    fn k14_sixteen_thousand_in_24_parts_are_16_larger_and_8_smaller_ones_and_a_quarter_stays() {
        let plan = plan(1_600_000, 24, "25");
        let amounts: Vec<i64> = plan.iter().map(|part| part.amount).collect();
        assert_eq!((&amounts[..16], &amounts[16..]), (&[66_667; 16][..], &[66_666; 8][..]));
        assert!(plan.iter().all(|part| [16_666, 16_667].contains(&part.to_reserve)), "{plan:?}");
        assert_eq!(plan.iter().map(|part| part.to_reserve).sum::<i64>(), 400_000);
        assert_eq!(plan.iter().map(JoiningPart::to_capital).sum::<i64>(), 1_200_000);
        let first: Vec<i64> = plan.iter().take(4).map(|part| part.to_reserve).collect();
        assert_eq!(first, [16_667, 16_667, 16_666, 16_667], "0.6675, 1.3350, 2.0025 and 2.6700 of them, rounded");
    }

    #[test]
    fn a_contribution_goes_to_the_reserve_as_a_whole_or_not_at_all() {
        assert!(plan(1_001, 7, "100").iter().all(|part| part.to_capital() == 0));
        assert!(plan(1_001, 7, "0").iter().all(|part| part.to_reserve == 0));
        assert_eq!(plan(1, 1, "50").iter().map(|part| part.to_reserve).sum::<i64>(), 1, "a half goes to the reserve");
        assert_eq!(divide(1, 0, Percent::ZERO).expect_err("no parts").code, "no-weights");
    }

    #[test]
    fn an_amount_pays_the_next_parts_in_their_order_or_none() {
        let (it, parts) = (contribution(1_000, 3), plan(1_000, 3, "25"));
        let amounts: Vec<i64> = parts.iter().map(|part| part.amount).collect();
        assert_eq!(amounts, [334, 333, 333]);
        assert_eq!([334, 667, 1_000].map(|minor| it.parts_paid_by(minor, &parts)), [Ok(1), Ok(2), Ok(3)]);
        for minor in [1, 333, 335, 666, 999, 1_001] {
            let refused = it.parts_paid_by(minor, &parts).expect_err("no whole parts");
            assert_eq!(refused.code, "joining-parts-differ");
            assert!(refused.detail.ends_with("the next part, 1 of 3, is 3.34 USD"), "{}", refused.detail);
        }
    }

    #[test]
    fn a_contribution_is_paid_with_its_last_part_waits_again_when_that_is_taken_back_and_stays_cancelled() {
        let half = contribution(1_000, 3).paid_on(2);
        assert_eq!((half.parts_paid, half.state.as_str()), (2, "open"));
        let whole = half.clone().paid_on(1);
        assert_eq!((whole.parts_paid, whole.state.as_str()), (3, "paid"));
        let cancelled = Cancelled { by: PersonId::generate(), at: Timestamp::UNIX_EPOCH, reason: "She moves".into() };
        assert_eq!(whole.clone().cancel(cancelled.clone()).expect_err("nothing remains").code, "joining-state");
        assert_eq!((whole.clone().paid_back_to(2).parts_paid, whole.paid_back_to(2).state.as_str()), (2, "open"));
        let ended = half.cancel(cancelled.clone()).expect("a part remains");
        assert_eq!(ended.state.cancelled(), Some(&cancelled));
        assert_eq!(ended.clone().paid_back_to(0).state, JoiningState::Cancelled(cancelled.clone()));
        assert_eq!(ended.cancel(cancelled).expect_err("it is cancelled").code, "joining-state");
    }

    proptest! {
        #[test]
        fn k14_parts_add_up_the_larger_ones_come_first_and_the_reserve_never_lags_by_a_whole_unit(
            amount in 1i64..=9_007_199_254_740_991, parts in 1i32..=PARTS_MAX, hundredths in 0u64..=10_000,
        ) {
            prop_assume!(amount >= i64::from(parts));
            let reserve = Percent::from_hundredths(hundredths);
            let plan = divide(amount, parts, reserve).expect("parts");
            prop_assert_eq!(plan.iter().map(|part| part.amount).sum::<i64>(), amount);
            prop_assert!(plan.is_sorted_by(|one, next| one.amount >= next.amount && next.number == one.number + 1));
            prop_assert!(plan[0].amount - plan[plan.len() - 1].amount <= 1);
            let (mut so_far, mut of_reserve) = (0i128, 0i128);
            for part in &plan {
                prop_assert!(part.to_reserve >= 0 && part.to_capital() >= 0);
                so_far += i128::from(part.amount);
                of_reserve += i128::from(part.to_reserve);
                let away = of_reserve * 10_000 - so_far * i128::from(hundredths);
                prop_assert!(away.abs() <= 5_000, "after part {}: {away} ten-thousandths", part.number);
            }
        }
    }
}
