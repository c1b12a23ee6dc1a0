//! What is done again and again rather than once: the heartbeat, and the roll-up of totals.

use crate::explain::explain;
use crate::runner::Worker;
use jiff::Timestamp;
use ledger::id::BookId;
use ledger::reports::store::day_totals;
use ledger::service::store::heartbeats;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often a worker says that it is alive: often enough that readiness sees a dead one within half a minute.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How often the clock of the database is compared with ours; the first time is before the first job.
const CLOCKS_EVERY: Duration = Duration::from_secs(60);

/// How long totals wait before they are rolled up again, and so how far they may be behind the journal.
const ROLL_UP: Duration = Duration::from_secs(1);

/// How many times a book that is far behind is rolled up before the heartbeat has its turn.
const ROUNDS_MAX: usize = 5;

/// The most books rolled up in one round.
const BOOKS_MAX: i64 = 256;

/// Beats and rolls up until told to stop. What fails is tried again in the next round.
pub(crate) async fn run(worker: Arc<Worker>, mut stopping: watch::Receiver<bool>) {
    let mut compared = Instant::now();
    while !*stopping.borrow() {
        if compared.elapsed() >= CLOCKS_EVERY {
            compared = Instant::now();
            if let Err(error) = compare_clocks(&worker).await {
                tracing::warn!(%error, "the clocks cannot be compared");
            }
        }
        if worker.pulse.age().is_none_or(|age| age >= HEARTBEAT) {
            match beat(&worker).await {
                Ok(()) => worker.pulse.beat(),
                Err(error) => tracing::warn!("the heartbeat cannot be written: {}", explain(&error)),
            }
        }
        if let Err(error) = roll_up(&worker).await {
            tracing::warn!("the totals cannot be rolled up: {}", explain(&error));
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(ROLL_UP) => {}
        }
    }
}

async fn compare_clocks(worker: &Worker) -> anyhow::Result<()> {
    let client = worker.context.pool.get().await?;
    let reading = migrations::read_clock(&client).await?;
    worker.context.lanes.vitals().compared_clocks(reading.certain_ms());
    Ok(())
}

async fn beat(worker: &Worker) -> Result<(), ledger::Error> {
    let client = worker.context.pool.get().await?;
    heartbeats::beat(&client, &worker.name, env!("CARGO_PKG_VERSION"), Timestamp::now()).await
}

/// Brings the totals of each book up to its journal, where that has grown. A busy book may take several rounds, and
/// lets the other books go between them.
async fn roll_up(worker: &Worker) -> Result<(), ledger::Error> {
    let client = worker.context.pool.get().await?;
    let mut behind = day_totals::behind(&client, BookId::INSTALLATION, BOOKS_MAX).await?;
    for _ in 0..ROUNDS_MAX {
        let mut still = Vec::new();
        for book in behind {
            if day_totals::roll_up(&client, book).await? == day_totals::TRANSFERS_MAX {
                still.push(book);
            }
        }
        behind = still;
    }
    Ok(())
}
