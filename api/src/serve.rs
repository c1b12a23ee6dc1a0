//! Putting it together: the application, its state, and the server that runs until it is told to stop.

use crate::config::ServeConfig;
use crate::edge::{Spans, edge};
use crate::gate::gate;
use crate::keys::Keys;
use crate::problem::Problem;
use crate::rate::Limits;
use crate::state::{Reads, State};
use crate::{contract, who_may};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig, redirect};
use actix_web::{App, Error, HttpServer};
use anyhow::Context;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use ledger::engine::directory::Directory;
use ledger::engine::lane::{self, Lanes};
use ledger::service::store::adoptions;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use std::any::Any;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
#[cfg(target_os = "linux")]
use tokio::net::TcpStream;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// How long a request may wait for a connection to the database, and a connection for its server.
const POOL_TIMEOUT: Duration = Duration::from_secs(5);

/// How many lanes write at once.
pub(crate) const LANE_CONNECTIONS: usize = 8;

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
    let contracts = ["/openapi.json", "/openapi/partner.json"];
    let (app, _) = App::new().into_utoipa_app().configure(crate::configure).split_for_parts();
    app.app_data(state)
        .app_data(paths)
        .service(redirect("/docs", "/docs/"))
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::new(contracts)))
        .wrap(from_fn(gate))
        .wrap(TracingLogger::<Spans>::new())
        .wrap(from_fn(edge))
}

/// Connections to the database as the service.
fn pool(url: &str, size: usize) -> anyhow::Result<Pool> {
    pool_of(migrations::service_access(url, "commonpurse-api")?, size)
}

/// The connections of the lanes, whose statements are planned once.
fn lane_pool(url: &str) -> anyhow::Result<Pool> {
    pool_of(migrations::service_access(url, "commonpurse-lanes")?.with(lane::options), LANE_CONNECTIONS)
}

pub(crate) fn pool_of(access: migrations::Access, size: usize) -> anyhow::Result<Pool> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(access.config, access.tls, recycling);
    let pool = Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(POOL_TIMEOUT))
        .create_timeout(Some(POOL_TIMEOUT))
        .recycle_timeout(Some(POOL_TIMEOUT))
        .build()?;
    Ok(pool)
}

/// The figures of this process; the recorder is installed once.
fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || PrometheusBuilder::new().install_recorder().expect("no other recorder is installed");
    HANDLE.get_or_init(install).clone()
}

/// The state of a process. `address` is the public URL when none is set.
pub fn state(config: ServeConfig, address: &str) -> anyhow::Result<State> {
    let url = config.database.url()?;
    let issuer = config.public_url.as_ref().map_or(address, |url| url.as_str());
    let pool = pool(url.expose_secret(), usize::from(config.pool_size))?;
    Ok(State {
        reads: Reads::new(&pool),
        pool,
        lanes: Lanes::new(lane_pool(url.expose_secret())?),
        directory: Directory::default(),
        keys: Keys::new(&config.signing_key()?, issuer)?,
        metrics: metrics(),
        limits: Limits::new(config.rate_per_second, config.guesses_per_minute),
        config: Arc::new(config),
    })
}

/// Serves until `shutdown` is done, then lets running requests finish. Prints the address once it takes requests.
pub async fn serve(config: ServeConfig, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    config.check()?;
    if let Err(difference) = who_may::compare(&contract::operations()) {
        anyhow::bail!("the routes and the table of who may do what differ:\n{difference}");
    }
    let listener = TcpListener::bind(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    let threads = usize::from(config.http_threads);
    let patience = Duration::from_secs(config.stalled_client_s.into());
    let access = migrations::service_access(config.database.url()?.expose_secret(), "commonpurse-api")?;
    migrations::check_service(&migrations::connect(&access).await?).await?;
    let state = Data::new(state(config, &address)?);
    if !adoptions::holds(&state.pool.get().await?).await? {
        tracing::warn!("this database is a restored copy: no job is done until `commonpurse adopt` is run");
    }

    let shared = state.clone();
    let server = HttpServer::new(move || app(shared.clone()))
        .workers(threads)
        .on_connect(move |connection, _| cut_off_when_stalled(connection, patience))
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .listen(listener)?
        .run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    let upkeep = tokio::spawn(upkeep(state));
    tracing::info!(address, "listening on {address}");
    println!("listening on {address}");

    shutdown.await;
    tracing::info!("stopping; running requests may finish");
    handle.stop(true).await;
    upkeep.abort();
    running.await??;
    Ok(())
}

/// A client that stops reading, or has gone without a word, must not hold an answer for ever: the kernel gives up when
/// nothing of what was sent has been taken for so long (TCP_USER_TIMEOUT, RFC 5482).
fn cut_off_when_stalled(connection: &dyn Any, patience: Duration) {
    #[cfg(target_os = "linux")]
    if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(patience))
    {
        tracing::warn!(%error, "a connection has no deadline for its answers");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (connection, patience);
}

/// What is done now and then.
async fn upkeep(state: Data<State>) {
    let mut every = tokio::time::interval(Duration::from_secs(30));
    loop {
        every.tick().await;
        state.limits.forget_the_quiet();
        state.metrics.run_upkeep();
    }
}

#[cfg(test)]
mod tests;
