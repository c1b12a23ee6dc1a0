//! Documents beside payouts: put there by the payee or the host, as links with their digests.

use crate::document::{Document, NewDocument, Put};
use crate::engine::store::books;
use crate::error::Error;
use crate::id::{PayoutId, PersonId};
use crate::payouts::store::{documents, payouts};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Puts a document beside a payout. The same bytes twice are one document.
///
/// # Errors
///
/// `too-many-documents`; [`Error::Invalid`] at `/title` or `/url`; [`Error::NotFound`] for an unknown payout.
pub async fn add(
    tx: &Transaction<'_>,
    new: NewDocument<PayoutId>,
    by: PersonId,
    wall: Timestamp,
) -> Result<Document<PayoutId>, Error> {
    let book = books::get(tx, new.of.book).await?;
    payouts::lock(tx, new.of).await?;
    let now = book.now(wall);
    let known = documents::list(tx, new.of).await?;
    let document = match new.put(&known, by, now)? {
        Put::Known(same) => return Ok(same),
        Put::New(document) => document,
    };
    documents::insert(tx, &document).await?;
    activity::record(tx, book.id, Done::new(&document.of, "document_added", Actor::Person(by)), now).await?;
    Ok(document)
}
