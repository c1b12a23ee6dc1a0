//! The clock of a sandbox book walks: it goes where it is sent by way of each moment at which something falls due, and stays
//! there until that is done. So whatever falls due happens in its order and on its day, however far the clock is sent at once.
//!
//! A step is one transaction under the lock of the book's row, and moves the clock only when nothing is left to do: whoever
//! takes it a second time, or beside somebody else, finds something due, or the clock arrived. A job that was given up holds
//! nobody; one that pauses after a failure does so in book time, and the clock comes by when its pause is over.

use crate::book::Mode;
use crate::calendar::to_microseconds;
use crate::engine::store::books::{self, Book};
use crate::engine::store::checks;
use crate::error::{Error, Refusal};
use crate::id::BookId;
use crate::service::store::jobs::{self, BookWithWork, Stop};
use crate::words::words;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};

/// How far ahead of the wall clock a sandbox clock may be: a century.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 36_525);

words! {
    /// How the clock of a book stands.
    Status, "status" {
        /// It goes with the wall clock, and is not to be ahead of where it is.
        Ready = "ready",
        /// It walks, and stops where something is due.
        Advancing = "advancing",
        /// It is to walk, but its book is frozen: it goes on after the release.
        Frozen = "frozen",
    }
}

/// How the clock of a book stands.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn status(client: &impl GenericClient, book: &Book) -> Result<Status, Error> {
    if book.clock_target.is_none() {
        return Ok(Status::Ready);
    }
    let is_frozen = checks::is_frozen(client, book.id).await?;
    Ok(if is_frozen { Status::Frozen } else { Status::Advancing })
}

/// Sends the clock of a sandbox book to a moment that is not before its present one. While it walks, a later moment sends it
/// further, and an earlier one changes nothing. Where nothing falls due on the way it is there at once.
///
/// # Errors
///
/// `live-clock`, `clock-goes-forward`; [`Error::Invalid`] at `/to`; [`Error::NotFound`] for an unknown book.
pub async fn advance(tx: &Transaction<'_>, book: BookId, to: Timestamp, wall: Timestamp) -> Result<Book, Error> {
    let book = books::lock(tx, book).await?;
    match book.mode {
        Mode::Live => return Err(Refusal::new("live-clock", "the clock of a live book is the wall clock").into()),
        Mode::Sandbox => {}
    }
    if to.duration_since(wall) > AHEAD_MAX {
        return Err(Error::invalid("/to", "a sandbox clock is at most a century ahead"));
    }
    if ahead(to, wall) < book.clock_offset {
        let detail = format!("the book's clock stands at {:.0} and goes forward only", book.now(wall));
        return Err(Refusal::new("clock-goes-forward", detail).into());
    }
    let to = to_microseconds(to);
    let target = book.clock_target.map_or(to, |before| before.max(to));
    let sent = books::set_clock(tx, book.id, book.clock_offset, Some(target)).await?;
    Ok(take_step(tx, &sent, wall).await?.unwrap_or(sent))
}

/// Lets a walking clock go to its next stop, when nothing is left to do where it stands; answers the book if it has moved, or
/// has arrived.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown book.
pub async fn step(tx: &Transaction<'_>, book: BookId, wall: Timestamp) -> Result<Option<Book>, Error> {
    let book = books::lock(tx, book).await?;
    take_step(tx, &book, wall).await
}

/// What a step would do to the clock of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prospect {
    /// Move it, or let it arrive.
    Goes,
    /// Nothing yet: something is due where it stands, or being done.
    Waits,
    /// Nothing: it is not on its way, or its book is frozen.
    Rests,
}

/// What a step would do to the clock of a book, as far as one sees without its lock.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown book.
pub async fn prospect(client: &impl GenericClient, book: BookId, wall: Timestamp) -> Result<Prospect, Error> {
    let book = books::get(client, book).await?;
    if book.clock_target.is_none() || checks::is_frozen(client, book.id).await? {
        return Ok(Prospect::Rests);
    }
    Ok(match next_stop(client, &book, wall).await? {
        Stop::Here => Prospect::Waits,
        Stop::At(_) | Stop::Nowhere => Prospect::Goes,
    })
}

async fn next_stop(client: &impl GenericClient, book: &Book, wall: Timestamp) -> Result<Stop, Error> {
    jobs::next_stop(client, BookWithWork { book: book.id, offset: book.clock_offset }, wall).await
}

async fn take_step(tx: &Transaction<'_>, book: &Book, wall: Timestamp) -> Result<Option<Book>, Error> {
    let Some(target) = book.clock_target else { return Ok(None) };
    if checks::is_frozen(tx, book.id).await? {
        return Ok(None);
    }
    let next = match next_stop(tx, book, wall).await? {
        Stop::Here => return Ok(None),
        Stop::At(moment) => Some(moment),
        Stop::Nowhere => None,
    };
    let to = next.map_or(target, |next| next.min(target));
    let offset = ahead(to, wall).max(book.clock_offset);
    jobs::shorten_pauses(tx, book.id, book.now(wall), offset - book.clock_offset, wall).await?;
    let now = wall.checked_add(offset).unwrap_or(Timestamp::MAX);
    let has_arrived = target <= now && next.is_none_or(|next| now < next);
    Ok(Some(books::set_clock(tx, book.id, offset, (!has_arrived).then_some(target)).await?))
}

/// How far a clock is ahead that stands at a moment: whole seconds, rounded up, so that the moment has come.
fn ahead(to: Timestamp, wall: Timestamp) -> SignedDuration {
    let offset = to.duration_since(wall);
    SignedDuration::from_secs(offset.as_secs() + i64::from(offset.subsec_nanos() > 0))
}
