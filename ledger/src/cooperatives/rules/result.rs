//! The result of a period: its sales and what else the book earned go to the surplus, which bears its costs as far as they reach.
//!
//! What costs take more than that is a loss. It stays on the accounts of the costs, and the next result bears it before its own
//! costs: the surplus never falls below zero, and no loss is forgotten.
//!
//! Sales and costs count by the day on which they happened. What else the book earned or paid, such as charges of its bank and what
//! the bank paid, counts with all that has taken effect by the last day and that no earlier result has counted.

use super::cooperative::Period;
use super::undone::Undone;
use crate::book::{AccountClass, AccountNumber};
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

/// Classes of what a result counts besides sales and costs.
pub const OTHER: &[AccountClass] =
    &[AccountClass::InterestIncome, AccountClass::ExchangeGain, AccountClass::BankCharges, AccountClass::ExchangeLoss];

/// Why a result leaves an account of income or expenses out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Fees that the host earned of charges: a charge that is refunded takes its fee back with it.
    GoesBackWithRefunds,
    /// People keep it by raw entries: no operation brings what is behind it to where shares are paid from.
    KeptByHand,
}

impl Why {
    /// Its name outside.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::GoesBackWithRefunds => "goes_back_with_refunds",
            Why::KeptByHand => "kept_by_hand",
        }
    }
}

/// Classes that a result leaves out, and why.
pub const LEFT_OUT: &[(AccountClass, Why)] = &[
    (AccountClass::FeeIncome, Why::GoesBackWithRefunds),
    (AccountClass::Income, Why::KeptByHand),
    (AccountClass::Expense, Why::KeptByHand),
];

/// What a result has left out: an account with what was on it at the end of the period.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeftOut {
    /// Code of the account.
    pub account: String,
    /// Minor units, on the account's own side.
    pub amount: i64,
    /// Why.
    pub why: Why,
}

/// What a result counts, by account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Sales of the period.
    pub sales: Vec<OnAccount>,
    /// Costs of the period.
    pub costs: Vec<OnAccount>,
    /// What else was earned.
    pub other_income: Vec<OnAccount>,
    /// What else was paid.
    pub other_costs: Vec<OnAccount>,
}

/// What closing a period moves, and what it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Sales of the period, minor units.
    pub sales: i64,
    /// Costs of the period, minor units.
    pub costs: i64,
    /// What else was earned, minor units.
    pub other_income: i64,
    /// What else was paid, minor units.
    pub other_costs: i64,
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
        self.sales + self.other_income - self.costs - self.other_costs - self.loss_before
    }
}

/// Closes what a period counts, after a result that has left `carried` behind. Of the costs, those on the account with the lowest
/// number are borne first.
///
/// # Errors
///
/// `result-too-large` for sums that one account cannot count.
pub fn close(counted: &Counted, carried: &[OnAccount], currency: Currency) -> Result<Closing, Refusal> {
    let sum = |parts: &[OnAccount]| {
        let sum: i128 = parts.iter().map(|part| i128::from(part.amount)).sum();
        // Four times as much would fit: what was earned less all kinds of costs then fits too.
        i64::try_from(sum).ok().filter(|sum| *sum <= i64::MAX / 4).ok_or_else(|| {
            let detail = format!("{} {currency} are more than one account can count", currency.format(sum));
            Refusal::new("result-too-large", detail)
        })
    };
    let (sales, costs, loss_before) = (sum(&counted.sales)?, sum(&counted.costs)?, sum(carried)?);
    let (other_income, other_costs) = (sum(&counted.other_income)?, sum(&counted.other_costs)?);
    let mut all: BTreeMap<AccountNumber, i64> = BTreeMap::new();
    for part in carried.iter().chain(&counted.costs).chain(&counted.other_costs) {
        *all.entry(part.account).or_default() += part.amount;
    }
    let mut left = sales + other_income;
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
    let earned = counted.sales.iter().chain(&counted.other_income).copied().collect();
    Ok(Closing { sales, costs, other_income, other_costs, loss_before, earned, borne, carried: still })
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
    /// What else was earned, minor units.
    pub other_income: i64,
    /// What else was paid, minor units.
    pub other_costs: i64,
    /// The loss of earlier periods that it bore first, minor units.
    pub loss_before: i64,
    /// What it has not counted, and why.
    pub left_out: Vec<LeftOut>,
    /// Costs that it left on their accounts for the next result.
    pub carried: Vec<OnAccount>,
    /// Record number of its journal entry; none when nothing was earned, as nothing moved.
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
        self.sales + self.other_income - self.costs - self.other_costs - self.loss_before
    }

    /// Refuses with `no-surplus` when it has nothing to distribute, and says what leads on.
    pub fn demand_surplus(&self, currency: Currency) -> Result<(), Refusal> {
        if self.net() > 0 {
            return Ok(());
        }
        let [earned, spent, before] = [self.sales + self.other_income, self.costs + self.other_costs, self.loss_before]
            .map(|minor| currency.format(minor));
        let detail = format!(
            "{}: costs of {spent} and losses of {before} from before took all of what it earned, {earned}; its result is closed \
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
        let counted = Counted { sales: on(sales), costs: on(costs), ..Counted::default() };
        close(&counted, &on(carried), Currency::USD).expect("small sums")
    }

    #[test]
    fn f10_a_loss_stays_on_the_accounts_of_its_costs_and_the_next_result_bears_it_first() {
        let first = closed(&[(1, 100)], &[(5, 70), (6, 80)], &[]);
        assert_eq!((first.net(), first.borne, first.carried.clone()), (-50, on(&[(5, 70), (6, 30)]), on(&[(6, 50)])));
        let counted = Counted { sales: on(&[(1, 200)]), costs: on(&[(5, 20)]), ..Counted::default() };
        let second = close(&counted, &first.carried, Currency::USD).expect("small sums");
        assert_eq!((second.loss_before, second.net()), (50, 130));
        assert_eq!((second.borne, second.carried), (on(&[(5, 20), (6, 50)]), on(&[])));
        let nothing = closed(&[], &[], &[(6, 50)]);
        assert_eq!((nothing.net(), nothing.borne, nothing.carried), (-50, on(&[]), on(&[(6, 50)])));
    }

    #[test]
    fn what_the_bank_took_and_paid_is_in_the_net_and_each_account_gives_all_it_has() {
        let counted = Counted {
            sales: on(&[(1, 1_200_000)]),
            costs: on(&[(5, 100_000)]),
            other_income: on(&[(2, 325)]),
            other_costs: on(&[(6, 1_250)]),
        };
        let closing = close(&counted, &[], Currency::USD).expect("small sums");
        assert_eq!(closing.net(), 1_099_075);
        assert_eq!((closing.earned, closing.borne), (on(&[(1, 1_200_000), (2, 325)]), on(&[(5, 100_000), (6, 1_250)])));
        let fees = Counted { other_costs: on(&[(6, 1_250)]), ..Counted::default() };
        let loss = close(&fees, &[], Currency::USD).expect("small sums");
        assert_eq!((loss.net(), loss.earned, loss.carried), (-1_250, on(&[]), on(&[(6, 1_250)])));
    }

    proptest! {
        #[test]
        fn f10_whatever_periods_bring_the_surplus_is_never_negative_and_nothing_is_lost(
            periods in prop::collection::vec((0..500i64, 0..500i64, 0..500i64, 0..90i64, 0..90i64), 1..12)
        ) {
            let (mut carried, mut surplus, mut all) = (Vec::new(), 0, 0);
            for (sales, wood, ink, paid, fees) in periods {
                let part = |account, amount| OnAccount { account: AccountNumber(account), amount };
                let some = |parts: &[OnAccount]| -> Vec<OnAccount> {
                    parts.iter().copied().filter(|part| part.amount > 0).collect()
                };
                let counted = Counted {
                    sales: some(&[part(1, sales)]),
                    costs: some(&[part(2, wood), part(3, ink)]),
                    other_income: some(&[part(4, paid)]),
                    other_costs: some(&[part(5, fees)]),
                };
                let closing = close(&counted, &carried, Currency::USD).expect("small sums");
                let sum = |parts: &[OnAccount]| parts.iter().map(|part| part.amount).sum::<i64>();
                let gained = sum(&closing.earned) - sum(&closing.borne);
                prop_assert!(gained >= 0);
                prop_assert_eq!(gained - sum(&closing.carried), closing.net());
                prop_assert!(gained == 0 || closing.carried.is_empty(), "a surplus leaves no loss behind");
                surplus += gained;
                all += sales + paid - wood - ink - fees;
                carried = closing.carried;
                prop_assert_eq!(surplus - sum(&carried), all);
            }
        }
    }
}
