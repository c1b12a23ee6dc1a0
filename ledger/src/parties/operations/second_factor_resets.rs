//! The reset of a second factor, step by step: asked for, agreed to by two operators, objected to or refused, done by the clock.

use super::second_factor_steps::{lock_active, record, tell};
use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId, SessionId};
use crate::parties::rules::second_factor_reset::{Reset, ResetState, SIGN_IN_MAX, nothing};
use crate::parties::store::{people, second_factor_resets as resets, second_factors, sessions};
use crate::service::job::{FactorNews, Job, NewJob};
use crate::service::store::activity::Actor;
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use uuid::Uuid;

/// Asks for a reset: the person has signed in just now, by the link of a mail, and has lost the rest.
///
/// # Errors
///
/// `sign-in-too-old`, `second-factor-none`, `second-factor-reset-asked`.
pub async fn ask(tx: &Transaction<'_>, person: PersonId, session: SessionId, wall: Timestamp) -> Result<Reset, Error> {
    lock_active(tx, person).await?;
    let began = sessions::find_began(tx, session).await?.ok_or(Error::NotFound("session"))?;
    if wall.duration_since(began) > SIGN_IN_MAX {
        let detail = "sign in again by a new link, and ask within 15 minutes after that";
        return Err(Refusal::new("sign-in-too-old", detail).into());
    }
    if let Some(last) = resets::find_last(tx, person).await? {
        last.check_another(wall)?;
    }
    let asked = Reset::ask(person, wall);
    resets::insert(tx, &asked).await?;
    record(tx, person, ("second_factor_reset_asked", Actor::Person(person)), "", wall).await?;
    wake(tx, &asked).await?;
    tell(tx, person, FactorNews::ResetAsked, wall).await?;
    Ok(asked)
}

/// An operator agrees to a reset, as the first or as the second.
///
/// # Errors
///
/// `second-factor-of-your-own`, `second-factor-reset-decided`, `second-factor-reset-none`; [`Error::NotFound`].
pub async fn approve(
    tx: &Transaction<'_>,
    person: PersonId,
    by: PersonId,
    reason: &str,
    wall: Timestamp,
) -> Result<Reset, Error> {
    let approved = lock_last(tx, person).await?.approve(by, wall)?;
    resets::update(tx, &approved).await?;
    record(tx, person, ("second_factor_reset_approved", Actor::Person(by)), reason, wall).await?;
    if approved.state == ResetState::Waiting {
        wake(tx, &approved).await?;
        tell(tx, person, FactorNews::ResetWaits, wall).await?;
    } else {
        tell(tx, person, FactorNews::ResetApproved, wall).await?;
    }
    Ok(approved)
}

/// The person objects to a reset of their factor: nothing comes of it.
///
/// # Errors
///
/// `second-factor-reset-none`.
pub async fn object(tx: &Transaction<'_>, person: PersonId, wall: Timestamp) -> Result<Reset, Error> {
    let ended = lock_last(tx, person).await?.end(ResetState::Objected, wall)?;
    resets::update(tx, &ended).await?;
    record(tx, person, ("second_factor_reset_objected", Actor::Person(person)), "", wall).await?;
    tell(tx, person, FactorNews::ResetEnded, wall).await?;
    Ok(ended)
}

/// An operator refuses a reset: nothing comes of it.
///
/// # Errors
///
/// `second-factor-reset-none`; [`Error::NotFound`].
pub async fn refuse(
    tx: &Transaction<'_>,
    person: PersonId,
    by: PersonId,
    reason: &str,
    wall: Timestamp,
) -> Result<Reset, Error> {
    let ended = lock_last(tx, person).await?.end(ResetState::Refused, wall)?;
    resets::update(tx, &ended).await?;
    record(tx, person, ("second_factor_reset_refused", Actor::Person(by)), reason, wall).await?;
    tell(tx, person, FactorNews::ResetEnded, wall).await?;
    Ok(ended)
}

/// Ends a reset of somebody who has proved the factor, and so has not lost it.
pub(super) async fn end_by_proof(tx: &Transaction<'_>, person: PersonId, wall: Timestamp) -> Result<(), Error> {
    let Some(open) = resets::find_last(tx, person).await?.filter(|it| it.state.is_open()) else {
        return Ok(());
    };
    resets::update(tx, &open.end(ResetState::Objected, wall)?).await?;
    record(tx, person, ("second_factor_reset_objected", Actor::Person(person)), "the factor was proved", wall).await?;
    tell(tx, person, FactorNews::ResetEnded, wall).await
}

/// What the clock of a reset brings: it lapses, or the factor is removed and all sessions of the person end. Before its time, and a second
/// time, nothing.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown person.
pub async fn advance(tx: &Transaction<'_>, person: PersonId, id: Uuid, wall: Timestamp) -> Result<(), Error> {
    people::lock(tx, person).await?.ok_or(Error::NotFound("person"))?;
    let found = resets::find_last(tx, person).await?.filter(|last| last.id == id);
    let Some(fallen) = found.and_then(|it| it.fall_due(wall)) else {
        return Ok(());
    };
    resets::update(tx, &fallen).await?;
    if fallen.state == ResetState::Done {
        second_factors::delete(tx, person).await?;
        sessions::update_all_ended(tx, person, wall).await?;
        record(tx, person, ("second_factor_reset", Actor::Service), "", wall).await?;
        return tell(tx, person, FactorNews::ResetDone, wall).await;
    }
    record(tx, person, ("second_factor_reset_lapsed", Actor::Service), "", wall).await?;
    tell(tx, person, FactorNews::ResetEnded, wall).await
}

/// Locks a person, and answers the reset that they asked for last.
async fn lock_last(tx: &Transaction<'_>, person: PersonId) -> Result<Reset, Error> {
    people::lock(tx, person).await?.ok_or(Error::NotFound("person"))?;
    Ok(resets::find_last(tx, person).await?.ok_or_else(nothing)?)
}

/// Leaves a job for when the reset falls due.
async fn wake(tx: &Transaction<'_>, it: &Reset) -> Result<(), Error> {
    let job = Job::AdvanceSecondFactorReset { person: it.person, reset: it.id };
    let dedupe = format!("{} {}", it.id, it.until);
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at: it.until, dedupe, job }).await?;
    Ok(())
}
