//! A simulated PostgreSQL, with sessions, a row lock, and a wire that loses questions and answers.

use super::truth::{Asked, Truth};
use super::world::World;
use crate::Error;
use crate::book::{AccountNumber, Batch, Key};
use crate::engine::lane::journal::{Connection, Journal, Locked, Trouble};
use crate::engine::store::accounts::Account;
use crate::engine::store::journal::{Head, Since, StoredKey};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

/// A mistake built in on purpose, to see that the simulation finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// An unknown outcome is taken for written.
    TrustsTheUnknown,
    /// A batch is written whatever version it was folded on.
    IgnoresTheVersion,
    /// Keys are neither found nor guarded by their primary key.
    IgnoresKeys,
    /// The journal is read without its last transfer.
    ReadsTooLittle,
    /// Refusals are not kept with their keys.
    ForgetsRefusals,
    /// A log record is overlooked when a cache is brought forward.
    OverlooksRecords,
    /// The lines of an entry are all read at the position of its first.
    LosesLines,
    /// An account that is read has no lines yet.
    ForgetsChains,
    /// A line at the end of a batch is not marked.
    SkipsMarks,
    /// Marks stay although their batch was lost.
    KeepsMarks,
    /// What other processes post is not put into the chains of its accounts.
    ChainsPastStrangers,
    /// The head does not say when its last record was recorded.
    ForgetsTheMoment,
}

impl Flaw {
    /// All of them.
    pub(super) const ALL: [Flaw; 12] = [
        Flaw::TrustsTheUnknown,
        Flaw::IgnoresTheVersion,
        Flaw::IgnoresKeys,
        Flaw::ReadsTooLittle,
        Flaw::ForgetsRefusals,
        Flaw::OverlooksRecords,
        Flaw::LosesLines,
        Flaw::ForgetsChains,
        Flaw::SkipsMarks,
        Flaw::KeepsMarks,
        Flaw::ChainsPastStrangers,
        Flaw::ForgetsTheMoment,
    ];
}

/// The database server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) truth: RefCell<Truth>,
    pub(super) asked: RefCell<Asked>,
    pub(super) flaw: Option<Flaw>,
    /// The row lock of the head. A restart puts a new one in its place.
    head: RefCell<Rc<Latch>>,
    /// Raised by every restart; what belongs to an older epoch has no effect.
    pub(super) epoch: Cell<u32>,
}

/// The lock of one epoch.
#[derive(Debug)]
pub(super) struct Latch(std::sync::Arc<Mutex<()>>);

impl Server {
    pub(super) fn new(truth: Truth, flaw: Option<Flaw>) -> Server {
        Server {
            truth: RefCell::new(truth),
            asked: RefCell::default(),
            flaw,
            head: RefCell::new(Rc::new(Latch(std::sync::Arc::default()))),
            epoch: Cell::new(0),
        }
    }

    /// SIGKILL and start again: what was not committed never was.
    pub(super) fn restart(&self) {
        self.epoch.set(self.epoch.get() + 1);
        *self.head.borrow_mut() = Rc::new(Latch(std::sync::Arc::default()));
    }

    pub(super) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// A batch is lost before its commit, and all of it with it.
    fn lose(&self, head: &Head, batch: &Batch) {
        if self.has(Flaw::KeepsMarks) && head.version == self.truth.borrow().version {
            self.truth.borrow_mut().mark(batch);
        }
    }

    /// Waits for the lock of the head.
    pub(super) async fn lock(&self) -> OwnedMutexGuard<()> {
        let latch = Rc::clone(&self.head.borrow());
        std::sync::Arc::clone(&latch.0).lock_owned().await
    }

    /// What becomes of the truth when this batch is written; none when the batch is stale.
    fn take(
        &self,
        world: &World,
        head: &Head,
        next: i64,
        batch: &Batch,
        at: Timestamp,
    ) -> Result<Option<Truth>, Trouble> {
        let truth = self.truth.borrow();
        let asked = self.asked.borrow();
        let taken = match self.flaw {
            Some(Flaw::IgnoresTheVersion | Flaw::IgnoresKeys) => {
                let stale = head.version != truth.version && !self.has(Flaw::IgnoresTheVersion);
                if stale { Ok(Ok(None)) } else { truth.decide(&asked, next, batch, at).map(|after| Ok(Some(after))) }
            }
            Some(_) | None => truth.take(&asked, head, next, batch, at),
        };
        let mut taken = taken.unwrap_or_else(|wrong| {
            world.wrong(wrong);
            Err(Trouble::Refused(Error::inconsistent("wrong")))
        });
        if let Ok(Some(after)) = &mut taken
            && self.has(Flaw::ForgetsRefusals)
        {
            after.keys.retain(|_, (stored, _)| stored.refusal == 0);
        }
        if let Ok(Some(after)) = &mut taken
            && self.has(Flaw::SkipsMarks)
        {
            let last = batch.transfers.last().map_or(0, |row| row.pos);
            after.marks.retain(|(_, pos), _| *pos != last);
        }
        taken
    }
}

/// What the server keeps of one connection.
#[derive(Debug, Default)]
struct Session {
    lock: Option<OwnedMutexGuard<()>>,
}

/// The client's end of a connection.
pub(super) struct Wire {
    world: Rc<World>,
    session: Rc<Mutex<Session>>,
    epoch: u32,
    dead: Cell<bool>,
}

fn lost() -> Trouble {
    Trouble::Unknown(Error::inconsistent("connection lost"))
}

impl Wire {
    /// Asks the server something. The question may be lost, or its answer, or the server may die over it.
    async fn call<T: 'static>(
        &self,
        what: &'static str,
        work: impl AsyncFnOnce(&World, &mut Session) -> Result<T, Trouble> + 'static,
    ) -> Result<T, Trouble> {
        if self.dead.get() {
            return Err(lost());
        }
        let fault = self.world.fault();
        self.dead.set(fault);
        let delivered = !fault || self.world.dice(2) == 0;
        let (answer, answered) = oneshot::channel();
        if delivered {
            let (world, session, epoch) = (Rc::clone(&self.world), Rc::clone(&self.session), self.epoch);
            self.world.spawn(async move {
                let mut session = session.lock().await;
                world.pause().await;
                if world.server.epoch.get() == epoch {
                    let done = work(&world, &mut session).await;
                    if world.server.epoch.get() == epoch {
                        let _ = answer.send(done);
                        return;
                    }
                }
                *session = Session::default();
            });
        }
        if fault {
            self.world.say(|| format!("{what}: lost, {}", if delivered { "delivered" } else { "not delivered" }));
            self.world.pause().await;
            return Err(lost());
        }
        let answer = answered.await;
        self.world.pause().await;
        answer.unwrap_or_else(|_| {
            self.dead.set(true);
            Err(lost())
        })
    }

    /// The server rolls back, some time later and after what it was asked before.
    fn leave(&self) {
        let (world, session) = (Rc::clone(&self.world), Rc::clone(&self.session));
        self.world.spawn(async move {
            let mut session = session.lock().await;
            world.pause().await;
            *session = Session::default();
        });
    }

    /// Takes the unknown for written, if that is the flaw.
    fn written<T>(&self, outcome: Result<T, Trouble>, yes: T) -> Result<T, Trouble> {
        match outcome {
            Err(Trouble::Unknown(_)) if self.world.server.has(Flaw::TrustsTheUnknown) => Ok(yes),
            outcome => outcome,
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The simulated journal of the one book.
pub(super) struct Simulated(pub(super) Rc<World>);

impl Journal for Simulated {
    type Connection = Wire;

    async fn connect(&self) -> Result<Wire, Trouble> {
        self.0.pause().await;
        if self.0.fault() {
            return Err(lost());
        }
        let epoch = self.0.server.epoch.get();
        Ok(Wire { world: Rc::clone(&self.0), session: Rc::default(), epoch, dead: Cell::new(false) })
    }

    fn is_short(&self) -> bool {
        self.0.dice(3) == 0
    }
}

impl Connection for Wire {
    type Locked = Transaction;

    async fn write(&self, head: &Head, next: i64, batch: &Batch, at: Timestamp) -> Result<bool, Trouble> {
        let (head, batch) = (*head, batch.clone());
        let outcome = self.call("write", async move |world: &World, _: &mut Session| {
            let epoch = world.server.epoch.get();
            let lock = world.server.lock().await;
            world.pause().await;
            if world.server.epoch.get() != epoch {
                world.server.lose(&head, &batch);
                return Err(lost());
            }
            let taken = world.server.take(world, &head, next, &batch, at)?;
            world.say(|| format!("write on version {}: {}", head.version, taken.is_some()));
            let written = taken.is_some();
            if let Some(after) = taken {
                world.commit(after);
            }
            drop(lock);
            Ok(written)
        });
        self.written(outcome.await, true)
    }

    async fn lock(self, from: i64, limit: i64) -> Result<(Transaction, Head, Since), Trouble> {
        let read = async move |world: &World, session: &mut Session| {
            session.lock = Some(world.server.lock().await);
            let truth = world.server.truth.borrow();
            let mut head = truth.head();
            if world.server.has(Flaw::ForgetsTheMoment) {
                head.recorded_at = Timestamp::UNIX_EPOCH;
            }
            let mut moved = match from {
                1.. if head.next_number - from <= limit => truth.moved_since(from),
                _ => None,
            };
            if from > 0 && world.server.has(Flaw::OverlooksRecords) {
                moved.get_or_insert_default();
            }
            if let (Some(moved), true) = (&mut moved, world.server.has(Flaw::ReadsTooLittle)) {
                moved.pop();
            }
            if let (Some(moved), true) = (&mut moved, world.server.has(Flaw::LosesLines)) {
                moved.iter_mut().for_each(|line| line.pos &= !0xffff);
            }
            Ok((head, moved.map_or(Since::Anew, Since::Moved)))
        };
        // Dropped while it waits, it is rolled back as a transaction is.
        let tx = Transaction(self);
        let (head, since) = tx.0.call("lock", read).await?;
        Ok((tx, head, since))
    }
}

/// A transaction with the lock of the head.
pub(super) struct Transaction(Wire);

impl Locked for Transaction {
    async fn keys(&self, asked: &[Key]) -> Result<Vec<StoredKey>, Trouble> {
        let asked = asked.to_vec();
        let read = async move |world: &World, _: &mut Session| {
            let blind = world.server.has(Flaw::IgnoresKeys);
            Ok(if blind { Vec::new() } else { world.server.truth.borrow().stored(&asked) })
        };
        self.0.call("keys", read).await
    }

    async fn accounts(&self, numbers: &[AccountNumber]) -> Result<Vec<Account>, Trouble> {
        let numbers = numbers.to_vec();
        let read = async move |world: &World, _: &mut Session| {
            let mut read = world.server.truth.borrow().read(&numbers);
            if world.server.has(Flaw::ForgetsChains) {
                read.iter_mut().for_each(|account| (account.sums.last, account.sums.lines) = (0, 0));
            }
            Ok(read)
        };
        self.0.call("accounts", read).await
    }

    async fn finish(self, head: &Head, next: i64, batch: &Batch, at: Timestamp) -> Result<bool, Trouble> {
        let (head, batch) = (*head, batch.clone());
        let write = async move |world: &World, session: &mut Session| {
            let epoch = world.server.epoch.get();
            let taken = world.server.take(world, &head, next, &batch, at);
            world.pause().await;
            if world.server.epoch.get() != epoch {
                world.server.lose(&head, &batch);
                return Err(lost());
            }
            if let Ok(Some(after)) = &taken {
                world.say(|| format!("commit of version {}", after.version));
                world.commit(after.clone());
            }
            *session = Session::default();
            taken.map(|after| after.is_some())
        };
        let outcome = self.0.call("write and commit", write).await;
        self.0.written(outcome, true)
    }

    async fn rollback(self) -> Result<(), Trouble> {
        let roll_back = async |_: &World, session: &mut Session| {
            *session = Session::default();
            Ok(())
        };
        self.0.call("rollback", roll_back).await
    }
}
