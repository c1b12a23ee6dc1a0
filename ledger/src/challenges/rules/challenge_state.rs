//! Where a challenge stands: each state with the facts that belong to it.

use jiff::Timestamp;

/// Where a challenge stands. `until` is when its default comes true, in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChallengeState {
    /// Being written.
    Draft {
        /// When it is given up unless it is published.
        until: Timestamp,
    },
    /// Its rules stand, and sponsors fill the purse.
    Funding {
        /// When it is given up unless it is announced.
        until: Timestamp,
    },
    /// Teams may enter; submissions wait for the opening.
    Announced {
        /// When it is given up unless it is opened.
        until: Timestamp,
    },
    /// Takes submissions: the purse is full.
    Open {
        /// When submissions close.
        until: Timestamp,
    },
    /// Takes submissions for a further time.
    Extended {
        /// When submissions close.
        until: Timestamp,
    },
    /// Judges score what was submitted complete.
    Judging {
        /// When it is ranked.
        until: Timestamp,
        /// Whether one judging time has passed without all scores.
        escalated: bool,
    },
    /// Ranked; appeals are heard.
    Provisional {
        /// When the prizes are awarded.
        until: Timestamp,
    },
    /// The prizes are payable.
    Awarded,
    /// Over.
    Closed,
    /// Given up before anything was won.
    Cancelled {
        /// Why it was given up.
        reason: String,
    },
    /// Nobody won anything.
    NoAward {
        /// Why nobody won.
        reason: String,
    },
}

impl ChallengeState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            ChallengeState::Draft { .. } => "draft",
            ChallengeState::Funding { .. } => "funding",
            ChallengeState::Announced { .. } => "announced",
            ChallengeState::Open { .. } => "open",
            ChallengeState::Extended { .. } => "extended",
            ChallengeState::Judging { .. } => "judging",
            ChallengeState::Provisional { .. } => "provisional",
            ChallengeState::Awarded => "awarded",
            ChallengeState::Closed => "closed",
            ChallengeState::Cancelled { .. } => "cancelled",
            ChallengeState::NoAward { .. } => "no_award",
        }
    }

    /// When its default comes true; none where it does not wait.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            ChallengeState::Draft { until }
            | ChallengeState::Funding { until }
            | ChallengeState::Announced { until }
            | ChallengeState::Open { until }
            | ChallengeState::Extended { until }
            | ChallengeState::Judging { until, .. }
            | ChallengeState::Provisional { until } => Some(*until),
            ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => None,
        }
    }

    /// Whether everybody who is signed in may see it: from the announcement on.
    pub fn is_announced(&self) -> bool {
        match self {
            ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::NoAward { .. } => true,
            ChallengeState::Draft { .. } | ChallengeState::Funding { .. } | ChallengeState::Cancelled { .. } => false,
        }
    }

    /// Whether its prizes have been decided for good.
    pub fn is_awarded(&self) -> bool {
        match self {
            ChallengeState::Awarded | ChallengeState::Closed | ChallengeState::NoAward { .. } => true,
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Cancelled { .. } => false,
        }
    }

    /// Whether its ranking is known, provisional or for good.
    pub fn is_ranked(&self) -> bool {
        match self {
            ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::NoAward { .. } => true,
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Cancelled { .. } => false,
        }
    }

    /// Until when teams work, where they do.
    pub fn submissions_until(&self) -> Option<Timestamp> {
        match self {
            ChallengeState::Open { until } | ChallengeState::Extended { until } => Some(*until),
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed
            | ChallengeState::Cancelled { .. }
            | ChallengeState::NoAward { .. } => None,
        }
    }

    /// Why it is so, where the state says it; empty otherwise.
    pub fn reason(&self) -> &str {
        match self {
            ChallengeState::Cancelled { reason } | ChallengeState::NoAward { reason } => reason,
            ChallengeState::Draft { .. }
            | ChallengeState::Funding { .. }
            | ChallengeState::Announced { .. }
            | ChallengeState::Open { .. }
            | ChallengeState::Extended { .. }
            | ChallengeState::Judging { .. }
            | ChallengeState::Provisional { .. }
            | ChallengeState::Awarded
            | ChallengeState::Closed => "",
        }
    }
}
