//! The worker: it does what the jobs table says, and keeps the roll-ups of the books up to date.
//!
//! Any number of workers run beside each other. A job is leased (and that is committed), done, and settled in the
//! transaction of its effect; a worker that loses its lease meanwhile cannot settle, and so has no effect.
//!
//! - [`Config`] is what it needs to know, [`run`] runs it until it is told to stop.
//! - `runner` leases and hands out, `breaker` leaves a service alone that is away, `jobs` has one function for each kind of
//!   job, `upkeep` beats, rolls up and prunes, `fan_out` puts events on their way to endpoints, `checks` compares books with themselves, `backlog` reads what waits, for the
//!   `figures`.
//! - `together` is what jobs ask of the database in one question; `mail` and `rail` are the two ways out: e-mail, and payment providers.

mod backlog;
mod backoff;
mod breaker;
mod checks;
mod clock;
mod config;
mod explain;
mod failure;
mod fan_out;
mod fault;
mod figures;
mod jobs;
mod mail;
mod outside;
mod pulse;
mod rail;
mod runner;
mod screening;
#[cfg(test)]
mod testing;
mod texts;
mod together;
mod upkeep;

pub use config::{Config, ConfigError, Fault, MailRoute};

use anyhow::Context as _;
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime, Timeouts};
use ledger::engine::lane::{self, Lanes};
use ledger::engine::pool::Pool;
use mail::{Mailer, Transport};
use observability::{Figures, Listener, Page, manager};
use secrecy::ExposeSecret;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How many books' lanes may write at once: each takes a connection.
const LANE_CONNECTIONS: usize = 2;

/// Connections besides those of the jobs: a provider's memory, the leases, the upkeep, the way of events to endpoints, the clocks, the
/// comparison and the figures, one more in case.
const JOBLESS_CONNECTIONS: usize = 8;

/// How long a job waits for a database connection.
const POOL_WAIT: Duration = Duration::from_secs(10);

/// Runs a worker until `shutdown` is ready; then it takes no more jobs, and returns when those it has are done.
///
/// # Errors
///
/// When the configuration or the database does not allow a start. Once running, it rides out whatever fails.
pub async fn run(config: Config, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    config.check()?;
    // What is made before counts into nothing.
    let figures = Figures::of_process();
    figures::describe();
    let database = migrations::service_access(config.database.url()?.expose_secret(), "commonpurse-worker")?;
    let client = migrations::connect(&database).await?;
    migrations::check_service(&client).await?;
    let lanes = Lanes::new(Pool::named("lanes", pool(database.clone().with(lane::options), LANE_CONNECTIONS)?));
    lanes.vitals().compared_clocks(migrations::read_clock(&client).await?.certain_ms());
    drop(client);
    // Jobs that wait for something outside hold no connection meanwhile: enough for those of two kinds of work.
    let size = 2 * usize::from(config.concurrency) + JOBLESS_CONNECTIONS;
    let pool = Pool::named("jobs", pool(database, size)?);

    let worker = Arc::new(runner::Worker {
        name: format!("{}/{}", host_name(), std::process::id()),
        concurrency: usize::from(config.concurrency),
        lease: jiff::SignedDuration::from_secs(config.lease_s.into()),
        poll: config.poll(),
        tasks_mail_at: config.tasks_mail_at.0,
        clocks: clock::Clocks::new(pool.clone()),
        pulse: pulse::Pulse::default(),
        context: jobs::Context {
            breakers: breaker::Breakers::default(),
            rails: rail::Rails::new(&pool, stripe(&config)?),
            together: together::Together::new(&pool),
            mailer: mailer(&config)?,
            screening: config.screening_url.clone().map(screening::Screening::new).transpose()?,
            outside: outside::Outside::new(config.fetch_anywhere)?,
            vault: config.vault()?,
            public_url: config.public_url.clone(),
            fault: fault::Points::new(config.fault),
            lanes,
            pool,
        },
    });
    let listener = config.listen.map(|address| show(address, &figures, &worker)).transpose()?;
    let (stop, stopping) = watch::channel(false);
    tracing::info!(worker = worker.name, "the worker {} is ready", worker.name);
    let upkeep = tokio::spawn(upkeep::run(worker.clone(), stopping.clone()));
    let fan_out = tokio::spawn(fan_out::run(worker.clone(), stopping.clone()));
    let checks = tokio::spawn(checks::run(worker.clone(), stopping.clone()));
    let backlog = tokio::spawn(backlog::run(worker.clone(), figures, stopping.clone()));
    let walking = (worker.clone(), stopping.clone());
    let clocks = tokio::spawn(async move { walking.0.clocks.run(walking.0.poll, walking.1).await });
    let runner = tokio::spawn(runner::run(worker.clone(), stopping));
    let alive = manager::ready();
    shutdown.await;
    tracing::info!("the worker stops: it finishes the jobs it has");
    manager::stopping();
    stop.send_replace(true);
    runner.await.context("the runner died")?;
    clocks.await.context("the walk of the clocks died")?;
    upkeep.await.context("the upkeep died")?;
    fan_out.await.context("the way of events to endpoints died")?;
    checks.await.context("the comparison died")?;
    backlog.await.context("the reading of what waits died")?;
    if let Some(listener) = listener {
        listener.stop().await?;
    }
    alive.abort();
    Ok(())
}

/// Shows at an address that this worker lives, whether it is ready, and its figures.
fn show(address: SocketAddr, figures: &Figures, worker: &Arc<runner::Worker>) -> anyhow::Result<Listener> {
    let (measured, beating) = (worker.clone(), worker.clone());
    let page = Page::new(figures.clone(), move || {
        measured.context.pool.measure();
        measured.context.lanes.measure();
    });
    Listener::start(address, page.with_readiness(move || beating.pulse.is_fresh()))
}

fn pool(access: migrations::Access, size: usize) -> anyhow::Result<deadpool_postgres::Pool> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(access.config, access.tls, recycling);
    let pool = deadpool_postgres::Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts { wait: Some(POOL_WAIT), create: Some(POOL_WAIT), recycle: Some(POOL_WAIT) })
        .build()?;
    Ok(pool)
}

/// The payment provider of live books, if it is configured. A call takes a quarter of a lease at most: a job makes up to three.
fn stripe(config: &Config) -> anyhow::Result<Option<rail::stripe::Stripe>> {
    let Some(key) = config.stripe.secret_key()? else { return Ok(None) };
    let deadline = Duration::from_secs(config.lease_s.into()) / 4;
    let stripe = rail::stripe::Stripe::new(config.stripe.stripe_url.clone(), key, deadline);
    stripe.map(Some).context("the way to Stripe cannot be prepared")
}

fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    let transport = match config.mail_route()? {
        // The library's own message is dropped: it may quote the URL, and with it a password.
        MailRoute::Smtp(url) => Transport::smtp(url.expose_secret())
            .map_err(|_| anyhow::anyhow!("COMMONPURSE_SMTP_URL cannot be read; expected smtps://user:password@host"))?,
        MailRoute::Files(dir) => Transport::Files(dir.clone()),
    };
    let host = config.public_url.host_str().unwrap_or("localhost");
    Mailer::new(transport, &config.mail_from, host).context("COMMONPURSE_MAIL_FROM is not an address")
}

/// The machine's name, for people who look at leases and heartbeats.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    let name = name.map(|name| name.trim().chars().take(60).collect::<String>()).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "worker".into())
}
