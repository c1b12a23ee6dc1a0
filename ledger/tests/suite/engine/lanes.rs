//! Lanes against a real PostgreSQL: every answer is true, whoever else writes meanwhile.

use crate::support::ground;
use jiff::Timestamp;
use jiff::civil::date;
use ledger::Error;
use ledger::book::{AccountClass, AccountNumber, Command, Companion, Entry, Key, Line, MovementKind};
use ledger::books::operations::accounts;
use ledger::engine::lane::{Answer, Lanes, Outcome};
use ledger::engine::posting;
use ledger::engine::store::{balances, journal};
use ledger::money::Currency;
use ledger::service::store::replies;
use ledger::testing::Ground;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

async fn account(ground: &Ground, code: &str, class: AccountClass, floor: Option<i64>) -> AccountNumber {
    let mut client = ground.client().await;
    let tx = client.transaction().await.expect("a transaction");
    let opened = accounts::open(&tx, &ground.book, code, class, Currency::USD.into(), floor, Timestamp::now()).await;
    tx.commit().await.expect("a commit");
    opened.expect("an account").number
}

fn entry(debit: AccountNumber, credit: AccountNumber, amount: i64) -> Entry {
    let line = Line { kind: MovementKind::JournalEntry, debit, credit, amount };
    Entry { lines: vec![line], effective: date(2027, 1, 1), outside_fact: false, note: None }
}

fn key() -> Key {
    Key { caller: 1, key: Uuid::now_v7(), request_digest: 1 }
}

fn number(answer: &Answer) -> i64 {
    match &answer.outcome {
        Outcome::Posted(number) => *number,
        Outcome::Carried => panic!("only carried"),
        Outcome::Refused { code, .. } => panic!("refused: {code}"),
    }
}

#[tokio::test]
async fn five_hundred_callers_get_five_hundred_numbers_in_a_row() {
    let ground = ground().await;
    let lanes = ground.lanes();
    let bank = account(&ground, "assets:bank", AccountClass::Asset, None).await;
    let own = account(&ground, "equity:own", AccountClass::Equity, None).await;
    let posts = (0..500).map(|_| lanes.post(ground.book.id, key(), entry(bank, own, 3)));
    let answers = futures_util::future::join_all(posts).await;
    let numbers: BTreeSet<i64> = answers.iter().map(|answer| number(answer.as_ref().unwrap())).collect();
    assert_eq!(numbers, (1..=500).collect());
    let client = ground.client().await;
    assert_eq!(balances::get(&client, ground.book.id, own).await.unwrap().net(), 1_500);
    assert_eq!(journal::audit(&client, ground.book.id).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_gets_its_first_answer_again_refusals_too_and_another_request_is_refused() {
    let ground = ground().await;
    let (here, there) = (ground.lanes(), ground.lanes());
    let bank = account(&ground, "assets:bank", AccountClass::Asset, Some(0)).await;
    let own = account(&ground, "equity:own", AccountClass::Equity, None).await;
    let first = key();
    let posted = here.post(ground.book.id, first, entry(bank, own, 10)).await.unwrap();
    for lanes in [&here, &there] {
        let again = lanes.post(ground.book.id, first, entry(bank, own, 10)).await.unwrap();
        assert_eq!((again.outcome, again.replayed), (posted.outcome.clone(), true));
    }
    let other = Key { request_digest: 2, ..first };
    assert!(matches!(here.post(ground.book.id, other, entry(bank, own, 11)).await, Err(Error::KeyReused)));

    let short = key();
    let refused = here.post(ground.book.id, short, entry(own, bank, 11)).await.unwrap();
    assert!(matches!(&refused.outcome, Outcome::Refused { code: "below-floor", .. }), "{refused:?}");
    here.post(ground.book.id, key(), entry(bank, own, 10)).await.unwrap();
    let again = there.post(ground.book.id, short, entry(own, bank, 11)).await.unwrap();
    assert!(matches!(&again.outcome, Outcome::Refused { code: "below-floor", .. }), "a refusal stays one: {again:?}");
    assert!(again.replayed);

    // The same key twice at once: one posting, and both hear of it.
    let twice = key();
    let (a, b) = tokio::join!(
        here.post(ground.book.id, twice, entry(bank, own, 1)),
        here.post(ground.book.id, twice, entry(bank, own, 1))
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.outcome, b.outcome);
    assert!(a.replayed != b.replayed);
    let client = ground.client().await;
    assert_eq!(balances::get(&client, ground.book.id, own).await.unwrap().net(), 21);
    assert_eq!(journal::audit(&client, ground.book.id).await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_and_operations_on_one_book_spend_no_cent_twice() {
    let ground = ground().await;
    let bank = account(&ground, "assets:bank", AccountClass::Asset, Some(0)).await;
    let own = account(&ground, "equity:own", AccountClass::Equity, None).await;
    let (here, there) = (ground.lanes(), ground.lanes());
    let writer = |lanes: Lanes, seed: i64| {
        let book = ground.book.id;
        tokio::spawn(async move {
            let mut balance = 0;
            for n in 0..150i64 {
                let amount = 1 + (n * 7 + seed) % 13;
                let (from, to) = if (n + seed) % 3 == 0 { (own, bank) } else { (bank, own) };
                let answer = lanes.post(book, key(), entry(from, to, amount)).await.unwrap();
                if let Outcome::Posted(_) = answer.outcome {
                    balance += if from == bank { amount } else { -amount };
                }
            }
            balance
        })
    };
    let writers: Vec<_> =
        (0..8).map(|seed| writer(if seed % 2 == 0 { here.clone() } else { there.clone() }, seed)).collect();
    let operation = {
        let (pool, book) = (ground.pool.clone(), ground.book.clone());
        tokio::spawn(async move {
            for _ in 0..60 {
                let mut client = pool.get().await.unwrap();
                let tx = client.transaction().await.unwrap();
                posting::post(&tx, &book, entry(bank, own, 2), Timestamp::now()).await.unwrap();
                tx.commit().await.unwrap();
            }
            120
        })
    };
    let mut sum = operation.await.unwrap();
    for writer in writers {
        sum += writer.await.unwrap();
    }
    let client = ground.client().await;
    assert_eq!(balances::get(&client, ground.book.id, own).await.unwrap().net(), sum);
    assert_eq!(journal::audit(&client, ground.book.id).await.unwrap(), Vec::<String>::new());
    let negative = client
        .query_one(
            "SELECT count(*) FROM transfer WHERE book_id = $1
                AND ((debit = $2 AND debit_after < 0) OR (credit = $2 AND credit_after < 0))",
            &[&ground.book.id.0, &bank.0],
        )
        .await
        .unwrap();
    assert_eq!(negative.get::<_, i64>(0), 0, "the bank was never overdrawn, not even between two lines");
}

#[tokio::test]
async fn a_connection_that_dies_costs_nobody_an_answer() {
    let ground = ground().await;
    let lanes = ground.lanes();
    let bank = account(&ground, "assets:bank", AccountClass::Asset, None).await;
    let own = account(&ground, "equity:own", AccountClass::Equity, None).await;
    let owner = ground.database_owner().await;
    for round in 0..20 {
        let posts = (0..10).map(|_| lanes.post(ground.book.id, key(), entry(bank, own, 1)));
        let cut = owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND application_name = 'lanes'",
            &[],
        );
        let (answers, _) = tokio::join!(futures_util::future::join_all(posts), cut);
        assert!(answers.iter().all(|answer| answer.is_ok()), "round {round}: {answers:?}");
    }
    let client = ground.client().await;
    assert_eq!(balances::get(&client, ground.book.id, own).await.unwrap().net(), 200);
    assert_eq!(journal::audit(&client, ground.book.id).await.unwrap(), Vec::<String>::new());
}

fn job(dedupe: &str) -> Companion {
    let row = serde_json::json!({
        "id": Uuid::now_v7(), "kind": "close_review", "dedupe": dedupe, "payload": {}, "due_at": Timestamp::MAX,
    });
    Companion::new("job", &row)
}

fn reply(key: &Key) -> Companion {
    replies::row(key, 201, &serde_json::json!({"made": true}), false, Timestamp::now())
}

async fn count(ground: &Ground, sql: &str) -> i64 {
    ground.client().await.query_one(sql, &[]).await.expect("a count").get(0)
}

#[tokio::test]
async fn companions_are_written_with_their_entry_or_not_at_all() {
    let ground = ground().await;
    let lanes = ground.lanes();
    let purse = account(&ground, "liabilities:purse", AccountClass::Liability, Some(0)).await;
    let bank = account(&ground, "assets:bank", AccountClass::Asset, None).await;
    let book = ground.book.id;
    let good = |name: &str| Command { companions: vec![job(name)], ..Command::post(None, entry(bank, purse, 5)) };
    let broke = Command { companions: vec![job("broke")], ..Command::post(None, entry(purse, bank, 500)) };
    let (first, refused, second) = tokio::join!(
        lanes.command(book, key(), good("one")),
        lanes.command(book, key(), broke),
        lanes.command(book, key(), good("two")),
    );
    assert_eq!([number(&first.unwrap()), number(&second.unwrap())], [1, 2]);
    assert!(matches!(refused.unwrap().outcome, Outcome::Refused { code: "below-floor", .. }));
    assert_eq!(count(&ground, "SELECT count(*) FROM job WHERE dedupe IN ('one', 'two')").await, 2);
    assert_eq!(count(&ground, "SELECT count(*) FROM job WHERE dedupe = 'broke'").await, 0);
}

#[tokio::test]
async fn a_command_without_an_entry_carries_its_companions_once_and_takes_no_number() {
    let ground = ground().await;
    let lanes = ground.lanes();
    let key = key();
    let command = || Command { key: None, entry: None, companions: vec![reply(&key)] };
    let carried = lanes.command(ground.book.id, key, command()).await.unwrap();
    assert_eq!((carried.outcome, carried.replayed), (Outcome::Carried, false));
    let again = lanes.command(ground.book.id, key, command()).await.unwrap();
    assert_eq!((again.outcome, again.replayed), (Outcome::Carried, true));
    assert_eq!(count(&ground, "SELECT count(*) FROM reply").await, 1);
    assert_eq!(count(&ground, "SELECT next_number FROM book_head").await, 1);
}

#[tokio::test]
async fn a_companion_that_meets_a_strangers_row_fails_alone() {
    let ground = ground().await;
    let lanes = ground.lanes();
    let bank = account(&ground, "assets:bank", AccountClass::Asset, None).await;
    let own = account(&ground, "equity:own", AccountClass::Equity, None).await;
    let book = ground.book.id;
    let taken = key();
    let carry = |taken: &Key| Command { key: None, entry: None, companions: vec![reply(taken)] };
    lanes.command(book, taken, carry(&taken)).await.unwrap();
    let (before, clash, after) = tokio::join!(
        lanes.post(book, key(), entry(bank, own, 1)),
        lanes.command(book, key(), carry(&taken)),
        lanes.post(book, key(), entry(bank, own, 1)),
    );
    assert!(matches!(clash, Err(Error::Stale(_))), "{clash:?}");
    assert_eq!([number(&before.unwrap()), number(&after.unwrap())], [1, 2]);
    assert_eq!(count(&ground, "SELECT count(*) FROM reply").await, 1);
    let unknown = Companion::new("book", &serde_json::json!({}));
    let wrong = Command { key: None, entry: None, companions: vec![unknown] };
    assert!(matches!(lanes.command(book, key(), wrong).await, Err(Error::Inconsistent(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn t12_who_has_waited_too_long_in_a_lane_is_refused_and_comes_again_with_the_same_key() {
    let ground = ground().await;
    let bank = account(&ground, "assets:bank", AccountClass::Asset, None).await;
    let own = account(&ground, "equity:own", AccountClass::Equity, None).await;
    let patience = Duration::from_millis(50);
    let lanes = Lanes::with_patience(ground.lane_pool(), patience);
    let (owner, watcher) = (ground.database_owner().await, ground.database_owner().await);
    let lock = format!("BEGIN; SELECT FROM book_head WHERE book_id = {} FOR UPDATE", ground.book.id.0);
    owner.batch_execute(&lock).await.unwrap();
    let post = |key| {
        let (lanes, book) = (lanes.clone(), ground.book.id);
        tokio::spawn(async move { lanes.post(book, key, entry(bank, own, 3)).await })
    };
    let first = post(key());
    // Until the first one is in a batch, which waits for the lock.
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while watcher.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    let late = key();
    let second = post(late);
    let asked = Instant::now();
    while asked.elapsed() < 4 * patience {
        tokio::task::yield_now().await;
    }
    owner.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(number(&first.await.unwrap().unwrap()), 1);
    assert!(matches!(second.await.unwrap(), Err(Error::Overloaded)));
    let again = lanes.post(ground.book.id, late, entry(bank, own, 3)).await.unwrap();
    assert_eq!((number(&again), again.replayed), (2, false), "nothing was done when it was refused");
}
