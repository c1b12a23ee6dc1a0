//! Putting it together: the application, its state, and the server that runs until it is told to stop.

use crate::config::{Demanded, ServeConfig};
use crate::day_totals::DayTotals;
use crate::edge::{Spans, edge};
use crate::figures;
use crate::gate::gate;
use crate::identity_providers::IdentityProviders;
use crate::keys::Keys;
use crate::limits::declines::Declines;
use crate::limits::rate::Limits;
use crate::limits::shares::Shares;
use crate::pages;
use crate::problem::Problem;
use crate::request_log;
use crate::request_queue::RequestQueue;
use crate::state::{Reads, State};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::{Data, PathConfig, redirect, scope};
use actix_web::{App, Error};
use anyhow::Context;
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime};
use ledger::engine::directory::Directory;
use ledger::engine::lane::{self, Lanes};
use ledger::engine::pool::Pool;
use ledger::reports::operations::WholeSums;
use ledger::service::store::adoptions;
use observability::{Figures, Listener, Page, manager};
use secrecy::ExposeSecret;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// How long a request may wait for a connection to the database, and a connection for its server.
const POOL_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections of the reads that requests share.
const READ_CONNECTIONS: usize = 4;

/// How many bytes of bodies are read or worked on at once.
const BODIES_MAX: usize = 32 * 1024 * 1024;

/// How many files of bank statements come and are read at once.
const FILES_MAX: usize = 4;

/// Files of evidence that may come at once.
const UPLOADS_MAX: usize = 8;

/// How many lanes write at once.
const LANE_CONNECTIONS: usize = 8;

/// Connections besides those of `COMMONPURSE_POOL_SIZE`: of the lanes, of the shared reads, and the one that health has.
pub(crate) const OTHER_CONNECTIONS: u32 = (LANE_CONNECTIONS + READ_CONNECTIONS + 1) as u32;

/// What the pages under `/docs` may load and call: this service and nothing else. Swagger UI sets styles in its elements, and its
/// signs are pictures in its style sheet.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How often the clock of the database is compared with ours.
const CLOCKS_EVERY: Duration = Duration::from_secs(60);

/// How long requests that are running may take after the signal to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 20;

/// The application: routes behind the gate behind the edge.
pub fn app(
    state: Data<State>,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>,
> {
    let paths = PathConfig::default().error_handler(|error, _| {
        Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", format!("no such thing: {error}")).into()
    });
    let contracts = ["/openapi.json", "/openapi/partner.json", "/openapi/public.json"];
    let (app, _) = App::new().into_utoipa_app().configure(crate::configure).split_for_parts();
    app.app_data(state)
        .app_data(paths)
        .configure(pages::routes)
        .service(redirect("/docs", "/docs/"))
        .service(
            scope("/docs")
                .wrap(DefaultHeaders::new().add((CONTENT_SECURITY_POLICY, DOCS_POLICY)))
                .service(SwaggerUi::new("/{_:.*}").config(Config::new(contracts))),
        )
        .wrap(from_fn(gate))
        .wrap(TracingLogger::<Spans>::new())
        .wrap(from_fn(edge))
}

/// Connections to the database as the service.
fn pool(url: &str, name: &'static str, size: usize) -> anyhow::Result<Pool> {
    Ok(Pool::named(name, pool_of(migrations::service_access(url, "commonpurse-api")?, size)?))
}

/// The connections of the lanes, whose statements are planned once.
fn lane_pool(url: &str) -> anyhow::Result<Pool> {
    let access = migrations::service_access(url, "commonpurse-lanes")?.with(lane::options);
    Ok(Pool::named("lanes", pool_of(access, LANE_CONNECTIONS)?))
}

pub(crate) fn pool_of(access: migrations::Access, size: usize) -> anyhow::Result<deadpool_postgres::Pool> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(access.config, access.tls, recycling);
    let pool = deadpool_postgres::Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(POOL_TIMEOUT))
        .create_timeout(Some(POOL_TIMEOUT))
        .recycle_timeout(Some(POOL_TIMEOUT))
        .build()?;
    Ok(pool)
}

/// The state of a process. `address` is the public URL when none is set.
pub fn state(config: ServeConfig, address: &str) -> anyhow::Result<State> {
    let url = config.database.url()?;
    let issuer = config.public_url.as_ref().map_or(address, |url| url.as_str());
    let pool_of = |name, size| pool(url.expose_secret(), name, size);
    let size = usize::from(config.pool_size);
    let vault = config.vault()?;
    if vault.is_empty() && config.second_factor_demanded() == Demanded::Always {
        tracing::warn!("a second factor is asked of everybody, and nobody can begin one: set COMMONPURSE_BANK_KEY_DIR");
    }
    Ok(State {
        reads: Reads::new(&pool_of("reads", READ_CONNECTIONS)?),
        pool: pool_of("requests", size)?,
        places: Shares::new(size),
        in_work: Shares::new(config.requests.into()),
        health: pool_of("health", 1)?,
        bodies: Shares::new(BODIES_MAX),
        files: Semaphore::new(FILES_MAX),
        uploads: Semaphore::new(UPLOADS_MAX),
        lanes: Lanes::with_patience(lane_pool(url.expose_secret())?, config.patience()),
        directory: Directory::default(),
        whole_sums: WholeSums::default(),
        keys: Keys::new(&config.signing_keys()?, issuer)?,
        declines: Declines::default(),
        day_totals: DayTotals::default(),
        limits: Limits::new(config.rate_per_second, config.guesses_per_minute),
        requests: RequestQueue::default(),
        webhook_secrets: config.webhooks.secrets()?,
        vault,
        identity_providers: IdentityProviders::new(&config.identity_providers)?,
        config: Arc::new(config),
    })
}

/// Serves until `shutdown` is done, then lets running requests finish. Prints the address once it takes requests.
pub async fn serve(config: ServeConfig, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    config.check()?;
    let listener = TcpListener::bind(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    let access = migrations::service_access(config.database.url()?.expose_secret(), "commonpurse-api")?;
    let client = migrations::connect(&access).await?;
    migrations::check_service(&client).await?;
    let metrics_listen = config.metrics_listen;
    // What is made before counts into nothing.
    let figures = Figures::of_process();
    figures::describe();
    let state = Data::new(state(config, &address)?);
    state.vitals().compared_clocks(migrations::read_clock(&client).await?.certain_ms());
    drop(client);
    if !adoptions::holds(&state.pool.get().await?).await? {
        tracing::warn!("this database is a restored copy: no job is done until `commonpurse adopt` is run");
    }

    let server = connections::server(state.clone(), listener)?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    let shown = state.clone();
    let page = Page::new(figures.clone(), move || figures::measure(&shown));
    let listener = metrics_listen.map(|address| Listener::start(address, page)).transpose()?;
    let upkeep = tokio::spawn(upkeep(state.clone()));
    let log = tokio::spawn(request_log::write(state.clone()));
    let read = tokio::spawn(figures::run(state.clone(), figures));
    tracing::info!(address, "listening on {address}");
    println!("listening on {address}");
    let alive = manager::ready();

    shutdown.await;
    tracing::info!("stopping; running requests may finish");
    manager::stopping();
    handle.stop(true).await;
    upkeep.abort();
    read.abort();
    running.await??;
    state.requests.stop();
    log.await?;
    if let Some(listener) = listener {
        listener.stop().await?;
    }
    alive.abort();
    Ok(())
}

/// What is done now and then.
async fn upkeep(state: Data<State>) {
    let mut every = tokio::time::interval(Duration::from_secs(30));
    let mut clocks = tokio::time::interval(CLOCKS_EVERY);
    loop {
        tokio::select! {
            _ = every.tick() => state.limits.forget_the_quiet(),
            _ = clocks.tick() => {
                if let Err(error) = compare_clocks(&state).await {
                    tracing::warn!(%error, "the clocks cannot be compared");
                }
            }
        }
    }
}

async fn compare_clocks(state: &State) -> anyhow::Result<()> {
    let client = state.pool.get().await?;
    let reading = migrations::read_clock(&client).await?;
    state.vitals().compared_clocks(reading.certain_ms());
    Ok(())
}

mod bare;
mod connections;
#[cfg(test)]
mod tests;
