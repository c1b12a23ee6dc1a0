//! What every handler can reach.

use crate::config::ServeConfig;
use crate::keys::Keys;
use crate::problem::Problem;
use crate::rate::Limits;
use deadpool_postgres::{Client, Pool, Transaction};
use ledger::Error;
use ledger::lane::Lanes;
use ledger::operations::entries::Directory;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;

/// Made once, shared by all threads.
pub struct State {
    /// Connections to PostgreSQL, as the service role.
    pub pool: Pool,
    /// Posts journal entries by the thousand.
    pub lanes: Lanes,
    /// Accounts by their codes.
    pub directory: Directory,
    /// Signs and verifies access tokens.
    pub keys: Keys,
    /// The settings.
    pub config: Arc<ServeConfig>,
    /// The figures for Prometheus.
    pub metrics: PrometheusHandle,
    /// How often somebody may ask.
    pub limits: Limits,
}

impl State {
    /// A connection.
    pub async fn client(&self) -> Result<Client, Problem> {
        Ok(self.pool.get().await?)
    }

    /// Does a change in one transaction: for PATCH and DELETE, which repeat harmlessly. POSTs use
    /// [`crate::idempotency::idempotent`].
    pub async fn in_transaction<T, F>(&self, work: F) -> Result<T, Problem>
    where
        F: AsyncFnOnce(&Transaction<'_>) -> Result<T, Error>,
    {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        match work(&tx).await {
            Ok(value) => {
                tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                tx.rollback().await?;
                Err(error.into())
            }
        }
    }
}
