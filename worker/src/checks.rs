//! The books compared with themselves, again and again: a slice of one, a rest, a slice of the next.

use crate::explain::explain;
use crate::figures;
use crate::runner::Worker;
use jiff::SignedDuration;
use ledger::engine::store::{books, checks};
use ledger::id::BookId;
use ledger::service::job::{Job, NewJob};
use ledger::service::store::activity::{self, Actor, Done};
use ledger::service::store::jobs;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long after a pass over a book the next one begins.
const EVERY: SignedDuration = SignedDuration::from_secs(10);

/// How many times longer than a slice took the comparison then rests: it takes at most a fifth of a core.
const REST: u32 = 4;

/// How long it waits when no book is due, or when the database did not answer.
const IDLE: Duration = Duration::from_secs(1);

/// The most books that get a slice before it is asked again which ones wait longest.
const BOOKS_MAX: i64 = 64;

/// Compares until told to stop. What fails is tried again in the next round.
pub(crate) async fn run(worker: Arc<Worker>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let due = match due(&worker).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!("the books to compare cannot be read: {}", explain(&error));
                Vec::new()
            }
        };
        let mut rest = if due.is_empty() { IDLE } else { Duration::ZERO };
        for book in due {
            if pause(&mut stopping, rest).await {
                return;
            }
            let started = Instant::now();
            rest = match compare(&worker, book).await {
                Ok(_) => started.elapsed() * REST,
                Err(error) => {
                    tracing::warn!(%book, "book {book} cannot be compared: {}", explain(&error));
                    IDLE
                }
            };
        }
        if pause(&mut stopping, rest).await {
            return;
        }
    }
}

/// Waits, and says whether it is time to stop.
async fn pause(stopping: &mut watch::Receiver<bool>, rest: Duration) -> bool {
    tokio::select! {
        _ = stopping.changed() => {}
        () = tokio::time::sleep(rest) => {}
    }
    *stopping.borrow()
}

async fn due(worker: &Worker) -> Result<Vec<BookId>, ledger::Error> {
    let client = worker.context.pool.get().await?;
    checks::due(&client, ledger::calendar::now() - EVERY, BOOKS_MAX).await
}

/// Compares the next slice of a book. When it differs, the book is frozen, and the operators hear of it.
pub(crate) async fn compare(worker: &Worker, book: BookId) -> Result<checks::Slice, ledger::Error> {
    let mut client = worker.context.pool.get().await?;
    let tx = client.transaction().await?;
    let slice = checks::compare(&tx, book, checks::TRANSFERS_MAX).await?;
    if let Some(freeze) = slice.freeze {
        let (found, wall) = (checks::get(&tx, book, freeze).await?, ledger::calendar::now());
        let now = books::get(&tx, book).await?.now(wall);
        activity::record(&tx, book, Done::new(&found.book, "frozen", Actor::Service), now).await?;
        let job = Job::SendFreezeNotice { freeze };
        jobs::enqueue(&tx, &NewJob { book, due_at: now, dedupe: freeze.to_string(), job }).await?;
        tx.commit().await?;
        tracing::error!(%book, freeze, "book {book} differs from itself and is frozen: {}", found.found.join("; "));
        figures::freeze();
        return Ok(slice);
    }
    tx.commit().await?;
    figures::compared(&slice);
    Ok(slice)
}
