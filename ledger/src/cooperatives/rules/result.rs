//! The result of a period: its sales go to the surplus, which bears its costs as far as the sales reach.
//!
//! What costs take more than that is a loss. It stays on the accounts of the costs, and the next result bears it before its own
//! costs: the surplus never falls below zero, and no loss is forgotten.

use super::cooperative::Period;
use super::undone::Undone;
use crate::book::AccountNumber;
use crate::error::Refusal;
use crate::id::{PersonId, ResultId};
use crate::money::Currency;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What is on one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnAccount {
    /// The account of sales or of costs.
    pub account: AccountNumber,
    /// Minor units, more than 0.
    pub amount: i64,
}

/// What closing a period moves, and what it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Sales of the period, minor units.
    pub sales: i64,
    /// Costs of the period, minor units.
    pub costs: i64,
    /// The loss of earlier periods that this one bears, minor units.
    pub loss_before: i64,
    /// What goes to the surplus, by account.
    pub earned: Vec<OnAccount>,
    /// What the surplus bears, by account: together no more than the sales.
    pub borne: Vec<OnAccount>,
    /// What the sales do not cover, and the next result bears, by account.
    pub carried: Vec<OnAccount>,
}

impl Closing {
    /// What is left for a distribution, minor units: less than 0 is a loss.
    pub fn net(&self) -> i64 {
        self.sales - self.costs - self.loss_before
    }
}

/// Closes the sales and costs of a period, after a result that has left `carried` behind. Of the costs, those on the account
/// with the lowest number are borne first.
///
/// # Errors
///
/// `result-too-large` for sums that one account cannot count.
pub fn close(
    sales: &[OnAccount],
    costs: &[OnAccount],
    carried: &[OnAccount],
    currency: Currency,
) -> Result<Closing, Refusal> {
    let sum = |parts: &[OnAccount]| {
        let sum: i128 = parts.iter().map(|part| i128::from(part.amount)).sum();
        // Twice as much would fit: sales less both kinds of costs then fits too.
        i64::try_from(sum).ok().filter(|sum| *sum <= i64::MAX / 2).ok_or_else(|| {
            let detail = format!("{} {currency} are more than one account can count", currency.format(sum));
            Refusal::new("result-too-large", detail)
        })
    };
    let (earned, spent, loss_before) = (sum(sales)?, sum(costs)?, sum(carried)?);
    let mut all: BTreeMap<AccountNumber, i64> = BTreeMap::new();
    for part in carried.iter().chain(costs) {
        *all.entry(part.account).or_default() += part.amount;
    }
    let mut left = earned;
    let (mut borne, mut still) = (Vec::new(), Vec::new());
    for (account, amount) in all {
        let now = amount.min(left);
        left -= now;
        borne.push(OnAccount { account, amount: now });
        still.push(OnAccount { account, amount: amount - now });
    }
    for parts in [&mut borne, &mut still] {
        parts.retain(|part| part.amount > 0);
    }
    Ok(Closing { sales: earned, costs: spent, loss_before, earned: sales.to_vec(), borne, carried: still })
}

/// The closed result of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodResult {
    /// Its id.
    pub id: ResultId,
    /// The period.
    pub period: Period,
    /// Sales of the period, minor units.
    pub sales: i64,
    /// Costs of the period, minor units.
    pub costs: i64,
    /// The loss of earlier periods that it bore first, minor units.
    pub loss_before: i64,
    /// Costs that it left on their accounts for the next result.
    pub carried: Vec<OnAccount>,
    /// Record number of its journal entry; none without sales, as nothing moved.
    pub entry: Option<i64>,
    /// Who closed it.
    pub closed_by: PersonId,
    /// When it was closed, in book time.
    pub closed_at: Timestamp,
    /// By whom and why it was opened again, if it was.
    pub undone: Option<Undone>,
}

impl PeriodResult {
    /// What is left for a distribution, minor units: less than 0 is a loss.
    pub fn net(&self) -> i64 {
        self.sales - self.costs - self.loss_before
    }

    /// Refuses with `no-surplus` when it has nothing to distribute, and says what leads on.
    pub fn demand_surplus(&self, currency: Currency) -> Result<(), Refusal> {
        if self.net() > 0 {
            return Ok(());
        }
        let [earned, spent, before] = [self.sales, self.costs, self.loss_before].map(|minor| currency.format(minor));
        let detail = format!(
            "{}: costs of {spent} and losses of {before} from before took all of the sales of {earned}; its result is closed \
             without a distribution, by POST /v1/cooperatives/{{book}}/results, and the next one bears the loss, as the rule does \
             not say who does",
            self.period
        );
        Err(Refusal::new("no-surplus", detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn on(parts: &[(i32, i64)]) -> Vec<OnAccount> {
        parts.iter().map(|(account, amount)| OnAccount { account: AccountNumber(*account), amount: *amount }).collect()
    }

    fn closed(sales: &[(i32, i64)], costs: &[(i32, i64)], carried: &[(i32, i64)]) -> Closing {
        close(&on(sales), &on(costs), &on(carried), Currency::USD).expect("small sums")
    }

    #[test]
    fn f10_a_loss_stays_on_the_accounts_of_its_costs_and_the_next_result_bears_it_first() {
        let first = closed(&[(1, 100)], &[(5, 70), (6, 80)], &[]);
        assert_eq!((first.net(), first.borne, first.carried.clone()), (-50, on(&[(5, 70), (6, 30)]), on(&[(6, 50)])));
        let second = close(&on(&[(1, 200)]), &on(&[(5, 20)]), &first.carried, Currency::USD).expect("small sums");
        assert_eq!((second.loss_before, second.net()), (50, 130));
        assert_eq!((second.borne, second.carried), (on(&[(5, 20), (6, 50)]), on(&[])));
        let nothing = closed(&[], &[], &[(6, 50)]);
        assert_eq!((nothing.net(), nothing.borne, nothing.carried), (-50, on(&[]), on(&[(6, 50)])));
    }

    proptest! {
        #[test]
        fn f10_whatever_periods_bring_the_surplus_is_never_negative_and_nothing_is_lost(
            periods in prop::collection::vec((0..500i64, 0..500i64, 0..500i64), 1..12)
        ) {
            let (mut carried, mut surplus, mut all) = (Vec::new(), 0, 0);
            for (sales, wood, ink) in periods {
                let part = |account, amount| OnAccount { account: AccountNumber(account), amount };
                let some = |parts: &[OnAccount]| -> Vec<OnAccount> {
                    parts.iter().copied().filter(|part| part.amount > 0).collect()
                };
                let (sold, costs) = (some(&[part(1, sales)]), some(&[part(2, wood), part(3, ink)]));
                let closing = close(&sold, &costs, &carried, Currency::USD).expect("small sums");
                let sum = |parts: &[OnAccount]| parts.iter().map(|part| part.amount).sum::<i64>();
                let gained = sum(&closing.earned) - sum(&closing.borne);
                prop_assert!(gained >= 0);
                prop_assert_eq!(gained - sum(&closing.carried), closing.net());
                prop_assert!(gained == 0 || closing.carried.is_empty(), "a surplus leaves no loss behind");
                surplus += gained;
                all += sales - wood - ink;
                carried = closing.carried;
                prop_assert_eq!(surplus - sum(&carried), all);
            }
        }
    }
}
