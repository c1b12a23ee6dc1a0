//! What keeps the database from its work, told as what it is: a full disk, a server that only reads, a wrong clock, and a
//! comparison that has stopped.

use crate::service::{Answer, Service};
use actix_web::http::Method;
use jiff::{SignedDuration, Timestamp};
use ledger::engine::store::checks;
use ledger::testing::Ground;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_postgres::Client;

/// How long the connections of the service may take to notice something.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service over a book with two accounts, and the owner of its database.
struct Scene {
    service: Service,
    owner: Client,
}

impl Scene {
    async fn start() -> Scene {
        let service = Service::start().await;
        let owner = service.ground.database_owner().await;
        let scene = Scene { service, owner };
        for (code, class) in [("assets:bank", "asset"), ("equity:own", "equity")] {
            assert_eq!(scene.account(code, class).await.status, 201);
        }
        scene
    }

    async fn ask(&self, path: &str, key: &str, body: &Value) -> Answer {
        let path = format!("/v1/books/{}{path}", self.service.ground.book.reference());
        self.service.ask(Method::POST, &path, &self.service.treasurer.token, key, Some(body)).await
    }

    /// Opens an account, by an operation. The code is the key too.
    async fn account(&self, code: &str, class: &str) -> Answer {
        self.ask("/accounts", code, &json!({"code": code, "class": class, "currency": "USD"})).await
    }

    /// Posts an entry, by the lane of the book.
    async fn entry(&self, key: &str) -> Answer {
        let amount = json!({"amount": "5.00", "currency": "USD"});
        let entry = json!({"lines": [{"debit": "assets:bank", "credit": "equity:own", "amount": amount}]});
        self.ask("/journal-entries", key, &entry).await
    }

    /// Reverses the first entry, by an operation that posts.
    async fn reversal(&self) -> Answer {
        self.ask("/journal-entries/1:reverse", "back", &json!({"reason": "twice"})).await
    }

    async fn ready(&self) -> (u16, Value) {
        let ready = self.service.get("/readyz", "").await;
        (ready.status, ready.body)
    }

    async fn counts(&self) -> (i64, i64) {
        let counts = "SELECT (SELECT count(*) FROM transfer), (SELECT count(*) FROM idempotency)";
        let row = self.owner.query_one(counts, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }

    async fn set(&self, statement: &str) {
        self.owner.batch_execute(statement).await.unwrap();
    }

    /// Has all others connect anew.
    async fn disconnect(&self) {
        self.set(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
    }
}

/// Asks until the answer is this problem, or none when `kind` is empty; a lost connection may be heard of before.
async fn until(kind: &str, ask: impl AsyncFn() -> Answer) {
    let started = Instant::now();
    loop {
        let answer = ask().await;
        if answer.kind().1 == kind {
            return;
        }
        assert_eq!(answer.kind(), (503, "/problems/database-away"), "expected {kind}: {}", answer.body);
        assert!(started.elapsed() < PATIENCE, "expected {kind}");
    }
}

#[actix_web::test]
async fn t4_a_server_that_only_reads_is_said_to_be_so_takes_nothing_and_goes_on_when_it_writes_again() {
    let scene = Scene::start().await;
    scene.entry("first").await.ok();
    assert_eq!(scene.ready().await.0, 200);
    let before = scene.counts().await;
    let database = scene.service.ground.database.name();
    scene.set(&format!("ALTER DATABASE {database} SET default_transaction_read_only = on")).await;
    scene.disconnect().await;

    until("/problems/read-only", async || scene.entry("second").await).await;
    until("/problems/read-only", async || scene.reversal().await).await;
    let (status, ready) = scene.ready().await;
    assert_eq!((status, &ready["writable"], &ready["database"]), (503, &json!(false), &json!(true)), "{ready}");
    assert_eq!(scene.counts().await, before, "nothing is written");

    scene.set(&format!("ALTER DATABASE {database} RESET default_transaction_read_only")).await;
    scene.disconnect().await;
    until("", async || scene.entry("second").await).await;
    until("", async || scene.reversal().await).await;
    let (status, ready) = scene.ready().await;
    assert_eq!((status, &ready["writable"]), (200, &json!(true)), "{ready}");
    let (transfers, keys) = before;
    assert_eq!(scene.counts().await, (transfers + 2, keys + 2), "each is done once");
}

#[actix_web::test]
async fn t4_a_full_disk_is_said_to_be_so_and_with_room_the_same_key_succeeds_once() {
    let scene = Scene::start().await;
    scene.entry("first").await.ok();
    let before = scene.counts().await;
    scene
        .set(
            "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
             CREATE TRIGGER fills BEFORE INSERT ON transfer EXECUTE FUNCTION fill();
             CREATE TRIGGER fills BEFORE INSERT ON idempotency EXECUTE FUNCTION fill();",
        )
        .await;
    assert_eq!(scene.entry("second").await.kind(), (503, "/problems/storage"));
    let (status, ready) = scene.ready().await;
    assert_eq!((status, &ready["storage"], &ready["writable"]), (503, &json!(false), &json!(true)), "{ready}");
    assert_eq!(scene.reversal().await.kind(), (503, "/problems/storage"));
    assert_eq!(scene.account("assets:cash", "asset").await.kind(), (503, "/problems/storage"));
    assert_eq!(scene.ready().await.0, 503);
    assert_eq!(scene.counts().await, before, "nothing is written");

    scene.set("DROP TRIGGER fills ON transfer; DROP TRIGGER fills ON idempotency").await;
    let made = scene.entry("second").await;
    assert!(!made.replayed, "it was not done before");
    assert_eq!(made.ok()["number"], 2);
    assert_eq!(scene.ready().await.0, 200, "what was written tells that there is room");
    assert!(scene.entry("second").await.replayed);
    scene.reversal().await.ok();
    let (transfers, keys) = before;
    assert_eq!(scene.counts().await, (transfers + 2, keys + 2), "each is done once");

    scene.set("CREATE TRIGGER fills BEFORE INSERT ON idempotency EXECUTE FUNCTION fill()").await;
    assert_eq!(scene.account("assets:cash", "asset").await.kind(), (503, "/problems/storage"));
    assert_eq!(scene.ready().await.0, 503, "an operation tells it too");
    scene.set("DROP TRIGGER fills ON idempotency").await;
    assert_eq!(scene.account("assets:cash", "asset").await.status, 201);
    assert_eq!(scene.ready().await.0, 200);
}

#[actix_web::test]
async fn t14_with_a_clock_that_is_an_hour_off_nothing_is_posted_and_with_a_few_seconds_it_is_said() {
    let scene = Scene::start().await;
    scene.entry("first").await.ok();
    let before = scene.counts().await;
    for ahead_ms in [3_600_000, -3_600_000] {
        scene.service.vitals().compared_clocks(ahead_ms);
        assert_eq!(scene.entry("second").await.kind(), (503, "/problems/clock"));
        assert_eq!(scene.reversal().await.kind(), (503, "/problems/clock"));
        let (status, ready) = scene.ready().await;
        assert_eq!((status, &ready["clock"]), (503, &json!(false)), "{ready}");
        assert_eq!(scene.counts().await, before, "nothing is written");
    }
    scene.service.vitals().compared_clocks(6_000);
    let (status, ready) = scene.ready().await;
    assert_eq!((status, &ready["clock"]), (200, &json!(false)), "{ready}");
    assert_eq!(scene.entry("second").await.ok()["number"], 2);
    scene.service.vitals().compared_clocks(-5);
    assert_eq!(scene.ready().await.1["clock"], true);
    scene.reversal().await.ok();
}

#[actix_web::test]
async fn a_book_that_was_not_compared_for_a_day_is_told_of_and_the_service_stays_ready() {
    let ground = Ground::at(Timestamp::now() - SignedDuration::from_hours(30)).await;
    let service = Service::on(ground).await;
    let compared = async || {
        let ready = service.get("/readyz", "").await;
        assert_eq!(ready.status, 200, "{}", ready.body);
        ready.body["comparison"].clone()
    };
    assert_eq!(compared().await, false);
    let (ground, owner) = (&service.ground, service.ground.database_owner().await);
    owner.execute("UPDATE book_check SET totals_at = now() WHERE book_id <> $1", &[&ground.book.id.0]).await.unwrap();
    let mut slices = 0;
    while !ground.run(async |tx| checks::compare(tx, ground.book.id, checks::TRANSFERS_MAX).await).await.unwrap().ended
    {
        slices += 1;
        assert!(slices < 10, "a book without entries has one slice");
    }
    assert_eq!(compared().await, true);
}
