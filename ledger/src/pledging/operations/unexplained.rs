//! Money that no due date explains, as it comes: posted into suspense, with a day on which it goes back.

use crate::books::operations::accounts;
use crate::calendar::{later, to_microseconds};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{ChargeId, OrganisationId, SuspenseId};
use crate::money::Money;
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::rules::suspense::{SUSPENSE_DAYS, SuspenseItem, SuspenseState};
use crate::pledging::store::suspense;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::treasury::operations::settlements;
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
        pledge: pledge.id,
        charge,
        partner,
        amount: came.amount,
        method: pledge.method,
        settlement: settlement.id,
        received_on: on,
        event_id: came.event_id.to_owned(),
        provider_reference: came.provider_reference.to_owned(),
        entry: posting::post(tx, book, entry, wall).await?.number,
        state: SuspenseState::Open,
        until: Some(until),
        matched: None,
        end_entry: 0,
        version: 1,
        received_at: now,
    };
    suspense::insert(tx, &item).await?;
    let job = Job::ReturnSuspense { item: id };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: until, dedupe: id.to_string(), job }).await?;
    activity::record(tx, book.id, Done::new(&id, "received", Actor::Partner(partner)), now).await?;
    Ok(item)
}
