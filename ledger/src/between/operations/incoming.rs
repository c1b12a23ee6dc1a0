//! What another cooperative sends: accepted or declined, and received.

use super::remittances::day_of;
use crate::between::rules::remittance::{Incoming, IncomingState, Moved};
use crate::between::store::incoming;
use crate::books::operations::accounts;
use crate::cooperatives::operations::members::lock;
use crate::engine::posting;
use crate::engine::store::books;
use crate::error::Error;
use crate::id::{IncomingRemittanceId, PersonId};
use crate::service::change::check_text;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// Accepts it: due from the other book → the fund that it is for. A job tells the other book.
///
/// # Errors
///
/// `remittance-state`, `remittance-late`; what [`posting::post`] refuses. [`Error::NotFound`] for an unknown one.
pub async fn accept(
    tx: &Transaction<'_>,
    id: IncomingRemittanceId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Incoming, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let it = incoming::get(tx, id, book.currency).await?;
    let now = book.now(wall);
    it.check_answer(now)?;
    let from = books::get(tx, it.from_book).await?;
    let due_from = accounts::ensure(tx, &book, &chart::due_from(from.reference()), book.currency, wall).await?;
    let fund = accounts::ensure(tx, &book, &it.to_fund.account(), book.currency, wall).await?;
    let entry = movements::inter_book_mirrored(due_from, fund, it.amount, book.today(wall), id);
    let entry = Some(posting::post(tx, &book, entry, wall).await?.number);
    let state = IncomingState::Accepted;
    let it = Incoming { state, answered_by: Some(by), answered_at: Some(now), entry, ..it };
    answer(tx, &it, Actor::Person(by), now).await
}

/// Declines it, for a reason that the other book reads.
///
/// # Errors
///
/// `remittance-state`, `remittance-late`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown one.
pub async fn decline(
    tx: &Transaction<'_>,
    id: IncomingRemittanceId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Incoming, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let (book, _) = lock(tx, id.book).await?;
    let it = incoming::get(tx, id, book.currency).await?;
    let now = book.now(wall);
    it.check_answer(now)?;
    let state = IncomingState::Declined;
    let it = Incoming { state, answered_by: Some(by), answered_at: Some(now), reason, ..it };
    answer(tx, &it, Actor::Person(by), now).await
}

/// Saves an answer, with the job that tells the book that sent it.
async fn answer(tx: &Transaction<'_>, it: &Incoming, actor: Actor, now: Timestamp) -> Result<Incoming, Error> {
    let saved = incoming::update(tx, it).await?;
    let (dedupe, job) = (format!("{}.answered", it.id), Job::AnswerRemittance { incoming: it.id });
    jobs::enqueue(tx, &NewJob { book: it.id.book, due_at: now, dedupe, job }).await?;
    let done = Done::new(&it.id, it.state.as_str(), actor).because(&it.reason);
    activity::record(tx, it.id.book, done, now).await?;
    Ok(saved)
}

/// Declines an offer that nobody answered in time, as of the moment at which it was late. Writes to the book that receives only; done twice, it is
/// done once.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown one.
pub async fn lapse(tx: &Transaction<'_>, id: IncomingRemittanceId, wall: Timestamp) -> Result<Incoming, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let it = incoming::get(tx, id, book.currency).await?;
    if it.state != IncomingState::Offered || book.now(wall) < it.until {
        return Ok(it);
    }
    let (answered_at, reason) = (Some(it.until), "nobody answered in time".to_owned());
    let it = Incoming { state: IncomingState::Declined, answered_at, reason, ..it };
    let saved = incoming::update(tx, &it).await?;
    let done = Done::new(&it.id, it.state.as_str(), Actor::Service).because(&it.reason);
    activity::record(tx, id.book, done, it.until).await?;
    Ok(saved)
}

/// Says that its money came: the cooperative's own cash → due from the other book. A line of the bank that says so is explained by that entry.
///
/// # Errors
///
/// `remittance-state`, `already-paid`; what [`posting::post`] refuses. [`Error::Invalid`] at `/on`; [`Error::NotFound`] for an unknown one.
pub async fn receive(
    tx: &Transaction<'_>,
    id: IncomingRemittanceId,
    on: Option<Date>,
    by: PersonId,
    wall: Timestamp,
) -> Result<Incoming, Error> {
    let (book, _) = lock(tx, id.book).await?;
    let it = incoming::get(tx, id, book.currency).await?;
    it.check_receipt()?;
    let on = day_of(&book, on, wall)?;
    let from = books::get(tx, it.from_book).await?;
    let due_from = accounts::ensure(tx, &book, &chart::due_from(from.reference()), book.currency, wall).await?;
    let cash = accounts::ensure(tx, &book, &chart::cash_at(book.organisation), book.currency, wall).await?;
    let entry = movements::inter_book_received(cash, due_from, it.amount, on, id);
    let entry = posting::post(tx, &book, entry, wall).await?.number;
    let saved = incoming::update(tx, &Incoming { received: Some(Moved { entry, on }), ..it }).await?;
    activity::record(tx, id.book, Done::new(&id, "received", Actor::Person(by)), book.now(wall)).await?;
    Ok(saved)
}
