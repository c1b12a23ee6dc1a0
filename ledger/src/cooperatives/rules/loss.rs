//! What a rule makes of a loss: a part is borne by the reserve, and the rest by the members' capital.
//!
//! Members bear it in the groups among which they share a surplus, and as they share it. Parts are rounded by largest remainder, without
//! what rounding carried from surpluses, which stays as it is. No capital falls below zero: what it cannot bear stands against the
//! member's next shares, and is claimed in no other way.

use super::allocation_rule::Rule;
use super::cooperative::Percent;
use super::inputs::{Inputs, MemberInput};
use super::plan::Plan;
use super::waterfall::members;
use crate::error::Refusal;
use crate::id::MemberId;
use std::collections::HashMap;

/// Divides a loss: `net` of the inputs is less than zero, and `capital` of a member is what is there to bear it.
///
/// # Errors
///
/// `no-surplus` when there is no loss, or the rule leaves losses to the next result; `no-weights` when a group has something to bear and
/// nobody to bear it.
pub fn bear(rule: &Rule, inputs: &Inputs) -> Result<Plan, Refusal> {
    let Some(losses) = rule.losses.filter(|_| inputs.net < 0) else {
        return Err(Refusal::new("no-surplus", "there is no loss to divide, or the next result bears it"));
    };
    let loss = -inputs.net;
    let from_reserve = losses.reserve.of(loss).min(inputs.reserve);
    // Whoever works there and is no member has a part in no loss, and members bear one however long they have been there.
    let members_only = inputs.members.iter().filter(|member| !member.is_employee);
    let bearing: Vec<MemberInput> =
        members_only.map(|member| MemberInput { carry: 0, stands: 0, service: None, ..member.clone() }).collect();
    let mut parts = match loss - from_reserve {
        0 => Vec::new(),
        rest => members(rule.groups(), Percent::ZERO, rest, &bearing)?,
    };
    let had: HashMap<MemberId, (i64, i64)> =
        inputs.members.iter().map(|member| (member.member, (member.carry, member.capital))).collect();
    for part in &mut parts {
        let (carry, capital) = had.get(&part.member).copied().unwrap_or_default();
        part.loss = part.cash;
        part.stands = (part.loss - capital).max(0);
        (part.cash, part.carry, part.capital) = (0, carry, capital);
    }
    let plan = Plan { steps: Vec::new(), members: parts, from_reserve };
    assert_eq!(plan.loss(), loss, "the parts add up to the loss");
    Ok(plan)
}

#[cfg(test)]
#[path = "loss_tests.rs"]
mod tests;
