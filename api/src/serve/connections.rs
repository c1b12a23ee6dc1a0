//! The server, and what a connection of it holds.
//!
//! The framework reads whatever has come, up to 128 KiB, and makes requests of all of it before the first is answered: of
//! 128 KiB ten MiB. Here it is given a sip at a time, and nothing while a request is in work that reads no body.

use super::{SHUTDOWN_SECONDS, app, bare};
use crate::limits::turn::Turn;
use crate::state::State;
use actix_http::{HttpService, KeepAlive, Protocol};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::Error;
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use observability::{bound_unread, cut_off_when_stalled};
use std::io::IoSlice;
use std::net::TcpListener;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// After so many bytes the framework looks at what it has read.
const SIP: usize = 4 * 1024;

/// How much of a connection the kernel keeps that nobody has read yet.
const UNREAD_MAX: usize = 64 * 1024;

/// How long a client may take to send the head of a request.
const HEAD_MAX: Duration = Duration::from_secs(5);

/// How long one that is refused in the middle of its body may go on, so that it hears the refusal.
const LINGER: Duration = Duration::from_secs(1);

/// How long a connection may have nothing to do.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Serves the application to whoever connects, on threads of its own.
pub(super) fn server(state: Data<State>, listener: TcpListener) -> std::io::Result<Server> {
    let config = state.config.clone();
    let threads = usize::from(config.http_threads);
    let patience = Duration::from_secs(config.stalled_client_s.into());
    let address = listener.local_addr()?;
    bound_unread(&listener, UNREAD_MAX);
    let builder = Server::build()
        .workers(threads)
        .max_concurrent_connections((config.connections as usize / threads).max(1))
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_SECONDS);
    let stopping = builder.graceful_shutdown_signal();
    let server = builder.listen("requests", listener, move || {
        let stopping = stopping.clone();
        let stopped = move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        };
        let app = app(state.clone()).into_factory().map_err(|error: Error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(stopped)
            .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
            .client_request_timeout(HEAD_MAX)
            .client_disconnect_timeout(LINGER)
            .local_addr(address)
            .on_connect_ext(|sips: &Sips, shared| drop(shared.insert(sips.turn.clone())))
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            cut_off_when_stalled(&stream, patience);
            let peer = stream.peer_addr().ok();
            std::future::ready(Ok((Sips::new(stream), Protocol::Http1, peer)))
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

/// A connection that says after each sip that nothing more has come, and is asked again at once. What the framework answers
/// without a body is written as a problem.
#[derive(Debug)]
struct Sips {
    stream: TcpStream,
    turn: Rc<Turn>,
    /// Bytes that were read one after another, since nothing more had come or was said to have.
    taken: usize,
    problem: Option<Instead>,
}

/// What is written instead of so many bytes.
#[derive(Debug)]
struct Instead {
    of: usize,
    bytes: Vec<u8>,
    written: usize,
}

impl Sips {
    fn new(stream: TcpStream) -> Sips {
        Sips { stream, turn: Rc::default(), taken: 0, problem: None }
    }
}

impl AsyncRead for Sips {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let sips = self.get_mut();
        if !sips.turn.reads(context) {
            return Poll::Pending;
        }
        if sips.taken >= SIP {
            sips.taken = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut sip = ReadBuf::new(buffer.initialize_unfilled_to((SIP - sips.taken).min(buffer.remaining())));
        let read = Pin::new(&mut sips.stream).poll_read(context, &mut sip);
        if read.is_pending() {
            sips.taken = 0;
        }
        ready!(read)?;
        let taken = sip.filled().len();
        buffer.advance(taken);
        sips.taken += taken;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Sips {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let sips = self.get_mut();
        if sips.problem.is_none() {
            let instead = bare::with_problem(bytes);
            sips.problem = instead.map(|instead| Instead { of: bytes.len(), bytes: instead, written: 0 });
        }
        let Some(problem) = &mut sips.problem else {
            return Pin::new(&mut sips.stream).poll_write(context, bytes);
        };
        while let left @ [_, ..] = &problem.bytes[problem.written..] {
            let written = ready!(Pin::new(&mut sips.stream).poll_write(context, left))?;
            if written == 0 {
                return Poll::Ready(Ok(0));
            }
            problem.written += written;
        }
        let of = problem.of;
        sips.problem = None;
        Poll::Ready(Ok(of))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
