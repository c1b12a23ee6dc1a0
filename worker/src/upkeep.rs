//! What is done again and again rather than once: the heartbeat, the roll-up of totals, the call to tell persons what waits for them, and
//! the deletion of what is over and old.

use crate::explain::explain;
use crate::runner::Worker;
use ledger::desk::operations::daily;
use ledger::id::BookId;
use ledger::reports::store::day_totals;
use ledger::service::store::{heartbeats, pruning};
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

/// How often a slice of what is over and old is deleted.
const PRUNE_EVERY: Duration = Duration::from_secs(10);

/// Beats, rolls up and prunes until told to stop. What fails is tried again in the next round.
pub(crate) async fn run(worker: Arc<Worker>, mut stopping: watch::Receiver<bool>) {
    let mut compared = Instant::now();
    let (mut pruned, mut after) = (Instant::now(), BookId::INSTALLATION);
    let mut called = None;
    while !*stopping.borrow() {
        if compared.elapsed() >= CLOCKS_EVERY {
            compared = Instant::now();
            if let Err(error) = compare_clocks(&worker).await {
                tracing::warn!(%error, "the clocks cannot be compared");
            }
        }
        let today = daily::day_of(ledger::calendar::now());
        if called != Some(today) {
            match call(&worker).await {
                Ok(()) => called = Some(today),
                Err(error) => tracing::warn!("nobody is told of the day's tasks: {}", explain(&error)),
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
        if pruned.elapsed() >= PRUNE_EVERY {
            pruned = Instant::now();
            match prune(&worker, after).await {
                Ok(last) => after = last,
                Err(error) => tracing::warn!("what is over cannot be deleted: {}", explain(&error)),
            }
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(ROLL_UP) => {}
        }
    }
}

/// Has persons told today what waits for them.
async fn call(worker: &Worker) -> Result<(), ledger::Error> {
    let Some(at) = worker.tasks_mail_at else { return Ok(()) };
    let mut client = worker.context.pool.get().await?;
    let tx = client.transaction().await?;
    daily::call(&tx, at, ledger::calendar::now()).await?;
    Ok(tx.commit().await?)
}

async fn compare_clocks(worker: &Worker) -> anyhow::Result<()> {
    let client = worker.context.pool.get().await?;
    let reading = migrations::read_clock(&client).await?;
    worker.context.lanes.vitals().compared_clocks(reading.certain_ms());
    Ok(())
}

async fn beat(worker: &Worker) -> Result<(), ledger::Error> {
    let client = worker.context.pool.get().await?;
    heartbeats::beat(&client, &worker.name, env!("CARGO_PKG_VERSION"), ledger::calendar::now()).await
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

/// Deletes a slice of what is over and old in the installation and in the books after one; answers which book was the last, or
/// the installation when all have had their turn.
async fn prune(worker: &Worker, after: BookId) -> Result<BookId, ledger::Error> {
    let client = worker.context.pool.get().await?;
    let mut rows = pruning::installation(&client).await? + pruning::of_book(&client, BookId::INSTALLATION).await?;
    let books = pruning::books(&client, after, BOOKS_MAX).await?;
    for book in &books {
        rows += pruning::of_book(&client, *book).await?;
    }
    tracing::debug!(rows, "{rows} rows that were over for long are deleted");
    Ok(books.last().copied().unwrap_or(BookId::INSTALLATION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, enqueue, sign_in};

    #[tokio::test(flavor = "multi_thread")]
    async fn each_book_has_its_turn_and_what_is_young_stays() {
        let database = testing::database().await;
        database.open_books(300).await;
        let worker = database.worker("one");
        let mut rounds = vec![prune(&worker, BookId::INSTALLATION).await.unwrap()];
        rounds.push(prune(&worker, rounds[0]).await.unwrap());
        rounds.push(prune(&worker, rounds[1]).await.unwrap());
        assert_eq!(rounds, [BookId(256), BookId(300), BookId::INSTALLATION]);

        enqueue(&database, &[sign_in(1, "ada@example.org"), sign_in(2, "ada@example.org")]).await;
        let old = "UPDATE job SET finished_at = now() - interval '31 days' WHERE dedupe = 'test 1'";
        let client = worker.context.pool.get().await.unwrap();
        assert_eq!(client.execute(old, &[]).await.unwrap(), 1);
        prune(&worker, BookId::INSTALLATION).await.unwrap();
        assert_eq!(client.query("SELECT FROM job", &[]).await.unwrap().len(), 1, "the one that is open");
    }
}
