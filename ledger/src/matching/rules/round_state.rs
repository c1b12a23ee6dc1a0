//! Where a matching round stands: each state with the facts that belong to it.

use jiff::Timestamp;

/// Where a round stands. `until` is when its default comes true, in book time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoundState {
    /// Being written: its host adds campaigns.
    Draft {
        /// When it is given up unless it is opened.
        until: Timestamp,
    },
    /// Its terms stand: the pool is filled, and gifts of its period count.
    Open {
        /// When its period is over, and it is tallied.
        until: Timestamp,
    },
    /// Counted; its host looks at the draft of the result.
    Tallied {
        /// When the draft is published, whether its host has looked at it or not.
        until: Timestamp,
    },
    /// The draft of the result is published, and objections are heard.
    Objection {
        /// When the result is final.
        until: Timestamp,
    },
    /// The result stands; what each campaign gets is on its way.
    Final {
        /// When it is paid.
        until: Timestamp,
    },
    /// The campaigns have it, and what was left has gone back.
    Paid,
    /// Given up; what was in its pool has gone back.
    Cancelled {
        /// Why it was given up.
        reason: String,
    },
}

impl RoundState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            RoundState::Draft { .. } => "draft",
            RoundState::Open { .. } => "open",
            RoundState::Tallied { .. } => "tallied",
            RoundState::Objection { .. } => "objection",
            RoundState::Final { .. } => "final",
            RoundState::Paid => "paid",
            RoundState::Cancelled { .. } => "cancelled",
        }
    }

    /// When its default comes true; none where it does not wait.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            RoundState::Draft { until }
            | RoundState::Open { until }
            | RoundState::Tallied { until }
            | RoundState::Objection { until }
            | RoundState::Final { until } => Some(*until),
            RoundState::Paid | RoundState::Cancelled { .. } => None,
        }
    }

    /// Why it is so, where the state says it; empty otherwise.
    pub fn reason(&self) -> &str {
        match self {
            RoundState::Cancelled { reason } => reason,
            RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Objection { .. }
            | RoundState::Final { .. }
            | RoundState::Paid => "",
        }
    }

    /// Whether its result is published, as a draft or for good.
    pub fn is_published(&self) -> bool {
        match self {
            RoundState::Objection { .. } | RoundState::Final { .. } | RoundState::Paid => true,
            RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Cancelled { .. } => false,
        }
    }

    /// Whether its result stands.
    pub fn is_final(&self) -> bool {
        match self {
            RoundState::Final { .. } | RoundState::Paid => true,
            RoundState::Draft { .. }
            | RoundState::Open { .. }
            | RoundState::Tallied { .. }
            | RoundState::Objection { .. }
            | RoundState::Cancelled { .. } => false,
        }
    }
}
