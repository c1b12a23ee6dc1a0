//! What a distribution is computed from: a period's result, what lies where, and its members with what they contributed.

use super::allocation_rule::{Patronage, Pot};
use super::cooperative::{Hours, Index, Percent, Quantity, Service};
use super::member_index::IndexedHours;
use super::valuation::Valued;
use crate::id::MemberId;
use crate::money::allocation::Claim;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One member as a period saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberInput {
    /// The member's id.
    pub member: MemberId,
    /// Number in the cooperative: the stable order that decides ties.
    pub number: i32,
    /// The member's group, such as `workers`.
    pub group: String,
    /// Attested hours of the period.
    pub hours: Hours,
    /// Billionths of a minor unit carried over from the last distribution.
    pub carry: i64,
    /// The member's capital, minor units; 0 where the rule asks for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub capital: i64,
    /// Attested units of the period.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub units: Quantity,
    /// Attested points of the period.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub points: Quantity,
    /// The attested hours by the index at which they count; empty where the rule asks for none. Hours that are not among them count
    /// at 1.00.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexed: Vec<IndexedHours>,
    /// What was attested of the period, at what the rule says that it is worth; empty where nobody shares by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valued: Vec<Valued>,
    /// What of advances and earlier losses stands against the member's shares, minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stands: i64,
    /// Whether the person works there and is no member: nothing of its share is retained, and it bears no loss.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_employee: bool,
    /// For how long it has been there; none where the rule does not ask, or nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
}

impl MemberInput {
    /// A member who has contributed nothing and has nothing.
    pub fn new(member: MemberId, number: i32, group: impl Into<String>) -> MemberInput {
        MemberInput {
            member,
            number,
            group: group.into(),
            hours: Hours::ZERO,
            carry: 0,
            capital: 0,
            units: Quantity::ZERO,
            points: Quantity::ZERO,
            indexed: Vec::new(),
            valued: Vec::new(),
            stands: 0,
            is_employee: false,
            service: None,
        }
    }

    /// By what it has a share in a group, with what it carries.
    pub(super) fn claim(&self, by: Patronage) -> Claim {
        let weight = match by {
            Patronage::Equal => 1,
            Patronage::Hours => self.hours.hundredths(),
            Patronage::Capital => self.capital.unsigned_abs(),
            Patronage::Units | Patronage::Points => self.counted(by).hundredths(),
            Patronage::IndexedHours => self.weighed_hours(),
            Patronage::Value => self.valued.iter().map(Valued::weight).fold(0, u64::saturating_add),
        };
        Claim { weight, carry: self.carry }
    }

    /// The units or points by which a group shares; nothing where it shares by something else.
    pub(super) fn counted(&self, by: Patronage) -> Quantity {
        match by {
            Patronage::Units => self.units,
            Patronage::Points => self.points,
            Patronage::Equal | Patronage::Hours | Patronage::Capital | Patronage::IndexedHours | Patronage::Value => {
                Quantity::ZERO
            }
        }
    }

    /// Hours times their index, in hundredths of hundredths. No rounding: both are whole hundredths.
    fn weighed_hours(&self) -> u64 {
        let weigh = |it: &IndexedHours| it.hours.hundredths().saturating_mul(it.index.hundredths());
        let weighed: u64 = self.indexed.iter().map(weigh).fold(0, u64::saturating_add);
        let listed: u64 = self.indexed.iter().map(|it| it.hours.hundredths()).fold(0, u64::saturating_add);
        let others = self.hours.hundredths().saturating_sub(listed);
        weighed.saturating_add(others.saturating_mul(Index::ONE.hundredths()))
    }
}

/// All that a distribution is computed from, besides the rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Sales of the period, minor units.
    pub gross: i64,
    /// The result of the period, minor units: sales and what else was earned, less all costs.
    pub net: i64,
    /// How much of the sales was business with others than members, minor units; 0 where no step asks for it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub non_member: i64,
    /// What each lender has had so far, minor units by short name.
    pub repaid: BTreeMap<String, i64>,
    /// What stands of the loans of lenders, minor units by short name; lenders of whom the book has no loan are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loans: BTreeMap<String, i64>,
    /// What lies in each pot that a step fills to a target, minor units.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pots: BTreeMap<Pot, i64>,
    /// The most that the members' capital together has ever been, minor units; 0 where no step asks for it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub highest_capital: i64,
    /// The members of the period, in any order.
    pub members: Vec<MemberInput>,
    /// Days of the period; 0 where no step asks for them.
    #[serde(default, skip_serializing_if = "is_no_day")]
    pub days: u64,
    /// Those who have capital and were no members in the period; empty where the rule asks for no capital.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<MemberInput>,
    /// What lies in the indivisible reserve, minor units; 0 where there is no loss.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reserve: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
pub(super) fn is_zero(amount: &i64) -> bool {
    *amount == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
pub(super) fn is_nothing(quantity: &Quantity) -> bool {
    *quantity == Quantity::ZERO
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(it: &bool) -> bool {
    !*it
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_no_day(days: &u64) -> bool {
    *days == 0
}

impl Inputs {
    /// Those who have capital.
    pub(super) fn holders(&self) -> impl Iterator<Item = &MemberInput> {
        self.members.iter().chain(&self.former).filter(|holder| holder.capital > 0)
    }

    /// So much of the part of an amount that sales to others than members have of all sales, rounded once, a half upwards; nothing where
    /// nothing was sold.
    pub(super) fn of_non_member(&self, percent: Percent, amount: i64) -> i64 {
        let (gross, others) = (i128::from(self.gross), i128::from(self.non_member.clamp(0, self.gross.max(0))));
        if gross <= 0 {
            return 0;
        }
        // Whole units first and then hundredths of a percent, so that no product passes what can be counted.
        let (exact, percent) = (i128::from(amount) * others, i128::from(percent.hundredths()));
        let hundredths = exact / gross * percent + exact % gross * percent / gross;
        i64::try_from((hundredths + 5_000) / 10_000).unwrap_or(i64::MAX)
    }

    /// Interest at a rate a year on all capital, for the days of the period: actual days over 365, a half upwards.
    pub(super) fn interest_at(&self, rate: Percent) -> i64 {
        let capital: i128 = self.holders().map(|holder| i128::from(holder.capital)).sum();
        let exact = capital * i128::from(rate.hundredths()) * i128::from(self.days);
        let a_year = 10_000 * 365;
        i64::try_from((exact + a_year / 2) / a_year).unwrap_or(i64::MAX)
    }
}
