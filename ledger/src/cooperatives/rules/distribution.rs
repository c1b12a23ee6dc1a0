//! A distribution: a period's net, divided by a frozen plan, from its draft to the members' statements.
//!
//! `draft → objection → approved → posted → paid → statements_issued`; beside the road `objected` (a member's objection waits
//! for its answer), `withdrawn` (also the default of every state in which nobody acts in time: the money stays
//! undistributed) and `reversed` (the mirror of the posted lines, never a recomputation; `reversing` while a series of entries is mirrored).

use super::cooperative::Period;
use super::outline::Outline;
use crate::calendar::later;
use crate::error::Refusal;
use crate::id::{AllocationRuleId, DistributionId, MemberId, PersonId, ResultId};
use crate::money::Currency;
use jiff::Timestamp;

/// Days after which a draft that nobody opened, or whose window passed without an approval, is withdrawn.
pub const WAIT_DAYS: u16 = 30;
/// Days within which an objection is answered; then the distribution is withdrawn.
pub const ANSWER_DAYS: u16 = 14;
/// The longest objection window, in days.
pub const WINDOW_DAYS_MAX: u16 = 90;

/// What leads on from what was paid out.
const PAID_OUT: &str = "it is paid out: record what it got wrong as a sale or a cost of the next period";

/// Who approved it, and when in book time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// Who approved it: somebody else than who drafted it.
    pub by: PersonId,
    /// When it was approved, in book time.
    pub at: Timestamp,
}

/// What posting it left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Who approved it.
    pub approval: Approval,
    /// Record number of its journal entry.
    pub entry: i64,
    /// When it was posted, in book time.
    pub at: Timestamp,
}

/// Where a distribution stands, with the facts of each state; its moments are in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DistributionState {
    /// Computed and frozen; nobody but its makers sees it.
    Draft {
        /// When it is withdrawn, unless it is opened.
        until: Timestamp,
    },
    /// Before the members, who may object.
    Objection {
        /// When the window ends.
        until: Timestamp,
    },
    /// A member objected.
    Objected {
        /// When the window ends.
        until: Timestamp,
        /// When it is withdrawn, unless somebody answers by approving it.
        answer_until: Timestamp,
    },
    /// Approved; the worker posts it when the window has passed.
    Approved {
        /// Who approved it.
        approval: Approval,
        /// When the window ends.
        until: Timestamp,
    },
    /// In the book.
    Posted(Posting),
    /// Every member's part was paid out.
    Paid(Posting),
    /// Every member has a statement.
    StatementsIssued(Posting),
    /// Being taken back by the mirrors of a series of entries, the last one first.
    Reversing {
        /// What was posted.
        posting: Posting,
        /// Why it is taken back.
        reason: String,
    },
    /// Taken back by the mirror of its lines.
    Reversed {
        /// What was posted.
        posting: Posting,
        /// Record number of the mirror entry.
        reversal: i64,
        /// Why it was taken back.
        reason: String,
    },
    /// Given up; the money is undistributed.
    Withdrawn {
        /// Why it was given up.
        reason: String,
    },
}

impl DistributionState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            DistributionState::Draft { .. } => "draft",
            DistributionState::Objection { .. } => "objection",
            DistributionState::Objected { .. } => "objected",
            DistributionState::Approved { .. } => "approved",
            DistributionState::Posted(_) => "posted",
            DistributionState::Paid(_) => "paid",
            DistributionState::StatementsIssued(_) => "statements_issued",
            DistributionState::Reversing { .. } => "reversing",
            DistributionState::Reversed { .. } => "reversed",
            DistributionState::Withdrawn { .. } => "withdrawn",
        }
    }

    /// When something happens by itself, in book time.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            DistributionState::Draft { until } | DistributionState::Approved { until, .. } => Some(*until),
            DistributionState::Objection { until } => Some(later(*until, WAIT_DAYS)),
            DistributionState::Objected { answer_until, .. } => Some(*answer_until),
            DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => None,
        }
    }

    /// What posting it left behind, if it was posted.
    pub fn posting(&self) -> Option<Posting> {
        match self {
            DistributionState::Posted(posting)
            | DistributionState::Paid(posting)
            | DistributionState::StatementsIssued(posting)
            | DistributionState::Reversing { posting, .. }
            | DistributionState::Reversed { posting, .. } => Some(*posting),
            DistributionState::Draft { .. }
            | DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Approved { .. }
            | DistributionState::Withdrawn { .. } => None,
        }
    }
}

/// What the clock asks for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing, or not yet.
    Nothing,
    /// Its window has passed and it is approved: post it.
    Post,
    /// Nobody acted in time, for this reason.
    Withdraw(&'static str),
}

/// A distribution with its frozen plan, but for the parts of single members, which are rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Its id.
    pub id: DistributionId,
    /// The period whose net is distributed.
    pub period: Period,
    /// The version of the rule in force on the last day of the period.
    pub rule: AllocationRuleId,
    /// Number of that version, from 1.
    pub rule_version: i32,
    /// The result that it divides.
    pub result: ResultId,
    /// Sales of the period, minor units.
    pub sales: i64,
    /// Costs of the period, minor units.
    pub costs: i64,
    /// What else was earned, minor units.
    pub other_income: i64,
    /// What else was paid, minor units.
    pub other_costs: i64,
    /// Losses of earlier periods that the result bore first, minor units.
    pub loss_before: i64,
    /// The book's currency.
    pub currency: Currency,
    /// Days of the objection window.
    pub window_days: u16,
    /// Who gets what.
    pub plan: Outline,
    /// SHA-256 of rule, inputs and plan.
    pub digest: [u8; 32],
    /// Who drafted it.
    pub drafted_by: PersonId,
    /// When it was drafted, in book time.
    pub drafted_at: Timestamp,
    /// Where it stands.
    pub state: DistributionState,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
}

impl Distribution {
    /// What is distributed, minor units.
    pub fn net(&self) -> i64 {
        self.sales + self.other_income - self.costs - self.other_costs - self.loss_before
    }

    /// Refuses with `digest-mismatch` when somebody has read another plan.
    pub fn demand_digest(&self, seen: [u8; 32]) -> Result<(), Refusal> {
        if seen == self.digest {
            return Ok(());
        }
        Err(Refusal::new("digest-mismatch", "the plan is not the one that was read"))
    }

    /// Brings the draft before the members.
    pub fn open(self, now: Timestamp) -> Result<Distribution, Refusal> {
        match self.state {
            DistributionState::Draft { .. } => {}
            DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Approved { .. }
            | DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => return Err(self.refuse("only a draft is opened")),
        }
        let until = later(now, self.window_days);
        Ok(Distribution { state: DistributionState::Objection { until }, ..self })
    }

    /// A member objects while the window is open. An approval given earlier falls.
    pub fn object(self, now: Timestamp) -> Result<Distribution, Refusal> {
        let (until, answer_until) = match self.state {
            DistributionState::Objection { until } | DistributionState::Approved { until, .. } => {
                (until, later(now, ANSWER_DAYS))
            }
            // A second objection does not lengthen the wait.
            DistributionState::Objected { until, answer_until } => (until, answer_until),
            DistributionState::Draft { .. }
            | DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => return Err(self.refuse("nobody can object to it now")),
        };
        if now >= until {
            return Err(Refusal::new("objection-too-late", format!("the objection window ended at {until:.0}")));
        }
        Ok(Distribution { state: DistributionState::Objected { until, answer_until }, ..self })
    }

    /// Approves it. After an objection, `answer` says why it goes on all the same.
    ///
    /// # Errors
    ///
    /// `same-person` when `by` drafted it or objected to it; `reason-missing` when an objection is not answered;
    /// `digest-mismatch` when the approver has seen another plan.
    pub fn approve(
        self,
        by: PersonId,
        objectors: &[PersonId],
        seen: Option<[u8; 32]>,
        answer: &str,
        now: Timestamp,
    ) -> Result<Distribution, Refusal> {
        let until = match self.state {
            DistributionState::Objection { until } => until,
            DistributionState::Objected { .. } if answer.trim().is_empty() => {
                return Err(Refusal::new("reason-missing", "a member objected: say why it goes on all the same"));
            }
            DistributionState::Objected { until, .. } => until,
            DistributionState::Draft { .. }
            | DistributionState::Approved { .. }
            | DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => return Err(self.refuse("it does not wait for an approval")),
        };
        if by == self.drafted_by || objectors.contains(&by) {
            let detail = "a distribution is approved by somebody who neither drafted it nor objected to it";
            return Err(Refusal::new("same-person", detail));
        }
        if let Some(seen) = seen {
            self.demand_digest(seen)?;
        }
        let approval = Approval { by, at: now };
        Ok(Distribution { state: DistributionState::Approved { approval, until }, ..self })
    }

    /// Gives it up before it is posted.
    pub fn withdraw(self, reason: String) -> Result<Distribution, Refusal> {
        match self.state {
            DistributionState::Draft { .. }
            | DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Approved { .. } => {}
            DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => return Err(self.refuse("there is nothing to withdraw")),
        }
        Ok(Distribution { state: DistributionState::Withdrawn { reason }, ..self })
    }

    /// What the clock asks for now.
    pub fn due(&self, now: Timestamp) -> Due {
        if self.state.deadline().is_none_or(|deadline| now < deadline) {
            return Due::Nothing;
        }
        match self.state {
            DistributionState::Draft { .. } => Due::Withdraw("nobody opened the draft in time"),
            DistributionState::Objection { .. } => Due::Withdraw("nobody approved it in time"),
            DistributionState::Objected { .. } => Due::Withdraw("nobody answered the objection in time"),
            DistributionState::Approved { .. } => Due::Post,
            DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => Due::Nothing,
        }
    }

    /// It is in the book.
    pub fn posted(self, entry: i64, now: Timestamp) -> Result<Distribution, Refusal> {
        match self.state {
            DistributionState::Approved { approval, until } if now >= until => {
                let posting = Posting { approval, entry, at: now };
                Ok(Distribution { state: DistributionState::Posted(posting), ..self })
            }
            DistributionState::Approved { .. }
            | DistributionState::Draft { .. }
            | DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => Err(self.refuse("it is not to be posted now")),
        }
    }

    /// Every member's part was paid out.
    pub fn paid(self) -> Result<Distribution, Refusal> {
        match self.state {
            DistributionState::Posted(posting) => Ok(Distribution { state: DistributionState::Paid(posting), ..self }),
            DistributionState::Draft { .. }
            | DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Approved { .. }
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => Err(self.refuse("only a posted one is paid out")),
        }
    }

    /// Every member has a statement. They need not wait for the bank.
    pub fn statements_issued(self) -> Result<Distribution, Refusal> {
        match self.state {
            DistributionState::Posted(posting) | DistributionState::Paid(posting) => {
                Ok(Distribution { state: DistributionState::StatementsIssued(posting), ..self })
            }
            DistributionState::Draft { .. }
            | DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Approved { .. }
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => Err(self.refuse("only a posted one has statements")),
        }
    }

    /// Refuses what cannot be taken back: `distribution-state` for one that is not posted or paid out already, `same-person`
    /// when `by` approved it.
    pub fn check_reversal(&self, by: PersonId) -> Result<Posting, Refusal> {
        match self.state {
            DistributionState::Posted(posting) | DistributionState::StatementsIssued(posting) => {
                if posting.approval.by == by {
                    let detail = "a distribution is taken back by somebody who did not approve it";
                    return Err(Refusal::new("same-person", detail));
                }
                Ok(posting)
            }
            DistributionState::Draft { .. }
            | DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Approved { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => {
                Err(self.refuse("only a posted one that is not paid out is reversed"))
            }
            DistributionState::Reversing { .. } => Err(self.refuse("the rest of it follows without a pause")),
            DistributionState::Paid(_) => Err(self.refuse(PAID_OUT)),
        }
    }

    /// It is being taken back, by so many entries that it takes more than one step.
    pub fn reversing(self, by: PersonId, reason: String) -> Result<Distribution, Refusal> {
        let posting = self.check_reversal(by)?;
        Ok(Distribution { state: DistributionState::Reversing { posting, reason }, ..self })
    }

    /// All of what was being taken back is mirrored, the first entry by `reversal`.
    pub fn taken_back(self, reversal: i64) -> Result<Distribution, Refusal> {
        let DistributionState::Reversing { posting, reason } = self.state else {
            return Err(self.refuse("it is not being taken back"));
        };
        Ok(Distribution { state: DistributionState::Reversed { posting, reversal, reason }, ..self })
    }

    /// It was taken back by the mirror entry `reversal`.
    pub fn reversed(self, by: PersonId, reversal: i64, reason: String) -> Result<Distribution, Refusal> {
        let posting = self.check_reversal(by)?;
        Ok(Distribution { state: DistributionState::Reversed { posting, reversal, reason }, ..self })
    }

    /// What leads back to before it, for whoever it stands in the way of.
    pub fn way_back(&self) -> String {
        let id = self.id;
        match self.state {
            DistributionState::Draft { .. }
            | DistributionState::Objection { .. }
            | DistributionState::Objected { .. }
            | DistributionState::Approved { .. } => format!("withdraw it by POST /v1/distributions/{id}:withdraw"),
            DistributionState::Posted(_) | DistributionState::StatementsIssued(_) => {
                format!("take it back by POST /v1/distributions/{id}:reverse")
            }
            DistributionState::Paid(_) => PAID_OUT.to_owned(),
            DistributionState::Reversing { .. } => "it is being taken back: wait for its end".to_owned(),
            DistributionState::Reversed { .. } | DistributionState::Withdrawn { .. } => "it is over".to_owned(),
        }
    }

    fn refuse(&self, why: &str) -> Refusal {
        Refusal::new("distribution-state", format!("the distribution is {}: {why}", self.state.as_str()))
    }
}

/// A member's objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The distribution that is objected to.
    pub distribution: DistributionId,
    /// The member who objects.
    pub member: MemberId,
    /// The person who raised it.
    pub raised_by: PersonId,
    /// When it was raised, in book time.
    pub raised_at: Timestamp,
    /// What is objected to.
    pub reason: String,
}

#[cfg(test)]
#[path = "distribution_tests.rs"]
mod tests;
