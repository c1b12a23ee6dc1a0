//! A book for postings through lanes, and those who post.

use crate::load::{ACCOUNTS, AsyncCaller, Dice, Figure, Shape, closed_loop};
use deadpool_postgres::{Manager, Pool};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ledger::book::Mode;
use ledger::book::{AccountNumber, Entry, Key, Line, MovementKind};
use ledger::books::operations::books;
use ledger::engine::lane::{self, Lanes};
use ledger::engine::store::books::Visibility;
use ledger::id::{BookId, OrganisationId};
use ledger::money::Currency;
use std::time::Duration;
use uuid::Uuid;

const DAY: Date = date(2027, 1, 1);

/// As the service connects; the URL is the owner's.
pub(crate) fn pool(url: &str, size: usize) -> Pool {
    let url = migrations::service_url(url).expect("an address");
    let access = migrations::service_access(&url, "bench").expect("an address").with(lane::options);
    Pool::builder(Manager::new(access.config, access.tls)).max_size(size).build().expect("a pool")
}

/// A fresh book with ten thousand accounts, one in a hundred of them with a floor.
pub(crate) async fn fresh_book(url: &str, pool: &Pool) -> BookId {
    let book = empty_book(pool).await;
    open_accounts(url, book).await;
    book
}

pub(crate) async fn empty_book(pool: &Pool) -> BookId {
    let mut client = pool.get().await.expect("a connection");
    let tx = client.transaction().await.expect("a transaction");
    let asked = books::OpenBook {
        organisation: OrganisationId::generate(),
        name: "Bench".into(),
        currency: Currency::USD,
        mode: Mode::Sandbox,
        zone: "UTC".into(),
        visibility: Visibility::Private,
    };
    let book = books::open(&tx, asked, Timestamp::now()).await.expect("a book").id;
    tx.commit().await.expect("a commit");
    book
}

/// Opens them as the database's owner.
pub(crate) async fn open_accounts(url: &str, book: BookId) {
    let owner = migrations::connect(&url.parse().expect("an address")).await.expect("a connection");
    // In parts: within one transaction the row that hands out the numbers would leave thousands of versions behind.
    for first in (1..=ACCOUNTS).step_by(200) {
        let fill = format!(
            "SELECT account_open({book}, 'assets:bench:' || n, 40::smallint, 'USD',
                    CASE WHEN n % 100 = 0 THEN -50000 END, now())
               FROM generate_series({first}, {first} + 199) n"
        );
        owner.batch_execute(&fill).await.expect("accounts");
    }
    owner.batch_execute("ANALYZE; CHECKPOINT").await.expect("a checkpoint");
}

pub(crate) fn line(debit: i32, credit: i32, amount: i64) -> Line {
    Line { kind: MovementKind::JournalEntry, debit: AccountNumber(debit), credit: AccountNumber(credit), amount }
}

pub(crate) fn entry(lines: Vec<Line>) -> Entry {
    Entry { lines, effective: DAY, outside_fact: false, note: None }
}

pub(crate) fn key() -> Key {
    Key { caller: 1, key: Uuid::now_v7(), request_digest: 7 }
}

pub(crate) struct Caller {
    pub(crate) lanes: Lanes,
    pub(crate) book: BookId,
    pub(crate) shape: Shape,
    pub(crate) dice: Dice,
}

impl AsyncCaller for Caller {
    async fn call(&mut self) {
        let (debit, credit) = self.dice.pair(self.shape);
        let line = line(debit, credit, 1 + self.dice.below(99) as i64);
        self.lanes.post(self.book, key(), entry(vec![line])).await.expect("an answer");
    }
}

pub(crate) async fn on_book(pool: Pool, book: BookId, shape: Shape, callers: usize, run: Duration) -> Figure {
    let lanes = Lanes::new(pool);
    warm(&lanes, book).await;
    closed_loop(callers, run, 1, |index| Caller { lanes: lanes.clone(), book, shape, dice: Dice::new(index) }).await
}

/// Lets the lane see every account once.
pub(crate) async fn warm(lanes: &Lanes, book: BookId) {
    let posts = (1..ACCOUNTS as i32).step_by(2).map(|n| lanes.post(book, key(), entry(vec![line(n, n + 1, 1)])));
    for answer in futures_util::future::join_all(posts).await {
        answer.expect("an answer");
    }
}
