//! Versions of the plan of a programme: written, each after the one before.

use super::programmes::{check_account, check_counting};
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::id::{PersonId, ProgrammeId};
use crate::programmes::rules::programme::Programme;
use crate::programmes::rules::revision::{self, NewRevision};
use crate::programmes::store::{programmes, revisions};
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Revises the plan of a programme from a month on, for a reason that its readers read. Months that are over keep what was planned for them.
///
/// # Errors
///
/// `programme-withdrawn`, `programme-by-vote`, `too-many-revisions`, `account-counts-already`, `book-winding-up`; [`Error::Invalid`] for what
/// [`revision::revise`] refuses, at `/reason`, and for accounts that say nothing of what was spent; [`Error::NotFound`] for an unknown programme.
pub async fn revise(
    tx: &Transaction<'_>,
    id: ProgrammeId,
    new: &NewRevision,
    by: PersonId,
    wall: Timestamp,
) -> Result<Programme, Error> {
    check_text("/reason", &new.reason, text::REASON)?;
    // One after the other: what counts for one programme counts for no other.
    let book = books::lock(tx, id.book).await?;
    let programme = programmes::lock(tx, id, book.currency).await?;
    programme.stands()?;
    if programmes::is_voted(tx, id).await? {
        let detail = "members decided on this budget by vote, and no vote revises one: withdraw it, and put another budget to the vote";
        return Err(Refusal::new("programme-by-vote", detail).into());
    }
    let versions = revisions::list(tx, id).await?;
    let last = versions.iter().map(|version| version.at).max();
    let now = book.now(wall).max(last.unwrap_or(programme.opened_at));
    book.takes_new(now)?;
    let revised = revision::revise(&programme, &versions, new, book.day_of(now), (by, now))?;
    for (place, line) in revised.lines.iter().enumerate() {
        check_account(tx, &book, &format!("/lines/{place}/account"), &line.account, false).await?;
    }
    check_counting(tx, book.id, &revised.lines, Some(id)).await?;
    revisions::insert(tx, id, &revised).await?;
    programmes::count(tx, id).await?;
    activity::record(tx, book.id, Done::new(&id, "revised", Actor::Person(by)).because(&new.reason), now).await?;
    programmes::get(tx, id, book.currency).await
}
