//! Posting while three workers charge pledges on the same database.

use crate::book::on_book;
use crate::load::{self, Shape};
use crate::report::{Report, Row};
use crate::{ROUNDS, RUN, Service, book};
use anyhow::ensure;
use api::demo::cast::Cast;
use api::demo::client::text;
use serde_json::json;
use std::time::{Duration, Instant};
use tests::{OPERATOR, day, monthly};

/// How many workers.
const WORKERS: usize = 3;

/// How many callers post.
const CALLERS: usize = 64;

/// How many pledges are due, each for a year of months.
const PLEDGES: usize = 600;

/// How long workers may take until they have begun.
const BEGIN_MAX: Duration = Duration::from_secs(30);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(20);

/// How many jobs were done.
const DONE: &str = "SELECT count(*) FROM job WHERE finished_at IS NOT NULL";

/// Measures in turns without workers and with them; their jobs are enough for all rounds.
pub(crate) async fn ingest_beside(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let posting = book::fresh_book(&service.url, &book::pool(&service.url, 1)).await;
    make_work(service).await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(on_book(book::pool(&service.url, 4), posting, Shape::Hot, CALLERS, RUN).await);
        let before = service.count(DONE).await?;
        for _ in 0..WORKERS {
            service.stack.add_worker(&[])?;
        }
        let deadline = Instant::now() + BEGIN_MAX;
        while service.count(DONE).await? < before + 10 {
            ensure!(Instant::now() < deadline, "the workers have not begun after {} s", BEGIN_MAX.as_secs());
            tokio::time::sleep(POLL).await;
        }
        let (before, begun) = (service.count(DONE).await?, Instant::now());
        beside.push(on_book(book::pool(&service.url, 4), posting, Shape::Hot, CALLERS, RUN).await);
        let (done, time) = (service.count(DONE).await? - before, begun.elapsed());
        println!("  {WORKERS} workers did {done} jobs in {} ms beside it", time.as_millis());
        let due = service.count("SELECT count(*) FROM job WHERE finished_at IS NULL AND dead_at IS NULL").await?;
        ensure!(done > 0 && due > 0, "the workers had nothing to do: {done} done, {due} left");
        for worker in std::mem::take(service.stack.workers()) {
            tokio::task::spawn_blocking(move || worker.stop()).await??;
        }
    }
    let (beside, alone) = (load::median_of(beside), load::median_of(alone));
    report.add(Row::compared("ingest_beside_three_workers", beside, "the same without workers", alone));
    Ok(())
}

/// A sandbox book whose clock walks through a year of monthly payments, and no worker yet.
async fn make_work(service: &mut Service) -> anyhow::Result<()> {
    // E-mails of sign-ins are sent by a worker.
    service.stack.add_worker(&[])?;
    let cast = Cast::gather(&service.stack.base_url, &service.stack.mail_dir(), OPERATOR).await?;
    let campaign = cast.campaign("machines", "Machines", "3000.00").await?;
    cast.idle().await?;
    let worker = service.stack.workers().remove(0);
    tokio::task::spawn_blocking(move || worker.stop()).await??;
    let path = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    for index in 0..PLEDGES {
        let pledge = monthly(&campaign, &format!("donor-{index}"), "5.00", day(1, 1), 12, "sandbox_ok")?;
        cast.partner.post(&path, &pledge).await?.ok()?;
    }
    let to = json!({"to": format!("{}T12:00:00Z", day(12, 31))});
    cast.treasurer.post(&format!("/v1/books/{}/clock:advance", cast.book), &to).await?.ok()?;
    Ok(())
}
