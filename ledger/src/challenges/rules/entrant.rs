//! A team that has entered a challenge.

use super::purse::FeeState;
use crate::evidence::Digest;
use crate::id::{ChallengeId, EntrantId, OrganisationId, PersonId};
use jiff::Timestamp;

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
}
