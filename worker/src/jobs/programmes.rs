//! Jobs of programmes: what loops bring in a month.

use super::Context;
use crate::failure::Failure;
use ledger::id::CampaignId;
use ledger::programmes::operations::loops;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Reckons anew what the loop of a campaign brings in a month, and so whether it takes new pledges.
    pub(super) async fn reckon_loop(&self, leased: &Leased, campaign: CampaignId) -> Result<(), Failure> {
        let reckoned = self.settle_with(leased, async |tx, wall| loops::reckon(tx, campaign, wall).await).await?;
        if reckoned.asks_for_nothing() {
            tracing::info!(job = %leased.id, %campaign, "{campaign} asks for nothing: what is made brings its goal");
        }
        Ok(())
    }
}
