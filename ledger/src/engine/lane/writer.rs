//! Writing a batch: the fast path on the cached state, the slow path under the head's lock.

use super::figures::{self, Figures, Way};
use super::journal::{Connection, Journal, Locked, Trouble};
use super::state::Cache;
use super::{Answer, Limits, Outcome, Queued, drain};
use crate::book::{AccountNumber, Batch, Key, Reason, Verdict, fold, take_back};
use crate::engine::store::journal::{Head, Since, StoredKey};
use crate::engine::vitals::Vitals;
use crate::error::{Error, Outage};
use crate::id::BookId;
use jiff::{Timestamp, Unit};
use std::collections::{HashMap, HashSet};
use std::time::Instant;
use tokio::sync::mpsc;

/// The one who writes for a lane.
#[derive(Debug)]
pub(super) struct Writer<J: Journal> {
    journal: J,
    /// The connection, kept from one batch on the cache to the next.
    connection: Option<J::Connection>,
    book: BookId,
    limits: Limits,
    cache: Cache,
    /// Batches still to go on the slow path.
    careful: u32,
    /// Commands still to go one by one.
    one_by_one: usize,
    /// Keys of the batch may be in the book already: they are looked up before it is folded.
    look_up: bool,
    figures: Figures,
    vitals: Vitals,
}

/// What a fold has decided, and when it is recorded.
struct Folded {
    rows: Batch,
    verdicts: Vec<Verdict>,
    recorded_at: Timestamp,
}

/// The moment at which a batch is recorded, as the database keeps it.
fn wall() -> Timestamp {
    let now = crate::calendar::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}

impl<J: Journal> Writer<J> {
    pub(super) fn new(journal: J, book: BookId, limits: Limits, vitals: Vitals) -> Writer<J> {
        Writer {
            journal,
            connection: None,
            book,
            limits,
            cache: Cache::new(),
            careful: 0,
            one_by_one: 0,
            look_up: false,
            figures: Figures::new(),
            vitals,
        }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether the next batch is to be one command: a batch was refused, and one bad command must not fail the others.
    pub(super) fn wants_one(&self) -> bool {
        self.one_by_one > 0
    }

    /// Writes a batch and answers every caller; what has to wait for the next one goes to `left`.
    pub(super) async fn write(
        &mut self,
        mut batch: Vec<Queued>,
        lines: &mut usize,
        queue: &mut mpsc::Receiver<Queued>,
        left: &mut Vec<Queued>,
    ) {
        self.cache.bound(self.limits.accounts);
        self.one_by_one = self.one_by_one.saturating_sub(1);
        set_repetitions_apart(&mut batch, left);
        self.look_up = false;
        let (mut tries, mut is_lost) = (0, false);
        while !batch.is_empty() {
            let calm = self.careful == 0 && self.cache.known;
            let began = Instant::now();
            let (way, trouble) = if calm && self.cache.missing(accounts_of(&batch)).is_empty() {
                (Way::OnCache, self.on_cache(&mut batch).await)
            } else {
                (Way::UnderLock, self.under_lock(&mut batch, lines, queue, left).await)
            };
            self.figures.tried(way, began);
            if let Err(trouble) = &trouble {
                figures::trouble(trouble.name());
            }
            match trouble {
                Ok(()) => {}
                Err(Trouble::Stale) => self.careful = self.limits.calm,
                Err(Trouble::KnownKey) if !self.look_up => {
                    self.careful = self.careful.max(1);
                    self.look_up = true;
                }
                Err(Trouble::Outrun) if batch.len() > 1 => self.split(&mut batch, left),
                Err(Trouble::Outrun) => answer_all(&mut batch, || Error::Stale("row")),
                // No key was known under the lock: a companion met another row of its key, or a key came just now.
                Err(Trouble::KnownKey) if batch.len() > 1 => self.split(&mut batch, left),
                Err(Trouble::KnownKey) => {
                    tries += 1;
                    self.careful = self.careful.max(1);
                    if tries >= self.limits.tries {
                        answer_all(&mut batch, || Error::Stale("row"));
                    }
                }
                // Whoever mends the book changes what is remembered of it.
                Err(Trouble::Frozen) => {
                    self.forget();
                    answer_all(&mut batch, || Error::BookFrozen);
                }
                Err(Trouble::Barred(outage, error)) => {
                    self.forget();
                    self.vitals.failed(outage);
                    tracing::error!("book {}: a batch of {} cannot be written: {error}", self.book, batch.len());
                    // An attempt before this one may yet have been written.
                    let told = if is_lost { Outage::Away } else { outage };
                    answer_all(&mut batch, || Error::Outage(told));
                }
                Err(Trouble::Unknown(error)) => {
                    tries += 1;
                    is_lost = true;
                    self.forget();
                    if tries >= self.limits.tries {
                        tracing::warn!("book {}: a batch of {} has no outcome: {error}", self.book, batch.len());
                        answer_all(&mut batch, || unknown(&error));
                    }
                }
                // Once more from what the book says now: the owner may have mended it behind what is remembered.
                Err(Trouble::Refused(error)) => {
                    tracing::error!("book {}: the database refused a folded batch: {error}", self.book);
                    self.forget();
                    tries += 1;
                    if batch.len() > 1 {
                        self.split(&mut batch, left);
                    } else if tries > 1 {
                        answer_all(&mut batch, || Error::inconsistent("the database refused a folded entry"));
                    }
                }
            }
        }
    }

    /// Goes on with the first command alone; the others follow one by one, so that one bad command cannot fail them.
    fn split(&mut self, batch: &mut Vec<Queued>, left: &mut Vec<Queued>) {
        self.one_by_one = batch.len();
        left.extend(batch.drain(1..));
    }

    fn forget(&mut self) {
        self.cache = Cache::new();
        self.careful = self.careful.max(1);
        self.look_up = true;
    }

    /// Gives the connection back.
    pub(super) fn rest(&mut self) {
        self.connection = None;
    }

    /// The connection at hand, or another one.
    async fn connect(&mut self) -> Result<J::Connection, Trouble> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => self.journal.connect().await,
        }
    }

    /// One round trip on the cached state.
    async fn on_cache(&mut self, batch: &mut Vec<Queued>) -> Result<(), Trouble> {
        let connection = self.connect().await?;
        let head = self.head();
        let (rows, verdicts) = fold(&mut self.cache.state, batch.iter().map(|queued| &queued.command));
        let next = self.cache.state.next_number;
        let recorded_at = head.records_at(wall());
        let written = connection.write(&head, next, &rows, recorded_at).await;
        if written.is_ok() && !self.journal.is_short() {
            self.connection = Some(connection);
        }
        self.settle(written, head, Folded { rows, verdicts, recorded_at }, batch)
    }

    /// Answers the callers of a batch that is written, or takes it back.
    fn settle(
        &mut self,
        written: Result<bool, Trouble>,
        head: Head,
        folded: Folded,
        batch: &mut Vec<Queued>,
    ) -> Result<(), Trouble> {
        let trouble = match written {
            Ok(true) => {
                self.figures.written(batch.len());
                self.vitals.written();
                self.cache.written(&folded.rows, folded.recorded_at);
                answer_folded(batch, folded);
                return Ok(());
            }
            Ok(false) => Trouble::Stale,
            Err(trouble) => trouble,
        };
        take_back(&mut self.cache.state, head.next_number, &folded.rows);
        Err(trouble)
    }

    /// The slow path: lock, catch up, look the keys up, fold, write, commit.
    async fn under_lock(
        &mut self,
        batch: &mut Vec<Queued>,
        lines: &mut usize,
        queue: &mut mpsc::Receiver<Queued>,
        left: &mut Vec<Queued>,
    ) -> Result<(), Trouble> {
        let connection = self.connect().await?;
        let from = if self.cache.known { self.cache.state.next_number } else { 0 };
        let (locked, head, since) = connection.lock(from, self.limits.catch_up).await?;
        let outrun = !self.cache.known || head.version != self.cache.state.version;
        if outrun {
            let moved = match since {
                Since::Moved(moved) => moved,
                Since::Anew => {
                    self.cache = Cache::new();
                    Vec::new()
                }
            };
            self.cache.catch_up(&head, &moved);
        }
        // The wait for the lock has let more callers queue: they come along.
        if !self.wants_one() {
            drain(left, queue, batch, lines, self.limits);
            set_repetitions_apart(batch, left);
        }

        if self.look_up {
            let keys: Vec<Key> = batch.iter().map(|queued| queued.key).collect();
            let known = locked.keys(&keys).await?;
            answer_known(batch, &known);
        }
        let missing = self.cache.missing(accounts_of(batch));
        if !missing.is_empty() {
            self.cache.learn(locked.accounts(&missing).await?);
        }
        if batch.is_empty() {
            locked.rollback().await?;
            self.careful = self.careful.saturating_sub(1);
            return Ok(());
        }
        let (rows, verdicts) = fold(&mut self.cache.state, batch.iter().map(|queued| &queued.command));
        let next = self.cache.state.next_number;
        let recorded_at = head.records_at(wall());
        let written = locked.finish(&head, next, &rows, recorded_at).await;
        self.settle(written, head, Folded { rows, verdicts, recorded_at }, batch)?;
        self.careful = if outrun { self.limits.calm } else { self.careful.saturating_sub(1) };
        Ok(())
    }

    fn head(&self) -> Head {
        let state = &self.cache.state;
        Head {
            version: state.version,
            next_number: state.next_number,
            closed_through: state.closed_through,
            recorded_at: self.cache.recorded_at,
        }
    }
}

fn accounts_of(batch: &[Queued]) -> impl Iterator<Item = AccountNumber> {
    batch.iter().flat_map(|queued| queued.command.lines().iter().flat_map(|line| [line.debit, line.credit]))
}

type Name = (i32, uuid::Uuid);

fn name(key: &Key) -> Name {
    (key.caller, key.key)
}

/// A key that stands twice in a batch waits for its own first answer.
fn set_repetitions_apart(batch: &mut Vec<Queued>, left: &mut Vec<Queued>) {
    if batch.len() < 2 {
        return;
    }
    let mut seen: HashSet<Name> = HashSet::with_capacity(batch.len());
    if batch.iter().all(|queued| seen.insert(name(&queued.key))) {
        return;
    }
    seen.clear();
    for queued in std::mem::take(batch) {
        let first = seen.insert(name(&queued.key));
        if first { batch.push(queued) } else { left.push(queued) }
    }
}

/// What callers hear of whose commands nobody knows whether they were written.
fn unknown(error: &Error) -> Error {
    match error.outage() {
        Some(Outage::Busy) => Error::Outage(Outage::Busy),
        Some(_) => Error::Outage(Outage::Away),
        None => Error::StillRunning,
    }
}

fn answer_all(batch: &mut Vec<Queued>, of: impl Fn() -> Error) {
    for queued in batch.drain(..) {
        queued.answer.send(Err(of()));
    }
}

/// Each command gets its verdict, and the rows that it became.
fn answer_folded(batch: &mut Vec<Queued>, folded: Folded) {
    let (mut transfers, recorded_at) = (folded.rows.transfers.into_iter().peekable(), folded.recorded_at);
    for (queued, verdict) in batch.drain(..).zip(folded.verdicts) {
        let (outcome, rows) = match verdict {
            Verdict::Posted(number) => {
                let own = std::iter::from_fn(|| transfers.next_if(|row| row.number() == number));
                (Outcome::Posted(number), own.collect())
            }
            Verdict::Carried => (Outcome::Carried, Vec::new()),
            Verdict::Refused(reason) => (Outcome::Refused { code: reason.code(), reason: Some(reason) }, Vec::new()),
        };
        queued.answer.send(Ok(Answer { outcome, replayed: false, rows, recorded_at }));
    }
}

/// Answers those whose key is in the book already, and takes them out of the batch.
fn answer_known(batch: &mut Vec<Queued>, known: &[StoredKey]) {
    if known.is_empty() {
        return;
    }
    let known: HashMap<Name, &StoredKey> = known.iter().map(|stored| (name(&stored.key), stored)).collect();
    for queued in std::mem::take(batch) {
        match known.get(&name(&queued.key)) {
            None => batch.push(queued),
            Some(stored) => {
                let answer = if stored.key.request_digest == queued.key.request_digest {
                    let outcome = first_outcome(stored);
                    Ok(Answer { outcome, replayed: true, rows: Vec::new(), recorded_at: Timestamp::MIN })
                } else {
                    Err(Error::KeyReused)
                };
                queued.answer.send(answer);
            }
        }
    }
}

fn first_outcome(stored: &StoredKey) -> Outcome {
    match (stored.refusal, stored.number) {
        (0, 0) => Outcome::Carried,
        (0, number) => Outcome::Posted(number),
        (refusal, _) => Outcome::Refused { code: Reason::code_of(refusal), reason: None },
    }
}
