//! Leases jobs book by book, runs a bounded number of them at once, and decides what becomes of those that fail.

use crate::backoff;
use crate::explain::explain;
use crate::failure::Failure;
use crate::figures;
use crate::jobs::Context;
use crate::pulse::Pulse;
use jiff::{SignedDuration, Timestamp};
use ledger::service::store::jobs::{self, LeaseTerms, Leased};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// How long before the end of its lease a job is stopped, so that its failure can still be written.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// How long a job that found its book frozen rests at least: those that are known to post are not even leased.
const FROZEN_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The most books that are looked at for due jobs in one round.
const BOOKS_MAX: i64 = 32;

/// How long to wait before the database is asked again when it did not answer.
const TROUBLE_PAUSE: Duration = Duration::from_secs(2);

/// A worker of this process.
pub(crate) struct Worker {
    /// Its host and process, by which people know it in leases and heartbeats.
    pub(crate) name: String,
    /// How many jobs run at once.
    pub(crate) concurrency: usize,
    /// How long it may keep a job before another worker may take the job over.
    pub(crate) lease: SignedDuration,
    /// How long to wait when nothing is due.
    pub(crate) poll: Duration,
    /// When it last said that it is alive.
    pub(crate) pulse: Pulse,
    /// What its jobs may use.
    pub(crate) context: Context,
}

impl Worker {
    /// The most jobs that are leased and not yet done: enough that no hand waits for the next lease, few enough that no
    /// job waits out its lease.
    fn at_hand_max(&self) -> usize {
        self.concurrency * 5 / 2
    }
}

/// Works until told to stop, then finishes what it has leased.
pub(crate) async fn run(worker: Arc<Worker>, mut stopping: watch::Receiver<bool>) {
    let hands = Arc::new(Semaphore::new(worker.concurrency));
    let mut tasks = JoinSet::new();
    while !*stopping.borrow() {
        while tasks.try_join_next().is_some() {}
        let room = worker.at_hand_max() - tasks.len();
        let pause = if room < worker.concurrency {
            worker.poll
        } else {
            match take(&worker, room).await {
                Ok(taken) if taken.is_empty() => worker.poll,
                Ok(taken) => {
                    for leased in taken {
                        tasks.spawn(work(worker.clone(), hands.clone(), leased));
                    }
                    continue;
                }
                Err(error) => {
                    tracing::warn!("the jobs cannot be read: {}", explain(&error));
                    TROUBLE_PAUSE
                }
            }
        };
        let pause = pause * backoff::jitter_per_mille().unsigned_abs() / 1_000;
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(pause) => {}
            Some(_) = tasks.join_next(), if room < worker.concurrency => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Leases up to `room` due jobs, from as many books as it takes.
async fn take(worker: &Worker, room: usize) -> Result<Vec<Leased>, ledger::Error> {
    let mut client = worker.context.pool.get().await?;
    let books = jobs::books_with_work(&client, Timestamp::now(), BOOKS_MAX).await?;
    let mut taken = Vec::new();
    for work in books {
        let limit = i64::try_from(room - taken.len()).expect("room is a small number");
        if limit == 0 {
            break;
        }
        let tx = client.transaction().await?;
        let terms = LeaseTerms { worker: &worker.name, length: worker.lease, limit };
        let leased = jobs::lease(&tx, work, Timestamp::now(), terms).await?;
        tx.commit().await?;
        taken.extend(leased);
    }
    Ok(taken)
}

/// Does one job when a hand is free, within its lease.
async fn work(worker: Arc<Worker>, hands: Arc<Semaphore>, leased: Leased) {
    let _hand = hands.acquire().await.expect("nobody closes the hands");
    let started = Instant::now();
    let left = Timestamp::now().duration_until(leased.until - LEASE_MARGIN);
    // Waited too long for a hand: the lease ends by itself, and another attempt does it.
    let Ok(left) = Duration::try_from(left) else { return };
    let done = match tokio::time::timeout(left, worker.context.perform(&leased)).await {
        Ok(done) => done,
        Err(_) => Err(Failure::Retry("not done within its lease".into())),
    };
    let kind = leased.job.kind();
    let outcome = match done {
        Ok(()) => {
            tracing::debug!(job = %leased.id, kind = %kind, "done: {:?}", leased.job);
            "done"
        }
        Err(failure) => settle_failure(&worker, &leased, failure).await,
    };
    report_lateness(&leased);
    figures::job(kind, outcome, started.elapsed());
}

/// Writes what becomes of a failed job, and returns the word under which it is counted.
async fn settle_failure(worker: &Worker, leased: &Leased, failure: Failure) -> &'static str {
    let (job, kind) = (leased.id, leased.job.kind());
    let outcome = match &failure {
        Failure::Fenced => "fenced",
        Failure::PutOff(_) => "put_off",
        Failure::Bury(_) => "dead",
        Failure::Retry(_) if leased.tries >= kind.limits().attempts_max => "dead",
        Failure::Retry(_) => "retried",
    };
    let written = match failure {
        Failure::Fenced => {
            tracing::warn!(%job, %kind, "another attempt has the job by now, so this one has no effect: {job}");
            Ok(())
        }
        Failure::PutOff(why) => put_off(worker, leased, &why).await,
        Failure::Bury(why) => bury(worker, leased, &why).await,
        Failure::Retry(why) if leased.tries >= kind.limits().attempts_max => bury(worker, leased, &why).await,
        Failure::Retry(why) => retry(worker, leased, &why).await,
    };
    if let Err(error) = written
        && !matches!(error, ledger::Error::Fenced)
    {
        // The lease ends by itself, and another attempt follows.
        tracing::warn!(%job, %kind, "the failure of {job} cannot be written: {}", explain(&error));
    }
    outcome
}

async fn retry(worker: &Worker, leased: &Leased, why: &str) -> Result<(), ledger::Error> {
    let (job, kind) = (leased.id, leased.job.kind());
    let pause = backoff::pause(leased.tries, backoff::jitter_per_mille());
    tracing::warn!(%job, %kind, "{:?} failed on try {}, next one in {pause:#}: {why}", leased.job, leased.tries);
    let client = worker.context.pool.get().await?;
    jobs::fail(&client, leased, Timestamp::now() + pause, why).await
}

async fn put_off(worker: &Worker, leased: &Leased, why: &str) -> Result<(), ledger::Error> {
    let (job, kind) = (leased.id, leased.job.kind());
    tracing::info!(%job, %kind, "{:?} is put off: {why}", leased.job);
    let client = worker.context.pool.get().await?;
    jobs::put_off(&client, leased, Timestamp::now() + FROZEN_PAUSE, why).await
}

async fn bury(worker: &Worker, leased: &Leased, why: &str) -> Result<(), ledger::Error> {
    let (job, kind) = (leased.id, leased.job.kind());
    tracing::error!(%job, %kind, "{:?} is given up after {} tries: {why}", leased.job, leased.tries);
    let client = worker.context.pool.get().await?;
    jobs::bury(&client, leased, Timestamp::now(), why).await
}

/// Logs and counts a job that was done too late. It is late when it is late by the book's clock and by the wall clock:
/// a sandbox clock that leaps ahead makes nothing late.
fn report_lateness(leased: &Leased) {
    let kind = leased.job.kind();
    let by_book = leased.due_at.duration_until(leased.book_now);
    let by_wall = leased.created_at.duration_until(Timestamp::now());
    let late = by_book.min(by_wall);
    if late > kind.limits().deadline {
        tracing::warn!(job = %leased.id, %kind, "{:?} is late by {late:#}", leased.job);
        figures::late_job(kind);
    }
}

#[cfg(test)]
mod tests;
