//! Our lanes: keys, floors and checks on.

use crate::book::{Caller, entry, fresh_book, key, line, on_book, pool, warm};
use crate::load::{AsyncCaller, Dice, Figure, Shape, closed_loop};
use ledger::engine::lane::Lanes;
use ledger::id::BookId;
use std::time::Duration;

/// So many transfers between any two accounts, a thousand at a time.
pub(crate) async fn fill(lanes: &Lanes, book: BookId, transfers: usize) {
    let mut dice = Dice::new(0);
    for _ in 0..transfers / 1_000 {
        let entries = (0..1_000).map(|_| {
            let (debit, credit) = dice.pair(Shape::Uniform);
            (key(), entry(vec![line(debit, credit, 1)]))
        });
        for answer in lanes.post_each(book, entries.collect()).await {
            answer.expect("an answer");
        }
    }
}

pub(crate) async fn one_by_one(url: &str, shape: Shape, callers: usize, run: Duration) -> Figure {
    let pool = pool(url, 4);
    let book = fresh_book(url, &pool).await;
    on_book(pool, book, shape, callers, run).await
}

/// Two sets of lanes that know nothing of each other, as two processes would have.
pub(crate) async fn two_lanes_hot(url: &str, callers: usize, run: Duration) -> Figure {
    let pools = [pool(url, 4), pool(url, 4)];
    let book = fresh_book(url, &pools[0]).await;
    let lanes = pools.map(Lanes::new);
    for lanes in &lanes {
        warm(lanes, book).await;
    }
    closed_loop(callers, run, 1, |index| Caller {
        lanes: lanes[index % 2].clone(),
        book,
        shape: Shape::Hot,
        dice: Dice::new(index),
    })
    .await
}

pub(crate) async fn bulk(url: &str, run: Duration) -> Figure {
    let pool = pool(url, 4);
    let book = fresh_book(url, &pool).await;
    let lanes = Lanes::new(pool);
    warm(&lanes, book).await;
    let ready = |index: usize| Bulk { lanes: lanes.clone(), book, dice: Dice::new(index) };
    closed_loop(1, run, 1_000, ready).await
}

/// A thousand entries with a key each, all queued before the first answer.
struct Bulk {
    lanes: Lanes,
    book: BookId,
    dice: Dice,
}

impl AsyncCaller for Bulk {
    async fn call(&mut self) {
        let entries = (0..1_000).map(|_| {
            let (debit, credit) = self.dice.pair(Shape::Hot);
            (key(), entry(vec![line(debit, credit, 1 + self.dice.below(99) as i64)]))
        });
        for answer in self.lanes.post_each(self.book, entries.collect()).await {
            answer.expect("an answer");
        }
    }
}
