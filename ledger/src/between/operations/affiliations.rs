//! Who is of a federation: invited by it, answered by the cooperative, and ended by either.

use super::remittances::another;
use crate::between::rules::affiliation::{AFFILIATIONS_MAX, Affiliation, AffiliationState};
use crate::between::store::affiliations;
use crate::cooperatives::operations::members::lock;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{AffiliationId, BookId, BookRef, PersonId};
use crate::service::change::check_text;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Asks a cooperative to be of a federation.
///
/// # Errors
///
/// `already-affiliated`; `too-many-affiliations` at [`AFFILIATIONS_MAX`]; `not-a-cooperative`. [`Error::Invalid`] at `/member` for a book that is not
/// that of another cooperative in the same world and currency; [`Error::NotFound`] for an unknown book.
pub async fn invite(
    tx: &Transaction<'_>,
    book: BookId,
    member: BookRef,
    by: PersonId,
    wall: Timestamp,
) -> Result<Affiliation, Error> {
    let (book, _) = lock(tx, book).await?;
    let member = another(tx, &book, member, "/member").await?;
    if member.currency != book.currency {
        return Err(Error::invalid(
            "/member",
            format!("the books are kept in {} and {}", book.currency, member.currency),
        ));
    }
    let open = affiliations::open(tx, book.id).await?;
    if let Some(other) = open.iter().find(|other| other.of_book == member.id) {
        let detail = format!("{} is {} of it already, by {}", member.name, other.state, other.id);
        return Err(Refusal::new("already-affiliated", detail).into());
    }
    if open.len() >= AFFILIATIONS_MAX {
        let detail = format!("a federation has {AFFILIATIONS_MAX} cooperatives at most, with those that are invited");
        return Err(Refusal::new("too-many-affiliations", detail).into());
    }
    let invited = Affiliation {
        id: AffiliationId::generate(book.id),
        of_book: member.id,
        state: AffiliationState::Invited,
        invited_by: by,
        invited_at: book.now(wall),
        answered: None,
        joined_on: None,
        left_on: None,
        ended: None,
        reason: String::new(),
        version: 1,
    };
    affiliations::insert(tx, &invited).await?;
    activity::record(tx, book.id, Done::new(&invited.id, "invited", Actor::Person(by)), invited.invited_at).await?;
    Ok(invited)
}

/// The cooperative accepts: it is of the federation from the federation's own day on, and lets those who read the federation's consolidation
/// read its balances by class there.
///
/// # Errors
///
/// `affiliation-state`; [`Error::NotFound`] for an unknown one.
pub async fn accept(
    tx: &Transaction<'_>,
    id: AffiliationId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Affiliation, Error> {
    let (book, it) = locked(tx, id).await?;
    let (now, today) = (book.now(wall), book.today(wall));
    save(tx, it.accept(by, now, today)?, by, now).await
}

/// The cooperative declines, for a reason that the federation reads.
///
/// # Errors
///
/// As [`accept`]; [`Error::Invalid`] at `/reason`.
pub async fn decline(
    tx: &Transaction<'_>,
    id: AffiliationId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Affiliation, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let (book, it) = locked(tx, id).await?;
    let now = book.now(wall);
    save(tx, it.decline(by, now, reason)?, by, now).await
}

/// Ends it, with the federation's own day as its last one; the federation also takes an invitation back so. `federation`: whether `by` speaks for it.
///
/// # Errors
///
/// As [`decline`].
pub async fn end(
    tx: &Transaction<'_>,
    id: AffiliationId,
    reason: String,
    (by, federation): (PersonId, bool),
    wall: Timestamp,
) -> Result<Affiliation, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let (book, it) = locked(tx, id).await?;
    let (now, today) = (book.now(wall), book.today(wall));
    let ended = match it.state {
        AffiliationState::Invited if federation => it.withdraw(by, now, reason)?,
        AffiliationState::Invited
        | AffiliationState::Member
        | AffiliationState::Left
        | AffiliationState::Declined
        | AffiliationState::Withdrawn => it.end(by, now, today, reason)?,
    };
    save(tx, ended, by, now).await
}

async fn locked(tx: &Transaction<'_>, id: AffiliationId) -> Result<(Book, Affiliation), Error> {
    let (book, _) = lock(tx, id.book).await?;
    Ok((book, affiliations::get(tx, id).await?))
}

async fn save(tx: &Transaction<'_>, it: Affiliation, by: PersonId, now: Timestamp) -> Result<Affiliation, Error> {
    let saved = affiliations::update(tx, &it).await?;
    let done = Done::new(&saved.id, saved.state.as_str(), Actor::Person(by)).because(&saved.reason);
    activity::record(tx, saved.id.book, done, now).await?;
    Ok(saved)
}
