//! The pledges of a book that is wound up end: as of the moment from which it takes nothing new, whenever somebody looks
//! ([`super::present::lock_present`]); a job looks at all of them, a page at a time, so that donors are told soon.

use super::present::lock_present;
use crate::engine::store::books;
use crate::error::Error;
use crate::id::{BookId, PledgeId};
use crate::pledging::store::endings;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use uuid::Uuid;

/// The pledges of a book that are not over, after one: each to be looked at in a transaction of its own.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn page(
    client: &impl GenericClient,
    book: BookId,
    after: Option<PledgeId>,
    limit: i64,
) -> Result<Vec<PledgeId>, Error> {
    endings::running(client, book, after.map_or(Uuid::nil(), |pledge| pledge.object), limit).await
}

/// Looks at one pledge: what the time has made of it by now comes true, its end with its book's too.
///
/// # Errors
///
/// As [`lock_present`].
pub async fn look(tx: &Transaction<'_>, pledge: PledgeId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, pledge.book).await?;
    lock_present(tx, &book, pledge, book.now(wall), wall).await?;
    Ok(())
}
