//! Jobs that fetch what somebody has named.

use super::Context;
use crate::failure::Failure;
use ledger::book::Mode;
use ledger::fetching::operations::fetches as operations;
use ledger::fetching::rules::fetch::Outcome;
use ledger::fetching::store::fetches;
use ledger::id::EvidenceFetchId;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Fetches an address that a person has named, outside of any transaction, and hashes what comes. Whatever the host does is the
    /// outcome: the person asks again, or not.
    pub(super) async fn fetch_evidence(&self, leased: &Leased, id: EvidenceFetchId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let found = fetches::find(&client, id).await?.filter(|found| found.outcome.is_none());
        drop(client);
        let Some(found) = found else { return self.settle(leased).await };
        let is_live = self.together.book(id.book).await?.mode == Mode::Live;
        let outcome = self.outside.fetch(&found.url, self.outside.reach(is_live)).await;
        self.settle_with(leased, async |tx, wall| operations::end(tx, id, &outcome, wall).await).await?;
        match outcome {
            Outcome::Fetched(_) => tracing::info!(job = %leased.id, fetch = %id, "{id} is fetched"),
            Outcome::Failed(why) => tracing::info!(job = %leased.id, fetch = %id, "{id} has failed: {why}"),
        }
        Ok(())
    }
}
