//! Lanes: how thousands of postings a second go into one book, in one round trip a batch.
//!
//! A lane per book takes whatever has queued while its last batch was being committed, folds it, and writes it with one
//! call of `journal_post`. There is no timer: an idle book answers after one round trip, a busy one shares the commit,
//! the round trip and the update of a hot balance among all that wait.
//!
//! | step | what |
//! |---|---|
//! | queue | bounded; a full one answers [`Error::Overloaded`], and so does one in which a command has waited longer than it may |
//! | yield | the first command yields to the scheduler three times, so that callers who were answered together queue together again |
//! | drain | up to 1,000 transfers; one batch in flight |
//! | fold | on a cached state, brought forward by every batch |
//! | write | one call; the head's version tells whether another process wrote meanwhile |
//! | answer | after the commit, each command its own verdict |
//!
//! Correctness never rests on the cache: a batch folded on an old version writes nothing. Then, and when an answer was
//! lost, and for accounts not seen yet, the lane takes the *slow path* (`writer::under_lock`): lock the head, read the journal from
//! the next number on, which makes the whole cache right again, look the keys up, fold, write, commit. It stays there
//! until 16 batches in a row met no other writer, draining once more after the lock is got, so that the wait enlarges
//! the batch.

mod figures;
mod journal;
#[cfg(test)]
mod simulation;
mod state;
mod writer;

use crate::book::{Command, Entry, Key, Reason, TransferRow};
use crate::engine::pool::Pool;
use crate::engine::vitals::{self, Vitals};
use crate::error::Error;
use crate::id::BookId;
use jiff::Timestamp;
use journal::{Journal, Postgres};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use writer::Writer;

/// Bounds of a lane; the simulation takes smaller ones, to reach them.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// The most commands that wait for one book.
    queue: usize,
    /// The most transfers of one batch.
    transfers: usize,
    /// The most accounts that a lane keeps in memory; past that it starts anew.
    accounts: usize,
    /// How far behind a cache may be to be brought forward from the journal; further, it is read anew.
    catch_up: i64,
    /// How many batches in a row must meet no other writer before the lane trusts its cache again.
    calm: u32,
    /// How long a command may wait for its batch before it is refused.
    patience: Option<Duration>,
    /// How often a batch whose outcome is unknown is tried again before its callers hear of it.
    tries: u32,
}

const LIMITS: Limits =
    Limits { queue: 8_192, transfers: 1_000, accounts: 200_000, catch_up: 20_000, calm: 16, patience: None, tries: 5 };

/// How often the lane lets others run between its first command and draining.
const YIELDS: usize = 3;

/// A lane keeps its connection from batch to batch, and gives it back when nothing has come for so long, or when another
/// lane waits for one.
const REST_AFTER: Duration = Duration::from_millis(20);

/// A lane without work ends after this time; the next command starts a new one.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// How long a caller waits for a verdict.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What a lane did with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What became of it.
    pub outcome: Outcome,
    /// Whether this is the first answer again.
    pub replayed: bool,
    /// The rows that it became; none when it was refused, or answered before.
    pub rows: Vec<TransferRow>,
    /// The moment at which they were recorded.
    pub recorded_at: Timestamp,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is the record with this number.
    Posted(i64),
    /// It had no entry: its companions are written.
    Carried,
    /// The fold refused it; the refusal is kept with its key.
    Refused {
        /// Stable code.
        code: &'static str,
        /// Why, with the accounts concerned; none when it is the first answer again.
        reason: Option<Reason>,
    },
}

/// A command on its way, with the caller who waits for it.
#[derive(Debug)]
struct Queued {
    key: Key,
    command: Command,
    answer: Slot,
    since: Instant,
}

impl Queued {
    fn new(key: Key, command: Command, answer: Slot) -> Queued {
        Queued { key, command: Command { key: Some(key), ..command }, answer, since: Instant::now() }
    }

    /// Whether it has waited longer than it may; the parts of a larger request wait for each other.
    fn is_impatient(&self, now: Instant, limits: Limits) -> bool {
        let is_late = |patience| now.saturating_duration_since(self.since) > patience;
        matches!(self.answer, Slot::One(_)) && limits.patience.is_some_and(is_late)
    }
}

/// Where an answer goes.
#[derive(Debug)]
enum Slot {
    /// To the caller of one command.
    One(oneshot::Sender<Result<Answer, Error>>),
    /// To the caller of many, with its place among them.
    Part(mpsc::UnboundedSender<(usize, Result<Answer, Error>)>, usize),
}

impl Slot {
    /// A caller who has gone does not hear it.
    fn send(self, answer: Result<Answer, Error>) {
        match self {
            Slot::One(one) => drop(one.send(answer)),
            Slot::Part(all, place) => drop(all.send((place, answer))),
        }
    }
}

/// The lanes of all books of this process.
///
/// The pool's connections should be made with [`options`].
#[derive(Debug, Clone)]
pub struct Lanes {
    pool: Pool,
    queues: Arc<Queues>,
    vitals: Vitals,
}

/// The queue of each book that has a lane.
#[derive(Debug)]
struct Queues {
    limits: Limits,
    open: Mutex<HashMap<BookId, mpsc::Sender<Queued>>>,
}

/// Says of each figure of lanes what it is.
pub fn describe() {
    figures::describe();
    vitals::describe();
}

/// Startup options of lane connections.
const OPTIONS: &str = "-c plan_cache_mode=force_generic_plan -c jit=off \
     -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

/// How lanes connect: their statements are planned once, for any size of table.
///
/// A plan made for an empty table would scan it for ever, and a hash join over a thousand keys reads the whole table.
pub fn options(mut config: tokio_postgres::Config) -> tokio_postgres::Config {
    let options = format!("{} {OPTIONS}", config.get_options().unwrap_or_default());
    config.options(options);
    config
}

impl Lanes {
    /// Lanes over a pool of their own.
    pub fn new(pool: impl Into<Pool>) -> Lanes {
        Lanes { pool: pool.into(), queues: Arc::new(Queues::new(LIMITS)), vitals: Vitals::default() }
    }

    /// Shows how many lanes run, what waits in their queues, and how their connections stand.
    pub fn measure(&self) {
        self.pool.measure();
        self.queues.measure();
        self.vitals.measure();
    }

    /// What is known of the database, which the lanes look at and add to.
    pub fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    /// The same, that refuse a single command which has waited so long for its batch: its caller hears
    /// [`Error::Overloaded`] instead of waiting on.
    pub fn with_patience(pool: Pool, patience: Duration) -> Lanes {
        let limits = Limits { patience: Some(patience), ..LIMITS };
        Lanes { pool, queues: Arc::new(Queues::new(limits)), vitals: Vitals::default() }
    }

    /// Posts an entry under its key, and answers after the commit.
    ///
    /// # Errors
    ///
    /// [`Error::Overloaded`] when the queue is full, [`Error::KeyReused`] when the key came with another request before,
    /// [`Error::BookFrozen`], [`Error::Outage`], and what the database says. After an error other than these the same key tells what happened.
    pub async fn post(&self, book: BookId, key: Key, entry: Entry) -> Result<Answer, Error> {
        self.command(book, key, Command::post(None, entry)).await
    }

    /// The same for any command: an entry or none, with the companions that are written in its transaction.
    ///
    /// # Errors
    ///
    /// Besides those of [`Lanes::post`], [`Error::Stale`] when a companion meets a row that was written meanwhile.
    pub async fn command(&self, book: BookId, key: Key, command: Command) -> Result<Answer, Error> {
        self.vitals.may_post()?;
        self.queues.post(book, key, command, self.start(book)).await
    }

    /// Posts entries, each on its own under its own key, and answers each after its commit, in their order.
    ///
    /// # Errors
    ///
    /// Of each as for [`Lanes::post`].
    pub async fn post_each(&self, book: BookId, entries: Vec<(Key, Entry)>) -> Vec<Result<Answer, Error>> {
        let commands = entries.into_iter().map(|(key, entry)| (key, Command::post(None, entry)));
        self.command_each(book, commands.collect()).await
    }

    /// The same for any commands.
    ///
    /// # Errors
    ///
    /// Of each as for [`Lanes::command`].
    pub async fn command_each(&self, book: BookId, commands: Vec<(Key, Command)>) -> Vec<Result<Answer, Error>> {
        if let Err(Error::Outage(outage)) = self.vitals.may_post() {
            return commands.iter().map(|_| Err(Error::Outage(outage))).collect();
        }
        self.queues.command_each(book, commands, self.start(book)).await
    }

    fn start(&self, book: BookId) -> impl Fn(mpsc::Receiver<Queued>) {
        move |queue| {
            let journal = Postgres { pool: self.pool.clone(), book };
            tokio::spawn(run(Writer::new(journal, book, self.queues.limits, self.vitals.clone()), queue));
        }
    }
}

impl Queues {
    fn new(limits: Limits) -> Queues {
        Queues { limits, open: Mutex::default() }
    }

    /// Queues a command, on a lane that is started if need be, and waits for its verdict.
    async fn post(
        &self,
        book: BookId,
        key: Key,
        command: Command,
        start: impl Fn(mpsc::Receiver<Queued>),
    ) -> Result<Answer, Error> {
        let (answer, verdict) = oneshot::channel();
        self.send(book, Queued::new(key, command, Slot::One(answer)), &start)?;
        let verdict = tokio::time::timeout(ANSWER_MAX, verdict).await;
        verdict.map_err(|_| Error::StillRunning)?.map_err(|_| Error::StillRunning)?
    }

    async fn command_each(
        &self,
        book: BookId,
        commands: Vec<(Key, Command)>,
        start: impl Fn(mpsc::Receiver<Queued>),
    ) -> Vec<Result<Answer, Error>> {
        let (all, mut verdicts) = mpsc::unbounded_channel();
        let mut answers: Vec<_> = commands.iter().map(|_| Err(Error::StillRunning)).collect();
        let queue = self.queue(book, &start);
        for (place, (key, command)) in commands.into_iter().enumerate() {
            let queued = Queued::new(key, command, Slot::Part(all.clone(), place));
            if let Err(error) = self.send_to(&queue, book, queued, &start) {
                answers[place] = Err(error);
            }
        }
        drop(all);
        let gather = async {
            while let Some((place, answer)) = verdicts.recv().await {
                answers[place] = answer;
            }
        };
        // What is not answered by then is still running.
        let _ = tokio::time::timeout(ANSWER_MAX, gather).await;
        answers
    }

    /// Puts a command into the queue of its book.
    fn send(&self, book: BookId, queued: Queued, start: &impl Fn(mpsc::Receiver<Queued>)) -> Result<(), Error> {
        self.send_to(&self.queue(book, start), book, queued, start)
    }

    /// The same, with the queue at hand. A lane that has just ended leaves a closed queue behind; the second try starts
    /// a new one.
    fn send_to(
        &self,
        queue: &mpsc::Sender<Queued>,
        book: BookId,
        queued: Queued,
        start: &impl Fn(mpsc::Receiver<Queued>),
    ) -> Result<(), Error> {
        match queue.try_send(queued) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Error::Overloaded),
            Err(mpsc::error::TrySendError::Closed(back)) => {
                self.queue(book, start).try_send(back).map_err(|_| Error::Overloaded)
            }
        }
    }

    fn measure(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let running = open.values().filter(|queue| !queue.is_closed());
        figures::queues(running.map(|queue| queue.max_capacity() - queue.capacity()));
    }

    /// The queue of a book whose lane runs.
    fn queue(&self, book: BookId, start: impl Fn(mpsc::Receiver<Queued>)) -> mpsc::Sender<Queued> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get(&book) {
            Some(queue) if !queue.is_closed() => queue.clone(),
            Some(_) | None => {
                let (sender, receiver) = mpsc::channel(self.limits.queue);
                start(receiver);
                open.insert(book, sender.clone());
                sender
            }
        }
    }
}

/// One lane: until nothing has come for a while, or the process ends.
async fn run<J: Journal>(mut writer: Writer<J>, mut queue: mpsc::Receiver<Queued>) {
    let mut left: Vec<Queued> = Vec::new();
    let mut wrote = 0;
    loop {
        // One caller who was alone, and asks again: there is nobody to wait for.
        let mut is_alone = wrote == 1 && left.is_empty();
        if left.is_empty() {
            if let Ok(first) = queue.try_recv() {
                is_alone = false;
                left.push(first);
            } else if let Some(first) = next(&mut writer, &mut queue).await {
                left.push(first);
            } else {
                return;
            }
        }
        if !is_alone {
            for _ in 0..YIELDS {
                tokio::task::yield_now().await;
            }
        }
        let mut batch = Vec::new();
        let mut lines = 0;
        if writer.wants_one() {
            batch.push(left.remove(0));
        } else {
            drain(&mut left, &mut queue, &mut batch, &mut lines, writer.limits());
        }
        wrote = batch.len();
        writer.write(batch, &mut lines, &mut queue, &mut left).await;
    }
}

/// Waits for a command. A lane that rests gives its connection back, and one that has nothing to do for long ends.
async fn next<J: Journal>(writer: &mut Writer<J>, queue: &mut mpsc::Receiver<Queued>) -> Option<Queued> {
    if let Ok(first) = tokio::time::timeout(REST_AFTER, queue.recv()).await {
        return first;
    }
    writer.rest();
    if let Ok(first) = tokio::time::timeout(IDLE_MAX, queue.recv()).await {
        return first;
    }
    queue.close();
    // Closed, it answers none only when nobody is in the middle of sending.
    queue.recv().await
}

/// Moves what waits into the batch, up to its size. What came back from the last batch goes first. What has waited in the
/// queue for too long is refused: its caller does not wait for seconds, and those behind it still can be served.
fn drain(
    left: &mut Vec<Queued>,
    queue: &mut mpsc::Receiver<Queued>,
    batch: &mut Vec<Queued>,
    lines: &mut usize,
    limits: Limits,
) {
    let (max, now) = (limits.transfers, Instant::now());
    let mut waiting = std::mem::take(left).into_iter();
    loop {
        let next = match waiting.next() {
            Some(next) => next,
            None => match queue.try_recv() {
                Ok(next) if next.is_impatient(now, limits) => {
                    next.answer.send(Err(Error::Overloaded));
                    continue;
                }
                Ok(next) => next,
                Err(_) => return,
            },
        };
        let more = next.command.size();
        if !batch.is_empty() && *lines + more > max {
            left.push(next);
            left.extend(waiting);
            return;
        }
        *lines += more;
        batch.push(next);
    }
}
