//! Charges that fall due at once, as a worker makes them, against the same captures posted bare through a lane.

use crate::captures;
use crate::load::{self, Figure};
use crate::report::{Report, Row, number};
use crate::{ROUNDS, RUN, Service};
use anyhow::{Context as _, ensure};
use api::demo::client::text;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{once, read_figures};

/// How many charges fall due in a round.
const CHARGES: usize = 5_000;

/// How many hands the worker has, and how many callers capture beside it.
const HANDS: usize = 32;

/// How long a round may take.
const ROUND_MAX: Duration = Duration::from_mins(10);

/// How often it is looked at: a look counts all jobs, in tens of milliseconds of a core, which the charges must not lack.
const POLL: Duration = Duration::from_millis(500);

/// How many charges were made.
const DONE: &str = "SELECT count(*) FROM job WHERE kind = 'charge_pledge' AND finished_at IS NOT NULL";

/// What the charges are compared with.
const AGAINST: &str = "captures of charges that are under way, drafted and posted through a lane by as many callers as the worker has hands";

/// Measures both in turns.
pub(crate) async fn due(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let cast = service.gather().await?;
    let campaign = cast.campaign("machines", "Machines", "3000.00").await?;
    let path = format!("/v1/campaigns/{}/pledges:batch", text(&campaign, "/id")?);
    let (mut bare, mut charged, mut split) = (Vec::new(), Vec::new(), Value::Null);
    for round in 0..ROUNDS {
        bare.push(captures::capture(&service.url, HANDS, true, RUN).await);
        for part in 0..CHARGES / 1_000 {
            let items = (0..1_000).map(|number| {
                let reference = format!("{round}-{part}-{number}");
                let mut pledge = once(&campaign, &reference, "5.00", jiff::civil::Date::MIN, "sandbox_ok")?;
                pledge["schedule"] = json!({"interval": "once"});
                Ok(json!({"key": reference, "pledge": pledge}))
            });
            let items = items.collect::<anyhow::Result<Vec<_>>>()?;
            cast.partner.post(&path, &json!({"on_error": "continue", "pledges": items})).await?.ok()?;
        }
        service.analyze().await?;
        let (per_s, told) = charge(service, round).await?;
        charged.push(Figure { per_s, ..load::median_of(bare.clone()) });
        split = told;
    }
    report.add(Row::compared("charges", load::median_of(charged), AGAINST, load::median_of(bare)));
    let parts = ["wait", "charge", "rail", "lane"];
    let text = parts.map(|part| format!("{part} {} ms", split[part])).join(", ");
    report.add(Row::Told { case: "charges_split".into(), text: format!("means of one: {text}"), figures: split });
    Ok(())
}

/// Charges a second of one worker, and where the time of one went.
async fn charge(service: &mut Service, round: usize) -> anyhow::Result<(u64, Value)> {
    let hands = HANDS.to_string();
    let environment =
        [("COMMONPURSE_WORKER_CONCURRENCY", hands.as_str()), ("COMMONPURSE_WORKER_LISTEN", "127.0.0.1:0")];
    service.stack.add_worker(&environment)?;
    let (begun, all) = (Instant::now(), ((round + 1) * CHARGES) as i64);
    let first = all - CHARGES as i64;
    // The start of the program is not counted.
    while service.count(DONE).await? <= first {
        ensure!(begun.elapsed() < ROUND_MAX, "the worker has not begun");
        tokio::time::sleep(POLL).await;
    }
    let (before, begun) = (service.count(DONE).await?, Instant::now());
    while service.count(DONE).await? < all {
        ensure!(begun.elapsed() < ROUND_MAX, "the charges are not made");
        tokio::time::sleep(POLL).await;
    }
    let made = (all - before) as u128;
    let per_s = made * 1_000_000 / begun.elapsed().as_micros();
    let worker = service.stack.workers().remove(0);
    let figures = read_figures(worker.figures().context("the worker shows no figures")?).await?;
    tokio::task::spawn_blocking(move || worker.stop()).await??;
    let split = json!({
        "wait": mean(&figures, "commonpurse_job_wait_seconds", "rail"),
        "charge": mean(&figures, "commonpurse_job_seconds", "charge_pledge"),
        "rail": mean(&figures, "commonpurse_rail_attempt_seconds", "sandbox"),
        "lane": mean(&figures, "commonpurse_lane_write_seconds", ""),
    });
    Ok((per_s as u64, split))
}

/// The mean of a histogram, of the series that name a label, in milliseconds.
fn mean(figures: &str, name: &str, label: &str) -> Value {
    let values = |end: &str| -> Vec<&str> {
        let lines = figures.lines().filter(|line| line.starts_with(&format!("{name}_{end}")) && line.contains(label));
        lines.filter_map(|line| line.rsplit(' ').next()).collect()
    };
    let seconds = values("sum").into_iter().filter_map(|sum| sum.parse().ok());
    let sum: Duration = seconds.filter_map(|seconds| Duration::try_from_secs_f64(seconds).ok()).sum();
    let count: u32 = values("count").into_iter().filter_map(|count| count.parse::<u32>().ok()).sum();
    number((sum / count.max(1)).as_micros() as u64 / 10)
}
