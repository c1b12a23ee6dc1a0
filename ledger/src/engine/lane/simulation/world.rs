//! One simulated world: its dice, its clock's pauses, its faults, and what everybody was told.

use super::server::{Flaw, Server, Simulated};
use super::truth::{Account, Name, Record, Truth, name};
use crate::book::{AccountNumber, Command, Entry, Key};
use crate::engine::lane::writer::Writer;
use crate::engine::lane::{Answer, Limits, Outcome, Queues, run};
use crate::engine::vitals::Vitals;
use crate::error::Error;
use crate::id::BookId;
use jiff::Timestamp;
use jiff::civil::Date;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The only book.
const BOOK: BookId = BookId(1);

/// What a caller was told in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Posted(i64),
    Refused(&'static str),
    KeyReused,
    /// The database refused what the fold had decided.
    Inconsistent,
}

/// The lanes of one process.
#[derive(Debug)]
struct Process {
    queues: RefCell<Rc<Queues>>,
    lanes: RefCell<Vec<JoinHandle<()>>>,
}

/// Everything that one seed decides.
#[derive(Debug)]
pub(super) struct World {
    pub(super) server: Server,
    pub(super) opening_floors: RefCell<BTreeMap<AccountNumber, Option<i64>>>,
    limits: Limits,
    processes: [Process; 2],
    dice: RefCell<StdRng>,
    /// The second process is asked once in so many times: lanes that rarely meet stay on their caches.
    second_in: u32,
    /// A fault in so many calls; how many faults and stalls are left.
    fault_in: u32,
    faults_left: Cell<u32>,
    stalls_left: Cell<u32>,
    heard: RefCell<Vec<(Key, Heard)>>,
    wrong: RefCell<Vec<String>>,
    tasks: RefCell<Vec<JoinHandle<()>>>,
    aloud: bool,
    trace: RefCell<DefaultHasher>,
    started: tokio::time::Instant,
}

impl World {
    pub(super) fn new(seed: u64, flaw: Option<Flaw>, aloud: bool) -> Rc<World> {
        let mut dice = StdRng::seed_from_u64(seed);
        let limits = Limits {
            queue: dice.random_range(2..=16),
            transfers: dice.random_range(1..=12),
            accounts: if dice.random_ratio(1, 3) { dice.random_range(2..=8) } else { 100 },
            catch_up: dice.random_range(0..=20),
            calm: dice.random_range(1..=4),
            patience: None,
            tries: dice.random_range(1..=5),
        };
        let floors = [None, None, Some(0), Some(-30), Some(0), None];
        let mut accounts: BTreeMap<AccountNumber, Account> =
            (1i32..).zip(floors).map(|(number, floor)| (AccountNumber(number), Account::new("USD", floor))).collect();
        if dice.random_ratio(1, 2) {
            accounts.insert(AccountNumber(7), Account::new("EUR", None));
        }
        let opening_floors = accounts.iter().map(|(number, account)| (*number, account.floor)).collect();
        let truth = Truth {
            version: 0,
            closed_through: Date::MIN,
            accounts,
            records: Vec::new(),
            recorded_at: Timestamp::UNIX_EPOCH,
            rows: BTreeMap::new(),
            marks: BTreeMap::new(),
            keys: BTreeMap::new(),
        };
        let process = || Process { queues: RefCell::new(Rc::new(Queues::new(limits))), lanes: RefCell::default() };
        Rc::new(World {
            server: Server::new(truth, flaw),
            opening_floors: RefCell::new(opening_floors),
            limits,
            processes: [process(), process()],
            second_in: if dice.random_ratio(1, 2) { 2 } else { 30 },
            fault_in: dice.random_range(5..=100),
            faults_left: Cell::new(dice.random_range(0..=60)),
            stalls_left: Cell::new(dice.random_range(0..=2)),
            dice: RefCell::new(dice),
            heard: RefCell::default(),
            wrong: RefCell::default(),
            tasks: RefCell::default(),
            aloud,
            trace: RefCell::default(),
            started: tokio::time::Instant::now(),
        })
    }

    /// One of the numbers below `sides`.
    pub(super) fn dice(&self, sides: u32) -> u32 {
        self.dice.borrow_mut().random_range(0..sides)
    }

    pub(super) fn a_process(&self) -> u32 {
        u32::from(self.dice(self.second_in) == 0)
    }

    pub(super) fn uuid(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(self.dice.borrow_mut().random())
    }

    /// Whether something is lost now.
    pub(super) fn fault(&self) -> bool {
        let fault = self.faults_left.get() > 0 && self.dice(self.fault_in) == 0;
        self.faults_left.set(self.faults_left.get() - u32::from(fault));
        fault
    }

    /// Lets the others run, for a while that the dice decide. This is where every interleaving comes from.
    pub(super) async fn pause(&self) {
        let (least, most) = match self.dice(16) {
            0..=6 => return,
            7..=9 => return tokio::task::yield_now().await,
            10..=13 => (1, 4),
            14 => (5, 60),
            _ if self.stalls_left.get() > 0 && self.dice(40) == 0 => {
                self.stalls_left.set(self.stalls_left.get() - 1);
                (20_000, 45_000)
            }
            _ => (1, 15),
        };
        let wait = self.dice.borrow_mut().random_range(least..=most);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }

    /// Tells what happens, when somebody listens; every run of a seed tells the same.
    pub(super) fn say(&self, what: impl Fn() -> String) {
        let at = self.started.elapsed().as_millis();
        let line = format!("{at:>8} ms  {}", what());
        line.hash(&mut *self.trace.borrow_mut());
        if self.aloud {
            eprintln!("{line}");
        }
    }

    /// A digest of all that was told.
    pub(super) fn trace(&self) -> u64 {
        self.trace.borrow().finish()
    }

    pub(super) fn wrong(&self, what: String) {
        self.say(|| format!("WRONG: {what}"));
        self.wrong.borrow_mut().push(what);
    }

    pub(super) fn commit(&self, after: Truth) {
        let mut truth = self.server.truth.borrow_mut();
        if after.version != truth.version + 1 && self.server.flaw.is_none() {
            self.wrong(format!("version {} was committed on version {}", after.version, truth.version));
        }
        *truth = after;
    }

    pub(super) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.tasks.borrow_mut().push(tokio::task::spawn_local(task));
    }

    /// SIGKILL of a process, and a new one in its place.
    pub(super) fn kill(&self, process: u32) {
        let process = &self.processes[process as usize];
        for lane in process.lanes.borrow().iter() {
            lane.abort();
        }
        *process.queues.borrow_mut() = Rc::new(Queues::new(self.limits));
    }

    /// Asks one of the processes.
    pub(super) async fn ask(self: &Rc<Self>, process: u32, key: Key, entry: Entry) -> Result<Answer, Error> {
        let process = &self.processes[process as usize];
        let queues = Rc::clone(&process.queues.borrow());
        let start = |queue| {
            let writer = Writer::new(Simulated(Rc::clone(self)), BOOK, self.limits, Vitals::default());
            process.lanes.borrow_mut().push(tokio::task::spawn_local(run(writer, queue)));
        };
        queues.post(BOOK, key, Command::post(None, entry), start).await
    }

    /// Keeps what a caller was told; none when it has to ask again.
    pub(super) fn hear(&self, key: Key, answer: Result<Answer, Error>) -> Option<Heard> {
        let heard = match answer {
            Ok(Answer { outcome: Outcome::Posted(number), .. }) => Heard::Posted(number),
            Ok(Answer { outcome: Outcome::Refused { code, .. }, .. }) => Heard::Refused(code),
            Ok(Answer { outcome: Outcome::Carried, .. }) => {
                self.wrong("an entry was only carried".into());
                return None;
            }
            Err(Error::KeyReused) => Heard::KeyReused,
            Err(Error::Inconsistent(_)) => Heard::Inconsistent,
            Err(Error::StillRunning | Error::Overloaded) => return None,
            Err(other) => {
                self.wrong(format!("a caller heard {other}"));
                return None;
            }
        };
        self.say(|| format!("key {} heard {heard:?}", key.key));
        self.heard.borrow_mut().push((key, heard.clone()));
        Some(heard)
    }

    /// Ends everything, and says what is wrong with what was told and with what is left.
    pub(super) async fn verdict(&self) -> Vec<String> {
        for process in &self.processes {
            for lane in process.lanes.take() {
                lane.abort();
                if lane.await.is_err_and(|error| error.is_panic()) {
                    self.wrong("a lane panicked".into());
                }
            }
        }
        for task in self.tasks.take() {
            if task.is_finished() && task.await.is_err() {
                self.wrong("the simulation panicked".into());
            }
        }
        let truth = self.server.truth.borrow().clone();
        let mut wrong = self.wrong.take();
        wrong.extend(truth.replay(&self.opening_floors.borrow()));
        wrong.extend(self.answers_against(&truth));
        wrong
    }

    fn answers_against(&self, truth: &Truth) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut posted: BTreeMap<Name, Vec<i64>> = BTreeMap::new();
        for (number, record) in (1i64..).zip(&truth.records) {
            if let Record::Entry { key: Some(key), .. } = record {
                posted.entry(*key).or_default().push(number);
            }
        }
        for (key, numbers) in &posted {
            let known = truth.keys.get(key).map(|(stored, _)| stored.number);
            if numbers.len() != 1 || known != numbers.first().copied() {
                wrong.push(format!("key {} is in the journal as {numbers:?}, known as {known:?}", key.1));
            }
        }
        let asked = self.server.asked.borrow();
        let mut answered: BTreeSet<(Name, i64)> = BTreeSet::new();
        for (key, heard) in self.heard.borrow().iter() {
            let name = name(key);
            answered.insert((name, key.request_digest));
            let stored = truth.keys.get(&name);
            let own = stored.filter(|(stored, _)| stored.key.request_digest == key.request_digest);
            let right = match heard {
                Heard::Posted(number) => {
                    own.is_some_and(|(stored, _)| stored.number == *number)
                        && posted.get(&name).is_some_and(|numbers| numbers.as_slice() == [*number])
                }
                Heard::Refused(code) => {
                    own.is_some_and(|(stored, why)| stored.refusal != 0 && why == code) && !posted.contains_key(&name)
                }
                Heard::KeyReused => stored.is_some() && own.is_none(),
                Heard::Inconsistent => asked.poisoned.contains(&name) && stored.is_none(),
            };
            if !right {
                wrong.push(format!(
                    "key {} heard {heard:?}; stored {stored:?}, posted {:?}",
                    key.key,
                    posted.get(&name)
                ));
            }
        }
        wrong.extend(
            asked.entries.keys().filter(|key| !answered.contains(key)).map(|key| format!("{key:?} heard nothing")),
        );
        wrong
    }
}
