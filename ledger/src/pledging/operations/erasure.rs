//! Erasing a donor: whatever says who it is goes, in one transaction; sums and proofs stay under the pseudonym.
//!
//! Running plans end first, as nobody could be told of their charges. Files of mails, and what a mail under way writes meanwhile,
//! are taken away by a job ([`finish`]). Lock order: the donor, so that no pledge of it is placed meanwhile, then its pledges.

use super::pledge_changes;
use crate::engine::store::books;
use crate::error::Error;
use crate::id::{DonorId, PledgeId};
use crate::pledging::rules::donor::Donor;
use crate::pledging::store::{donors, pledges};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A donor who was erased, and what was ended with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The donor, of whom the pseudonym is left.
    pub donor: Donor,
    /// The pledges that ran and were cancelled.
    pub cancelled: Vec<PledgeId>,
}

/// What stays of a donor who was erased, and why; none of it says who it was.
pub const KEPT: &[(&str, &str)] = &[
    ("journal entries", "the book adds up, and its history is never edited: they name charges, not people"),
    ("pledges, charges and changes of plans", "they say what the entries were for, under the pseudonym"),
    ("payment references of the provider", "refunds and disputes are matched by them"),
    ("digests of the partner's references", "the same pledge sent again is known again, and charged once"),
    ("receipts", "they prove what was given: sums and the pseudonym"),
];

/// Erases a donor. One who was erased before stays so, and nothing is cancelled.
///
/// # Errors
///
/// [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown donor.
pub async fn erase(tx: &Transaction<'_>, id: DonorId, change: Change<'_>, wall: Timestamp) -> Result<Erased, Error> {
    let book = books::get(tx, id.book).await?;
    let donor = donors::lock(tx, id).await?;
    if donor.erased_at.is_some() {
        return Ok(Erased { donor, cancelled: Vec::new() });
    }
    let mut cancelled = Vec::new();
    for pledge in pledges::list_running(tx, id).await? {
        if pledge_changes::end(tx, pledge, Change::by_service("its donor was erased"), wall).await? {
            cancelled.push(pledge);
        }
    }
    donors::erase(tx, id, wall).await?;
    activity::record(tx, book.id, Done::new(&id, "erased", change.actor).because(change.reason), book.now(wall))
        .await?;
    let job = Job::EraseMails { donor: id };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe: id.to_string(), job }).await?;
    Ok(Erased { donor: donors::lock(tx, id).await?, cancelled })
}

/// Takes away what was written of an erased donor since, such as by a mail that was under way.
///
/// # Errors
///
/// [`Error::StillRunning`] while a mail to the donor is being sent: try again; [`Error::NotFound`] for an unknown donor, and for one
/// who was not erased.
pub async fn finish(tx: &Transaction<'_>, id: DonorId, wall: Timestamp) -> Result<(), Error> {
    if donors::lock(tx, id).await?.erased_at.is_none() {
        return Err(Error::NotFound("erased donor"));
    }
    if donors::is_being_written_to(tx, id, wall).await? {
        return Err(Error::StillRunning);
    }
    donors::erase(tx, id, wall).await
}
