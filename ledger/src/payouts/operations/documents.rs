//! Documents beside payouts: put there by the payee or the host, as links with their digests.

use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::evidence::{Digest, Evidence, EvidenceKind};
use crate::id::{PayoutId, PersonId};
use crate::payouts::rules::document::{DOCUMENTS_MAX, Document, DocumentKind};
use crate::payouts::store::{documents, payouts};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A document that is put beside a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// The payout.
    pub payout: PayoutId,
    /// What it is.
    pub kind: DocumentKind,
    /// What it is called.
    pub title: String,
    /// Where it stands.
    pub url: String,
    /// Of what stands there.
    pub sha256: Digest,
}

/// Puts a document beside a payout. The same bytes twice are one document.
///
/// # Errors
///
/// `too-many-documents`; [`Error::Invalid`] at `/title` or `/url`; [`Error::NotFound`] for an unknown payout.
pub async fn add(tx: &Transaction<'_>, new: NewDocument, by: PersonId, wall: Timestamp) -> Result<Document, Error> {
    let book = books::get(tx, new.payout.book).await?;
    payouts::lock(tx, new.payout).await?;
    let piece = Evidence::new("", EvidenceKind::Other, new.title, new.url, new.sha256, None)?;
    let known = documents::list(tx, new.payout).await?;
    if let Some(same) = known.iter().find(|known| known.piece.sha256() == piece.sha256()) {
        return Ok(same.clone());
    }
    let last = known.last().map_or(0, |last| last.number);
    if last >= DOCUMENTS_MAX {
        let detail = format!("the payout has {DOCUMENTS_MAX} documents: put the others behind one link");
        return Err(Refusal::new("too-many-documents", detail).into());
    }
    let (number, now) = (last + 1, book.now(wall));
    let document = Document { payout: new.payout, number, kind: new.kind, piece, added_by: by, added_at: now };
    documents::insert(tx, &document).await?;
    let done = Done::new(&document.payout, "document_added", Actor::Person(by));
    activity::record(tx, book.id, done, now).await?;
    Ok(document)
}
