//! A team that has entered a challenge.

use super::purse::FeeState;
use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::{ChallengeId, EntrantId, OrganisationId, PersonId};
use crate::words::words;
use jiff::Timestamp;

words! {
    /// Who ended an entry.
    WithdrawnBy, "who withdrew an entry" {
        /// The team, which did not agree to rules that were changed.
        Team = "team",
        /// Nobody: the team did not answer in time.
        Silence = "silence",
    }
}

/// That an entry was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// When, in book time.
    pub at: Timestamp,
    /// Who ended it.
    pub by: WithdrawnBy,
}

/// The entry of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrant {
    /// Its id.
    pub id: EntrantId,
    /// The challenge that the team enters.
    pub challenge: ChallengeId,
    /// The team that enters.
    pub team: OrganisationId,
    /// Who agreed to the rules for it.
    pub entered_by: PersonId,
    /// The partner platform that takes the fee; none when the host takes it.
    pub collector: Option<OrganisationId>,
    /// Number of the version of the rules that the team agreed to, from 1.
    pub rules_version: i32,
    /// SHA-256 of those rules.
    pub rules: Digest,
    /// Minor units of the fee; 0 where there is none.
    pub fee: i64,
    /// How the fee stands.
    pub fee_state: FeeState,
    /// That it was withdrawn; none while it stands.
    pub withdrawn: Option<Withdrawal>,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
    /// When the team entered, in book time.
    pub entered_at: Timestamp,
}

impl Entrant {
    /// Whether a custodian may say that the fee is there: the host of the book always, a partner for teams that named it.
    pub fn is_collected_by(&self, custodian: OrganisationId, host: OrganisationId) -> bool {
        custodian == host || self.collector == Some(custodian)
    }

    /// Refuses one that was withdrawn.
    pub fn demand_standing(&self) -> Result<(), Refusal> {
        match self.withdrawn {
            Some(withdrawn) => {
                Err(Refusal::new("entry-withdrawn", format!("the entry was withdrawn at {}", withdrawn.at)))
            }
            None => Ok(()),
        }
    }
}
