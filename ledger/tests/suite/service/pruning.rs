//! What is over is deleted when it is old, never before, and never anything that is history.

use crate::support::ground;
use ledger::Error;
use ledger::id::BookId;
use ledger::service::store::pruning;
use ledger::testing::Ground;
use tokio_postgres::Client;

/// A table, the days after which a row of it goes, and how the owner of the database writes a row that is over since `{days}`.
/// `{book}` is a book, `{person}` somebody, `{n}` tells rows apart.
const GO: &[(&str, i32, &str)] = &[
    (
        "job",
        30,
        "INSERT INTO job (book_id, id, kind, dedupe, payload, due_at, finished_at)
         VALUES ({book}, gen_random_uuid(), 'expire_hold', 'done {n}', '{}', now(), now() - interval '{days} days')",
    ),
    (
        "outbox_mail",
        90,
        "INSERT INTO outbox_mail (book_id, id, created_at, kind, about, recipient, subject, text)
         VALUES ({book}, gen_random_uuid(), now() - interval '{days} days', 'receipt', 'about {n}', 'ada@donors.example', 'a', 'b')",
    ),
    (
        "event",
        90,
        "INSERT INTO event (book_id, number, id, object, sequence, at, recorded_at, kind, facts)
         VALUES ({book}, {n}, gen_random_uuid(), gen_random_uuid(), 1, now(), now() - interval '{days} days', 'hold.placed', '{}')",
    ),
    (
        "evidence_fetch",
        30,
        "INSERT INTO evidence_fetch (book_id, id, asked_by, asked_at, state, url)
         VALUES ({book}, gen_random_uuid(), '{person}', now() - interval '{days} days', 'pending', 'https://a.example/{n}')",
    ),
    (
        "stored_file",
        7,
        "WITH file AS (INSERT INTO stored_file (book_id, id, owner, bytes, created_at, content_type, sha256)
                       VALUES ({book}, gen_random_uuid(), '{person}', 1, now() - interval '{days} days', 'text/plain', sha256('file {n}'))
                       RETURNING id)
         INSERT INTO stored_file_part (book_id, file, number, content) SELECT {book}, id, 1, 'x' FROM file",
    ),
    (
        "donor_link",
        30,
        "WITH donor AS (INSERT INTO donor (book_id, id, partner, created_at, reference, name, email, privacy)
                        VALUES ({book}, gen_random_uuid(), gen_random_uuid(), now(), 'donor {n}', '', '', 'anonymous') RETURNING id)
         INSERT INTO donor_link (book_id, id, donor, created_at, lapses_at, secret_digest)
         SELECT {book}, gen_random_uuid(), id, now(), now() - interval '{days} days', sha256('donor {n}') FROM donor",
    ),
    (
        "caller_reply",
        90,
        "INSERT INTO caller_reply (caller, key, request_digest, status, body, created_at)
         VALUES (1, gen_random_uuid(), 7, 201, '{}', now() - interval '{days} days')",
    ),
    (
        "partner_request",
        30,
        "INSERT INTO partner_request (id, organisation, credential, at, status, mode, method, path, request_id)
         VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now() - interval '{days} days', 200, 'sandbox', 'GET',
                 '/v1/campaigns', 'request-{n}')",
    ),
    (
        "sign_in_token",
        30,
        "INSERT INTO sign_in_token (digest, person, expires_at)
         VALUES (sha256('link {n}'), '{person}', now() - interval '{days} days')",
    ),
    (
        "sign_in_token",
        1,
        "INSERT INTO sign_in_token (digest, email, expires_at)
         VALUES (sha256('link of somebody new {n}'), 'nobody@new.example', now() - interval '{days} days')",
    ),
    (
        "sign_in_code",
        30,
        "INSERT INTO sign_in_code (browser, digest, link, expires_at)
         VALUES (sha256('browser {n}'), sha256('code {n}'), sha256('link {n}'), now() - interval '{days} days')",
    ),
    (
        "refresh_family",
        60,
        "WITH family AS (INSERT INTO refresh_family (id, person, created_at, ended_at)
                         VALUES (gen_random_uuid(), '{person}', now() - interval '{days} days', now() - interval '{days} days')
                         RETURNING id),
              cookie AS (INSERT INTO browser_session (digest, family, expires_at)
                         SELECT sha256('cookie {n}'), id, now() FROM family)
         INSERT INTO refresh_token (digest, family, expires_at) SELECT sha256('token {n}'), id, now() FROM family",
    ),
    (
        "invitation",
        90,
        "INSERT INTO invitation (id, organisation, email, role, secret_digest, invited_by, created_at, expires_at)
         SELECT gen_random_uuid(), id, 'ada@example.org', 'judge', sha256('invitation {n}'), '{person}', now(),
                now() - interval '{days} days' FROM organisation LIMIT 1",
    ),
    (
        "join_request",
        90,
        "INSERT INTO join_request (id, organisation, person, note, asked_at, until)
         SELECT gen_random_uuid(), o.id, p.id, 'note {n}', now() - interval '{days} days' - interval '336 hours',
                now() - interval '{days} days'
           FROM organisation o, person p WHERE o.kind = 'project_team' ORDER BY p.id LIMIT 1 OFFSET {n} - 1",
    ),
    (
        "second_factor_reset",
        90,
        "INSERT INTO second_factor_reset (id, person, asked_at, until, ended_at, state)
         VALUES (gen_random_uuid(), '{person}', now() - interval '{days} days', now() - interval '{days} days',
                 now() - interval '{days} days', 'objected')",
    ),
    (
        "worker_heartbeat",
        30,
        "INSERT INTO worker_heartbeat (name, seen_at, version) VALUES ('worker {n}', now() - interval '{days} days', '1')",
    ),
    (
        "payment_try",
        1,
        "INSERT INTO payment_try (last_at, subject, tries) VALUES (now() - interval '{days} days', sha256('payer {n}'), '{}')",
    ),
    (
        "webhook_received",
        90,
        "INSERT INTO webhook_received (received_at, provider, event_id, kind, object, sha256)
         VALUES (now() - interval '{days} days', 'stripe', 'evt_{n}', 'charge.refunded', 'ch_1', sha256('body'))",
    ),
];

/// What stays, however old it is.
const STAY: &[(&str, &str)] = &[
    (
        "stored_file",
        "WITH file AS (INSERT INTO stored_file (book_id, id, owner, bytes, created_at, content_type, sha256)
                       VALUES ({book}, gen_random_uuid(), '{person}', 1, 'epoch', 'text/plain', sha256('named')) RETURNING id)
         INSERT INTO stored_file_use (book_id, file, object, named_at, kind) SELECT {book}, id, gen_random_uuid(), now(), 'claim' FROM file",
    ),
    (
        "job",
        "INSERT INTO job (book_id, id, kind, dedupe, payload, due_at, dead_at, created_at)
         VALUES ({book}, gen_random_uuid(), 'expire_hold', 'dead', '{}', now(), now() - interval '9 years', 'epoch')",
    ),
    (
        "job",
        "INSERT INTO job (book_id, id, kind, dedupe, payload, due_at, created_at)
         VALUES ({book}, gen_random_uuid(), 'expire_hold', 'open', '{}', now() - interval '9 years', 'epoch')",
    ),
    (
        "reply",
        "INSERT INTO reply (book_id, caller, key, status, body, created_at)
         VALUES ({book}, 1, gen_random_uuid(), 201, '{}', now() - interval '9 years')",
    ),
    (
        "idempotency",
        "INSERT INTO idempotency (book_id, caller, key, request_digest) VALUES ({book}, 1, gen_random_uuid(), 7)",
    ),
    (
        "activity",
        "INSERT INTO activity (id, actor, at, book_id, actor_kind, object, action, reason)
         VALUES (gen_random_uuid(), '{person}', now() - interval '9 years', {book}, 'person', 'x', 'opened', '')",
    ),
];

struct Scene {
    ground: Ground,
    owner: Client,
}

impl Scene {
    async fn set() -> Scene {
        let ground = ground().await;
        ground.team("Workshop", "maker").await;
        let owner = ground.database_owner().await;
        Scene { ground, owner }
    }

    async fn write(&self, row: &str, n: i32, days: &str) {
        let row = row
            .replace("{book}", &self.ground.book.id.to_string())
            .replace("{person}", &self.ground.owner.0.to_string())
            .replace("{days}", days)
            .replace("{n}", &n.to_string());
        self.owner.batch_execute(&row).await.unwrap_or_else(|error| panic!("{error:?}: {row}"));
    }

    async fn count(&self, table: &str) -> i64 {
        self.owner.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }

    /// As a worker does it, with the login of the service.
    async fn prune(&self) -> i64 {
        let client = self.ground.client().await;
        let of_books = pruning::of_book(&client, self.ground.book.id).await.unwrap();
        pruning::installation(&client).await.unwrap()
            + of_books
            + pruning::of_book(&client, BookId::INSTALLATION).await.unwrap()
    }
}

#[tokio::test]
async fn what_is_over_goes_when_it_is_old_and_not_a_day_before() {
    let scene = Scene::set().await;
    for (table, days, row) in GO {
        let before = scene.count(table).await;
        scene.write(row, 1, &(days - 1).to_string()).await;
        scene.prune().await;
        assert_eq!(scene.count(table).await, before + 1, "{table}: it is young");
        scene.write(row, 2, &(days + 1).to_string()).await;
        assert!(scene.prune().await >= 1, "{table}");
        assert_eq!(scene.count(table).await, before + 1, "{table}: the old one has gone");
    }
    for table in ["refresh_token", "browser_session"] {
        assert_eq!(scene.count(table).await, 1, "{table} goes with its session");
    }
}

#[tokio::test]
async fn history_keys_of_postings_and_jobs_that_are_open_or_dead_are_never_deleted() {
    let scene = Scene::set().await;
    for (_, row) in STAY {
        scene.write(row, 1, "").await;
    }
    let counts = async || {
        let mut counts = Vec::new();
        for (table, _) in STAY {
            counts.push(scene.count(table).await);
        }
        counts
    };
    let before = counts().await;
    assert_eq!(scene.prune().await, 0);
    assert_eq!(counts().await, before);
}

#[tokio::test]
async fn a_slice_is_bounded_and_waits_for_nobody() {
    let scene = Scene::set().await;
    let (table, days, row) = GO[0];
    for n in 0..3 {
        scene.write(row, n, &(days + 1).to_string()).await;
    }
    let more = row.replace("'done {n}'", "'more ' || n").replace("VALUES (", "SELECT ");
    let more = more.trim_end_matches(')').to_owned() + " FROM generate_series(1, 1500) n";
    scene.write(&more, 0, &(days + 1).to_string()).await;
    assert_eq!(scene.count(table).await, 1_503);

    // Somebody holds one of them, and its place in the slice is taken by another.
    let held = scene.ground.database_owner().await;
    held.batch_execute("BEGIN; SELECT FROM job WHERE dedupe = 'done 1' FOR UPDATE").await.unwrap();
    assert_eq!(scene.prune().await, 1_000);
    assert_eq!(scene.prune().await, 502);
    held.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(scene.prune().await, 1);
    assert_eq!(scene.count(table).await, 0);
}

#[tokio::test]
async fn the_service_itself_deletes_none_of_it_and_does_not_say_what_is_old() {
    let scene = Scene::set().await;
    for (table, _, row) in GO {
        scene.write(row, 1, "0").await;
        let deleted = scene
            .ground
            .run(async |tx| Ok::<_, Error>(tx.execute(&format!("DELETE FROM {table}"), &[]).await?))
            .await
            .unwrap_err();
        let Error::Database(error) = deleted else { panic!("{table}: {deleted}") };
        assert_eq!(error.code().unwrap().code(), "42501", "{table}");
    }
    // A clock of the session's own making changes nothing, as the age is the database's.
    let client = scene.ground.client().await;
    client.batch_execute("SET TimeZone = 'Pacific/Kiritimati'").await.unwrap();
    assert_eq!(pruning::of_book(&client, scene.ground.book.id).await.unwrap(), 0);
    assert_eq!(pruning::installation(&client).await.unwrap(), 0);
}
