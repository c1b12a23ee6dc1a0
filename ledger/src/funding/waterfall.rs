//! The allocation rule of a cooperative: a versioned list of steps, each of which takes its part of a period's result,
//! and at its end the members, who share whatever is left.
//!
//! Rounding, said aloud: all shares of the same base (gross, or net) are rounded together, with the rest of that base as the
//! last party, by [`super::allocation`]; what is left after all steps is divided among the groups in the same way, and
//! each group's part among its members, this time with their carries. A step never takes more than what is left.

use super::allocation::{self, Claim};
use super::cooperative::{Hours, Percent};
use super::words::words;
use crate::book::AccountClass;
use crate::error::{Error, Refusal};
use crate::id::MemberId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The most steps a rule may have.
pub const STEPS_MAX: usize = 20;
/// The most groups the members' split may have.
pub const GROUPS_MAX: usize = 20;

words! {
    /// What a percentage is taken of.
    Base, "base" {
        /// Sales.
        Gross = "gross",
        /// Sales less costs.
        Net = "net",
    }
}

words! {
    /// How the members of a group share.
    Patronage, "patronage" {
        /// Each the same.
        Equal = "equal",
        /// By attested hours.
        Hours = "hours",
    }
}

/// Where a step puts its part: `reserve`, `development_fund`, or a fund of the cooperative's own such as `fund:education`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pot {
    /// The indivisible reserve.
    Reserve,
    /// What pays for the next development.
    DevelopmentFund,
    /// Another fund, by its short name.
    Fund(String),
}

impl Pot {
    /// Code of its account.
    pub fn account(&self) -> String {
        match self {
            Pot::Reserve => "equity:reserve".to_owned(),
            Pot::DevelopmentFund => "equity:development".to_owned(),
            Pot::Fund(name) => format!("equity:fund:{name}"),
        }
    }

    /// Class of its account.
    pub fn class(&self) -> AccountClass {
        match self {
            Pot::Reserve => AccountClass::Reserve,
            Pot::DevelopmentFund | Pot::Fund(_) => AccountClass::DevelopmentFund,
        }
    }
}

impl std::fmt::Display for Pot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Pot::Reserve => f.write_str("reserve"),
            Pot::DevelopmentFund => f.write_str("development_fund"),
            Pot::Fund(name) => write!(f, "fund:{name}"),
        }
    }
}

impl std::str::FromStr for Pot {
    type Err = NotAPot;

    fn from_str(text: &str) -> Result<Pot, NotAPot> {
        match (text, text.strip_prefix("fund:")) {
            ("reserve", _) => Ok(Pot::Reserve),
            ("development_fund", _) => Ok(Pot::DevelopmentFund),
            (_, Some(name)) if super::cooperative::is_short_name(name) => Ok(Pot::Fund(name.to_owned())),
            _ => Err(NotAPot),
        }
    }
}

/// A text that names no pot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use reserve, development_fund, or fund: and a short name of a-z, 0-9 and '-'")]
pub struct NotAPot;

impl Serialize for Pot {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pot {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Pot, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A group of members and its part of what is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Short name, such as `workers`.
    pub group: String,
    /// Its part; those of all groups make 100.
    pub percent: Percent,
    /// How its members share.
    pub by: Patronage,
}

/// One step of a rule. Amounts are minor units of the book's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A fixed amount, set aside before anything is shared.
    FixedCost {
        /// What it is for.
        purpose: String,
        /// How much.
        amount: i64,
        /// Where it goes.
        to: Pot,
    },
    /// A percentage of gross or of net.
    Share {
        /// Of what.
        of: Base,
        /// How much of it.
        percent: Percent,
        /// Where it goes.
        to: Pot,
    },
    /// A percentage for a lender, until the lender has had its cap.
    UntilCap {
        /// Of what.
        of: Base,
        /// How much of it.
        percent: Percent,
        /// Short name of the lender: a pseudonym.
        lender: String,
        /// What was lent.
        lent: i64,
        /// How much of it comes back at most: 120 for 120 %.
        cap: Percent,
    },
    /// What is left, for the members. Always the last step.
    Members {
        /// Who shares, and how.
        groups: Vec<Group>,
        /// The part of each member's share that stays in the cooperative as the member's capital.
        retained: Percent,
    },
}

/// A rule: its steps in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The steps; the last one, and no other, is for the members.
    pub steps: Vec<Step>,
}

/// One member as a period saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberInput {
    /// Who.
    pub member: MemberId,
    /// Number in the cooperative: the stable order that decides ties.
    pub number: i32,
    /// Group.
    pub group: String,
    /// Attested hours of the period.
    pub hours: Hours,
    /// From the last distribution.
    pub carry: i64,
}

/// All that a distribution is computed from, besides the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Sales of the period, minor units.
    pub gross: i64,
    /// Sales less costs.
    pub net: i64,
    /// What each lender has had so far, by short name.
    pub repaid: BTreeMap<String, i64>,
    /// The members of the period, in any order.
    pub members: Vec<MemberInput>,
}

/// Part of a pot or of a lender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPart {
    /// Which step, from 0.
    pub step: usize,
    /// Where it goes.
    pub to: Recipient,
    /// Minor units, more than 0.
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
    /// Who.
    pub member: MemberId,
    /// Number in the cooperative.
    pub number: i32,
    /// Group.
    pub group: String,
    /// How its group shares.
    pub by: Patronage,
    /// Attested hours of the period.
    pub hours: Hours,
    /// Minor units payable.
    pub cash: i64,
    /// Minor units that become the member's capital.
    pub retained: i64,
    /// For the next distribution.
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

impl Plan {
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

impl Rule {
    /// Refuses a rule that could not divide every result: wrong percentages, a missing or early members' step, wrong names.
    pub fn check(&self) -> Result<(), Refusal> {
        let refuse = |detail: String| Err(Refusal::new("rule-invalid", detail));
        if self.steps.is_empty() || self.steps.len() > STEPS_MAX {
            return refuse(format!("a rule has 1 to {STEPS_MAX} steps"));
        }
        for base in Base::ALL {
            let taken: u64 = self.steps.iter().map(|step| step.takes(*base)).sum();
            if taken > Percent::WHOLE.hundredths() {
                return refuse(format!("the steps take more than 100 % of {base}"));
            }
        }
        for (index, step) in self.steps.iter().enumerate() {
            let last = index + 1 == self.steps.len();
            if matches!(step, Step::Members { .. }) != last {
                return refuse("the last step, and no other, is for the members".into());
            }
            step.check()?;
        }
        Ok(())
    }
}

impl Step {
    fn takes(&self, base: Base) -> u64 {
        match self {
            Step::Share { of, percent, .. } | Step::UntilCap { of, percent, .. } if *of == base => percent.hundredths(),
            Step::Share { .. } | Step::UntilCap { .. } | Step::FixedCost { .. } | Step::Members { .. } => 0,
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        let refuse = |detail: &str| Err(Refusal::new("rule-invalid", detail));
        match self {
            Step::FixedCost { purpose, amount, .. } => {
                if *amount <= 0 || *amount > crate::money::AMOUNT_MAX {
                    return refuse("a fixed cost is more than zero");
                }
                if purpose.is_empty() || purpose.chars().count() > 200 {
                    return refuse("a fixed cost names its purpose in 1 to 200 characters");
                }
            }
            Step::Share { percent, .. } => {
                if *percent == Percent::ZERO || *percent > Percent::WHOLE {
                    return refuse("a share is more than 0 and at most 100 %");
                }
            }
            Step::UntilCap { percent, lender, lent, cap, .. } => {
                if *percent == Percent::ZERO || *percent > Percent::WHOLE || *cap == Percent::ZERO {
                    return refuse("a lender's share is more than 0 and at most 100 %, and so is its cap above 0");
                }
                if *lent <= 0 || *lent > crate::money::AMOUNT_MAX / 100 {
                    return refuse("a loan is more than zero");
                }
                if !super::cooperative::is_short_name(lender) {
                    return refuse("a lender has a short name of a-z, 0-9 and '-'");
                }
            }
            Step::Members { groups, retained } => return check_members(groups, *retained),
        }
        Ok(())
    }
}

fn check_members(groups: &[Group], retained: Percent) -> Result<(), Refusal> {
    let refuse = |detail: &str| Err(Refusal::new("rule-invalid", detail));
    if groups.is_empty() || groups.len() > GROUPS_MAX {
        return refuse("the members' step has 1 to 20 groups");
    }
    let whole: u64 = groups.iter().map(|group| group.percent.hundredths()).sum();
    if whole != Percent::WHOLE.hundredths() {
        return refuse("the groups' percentages make exactly 100");
    }
    for (index, group) in groups.iter().enumerate() {
        if group.percent == Percent::ZERO || !super::cooperative::is_short_name(&group.group) {
            return refuse("a group has more than 0 % and a short name of a-z, 0-9 and '-'");
        }
        if groups[..index].iter().any(|earlier| earlier.group == group.group) {
            return refuse("no group stands twice");
        }
    }
    if retained > Percent::WHOLE {
        return refuse("at most 100 % of a share is retained");
    }
    Ok(())
}

#[cfg(test)]
#[path = "waterfall_tests.rs"]
mod tests;
