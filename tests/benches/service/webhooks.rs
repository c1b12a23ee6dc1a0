//! Events sent to forty endpoints that take them, with ten hostile ones beside them and without.

use crate::Service;
use crate::report::{Report, Row, hundredths, number};
use anyhow::ensure;
use serde_json::json;
use std::time::{Duration, Instant};
use tests::webhooks::{Crowd, hostile};

/// How many partners, each with eight endpoints that take what they are sent and two hostile ones.
const PARTNERS: usize = 5;

/// How many events of each partner.
const EVENTS: usize = 1_000;

/// How long a round may take.
const ROUND_MAX: Duration = Duration::from_mins(20);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Measures without the hostile ones, and then with them: they go on as long as the service does.
pub(crate) async fn beside_hostile(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let cast = service.gather().await?;
    let campaign = cast.campaign("machines", "Machines", "3000.00").await?;
    let mut crowds = Vec::new();
    for number in 0..PARTNERS {
        crowds.push(Crowd::open(&cast, &campaign, &format!("Crowd {number}"), 8, Vec::new()).await?);
    }
    // The first round is for tables, statements and receivers to be warm.
    deliver(service, &mut crowds).await?;
    let without = deliver(service, &mut crowds).await?;
    let mut scripts = hostile().into_iter().chain(hostile());
    for crowd in &mut crowds {
        crowd.join(&cast, scripts.by_ref().take(2).collect()).await?;
    }
    let with = deliver(service, &mut crowds).await?;
    let ratio = with * 100 / without.max(1);
    let text = format!("{with:>10} /s beside ten hostile ones, {without} without, {}", hundredths(ratio));
    let figures = json!({"with_per_s": with, "without_per_s": without, "ratio": number(ratio)});
    report.add(Row::Told { case: "webhooks".into(), text, figures });
    Ok(())
}

/// Deliveries a second to the good endpoints, from the start of a worker until they have all.
async fn deliver(service: &mut Service, crowds: &mut [Crowd]) -> anyhow::Result<u64> {
    for crowd in &mut *crowds {
        crowd.bring(EVENTS).await?;
    }
    service.analyze().await?;
    let begun = Instant::now();
    service.stack.add_worker(&[("COMMONPURSE_FETCH_ANYWHERE", "true")])?;
    while !crowds.iter().all(Crowd::is_served) {
        ensure!(begun.elapsed() < ROUND_MAX, "not all is there");
        tokio::time::sleep(POLL).await;
    }
    let deliveries = crowds.iter().map(|crowd| crowd.good.len() * EVENTS).sum::<usize>() as u128;
    let per_s = deliveries * 1_000_000 / begun.elapsed().as_micros();
    let worker = service.stack.workers().remove(0);
    tokio::task::spawn_blocking(move || worker.stop()).await??;
    for crowd in &*crowds {
        crowd.check()?;
    }
    Ok(per_s as u64)
}
