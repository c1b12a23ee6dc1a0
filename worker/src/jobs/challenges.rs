//! Jobs of challenges: what happens when the time of a state has passed.

use super::Context;
use crate::failure::Failure;
use jiff::Timestamp;
use ledger::challenges::operations::challenges;
use ledger::id::ChallengeId;
use ledger::service::store::jobs::{self, Leased};

impl Context {
    /// What the rules of the challenge say: close submissions, rank, award, or give it up.
    pub(super) async fn advance_challenge(&self, leased: &Leased, challenge: ChallengeId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let wall = Timestamp::now();
        let state = challenges::advance(&tx, challenge, wall).await?.state;
        jobs::settle(&tx, leased, wall).await?;
        tx.commit().await?;
        tracing::info!(job = %leased.id, %challenge, "after its deadline {challenge} is {}", state.name());
        Ok(())
    }
}
