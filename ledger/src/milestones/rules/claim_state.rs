//! Where a claim stands, with the facts of each state.

use crate::words::words;
use jiff::Timestamp;

/// A submission that waits for its reviewers; its moments are in book time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnderReview {
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When the policy's default takes hold.
    pub until: Timestamp,
    /// Whether the first deadline passed and the host's owners were called in.
    pub escalated: bool,
}

words! {
    /// How a claim came to be approved.
    DecidedBy, "way of deciding" {
        /// Enough reviewers approved.
        Reviewers = "reviewers",
        /// Nobody decided in time, and the policy releases then.
        Silence = "silence",
    }
}

/// What was approved, and what became of it. All amounts in minor units: `amount ≥ released + frozen + struck`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The approved amount.
    pub amount: i64,
    /// How it came to be approved.
    pub by: DecidedBy,
    /// When it was approved, in book time.
    pub at: Timestamp,
    /// When the objection window ends and the worker releases, in book time.
    pub objection_until: Timestamp,
    /// Held back by open disputes.
    pub frozen: i64,
    /// Taken off by upheld disputes; it stays with the milestone.
    pub struck: i64,
    /// Posted to the team's payable.
    pub released: i64,
}

impl Decision {
    /// What neither a dispute nor a release has taken yet.
    pub fn open(&self) -> i64 {
        self.amount - self.frozen - self.struck - self.released
    }

    /// What may be released at this time.
    pub fn releasable(&self, now: Timestamp) -> i64 {
        if now < self.objection_until { 0 } else { self.open() }
    }

    /// The state that follows from the sums.
    pub(super) fn state(self) -> ClaimState {
        if self.frozen > 0 {
            ClaimState::Disputed(self)
        } else if self.open() > 0 {
            ClaimState::Approved(self)
        } else if self.released > 0 {
            ClaimState::Payable(self)
        } else {
            ClaimState::Rejected { reason: "a dispute over the whole amount was upheld".into() }
        }
    }
}

/// Where a claim stands; its moments are in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimState {
    /// Being written; it can be changed.
    Draft {
        /// When it expires unless it is submitted.
        until: Timestamp,
    },
    /// Nobody has reviewed it yet.
    Submitted(UnderReview),
    /// Somebody has, or the first deadline passed.
    InReview(UnderReview),
    /// A reviewer asks for changes.
    ChangesAsked {
        /// When it expires unless it is submitted again.
        until: Timestamp,
    },
    /// Approved; the objection window runs.
    Approved(Decision),
    /// A part is held back by a dispute; the rest goes its way.
    Disputed(Decision),
    /// Refused by the reviewers or by a dispute.
    Rejected {
        /// Why it was rejected.
        reason: String,
    },
    /// All that was approved and not struck is owed to the team.
    Payable(Decision),
    /// All of it was paid out.
    Paid(Decision),
    /// Taken back after approval, for fraud.
    Revoked {
        /// Why, for everybody to read.
        reason: String,
        /// What had been approved and released; all the rest of it is struck.
        decision: Decision,
    },
    /// Its deadline passed.
    Expired,
}

impl ClaimState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            ClaimState::Draft { .. } => "draft",
            ClaimState::Submitted(_) => "submitted",
            ClaimState::InReview(_) => "in_review",
            ClaimState::ChangesAsked { .. } => "changes_asked",
            ClaimState::Approved(_) => "approved",
            ClaimState::Disputed(_) => "disputed",
            ClaimState::Rejected { .. } => "rejected",
            ClaimState::Payable(_) => "payable",
            ClaimState::Paid(_) => "paid",
            ClaimState::Revoked { .. } => "revoked",
            ClaimState::Expired => "expired",
        }
    }

    /// Whether the milestone counts as claimed by it.
    pub fn is_in_play(&self) -> bool {
        match self {
            ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::ChangesAsked { .. }
            | ClaimState::Approved(_)
            | ClaimState::Disputed(_) => true,
            ClaimState::Draft { .. }
            | ClaimState::Rejected { .. }
            | ClaimState::Payable(_)
            | ClaimState::Paid(_)
            | ClaimState::Revoked { .. }
            | ClaimState::Expired => false,
        }
    }

    /// The review that is running.
    pub fn under_review(&self) -> Option<UnderReview> {
        match self {
            ClaimState::Submitted(review) | ClaimState::InReview(review) => Some(*review),
            ClaimState::Draft { .. }
            | ClaimState::ChangesAsked { .. }
            | ClaimState::Approved(_)
            | ClaimState::Disputed(_)
            | ClaimState::Rejected { .. }
            | ClaimState::Payable(_)
            | ClaimState::Paid(_)
            | ClaimState::Revoked { .. }
            | ClaimState::Expired => None,
        }
    }

    /// The decision, where there is one.
    pub fn decision(&self) -> Option<Decision> {
        match self {
            ClaimState::Approved(decision)
            | ClaimState::Disputed(decision)
            | ClaimState::Payable(decision)
            | ClaimState::Paid(decision)
            | ClaimState::Revoked { decision, .. } => Some(*decision),
            ClaimState::Draft { .. }
            | ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::ChangesAsked { .. }
            | ClaimState::Rejected { .. }
            | ClaimState::Expired => None,
        }
    }

    /// When the claim's clock is due.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            ClaimState::Draft { until } | ClaimState::ChangesAsked { until } => Some(*until),
            ClaimState::Submitted(review) | ClaimState::InReview(review) => Some(review.until),
            ClaimState::Approved(_)
            | ClaimState::Disputed(_)
            | ClaimState::Rejected { .. }
            | ClaimState::Payable(_)
            | ClaimState::Paid(_)
            | ClaimState::Revoked { .. }
            | ClaimState::Expired => None,
        }
    }
}
