//! What a rule makes of a period's net: each step takes its part, and at the end the members share whatever is left.
//!
//! Rounding, said aloud: all shares of the same base (gross, or net) are rounded together, with the rest of that base as the
//! last party, by [`crate::money::allocation`]; what is left after all steps is divided among the groups in the same way, and
//! each group's part among its members, this time with their carries. A step never takes more than what is left.

use super::allocation_rule::{Base, Group, Patronage, Pot, Rule, Step};
use super::cooperative::{Hours, Percent};
use crate::chart;
use crate::error::{Error, Refusal};
use crate::id::MemberId;
use crate::money::allocation::{self, Claim};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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
}

/// All that a distribution is computed from, besides the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Sales of the period, minor units.
    pub gross: i64,
    /// Sales less costs, minor units.
    pub net: i64,
    /// What each lender has had so far, minor units by short name.
    pub repaid: BTreeMap<String, i64>,
    /// The members of the period, in any order.
    pub members: Vec<MemberInput>,
}

/// Part of a pot or of a lender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPart {
    /// Index of the step in the rule, from 0.
    pub step: usize,
    /// The pot or lender that receives it.
    pub to: Recipient,
    /// What goes there, minor units, more than 0.
    pub amount: i64,
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
    /// What is payable to the member, minor units.
    pub cash: i64,
    /// Minor units that become the member's capital.
    pub retained: i64,
    /// Billionths of a minor unit carried over to the next distribution.
    pub carry: i64,
}

/// What a rule makes of a period: parts that add up to its net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Parts of the steps before the members.
    pub steps: Vec<StepPart>,
    /// Parts of the members, by number.
    pub members: Vec<MemberPart>,
}

/// Something of a plan that goes to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The account.
    pub account: chart::Account,
    /// Minor units, more than 0.
    pub amount: i64,
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
    /// What goes to which account, in the order of the plan; nothing of zero.
    pub fn credits(&self) -> Vec<Credit> {
        let steps = self.steps.iter().map(|part| Credit { account: part.to.account(), amount: part.amount });
        let members = self.members.iter().flat_map(|part| {
            [
                Credit { account: chart::member_payable(part.number), amount: part.cash },
                Credit { account: chart::member_capital(part.number), amount: part.retained },
            ]
        });
        steps.chain(members).filter(|credit| credit.amount > 0).collect()
    }

    /// Minor units of all parts together.
    pub fn total(&self) -> i64 {
        let steps: i64 = self.steps.iter().map(|part| part.amount).sum();
        steps + self.members.iter().map(|part| part.cash + part.retained).sum::<i64>()
    }
}

/// SHA-256 of a value's JSON as this program writes it, which is the same for the same value.
pub fn digest(value: &impl Serialize) -> Result<[u8; 32], Error> {
    let text = serde_json::to_vec(value).map_err(|error| Error::inconsistent(error.to_string()))?;
    Ok(Sha256::digest(&text).into())
}

/// Divides a period's net by a rule.
///
/// ```
/// use ledger::cooperatives::rules::allocation_rule::{Base, Group, Patronage, Pot, Rule, Step};
/// use ledger::cooperatives::rules::cooperative::{Hours, Percent};
/// use ledger::cooperatives::rules::waterfall::{Inputs, MemberInput, distribute};
/// use ledger::id::{BookId, MemberId};
///
/// // A tenth of the net is kept for development; the members share the rest by their hours.
/// let workers = Group { group: "workers".into(), percent: Percent::WHOLE, by: Patronage::Hours };
/// let steps = vec![
///     Step::Share { of: Base::Net, percent: "10".parse()?, to: Pot::DevelopmentFund },
///     Step::Members { groups: vec![workers], retained: Percent::ZERO },
/// ];
/// let member = |number, hours: &str| {
///     let (member, hours) = (MemberId::generate(BookId(1)), hours.parse::<Hours>()?);
///     Ok::<_, Box<dyn std::error::Error>>(MemberInput { member, number, group: "workers".into(), hours, carry: 0 })
/// };
/// let members = vec![member(1, "100")?, member(2, "50")?];
/// let inputs = Inputs { gross: 12_000, net: 10_000, repaid: Default::default(), members };
///
/// let plan = distribute(&Rule { steps }, &inputs)?;
/// assert_eq!((plan.steps[0].amount, plan.members[0].cash, plan.members[1].cash), (1_000, 6_000, 3_000));
/// assert_eq!(plan.total(), 10_000, "nothing is lost and nothing is made");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// `no-surplus` when there is no net; `no-weights` when a group has something to share and nobody to share it: no members, or
/// no attested hours. Nothing is distributed then, not even the parts that could be.
pub fn distribute(rule: &Rule, inputs: &Inputs) -> Result<Plan, Refusal> {
    if inputs.net <= 0 {
        return Err(Refusal::new("no-surplus", "costs took all of the period's sales: there is nothing to distribute"));
    }
    let mut left = inputs.net;
    let mut plan = Plan { steps: Vec::new(), members: Vec::new() };
    for (index, (step, wish)) in rule.steps.iter().zip(wishes(rule, inputs)?).enumerate() {
        let take = |wish: i64| wish.min(left);
        let part = match step {
            Step::FixedCost { to, .. } | Step::Share { to, .. } => (Recipient::Pot(to.clone()), take(wish)),
            Step::UntilCap { lender, lent, cap, .. } => {
                let had_earlier = inputs.repaid.get(lender).copied().unwrap_or(0);
                let now = plan.steps.iter().filter(|part| part.to == Recipient::Lender(lender.clone()));
                let had = had_earlier + now.map(|part| part.amount).sum::<i64>();
                (Recipient::Lender(lender.clone()), take(wish.min((cap.of(*lent) - had).max(0))))
            }
            Step::Members { groups, retained } => {
                plan.members = members(groups, *retained, left, &inputs.members)?;
                left = 0;
                continue;
            }
        };
        let (to, amount) = part;
        left -= amount;
        if amount > 0 {
            plan.steps.push(StepPart { step: index, to, amount });
        }
    }
    assert_eq!(plan.total(), inputs.net, "the parts add up to the net: a checked rule ends with its members");
    Ok(plan)
}

/// What each step would take if there was enough: shares of one base are rounded together.
fn wishes(rule: &Rule, inputs: &Inputs) -> Result<Vec<i64>, Refusal> {
    let share = |step: &Step| match step {
        Step::Share { of, percent, .. } | Step::UntilCap { of, percent, .. } => Some((*of, *percent)),
        Step::FixedCost { .. } | Step::Members { .. } => None,
    };
    let mut wishes: Vec<i64> = rule
        .steps
        .iter()
        .map(|step| match step {
            Step::FixedCost { amount, .. } => *amount,
            Step::Share { .. } | Step::UntilCap { .. } | Step::Members { .. } => 0,
        })
        .collect();
    for (base, whole) in [(Base::Gross, inputs.gross), (Base::Net, inputs.net)] {
        let steps: Vec<(usize, Percent)> = rule
            .steps
            .iter()
            .enumerate()
            .filter_map(|(index, step)| share(step).filter(|(of, _)| *of == base).map(|(_, percent)| (index, percent)))
            .collect();
        let taken: u64 = steps.iter().map(|(_, percent)| percent.hundredths()).sum();
        let rest = Percent::WHOLE.hundredths().saturating_sub(taken);
        let weights: Vec<u64> = steps.iter().map(|(_, percent)| percent.hundredths()).chain([rest]).collect();
        for ((index, _), part) in steps.iter().zip(allocation::largest_remainder(whole, &weights)?) {
            wishes[*index] = part;
        }
    }
    Ok(wishes)
}

/// Divides what is left among the groups, and each group's part among its members.
fn members(groups: &[Group], retained: Percent, left: i64, all: &[MemberInput]) -> Result<Vec<MemberPart>, Refusal> {
    let weights: Vec<u64> = groups.iter().map(|group| group.percent.hundredths()).collect();
    let mut parts = Vec::new();
    for (group, whole) in groups.iter().zip(allocation::largest_remainder(left, &weights)?) {
        let mut within: Vec<&MemberInput> = all.iter().filter(|member| member.group == group.group).collect();
        within.sort_by_key(|member| (member.number, member.member));
        let claims: Vec<Claim> = within.iter().map(|member| claim(group.by, member)).collect();
        if claims.iter().all(|claim| claim.weight == 0) {
            return Err(nobody(group));
        }
        for (member, part) in within.iter().zip(allocation::divide(whole, &claims)?) {
            let kept = retained.of(part.amount);
            parts.push(MemberPart {
                member: member.member,
                number: member.number,
                group: member.group.clone(),
                by: group.by,
                hours: member.hours,
                cash: part.amount - kept,
                retained: kept,
                carry: part.carry,
            });
        }
    }
    parts.sort_by_key(|part| (part.number, part.member));
    Ok(parts)
}

fn claim(by: Patronage, member: &MemberInput) -> Claim {
    let weight = match by {
        Patronage::Equal => 1,
        Patronage::Hours => member.hours.hundredths(),
    };
    Claim { weight, carry: member.carry }
}

fn nobody(group: &Group) -> Refusal {
    let detail = match group.by {
        Patronage::Equal => format!("{} had no members in the period: the money stays undistributed", group.group),
        Patronage::Hours => format!("{} have no attested hours: the money stays undistributed", group.group),
    };
    Refusal::new("no-weights", detail)
}

#[cfg(test)]
#[path = "waterfall_tests.rs"]
mod tests;
