//! A host announces that it winds a book up, and takes that back while its last day has not ended.
//!
//! The moment counts, not the jobs: whoever would begin something new asks [`Book::takes_new`], and whoever locks a pledge sees it
//! cancelled as of that moment. What becomes of the money is in the room that stands above all that holds some.

use crate::books::rules::wind_up::{WindUp, WindUpState, days};
use crate::books::store::wind_ups;
use crate::calendar::{days_after, to_microseconds};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{PledgeId, WindUpId};
use crate::service::change::{Change, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A book is wound up: after a last day it takes nothing new, and after another day what it holds goes back.
///
/// # Errors
///
/// `wind-up-announced`; [`Error::Invalid`] at `/last_day`, `/return_after` or `/why`; [`Error::NotFound`] for an unknown book.
pub async fn announce(
    tx: &Transaction<'_>,
    book: &Book,
    (last_day, return_after): (Date, Option<Date>),
    change: Change<'_>,
    wall: Timestamp,
) -> Result<WindUp, Error> {
    check_text("/why", change.reason, text::REASON)?;
    let book = books::lock(tx, book.id).await?;
    let now = to_microseconds(book.now(wall));
    let (last_day, return_after) = days(book.day_of(now), last_day, return_after)?;
    let new = WindUp {
        id: WindUpId::generate(book.id),
        announced_at: now,
        last_day,
        from: book.start_of(days_after(last_day, 1)),
        return_after,
        return_from: book.start_of(days_after(return_after, 1)),
        why: change.reason.to_owned(),
        written: WindUpState::Announced,
        ended_at: None,
        version: 1,
    };
    if !wind_ups::insert(tx, &new).await? {
        let detail =
            "the book is wound up already: take that back while its last day has not ended, to name other days";
        return Err(Refusal::new("wind-up-announced", detail).into());
    }
    wind_ups::set_moment(tx, book.id, Some(new.from)).await?;
    let done = Done::new(&new.id, "announced", change.actor).because(change.reason);
    activity::record(tx, book.id, done, now).await?;
    enqueue_pledges(tx, new.id, None, new.from).await?;
    enqueue_lines(tx, new.id, "", new.from).await?;
    Ok(new)
}

/// A wind-up is taken back while its last day has not ended: the book goes on as if nothing had been said.
///
/// # Errors
///
/// `not-winding-up`, `wind-up-begun`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown book.
pub async fn resume(tx: &Transaction<'_>, book: &Book, change: Change<'_>, wall: Timestamp) -> Result<WindUp, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::lock(tx, book.id).await?;
    let now = to_microseconds(book.now(wall));
    let last = wind_ups::last(tx, book.id).await?.filter(|last| last.written != WindUpState::Resumed);
    let standing =
        last.ok_or_else(|| Refusal::new("not-winding-up", "the book is not wound up: nothing is to be taken back"))?;
    standing.resume(now)?;
    let resumed = wind_ups::update_state(tx, standing.id, WindUpState::Resumed, Some(now)).await?;
    wind_ups::set_moment(tx, book.id, None).await?;
    let done = Done::new(&resumed.id, "resumed", change.actor).because(change.reason);
    activity::record(tx, book.id, done, now).await?;
    Ok(resumed)
}

/// All pledges were looked at: the wind-up is in force, unless it was taken back.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown wind-up.
pub async fn come_into_force(tx: &Transaction<'_>, id: WindUpId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let found = wind_ups::lock(tx, id).await?;
    if found.written == WindUpState::Announced && found.state(book.now(wall)) == WindUpState::Winding {
        wind_ups::update_state(tx, id, WindUpState::Winding, None).await?;
    }
    Ok(())
}

/// The job that ends the pledges of a book after one, a page.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn enqueue_pledges(
    tx: &Transaction<'_>,
    id: WindUpId,
    after: Option<PledgeId>,
    due_at: Timestamp,
) -> Result<(), Error> {
    let dedupe = format!("{id}-{}", after.map_or(Uuid::nil(), |pledge| pledge.object));
    let job = Job::EndPledges { wind_up: id, after };
    jobs::enqueue(tx, &NewJob { book: id.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// The job that returns what is due of the lines of a wind-up after an account, a page.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn enqueue_lines(tx: &Transaction<'_>, id: WindUpId, after: &str, due_at: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{id}-{}-{after}", due_at.as_second());
    let job = Job::ReturnLines { wind_up: id, after: after.to_owned() };
    jobs::enqueue(tx, &NewJob { book: id.book, due_at, dedupe, job }).await?;
    Ok(())
}
