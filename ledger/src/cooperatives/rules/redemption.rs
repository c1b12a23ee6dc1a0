//! Retained shares that are paid back: from being asked for by one person to being approved by another, oldest first.
//!
//! Each share that a distribution retained is a notice of its member's capital. A redemption takes of a year only when the years before
//! have nothing left; what does not suffice for a whole year is divided within it in proportion to what is left, by largest remainder.

use crate::error::Refusal;
use crate::id::{DistributionId, MemberId, PersonId, RedemptionId};
use crate::money::{Currency, allocation};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A share that a distribution retained, and what became of it. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whose.
    pub member: MemberId,
    /// The member's number.
    pub number: i32,
    /// The distribution that retained it.
    pub distribution: DistributionId,
    /// Last day of its period: the year of the notice is that of this day.
    pub period_to: Date,
    /// What was retained.
    pub retained: i64,
    /// What of it was redeemed.
    pub redeemed: i64,
    /// What of it losses took.
    pub lost: i64,
}

impl Notice {
    /// What is still there, minor units.
    pub fn left(&self) -> i64 {
        self.retained - self.redeemed - self.lost
    }
}

/// What a notice gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Whose.
    pub member: MemberId,
    /// The member's number.
    pub number: i32,
    /// The distribution that retained it.
    pub distribution: DistributionId,
    /// Last day of its period.
    pub period_to: Date,
    /// What it gives, minor units, more than 0.
    pub amount: i64,
    /// What it has left then, minor units.
    pub left: i64,
}

/// What of an amount each notice gives, the oldest year first.
///
/// # Errors
///
/// `not-enough-capital` when all notices together have less.
pub fn oldest_first(amount: i64, notices: &[Notice], currency: Currency) -> Result<Vec<Given>, Refusal> {
    let there: i64 = notices.iter().map(Notice::left).sum();
    if amount > there {
        let [amount, there] = [amount, there].map(|minor| currency.format(minor));
        let detail = format!("{amount} {currency} were asked for, and {there} of retained shares can be redeemed");
        return Err(Refusal::new("not-enough-capital", detail));
    }
    let mut years: BTreeMap<i16, BTreeMap<i32, Vec<&Notice>>> = BTreeMap::new();
    for notice in notices.iter().filter(|notice| notice.left() > 0) {
        years.entry(notice.period_to.year()).or_default().entry(notice.number).or_default().push(notice);
    }
    let (mut rest, mut given) = (amount, Vec::new());
    for of_members in years.into_values() {
        let has: Vec<i64> =
            of_members.values().map(|some| some.iter().map(|notice| notice.left()).sum::<i64>()).collect();
        let now = rest.min(has.iter().sum());
        if now == 0 {
            break;
        }
        rest -= now;
        let weights: Vec<u64> = has.iter().map(|left| left.unsigned_abs()).collect();
        for (some, part) in of_members.into_values().zip(allocation::largest_remainder(now, &weights)?) {
            given.extend(of_one(part, some));
        }
    }
    Ok(given)
}

/// What of a part the notices of one member give, the oldest first.
fn of_one(part: i64, mut notices: Vec<&Notice>) -> Vec<Given> {
    notices.sort_by_key(|notice| (notice.period_to, notice.distribution.object));
    let mut rest = part;
    let mut take = |notice: &Notice| {
        let amount = rest.min(notice.left());
        rest -= amount;
        Given {
            member: notice.member,
            number: notice.number,
            distribution: notice.distribution,
            period_to: notice.period_to,
            amount,
            left: notice.left() - amount,
        }
    };
    let given: Vec<Given> = notices.into_iter().map(&mut take).filter(|given| given.amount > 0).collect();
    assert_eq!(rest, 0, "a part is never more than the notices have: it was divided by what they have left");
    given
}

/// Who approved it, and what that posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redeemed {
    /// Who approved it.
    pub by: PersonId,
    /// When it was approved, in book time.
    pub at: Timestamp,
    /// Record number of its journal entry, or of the first one of a series.
    pub entry: i64,
}

/// Where a redemption stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedemptionState {
    /// It waits for another person.
    Requested,
    /// Approved, and posted entry by entry: what is posted is payable, and the rest follows.
    Posting(Redeemed),
    /// What was asked for is payable.
    Approved(Redeemed),
    /// Given up.
    Withdrawn {
        /// Why it was given up.
        reason: String,
    },
    /// Being taken back by the mirrors of a series of entries, the last one first.
    Reversing {
        /// What was posted.
        redeemed: Redeemed,
        /// Why it is taken back.
        reason: String,
    },
    /// Taken back by the mirror of its lines.
    Reversed {
        /// What was posted.
        redeemed: Redeemed,
        /// Record number of the mirror entry, of a series that of the first one.
        reversal: i64,
        /// Why it was taken back.
        reason: String,
    },
}

impl RedemptionState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            RedemptionState::Requested => "requested",
            RedemptionState::Posting(_) => "posting",
            RedemptionState::Approved(_) => "approved",
            RedemptionState::Withdrawn { .. } => "withdrawn",
            RedemptionState::Reversing { .. } => "reversing",
            RedemptionState::Reversed { .. } => "reversed",
        }
    }

    /// What its approval posted, if it was approved.
    pub fn redeemed(&self) -> Option<Redeemed> {
        match self {
            RedemptionState::Posting(redeemed)
            | RedemptionState::Approved(redeemed)
            | RedemptionState::Reversing { redeemed, .. }
            | RedemptionState::Reversed { redeemed, .. } => Some(*redeemed),
            RedemptionState::Requested | RedemptionState::Withdrawn { .. } => None,
        }
    }
}

/// Retained shares that become payable to their members. What each gives is a row of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Its id.
    pub id: RedemptionId,
    /// Whose shares; none for those of all members.
    pub member: Option<MemberId>,
    /// The number of that member.
    pub number: Option<i32>,
    /// How much, minor units of the book's currency.
    pub amount: i64,
    /// SHA-256 of the plan: of what each notice gives.
    pub digest: [u8; 32],
    /// Who asked for it.
    pub requested_by: PersonId,
    /// When it was asked for, in book time.
    pub requested_at: Timestamp,
    /// Where it stands.
    pub state: RedemptionState,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
}

impl Redemption {
    /// Refuses an approval: `redemption-state`; `same-person` when `by` asked for it; `digest-mismatch` when another plan was seen.
    pub fn check_approval(&self, by: PersonId, seen: [u8; 32]) -> Result<(), Refusal> {
        match self.state {
            RedemptionState::Requested => {}
            RedemptionState::Posting(_)
            | RedemptionState::Approved(_)
            | RedemptionState::Withdrawn { .. }
            | RedemptionState::Reversing { .. }
            | RedemptionState::Reversed { .. } => {
                return Err(self.refuse("it does not wait for an approval"));
            }
        }
        if by == self.requested_by {
            let detail = "a redemption is approved by somebody else than who asked for it";
            return Err(Refusal::new("same-person", detail));
        }
        if seen != self.digest {
            return Err(Refusal::new("digest-mismatch", "the plan is not the one that was read"));
        }
        Ok(())
    }

    /// Refuses another plan than that of the request, by its digest, with `plan-outdated`: something was redeemed or lost since.
    pub fn check_plan(&self, now: [u8; 32]) -> Result<(), Refusal> {
        if now == self.digest {
            return Ok(());
        }
        let detail = format!("the shares changed since {}: withdraw it, and ask for it anew", self.requested_at);
        Err(Refusal::new("plan-outdated", detail))
    }

    /// It is in the book: all of it, or the first entry of a series.
    pub fn approved(self, redeemed: Redeemed, is_whole: bool) -> Redemption {
        let state = if is_whole { RedemptionState::Approved(redeemed) } else { RedemptionState::Posting(redeemed) };
        Redemption { state, ..self }
    }

    /// Gives it up before it is approved.
    pub fn withdraw(self, reason: String) -> Result<Redemption, Refusal> {
        match self.state {
            RedemptionState::Requested => Ok(Redemption { state: RedemptionState::Withdrawn { reason }, ..self }),
            RedemptionState::Posting(_)
            | RedemptionState::Approved(_)
            | RedemptionState::Withdrawn { .. }
            | RedemptionState::Reversing { .. }
            | RedemptionState::Reversed { .. } => Err(self.refuse("there is nothing to withdraw")),
        }
    }

    /// Refuses what cannot be taken back: `redemption-state`, and `same-person` when `by` approved it.
    pub fn check_reversal(&self, by: PersonId) -> Result<Redeemed, Refusal> {
        match self.state {
            RedemptionState::Approved(redeemed) if redeemed.by == by => {
                let detail = "a redemption is taken back by somebody who did not approve it";
                Err(Refusal::new("same-person", detail))
            }
            RedemptionState::Approved(redeemed) => Ok(redeemed),
            RedemptionState::Posting(_) => {
                Err(self.refuse("it is taken back when all of it is posted, which the worker does without a pause"))
            }
            RedemptionState::Reversing { .. } => Err(self.refuse("the rest of it follows without a pause")),
            RedemptionState::Requested | RedemptionState::Withdrawn { .. } | RedemptionState::Reversed { .. } => {
                Err(self.refuse("only an approved one is reversed"))
            }
        }
    }

    /// It is being taken back, by so many entries that it takes more than one step.
    pub fn reversing(self, redeemed: Redeemed, reason: String) -> Redemption {
        Redemption { state: RedemptionState::Reversing { redeemed, reason }, ..self }
    }

    /// It was taken back by the mirror entry `reversal`.
    pub fn reversed(self, redeemed: Redeemed, reversal: i64, reason: String) -> Redemption {
        Redemption { state: RedemptionState::Reversed { redeemed, reversal, reason }, ..self }
    }

    fn refuse(&self, why: &str) -> Refusal {
        Refusal::new("redemption-state", format!("the redemption is {}: {why}", self.state.as_str()))
    }
}

#[cfg(test)]
#[path = "redemption_tests.rs"]
mod tests;
