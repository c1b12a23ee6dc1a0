//! Ten thousand payouts that go to a bank by one file: how long they take, and what memory.

use crate::Service;
use crate::report::{Report, Row};
use anyhow::ensure;
use api::demo::client::text;
use api::keys::vault::Vault;
use deadpool_postgres::{Manager, Pool};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::large_book::memory_kib;
use tests::payees::owed;

/// How many payouts.
const PAYOUTS: usize = 10_000;

/// How long it may take.
const RUN_MAX: Duration = Duration::from_mins(20);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Sends them by a worker, and takes the text of the file.
pub(crate) async fn run(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let cast = service.gather().await?;
    let vault = Vault::load(&service.stack.settings.state.join("bank-keys"))?;
    let access = migrations::service_access(&service.url, "bench")?;
    let pool = Pool::builder(Manager::new(access.config, access.tls)).max_size(1).build()?;
    let mut client = pool.get().await?;
    let tx = client.transaction().await?;
    owed(&tx, &cast, &vault, &[], PAYOUTS).await?;
    tx.commit().await?;
    service.analyze().await?;
    let new = json!({"format": "pain001", "currency": "USD"});
    let file = cast.treasurer.post(&format!("/v1/books/{}/payout-files", cast.book), &new).await?.ok()?;
    let path = format!("/v1/payout-files/{}", text(&file, "/id")?);
    service.stack.add_worker(&[])?;
    let worker = service.stack.workers()[0].id();
    let begun = Instant::now();
    while cast.treasurer.get(&path).await?.ok()?["state"] == "building" {
        ensure!(begun.elapsed() < RUN_MAX, "the payouts are not sent");
        tokio::time::sleep(POLL).await;
    }
    report.add(Row::time("payout_run", begun.elapsed().as_micros() as u64));
    let api = service.stack.api_id();
    let (before, begun) = (memory_kib(api, "VmHWM:")?, Instant::now());
    let content = cast.treasurer.download(&format!("{path}/content")).await?;
    ensure!(content.matches("<EndToEndId>").count() == PAYOUTS, "each stands in the file");
    report.add(Row::time("payout_run_text", begun.elapsed().as_micros() as u64));
    let more = memory_kib(api, "VmHWM:")?.saturating_sub(before);
    let of_worker = memory_kib(worker, "VmHWM:")?;
    report.add(Row::Value("payout_run_mib", more.max(of_worker).div_ceil(1_024), "MiB"));
    Ok(())
}
