//! Reads that are shared by whoever waits: what many requests ask at the same moment is one query.
//!
//! A request that asks while a query is on its way joins the **next** one, never that one: what it is told was read after
//! it had arrived, so that it sees what was written before, and a right that was taken away is gone. Nothing is kept from
//! one query to the next. There is no timer: who is alone asks at once, and the busier it is, the more share a query.

use crate::error::Error;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Bounds of a read; tests take smaller ones, to reach them.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// The most keys of one query.
    keys: usize,
    /// A query that takes longer than this no longer keeps the next one waiting: its connection may be lost.
    patience: Duration,
    /// How long a query may take, and how long somebody waits for one.
    wait: Duration,
}

const LIMITS: Limits = Limits { keys: 256, patience: Duration::from_millis(50), wait: Duration::from_secs(10) };

/// The most queries at once.
const QUERIES_MAX: usize = 4;

/// Why nothing was read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The query failed, for all that shared it.
    #[error(transparent)]
    Failed(Arc<Error>),
    /// There was no answer in time.
    #[error("a shared query did not answer in time")]
    Late,
}

type Answer<V> = Result<Option<V>, ReadError>;
type Found<K, V> = Result<HashMap<K, V>, Error>;
type Query<K, V> = dyn Fn(Vec<K>) -> Pin<Box<dyn Future<Output = Found<K, V>> + Send>> + Send + Sync;
/// The keys of one query, each with those who asked for it.
type Asked<K, V> = HashMap<K, Vec<oneshot::Sender<Answer<V>>>>;

/// One kind of read, of values by their keys.
pub struct SharedRead<K, V> {
    limits: Limits,
    query: Box<Query<K, V>>,
    queue: Mutex<Queue<K, V>>,
}

/// Who waits for the next query, and what is on its way.
struct Queue<K, V> {
    waiting: VecDeque<(K, oneshot::Sender<Answer<V>>)>,
    /// When each query began.
    running: [Option<Instant>; QUERIES_MAX],
}

impl<K, V> fmt::Debug for SharedRead<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRead").finish_non_exhaustive()
    }
}

impl<K, V> SharedRead<K, V>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Reads by a query, which finds the values of distinct keys; a key without a value is left out.
    pub fn new<F>(query: impl Fn(Vec<K>) -> F + Send + Sync + 'static) -> Arc<SharedRead<K, V>>
    where
        F: Future<Output = Found<K, V>> + Send + 'static,
    {
        SharedRead::within(LIMITS, query)
    }

    fn within<F>(limits: Limits, query: impl Fn(Vec<K>) -> F + Send + Sync + 'static) -> Arc<SharedRead<K, V>>
    where
        F: Future<Output = Found<K, V>> + Send + 'static,
    {
        let queue = Queue { waiting: VecDeque::new(), running: [None; QUERIES_MAX] };
        Arc::new(SharedRead { limits, query: Box::new(move |keys| Box::pin(query(keys))), queue: Mutex::new(queue) })
    }

    /// The value of a key, read by a query that begins after this call.
    ///
    /// # Errors
    ///
    /// What the query said, or [`ReadError::Late`].
    pub async fn read(self: &Arc<Self>, key: K) -> Answer<V> {
        let (answer, mut told) = oneshot::channel();
        let slot = {
            let mut queue = self.queue();
            queue.waiting.push_back((key, answer));
            queue.free_slot(self.limits.patience)
        };
        self.start(slot);
        // An answer is dropped only with the task that owed it.
        if let Ok(told) = timeout(self.limits.patience, &mut told).await {
            return told.unwrap_or(Err(ReadError::Late));
        }
        let slot = self.queue().free_slot(self.limits.patience);
        self.start(slot);
        timeout(self.limits.wait, told).await.map_or(Err(ReadError::Late), |told| told.unwrap_or(Err(ReadError::Late)))
    }

    /// Queries in a task of its own: whoever asked first may hang up, and the others get their answer.
    fn start(self: &Arc<Self>, slot: Option<usize>) {
        if let Some(slot) = slot {
            tokio::spawn(Runner { read: self.clone(), slot: Some(slot) }.run());
        }
    }

    /// What the next query asks for. When nobody waits it is nothing, and the slot is free from then on.
    fn next(&self, slot: usize) -> Asked<K, V> {
        let mut queue = self.queue();
        let mut asked: Asked<K, V> = HashMap::new();
        while let Some((key, answer)) = queue.waiting.pop_front() {
            // Who has hung up is not asked for.
            if answer.is_closed() {
                continue;
            }
            if asked.len() == self.limits.keys && !asked.contains_key(&key) {
                queue.waiting.push_front((key, answer));
                break;
            }
            asked.entry(key).or_default().push(answer);
        }
        queue.running[slot] = (!asked.is_empty()).then(Instant::now);
        asked
    }
}

impl<K, V> SharedRead<K, V> {
    fn queue(&self) -> MutexGuard<'_, Queue<K, V>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Queue<K, V> {
    /// Takes a slot for a query, if somebody waits and no query is on its way that will soon let the next one follow.
    fn free_slot(&mut self, patience: Duration) -> Option<usize> {
        if self.waiting.is_empty() || self.running.iter().flatten().any(|begun| begun.elapsed() < patience) {
            return None;
        }
        let slot = self.running.iter().position(Option::is_none)?;
        self.running[slot] = Some(Instant::now());
        Some(slot)
    }
}

/// Who sends one query after another for as long as somebody waits.
struct Runner<K, V> {
    read: Arc<SharedRead<K, V>>,
    /// None once it is given back.
    slot: Option<usize>,
}

impl<K, V> Runner<K, V>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + 'static,
{
    async fn run(mut self) {
        while let Some(slot) = self.slot {
            let asked = self.read.next(slot);
            if asked.is_empty() {
                self.slot = None;
                return;
            }
            let keys = asked.keys().cloned().collect();
            let found = timeout(self.read.limits.wait, (self.read.query)(keys)).await;
            let found =
                found.map_or(Err(ReadError::Late), |found| found.map_err(|error| ReadError::Failed(Arc::new(error))));
            for (key, answers) in asked {
                let told = found.as_ref().map(|found| found.get(&key).cloned()).map_err(ReadError::clone);
                for answer in answers {
                    // A caller who has gone does not hear it.
                    let _ = answer.send(told.clone());
                }
            }
        }
    }
}

/// A query that panicked, or a thread that stops, leaves nobody waiting for it.
impl<K, V> Drop for Runner<K, V> {
    fn drop(&mut self) {
        let Some(slot) = self.slot else { return };
        let mut queue = self.read.queue();
        queue.running[slot] = None;
        if queue.running.iter().all(Option::is_none) {
            queue.waiting.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::{Notify, Semaphore};
    use tokio::task::JoinHandle;

    /// A table that a query reads when it is let through, as a database answers when it likes.
    #[derive(Clone)]
    struct Table {
        value: Arc<AtomicUsize>,
        queries: Arc<Mutex<Vec<usize>>>,
        begun: Arc<Notify>,
        gate: Arc<Semaphore>,
    }

    /// Keys from this one on have no value.
    const UNKNOWN: usize = 1_000;

    /// A query for this key fails.
    const FAILS: usize = 2_000;

    /// And one for this key panics.
    const PANICS: usize = 3_000;

    type Numbers = Arc<SharedRead<usize, usize>>;

    impl Table {
        /// Each key's value is the table's value at the moment at which its query begins.
        fn new() -> (Table, Numbers) {
            Table::within(Limits { patience: Duration::from_secs(60), wait: Duration::from_secs(60), ..LIMITS })
        }

        fn within(limits: Limits) -> (Table, Numbers) {
            let table = Table {
                value: Arc::default(),
                queries: Arc::default(),
                begun: Arc::default(),
                gate: Arc::new(Semaphore::new(0)),
            };
            let read = SharedRead::within(limits, {
                let table = table.clone();
                move |keys: Vec<usize>| table.clone().query(keys)
            });
            (table, read)
        }

        async fn query(self, keys: Vec<usize>) -> Result<HashMap<usize, usize>, Error> {
            let value = self.value.load(Ordering::SeqCst);
            self.queries.lock().unwrap().push(keys.len());
            self.begun.notify_one();
            self.gate.acquire().await.unwrap().forget();
            assert!(!keys.contains(&PANICS), "on purpose");
            if keys.contains(&FAILS) {
                return Err(Error::Stale("table"));
            }
            Ok(keys.into_iter().filter(|key| *key < UNKNOWN).map(|key| (key, value)).collect())
        }

        fn let_through(&self, queries: usize) {
            self.gate.add_permits(queries);
        }

        fn sizes(&self) -> Vec<usize> {
            self.queries.lock().unwrap().clone()
        }
    }

    fn ask(read: &Numbers, key: usize) -> JoinHandle<Answer<usize>> {
        let read = read.clone();
        tokio::spawn(async move { read.read(key).await })
    }

    async fn waiting(read: &Numbers, so_many: usize) {
        while read.queue().waiting.len() != so_many {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn nobody_is_answered_by_a_query_that_began_before_he_asked() {
        let (table, read) = Table::new();
        let first = ask(&read, 1);
        table.begun.notified().await;
        // What is written from here on is unknown to the query on its way.
        table.value.store(7, Ordering::SeqCst);
        let (second, third) = (ask(&read, 1), ask(&read, 2));
        waiting(&read, 2).await;
        table.let_through(2);
        assert_eq!(first.await.unwrap().unwrap(), Some(0));
        assert_eq!((second.await.unwrap().unwrap(), third.await.unwrap().unwrap()), (Some(7), Some(7)));
        assert_eq!(table.sizes(), [1, 2], "those who waited shared one query");
    }

    #[tokio::test]
    async fn who_asks_alone_costs_one_query_and_leaves_nothing_behind() {
        let (table, read) = Table::new();
        table.let_through(2);
        assert_eq!(read.read(1).await.unwrap(), Some(0));
        table.value.store(1, Ordering::SeqCst);
        assert_eq!(read.read(1).await.unwrap(), Some(1), "nothing is kept");
        assert_eq!(table.sizes(), [1, 1]);
        assert_eq!(read.queue().running, [None; QUERIES_MAX]);
    }

    #[tokio::test]
    async fn a_query_has_so_many_keys_and_no_more_and_each_once() {
        let (table, read) = Table::new();
        let first = ask(&read, 0);
        table.begun.notified().await;
        let many: Vec<_> = (0..2 * LIMITS.keys + 10).map(|key| ask(&read, key)).collect();
        let again: Vec<_> = (0..10).map(|key| ask(&read, key)).collect();
        waiting(&read, 2 * LIMITS.keys + 20).await;
        table.let_through(10);
        assert_eq!(first.await.unwrap().unwrap(), Some(0));
        for asked in many.into_iter().chain(again) {
            assert_eq!(asked.await.unwrap().unwrap(), Some(0));
        }
        assert_eq!(table.sizes(), [1, LIMITS.keys, LIMITS.keys, 20]);
    }

    #[tokio::test]
    async fn a_key_without_a_value_is_none_and_takes_nothing_from_others() {
        let (table, read) = Table::new();
        let (known, unknown) = (ask(&read, 1), ask(&read, UNKNOWN));
        table.let_through(2);
        assert_eq!((known.await.unwrap().unwrap(), unknown.await.unwrap().unwrap()), (Some(0), None));
    }

    #[tokio::test]
    async fn an_error_reaches_all_who_shared_the_query_and_nobody_after() {
        let (table, read) = Table::new();
        let first = ask(&read, 1);
        table.begun.notified().await;
        let (second, third) = (ask(&read, FAILS), ask(&read, 2));
        waiting(&read, 2).await;
        table.let_through(3);
        assert_eq!(first.await.unwrap().unwrap(), Some(0));
        for failed in [second, third] {
            let error = failed.await.unwrap().unwrap_err();
            assert!(matches!(&error, ReadError::Failed(cause) if matches!(**cause, Error::Stale(_))), "{error}");
        }
        assert_eq!(read.read(2).await.unwrap(), Some(0));
    }

    #[tokio::test]
    async fn a_query_that_panics_leaves_nobody_waiting_and_the_next_one_is_sent() {
        let (table, read) = Table::new();
        let first = ask(&read, PANICS);
        table.begun.notified().await;
        let second = ask(&read, 1);
        waiting(&read, 1).await;
        table.let_through(2);
        for left in [first, second] {
            assert!(matches!(left.await.unwrap(), Err(ReadError::Late)));
        }
        assert_eq!(read.read(1).await.unwrap(), Some(0));
    }

    #[tokio::test]
    async fn who_hangs_up_harms_nobody_and_is_not_asked_for() {
        let (table, read) = Table::new();
        let starter = ask(&read, 1);
        table.begun.notified().await;
        let (gone, stays) = (ask(&read, 2), ask(&read, 3));
        waiting(&read, 2).await;
        starter.abort();
        gone.abort();
        assert!(starter.await.unwrap_err().is_cancelled() && gone.await.unwrap_err().is_cancelled());
        table.let_through(2);
        assert_eq!(stays.await.unwrap().unwrap(), Some(0));
        assert_eq!(table.sizes(), [1, 1]);
    }

    #[tokio::test]
    async fn a_query_without_an_answer_keeps_others_waiting_for_a_moment_only_and_ends_at_its_deadline() {
        let limits = Limits { patience: Duration::from_millis(5), wait: Duration::from_secs(2), ..LIMITS };
        let (table, read) = Table::within(limits);
        let lost = ask(&read, 1);
        table.begun.notified().await;
        let second = ask(&read, 2);
        table.begun.notified().await;
        assert_eq!(table.sizes(), [1, 1], "the second did not wait for the first, which is on its way");
        assert!(!lost.is_finished());
        for late in [lost, second] {
            assert!(matches!(late.await.unwrap(), Err(ReadError::Late)));
        }
        table.let_through(1);
        assert_eq!(read.read(3).await.unwrap(), Some(0));
    }
}
