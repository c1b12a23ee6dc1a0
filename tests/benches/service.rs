//! The service as it runs, from outside: postings over HTTP, one tenant beside a greedy one, ten times too many requests,
//! postings while workers work, exports of a large book, pledges a thousand at a request, charges that fall due at once, a long file
//! of a bank, events to endpoints of which some are hostile, pages beside the API.
//!
//! `cargo bench -p tests --bench service [-- CASE…]` builds the programs, prints a table and puts its cases into
//! `target/bench.json`, beside those of `cargo bench -p ledger`.

#[path = "../../ledger/benches/posting/book.rs"]
mod book;
#[path = "../../ledger/benches/posting/captures.rs"]
mod captures;
#[path = "service/charges.rs"]
mod charges;
#[path = "service/cores.rs"]
mod cores;
#[path = "service/distributions.rs"]
mod distributions;
#[path = "service/exports.rs"]
mod exports;
#[path = "service/greedy.rs"]
mod greedy;
#[path = "service/http.rs"]
mod http;
#[path = "../../ledger/benches/posting/load.rs"]
mod load;
#[path = "service/open_loop.rs"]
mod open_loop;
#[path = "service/overload.rs"]
mod overload;
#[path = "service/pages.rs"]
mod pages;
#[path = "service/payouts.rs"]
mod payouts;
#[path = "service/pledges.rs"]
mod pledges;
#[path = "service/quiet.rs"]
mod quiet;
#[path = "../../ledger/benches/posting/report.rs"]
mod report;
#[path = "service/requests.rs"]
mod requests;
#[path = "service/statements.rs"]
mod statements;
#[path = "service/webhooks.rs"]
mod webhooks;
#[path = "service/wire.rs"]
mod wire;
#[path = "service/workers.rs"]
mod workers;

use anyhow::{Context as _, ensure};
use api::demo::cast::Cast;
use api::demo::client::Client;
use api::stack::{Settings, Stack, programs_beside_this_one};
use migrations::{Durability, PrivateServer};
use report::Report;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tests::OPERATOR;

/// How long one measurement runs.
const RUN: Duration = Duration::from_millis(3_000);

/// How many rounds; the median counts.
const ROUNDS: usize = 3;

fn main() -> anyhow::Result<()> {
    build()?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |case: &str| wanted.is_empty() || wanted.iter().any(|name| name == case);
    let home = TempDir::new()?;
    let server = PrivateServer::start(&home.path().join("postgresql"), Durability::Kept).await?;
    let service = Service::start(&server, &home, "service").await?;
    let mut report = Report::new(&service.url).await;
    if is_wanted("http_entries") {
        http::entries(&service, &mut report).await?;
    }
    service.stop().await?;
    if is_wanted("greedy_tenant") {
        let mut service = Service::start(&server, &home, "greedy").await?;
        greedy::tenant(&mut service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("overload") {
        let service = Service::start(&server, &home, "overload").await?;
        overload::tenfold(&service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("ingest_beside_three_workers") {
        let mut service = Service::start(&server, &home, "beside").await?;
        workers::ingest_beside(&mut service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("export_million_mib") {
        let service = Service::start(&server, &home, "export").await?;
        exports::million(&service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("pledge_batch") {
        let mut service = Service::start(&server, &home, "pledges").await?;
        pledges::batch(&mut service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("charges") {
        let mut service = Service::start(&server, &home, "charges").await?;
        charges::due(&mut service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("payout_run") {
        let mut service = Service::start(&server, &home, "payouts").await?;
        payouts::run(&mut service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("distribution_100k") {
        let mut service = Service::start(&server, &home, "distributions").await?;
        distributions::among_many(&mut service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("statement_import") {
        let mut service = Service::start(&server, &home, "statements").await?;
        statements::import(&mut service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("webhooks") {
        let mut service = Service::start(&server, &home, "webhooks").await?;
        webhooks::beside_hostile(&mut service, &mut report).await?;
        service.stop().await?;
    }
    if is_wanted("pages") {
        let mut service = Service::start(&server, &home, "pages").await?;
        pages::beside_the_api(&mut service, &mut report).await?;
        service.stop().await?;
    }
    report.finish();
    server.stop().await?;
    Ok(())
}

/// An api on a database of its own without a worker, and its operator.
struct Service {
    stack: Stack,
    url: String,
    operator: Client,
}

impl Service {
    async fn start(server: &PrivateServer, home: &TempDir, name: &str) -> anyhow::Result<Service> {
        server.migrate(name).await?;
        let url = server.url(name);
        api::operators::add_operator(&url, &OPERATOR.parse()?).await?;
        let unlimited = |name: &str| (name.to_owned(), "1000000".to_owned());
        let settings = Settings {
            database_url: server.service_url(name),
            programs: programs_beside_this_one()?,
            state: home.path().join(name),
            listen: "127.0.0.1:0".into(),
            environment: ["COMMONPURSE_RATE_PER_SECOND", "COMMONPURSE_GUESSES_PER_MINUTE"].map(unlimited).into(),
        };
        let mut stack = tokio::task::spawn_blocking(move || Stack::start(settings, 1)).await??;
        let operator = Client::sign_in(&stack.base_url, &stack.mail_dir(), OPERATOR).await?;
        let worker = stack.workers().remove(0);
        tokio::task::spawn_blocking(move || worker.stop()).await??;
        Ok(Service { stack, url, operator })
    }

    /// Looks at the tables as autovacuum does within a minute: before that, statements are planned for tables without rows.
    async fn analyze(&self) -> anyhow::Result<()> {
        let owner = migrations::connect(&self.url.parse()?).await?;
        Ok(owner.batch_execute("ANALYZE").await?)
    }

    /// Everybody signed in by a worker, which has nothing left to do then, and ends.
    async fn gather(&mut self) -> anyhow::Result<Cast> {
        self.stack.add_worker(&[])?;
        let cast = Cast::gather(&self.stack.base_url, &self.stack.mail_dir(), OPERATOR).await?;
        cast.idle().await?;
        let worker = self.stack.workers().remove(0);
        tokio::task::spawn_blocking(move || worker.stop()).await??;
        Ok(cast)
    }

    async fn stop(self) -> anyhow::Result<()> {
        tokio::task::spawn_blocking(move || self.stack.stop()).await?
    }

    /// One number from the database, read as its owner.
    async fn count(&self, query: &str) -> anyhow::Result<i64> {
        let client = migrations::connect(&self.url.parse()?).await?;
        Ok(client.query_one(query, &[]).await?.get(0))
    }
}

/// Builds the programs as they are released, beside this one: cargo builds none for the benchmarks of another crate.
fn build() -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "api", "--package", "worker"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status()
        .context("cargo cannot be started")?;
    ensure!(status.success(), "the programs cannot be built");
    Ok(())
}
