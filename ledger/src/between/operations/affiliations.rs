//! Who is of a federation: invited by it, answered by the cooperative, and ended by either.

use super::remittances::another;
use crate::between::rules::affiliation::{AFFILIATIONS_MAX, ANSWER_DAYS, Affiliation, AffiliationState};
use crate::between::store::affiliations;
use crate::calendar::later;
use crate::cooperatives::operations::members::lock;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{AffiliationId, BookId, BookRef, PersonId};
use crate::service::change::check_text;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Asks a cooperative to be of a federation. It waits for the owners and approvers of that one, for [`ANSWER_DAYS`].
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
    // What lapsed by now keeps no place, though the worker has not come to it.
    let now = book.now(wall);
    let mut open = Vec::new();
    for it in affiliations::open(tx, book.id).await? {
        let (was, it) = (it.state, it.at(now));
        if it.state == was {
            open.push(it);
        } else {
            save(tx, it, Actor::Service, now).await?;
        }
    }
    if let Some(other) = open.iter().find(|other| other.of_book == member.id) {
        let detail = format!("{} is {} of it already, by {}", member.reference(), other.state, other.id);
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
        invited_at: now,
        until: later(now, ANSWER_DAYS),
        answered: None,
        joined_on: None,
        left_on: None,
        ended: None,
        reason: String::new(),
        version: 1,
    };
    affiliations::insert(tx, &invited).await?;
    let job = Job::LapseAffiliation { affiliation: invited.id };
    let dedupe = invited.id.to_string();
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: invited.until, dedupe, job }).await?;
    activity::record(tx, book.id, Done::new(&invited.id, "invited", Actor::Person(by)), now).await?;
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
    save(tx, it.accept(by, now, today)?, Actor::Person(by), now).await
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
    save(tx, it.decline(by, now, reason)?, Actor::Person(by), now).await
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
        | AffiliationState::Withdrawn
        | AffiliationState::Lapsed => it.end(by, now, today, reason)?,
    };
    save(tx, ended, Actor::Person(by), now).await
}

/// The worker, at the moment until which an invitation can be answered. Done twice, it is done once.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown one.
pub async fn lapse(tx: &Transaction<'_>, id: AffiliationId, wall: Timestamp) -> Result<Affiliation, Error> {
    let (book, it) = locked(tx, id).await?;
    let (was, now) = (it.state, book.now(wall));
    let it = it.at(now);
    if it.state == was { Ok(it) } else { save(tx, it, Actor::Service, now).await }
}

async fn locked(tx: &Transaction<'_>, id: AffiliationId) -> Result<(Book, Affiliation), Error> {
    let (book, _) = lock(tx, id.book).await?;
    Ok((book, affiliations::get(tx, id).await?))
}

async fn save(tx: &Transaction<'_>, it: Affiliation, by: Actor, now: Timestamp) -> Result<Affiliation, Error> {
    let saved = affiliations::update(tx, &it).await?;
    let done = Done::new(&saved.id, saved.state.as_str(), by).because(&saved.reason);
    activity::record(tx, saved.id.book, done, now).await?;
    Ok(saved)
}
