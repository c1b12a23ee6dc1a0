//! Shares of something bounded that many want, such as connections: nobody may hold more of it than is left.
//!
//! So one who takes all that he can gets a half, a second one a quarter, and something is left for whoever comes next.
//! (The rule is that of dynamic thresholds, by which switches share their buffers: Choudhury and Hahne, 1998.)

use ledger::id::{BookId, CallerId};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use uuid::Uuid;

/// The most who wait for one holder: more would only wait in vain.
const WAITING_MAX: usize = 64;

/// Who holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// Whoever works on a book.
    Book(BookId),
    /// A caller that is known.
    Caller(CallerId),
    /// Whoever a token speaks for, before anybody has looked who that is.
    Token(Uuid),
    /// Strangers of one network.
    Network(IpAddr),
}

/// Something bounded.
#[derive(Debug)]
pub struct Shares {
    total: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    by: HashMap<Holder, usize>,
    waiting: VecDeque<(Vec<Holder>, oneshot::Sender<()>)>,
}

impl Held {
    /// Whether each of the holders would still hold no more than is left.
    fn allows(&self, total: usize, holders: &[Holder], more: usize) -> bool {
        let left = total.saturating_sub(self.all);
        let held = |holder| self.by.get(holder).copied().unwrap_or(0);
        more <= left && holders.iter().all(|holder| held(holder) + more <= left)
    }

    fn add(&mut self, holders: &[Holder], more: usize) {
        self.all += more;
        for holder in holders {
            *self.by.entry(*holder).or_default() += more;
        }
    }

    fn take_off(&mut self, holders: &[Holder], amount: usize) {
        self.all -= amount;
        for holder in holders {
            if let Some(held) = self.by.get_mut(holder) {
                *held -= amount;
                if *held == 0 {
                    self.by.remove(holder);
                }
            }
        }
    }
}

/// What somebody holds, until it is dropped.
#[derive(Debug)]
pub struct Share {
    of: Arc<Shares>,
    holders: Vec<Holder>,
    amount: usize,
}

impl Shares {
    /// So much of it.
    pub fn new(total: usize) -> Arc<Shares> {
        Arc::new(Shares { total, held: Mutex::default() })
    }

    /// Nothing yet, for somebody who may take more.
    pub fn none(self: &Arc<Self>, holders: Vec<Holder>) -> Share {
        Share { of: self.clone(), holders, amount: 0 }
    }

    /// One of it, if these may have one now.
    pub fn at_once(self: &Arc<Self>, holders: Vec<Holder>) -> Option<Share> {
        let mut one = self.none(holders);
        one.grow(1).then_some(one)
    }

    /// One of it, for which one waits in turn behind those who may have one as well, but no longer than `wait`.
    pub async fn one(self: &Arc<Self>, holders: Vec<Holder>, wait: Duration) -> Option<Share> {
        let told = {
            let mut held = self.lock();
            if held.allows(self.total, &holders, 1) {
                held.add(&holders, 1);
                return Some(Share { of: self.clone(), holders, amount: 1 });
            }
            let with_us = |(others, _): &&(Vec<Holder>, _)| others.iter().any(|other| holders.contains(other));
            if held.waiting.iter().filter(with_us).count() >= WAITING_MAX {
                return None;
            }
            let (tell, told) = oneshot::channel();
            held.waiting.push_back((holders.clone(), tell));
            told
        };
        // Whoever has given up does not take it: its receiver is gone.
        let mut waiting = Waiting { of: self.clone(), holders, told: Some(told) };
        let told = waiting.told.as_mut()?;
        let got = tokio::time::timeout(wait, told).await;
        matches!(got, Ok(Ok(()))).then(|| waiting.into_share())
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives to those who wait, in their order, as far as they may have it.
    fn pass_on(&self, held: &mut Held) {
        let mut still = VecDeque::new();
        while let Some((holders, tell)) = held.waiting.pop_front() {
            if tell.is_closed() {
                continue;
            }
            if held.all == self.total {
                still.push_back((holders, tell));
                break;
            }
            if !held.allows(self.total, &holders, 1) {
                still.push_back((holders, tell));
            } else if tell.send(()).is_ok() {
                held.add(&holders, 1);
            }
        }
        still.append(&mut held.waiting);
        held.waiting = still;
    }

    fn give_back(&self, holders: &[Holder], amount: usize) {
        let mut held = self.lock();
        held.take_off(holders, amount);
        self.pass_on(&mut held);
    }
}

/// Somebody who waits. When it gives up after it was given something, that goes back.
struct Waiting {
    of: Arc<Shares>,
    holders: Vec<Holder>,
    told: Option<oneshot::Receiver<()>>,
}

impl Waiting {
    fn into_share(mut self) -> Share {
        self.told = None;
        Share { of: self.of.clone(), holders: std::mem::take(&mut self.holders), amount: 1 }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(mut told) = self.told.take() else { return };
        told.close();
        if told.try_recv().is_ok() {
            self.of.give_back(&self.holders, 1);
        }
    }
}

impl Share {
    /// Takes more; false when it would be too much, and nothing has changed.
    pub fn grow(&mut self, more: usize) -> bool {
        let mut held = self.of.lock();
        let allowed = held.allows(self.of.total, &self.holders, more);
        if allowed {
            held.add(&self.holders, more);
            self.amount += more;
        }
        allowed
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.give_back(&self.holders, self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    const LONG: Duration = Duration::from_secs(60);

    fn book(number: i32) -> Vec<Holder> {
        vec![Holder::Book(BookId(number))]
    }

    /// All that somebody can have at once.
    async fn greedy(shares: &Arc<Shares>, holders: Vec<Holder>) -> Vec<Share> {
        let mut all = Vec::new();
        while let Some(share) = shares.one(holders.clone(), Duration::ZERO).await {
            all.push(share);
        }
        all
    }

    #[tokio::test]
    async fn h6_whoever_takes_all_leaves_as_much_for_the_next() {
        let shares = Shares::new(16);
        let first = greedy(&shares, book(1)).await;
        let second = greedy(&shares, book(2)).await;
        let third = greedy(&shares, book(3)).await;
        assert_eq!((first.len(), second.len(), third.len()), (8, 4, 2));
        assert!(shares.one(book(4), Duration::ZERO).await.is_some());
        drop((first, second, third));
        assert_eq!(greedy(&shares, book(4)).await.len(), 8);
        assert!(shares.lock().by.is_empty() && shares.lock().all == 0, "and nothing is remembered of who has gone");
    }

    #[tokio::test]
    async fn h6_a_caller_with_many_books_and_a_book_with_many_callers_count_as_one() {
        let of = |number, caller| vec![Holder::Book(BookId(number)), Holder::Caller(CallerId(caller))];
        for holders in [|step| (step, 1), |step| (1, step)] {
            let shares = Shares::new(16);
            let mut all = Vec::new();
            for step in 1..=30 {
                let (number, caller) = holders(step);
                all.extend(shares.one(of(number, caller), Duration::ZERO).await);
            }
            assert_eq!(all.len(), 8);
        }
    }

    #[tokio::test]
    async fn who_waits_gets_it_in_turn_and_who_gives_up_takes_nothing_along() {
        let shares = Shares::new(2);
        let held = shares.one(book(1), LONG).await.unwrap();
        let mut first = Box::pin(shares.one(book(1), LONG));
        let mut second = Box::pin(shares.one(book(1), LONG));
        assert!(futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending());
        assert!(shares.one(book(1), Duration::from_millis(1)).await.is_none(), "it has waited long enough");
        drop(held);
        // Told, it goes away before it looks.
        drop(first);
        let Poll::Ready(Some(second)) = futures_util::poll!(&mut second) else { panic!("it is its turn") };
        drop(second);
        assert_eq!(shares.lock().all, 0);
        assert!(shares.lock().waiting.is_empty());
    }

    #[tokio::test]
    async fn h6_one_who_may_have_it_does_not_wait_behind_those_who_have_enough() {
        let shares = Shares::new(4);
        let mut greedy = greedy(&shares, book(1)).await;
        let mut more = Box::pin(shares.one(book(1), LONG));
        assert!(futures_util::poll!(&mut more).is_pending());
        assert!(shares.one(book(2), LONG).await.is_some());
        greedy.pop();
        assert!(futures_util::poll!(&mut more).is_ready());
    }

    #[test]
    fn h5_bytes_are_taken_as_they_come() {
        let shares = Shares::new(100);
        let mut body = shares.none(book(1));
        assert!(body.grow(30) && body.grow(20) && !body.grow(1));
        assert!(!shares.none(book(1)).grow(1));
        let mut other = shares.none(book(2));
        assert!(other.grow(25) && !other.grow(1));
        drop(body);
        assert!(other.grow(1));
    }
}
