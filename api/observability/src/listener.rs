//! The address at which a process shows its figures, and whether it lives.
//!
//! Whoever reaches it reads the figures, so it is for a private network. It holds little even when somebody misuses it: few
//! connections at once, a short time for the head of a request, one request a connection, and no body.

use crate::Figures;
use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorPayloadTooLarge;
use actix_web::http::KeepAlive;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, get};
use actix_web::{App, Error, HttpResponse, HttpResponseBuilder, HttpServer};
use anyhow::Context as _;
use socket2::SockRef;
use std::any::Any;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
#[cfg(target_os = "linux")]
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// The most connections at once; more wait in the kernel until one of these ends.
const CONNECTIONS_MAX: usize = 16;

/// How many connections wait in the kernel.
const BACKLOG: u32 = 64;

/// How long a client may take to send the head of its request.
const HEAD_MAX: Duration = Duration::from_secs(3);

/// How long a client may take nothing of its answer.
const STALLED_MAX: Duration = Duration::from_secs(10);

/// How long requests that are running may take after the word to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 1;

/// An address at which the figures are shown.
#[derive(Debug)]
pub struct Listener {
    server: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
}

/// What is shown.
pub struct Page {
    figures: Figures,
    measure: Box<dyn Fn() + Send + Sync>,
    is_ready: Option<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").field("tells_readiness", &self.is_ready.is_some()).finish_non_exhaustive()
    }
}

impl Page {
    /// Figures at `/metrics`. `measure` is called before each reading, for figures that stand in memory; it must be quick and
    /// ask nobody. `/livez` answers 200 while the process runs.
    pub fn new(figures: Figures, measure: impl Fn() + Send + Sync + 'static) -> Page {
        Page { figures, measure: Box::new(measure), is_ready: None }
    }

    /// The same with `/readyz`: 200 while `is_ready` says so, else 503. It must be as quick as `measure`.
    pub fn with_readiness(self, is_ready: impl Fn() -> bool + Send + Sync + 'static) -> Page {
        Page { is_ready: Some(Box::new(is_ready)), ..self }
    }
}

impl Listener {
    /// Takes the address, says on standard output which one it is, and shows the page there until it is stopped. Port 0
    /// takes a free one.
    ///
    /// # Errors
    ///
    /// When the address cannot be had.
    pub fn start(address: SocketAddr, page: Page) -> anyhow::Result<Listener> {
        let socket = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        let address = format!("http://{}", socket.local_addr()?);
        let page = Data::new(page);
        let server = HttpServer::new(move || app(page.clone()))
            .workers(1)
            .max_connections(CONNECTIONS_MAX)
            .backlog(BACKLOG)
            .keep_alive(KeepAlive::Disabled)
            .client_request_timeout(HEAD_MAX)
            .client_disconnect_timeout(HEAD_MAX)
            .on_connect(|connection, _| cut_off_when_stalled(connection, STALLED_MAX))
            .disable_signals()
            .shutdown_timeout(SHUTDOWN_SECONDS)
            .listen(socket)?
            .run();
        let listener = Listener { server: server.handle(), running: tokio::spawn(server) };
        tracing::info!(address, "figures on {address}");
        println!("figures on {address}");
        Ok(listener)
    }

    /// Takes no more requests, and ends when those that are running are answered.
    ///
    /// # Errors
    ///
    /// When the server has failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.server.stop(true).await;
        Ok(self.running.await??)
    }
}

fn app(
    page: Data<Page>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(page)
        .wrap(from_fn(refuse_bodies))
        .route("/livez", get().to(livez))
        .route("/readyz", get().to(readyz))
        .route("/metrics", get().to(metrics))
}

async fn refuse_bodies(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let headers = request.headers();
    let is_empty = headers.get(CONTENT_LENGTH).is_none_or(|length| length == "0");
    if !is_empty || headers.contains_key(TRANSFER_ENCODING) {
        return Err(ErrorPayloadTooLarge("no body is taken here\n"));
    }
    next.call(request).await
}

async fn livez() -> HttpResponse {
    text(HttpResponse::Ok(), "ok\n")
}

async fn readyz(page: Data<Page>) -> HttpResponse {
    match &page.is_ready {
        Some(is_ready) if is_ready() => text(HttpResponse::Ok(), "ready\n"),
        Some(_) => text(HttpResponse::ServiceUnavailable(), "not ready\n"),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn metrics(page: Data<Page>) -> HttpResponse {
    (page.measure)();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(page.figures.render())
}

fn text(mut response: HttpResponseBuilder, body: &'static str) -> HttpResponse {
    response.content_type("text/plain; charset=utf-8").body(body)
}

/// A client that stops reading, or has gone without a word, must not hold an answer for ever: the kernel gives up when
/// nothing of what was sent has been taken for so long (TCP_USER_TIMEOUT, RFC 5482).
pub fn cut_off_when_stalled(connection: &dyn Any, patience: Duration) {
    #[cfg(target_os = "linux")]
    if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(patience))
    {
        tracing::warn!(%error, "a connection has no deadline for its answers");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (connection, patience);
}

/// What clients have sent and nobody has read yet is kept by the kernel, for each connection up to megabytes: no more than
/// about so many bytes from now on (SO_RCVBUF, which accepted connections take over from who listens).
pub fn bound_unread(listener: &TcpListener, bytes: usize) {
    if let Err(error) = SockRef::from(listener).set_recv_buffer_size(bytes) {
        tracing::warn!(%error, "what clients send ahead is not bounded");
    }
}
