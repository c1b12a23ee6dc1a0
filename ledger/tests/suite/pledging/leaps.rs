//! Random stories of pledges, each told twice: the clock of one book leaps from event to event, that of the other stops at
//! random moments on the way. Both come to the same charges, states, receipts and entries.

use crate::support::ground;
use futures_util::future::join_all;
use ledger::testing::store::rows;
use ledger::testing::{Ground, PlayedWorker, Random, Story};

/// So many stories, and many more with `COMMONPURSE_LONG`; `COMMONPURSE_SEED` tells one alone.
const STORIES: u64 = 40;
const STORIES_LONG: u64 = 10_000;

/// How many are told side by side.
const TELLERS: usize = 4;

/// Tells a story twice and compares what the books have come to.
async fn tell(ground: &Ground, workers: &[PlayedWorker; 2], seed: u64) {
    let mut random = Random(seed);
    let story = Story::random(&mut random);
    let [by_lane, by_hand] = workers;
    let leapt = story.tell(ground, Vec::new, async |ground, to| by_lane.walk_to(ground, to).await).await;
    let stops = || {
        let mut stops: Vec<u64> = (0..random.below(6)).map(|_| random.below(1_000)).collect();
        stops.sort_unstable();
        stops
    };
    let stepped = story.tell(ground, stops, async |ground, to| by_hand.walk_to(ground, to).await).await;
    assert_eq!(leapt.refused, stepped.refused, "COMMONPURSE_SEED={seed}: {story:#?}");
    let client = ground.client().await;
    let by_leap = rows::came_to(&client, leapt.ground.book.id).await.unwrap();
    let by_steps = rows::came_to(&client, stepped.ground.book.id).await.unwrap();
    assert_eq!(by_leap, by_steps, "COMMONPURSE_SEED={seed}: {story:#?}");
    let missed = by_leap.iter().any(|line| line.contains(": missed"));
    assert!(
        !missed || story.suspends(),
        "COMMONPURSE_SEED={seed}: a clock that walks comes by each due date: {by_leap:#?}"
    );
    drop(client);
    leapt.ground.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u6_fl14_one_leap_of_the_clock_or_many_steps_come_to_the_same() {
    let ground = ground().await;
    let workers = [PlayedWorker { lanes: Some(ground.lanes()) }, PlayedWorker { lanes: None }];
    if let Ok(seed) = std::env::var("COMMONPURSE_SEED") {
        return tell(&ground, &workers, seed.parse().expect("a number")).await;
    }
    let stories = if std::env::var_os("COMMONPURSE_LONG").is_some() { STORIES_LONG } else { STORIES };
    let tellers = (0..TELLERS as u64).map(|teller| {
        let (ground, workers) = (&ground, &workers);
        async move {
            for seed in (teller..stories).step_by(TELLERS) {
                tell(ground, workers, seed).await;
            }
        }
    });
    join_all(tellers).await;
}
