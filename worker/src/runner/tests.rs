//! Leases, fences, races, lines and the dead-letter list, on a database.

use super::*;
use crate::mail::Transport;
use crate::testing::{self, Database, NOWHERE, enqueue, lease, sign_in};
use jiff::Timestamp;
use ledger::book::{AccountClass, Mode};
use ledger::books::operations::{accounts, books, holds};
use ledger::engine::store::books::Visibility;
use ledger::id::{BookId, HoldId, OrganisationId};
use ledger::money::{Currency, WrittenAmount};
use ledger::service::job::{Job, NewJob};
use ledger::service::store::heartbeats;
use std::collections::BTreeMap;
use std::net::TcpListener;

async fn settle(database: &Database, leased: &Leased) -> Result<(), ledger::Error> {
    let mut client = database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    jobs::settle(&tx, leased, Timestamp::now()).await?;
    tx.commit().await.unwrap();
    Ok(())
}

async fn summary(database: &Database) -> jobs::Summary {
    let client = database.pool.get().await.unwrap();
    jobs::summary(&client, NOWHERE, Timestamp::now()).await.unwrap()
}

fn sent(worker: &Worker) -> Vec<String> {
    let Transport::Memory(sent) = worker.context.mailer.transport() else { panic!("tests keep mail in memory") };
    sent.lock().unwrap().iter().map(|(id, _)| id.clone()).collect()
}

/// Runs workers until nothing is left to do but pauses, or a while has passed.
async fn run_until_idle(database: &Database, workers: &[Arc<Worker>]) {
    let (stop, stopping) = watch::channel(false);
    let running: Vec<_> = workers.iter().map(|worker| tokio::spawn(run(worker.clone(), stopping.clone()))).collect();
    for _ in 0..9_000 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = summary(database).await;
        if now.due == 0 && now.leased == 0 {
            break;
        }
    }
    stop.send_replace(true);
    for worker in running {
        worker.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_racing_on_a_hundred_jobs_do_each_once() {
    let database = testing::database().await;
    let new: Vec<_> = (0..100).map(|number| sign_in(number, &format!("ada{number}@example.org"))).collect();
    assert_eq!(enqueue(&database, &new).await, 100);
    assert_eq!(enqueue(&database, &new).await, 0, "the same dedupe text is the same job");
    let workers = [database.worker("one"), database.worker("two")];
    run_until_idle(&database, &workers).await;
    let mut ids: Vec<String> = workers.iter().flat_map(|worker| sent(worker)).collect();
    assert_eq!(ids.len(), 100);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 100);
    let client = database.pool.get().await.unwrap();
    let row = client
        .query_one(
            "SELECT count(*) FILTER (WHERE finished_at IS NOT NULL AND attempts = 1) AS once,
                    count(*) FILTER (WHERE payload ? 'token' OR payload ? 'email') AS secrets FROM job",
            &[],
        )
        .await
        .unwrap();
    assert_eq!((row.get::<_, i64>("once"), row.get::<_, i64>("secrets")), (100, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_worker_is_fenced_and_the_job_is_done_by_the_next() {
    let database = testing::database().await;
    enqueue(&database, &[sign_in(1, "ada@example.org")]).await;
    let wall = Timestamp::now();
    let slow = lease(&database, "slow", wall, 1).await.remove(0);
    assert_eq!(lease(&database, "quick", wall, 60).await, [], "it is leased");
    let later = wall + SignedDuration::from_secs(2);
    let quick = lease(&database, "quick", later, 60).await.remove(0);
    assert_eq!((slow.attempt, quick.attempt), (1, 2));
    assert!(matches!(settle(&database, &slow).await, Err(ledger::Error::Fenced)));
    let client = database.pool.get().await.unwrap();
    assert!(matches!(jobs::bury(&client, &slow, later, "too slow").await, Err(ledger::Error::Fenced)));
    settle(&database, &quick).await.unwrap();
    assert!(matches!(settle(&database, &quick).await, Err(ledger::Error::Fenced)), "done is done");
    assert!(summary(&database).await.is_idle());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_work_is_listed_as_dead_and_can_be_asked_for_again() {
    let database = testing::database().await;
    enqueue(&database, &[sign_in(1, "ada@example.org")]).await;
    database.rename("ada@example.org", "ada..lovelace@example.org").await;
    run_until_idle(&database, &[database.worker("one")]).await;
    assert_eq!(summary(&database).await.dead, 1);
    let mut client = database.pool.get().await.unwrap();
    let dead = jobs::list_dead(&client, BookId::INSTALLATION, 10).await.unwrap().remove(0);
    assert_eq!((dead.kind.as_str(), dead.attempts), ("send_sign_in", 1));
    assert!(dead.last_error.contains("not an address"), "{}", dead.last_error);
    assert!(dead.payload.get("token").is_none() && dead.payload.get("email").is_none());
    let tx = client.transaction().await.unwrap();
    jobs::requeue(&tx, dead.id, Timestamp::now()).await.unwrap();
    assert!(matches!(jobs::requeue(&tx, dead.id, Timestamp::now()).await, Err(ledger::Error::NotFound(_))));
    tx.commit().await.unwrap();
    let again = lease(&database, "two", Timestamp::now(), 60).await.remove(0);
    assert_eq!((again.attempt, again.tries), (2, 1), "the fence goes on, the limit begins again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_pauses_and_then_comes_back() {
    let database = testing::database().await;
    enqueue(&database, &[sign_in(1, "ada@example.org")]).await;
    let wall = Timestamp::now();
    let leased = lease(&database, "one", wall, 60).await.remove(0);
    let client = database.pool.get().await.unwrap();
    let retry_at = wall + SignedDuration::from_secs(30);
    jobs::fail(&client, &leased, retry_at, &"ü".repeat(5_000)).await.unwrap();
    assert_eq!((summary(&database).await.pausing, summary(&database).await.due), (1, 0));
    assert_eq!(jobs::books_with_work(&client, wall, &Work::ALL, BookId(0), 10).await.unwrap(), []);
    assert_eq!(jobs::books_with_work(&client, retry_at, &Work::ALL, BookId(0), 10).await.unwrap(), [NOWHERE]);
    assert_eq!(lease(&database, "one", retry_at, 60).await[0].attempt, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_newer_program_is_left_alone_and_an_unreadable_one_stops_nobody() {
    let database = testing::database().await;
    enqueue(&database, &[sign_in(1, "ada@example.org")]).await;
    let client = database.pool.get().await.unwrap();
    client
        .batch_execute(
            "INSERT INTO job (book_id, id, kind, dedupe, payload, due_at)
             VALUES (0, gen_random_uuid(), 'fly_to_the_moon', 'x', '{\"kind\": \"fly_to_the_moon\"}', 'epoch'),
                    (0, gen_random_uuid(), 'send_receipt', 'x', '{\"kind\": \"send_receipt\"}', 'epoch')",
        )
        .await
        .unwrap();
    assert_eq!(lease(&database, "one", Timestamp::now(), 60).await.len(), 1);
    let now = summary(&database).await;
    assert_eq!((now.due, now.leased, now.dead), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_seen_alive() {
    let database = testing::database().await;
    let client = database.pool.get().await.unwrap();
    let wall = Timestamp::now();
    heartbeats::beat(&client, "host/1", "0.1.0", wall - SignedDuration::from_secs(9)).await.unwrap();
    heartbeats::beat(&client, "host/1", "0.1.0", wall).await.unwrap();
    let seen = heartbeats::list_since(&client, wall - SignedDuration::from_secs(5)).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(heartbeats::list_since(&client, wall + SignedDuration::from_secs(5)).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn t11_a_job_that_found_its_book_frozen_is_put_off_without_an_attempt() {
    let database = testing::database().await;
    enqueue(&database, &[sign_in(1, "ada@example.org")]).await;
    let worker = database.worker("one");
    let mut wall = Timestamp::now();
    for attempt in 1..=20 {
        let leased = lease(&database, "one", wall, 60).await.remove(0);
        assert_eq!((leased.attempt, leased.tries), (attempt, 1), "it counts for none, and fences all the same");
        let outcome = settle_failure(&worker, &leased, ledger::Error::BookFrozen.into()).await;
        assert_eq!(outcome, "put_off");
        wall = Timestamp::now();
        assert_eq!(lease(&database, "one", wall, 60).await, [], "it rests");
        wall += SignedDuration::from_secs(11);
    }
}

/// Jobs that need the book only, and find nothing to do it to: they go to the dead-letter list at once.
fn of_money(book: i32, count: usize) -> Vec<NewJob> {
    let book = BookId(book);
    let job = |number| NewJob {
        book,
        due_at: Timestamp::now(),
        dedupe: format!("test {number}"),
        job: Job::ExpireHold { hold: HoldId::generate(book) },
    };
    (0..count).map(job).collect()
}

/// How many jobs of a kind have ended, and how many attempts those have made that have not.
async fn ended(database: &Database, kind: &str) -> (i64, i64) {
    let client = database.pool.get().await.unwrap();
    let row = client
        .query_one(
            "SELECT count(*) FILTER (WHERE finished_at IS NOT NULL OR dead_at IS NOT NULL),
                    coalesce(sum(attempts - forgiven) FILTER (WHERE leased_by = ''), 0)
             FROM job WHERE kind = $1",
            &[&kind],
        )
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

/// Waits until something holds, three minutes at most.
async fn until(holds: impl AsyncFn() -> bool) {
    for _ in 0..9_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come to that in three minutes");
}

/// Runs a worker until something holds.
async fn run_until(worker: &Arc<Worker>, holds: impl AsyncFn() -> bool) {
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(run(worker.clone(), stopping));
    until(holds).await;
    stop.send_replace(true);
    running.abort();
}

/// Holds in a book of their own, which end at a moment.
async fn place_holds(database: &Database, count: usize, expires_at: Timestamp) {
    let mut client = database.pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let asked = books::OpenBook {
        organisation: OrganisationId::generate(),
        name: "Beside".into(),
        currency: Currency::USD,
        mode: Mode::Sandbox,
        zone: "UTC".into(),
        visibility: Visibility::Private,
    };
    let wall = Timestamp::now();
    let book = books::open(&tx, asked, wall).await.unwrap();
    accounts::open(&tx, &book, "assets:bank", AccountClass::Asset, Currency::USD.into(), None, wall).await.unwrap();
    let amount = WrittenAmount { digits: "1.00".into(), unit: "USD".into() };
    for _ in 0..count {
        holds::place(&tx, &book, "assets:bank", &amount, Some(expires_at), wall).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn h7_holds_end_when_they_are_due_while_a_thousand_mails_wait_for_a_silent_server() {
    let database = testing::database().await;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", silent.local_addr().unwrap());
    let mails: Vec<_> = (0..1_000).map(|number| sign_in(number, &format!("ada{number}@example.org"))).collect();
    enqueue(&database, &mails).await;
    let worker = database.worker_with("one", Transport::smtp(&url).unwrap());
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(run(worker.clone(), stopping));
    // Those that wait for the mail server have all the hands that mail gets.
    let hands = i64::try_from(worker.concurrency).unwrap();
    until(async || summary(&database).await.leased >= hands).await;
    let due = Timestamp::now() + SignedDuration::from_secs(1);
    place_holds(&database, 40, due).await;
    until(async || ended(&database, "expire_hold").await.0 == 40).await;
    println!("40 holds have ended {} ms after they were due", due.duration_until(Timestamp::now()).as_millis());
    let client = database.pool.get().await.unwrap();
    let row = client.query_one("SELECT count(*) FILTER (WHERE ended > 0), count(*) FROM hold", &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (40, 40), "each was released");
    assert_eq!(ended(&database, "send_sign_in").await.0, 0, "no mail has left or was given up");
    stop.send_replace(true);
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn h7_a_mail_server_that_is_away_is_left_alone_and_its_mails_lose_no_attempts() {
    let database = testing::database().await;
    let mails: Vec<_> = (0..200).map(|number| sign_in(number, &format!("ada{number}@example.org"))).collect();
    enqueue(&database, &mails).await;
    // Nobody listens on port 1.
    let worker = database.worker_with("one", Transport::smtp("smtp://127.0.0.1:1").unwrap());
    let is_open = async || matches!(worker.context.breakers.mail.lets(), Let::Nobody(_));
    run_until(&worker, is_open).await;
    let (ended, attempts) = ended(&database, "send_sign_in").await;
    let hands = i64::try_from(worker.concurrency).unwrap();
    assert_eq!(ended, 0);
    assert!(attempts <= 5 + hands, "{attempts} attempts");
}

/// A line with one hand, of which a job that never ends has been given it.
async fn taken_by_one_that_never_ends(kept_max: Option<Duration>) -> Arc<Hands> {
    let hands = Arc::new(Hands { kept_max, ..Arc::into_inner(Hands::new(Work::Webhooks, 1)).unwrap() });
    let taken = hands.clone();
    tokio::spawn(async move { taken.with(std::future::pending::<()>()).await });
    until(async || hands.free.available_permits() == 0 || hands.handless.load(Ordering::Relaxed) == 1).await;
    hands
}

#[tokio::test(flavor = "multi_thread")]
async fn wh_a_job_that_takes_long_gives_its_hand_back_and_is_none_of_those_at_hand() {
    assert_eq!(Hands::new(Work::Webhooks, 1).kept_max, Some(Duration::from_secs(2)));
    assert_eq!(Hands::new(Work::SlowWebhooks, 1).kept_max, None);
    let hands = taken_by_one_that_never_ends(Some(Duration::from_millis(20))).await;
    hands.with(async {}).await;
    assert_eq!((hands.of(2), hands.of(0)), (1, 0));
    hands.handless.store(1_000, Ordering::Relaxed);
    assert_eq!(hands.of(100), 100 - HANDLESS_MAX, "very many count");
    let hands = taken_by_one_that_never_ends(None).await;
    let waited = tokio::time::timeout(Duration::from_millis(100), hands.with(async {})).await;
    assert!(waited.is_err(), "the hand is kept until the job is done");
    assert_eq!(hands.of(2), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn h6_t13_each_book_has_its_turn_however_much_the_others_have_to_do() {
    let database = testing::database().await;
    database.open_books(50).await;
    for book in 1..=50 {
        enqueue(&database, &of_money(book, if book == 7 { 500 } else { 12 })).await;
    }
    let worker = database.worker("one");
    let (mut last, mut turns) = (BookId::INSTALLATION, BTreeMap::<BookId, usize>::new());
    for _ in 0..10 {
        for leased in take(&worker, Work::Money, &mut last, 10).await.unwrap().unwrap() {
            *turns.entry(leased.id.book).or_default() += 1;
        }
    }
    assert_eq!(turns.len(), 50);
    assert!(turns.values().all(|turns| *turns == 2), "{turns:?}");
    // What others leave is for who has much to do.
    let mut rest = 0;
    for _ in 0..200 {
        rest += take(&worker, Work::Money, &mut last, 10).await.unwrap().unwrap().len();
    }
    assert_eq!(rest, 500 + 49 * 12 - 100);
}
