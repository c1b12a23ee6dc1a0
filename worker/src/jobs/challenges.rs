//! Jobs of challenges: what happens when the time of a state has passed.

use super::Context;
use crate::failure::Failure;
use ledger::challenges::operations::challenges;
use ledger::id::ChallengeId;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Does what the rules of the challenge say when the time of its state has passed: close submissions, rank, award,
    /// or give it up.
    pub(super) async fn advance_challenge(&self, leased: &Leased, challenge: ChallengeId) -> Result<(), Failure> {
        let advanced =
            self.settle_with(leased, async |tx, wall| challenges::advance(tx, challenge, wall).await).await?;
        tracing::info!(job = %leased.id, %challenge, "after its deadline {challenge} is {}", advanced.state.as_str());
        Ok(())
    }
}
