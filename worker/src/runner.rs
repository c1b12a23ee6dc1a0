//! Leases jobs book by book, runs a bounded number of them at once, and decides what becomes of those that fail.
//!
//! Each kind of work has a line and hands of its own: a mail server that is silent keeps no release waiting. In a line the
//! books come in turn, and what it takes at once is shared by those that have work. Whether anything is due is looked for by one for all
//! lines, so that a worker with nothing to do asks little.

use crate::backoff;
use crate::breaker::{Breaker, Let};
use crate::clock::Clocks;
use crate::explain::explain;
use crate::failure::Failure;
use crate::figures;
use crate::jobs::Context;
use crate::pulse::Pulse;
use futures_util::future::join_all;
use jiff::SignedDuration;
use jiff::civil::Time;
use ledger::id::BookId;
use ledger::pledging::operations::beginnings::Beginning;
use ledger::service::store::adoptions;
use ledger::service::store::jobs::{self, LeaseTerms, Leased};
use ledger::service::work::Work;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// How long before the end of its lease a job is stopped, so that its failure can still be written.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// How long a job rests at least that could do nothing: its book was found frozen, or a service is away.
const PUT_OFF_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The most books that are looked at for due jobs in one round.
const BOOKS_MAX: i64 = 32;

/// How long to wait before the database is asked again when it did not answer.
const TROUBLE_PAUSE: Duration = Duration::from_secs(2);

/// A worker of this process.
pub(crate) struct Worker {
    /// Its host and process, by which people know it in leases and heartbeats.
    pub(crate) name: String,
    /// How many jobs of a kind of work run at once.
    pub(crate) concurrency: usize,
    /// How long it may keep a job before another worker may take the job over.
    pub(crate) lease: SignedDuration,
    /// How long to wait when nothing is due.
    pub(crate) poll: Duration,
    /// The clocks of sandbox books that walk.
    pub(crate) clocks: Clocks,
    /// When persons are told what waits for them, in UTC; none for never.
    pub(crate) tasks_mail_at: Option<Time>,
    /// When it last said that it is alive.
    pub(crate) pulse: Pulse,
    /// What its jobs may use.
    pub(crate) context: Context,
}

impl Worker {
    /// How many more jobs of a kind of work to lease beside those at hand: enough that no hand waits for the next lease,
    /// few enough that no job waits out its lease, and not before a good part of them is done. None while the clocks are too far
    /// apart: what is due, nobody knows then. Jobs that wait without a hand are not at hand, unless they are very many.
    fn room(&self, work: Work, at_hand: usize) -> usize {
        if self.context.lanes.vitals().may_post().is_err() {
            return 0;
        }
        match self.context.breakers.of(work).map_or(Let::All, Breaker::lets) {
            Let::Nobody(_) => 0,
            Let::One => usize::from(at_hand == 0),
            Let::All => Some((self.concurrency * 5 / 2).saturating_sub(at_hand))
                .filter(|room| *room >= self.concurrency)
                .unwrap_or(0),
        }
    }
}

/// How long to wait before a copy is looked at again.
const COPY_PAUSE: Duration = Duration::from_secs(2);

/// Works until told to stop, then finishes what it has leased.
pub(crate) async fn run(worker: Arc<Worker>, stopping: watch::Receiver<bool>) {
    let (tell, seen) = watch::channel(());
    let lines = join_all(Work::ALL.map(|work| line(worker.clone(), work, seen.clone(), stopping.clone())));
    tokio::join!(look_out(&worker, &tell, stopping.clone()), lines);
}

/// Looks for work of all kinds at once, and tells the lines when there is some: so that a database in which nothing is due is asked by
/// one of them and not by all.
async fn look_out(worker: &Worker, tell: &watch::Sender<()>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let pause = match is_due(worker).await {
            Ok(true) => {
                tell.send_replace(());
                worker.poll
            }
            Ok(false) => worker.poll,
            // The lines say what the matter is.
            Err(_) => {
                tell.send_replace(());
                TROUBLE_PAUSE
            }
        };
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(jittered(pause)) => {}
        }
    }
}

/// Whether a job of any kind of work is due, in any book.
async fn is_due(worker: &Worker) -> Result<bool, ledger::Error> {
    let client = worker.context.pool.get().await?;
    let due = jobs::books_with_work(&client, ledger::calendar::now(), &Work::ALL, BookId::INSTALLATION, 1).await?;
    Ok(!due.is_empty())
}

/// A pause that is not that of all the others.
fn jittered(pause: Duration) -> Duration {
    pause * backoff::jitter_per_mille().unsigned_abs() / 1_000
}

/// The line of one kind of work.
async fn line(worker: Arc<Worker>, work: Work, mut seen: watch::Receiver<()>, mut stopping: watch::Receiver<bool>) {
    let hands = Hands::new(work, worker.concurrency);
    let mut tasks = JoinSet::new();
    let mut last = BookId::INSTALLATION;
    let mut is_copy = false;
    let mut moved = worker.clocks.listen();
    while !*stopping.borrow() {
        moved.mark_unchanged();
        seen.mark_unchanged();
        while tasks.try_join_next().is_some() {}
        let room = worker.room(work, hands.of(tasks.len()));
        // None until work is seen.
        let pause = if room == 0 {
            Some(worker.poll)
        } else {
            match take(&worker, work, &mut last, room).await {
                Ok(None) => {
                    if !std::mem::replace(&mut is_copy, true) && work == Work::Money {
                        tracing::warn!(
                            "this database is a restored copy: no job is done, so nothing is charged, mailed or released, \
                             until `commonpurse adopt` is run"
                        );
                    }
                    Some(COPY_PAUSE)
                }
                Ok(Some(taken)) if taken.is_empty() => None,
                Ok(Some(taken)) => {
                    let mut begun = HashMap::new();
                    for of_book in taken.chunk_by(|one, other| one.id.book == other.id.book) {
                        begun.extend(worker.context.begin_due(of_book).await);
                    }
                    for leased in taken {
                        let (book, is_ahead) = (leased.id.book, leased.book_now > ledger::calendar::now());
                        let begun = begun.remove(&leased.id);
                        worker.clocks.took(book);
                        let (worker, hands) = (worker.clone(), hands.clone());
                        tasks.spawn(async move {
                            hands.with(perform(worker.clone(), leased, begun)).await;
                            worker.clocks.go_on(book, is_ahead).await;
                        });
                    }
                    continue;
                }
                Err(error) => {
                    tracing::warn!("the jobs cannot be read: {}", explain(&error));
                    Some(TROUBLE_PAUSE)
                }
            }
        };
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(jittered(pause.unwrap_or_default())), if pause.is_some() => {}
            Ok(()) = seen.changed(), if pause.is_none() => {}
            Ok(()) = moved.changed() => {}
            Some(_) = tasks.join_next(), if room == 0 => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Leases up to `room` due jobs, shared by the books that have some and come next after the last one. None in a restored
/// copy that nobody has adopted: what is due there is done by the installation itself.
async fn take(
    worker: &Worker,
    work: Work,
    last: &mut BookId,
    room: usize,
) -> Result<Option<Vec<Leased>>, ledger::Error> {
    let mut client = worker.context.pool.get().await?;
    if !adoptions::holds(&client).await? {
        return Ok(None);
    }
    let books = jobs::books_with_work(&client, ledger::calendar::now(), &[work], *last, BOOKS_MAX).await?;
    let mut taken = Vec::new();
    for (index, due) in books.iter().enumerate() {
        let left = room - taken.len();
        if left == 0 {
            break;
        }
        let share = left.div_ceil(books.len() - index);
        let limit = i64::try_from(share).expect("a share is a small number");
        let tx = client.transaction().await?;
        let terms = LeaseTerms { worker: &worker.name, length: worker.lease, works: &[work], limit };
        let leased = jobs::lease(&tx, *due, ledger::calendar::now(), terms).await?;
        tx.commit().await?;
        taken.extend(leased);
        *last = due.book;
    }
    Ok(Some(taken))
}

/// How many jobs that wait without a hand do not count, for each hand.
const HANDLESS_MAX: usize = 16;

/// The hands of a line.
struct Hands {
    free: Semaphore,
    /// How long a job keeps one, if it is not until it is done.
    kept_max: Option<Duration>,
    /// Jobs that have given theirs back and are not done.
    handless: AtomicUsize,
    handless_max: usize,
}

impl Hands {
    fn new(work: Work, count: usize) -> Arc<Hands> {
        Arc::new(Hands {
            free: Semaphore::new(count),
            kept_max: work.hand_max().map(SignedDuration::unsigned_abs),
            handless: AtomicUsize::new(0),
            handless_max: count * HANDLESS_MAX,
        })
    }

    /// How many of these jobs have a hand or want one.
    fn of(&self, jobs: usize) -> usize {
        jobs.saturating_sub(self.handless.load(Ordering::Relaxed).min(self.handless_max))
    }

    /// Does something with a hand, which is given back when it takes long: what is being done then goes on without it.
    async fn with<T>(&self, job: impl Future<Output = T>) -> T {
        let hand = self.free.acquire().await.expect("nobody closes the hands");
        let mut job = pin!(job);
        if let Some(kept_max) = self.kept_max {
            if let Ok(done) = tokio::time::timeout(kept_max, &mut job).await {
                return done;
            }
            self.handless.fetch_add(1, Ordering::Relaxed);
            drop(hand);
            let done = job.await;
            self.handless.fetch_sub(1, Ordering::Relaxed);
            return done;
        }
        job.await
    }
}

/// Does one job within its lease.
async fn perform(worker: Arc<Worker>, leased: Leased, begun: Option<Beginning>) {
    let started = Instant::now();
    figures::waited(leased.job.kind().work(), late_by(&leased).max(SignedDuration::ZERO).unsigned_abs());
    let left = ledger::calendar::now().duration_until(leased.until - LEASE_MARGIN);
    // Waited too long for a hand: the lease ends by itself, and another attempt does it.
    let Ok(left) = Duration::try_from(left) else { return };
    let kind = leased.job.kind();
    let breaker = worker.context.breakers.of(kind.work());
    let done = match breaker.map_or(Let::All, Breaker::lets) {
        Let::Nobody(_) => Err(Failure::PutOff(format!("what {} needs is away", kind.work().as_str()))),
        Let::All | Let::One => {
            tokio::time::timeout(left, worker.context.perform_begun(&leased, begun)).await.unwrap_or_else(|_| {
                let late = "not done within its lease".to_owned();
                Err(if breaker.is_some() { Failure::Away(late) } else { Failure::Retry(late) })
            })
        }
    };
    if let (Some(breaker), Err(Failure::Away(why))) = (breaker, &done)
        && breaker.failed()
    {
        tracing::error!("what {} needs is away, and is left alone for a while: {why}", kind.work().as_str());
    }
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
        Failure::Retry(_) | Failure::Away(_) if leased.tries >= kind.limits().attempts_max => "dead",
        Failure::Retry(_) | Failure::Away(_) => "retried",
    };
    let written = match failure {
        Failure::Fenced => {
            tracing::warn!(%job, %kind, "another attempt has the job by now, so this one has no effect: {job}");
            Ok(())
        }
        Failure::PutOff(why) => put_off(worker, leased, &why).await,
        Failure::Bury(why) => bury(worker, leased, &why).await,
        Failure::Retry(why) | Failure::Away(why) if leased.tries >= kind.limits().attempts_max => {
            bury(worker, leased, &why).await
        }
        Failure::Retry(why) | Failure::Away(why) => retry(worker, leased, &why).await,
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
    jobs::fail(&client, leased, ledger::calendar::now() + pause, why).await
}

async fn put_off(worker: &Worker, leased: &Leased, why: &str) -> Result<(), ledger::Error> {
    let (job, kind) = (leased.id, leased.job.kind());
    tracing::info!(%job, %kind, "{:?} is put off: {why}", leased.job);
    let client = worker.context.pool.get().await?;
    jobs::put_off(&client, leased, ledger::calendar::now() + PUT_OFF_PAUSE, why).await
}

async fn bury(worker: &Worker, leased: &Leased, why: &str) -> Result<(), ledger::Error> {
    let (job, kind) = (leased.id, leased.job.kind());
    tracing::error!(%job, %kind, "{:?} is given up after {} tries: {why}", leased.job, leased.tries);
    let client = worker.context.pool.get().await?;
    jobs::bury(&client, leased, ledger::calendar::now(), why).await
}

/// How late a job is now. It is late when it is late by the book's clock and by the wall clock: a sandbox clock that leaps ahead
/// makes nothing late.
fn late_by(leased: &Leased) -> SignedDuration {
    let by_book = leased.due_at.duration_until(leased.book_now);
    let by_wall = leased.created_at.duration_until(ledger::calendar::now());
    by_book.min(by_wall)
}

/// Logs and counts a job that was done too late.
fn report_lateness(leased: &Leased) {
    let (kind, late) = (leased.job.kind(), late_by(leased));
    if late > kind.limits().deadline {
        tracing::warn!(job = %leased.id, %kind, "{:?} is late by {late:#}", leased.job);
        figures::late_job(kind);
    }
}

#[cfg(test)]
mod tests;
