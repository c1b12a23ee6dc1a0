//! Money of a claim that was released to its team.

use crate::id::{CampaignId, ClaimId, MilestoneId, OrganisationId, ReleaseId};
use crate::money::Money;
use jiff::Timestamp;

/// One release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// Its number among the releases of the claim, from 1.
    pub number: i32,
    /// The claim that it paid.
    pub claim: ClaimId,
    /// The milestone of that claim.
    pub milestone: MilestoneId,
    /// The campaign whose money it was.
    pub campaign: CampaignId,
    /// The team to which it is owed now.
    pub team: OrganisationId,
    /// The amount that was released.
    pub amount: Money,
    /// Minor units of it that paid what the team owed; the rest is owed to the team.
    pub set_off: i64,
    /// Record number of its journal entry.
    pub entry: i64,
    /// When it was released, in book time.
    pub released_at: Timestamp,
}
