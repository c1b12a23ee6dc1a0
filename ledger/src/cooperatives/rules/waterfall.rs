//! What a rule makes of a period's net: each step takes its part, and at the end the members share whatever is left.
//!
//! Rounding, said aloud: all shares of the same base (gross, or net) are rounded together, with the rest of that base as the
//! last party, by [`crate::money::allocation`]; what is left after all steps is divided among the groups in the same way, and
//! each group's part among its members, this time with their carries. What is taken of what is left is rounded by itself when its
//! turn comes, a half upwards; so is what business with others than members has brought. A step never takes more than what is left.

use super::allocation_rule::{Base, Group, Patronage, Pot, Rule, Step, Target};
use super::cooperative::{Percent, Quantity};
use super::inputs::{Inputs, MemberInput};
use super::plan::{self, MemberPart, Plan, Recipient, StepPart};
use crate::error::{Error, Refusal};
use crate::id::MemberId;
use crate::money::allocation::{self, Claim};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// What a step took of a period's net. Amounts are minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Index of the step in the rule, from 0.
    pub step: usize,
    /// What the steps before had left.
    pub before: i64,
    /// What it took of that.
    pub amount: i64,
}

impl Taken {
    /// What it has left.
    pub fn left(&self) -> i64 {
        self.before - self.amount
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
/// use ledger::cooperatives::rules::inputs::{Inputs, MemberInput};
/// use ledger::cooperatives::rules::waterfall::distribute;
/// use ledger::id::{BookId, MemberId};
///
/// // A tenth of the net is kept for development; the members share the rest by their hours.
/// let workers = Group::new("workers", Percent::WHOLE, Patronage::Hours);
/// let steps = vec![
///     Step::Share { of: Base::Net, percent: "10".parse()?, to: Pot::DevelopmentFund, until: None },
///     Step::Members { groups: vec![workers], retained: Percent::ZERO },
/// ];
/// let member = |number, hours: &str| {
///     let (member, hours) = (MemberId::generate(BookId(1)), hours.parse::<Hours>()?);
///     Ok::<_, Box<dyn std::error::Error>>(MemberInput { hours, ..MemberInput::new(member, number, "workers") })
/// };
/// let members = vec![member(1, "100")?, member(2, "50")?];
/// let inputs = Inputs { gross: 12_000, net: 10_000, members, ..Inputs::default() };
///
/// let plan = distribute(&Rule::new(steps), &inputs)?;
/// assert_eq!((plan.steps[0].amount, plan.members[0].cash, plan.members[1].cash), (1_000, 6_000, 3_000));
/// assert_eq!(plan.total(), 10_000, "nothing is lost and nothing is made");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// `no-surplus` when there is no net; `no-weights` when a group has something to share and nobody to share it: no members, no
/// attested hours, or no capital. Nothing is distributed then, not even the parts that could be.
pub fn distribute(rule: &Rule, inputs: &Inputs) -> Result<Plan, Refusal> {
    Ok(walk(rule, inputs)?.0)
}

/// Divides a period's net by a rule as [`distribute`] does, and says besides what each step took.
///
/// # Errors
///
/// As [`distribute`].
pub fn walk(rule: &Rule, inputs: &Inputs) -> Result<(Plan, Vec<Taken>), Refusal> {
    if inputs.net <= 0 {
        return Err(Refusal::new(
            "no-surplus",
            "costs took all that the period earned: there is nothing to distribute",
        ));
    }
    let wishes = wishes(rule, inputs)?;
    let mut left = inputs.net;
    let mut plan = Plan { steps: Vec::new(), members: Vec::new(), from_reserve: 0 };
    let mut interest = BTreeMap::new();
    let mut walked = Vec::new();
    for (index, step) in rule.steps.iter().enumerate() {
        let taken = |amount| Taken { step: index, before: left, amount };
        // What stands in the wishes is of gross or net; what is left is known only now.
        let wish = match step.share() {
            Some((Base::Left, percent)) => percent.of(left),
            Some((Base::NonMember, percent)) => inputs.of_non_member(percent, left),
            Some((Base::Gross | Base::Net, _)) | None => wishes[index],
        };
        let (to, wish) = match step {
            Step::FixedCost { to, .. } => (Recipient::Pot(to.clone()), wish),
            Step::Share { to, until, .. } => {
                let lacking = until.map_or(i64::MAX, |target| lacking(target, to, inputs, &plan));
                (Recipient::Pot(to.clone()), wish.min(lacking))
            }
            Step::UntilCap { lender, lent, cap, .. } => {
                let to = Recipient::Lender(lender.clone());
                let had = inputs.repaid.get(lender).copied().unwrap_or(0) + plan.given(&to);
                (to, wish.min((cap.of(*lent) - had).max(0)))
            }
            Step::CapitalInterest { rate, .. } => {
                let most = rate.map_or(i64::MAX, |rate| inputs.interest_at(rate));
                let amount = add_interest(&mut interest, wish.min(most).min(left), inputs)?;
                walked.push(taken(amount));
                left -= amount;
                continue;
            }
            Step::Members { groups, retained } => {
                plan.members = members(groups, *retained, left, &inputs.members)?;
                walked.push(taken(left));
                continue;
            }
        };
        let amount = wish.min(left);
        walked.push(taken(amount));
        left -= amount;
        if amount > 0 {
            let principal = plan.lacks_of_loan(&to, inputs).min(amount);
            let is_of_others = step.share().is_some_and(|(of, _)| of == Base::NonMember);
            let non_member = if is_of_others { inputs.non_member } else { 0 };
            plan.steps.push(StepPart { step: index, to, amount, principal, non_member });
        }
    }
    plan.pay_interest(interest, inputs);
    assert_eq!(plan.total(), inputs.net, "the parts add up to the net: a checked rule ends with its members");
    Ok((plan, walked))
}

/// What a pot lacks of its target, with what earlier steps have put there.
fn lacking(target: Target, to: &Pot, inputs: &Inputs, plan: &Plan) -> i64 {
    let target = match target {
        Target::Amount(amount) => amount,
        Target::HighestCapital => inputs.highest_capital,
    };
    let has = inputs.pots.get(to).copied().unwrap_or(0).saturating_add(plan.given(&Recipient::Pot(to.clone())));
    target.saturating_sub(has).max(0)
}

/// Adds interest to what those with capital have of it, by number, in proportion to their capital; answers what was given: nothing
/// where nobody has any.
fn add_interest(given: &mut BTreeMap<i32, i64>, amount: i64, inputs: &Inputs) -> Result<i64, Refusal> {
    let mut holders: Vec<&MemberInput> = inputs.holders().collect();
    if holders.is_empty() || amount == 0 {
        return Ok(0);
    }
    holders.sort_by_key(|holder| holder.number);
    let weights: Vec<u64> = holders.iter().map(|holder| holder.capital.unsigned_abs()).collect();
    for (holder, part) in holders.iter().zip(allocation::largest_remainder(amount, &weights)?) {
        *given.entry(holder.number).or_default() += part;
    }
    Ok(amount)
}

impl Plan {
    /// What a lender has lent and gets back by no step so far, minor units; 0 for a pot.
    fn lacks_of_loan(&self, to: &Recipient, inputs: &Inputs) -> i64 {
        match to {
            Recipient::Lender(name) => {
                let lent = inputs.loans.get(name).copied().unwrap_or(0);
                let back: i64 =
                    plan::principals(&self.steps).filter(|(other, _)| other == name).map(|(_, part)| part).sum();
                (lent - back).max(0)
            }
            Recipient::Pot(_) => 0,
        }
    }

    /// What a recipient has of it so far, minor units.
    fn given(&self, to: &Recipient) -> i64 {
        let saved = if *to == Recipient::Pot(Pot::Reserve) {
            plan::principals(&self.steps).map(|(_, part)| part).sum()
        } else {
            0
        };
        self.steps.iter().filter(|part| part.to == *to).map(|part| part.amount).sum::<i64>() + saved
    }

    /// Writes interest to the parts of those who get it, by number. Who has no other part gets one.
    fn pay_interest(&mut self, interest: BTreeMap<i32, i64>, inputs: &Inputs) {
        let places: HashMap<MemberId, usize> = (0..).zip(&self.members).map(|(at, part)| (part.member, at)).collect();
        for holder in inputs.holders() {
            let amount = interest.get(&holder.number).copied().unwrap_or(0);
            match places.get(&holder.member).and_then(|at| self.members.get_mut(*at)) {
                Some(part) => {
                    part.interest = amount;
                    part.cash += amount;
                }
                None if amount > 0 => self.members.push(MemberPart {
                    member: holder.member,
                    number: holder.number,
                    group: holder.group.clone(),
                    by: Patronage::Capital,
                    hours: holder.hours,
                    cash: amount,
                    retained: 0,
                    interest: amount,
                    capital: holder.capital,
                    counted: Quantity::ZERO,
                    indexed: Vec::new(),
                    valued: Vec::new(),
                    carry: holder.carry,
                    netted: 0,
                    loss: 0,
                    stands: 0,
                }),
                None => {}
            }
        }
        self.members.sort_by_key(|part| (part.number, part.member));
    }
}

/// What each step would take of gross and net if there was enough: shares of one base are rounded together.
fn wishes(rule: &Rule, inputs: &Inputs) -> Result<Vec<i64>, Refusal> {
    let fixed = |step: &Step| match step {
        Step::FixedCost { amount, .. } => *amount,
        Step::Share { .. } | Step::CapitalInterest { .. } | Step::UntilCap { .. } | Step::Members { .. } => 0,
    };
    let mut wishes: Vec<i64> = rule.steps.iter().map(fixed).collect();
    for (base, whole) in [(Base::Gross, inputs.gross), (Base::Net, inputs.net)] {
        let of_base = |(index, step): (usize, &Step)| {
            step.share().filter(|(of, _)| *of == base).map(|(_, percent)| (index, percent.hundredths()))
        };
        let steps: Vec<(usize, u64)> = rule.steps.iter().enumerate().filter_map(of_base).collect();
        let taken: u64 = steps.iter().map(|(_, hundredths)| hundredths).sum();
        let rest = Percent::WHOLE.hundredths().saturating_sub(taken);
        let weights: Vec<u64> = steps.iter().map(|(_, hundredths)| *hundredths).chain([rest]).collect();
        for ((index, _), part) in steps.iter().zip(allocation::largest_remainder(whole, &weights)?) {
            wishes[*index] = part;
        }
    }
    Ok(wishes)
}

/// Divides what is left among the groups, and each group's part among its members. Who works there and is no member has the whole share in
/// cash.
pub(super) fn members(
    groups: &[Group],
    retained: Percent,
    left: i64,
    all: &[MemberInput],
) -> Result<Vec<MemberPart>, Refusal> {
    let weights: Vec<u64> = groups.iter().map(|group| group.percent.hundredths()).collect();
    let mut parts = Vec::new();
    for (group, whole) in groups.iter().zip(allocation::largest_remainder(left, &weights)?) {
        let takes = |member: &&MemberInput| member.group == group.group && group.takes(member.service);
        let mut within: Vec<&MemberInput> = all.iter().filter(takes).collect();
        within.sort_by_key(|member| (member.number, member.member));
        let claims: Vec<Claim> = within.iter().map(|member| member.claim(group.by)).collect();
        if claims.iter().all(|claim| claim.weight == 0) {
            return Err(nobody(group));
        }
        for (member, part) in within.iter().zip(allocation::divide(whole, &claims)?) {
            let netted = member.stands.min(part.amount);
            let kept = if member.is_employee { 0 } else { retained.of(part.amount - netted) };
            parts.push(MemberPart {
                member: member.member,
                number: member.number,
                group: member.group.clone(),
                by: group.by,
                hours: member.hours,
                cash: part.amount - netted - kept,
                retained: kept,
                interest: 0,
                capital: member.capital,
                counted: member.counted(group.by),
                indexed: if group.by == Patronage::IndexedHours { member.indexed.clone() } else { Vec::new() },
                valued: if group.by == Patronage::Value { member.valued.clone() } else { Vec::new() },
                carry: part.carry,
                netted,
                loss: 0,
                stands: 0,
            });
        }
    }
    parts.sort_by_key(|part| (part.number, part.member));
    Ok(parts)
}

fn nobody(group: &Group) -> Refusal {
    let detail = match group.by {
        Patronage::Equal => format!("{} had no members in the period: the money stays undistributed", group.group),
        Patronage::Hours | Patronage::IndexedHours => {
            format!("{} have no attested hours: the money stays undistributed", group.group)
        }
        Patronage::Units | Patronage::Points => {
            format!("{} have no attested {}: the money stays undistributed", group.group, group.by)
        }
        Patronage::Value => {
            format!("{} have nothing attested that the rule values: the money stays undistributed", group.group)
        }
        Patronage::Capital => format!("{} have no capital: the money stays undistributed", group.group),
    };
    Refusal::new("no-weights", detail)
}

#[cfg(test)]
#[path = "waterfall_tests.rs"]
mod tests;
