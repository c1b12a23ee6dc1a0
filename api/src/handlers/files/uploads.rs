//! Uploaded files.

use crate::auth::Caller;
use crate::extract::{Params, Spool, Spooled};
use crate::handlers::challenges::submissions;
use crate::handlers::milestones::claim_body;
use crate::handlers::payouts::payout::require_reader;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, brought_to};
use crate::wire::parse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deadpool_postgres::{GenericClient, Transaction};
use futures_util::stream::try_unfold;
use jiff::Timestamp;
use ledger::Error;
use ledger::evidence::Digest;
use ledger::files::operations::files::{self as operations, NewFile, Parts};
use ledger::files::rules::file::{FileType, Named, PART_MAX, StoredFile};
use ledger::files::store::files;
use ledger::id::{BookRef, ClaimId, FileId, PayoutId, SubmissionId};
use ledger::milestones::operations::claim_documents;
use ledger::payouts::store::payouts;
use ledger::service::quota::Quota;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read as _;
use utoipa::{IntoParams, ToSchema};

/// The media types that are taken.
const MEDIA_TYPES: &[&str] = &[
    "application/pdf",
    "application/zip",
    "image/jpeg",
    "image/png",
    "model/3mf",
    "model/step",
    "model/stl",
    "text/csv",
    "text/plain",
];

/// Parts that are read ahead of the database.
const AHEAD: usize = 2;

/// By what a copy can be held against the file.
const DIGEST: &str = "Repr-Digest";

/// Whose evidence may name the file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForBook {
    /// The book whose evidence and documents may name it.
    #[param(pattern = "^bok_[a-z2-7]{32}$")]
    book: String,
}

/// An uploaded file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredFile)]
pub struct FileBody {
    #[schema(value_type = String)]
    id: FileId,
    #[schema(value_type = String)]
    content_type: FileType,
    bytes: i64,
    #[schema(value_type = String)]
    sha256: Digest,
    /// When it was uploaded, by the wall clock.
    created_at: Timestamp,
}

impl From<StoredFile> for FileBody {
    fn from(it: StoredFile) -> FileBody {
        FileBody {
            id: it.id,
            content_type: it.content_type,
            bytes: it.bytes,
            sha256: it.sha256,
            created_at: it.created_at,
        }
    }
}

/// Uploads a file, to be named as evidence or as a document by its id, for whoever has nowhere to put it: its bytes as the body, of the
/// media type that they are. The same bytes again are the file that is there. One that nothing names after seven days is deleted. It is
/// for people who read the book, and for those of teams and payees in it. So many a day: see `/problems/quota`.
#[utoipa::path(tag = "evidence", params(ForBook),
    request_body(content((String = "application/pdf"), (String = "application/zip"), (String = "image/jpeg"), (String = "image/png"),
        (String = "model/3mf"), (String = "model/step"), (String = "model/stl"), (String = "text/csv"), (String = "text/plain")),
        description = "The file, byte for byte"),
    responses((status = 201, description = "Taken, now or before", body = FileBody)))]
#[post("/v1/files")]
pub(crate) async fn upload_file(
    state: Data<State>,
    caller: Caller,
    query: Params<ForBook>,
    body: Spool,
) -> Result<HttpResponse, Problem> {
    let content_type: FileType = parse("", body.media_type(MEDIA_TYPES)?)?;
    let by = caller.person()?.id;
    let id: BookRef = parse("/book", &query.0.book)?;
    brought_to(&state.client().await?, &caller, id).await?;
    let _room = state.uploads.try_acquire().map_err(|_| Error::Overloaded)?;
    let limit = usize::from(state.config.file_mib) * 1024 * 1024;
    let Spooled { key, file, bytes, sha256 } = body.read(&state, limit).await?;
    if bytes == 0 {
        return Err(Problem::invalid("", "the file is empty"));
    }
    let new = NewFile { book: id.book, owner: by, content_type, bytes, sha256 };
    idempotent(&state, &key, Scope::Book(id.book), caller.id(), async |tx| {
        Ok(Reply::created(&FileBody::from(keep(tx, &state, &caller, new, file).await?)))
    })
    .await
}

/// Keeps a file that has come; the same bytes again are the file that is there.
pub(crate) async fn keep(
    tx: &Transaction<'_>,
    state: &State,
    caller: &Caller,
    new: NewFile,
    file: File,
) -> Result<StoredFile, Error> {
    let wall = ledger::calendar::now();
    // Others of the same person wait here, so that two uploads of the same bytes are one file.
    caller.take_quota(tx, state.config.quotas, Quota::Files, wall).await?;
    match files::find_same(tx, new.book, new.owner, new.sha256).await? {
        Some(there) => Ok(there),
        None => operations::keep(tx, new, read(file), wall).await,
    }
}

/// Reads a file on another thread, a little ahead of whoever keeps it.
fn read(mut file: File) -> Parts {
    let (sender, parts) = tokio::sync::mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut part = Vec::with_capacity(PART_MAX);
            let read = file.by_ref().take(PART_MAX as u64).read_to_end(&mut part);
            let part = match read {
                Ok(0) => return,
                Ok(_) => Ok(part),
                Err(error) => Err(error.to_string()),
            };
            // Nobody hears it when the request has ended meanwhile.
            if sender.blocking_send(part).is_err() {
                return;
            }
        }
    });
    parts
}

/// The file, for who uploaded it and for who may read something that names it. Others are told that there is none.
async fn readable(client: &impl GenericClient, caller: &Caller, id: FileId) -> Result<StoredFile, Problem> {
    let by = caller.person()?.id;
    let found = files::find(client, id).await?.ok_or(Error::NotFound("file"))?;
    if found.owner == by {
        return Ok(found);
    }
    for (kind, object) in files::uses(client, id).await? {
        let reads = match kind {
            Named::Claim => claim_body::readable(client, caller, ClaimId::new(id.book, object)).await.map(drop),
            Named::Submission => {
                submissions::readable(client, caller, SubmissionId::new(id.book, object)).await.map(drop)
            }
            Named::ClaimDocument => {
                let claim = ClaimId::new(id.book, object);
                let book = book_of(client, id.book, "file").await?;
                let team = ledger::milestones::store::claims::get(client, claim).await?.team;
                claim_documents::list(client, &book, claim, team, by).await.map(drop)
            }
            Named::PayoutDocument => {
                let book = book_of(client, id.book, "file").await?;
                let payee = payouts::get(client, PayoutId::new(id.book, object)).await?.payee;
                require_reader(client, caller, &book, Some(payee), "file").await
            }
        };
        if reads.is_ok() {
            return Ok(found);
        }
    }
    Err(Error::NotFound("file").into())
}

/// Shows what is known of a file, to who uploaded it and to who may read something that names it.
#[utoipa::path(tag = "evidence", params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "The file, without its bytes", body = FileBody)))]
#[get("/v1/files/{id}")]
pub(crate) async fn show_file(state: Data<State>, caller: Caller, id: Path<FileId>) -> Result<HttpResponse, Problem> {
    let found = readable(&state.client().await?, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(FileBody::from(found)))
}

async fn part(state: &State, id: FileId, number: i32) -> Result<Bytes, Problem> {
    let part = files::part(&state.client().await?, id, number).await?;
    Ok(part.ok_or_else(|| Error::inconsistent(format!("{id} has no part {number}")))?.into())
}

/// The bytes of a file, to be kept and not shown: whoever uploaded it decided what stands in it.
#[utoipa::path(tag = "evidence", params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "The bytes",
               headers(("Content-Disposition" = String, description = "The name of the file, such as `attachment; \
                        filename=\"fil_….pdf\"`"),
                       ("Repr-Digest" = String, description = "The SHA-256 of the bytes (RFC 9530): `sha-256=:…:`")),
               content((String = "application/pdf"), (String = "application/zip"), (String = "image/jpeg"), (String = "image/png"),
                       (String = "model/3mf"), (String = "model/step"), (String = "model/stl"), (String = "text/csv"),
                       (String = "text/plain")))))]
#[get("/v1/files/{id}/content")]
pub(crate) async fn file_content(
    state: Data<State>,
    caller: Caller,
    id: Path<FileId>,
) -> Result<HttpResponse, Problem> {
    content(state, &caller, *id, false).await
}

/// The bytes of a file for whoever may read it. Pictures and texts may be shown where a person asks to look at them: nothing in them runs.
pub(crate) async fn content(
    state: Data<State>,
    caller: &Caller,
    id: FileId,
    is_looked_at: bool,
) -> Result<HttpResponse, Problem> {
    let found = readable(&state.client().await?, caller, id).await?;
    let (id, parts, length) = (found.id, found.parts(), u64::try_from(found.bytes).unwrap_or_default());
    // No connection is held while the client takes its time.
    let bytes = try_unfold(1, move |number| {
        let state = state.clone();
        async move {
            if number > parts {
                return Ok::<_, actix_web::Error>(None);
            }
            let part = part(&state, id, number).await?;
            Ok(Some((part, number + 1)))
        }
    });
    let how = if is_looked_at && found.content_type.is_safe_to_show() { "inline" } else { "attachment" };
    let name = format!("{how}; filename=\"{id}.{}\"", found.content_type.extension());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, found.content_type.as_str()))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((DIGEST, format!("sha-256=:{}:", STANDARD.encode(found.sha256.0))))
        .no_chunking(length)
        .streaming(Box::pin(bytes)))
}
