//! What waits in the jobs of all books and for the endpoints of partners, read now and then for the figures.

use crate::explain::explain;
use crate::figures;
use crate::runner::Worker;
use ledger::partners::store::deliveries;
use ledger::service::store::jobs;
use observability::Figures;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often: as often as Prometheus usually asks. Whoever asks more often is told the same again.
const EVERY: Duration = Duration::from_secs(15);

/// Reads until told to stop. What fails is tried again the next time; the figures keep the moment at which they were read.
pub(crate) async fn run(worker: Arc<Worker>, figures: Figures, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        figures.upkeep();
        if let Err(error) = read(&worker).await {
            tracing::warn!("what waits cannot be read for the figures: {}", explain(&error));
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn read(worker: &Worker) -> Result<(), ledger::Error> {
    let mut client = worker.context.pool.get().await?;
    let tx = client.transaction().await?;
    let wall = ledger::calendar::now();
    let found = jobs::backlog(&tx, wall).await?;
    let oldest = deliveries::oldest_due(&tx, wall).await?;
    tx.commit().await?;
    figures::backlog(&found, wall);
    figures::oldest_delivery(oldest.unsigned_abs());
    Ok(())
}
