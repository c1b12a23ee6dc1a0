//! Jobs of matching rounds: what happens when the time of a state has passed.

use super::Context;
use crate::failure::Failure;
use ledger::id::MatchingRoundId;
use ledger::matching::operations::rounds;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Does what is due when the time of a round's state has passed: give the draft up, tally, publish, make final, pay.
    pub(super) async fn advance_matching_round(&self, leased: &Leased, round: MatchingRoundId) -> Result<(), Failure> {
        let advanced = self.settle_with(leased, async |tx, wall| rounds::advance(tx, round, wall).await).await?;
        tracing::info!(job = %leased.id, %round, "after its deadline {round} is {}", advanced.state.as_str());
        Ok(())
    }
}
