//! The clocks of sandbox books that walk: the next step is taken by whoever finishes the last job that was due, and the worker
//! looks now and then for clocks that were sent on their way.

use crate::explain::explain;
use ledger::books::operations::clock::{self, Prospect};
use ledger::engine::pool::Pool;
use ledger::engine::store::books;
use ledger::id::BookId;
use ledger::service::store::adoptions;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The most walking books that are looked at in one round.
const BOOKS_MAX: i64 = 256;

/// The walking books that this worker knows of, how many jobs of each book it has at hand, and word for its lines that a clock
/// has moved.
pub(crate) struct Clocks {
    pool: Pool,
    walking: Mutex<HashSet<BookId>>,
    at_hand: Mutex<HashMap<BookId, usize>>,
    moved: watch::Sender<()>,
}

impl Clocks {
    /// Knows of none yet.
    pub(crate) fn new(pool: Pool) -> Clocks {
        Clocks { pool, walking: Mutex::default(), at_hand: Mutex::default(), moved: watch::Sender::new(()) }
    }

    /// Who listens hears of each step from now on.
    pub(crate) fn listen(&self) -> watch::Receiver<()> {
        self.moved.subscribe()
    }

    /// A job of a book is at hand, until [`Clocks::go_on`].
    pub(crate) fn took(&self, book: BookId) {
        *locked(&self.at_hand).entry(book).or_default() += 1;
    }

    /// A job of a book has ended: where that was the last one due, a clock that walks goes on. A clock that is ahead may have
    /// been sent on its way since the last round.
    pub(crate) async fn go_on(&self, book: BookId, is_ahead: bool) {
        if !self.was_last(book) || !(is_ahead || locked(&self.walking).contains(&book)) {
            return;
        }
        match self.step(book).await {
            Ok(Prospect::Goes | Prospect::Rests) => {}
            // What was done has brought more, perhaps for another line, which need not wait for its next look.
            Ok(Prospect::Waits) => self.moved.send_replace(()),
            // The next round takes the step.
            Err(error) => tracing::warn!(%book, "the clock of book {book} cannot go on: {}", explain(&error)),
        }
    }

    /// Whether no other job of the book is at hand.
    fn was_last(&self, book: BookId) -> bool {
        let mut at_hand = locked(&self.at_hand);
        let left = at_hand.get(&book).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            at_hand.remove(&book)
        } else {
            at_hand.insert(book, left)
        };
        left == 0
    }

    /// Looks for clocks that walk until told to stop. What fails is tried again in the next round.
    pub(crate) async fn run(&self, poll: Duration, mut stopping: watch::Receiver<bool>) {
        while !*stopping.borrow() {
            if let Err(error) = self.walk().await {
                tracing::warn!("the clocks that walk cannot be read: {}", explain(&error));
            }
            tokio::select! {
                _ = stopping.changed() => {}
                () = tokio::time::sleep(poll) => {}
            }
        }
    }

    async fn walk(&self) -> Result<(), ledger::Error> {
        let client = self.pool.get().await?;
        let walking = books::list_walking(&client, BookId::INSTALLATION, BOOKS_MAX).await?;
        *locked(&self.walking) = walking.iter().copied().collect();
        if walking.is_empty() || !adoptions::holds(&client).await? {
            return Ok(());
        }
        drop(client);
        for book in walking {
            self.step(book).await?;
        }
        Ok(())
    }

    /// Takes the next step if it can be taken, and says whether it could.
    async fn step(&self, book: BookId) -> Result<Prospect, ledger::Error> {
        let mut client = self.pool.get().await?;
        match clock::prospect(&client, book, ledger::calendar::now()).await? {
            Prospect::Goes => {}
            other @ (Prospect::Waits | Prospect::Rests) => return Ok(other),
        }
        let tx = client.transaction().await?;
        let stepped = clock::step(&tx, book, ledger::calendar::now()).await?;
        tx.commit().await?;
        let Some(stepped) = stepped else { return Ok(Prospect::Waits) };
        tracing::debug!(%book, "the clock of book {book} stands at {}", stepped.now(ledger::calendar::now()));
        self.moved.send_replace(());
        Ok(Prospect::Goes)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
