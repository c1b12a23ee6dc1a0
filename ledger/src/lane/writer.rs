//! Writing a batch: the fast path on the cached state, the slow path under the head's lock.

use super::state::{Cache, Undo};
use super::{Answer, Outcome, Queued, drain, wall};
use crate::book::{AccountNumber, Batch, Command, Key, Reason, Verdict, fold};
use crate::error::Error;
use crate::id::BookId;
use crate::store::accounts;
use crate::store::journal::{self, Head, StoredKey};
use deadpool_postgres::{Object, Pool};
use std::collections::{HashMap, HashSet};
use tokio::sync::mpsc;
use tokio_postgres::error::SqlState;

/// How many batches in a row must meet no stranger before the lane trusts its cache again.
const CALM: u32 = 16;

/// How far behind a cache may be to be brought forward from the journal; further, it is read anew.
const CATCH_UP_MAX: i64 = 20_000;

/// How often a batch whose outcome is unknown is tried again before its callers hear of it.
const TRIES: u32 = 5;

/// The one who writes for a lane.
#[derive(Debug)]
pub(super) struct Writer {
    pool: Pool,
    book: BookId,
    cache: Cache,
    /// Batches still to go on the slow path.
    careful: u32,
    /// Commands still to go one by one.
    one_by_one: usize,
}

/// Why a batch could not be written as it was folded.
enum Trouble {
    /// A key of the batch is in the book already.
    KnownKey,
    /// Another process wrote first.
    Stale,
    /// Nobody knows whether it was written; the keys will tell.
    Unknown(Error),
    /// The database refused it: our mistake.
    Refused(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        let Error::Database(database) = &error else { return Trouble::Unknown(error) };
        match database.code() {
            Some(code) if *code == SqlState::UNIQUE_VIOLATION => Trouble::KnownKey,
            Some(code) if code.code().starts_with("23") || code.code().starts_with("22") => Trouble::Refused(error),
            Some(_) | None => Trouble::Unknown(error),
        }
    }
}

impl Writer {
    pub(super) fn new(pool: Pool, book: BookId) -> Writer {
        Writer { pool, book, cache: Cache::new(), careful: 0, one_by_one: 0 }
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
        self.cache.bound();
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
                Err(Trouble::Stale) => self.careful = CALM,
                // Under the lock every key is looked up first.
                Err(Trouble::KnownKey) => self.careful = self.careful.max(1),
                Err(Trouble::Unknown(error)) => {
                    tries += 1;
                    self.forget();
                    if tries >= TRIES {
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
        let client = self.connection().await?;
        let head = self.head();
        let (rows, verdicts, undo) = self.fold(batch);
        let next = self.cache.state.next_number;
        match journal::write(&client, self.book, &head, next, &rows, wall()).await {
            Ok(true) => {
                self.cache.written(&rows);
                answer_folded(batch, verdicts);
                Ok(())
            }
            Ok(false) => {
                self.cache.take_back(undo);
                Err(Trouble::Stale)
            }
            Err(error) => {
                self.cache.take_back(undo);
                Err(error.into())
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
        let mut client = self.connection().await?;
        let tx = client.transaction().await.map_err(Error::from)?;
        let head = journal::lock(&tx, self.book).await?;
        let stranger = !self.cache.known || head.version != self.cache.state.version;
        if stranger {
            self.catch_up(&tx, &head).await?;
        }
        // The wait for the lock has let more callers queue: they come along.
        if !self.wants_one() {
            drain(left, queue, batch, lines);
            set_repetitions_apart(batch, left);
        }

        let keys: Vec<Key> = batch.iter().map(|queued| queued.key).collect();
        let known = journal::keys(&tx, self.book, &keys).await?;
        answer_known(batch, &known);
        let missing = self.cache.missing(accounts_of(batch));
        if !missing.is_empty() {
            self.cache.learn(accounts::load(&tx, self.book, &missing).await?);
        }
        if batch.is_empty() {
            tx.rollback().await.map_err(Error::from)?;
            self.careful = self.careful.saturating_sub(1);
            return Ok(());
        }
        let (rows, verdicts, undo) = self.fold(batch);
        let next = self.cache.state.next_number;
        let written = match journal::write(&tx, self.book, &head, next, &rows, wall()).await {
            Ok(true) => tx.commit().await.map_err(|error| Trouble::Unknown(error.into())),
            Ok(false) => Err(Trouble::Stale),
            Err(error) => Err(error.into()),
        };
        match written {
            Ok(()) => {
                self.cache.written(&rows);
                self.careful = if stranger { CALM } else { self.careful.saturating_sub(1) };
                answer_folded(batch, verdicts);
                Ok(())
            }
            Err(trouble) => {
                self.cache.take_back(undo);
                Err(trouble)
            }
        }
    }

    async fn catch_up(&mut self, tx: &deadpool_postgres::Transaction<'_>, head: &Head) -> Result<(), Error> {
        let from = self.cache.state.next_number;
        if !self.cache.known || head.next_number - from > CATCH_UP_MAX {
            self.cache = Cache::new();
            self.cache.catch_up(head, &[]);
            return Ok(());
        }
        match journal::moved_since(tx, self.book, from).await? {
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

    async fn connection(&self) -> Result<Object, Error> {
        Ok(self.pool.get().await?)
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
            Verdict::Refused(reason) => Outcome::Refused { code: reason.code(), detail: reason.to_string() },
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
                    let detail = "refused when it first came".to_owned();
                    Ok(Answer { outcome: Outcome::Refused { code, detail }, replayed: true })
                } else {
                    Ok(Answer { outcome: Outcome::Posted(stored.number), replayed: true })
                };
                let _ = queued.answer.send(answer);
            }
        }
    }
}
