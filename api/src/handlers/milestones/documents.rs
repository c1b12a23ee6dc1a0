//! Documents beside claims: invoices, and what tax offices ask for.

use crate::auth::Caller;
use crate::evidence_body::{Standing, Stands};
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::{bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use ledger::document::{Document, DocumentKind, NewDocument};
use ledger::evidence::Digest;
use ledger::id::{ClaimId, PersonId};
use ledger::milestones::operations::claim_documents as operations;
use ledger::milestones::store::claims;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A document to be put beside a claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaimDocument {
    /// `invoice`; `tax`: what a tax office asks for; `receipt`: what the team has paid; or `other`.
    #[schema(pattern = "^(invoice|tax|receipt|other)$", example = "receipt")]
    kind: String,
    /// What it is called, without personal data.
    #[schema(min_length = 1, max_length = 200, example = "Steel for the frame")]
    title: String,
    /// Where it stands. It may be left out where a fetch or a file is named.
    #[schema(
        min_length = 8,
        max_length = 2000,
        pattern = "^https?://",
        example = "https://builders.example/receipts/2031-07.pdf"
    )]
    url: Option<String>,
    /// SHA-256 of what stands there. It may be left out where a fetch or a file is named.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    sha256: Option<String>,
    /// A fetch that the caller asked for in this book: its address and its digest are taken.
    #[schema(min_length = 36, max_length = 36, pattern = "^evf_[a-z2-7]{32}$")]
    fetch: Option<String>,
    /// A file that the caller uploaded for this book: it stands where the service shows it.
    #[schema(min_length = 36, max_length = 36, pattern = "^fil_[a-z2-7]{32}$")]
    file: Option<String>,
}

/// A document beside a claim.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClaimDocument)]
pub struct ClaimDocumentBody {
    #[schema(value_type = String)]
    claim: ClaimId,
    /// From 1.
    number: i32,
    /// `invoice`, `tax`, `receipt` or `other`.
    kind: String,
    title: String,
    url: String,
    #[schema(value_type = String)]
    sha256: Digest,
    #[schema(value_type = String)]
    added_by: PersonId,
    /// By the book's clock.
    added_at: Timestamp,
}

impl From<Document<ClaimId>> for ClaimDocumentBody {
    fn from(it: Document<ClaimId>) -> ClaimDocumentBody {
        ClaimDocumentBody {
            claim: it.of,
            number: it.number,
            kind: it.kind.to_string(),
            title: it.piece.title().to_owned(),
            url: it.piece.url().to_owned(),
            sha256: it.piece.sha256(),
            added_by: it.added_by,
            added_at: it.added_at,
        }
    }
}

/// The documents beside a claim.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClaimDocuments)]
pub struct ClaimDocumentsBody {
    /// All of them, 20 at most, by number.
    documents: Vec<ClaimDocumentBody>,
}

/// Puts a document beside a claim, as a link with the SHA-256 of what stands behind it: by people of the team, and by owners,
/// treasurers, approvers and reviewers of the host, who read it, and auditors. The same SHA-256 twice is one document; a claim has 20 at
/// most.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")), request_body = NewClaimDocument,
    responses((status = 201, description = "It is there, now or before", body = ClaimDocumentBody)))]
#[post("/v1/claims/{id}/documents")]
pub(crate) async fn add_document(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<NewClaimDocument>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let asked = &request.body;
    let kind: DocumentKind = parse("/kind", &asked.kind)?;
    let title = bounded("/title", &asked.title, text::NAME)?;
    let (url, sha256) = (asked.url.as_deref(), asked.sha256.as_deref());
    let given = Standing { url, sha256, fetch: asked.fetch.as_deref(), file: asked.file.as_deref() };
    let Stands { url, sha256, files } = given.resolve(&state, id.book, by, "").await?;
    let new = NewDocument { of: *id, kind, title, url, sha256 };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let wall = ledger::calendar::now();
        let added = operations::add(tx, new.clone(), by, wall).await?;
        files.beside_claim(tx, *id, wall).await?;
        Ok(Reply::created(&ClaimDocumentBody::from(added)))
    })
    .await
}

/// Lists the documents beside a claim, for the people of its team, for owners, treasurers, approvers, reviewers and auditors of the
/// host, and for operators.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")),
    responses((status = 200, description = "All of them", body = ClaimDocumentsBody)))]
#[get("/v1/claims/{id}/documents")]
pub(crate) async fn list_documents(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "claim").await?;
    let team = claims::get(&client, *id).await?.team;
    let found = operations::list(&client, &book, *id, team, by).await?;
    let documents = found.into_iter().map(ClaimDocumentBody::from).collect();
    Ok(HttpResponse::Ok().json(ClaimDocumentsBody { documents }))
}
