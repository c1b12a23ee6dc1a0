//! Money that nothing explains, as it comes: posted into suspense, with a day on which it goes back.

use crate::books::operations::accounts;
use crate::calendar::{later, to_microseconds};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{ChargeId, OrganisationId, PledgeId, SuspenseId};
use crate::money::Money;
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::rules::suspense::{Held, SUSPENSE_DAYS, SuspenseItem, SuspenseState};
use crate::pledging::rules::transfer::Transfer;
use crate::pledging::store::suspense;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::treasury::operations::settlements;
use crate::treasury::rules::settlement::Method;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A payment that a partner reports.
#[derive(Debug, Clone, Copy)]
pub struct Came<'a> {
    /// The amount that came.
    pub amount: Money,
    /// How the partner names the event.
    pub event_id: &'a str,
    /// How the partner names the payment.
    pub provider_reference: &'a str,
}

/// Posts money that came at a moment of book time into suspense, with a job for the day when it goes back.
#[expect(clippy::too_many_arguments, reason = "what came, of what, and when")]
pub(super) async fn hold(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    partner: OrganisationId,
    charge: Option<ChargeId>,
    came: Came<'_>,
    at: Timestamp,
    wall: Timestamp,
) -> Result<SuspenseItem, Error> {
    if suspense::is_of_charge(tx, book.id, partner, came.provider_reference).await? {
        return Err(Refusal::new("reference-taken", "a charge has this payment").into());
    }
    let (on, now, currency) = (book.day_of(at), to_microseconds(book.now(wall)), came.amount.currency());
    let settlement = settlements::open(tx, book, partner, (currency, pledge.method), on, wall).await?;
    let account = chart::suspense(partner).in_currency(currency, book.currency);
    let account = accounts::ensure(tx, book, &account, currency, wall).await?;
    let id = SuspenseId::generate(book.id);
    let entry = movements::suspense_received(settlement.receivable, account, came.amount, on, id);
    let until = later(now, SUSPENSE_DAYS);
    let item = SuspenseItem {
        id,
        pledge: Some(pledge.id),
        charge,
        line: None,
        why: Held::Reported,
        partner,
        amount: came.amount,
        method: pledge.method,
        settlement: Some(settlement.id),
        received_on: on,
        event_id: came.event_id.to_owned(),
        provider_reference: came.provider_reference.to_owned(),
        entry: posting::post(tx, book, entry, wall).await?.number,
        state: SuspenseState::Open,
        until: Some(until),
        matched: None,
        end_entry: 0,
        sent_entry: 0,
        version: 1,
        received_at: now,
    };
    write(tx, &item, Actor::Partner(partner)).await?;
    Ok(item)
}

/// Posts money that a line of a bank statement brought into suspense, on its day: why it is no gift, and the pledge that it names.
pub(super) async fn hold_line(
    tx: &Transaction<'_>,
    book: &Book,
    transfer: &Transfer,
    (why, pledge): (Held, Option<PledgeId>),
    wall: Timestamp,
) -> Result<SuspenseItem, Error> {
    let (now, currency) = (to_microseconds(book.now(wall)), transfer.amount.currency());
    let cash = settlements::cash_of(tx, book, transfer.custodian, currency, wall).await?;
    let account = chart::suspense(transfer.custodian).in_currency(currency, book.currency);
    let account = accounts::ensure(tx, book, &account, currency, wall).await?;
    let id = SuspenseId::generate(book.id);
    let entry = movements::transfer_suspended(cash, account, transfer.amount, transfer.on, id);
    let item = SuspenseItem {
        id,
        pledge,
        charge: None,
        line: Some(transfer.line),
        why,
        partner: transfer.custodian,
        amount: transfer.amount,
        method: Method::Transfer,
        settlement: None,
        received_on: transfer.on,
        event_id: transfer.name.clone(),
        provider_reference: transfer.line.to_string(),
        entry: posting::post(tx, book, entry, wall).await?.number,
        state: SuspenseState::Open,
        until: Some(later(now, SUSPENSE_DAYS)),
        matched: None,
        end_entry: 0,
        sent_entry: 0,
        version: 1,
        received_at: now,
    };
    write(tx, &item, Actor::Service).await?;
    Ok(item)
}

/// Writes what was posted, with a job for the day when it goes back.
async fn write(tx: &Transaction<'_>, item: &SuspenseItem, actor: Actor) -> Result<(), Error> {
    suspense::insert(tx, item).await?;
    let (id, book) = (item.id, item.id.book);
    let job = Job::ReturnSuspense { item: id };
    let due_at = item.until.unwrap_or(item.received_at);
    jobs::enqueue(tx, &NewJob { book, due_at, dedupe: id.to_string(), job }).await?;
    activity::record(tx, book, Done::new(&id, "received", actor), item.received_at).await
}
