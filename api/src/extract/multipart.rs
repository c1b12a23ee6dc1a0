//! The form of a page that brings files: read once whoever sends it is known to be allowed to, within bounds, each file into one without a
//! name.

use super::spool::{AT_ONCE, new_file, no_room, write};
use super::{Held, Pace, fits, malformed};
use crate::limits::shares::Holder;
use crate::limits::turn::Turn;
use crate::problem::Problem;
use crate::state::State;
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{BytesMut, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use ledger::Error;
use ledger::evidence::Digest;
use sha2::Digest as _;
use std::fs::File;
use std::future::{Ready, ready};
use std::io::Seek as _;
use std::rc::Rc;
use std::time::Duration;

/// The most bytes of all that is no file.
const TEXTS_MAX: usize = 512 * 1024;

/// The most parts of a form.
const PARTS_MAX: usize = 600;

/// The most files of a form.
const FILES_MAX: usize = 10;

/// A form that nobody has read yet: whoever may not send it is told so before it comes.
pub struct FormWithFiles {
    request: HttpRequest,
    payload: Payload,
}

/// What the form has sent.
#[derive(Debug)]
pub struct Sent {
    /// Names with what was typed.
    pub fields: Vec<(String, String)>,
    /// The files that were chosen.
    pub files: Vec<SentFile>,
}

/// A file of a form.
#[derive(Debug)]
pub struct SentFile {
    /// The name of the field.
    pub field: String,
    /// What it is called where it comes from.
    pub name: String,
    /// Its bytes, to be read from their beginning.
    pub file: File,
    /// How many bytes it has.
    pub bytes: i64,
    /// The digest of its bytes.
    pub sha256: Digest,
}

impl FromRequest for FormWithFiles {
    type Error = Problem;
    type Future = Ready<Result<FormWithFiles, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(FormWithFiles { request: request.clone(), payload: payload.take() }))
    }
}

/// How far a form has come.
struct Coming {
    pace: Pace,
    come: usize,
    texts: usize,
    file_max: usize,
}

impl FormWithFiles {
    /// Reads it to its end, at the least speed of bodies, with files of so many bytes at most.
    pub async fn read(self, state: &Data<State>, file_max: usize) -> Result<Sent, Problem> {
        let FormWithFiles { request, payload } = self;
        let holder = request.extensions().get::<Holder>().copied();
        let mut share = state.bodies.none(holder.into_iter().collect());
        if !share.grow(AT_ONCE + TEXTS_MAX) {
            return Err(Error::Overloaded.into());
        }
        request.extensions_mut().insert(Held(Some(share)));
        let pace = Pace::begin(Duration::from_secs(state.config.slow_body_s.into()));
        let mut coming = Coming { pace, come: 0, texts: 0, file_max };
        let mut parts = Multipart::new(request.headers(), payload);
        let (mut sent, mut count) = (Sent { fields: Vec::new(), files: Vec::new() }, 0);
        while let Some(part) = coming.pace.keep(coming.come, parts.next()).await? {
            let part = part.map_err(|error| broken(&error))?;
            count += 1;
            if count > PARTS_MAX || sent.files.len() > FILES_MAX {
                let detail = format!("at most {PARTS_MAX} parts, and {FILES_MAX} files");
                return Err(too_large(detail));
            }
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.content_disposition().and_then(|it| it.get_filename()).map(str::to_owned);
            match file {
                // What was left empty comes as a file without a name.
                Some(file) if file.is_empty() => coming.skip(part).await?,
                Some(file) => sent.files.push(coming.file(part, name, file).await?),
                None => sent.fields.push((name, coming.text(part).await?)),
            }
        }
        if let Some(turn) = request.conn_data::<Rc<Turn>>() {
            turn.body_has_come();
        }
        Ok(sent)
    }
}

impl Coming {
    async fn chunk(&mut self, part: &mut Field) -> Result<Option<actix_web::web::Bytes>, Problem> {
        let chunk = self.pace.keep(self.come, part.next()).await?;
        let chunk = chunk.transpose().map_err(|error| broken(&error))?;
        self.come += chunk.as_ref().map_or(0, actix_web::web::Bytes::len);
        Ok(chunk)
    }

    async fn text(&mut self, mut part: Field) -> Result<String, Problem> {
        let mut text = Vec::new();
        while let Some(chunk) = self.chunk(&mut part).await? {
            self.texts = fits(self.texts + chunk.len(), TEXTS_MAX)?;
            text.extend_from_slice(&chunk);
        }
        String::from_utf8(text).map_err(|_| malformed("a field of the form is no UTF-8"))
    }

    async fn skip(&mut self, mut part: Field) -> Result<(), Problem> {
        while let Some(chunk) = self.chunk(&mut part).await? {
            self.texts = fits(self.texts + chunk.len(), TEXTS_MAX)?;
        }
        Ok(())
    }

    async fn file(&mut self, mut part: Field, field: String, name: String) -> Result<SentFile, Problem> {
        let mut buffer = BytesMut::with_capacity(AT_ONCE);
        let mut written = new_file().await?;
        let mut length = 0;
        while let Some(chunk) = self.chunk(&mut part).await? {
            length = fits(length + chunk.len(), self.file_max)?;
            buffer.extend_from_slice(&chunk);
            if buffer.len() >= AT_ONCE {
                written = write(written, buffer.split()).await?;
            }
        }
        let (mut file, hash) = write(written, buffer).await?;
        file.rewind().map_err(|error| no_room(&error))?;
        let sha256 = Digest(hash.finalize().into());
        Ok(SentFile { field, name, file, bytes: i64::try_from(length).unwrap_or(i64::MAX), sha256 })
    }
}

fn too_large(detail: String) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload-too-large", "The body is too large", detail)
}

fn broken(error: &MultipartError) -> Problem {
    tracing::info!(%error, "a form with files could not be read");
    malformed("the form did not arrive whole")
}
