//! Clocks of sandbox books that worker processes walk: one leap by one worker, and many steps by three.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use ledger::books::operations::clock;
use ledger::engine::store::books;
use ledger::pledging::operations::pledges::{self, PlacePledge};
use ledger::testing::store::rows;
use ledger::testing::{Ground, MONTHLY, Random, Story};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A loaded machine may take long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(10);

/// So many stories.
const STORIES: u64 = 8;

/// Worker processes, which end with this value.
struct Workers(Vec<Child>);

impl Workers {
    fn start(count: usize, poll_ms: &str, ground: &Ground, mail: &Path) -> Workers {
        let start = |_| {
            Command::new(env!("CARGO_BIN_EXE_commonpurse-worker"))
                .env("DATABASE_URL", &ground.database.service_url)
                .env("COMMONPURSE_MAIL_DIR", mail)
                .env("COMMONPURSE_TASKS_MAIL_AT", "never")
                .env("COMMONPURSE_WORKER_POLL_MS", poll_ms)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        Workers((0..count).map(start).collect())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for worker in &mut self.0 {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

/// Sends the clock of a book to a moment, or leaves it where it is by then, and waits until it is there.
async fn walk(ground: &mut Ground, to: Timestamp) {
    ground.wall = Timestamp::now();
    let (id, wall, deadline) = (ground.book.id, ground.wall, Instant::now() + PATIENCE);
    let to = to.max(ground.book.now(wall));
    ground.book = ground.run(async |tx| clock::advance(tx, id, to, wall).await).await.unwrap();
    while ground.book.clock_target.is_some() {
        assert!(Instant::now() < deadline, "the clock still walks: {:?}", ground.book);
        tokio::time::sleep(Duration::from_millis(10)).await;
        ground.book = books::get(&ground.client().await, id).await.unwrap();
    }
    ground.wall = Timestamp::now();
}

#[tokio::test(flavor = "multi_thread")]
async fn u6_fl14_three_workers_and_many_steps_come_to_what_one_worker_and_one_leap_come_to() {
    let ground = Ground::at(Timestamp::now()).await;
    let mail = tempfile::tempdir().unwrap();
    let stories: Vec<Story> = (0..STORIES).map(|seed| Story::random(&mut Random(seed))).collect();
    let mut told = Vec::new();
    for (workers, stops) in [(1, 0), (3, 3)] {
        let _running = Workers::start(workers, "20", &ground, mail.path());
        let tellings = (0..).zip(&stories).map(|(seed, story)| {
            let (ground, mut random) = (&ground, Random(seed));
            let at = move || {
                let mut at: Vec<u64> = (0..stops).map(|_| random.below(1_000)).collect();
                at.sort_unstable();
                at
            };
            story.tell(ground, at, walk)
        });
        let mut ends = Vec::new();
        for telling in join_all(tellings).await {
            let client = ground.client().await;
            ends.push((telling.refused, rows::came_to(&client, telling.ground.book.id).await.unwrap()));
            drop(client);
            telling.ground.audit().await;
        }
        told.push(ends);
    }
    for (seed, story) in stories.iter().enumerate() {
        assert_eq!(told[0][seed], told[1][seed], "seed {seed}: {story:#?}");
    }
}

/// Each payment, its receipt and its settlement are stops: a worker that waited for its next look at one of them in three would
/// take more than ten minutes.
#[tokio::test(flavor = "multi_thread")]
async fn u6_a_walking_clock_waits_for_no_look_of_the_worker() {
    let mut ground = Ground::at(Timestamp::now()).await;
    let mail = tempfile::tempdir().unwrap();
    let campaign = ground.campaign("press").await;
    let asked =
        PlacePledge { schedule: MONTHLY, token: "sandbox_ok".into(), ..ground.ask(&campaign, "monthly", "10.00") };
    let wall = ground.wall;
    ground.run(async |tx| pledges::place(tx, asked, wall).await).await.unwrap();
    let (id, to) = (ground.book.id, ground.book.now(wall) + SignedDuration::from_hours(24 * 400));
    ground.book = ground.run(async |tx| clock::advance(tx, id, to, wall).await).await.unwrap();
    let _running = Workers::start(1, "60000", &ground, mail.path());
    let deadline = Instant::now() + Duration::from_mins(5);
    while ground.book.clock_target.is_some() {
        assert!(Instant::now() < deadline, "the clock still walks: {:?}", ground.book);
        tokio::time::sleep(Duration::from_millis(10)).await;
        ground.book = books::get(&ground.client().await, id).await.unwrap();
    }
    ground.audit().await;
}
