//! Gifts by transfer as they are posted: one entry captures and settles, and what follows from it is written beside it.
//!
//! Lock order as in [`super::transfers`].

use super::charges::{receipt_job, revive};
use super::plan::enqueue_payment;
use super::pledges::is_outrun;
use super::{commitments, fees};
use crate::book::{AccountNumber, Entry, Line, Reason};
use crate::books::operations::accounts;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{ChargeId, OrganisationId, SettlementId};
use crate::money::Money;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::Charge;
use crate::pledging::rules::commitment::Promise;
use crate::pledging::rules::donor::Donor;
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::rules::promise;
use crate::pledging::rules::suspense::{Held, SuspenseItem};
use crate::pledging::rules::transfer::Transfer;
use crate::pledging::store::fees::ChargeFee;
use crate::pledging::store::{attempts, charges, donors, fees as charge_fees, lineage as layers, pledges};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::treasury::operations::settlements;
use crate::treasury::rules::settlement::{Method, Settlement};
use crate::treasury::store::{reported, settlements as settlement_rows};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// Where the money of a gift lies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    /// It comes by a line.
    Line(&'a Transfer),
    /// It came by a line, and waits in suspense.
    Item(&'a SuspenseItem),
}

impl Source<'_> {
    pub(super) fn amount(&self) -> Money {
        match self {
            Source::Line(transfer) => transfer.amount,
            Source::Item(item) => item.amount,
        }
    }

    pub(super) fn custodian(&self) -> OrganisationId {
        match self {
            Source::Line(transfer) => transfer.custodian,
            Source::Item(item) => item.partner,
        }
    }

    pub(super) fn on(&self) -> Date {
        match self {
            Source::Line(transfer) => transfer.on,
            Source::Item(item) => item.received_on,
        }
    }

    /// How the payment is named: by its line.
    pub(super) fn payment(&self) -> String {
        match self {
            Source::Line(transfer) => transfer.line.to_string(),
            Source::Item(item) => item.provider_reference.clone(),
        }
    }
}

/// A gift that was captured, with its entry; or why it is none.
pub(super) type Outcome = Result<(ChargeId, i64), Held>;

/// How a charge comes to be that money pays.
pub(super) enum Step {
    /// It was begun before, and is waited for or tried.
    Known,
    /// It was given up or missed: one more attempt finds its money.
    Found,
    /// It is the next one of its plan.
    Next,
    /// It is the only one of a gift of somebody whom nobody knows.
    Only(Box<Donor>),
}

/// A charge to be captured, with what is around it.
pub(super) struct Gift {
    /// The pledge that it pays.
    pub(super) pledge: Pledge,
    /// The campaign into whose fund it goes.
    pub(super) campaign: Campaign,
    /// The charge, of what is due.
    pub(super) charge: Charge,
    /// How it comes to be.
    pub(super) step: Step,
}

/// Posts a gift, and writes what follows from it; why not when it does not fit below the cap.
pub(super) async fn capture(
    tx: &Transaction<'_>,
    book: &Book,
    source: Source<'_>,
    gift: Gift,
    wall: Timestamp,
) -> Result<Outcome, Error> {
    let (amount, currency) = (source.amount(), source.amount().currency());
    let came = Charge { amount, ..gift.charge.clone() };
    let borne = fees::ensure(tx, book, &gift.campaign, &gift.pledge, &came, wall).await?;
    let (promised, promise) = promise_of(&gift, amount);
    let account = chart::receivable(source.custodian(), source.on()).in_currency(currency, book.currency);
    let receivable = accounts::ensure(tx, book, &account, currency, wall).await?;
    let entry = entry(tx, book, source, receivable, gift.campaign.fund()?, wall).await?;
    let mut entry = fees::with_all_earned(tx, book, entry, &borne, currency, wall).await?;
    entry.lines.extend(promised);
    let number = match posting::post_or_reason(tx, book, entry, wall).await? {
        Ok(posted) => posted.number,
        Err(Reason::BelowFloor { account, .. }) if gift.campaign.commitments.is_some_and(|of| of.room == account) => {
            return Ok(Err(Held::CampaignFull));
        }
        Err(reason) => return Err(posting::refusal(tx, book, reason).await?.into()),
    };
    let settlement = settlement(book, source, receivable, number, wall);
    let gift = Gift { charge: Charge { promise, ..gift.charge }, ..gift };
    save(tx, book, source, gift, (settlement, &borne, number), wall).await.map(Ok)
}

/// What a gift says of promises, and how its own stands then.
fn promise_of(gift: &Gift, amount: Money) -> (Option<Line>, Promise) {
    match (&gift.step, gift.campaign.commitments) {
        (Step::Only(_), Some(of)) => (Some(movements::promised(of.room, of.pledged, amount)), Promise::Open),
        (Step::Only(_), None) | (Step::Known | Step::Found | Step::Next, _) => {
            promise::received(&gift.campaign, &gift.charge, amount)
        }
    }
}

async fn entry(
    tx: &Transaction<'_>,
    book: &Book,
    source: Source<'_>,
    receivable: AccountNumber,
    fund: AccountNumber,
    wall: Timestamp,
) -> Result<Entry, Error> {
    let (amount, currency) = (source.amount(), source.amount().currency());
    match source {
        Source::Line(transfer) => {
            let cash = settlements::cash_of(tx, book, transfer.custodian, currency, wall).await?;
            Ok(movements::transfer_captured((cash, receivable), fund, amount, transfer.on, transfer.line))
        }
        Source::Item(item) => {
            let account = chart::suspense(item.partner).in_currency(currency, book.currency);
            let account = accounts::ensure(tx, book, &account, currency, wall).await?;
            Ok(movements::suspense_matched(account, fund, amount, book.today(wall), item.id))
        }
    }
}

/// The settlement of a line: all of it, on its day. What waited arrived when it began to wait.
fn settlement(book: &Book, source: Source<'_>, receivable: AccountNumber, number: i64, wall: Timestamp) -> Settlement {
    let arrival = match source {
        Source::Line(_) => number,
        Source::Item(item) => item.entry,
    };
    Settlement {
        id: SettlementId::generate(book.id),
        partner: source.custodian(),
        day: source.on(),
        due_on: source.on(),
        currency: source.amount().currency(),
        method: Method::Transfer,
        receivable,
        amount: source.amount().minor(),
        entry: arrival,
        reference: source.payment(),
        reason: String::new(),
        missing: 0,
        settled_at: Some(book.now(wall)),
        created_at: book.now(wall),
    }
}

/// Writes a gift that was posted.
async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    source: Source<'_>,
    gift: Gift,
    (settlement, borne, number): (Settlement, &[ChargeFee], i64),
    wall: Timestamp,
) -> Result<(ChargeId, i64), Error> {
    let now = book.now(wall);
    let line = match source {
        Source::Line(transfer) => Some(transfer.line),
        Source::Item(item) => item.line,
    };
    let line = line.ok_or_else(|| Error::inconsistent("a gift by transfer without a line"))?;
    reported::insert_of_line(tx, &settlement, line).await?;
    settlement_rows::insert_arrival(tx, settlement.id, (settlement.entry, settlement.amount), now).await?;
    let is_known = !matches!(gift.step, Step::Only(_));
    let Gift { pledge, campaign, charge, step } = gift;
    let pledge = begin(tx, book, pledge, &charge, step, now).await?;
    let fees = borne.iter().map(|fee| fee.amount).sum();
    let (due, amount) = (charge.amount, source.amount());
    let state = charge.state.clone().capture(source.on(), source.payment())?;
    let captured = Charge { state, amount, settlement: Some(settlement.id), entry: number, fees, ..charge };
    charges::update_received(tx, &captured, due).await?;
    attempts::finish(tx, &captured, now).await?;
    for fee in borne {
        charge_fees::insert(tx, captured.id, fee).await?;
    }
    charges::update(tx, &Charge { state: captured.state.clone().settle()?, ..captured.clone() }).await?;
    let kept = amount.minor() - fees;
    if kept > 0 {
        layers::insert_moved(tx, campaign.fund()?, pledge.id, number, kept).await?;
    }
    // Nobody is there to whom a receipt could go of what nobody knows.
    if is_known {
        jobs::enqueue(tx, &receipt_job(book, captured.id, wall)).await?;
    }
    activity::record(tx, book.id, Done::new(&captured.id, "transferred", Actor::Service), now).await?;
    revive(tx, book, pledge, &captured, now, wall).await?;
    Ok((captured.id, number))
}

/// Writes what has to be there before a charge is captured: itself, its attempt, its pledge as it is then.
async fn begin(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    charge: &Charge,
    step: Step,
    now: Timestamp,
) -> Result<Pledge, Error> {
    match step {
        Step::Known => Ok(pledge),
        Step::Found => {
            attempts::insert(tx, charge.id, charge.state.attempt(), now).await?;
            Ok(pledge)
        }
        Step::Next => {
            commitments::begin(tx, charge.clone()).await?;
            charges::insert(tx, charge).await?;
            attempts::insert(tx, charge.id, 1, now).await?;
            let next_sequence = charge.sequence + 1;
            let pledge = pledges::update(tx, &Pledge { next_sequence, ..pledge }).await?;
            if pledge.state.is_active() {
                enqueue_payment(tx, book, &pledge, next_sequence, now).await?;
            }
            Ok(pledge)
        }
        Step::Only(donor) => {
            let donor = donors::upsert(tx, &donor).await?;
            let placed = pledges::insert(tx, &Pledge { donor, ..pledge }).await;
            let placed = placed.map_err(|error| if is_outrun(&error) { Error::StillRunning } else { error })?;
            let pledge = placed.ok_or(Error::StillRunning)?;
            charges::insert(tx, charge).await?;
            attempts::insert(tx, charge.id, 1, now).await?;
            activity::record(tx, book.id, Done::new(&pledge.id, "placed", Actor::Service), now).await?;
            Ok(pledge)
        }
    }
}
