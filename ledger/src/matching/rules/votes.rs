//! Voting rounds: each identity has an allowance, and gives votes to campaigns of the round for it.

use super::line::{Line, Weight, by_identity, too_large};
use crate::error::Refusal;
use crate::words::words;

words! {
    /// What votes for one campaign cost of an allowance.
    VoteCost, "cost of votes" {
        /// As many as there are votes.
        Linear = "linear",
        /// The square of their number: three votes cost nine.
        Quadratic = "quadratic",
    }
}

impl VoteCost {
    /// What an identity pays for all its votes to one campaign.
    pub fn of(self, votes: i64) -> i64 {
        match self {
            VoteCost::Linear => votes,
            VoteCost::Quadratic => votes.saturating_mul(votes),
        }
    }
}

/// The weight of a campaign: its votes.
pub(super) fn weight(lines: &[Line]) -> Result<Weight, Refusal> {
    let sums = by_identity(lines)?;
    let votes = sums.values().map(|votes| u128::from(votes.unsigned_abs())).sum();
    let identities = i64::try_from(sums.len()).map_err(|_| too_large())?;
    Ok(Weight { identities, roots: 0, raw: votes, weight: votes })
}
