//! Pledges, charges and refunds that go through a custodian whose money is frozen: they wait, and go on after the release.
//!
//! That they wait is decided by the freeze itself, whenever somebody looks (`held_by`). A job looks at all of them, a page at a
//! time: at the freeze so that donors are told, at the release so that what was due goes on.

use super::held::{deadline, held_by};
use super::present::lock_present;
use super::{commitments, return_times};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{ChargeId, CustodianFreezeId, OrganisationId, PledgeId};
use crate::pledging::rules::charge::{Charge, REPORT_DAYS, State};
use crate::pledging::rules::custodian_hold::{GoesOn, goes_on};
use crate::pledging::rules::pledge::{Pledge, Rail};
use crate::pledging::store::custodian_holds::{self as store, Custodian};
use crate::pledging::store::{campaigns, charges};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use crate::treasury::rules::custodian::Freeze;
use crate::treasury::store::custodians;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// So many refunds, or items of suspense, are taken up by one statement.
const PAGE: i64 = 500;

/// Which pledges and refunds a custodian has to do with.
fn custodian(book: &Book, freeze: &Freeze) -> Custodian {
    Custodian { organisation: freeze.custodian, is_host: freeze.custodian == book.organisation }
}

/// The active pledges that a custodian collects, a page after one.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown freeze.
pub async fn page(
    client: &impl GenericClient,
    id: CustodianFreezeId,
    after: Option<PledgeId>,
    limit: i64,
) -> Result<Vec<PledgeId>, Error> {
    let (book, freeze) = (books::get(client, id.book).await?, custodians::get(client, id).await?);
    let after = after.map_or(Uuid::nil(), |pledge| pledge.object);
    store::list_active(client, book.id, custodian(&book, &freeze), after, limit).await
}

/// How many active pledges a custodian collects: while it is frozen, so many wait.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn count(client: &impl GenericClient, book: &Book, organisation: OrganisationId) -> Result<i64, Error> {
    let custodian = Custodian { organisation, is_host: organisation == book.organisation };
    store::count_active(client, book.id, custodian).await
}

/// Looks at one pledge. While its custodian is frozen its donor is told, once; after the release what was due goes on.
///
/// # Errors
///
/// As [`lock_present`].
pub async fn look(tx: &Transaction<'_>, id: CustodianFreezeId, pledge: PledgeId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let now = book.now(wall);
    let pledge = lock_present(tx, &book, pledge, now, wall).await?;
    if !pledge.state.is_active() {
        return Ok(());
    }
    match held_by(tx, &book, (pledge.rail, pledge.partner)).await? {
        Some(freeze) => {
            let job = Job::SendHoldNotice { pledge: pledge.id, freeze: freeze.id };
            let dedupe = format!("{}-{}", pledge.id, freeze.id);
            jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe, job }).await?;
            Ok(())
        }
        None => go_on(tx, &book, id, &pledge, wall).await,
    }
}

/// The custodian of a pledge is free again.
async fn go_on(
    tx: &Transaction<'_>,
    book: &Book,
    id: CustodianFreezeId,
    pledge: &Pledge,
    wall: Timestamp,
) -> Result<(), Error> {
    let (now, today) = (book.now(wall), book.today(wall));
    let is_due = pledge.schedule.due_date(pledge.next_sequence).is_some_and(|due| due <= today);
    let retried = charges::lock_retried(tx, pledge.id).await?;
    let last = retried.last().and_then(retry);
    let enqueue = async |what: String, due_at: Timestamp, job: Job| {
        let dedupe = format!("{what}-{}-{}", id.object, due_at.as_second());
        jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await
    };
    match (goes_on(is_due, last.is_some_and(|(.., day)| day <= today)), last) {
        (GoesOn::Latest, _) => {
            for charge in retried {
                let given_up = Charge { state: charge.state.clone().give_up(), ..charge };
                charges::update(tx, &commitments::give_up(tx, book, given_up, now, wall).await?).await?;
            }
            let sequence = pledge.next_sequence;
            let job = Job::ChargePledge { pledge: pledge.id, sequence };
            enqueue(format!("{}-{sequence}", pledge.id), now, job).await?;
        }
        (GoesOn::Retry, Some((charge, attempt, _))) => {
            enqueue(format!("{charge}-{attempt}"), now, Job::RetryCharge { charge, attempt }).await?;
        }
        (GoesOn::Retry | GoesOn::Nothing, _) => {}
    }
    if let Some(charge) = charges::lock_last(tx, pledge.id).await?
        && let (Rail::Partner, State::Processing { until, .. }) = (charge.rail, &charge.state)
        && let Some(end) = deadline(tx, book, (charge.rail, charge.partner), (REPORT_DAYS, *until)).await?
    {
        let job = Job::ChargePledge { pledge: pledge.id, sequence: charge.sequence };
        enqueue(format!("{}-report", charge.id), end.max(now), job).await?;
    }
    Ok(())
}

/// The next attempt of a declined charge, and the day of it.
fn retry(charge: &Charge) -> Option<(ChargeId, i32, Date)> {
    if let State::Declined { retry_on: Some(day), attempt, .. } = &charge.state {
        return Some((charge.id, attempt + 1, *day));
    }
    None
}

/// A page is done: the next one is another job. After the first one of a release refunds go on, money in suspense, and campaigns
/// that give back what had not arrived.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown freeze.
pub async fn turn(
    tx: &Transaction<'_>,
    id: CustodianFreezeId,
    (after, next): (Option<PledgeId>, Option<PledgeId>),
    wall: Timestamp,
) -> Result<(), Error> {
    let (book, freeze) = (books::get(tx, id.book).await?, custodians::get(tx, id).await?);
    if after.is_none() && freeze.released_at.is_some() {
        resume_refunds(tx, &book, &freeze, wall).await?;
        resume_suspense(tx, &book, &freeze, wall).await?;
        resume_returns(tx, &book, &freeze, wall).await?;
    }
    let Some(next) = next else { return Ok(()) };
    let dedupe = format!("{id}-{}-{}", freeze.released_at.is_some(), next.object);
    let job = Job::AdvanceCustodianFreeze { freeze: id, after: Some(next) };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    Ok(())
}

async fn resume_refunds(tx: &Transaction<'_>, book: &Book, freeze: &Freeze, wall: Timestamp) -> Result<(), Error> {
    let mut after = Uuid::nil();
    loop {
        let page = store::list_refunds(tx, book.id, custodian(book, freeze), after, PAGE).await?;
        for refund in &page {
            let (dedupe, job) = (format!("{refund}-{}", freeze.id.object), Job::SendRefund { refund: *refund });
            jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
        }
        match page.last().filter(|_| i64::try_from(page.len()) == Ok(PAGE)) {
            Some(last) => after = last.object,
            None => return Ok(()),
        }
    }
}

/// Nobody could say whose payment it is while it did not arrive: that goes on for the days that were left.
async fn resume_suspense(tx: &Transaction<'_>, book: &Book, freeze: &Freeze, wall: Timestamp) -> Result<(), Error> {
    let mut after = Uuid::nil();
    loop {
        let page = store::list_suspense(tx, book.id, freeze.custodian, after, PAGE).await?;
        for item in &page {
            let (dedupe, job) = (format!("{item}-{}", freeze.id.object), Job::ReturnSuspense { item: *item });
            jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
        }
        match page.last().filter(|_| i64::try_from(page.len()) == Ok(PAGE)) {
            Some(last) => after = last.object,
            None => return Ok(()),
        }
    }
}

/// What had not arrived does now; an hour later it can go back.
async fn resume_returns(tx: &Transaction<'_>, book: &Book, freeze: &Freeze, wall: Timestamp) -> Result<(), Error> {
    let at = book.now(wall).saturating_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX);
    for id in store::campaigns_with(tx, book.id, freeze.custodian).await? {
        if let Some(from) = return_times::gives_back_from(tx, &campaigns::get(tx, id).await?).await? {
            return_times::enqueue_return(tx, book, id, None, from.max(at)).await?;
        }
    }
    Ok(())
}
