//! Fetches: asked for by a person, done by the worker, ended once.

use crate::calendar::to_microseconds;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::fetching::rules::fetch::{self, Fetch, Outcome};
use crate::fetching::store::fetches;
use crate::id::{EvidenceFetchId, PersonId};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Has an address fetched and hashed, by a job at once.
///
/// # Errors
///
/// [`Error::Invalid`] at `/url`.
pub async fn ask(
    tx: &Transaction<'_>,
    book: &Book,
    url: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Fetch, Error> {
    fetch::check(&url, book.mode)?;
    let asked = Fetch {
        id: EvidenceFetchId::generate(book.id),
        asked_by: by,
        url,
        asked_at: to_microseconds(wall),
        outcome: None,
    };
    fetches::insert(tx, &asked).await?;
    let job = Job::FetchEvidence { fetch: asked.id };
    let new = NewJob { book: book.id, due_at: book.now(wall), dedupe: asked.id.to_string(), job };
    jobs::enqueue(tx, &new).await?;
    Ok(asked)
}

/// Writes down how a fetch ended; one that has ended already, or is gone, stays as it is.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn end(tx: &Transaction<'_>, id: EvidenceFetchId, how: &Outcome, wall: Timestamp) -> Result<(), Error> {
    let Some(found) = fetches::lock(tx, id).await? else { return Ok(()) };
    match found.end(how.clone(), to_microseconds(wall)) {
        Some(ended) => fetches::update(tx, &ended).await,
        None => Ok(()),
    }
}
