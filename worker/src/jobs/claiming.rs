//! Jobs that act for a claim when its clocks run out: the effect and the settled job are one transaction.

use super::Doer;
use crate::failure::Failure;
use jiff::Timestamp;
use ledger::id::ClaimId;
use ledger::milestones::operations::{claims, releases};
use ledger::service::store::jobs::{self, Leased};

impl Doer {
    /// Nobody reviewed a claim in time: what its policy says.
    pub(super) async fn close_review(&self, leased: &Leased, claim: ClaimId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let wall = Timestamp::now();
        let closed = claims::close_review(&tx, claim, wall).await?;
        jobs::settle(&tx, leased, wall).await?;
        tx.commit().await?;
        tracing::info!(job = %leased.id, %claim, "the review deadline of {claim}: {closed:?}");
        Ok(())
    }

    /// The objection window of an approved claim has passed.
    pub(super) async fn release_claim(&self, leased: &Leased, claim: ClaimId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let wall = Timestamp::now();
        let released = releases::release(&tx, claim, wall).await?;
        jobs::settle(&tx, leased, wall).await?;
        tx.commit().await?;
        if let Some(release) = released {
            let (id, amount) = (release.id, release.amount);
            tracing::info!(job = %leased.id, %claim, release = %id, "released {amount} of {claim} as {id}");
        }
        Ok(())
    }
}
