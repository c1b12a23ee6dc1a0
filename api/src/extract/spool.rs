//! A body that memory should not hold: it waits in a file without a name, which is gone with whoever reads it.

use super::{Held, Pace, fits, malformed};
use crate::idempotency::{IdempotencyKey, NamedKey};
use crate::limits::shares::Holder;
use crate::limits::turn::Turn;
use crate::problem::Problem;
use crate::state::State;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{BytesMut, Data, block};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use ledger::Error;
use ledger::evidence::Digest;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::future::{Ready, ready};
use std::io::{Seek as _, Write as _};
use std::rc::Rc;
use std::time::Duration;

/// How much of it memory holds at once, in bytes.
pub(super) const AT_ONCE: usize = 256 * 1024;

/// A body that nobody has read yet: whoever may not send it is told so before it comes.
pub struct Spool {
    request: HttpRequest,
    payload: Payload,
    key: NamedKey,
}

/// A body that has come.
#[derive(Debug)]
pub struct Spooled {
    /// The key, bound to this method, path and body.
    pub key: IdempotencyKey,
    /// The body, to be read from its beginning.
    pub file: File,
    /// How many bytes it has.
    pub bytes: i64,
    /// The digest of its bytes.
    pub sha256: Digest,
}

impl FromRequest for Spool {
    type Error = Problem;
    type Future = Ready<Result<Spool, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let spool = |key| Spool { request: request.clone(), payload: payload.take(), key };
        ready(IdempotencyKey::named(request).map(spool))
    }
}

impl Spool {
    /// Which of these media types it says that it is of.
    pub fn media_type(&self, known: &[&'static str]) -> Result<&'static str, Problem> {
        let said = self.request.content_type();
        known.iter().find(|known| said.eq_ignore_ascii_case(known)).copied().ok_or_else(|| {
            let detail = format!("send it with Content-Type: {}", known.join(" or "));
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Another media type", detail)
        })
    }

    /// Reads it to its end, within a limit of bytes and at the least speed of bodies.
    pub async fn read(self, state: &Data<State>, limit: usize) -> Result<Spooled, Problem> {
        let Spool { request, mut payload, key } = self;
        let holder = request.extensions().get::<Holder>().copied();
        let mut share = state.bodies.none(holder.into_iter().collect());
        if !share.grow(AT_ONCE) {
            return Err(Error::Overloaded.into());
        }
        request.extensions_mut().insert(Held(Some(share)));
        let mut pace = Pace::begin(Duration::from_secs(state.config.slow_body_s.into()));
        let mut buffer = BytesMut::with_capacity(AT_ONCE);
        let mut written = new_file().await?;
        let mut length = 0;
        while let Some(chunk) = pace.keep(length, payload.next()).await? {
            let chunk = chunk.map_err(|_| malformed("the body did not arrive whole"))?;
            length = fits(length + chunk.len(), limit)?;
            buffer.extend_from_slice(&chunk);
            if buffer.len() >= AT_ONCE {
                written = write(written, buffer.split()).await?;
            }
        }
        if let Some(turn) = request.conn_data::<Rc<Turn>>() {
            turn.body_has_come();
        }
        let (mut file, hash) = write(written, buffer).await?;
        let sha256 = Digest(hash.finalize().into());
        file.rewind().map_err(|error| no_room(&error))?;
        let key = key.with(format!("\"{sha256}\"").as_bytes());
        Ok(Spooled { key, file, bytes: i64::try_from(length).unwrap_or(i64::MAX), sha256 })
    }
}

/// A file without a name, with the digest of what it holds.
pub(super) async fn new_file() -> Result<(File, Sha256), Problem> {
    on_disk(|| Ok((tempfile::tempfile()?, Sha256::new()))).await
}

pub(super) async fn write((mut file, mut hash): (File, Sha256), bytes: BytesMut) -> Result<(File, Sha256), Problem> {
    on_disk(move || {
        file.write_all(&bytes)?;
        hash.update(&bytes);
        Ok((file, hash))
    })
    .await
}

/// Works on a file, on a thread that may wait for its disk.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, Problem> {
    block(work).await.map_err(|_| Problem::internal())?.map_err(|error| no_room(&error))
}

pub(super) fn no_room(error: &std::io::Error) -> Problem {
    tracing::error!("a body cannot be kept in the directory for temporary files: {error}");
    Problem::internal()
}
