//! Who gets what of a period's net, or bears what of its loss: what a rule makes of it, and what is posted.

use super::allocation_rule::{Patronage, Pot};
use super::cooperative::{Hours, Quantity};
use super::inputs::{is_nothing, is_zero};
use super::member_index::IndexedHours;
use super::valuation::Valued;
use crate::chart;
use crate::id::MemberId;
use serde::{Deserialize, Serialize};

/// Part of a pot or of a lender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPart {
    /// Index of the step in the rule, from 0.
    pub step: usize,
    /// The pot or lender that receives it.
    pub to: Recipient,
    /// What goes there, minor units, more than 0.
    pub amount: i64,
    /// How much of it is what the lender has lent, minor units: it is paid of the loan, and as much of the surplus goes to the reserve.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub principal: i64,
    /// Of a part that business with others than members has brought, how much of the sales that was, minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub non_member: i64,
}

/// Who receives the part of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A pot of the cooperative.
    Pot(Pot),
    /// A lender, by short name.
    Lender(String),
}

/// Part of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPart {
    /// The member's id.
    pub member: MemberId,
    /// Number in the cooperative.
    pub number: i32,
    /// The member's group, such as `workers`.
    pub group: String,
    /// How its group shares.
    pub by: Patronage,
    /// Attested hours of the period.
    pub hours: Hours,
    /// What is payable to the member, with its interest; minor units.
    pub cash: i64,
    /// Minor units that become the member's capital.
    pub retained: i64,
    /// How much of the cash is interest on the member's capital, minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub interest: i64,
    /// The capital that counted, minor units; 0 where the rule asks for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub capital: i64,
    /// The attested units or points, where the group shares by them.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub counted: Quantity,
    /// The hours by the index at which they counted, where the group shares by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexed: Vec<IndexedHours>,
    /// What was contributed, at what the rule says that it is worth, where the group shares by its value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valued: Vec<Valued>,
    /// Billionths of a minor unit carried over to the next distribution.
    pub carry: i64,
    /// How much of the share advances and earlier losses take, which stood against it; minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub netted: i64,
    /// The member's part of a loss, minor units; 0 where a surplus is shared.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub loss: i64,
    /// What of that part the member's capital cannot bear: it stands against the next shares.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stands: i64,
}

/// What a rule makes of a period: parts that add up to its net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Parts of the steps before the members.
    pub steps: Vec<StepPart>,
    /// Parts of the members, by number.
    pub members: Vec<MemberPart>,
    /// What of a loss the reserve bears, minor units; 0 where a surplus is shared.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub from_reserve: i64,
}

/// Something of a plan that goes to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The account.
    pub account: chart::Account,
    /// Minor units, more than 0.
    pub amount: i64,
}

impl MemberPart {
    /// Whether the member has more than interest.
    pub fn shares(&self) -> bool {
        self.cash > self.interest || self.retained > 0 || self.netted > 0
    }

    /// All that the member has of a surplus, with interest and with what advances and earlier losses take of it; minor units.
    pub fn share(&self) -> i64 {
        self.cash + self.retained + self.netted
    }

    /// What goes of a surplus to which account of the member; nothing of zero.
    pub fn credits(&self) -> Vec<Credit> {
        let all = [
            Credit { account: chart::member_payable(self.number), amount: self.cash },
            Credit { account: chart::member_capital(self.number), amount: self.retained },
            Credit { account: chart::member_receivable(self.number), amount: self.netted },
        ];
        all.into_iter().filter(|credit| credit.amount > 0).collect()
    }

    /// What of a loss is taken of which account of the member; nothing of zero.
    pub fn bearers(&self) -> Vec<Credit> {
        let all = [
            Credit { account: chart::member_capital(self.number), amount: self.from_capital() },
            Credit { account: chart::member_receivable(self.number), amount: self.stands },
        ];
        all.into_iter().filter(|credit| credit.amount > 0).collect()
    }

    /// What the member's capital bears of a loss, minor units.
    pub fn from_capital(&self) -> i64 {
        self.loss - self.stands
    }
}

impl Recipient {
    /// Its account.
    pub fn account(&self) -> chart::Account {
        match self {
            Recipient::Pot(pot) => pot.account(),
            Recipient::Lender(name) => chart::lender_payable(name),
        }
    }
}

impl Plan {
    /// What goes of the surplus to which account, in the order of the plan; nothing of zero.
    pub fn credits(&self) -> Vec<Credit> {
        credits(&self.steps).into_iter().chain(self.members.iter().flat_map(MemberPart::credits)).collect()
    }

    /// Minor units of interest on capital, all together.
    pub fn interest(&self) -> i64 {
        self.members.iter().map(|part| part.interest).sum()
    }

    /// Minor units of all parts together.
    pub fn total(&self) -> i64 {
        let steps: i64 = self.steps.iter().map(|part| part.amount).sum();
        steps + self.members.iter().map(MemberPart::share).sum::<i64>()
    }

    /// Minor units of a loss that it divides.
    pub fn loss(&self) -> i64 {
        self.from_reserve + self.members.iter().map(|part| part.loss).sum::<i64>()
    }

    /// What of a loss is taken of which account, in the order of the plan; nothing of zero.
    pub fn bearers(&self) -> Vec<Credit> {
        let reserve = Credit { account: chart::reserve(), amount: self.from_reserve };
        let reserve = std::iter::once(reserve).filter(|it| it.amount > 0);
        reserve.chain(self.members.iter().flat_map(MemberPart::bearers)).collect()
    }
}

/// What goes of the surplus to which account by the steps before the members, in their order; nothing of zero. Where a lender is paid of its
/// loan, the surplus that is saved goes to the reserve ([`principals`]).
pub fn credits(steps: &[StepPart]) -> Vec<Credit> {
    let parts = steps.iter().flat_map(|part| {
        [
            Credit { account: part.to.account(), amount: part.amount - part.principal },
            Credit { account: Pot::Reserve.account(), amount: part.principal },
        ]
    });
    parts.filter(|credit| credit.amount > 0).collect()
}

/// The lenders who are paid of what they have lent, each with how much of it, minor units.
pub fn principals(steps: &[StepPart]) -> impl Iterator<Item = (&str, i64)> {
    steps.iter().filter(|part| part.principal > 0).filter_map(|part| match &part.to {
        Recipient::Lender(name) => Some((name.as_str(), part.principal)),
        Recipient::Pot(_) => None,
    })
}
