//! Documents beside payouts: invoices, and what tax offices ask for.

use super::bank_accounts::require_payee;
use super::payout::require_reader;
use crate::auth::Caller;
use crate::evidence_body::{Standing, Stands};
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::who_may::KEEPERS;
use crate::wire::{bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use ledger::document::{Document, DocumentKind, NewDocument};
use ledger::evidence::Digest;
use ledger::id::{PayoutId, PersonId};
use ledger::payouts::operations::documents as operations;
use ledger::payouts::store::{documents, payouts};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A document to be put beside a payout.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayoutDocument {
    /// `invoice`; `tax`: what a tax office asks for; `receipt`: what the payee has paid; or `other`.
    #[schema(pattern = "^(invoice|tax|receipt|other)$", example = "invoice")]
    kind: String,
    /// What it is called, without personal data.
    #[schema(min_length = 1, max_length = 200, example = "Invoice 2031-07")]
    title: String,
    /// Where it stands. It may be left out where a fetch or a file is named.
    #[schema(
        min_length = 8,
        max_length = 2000,
        pattern = "^https?://",
        example = "https://builders.example/invoices/2031-07.pdf"
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

/// A document beside a payout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutDocument)]
pub struct DocumentBody {
    #[schema(value_type = String)]
    payout: PayoutId,
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

impl From<Document<PayoutId>> for DocumentBody {
    fn from(it: Document<PayoutId>) -> DocumentBody {
        DocumentBody {
            payout: it.of,
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

/// The documents beside a payout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutDocuments)]
pub struct DocumentsBody {
    /// All of them, 20 at most, by number.
    documents: Vec<DocumentBody>,
}

/// Puts a document beside a payout, as a link with the SHA-256 of what stands behind it: by the person who is paid, by owners and
/// treasurers of the organisation that is, and by those of the host. The same SHA-256 twice is one document; a payout has 20 at most.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")), request_body = NewPayoutDocument,
    responses((status = 201, description = "It is there, now or before", body = DocumentBody)))]
#[post("/v1/payouts/{id}/documents")]
pub(crate) async fn add_document(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
    request: Keyed<NewPayoutDocument>,
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
        let book = book_of(tx, id.book, "payout").await?;
        let payee = payouts::get(tx, *id).await?.payee;
        if !caller.has_role(tx, book.organisation, KEEPERS).await? {
            require_payee(tx, &caller, payee, KEEPERS, "payout").await?;
        }
        let wall = ledger::calendar::now();
        let added = operations::add(tx, new.clone(), by, wall).await?;
        files.beside_payout(tx, *id, wall).await?;
        Ok(Reply::created(&DocumentBody::from(added)))
    })
    .await
}

/// Lists the documents beside a payout, for whoever reads it.
#[utoipa::path(tag = "payouts", params(("id" = String, Path, description = "The payout")),
    responses((status = 200, description = "All of them", body = DocumentsBody)))]
#[get("/v1/payouts/{id}/documents")]
pub(crate) async fn list_documents(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "payout").await?;
    let payee = payouts::get(&client, *id).await?.payee;
    require_reader(&client, &caller, &book, Some(payee), "payout").await?;
    let found = documents::list(&client, *id).await?;
    Ok(HttpResponse::Ok().json(DocumentsBody { documents: found.into_iter().map(DocumentBody::from).collect() }))
}
