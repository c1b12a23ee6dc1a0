//! What waits in the jobs of all books, for the figures of a worker.

use crate::support::{ground, plans};
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::id::{BookId, HoldId};
use ledger::service::job::{Job, JobKind, NewJob};
use ledger::service::store::jobs::{self, Backlog, BookWithWork, LeaseTerms};
use ledger::service::work::Work;
use ledger::testing::Ground;

/// So many jobs of a kind, the first due at a moment and each next one a second later.
async fn enqueue(ground: &Ground, book: BookId, due_at: Timestamp, jobs_to_write: Vec<Job>) {
    ground
        .run(async |tx| {
            for (due_at, job) in (0..).map(|seconds| due_at + SignedDuration::from_secs(seconds)).zip(jobs_to_write) {
                let dedupe = format!("{} {due_at}", job.kind());
                jobs::enqueue(tx, &NewJob { book, due_at, dedupe, job }).await?;
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
}

fn sign_in() -> Job {
    Job::SendSignIn {
        email: "ada@example.org".into(),
        token: "t0ken".into(),
        code: None,
        expires_at: Timestamp::MAX,
        sign_up: false,
    }
}

fn expiry(ground: &Ground) -> Job {
    Job::ExpireHold { hold: HoldId::generate(ground.book.id) }
}

/// What waits by the names of the kinds, as a worker reads it at a moment.
async fn backlog(ground: &Ground, wall: Timestamp) -> Vec<(Option<JobKind>, i64, i64, i64)> {
    let read = ground.run(async |tx| jobs::backlog(tx, wall).await).await.unwrap();
    let mut found: Vec<_> =
        read.iter().map(|Backlog { kind, due, oldest, dead }| (*kind, *due, oldest.as_secs(), *dead)).collect();
    found.sort_by_key(|(kind, ..)| kind.map(JobKind::as_str));
    found
}

#[tokio::test]
async fn t9_what_waits_is_told_by_kind_with_the_age_of_the_oldest_and_what_is_dead() {
    let ground = ground().await;
    let (now, hour) = (ground.wall, SignedDuration::from_hours(1));
    assert_eq!(backlog(&ground, now).await, []);
    enqueue(&ground, BookId::INSTALLATION, now - hour, vec![sign_in(), sign_in(), sign_in()]).await;
    enqueue(&ground, ground.book.id, now + hour, vec![expiry(&ground), expiry(&ground)]).await;

    // Written just now, nothing is old, whenever it was due; an hour later it is that old, and what is paused counts.
    let work = BookWithWork { book: BookId::INSTALLATION, offset: SignedDuration::ZERO };
    let terms = LeaseTerms { worker: "one", length: hour, works: &Work::ALL, limit: 2 };
    let leased = ground.run(async |tx| jobs::lease(tx, work, now, terms).await).await.unwrap();
    ground.run(async |tx| jobs::bury(tx, &leased[0], now, "no such address").await).await.unwrap();
    ground.run(async |tx| jobs::fail(tx, &leased[1], now + hour * 3, "the server is away").await).await.unwrap();
    let found = backlog(&ground, now).await;
    assert!(matches!(found[..], [(Some(JobKind::SendSignIn), 2, 0..60, 1)]), "{found:?}");
    let later = backlog(&ground, now + hour + hour).await;
    assert!(
        matches!(
            later[..],
            [(Some(JobKind::ExpireHold), 2, 3_600, 0), (Some(JobKind::SendSignIn), 2, 7_140..=7_200, 1)]
        ),
        "{later:?}"
    );

    // Half a year by the clock of a sandbox book makes its jobs due, and not old.
    let owner = ground.database_owner().await;
    owner.execute("UPDATE book SET clock_offset_s = 15778800", &[]).await.unwrap();
    let leapt = backlog(&ground, now).await;
    assert!(matches!(leapt[0], (Some(JobKind::ExpireHold), 2, 0..60, 0)), "{leapt:?}");

    // What waits for the release of a frozen book is told by the freeze; what no program of now knows is told together.
    owner.execute("UPDATE book_head SET frozen = true WHERE book_id = $1", &[&ground.book.id.0]).await.unwrap();
    owner.execute("UPDATE job SET kind = 'fly_to_the_moon' WHERE dead_at IS NULL AND book_id = 0", &[]).await.unwrap();
    let frozen = backlog(&ground, now).await;
    assert!(matches!(frozen[..], [(None, 2, 0..60, 0), (Some(JobKind::SendSignIn), 0, 0, 1)]), "{frozen:?}");
}

#[tokio::test]
async fn what_waits_is_found_by_index_among_many_jobs_that_are_done_or_not_yet_due() {
    let ground = ground().await;
    let owner = ground.database_owner().await;
    let many = "INSERT INTO job (book_id, id, kind, dedupe, payload, due_at, finished_at)
                SELECT $1, gen_random_uuid(), 'charge_pledge', n::text, '{}', now() + INTERVAL '1 month',
                       CASE WHEN n % 2 = 0 THEN now() END
                  FROM generate_series(1, 20000) AS n";
    owner.execute(many, &[&ground.book.id.0]).await.unwrap();
    owner.batch_execute("ANALYZE job").await.unwrap();
    enqueue(&ground, ground.book.id, ground.wall, vec![expiry(&ground)]).await;
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    assert_eq!(jobs::backlog(&tx, Timestamp::now()).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    let wall = Timestamp::now();
    let due = jobs::books_with_work(&client, wall, &Work::ALL, BookId::INSTALLATION, 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.book).collect::<Vec<_>>(), [ground.book.id]);
    // As they are planned: for the moment that is asked for.
    let backlog = plans(&client, "-- jobs::backlog", "now(), '{}', 0").await.remove(0);
    assert!(backlog.contains("job_dead"), "{backlog}");
    let asked = "now(), 10, '{}', '{expire_hold}', 0, 0";
    let due = plans(&client, "-- jobs::books_with_work", asked).await.remove(0);
    for plan in [backlog, due] {
        assert!(plan.contains("job_open") && !plan.contains("Seq Scan on job"), "{plan}");
    }
}
