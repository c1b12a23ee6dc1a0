//! Many events to many endpoints, of which some are hostile: the others are not kept waiting.

use super::{Outcome, soon};
use anyhow::ensure;
use std::time::{Duration, Instant};
use tests::webhooks::{Crowd, hostile};
use tests::{Script, Stage};

/// Receivers on this machine, and one hand for each line of jobs.
const ONE_HAND: &[(&str, &str)] = &[("COMMONPURSE_FETCH_ANYWHERE", "true"), ("COMMONPURSE_WORKER_CONCURRENCY", "1")];

/// With more silent endpoints than hands, first in the line: before the first of them is given up, the others have everything.
#[tokio::test]
async fn wh_silent_endpoints_keep_no_hand_from_the_others_which_take_what_they_are_sent_over_few_connections() -> Outcome
{
    let stage = Stage::set_with(1, ONE_HAND).await?;
    let campaign = stage.campaign().await?;
    let silent = || Script::round(&[Script::SILENT]);
    let mut crowd = Crowd::open(&stage.cast, &campaign, "Crowd", 3, vec![silent(), silent()]).await?;
    crowd.bring(1).await?;
    soon("a silent one is asked", async || Ok(crowd.hostile.iter().any(|silent| silent.count() > 0))).await?;
    soon("the others have it", async || Ok(crowd.is_served())).await?;
    crowd.bring(66).await?;
    soon("and what comes next", async || Ok(crowd.is_served())).await?;
    let ended = "SELECT count(*) FROM webhook_endpoint WHERE failures > 0";
    ensure!(stage.app.count(ended).await? < 2, "neither silent one was waited for to its end");
    for receiver in &crowd.good {
        ensure!(receiver.connections() < 20, "{} connections for 67 messages", receiver.connections());
    }
    crowd.check()?;
    stage.app.finish_with_jobs_left().await
}

/// How many partners, each with ten endpoints of which two are hostile, and how many events of each; as many as `COMMONPURSE_LONG` says, such
/// as `5x300`.
fn size() -> (usize, usize) {
    let long = std::env::var("COMMONPURSE_LONG").unwrap_or_default();
    let told = long.split_once('x').and_then(|(partners, events)| Some((partners.parse().ok()?, events.parse().ok()?)));
    told.unwrap_or((5, 10_000))
}

/// How long the long one may take.
const LONG_MAX: Duration = Duration::from_mins(50);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "left to `make check-long`"]
async fn wh_ten_thousand_events_reach_forty_endpoints_while_ten_hostile_ones_still_wait() -> Outcome {
    let (partners, events) = size();
    let stage = Stage::set_with(2, &[("COMMONPURSE_FETCH_ANYWHERE", "true")]).await?;
    let campaign = stage.campaign().await?;
    let mut crowds = Vec::new();
    let mut scripts = hostile().into_iter().chain(hostile());
    for number in 0..partners {
        let hostile = scripts.by_ref().take(2).collect();
        crowds.push(Crowd::open(&stage.cast, &campaign, &format!("Crowd {number}"), 8, hostile).await?);
    }
    for crowd in &mut crowds {
        crowd.bring(events).await?;
    }
    let begun = Instant::now();
    while !crowds.iter().all(|crowd| crowd.is_served()) {
        ensure!(begun.elapsed() < LONG_MAX, "not all is there after {} s", LONG_MAX.as_secs());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("{} deliveries in {} ms", partners * 8 * events, begun.elapsed().as_millis());
    let waiting = "SELECT count(*) FROM webhook_endpoint e WHERE state = 'active' AND EXISTS (
        SELECT FROM webhook_delivery d WHERE d.book_id = e.book_id AND d.endpoint = e.id AND d.state = 'waiting'
           AND d.attempts = 0)";
    ensure!(stage.app.count(waiting).await? > 0, "the hostile ones still have much to come");
    for crowd in &crowds {
        crowd.check()?;
    }
    stage.app.finish_with_jobs_left().await
}
