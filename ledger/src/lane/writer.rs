//! Writing a batch: the fast path on the cached state, the slow path under the head's lock.

use super::journal::{Connection, Journal, Locked, Trouble};
use super::state::{Cache, Undo};
use super::{Answer, Limits, Outcome, Queued, drain};
use crate::book::{AccountNumber, Batch, Command, Key, Reason, Verdict, fold};
use crate::error::Error;
use crate::id::BookId;
use crate::store::journal::{Head, StoredKey};
use std::collections::{HashMap, HashSet};
use tokio::sync::mpsc;

/// The one who writes for a lane.
#[derive(Debug)]
pub(super) struct Writer<J> {
    journal: J,
    book: BookId,
    limits: Limits,
    cache: Cache,
    /// Batches still to go on the slow path.
    careful: u32,
    /// Commands still to go one by one.
    one_by_one: usize,
}

impl<J: Journal> Writer<J> {
    pub(super) fn new(journal: J, book: BookId, limits: Limits) -> Writer<J> {
        Writer { journal, book, limits, cache: Cache::new(), careful: 0, one_by_one: 0 }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether the next batch is to be one command: a batch was refused, and the culprit must not take others along.
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
        let mut tries = 0;
        while !batch.is_empty() {
            let calm = self.careful == 0 && self.cache.known;
            let trouble = if calm && self.cache.missing(accounts_of(&batch)).is_empty() {
                self.on_cache(&mut batch).await
            } else {
                self.under_lock(&mut batch, lines, queue, left).await
            };
            match trouble {
                Ok(()) => {}
                Err(Trouble::Stale) => self.careful = self.limits.calm,
                // Under the lock every key is looked up first.
                Err(Trouble::KnownKey) => self.careful = self.careful.max(1),
                Err(Trouble::Unknown(error)) => {
                    tries += 1;
                    self.forget();
                    if tries >= self.limits.tries {
                        tracing::warn!("book {}: a batch of {} has no outcome: {error}", self.book, batch.len());
                        answer_all(&mut batch, |_| Err(Error::StillRunning));
                    }
                }
                Err(Trouble::Refused(error)) => {
                    tracing::error!("book {}: the database refused a folded batch: {error}", self.book);
                    self.forget();
                    if batch.len() > 1 {
                        self.one_by_one = batch.len();
                        left.extend(batch.drain(1..));
                    } else {
                        answer_all(&mut batch, |_| Err(Error::inconsistent("the database refused a folded entry")));
                    }
                }
            }
        }
    }

    fn forget(&mut self) {
        self.cache = Cache::new();
        self.careful = self.careful.max(1);
    }

    /// One round trip on the cached state.
    async fn on_cache(&mut self, batch: &mut Vec<Queued>) -> Result<(), Trouble> {
        let connection = self.journal.connect().await?;
        let head = self.head();
        let (rows, verdicts, undo) = self.fold(batch);
        let next = self.cache.state.next_number;
        match connection.write(&head, next, &rows).await {
            Ok(true) => {
                self.cache.written(&rows);
                answer_folded(batch, verdicts);
                Ok(())
            }
            Ok(false) => {
                self.cache.take_back(undo);
                Err(Trouble::Stale)
            }
            Err(trouble) => {
                self.cache.take_back(undo);
                Err(trouble)
            }
        }
    }

    /// The slow path: lock, catch up, look the keys up, fold, write, commit.
    async fn under_lock(
        &mut self,
        batch: &mut Vec<Queued>,
        lines: &mut usize,
        queue: &mut mpsc::Receiver<Queued>,
        left: &mut Vec<Queued>,
    ) -> Result<(), Trouble> {
        let mut connection = self.journal.connect().await?;
        let (locked, head) = connection.lock().await?;
        let stranger = !self.cache.known || head.version != self.cache.state.version;
        if stranger {
            self.catch_up(&locked, &head).await?;
        }
        // The wait for the lock has let more callers queue: they come along.
        if !self.wants_one() {
            drain(left, queue, batch, lines, self.limits.transfers);
            set_repetitions_apart(batch, left);
        }

        let keys: Vec<Key> = batch.iter().map(|queued| queued.key).collect();
        let known = locked.keys(&keys).await?;
        answer_known(batch, &known);
        let missing = self.cache.missing(accounts_of(batch));
        if !missing.is_empty() {
            self.cache.learn(locked.accounts(&missing).await?);
        }
        if batch.is_empty() {
            locked.rollback().await?;
            self.careful = self.careful.saturating_sub(1);
            return Ok(());
        }
        let (rows, verdicts, undo) = self.fold(batch);
        let next = self.cache.state.next_number;
        let written = match locked.write(&head, next, &rows).await {
            Ok(true) => locked.commit().await,
            Ok(false) => Err(Trouble::Stale),
            Err(trouble) => Err(trouble),
        };
        match written {
            Ok(()) => {
                self.cache.written(&rows);
                self.careful = if stranger { self.limits.calm } else { self.careful.saturating_sub(1) };
                answer_folded(batch, verdicts);
                Ok(())
            }
            Err(trouble) => {
                self.cache.take_back(undo);
                Err(trouble)
            }
        }
    }

    async fn catch_up(&mut self, locked: &impl Locked, head: &Head) -> Result<(), Trouble> {
        let from = self.cache.state.next_number;
        if !self.cache.known || head.next_number - from > self.limits.catch_up {
            self.cache = Cache::new();
            self.cache.catch_up(head, &[]);
            return Ok(());
        }
        match locked.moved_since(from).await? {
            Some(moved) => self.cache.catch_up(head, &moved),
            // Something besides entries changed what the fold reads.
            None => {
                self.cache = Cache::new();
                self.cache.catch_up(head, &[]);
            }
        }
        Ok(())
    }

    fn fold(&mut self, batch: &[Queued]) -> (Batch, Vec<Verdict>, Undo) {
        let undo = self.cache.undo(accounts_of(batch));
        let commands: Vec<Command> =
            batch.iter().map(|queued| Command { key: Some(queued.key), entry: queued.entry.clone() }).collect();
        let (rows, verdicts) = fold(&mut self.cache.state, &commands);
        (rows, verdicts, undo)
    }

    fn head(&self) -> Head {
        let state = &self.cache.state;
        Head { version: state.version, next_number: state.next_number, closed_through: state.closed_through }
    }
}

fn accounts_of(batch: &[Queued]) -> impl Iterator<Item = AccountNumber> {
    batch.iter().flat_map(|queued| queued.entry.lines.iter().flat_map(|line| [line.debit, line.credit]))
}

/// A key that stands twice in a batch waits for its own first answer.
fn set_repetitions_apart(batch: &mut Vec<Queued>, left: &mut Vec<Queued>) {
    let mut seen: HashSet<(i32, uuid::Uuid)> = HashSet::with_capacity(batch.len());
    if batch.iter().all(|queued| seen.insert((queued.key.caller, queued.key.key))) {
        return;
    }
    seen.clear();
    for queued in std::mem::take(batch) {
        let first = seen.insert((queued.key.caller, queued.key.key));
        if first { batch.push(queued) } else { left.push(queued) }
    }
}

fn answer_all(batch: &mut Vec<Queued>, of: impl Fn(&Key) -> Result<Answer, Error>) {
    for queued in batch.drain(..) {
        let answer = of(&queued.key);
        let _ = queued.answer.send(answer);
    }
}

fn answer_folded(batch: &mut Vec<Queued>, verdicts: Vec<Verdict>) {
    for (queued, verdict) in batch.drain(..).zip(verdicts) {
        let outcome = match verdict {
            Verdict::Posted(number) => Outcome::Posted(number),
            Verdict::Refused(reason) => Outcome::Refused { code: reason.code(), reason: Some(reason) },
        };
        let _ = queued.answer.send(Ok(Answer { outcome, replayed: false }));
    }
}

/// Answers those whose key is in the book already, and takes them out of the batch.
fn answer_known(batch: &mut Vec<Queued>, known: &[StoredKey]) {
    if known.is_empty() {
        return;
    }
    let known: HashMap<(i32, uuid::Uuid), &StoredKey> =
        known.iter().map(|stored| ((stored.key.caller, stored.key.key), stored)).collect();
    for queued in std::mem::take(batch) {
        match known.get(&(queued.key.caller, queued.key.key)) {
            None => batch.push(queued),
            Some(stored) => {
                let answer = if stored.key.request_digest != queued.key.request_digest {
                    Err(Error::KeyReused)
                } else if stored.refusal != 0 {
                    let code = Reason::code_of(stored.refusal);
                    Ok(Answer { outcome: Outcome::Refused { code, reason: None }, replayed: true })
                } else {
                    Ok(Answer { outcome: Outcome::Posted(stored.number), replayed: true })
                };
                let _ = queued.answer.send(answer);
            }
        }
    }
}
