//! Claims: a team says that a milestone is done, shows its evidence, and asks for the money.
//!
//! `draft → submitted → in_review → changes_asked | approved | rejected → payable → paid`; `disputed`, `revoked`,
//! `expired`. Every state that waits has a deadline and a default:
//!
//! | waiting | for | at the deadline |
//! |---|---|---|
//! | draft | the team | expires after 90 days |
//! | submitted, in review | the reviewers | the policy's default: approved, or the host's owners are called in |
//! | in review, escalated | reviewers and owners of the host | expires |
//! | changes asked | the team | expires |
//! | approved | objections | the worker releases |
//! | disputed | the parties of the dispute, and the host | as [`super::dispute`] says of each of its steps |

pub use super::claim_state::{ClaimState, DecidedBy, Decision, UnderReview};
use super::milestone::{OnSilence, Policy};
use super::review::{Ballot, Outcome, Subject};
use crate::calendar::later;
use crate::error::Refusal;
use crate::evidence::{Digest, Evidence, Gate, digests};
use crate::id::{ClaimId, MilestoneId, OrganisationId, PersonId};
use crate::money::Money;
use jiff::Timestamp;

/// Days after which a draft that nobody submitted expires.
pub const DRAFT_DAYS: u16 = 90;

/// What a claim says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// How much is asked for.
    pub amount: Money,
    /// What was done.
    pub note: String,
    /// What shows it, in order.
    pub evidence: Vec<Evidence>,
}

/// A claim of a milestone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The milestone whose money is claimed.
    pub milestone: MilestoneId,
    /// The team whose claim it is.
    pub team: OrganisationId,
    /// Who wrote it, or submitted it last.
    pub claimant: PersonId,
    /// What it says.
    pub content: Content,
    /// Revision of the text, from 1: rises with each edit.
    pub revision: i32,
    /// Number of the last submission to the reviewers, from 1; 0 before the first.
    pub round: i32,
    /// Where it stands.
    pub state: ClaimState,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

/// What a claim's digest is taken of: JSON as in RFC 8785 (keys in order, no blanks, amounts as strings).
#[derive(serde::Serialize)]
struct Canonical<'a> {
    amount: String,
    claim: ClaimId,
    currency: &'a str,
    evidence: &'a [Evidence],
    milestone: MilestoneId,
    note: &'a str,
    team: OrganisationId,
}

/// What the deadline did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Nothing: no deadline has passed.
    NotDue,
    /// Approved by the policy.
    Approved,
    /// The host's owners are called in.
    Escalated,
    /// Given up.
    Expired,
}

impl Claim {
    /// SHA-256 of the claim's content with its evidence, in the canonical form of RFC 8785.
    pub fn digest(&self) -> Digest {
        let currency = self.content.amount.currency();
        let canonical = Canonical {
            amount: currency.format(self.content.amount.minor()),
            claim: self.id,
            currency: currency.code(),
            evidence: &self.content.evidence,
            milestone: self.milestone,
            note: &self.content.note,
            team: self.team,
        };
        Digest::of(&serde_json::to_vec(&canonical).expect("strings and lists always serialise"))
    }

    /// What a review of it must restate.
    pub fn subject(&self) -> Subject {
        Subject {
            round: self.round,
            claim: self.digest(),
            evidence: digests(&self.content.evidence),
            amount: self.content.amount.minor(),
        }
    }

    /// Other content. One that waits for its reviewers becomes a draft again: its approvals fall, and its clock starts
    /// anew when it is submitted, so that nothing is released that nobody had time to read.
    pub fn edit(self, content: Content, claimant: PersonId, now: Timestamp) -> Result<Claim, Refusal> {
        match self.state {
            ClaimState::Draft { .. }
            | ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::ChangesAsked { .. } => {}
            ClaimState::Approved(_)
            | ClaimState::Disputed(_)
            | ClaimState::Rejected { .. }
            | ClaimState::Payable(_)
            | ClaimState::Paid(_)
            | ClaimState::Revoked { .. }
            | ClaimState::Expired => return Err(self.refuse("claim-decided", "it can no longer be changed")),
        }
        let state = ClaimState::Draft { until: later(now, DRAFT_DAYS) };
        Ok(Claim { content, claimant, state, revision: self.revision + 1, ..self })
    }

    /// Hands it to the reviewers, once the milestone's gate is open.
    pub fn submit(self, gate: Gate, policy: &Policy, claimant: PersonId, now: Timestamp) -> Result<Claim, Refusal> {
        match self.state {
            ClaimState::Draft { .. } | ClaimState::ChangesAsked { .. } => {}
            ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::Approved(_)
            | ClaimState::Disputed(_)
            | ClaimState::Rejected { .. }
            | ClaimState::Payable(_)
            | ClaimState::Paid(_)
            | ClaimState::Revoked { .. }
            | ClaimState::Expired => return Err(self.refuse("claim-not-draft", "only a draft can be submitted")),
        }
        gate.check(&self.content.evidence)?;
        let review = UnderReview { submitted_at: now, until: policy.review_until(now), escalated: false };
        Ok(Claim { state: ClaimState::Submitted(review), claimant, round: self.round + 1, ..self })
    }

    /// Whether a review can be recorded now.
    pub fn takes_reviews(&self) -> Result<UnderReview, Refusal> {
        self.state.under_review().ok_or_else(|| self.refuse("claim-not-in-review", "it does not wait for reviewers"))
    }

    /// What the reviews, the newest included, make of it.
    pub fn reviewed(self, ballot: &Ballot, policy: &Policy, now: Timestamp) -> Result<Claim, Refusal> {
        let review = self.takes_reviews()?;
        let state = match ballot.outcome(policy) {
            Outcome::Waiting => ClaimState::InReview(review),
            Outcome::Approved { amount } => approved(amount, DecidedBy::Reviewers, policy, now),
            Outcome::Rejected => ClaimState::Rejected { reason: "rejected by its reviewers".into() },
            Outcome::ChangesAsked => ClaimState::ChangesAsked { until: policy.review_until(now) },
        };
        Ok(Claim { state, ..self })
    }

    /// Does what the deadline demands, if it has passed, as of that deadline; the same call twice does it once.
    ///
    /// Silence releases the lowest amount that a counting approval states, or the whole claim where nobody approved. It
    /// never releases against a counting rejection, nor above the threshold that asks for three people.
    pub fn close(self, ballot: &Ballot, policy: &Policy, now: Timestamp) -> (Claim, Closed) {
        let Some(due) = self.state.deadline().filter(|until| *until <= now) else {
            return (self, Closed::NotDue);
        };
        let Some(review) = self.state.under_review().filter(|review| !review.escalated) else {
            return (Claim { state: ClaimState::Expired, ..self }, Closed::Expired);
        };
        let amount = ballot.lowest().unwrap_or(self.content.amount.minor());
        let releases = match policy.on_silence {
            OnSilence::Release => ballot.rejections.is_empty() && !policy.asks_three_people(amount),
            OnSilence::Escalate => false,
        };
        if releases {
            return (Claim { state: approved(amount, DecidedBy::Silence, policy, due), ..self }, Closed::Approved);
        }
        let escalated = UnderReview { until: policy.review_until(due), escalated: true, ..review };
        (Claim { state: ClaimState::InReview(escalated), ..self }, Closed::Escalated)
    }

    /// Somebody objects to `amount` minor units of what was approved, within the window.
    pub fn dispute(self, amount: i64, now: Timestamp) -> Result<Claim, Refusal> {
        let decision = self.undecided()?;
        if now >= decision.objection_until {
            return Err(self.refuse("objection-window-closed", "the time for objections has passed"));
        }
        if !(1..=decision.open()).contains(&amount) {
            let currency = self.content.amount.currency();
            let open = currency.format(decision.open());
            return Err(Refusal::new("amount-above-approved", format!("{open} of the claim can still be disputed")));
        }
        Ok(Claim { state: Decision { frozen: decision.frozen + amount, ..decision }.state(), ..self })
    }

    /// A dispute over `amount` minor units has ended, and struck so many of them.
    pub fn resolve(self, amount: i64, struck: i64) -> Result<Claim, Refusal> {
        let decision = self.undecided()?;
        if !(1..=decision.frozen).contains(&amount) || !(0..=amount).contains(&struck) {
            return Err(self.refuse("dispute-closed", "so much is not held back by disputes"));
        }
        let resolved = Decision { frozen: decision.frozen - amount, struck: decision.struck + struck, ..decision };
        Ok(Claim { state: resolved.state(), ..self })
    }

    /// Two people of the host revoke it, for good: what is not released is struck. Answers what had been released, minor units.
    pub fn revoke(self, reason: String) -> Result<(Claim, i64), Refusal> {
        match self.state {
            ClaimState::Approved(decision)
            | ClaimState::Disputed(decision)
            | ClaimState::Payable(decision)
            | ClaimState::Paid(decision) => {
                let released = decision.released;
                let decision = Decision { frozen: 0, struck: decision.amount - released, ..decision };
                Ok((Claim { state: ClaimState::Revoked { reason, decision }, ..self }, released))
            }
            ClaimState::Draft { .. }
            | ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::ChangesAsked { .. }
            | ClaimState::Rejected { .. }
            | ClaimState::Revoked { .. }
            | ClaimState::Expired => {
                Err(self.refuse("claim-not-approved", "nothing of it is approved that is revoked"))
            }
        }
    }

    /// Takes what may be released now; nothing where the window still runs or all of it is gone or frozen.
    pub fn release(self, now: Timestamp) -> (Claim, i64) {
        let Ok(decision) = self.undecided() else {
            return (self, 0);
        };
        let amount = decision.releasable(now);
        if amount == 0 {
            return (self, 0);
        }
        (Claim { state: Decision { released: decision.released + amount, ..decision }.state(), ..self }, amount)
    }

    /// Whether its approval still stands when the reviews are counted once more, before the first release: a tie may have
    /// been declared, or a reviewer may have joined the team.
    pub fn still_approved(&self, ballot: &Ballot, policy: &Policy) -> bool {
        match self.state.decision() {
            Some(Decision { by: DecidedBy::Reviewers, released: 0, .. }) => {
                ballot.approvals.len() >= usize::from(policy.reviewers_needed)
            }
            Some(_) | None => true,
        }
    }

    /// Back to its reviewers, because an approval has fallen.
    pub fn reopen(self, policy: &Policy, now: Timestamp) -> Result<Claim, Refusal> {
        match self.state {
            ClaimState::Approved(decision) if decision.released == 0 => {
                let until = policy.review_until(now);
                let review = UnderReview { submitted_at: decision.at, until, escalated: false };
                Ok(Claim { state: ClaimState::InReview(review), ..self })
            }
            ClaimState::Approved(_)
            | ClaimState::Draft { .. }
            | ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::ChangesAsked { .. }
            | ClaimState::Disputed(_)
            | ClaimState::Rejected { .. }
            | ClaimState::Payable(_)
            | ClaimState::Paid(_)
            | ClaimState::Revoked { .. }
            | ClaimState::Expired => Err(self.refuse("claim-not-approved", "only an unreleased approval can fall")),
        }
    }

    fn undecided(&self) -> Result<Decision, Refusal> {
        match self.state {
            ClaimState::Approved(decision) | ClaimState::Disputed(decision) => Ok(decision),
            ClaimState::Draft { .. }
            | ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::ChangesAsked { .. }
            | ClaimState::Rejected { .. }
            | ClaimState::Payable(_)
            | ClaimState::Paid(_)
            | ClaimState::Revoked { .. }
            | ClaimState::Expired => Err(self.refuse("claim-not-approved", "nothing approved waits for release")),
        }
    }

    fn refuse(&self, code: &'static str, why: &str) -> Refusal {
        Refusal::new(code, format!("the claim is {}: {why}", self.state.as_str()))
    }
}

fn approved(amount: i64, by: DecidedBy, policy: &Policy, now: Timestamp) -> ClaimState {
    let objection_until = policy.objection_until(now);
    ClaimState::Approved(Decision { amount, by, at: now, objection_until, frozen: 0, struck: 0, released: 0 })
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
