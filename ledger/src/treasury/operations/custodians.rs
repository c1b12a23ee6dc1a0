//! What a custodian holds is frozen, and released.
//!
//! The moment counts, not a job: whoever decides about something that goes through a custodian looks whether it is frozen
//! ([`standing`]). Nothing lapses by a freeze and nothing is forfeited; reports of what happened are taken as ever.

use super::reported::take_up_overdue;
use crate::calendar::to_microseconds;
use crate::chart;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{CustodianFreezeId, OrganisationId};
use crate::parties::store::organisations;
use crate::service::change::{Change, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::rules::custodian::{Freeze, Holding};
use crate::treasury::store::custodians;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Freezes what a custodian holds for a book, from now on: its people are told, and donors whose payments wait.
///
/// # Errors
///
/// `custodian-frozen`; `no-custodian` for an organisation that neither is the host nor has brought, or may bring, money into the
/// book; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown organisation.
pub async fn freeze(
    tx: &Transaction<'_>,
    book: &Book,
    custodian: OrganisationId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Freeze, Error> {
    check_text("/reason", change.reason, text::REASON)?;
    require_custodian(tx, book, custodian).await?;
    let now = to_microseconds(book.now(wall));
    let new = Freeze {
        id: CustodianFreezeId::generate(book.id),
        custodian,
        frozen_at: now,
        released_at: None,
        reason: change.reason.to_owned(),
    };
    if !custodians::insert(tx, &new).await? {
        let detail = "what the custodian holds is frozen already: release it when the money is free again";
        return Err(Refusal::new("custodian-frozen", detail).into());
    }
    activity::record(tx, book.id, Done::new(&new.id, "frozen", change.actor).because(change.reason), now).await?;
    remind(tx, &new, now).await?;
    advance(tx, &new, now).await?;
    Ok(new)
}

/// Releases it: what has waited goes on, as of now.
///
/// # Errors
///
/// `custodian-not-frozen`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown organisation.
pub async fn release(
    tx: &Transaction<'_>,
    book: &Book,
    custodian: OrganisationId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Freeze, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    organisations::find(tx, custodian).await?.ok_or(Error::NotFound("custodian"))?;
    let now = to_microseconds(book.now(wall));
    let released = custodians::update_released(tx, book.id, custodian, now).await?;
    let released = released.ok_or_else(|| {
        Refusal::new("custodian-not-frozen", "what the custodian holds is not frozen: nothing waits for it")
    })?;
    activity::record(tx, book.id, Done::new(&released.id, "released", change.actor).because(change.reason), now)
        .await?;
    advance(tx, &released, now).await?;
    take_up_overdue(tx, book, custodian, wall).await?;
    Ok(released)
}

async fn require_custodian(client: &impl GenericClient, book: &Book, custodian: OrganisationId) -> Result<(), Error> {
    let found = organisations::find(client, custodian).await?.ok_or(Error::NotFound("custodian"))?;
    if custodian == book.organisation
        || books::partner_admitted(client, book.id, custodian).await?
        || custodians::has_captured(client, book.id, custodian).await?
    {
        return Ok(());
    }
    let detail = format!("{} holds nothing for this book and collects nothing for it", found.name);
    Err(Refusal::new("no-custodian", detail).into())
}

async fn advance(tx: &Transaction<'_>, freeze: &Freeze, due_at: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{}-{}", freeze.id, freeze.released_at.is_some());
    let job = Job::AdvanceCustodianFreeze { freeze: freeze.id, after: None };
    jobs::enqueue(tx, &NewJob { book: freeze.id.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// Word to the people of the host that it stands, at a moment.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn remind(tx: &Transaction<'_>, freeze: &Freeze, due_at: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{}-{}", freeze.id, due_at.as_second());
    let job = Job::SendCustodianNotice { freeze: freeze.id };
    jobs::enqueue(tx, &NewJob { book: freeze.id.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// The freeze of a custodian that stands now; none when what it holds is free.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn standing(
    client: &impl GenericClient,
    book: &Book,
    custodian: OrganisationId,
) -> Result<Option<Freeze>, Error> {
    custodians::find_standing(client, book.id, custodian).await
}

/// What a custodian holds for a book, by currency.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn holdings(
    client: &impl GenericClient,
    book: &Book,
    custodian: OrganisationId,
) -> Result<Vec<Holding>, Error> {
    let (cash, in_transit) = (chart::cash_at(custodian).code, chart::refunds_in_transit(custodian).code);
    custodians::holdings(client, book.id, custodian, (&cash, &in_transit)).await
}
