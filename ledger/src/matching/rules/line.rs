//! What counts in a matching round, and what comes of it: the words in which all its formulas speak.

use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::CampaignId;
use crate::words::words;
use std::collections::BTreeMap;

words! {
    /// By which formula a round matches. A formula never changes: another one has another name.
    Formula, "formula" {
        /// (Σ√c)² − Σc of each campaign, c being what each identity gave; scaled down to the pool where the pool is less.
        ClrSubtractingV1 = "clr_subtracting_v1",
        /// The whole pool is shared by (Σ√c)² of each campaign.
        ClrSharedV1 = "clr_shared_v1",
        /// Each gift by the same amount, in the order of capture, until the pool or a cap is used up.
        OneToOneV1 = "one_to_one_v1",
        /// The whole pool is shared by the votes that identities gave.
        VotesV1 = "votes_v1",
    }
}

/// What a formula is told besides what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The formula.
    pub formula: Formula,
    /// Whether what `clr_subtracting_v1` leaves in the pool is shared as well, in the same proportions.
    pub saturate: bool,
    /// The most that one campaign is matched by, minor units; for `one_to_one_v1`.
    pub cap_per_campaign: Option<i64>,
    /// The most by which the gifts of one identity are matched in the whole round, minor units; for `one_to_one_v1`.
    pub cap_per_identity: Option<i64>,
}

/// What counts in a round: what one identity gave to one campaign; with `one_to_one_v1`, one gift; with `votes_v1`, one vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Record number of the first capture in it, or number of the vote: no two lines of a tally have the same.
    pub number: i64,
    /// To which campaign it was given.
    pub campaign: CampaignId,
    /// Pseudonym of the identity, of this round alone.
    pub identity: Digest,
    /// Minor units, or votes.
    pub amount: i64,
    /// Whether it counts in the formula. What an identity gave that is not verified stays a gift, and does not.
    pub weighs: bool,
}

/// What a campaign gets of a round, and how that came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The campaign.
    pub campaign: CampaignId,
    /// All that was given to it, minor units; or votes.
    pub given: i64,
    /// How many identities count for it.
    pub identities: i64,
    /// The sum of their roots, in billionths of the root of a minor unit; 0 where the formula takes none.
    pub roots: u128,
    /// What the formula says before it is scaled to the pool, minor units rounded to the nearest; or votes.
    pub raw: u128,
    /// What it gets, minor units.
    pub share: i64,
}

/// A campaign's weight in the division of the pool.
pub(super) struct Weight {
    pub(super) identities: i64,
    pub(super) roots: u128,
    pub(super) raw: u128,
    pub(super) weight: u128,
}

/// All that was given to a campaign.
pub(super) fn given(lines: &[Line]) -> Result<i64, Refusal> {
    lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.amount)).ok_or_else(too_large)
}

/// What each identity gave that counts, added together.
pub(super) fn by_identity(lines: &[Line]) -> Result<BTreeMap<[u8; 32], i64>, Refusal> {
    let mut sums = BTreeMap::new();
    for line in lines.iter().filter(|line| line.weighs && line.amount > 0) {
        let sum: &mut i64 = sums.entry(line.identity.0).or_insert(0);
        *sum = sum.checked_add(line.amount).ok_or_else(too_large)?;
    }
    Ok(sums)
}

pub(super) fn too_large() -> Refusal {
    Refusal::new("sum-too-large", "more was given in the round than can be summed up")
}
