//! How a plan with more parts than one entry has lines for is posted: by a numbered series of entries, none of which parts what a member gets
//! or bears. It is divided as it is read, some members at a time.

use super::plan::{self, Credit, MemberPart, StepPart};
use super::result::OnAccount;
use crate::chart;
use crate::error::Refusal;
use crate::money::{Currency, Money};
use std::collections::VecDeque;

/// What one entry of a series posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instalment {
    /// What goes of the surplus to which account; of a loss, what is taken of which.
    pub parts: Vec<Credit>,
    /// Of a loss, the costs that this covers: they come to as much. None of a surplus.
    pub costs: Vec<OnAccount>,
    /// Whether it has what comes before the members: the steps with what falls due of loans, or what of a loss the reserve bears.
    pub has_steps: bool,
    /// Numbers of the first and the last member whose part it has; 0 for who are not there.
    pub members: (i32, i32),
}

impl Instalment {
    fn empty(number: i32) -> Instalment {
        Instalment { parts: Vec::new(), costs: Vec::new(), has_steps: number == 0, members: (number, number) }
    }
}

/// How many lines an amount takes: one, or as many as it needs.
fn lines(amount: i64, currency: Currency) -> usize {
    Money::parts(amount, currency).len()
}

/// How many lines some parts take.
fn lines_of(parts: &[Credit], currency: Currency) -> usize {
    parts.iter().map(|part| lines(part.amount, currency)).sum()
}

/// Divides what is left of a plan, or its next members, into entries of at most so many lines each: in its order, the steps first where the series
/// begins with them, then member by member. What falls due of loans is a line more for each lender, in the first one.
pub fn instalments(
    steps: Option<&[StepPart]>,
    members: &[MemberPart],
    most: usize,
    currency: Currency,
) -> Vec<Instalment> {
    let (mut all, mut filled) = (Vec::new(), most);
    if let Some(steps) = steps {
        let parts = plan::credits(steps);
        let due: usize = plan::principals(steps).map(|(_, amount)| lines(amount, currency)).sum();
        filled = due + lines_of(&parts, currency);
        all.push(Instalment { parts, ..Instalment::empty(0) });
    }
    for part in members {
        let own = part.credits();
        let needs = lines_of(&own, currency);
        if needs == 0 {
            continue;
        }
        if filled + needs > most && filled > 0 {
            all.push(Instalment::empty(part.number));
            filled = 0;
        }
        filled += needs;
        if let Some(last) = all.last_mut() {
            last.parts.extend(own);
            last.members.1 = part.number;
        }
    }
    all.retain(|it| !it.parts.is_empty());
    all
}

/// Divides what is left of a loss, or its next bearers, in the same way: what the reserve bears first where the series begins with it, then member by
/// member. Each entry covers of the costs, in their order, just what its own parts come to, so that nothing of a loss waits on the surplus between
/// two entries.
///
/// # Errors
///
/// `too-many-parts` when a single part covers costs on more accounts than one entry has lines for.
pub fn instalments_of_loss(
    reserve: Option<i64>,
    members: &[MemberPart],
    costs: &[OnAccount],
    most: usize,
    currency: Currency,
) -> Result<Vec<Instalment>, Refusal> {
    let mut left: VecDeque<OnAccount> = costs.iter().copied().collect();
    let (mut all, mut filled): (Vec<Instalment>, usize) = (Vec::new(), 0);
    let first = reserve.map(|amount| (0, vec![Credit { account: chart::reserve(), amount }]));
    for (number, mut own) in first.into_iter().chain(members.iter().map(|part| (part.number, part.bearers()))) {
        own.retain(|part| part.amount > 0);
        if own.is_empty() && number > 0 {
            continue;
        }
        let covered = take(&mut left, own.iter().map(|part| part.amount).sum());
        let needs = lines_of(&own, currency);
        let open = all.last().map_or(&[][..], |last| &last.costs);
        let joined = needs + added(open, &covered, currency);
        if all.is_empty() || filled + joined > most {
            all.push(Instalment::empty(number));
            filled = needs + added(&[], &covered, currency);
        } else {
            filled += joined;
        }
        if filled > most {
            let detail = format!(
                "what {} bears covers costs on more accounts than one entry of {most} lines has room for",
                match number {
                    0 => "the reserve".to_owned(),
                    number => format!("member {number}"),
                }
            );
            return Err(Refusal::new("too-many-parts", detail));
        }
        if let Some(last) = all.last_mut() {
            last.parts.extend(own);
            join(&mut last.costs, covered);
            last.members.1 = number;
        }
    }
    all.retain(|it| !it.parts.is_empty());
    Ok(all)
}

/// Divides what members are given of their capital, each with all that it is, into entries of at most so many lines: from which member to which.
pub fn redeemed(members: &[(i32, i64)], most: usize, currency: Currency) -> Vec<Vec<(i32, i64)>> {
    let (mut all, mut filled): (Vec<Vec<(i32, i64)>>, usize) = (Vec::new(), most);
    for (number, amount) in members {
        let needs = lines(*amount, currency);
        if filled + needs > most {
            all.push(Vec::new());
            filled = 0;
        }
        filled += needs;
        if let Some(last) = all.last_mut() {
            last.push((*number, *amount));
        }
    }
    all
}

/// What is left of costs when so much of them is covered, those that come first before the others.
pub fn uncovered(costs: &[OnAccount], covered: i64) -> Vec<OnAccount> {
    let mut left: VecDeque<OnAccount> = costs.iter().copied().collect();
    take(&mut left, covered);
    left.into()
}

/// Takes an amount of costs, the first ones first.
fn take(left: &mut VecDeque<OnAccount>, amount: i64) -> Vec<OnAccount> {
    let (mut rest, mut taken) = (amount, Vec::new());
    while rest > 0
        && let Some(cost) = left.front_mut()
    {
        let now = cost.amount.min(rest);
        taken.push(OnAccount { amount: now, ..*cost });
        (cost.amount, rest) = (cost.amount - now, rest - now);
        if cost.amount == 0 {
            left.pop_front();
        }
    }
    taken
}

/// How many lines costs take besides those that an entry has: of one account they are one amount.
fn added(open: &[OnAccount], covered: &[OnAccount], currency: Currency) -> usize {
    let each: usize = covered.iter().map(|cost| lines(cost.amount, currency)).sum();
    match (open.last(), covered.first()) {
        (Some(last), Some(first)) if last.account == first.account => {
            each + lines(last.amount + first.amount, currency)
                - lines(last.amount, currency)
                - lines(first.amount, currency)
        }
        (Some(_) | None, Some(_) | None) => each,
    }
}

/// Adds costs to those that an entry has.
fn join(open: &mut Vec<OnAccount>, covered: Vec<OnAccount>) {
    for cost in covered {
        match open.last_mut() {
            Some(last) if last.account == cost.account => last.amount += cost.amount,
            Some(_) | None => open.push(cost),
        }
    }
}

#[cfg(test)]
#[path = "series_tests.rs"]
mod tests;
