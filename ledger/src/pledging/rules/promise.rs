//! How promises are counted.
//!
//! A payment is promised when its pledge is placed, until it is dropped; what was collected stays promised. A single payment and
//! a plan with a number of payments are promised whole; of an open plan the first payment is promised, and each later one is
//! counted when it is collected or dropped, beyond any cap. A place of a tier is counted beside the promise.

use super::campaign::Campaign;
use super::charge::{Charge, State};
use super::commitment::{Commitments, Promise};
use super::pledge::{Pledge, Schedule};
use super::tier::Places;
use crate::book::{Entry, Line};
use crate::calendar::PAYMENTS_MAX;
use crate::error::Refusal;
use crate::id::PledgeId;
use crate::money::{AMOUNT_MAX, Money};
use crate::movements;
use jiff::civil::Date;

/// Minor units of a pledge's payments that are promised when it is placed, or moved to a campaign: of a plan with an end all that
/// are left, of an open one the first, of which nothing has been tried.
pub fn promised(pledge: &Pledge) -> Result<i64, Refusal> {
    let payments = match pledge.schedule {
        Schedule::Once { .. } => 2 - pledge.next_sequence,
        Schedule::Recurring(plan) => match plan.payments() {
            Some(payments) => payments + 1 - pledge.next_sequence,
            None => 2 - pledge.next_sequence,
        },
    };
    let payments = payments.clamp(0, PAYMENTS_MAX);
    let whole = pledge.amount.minor().checked_mul(payments.into()).filter(|whole| *whole <= AMOUNT_MAX);
    whole.ok_or_else(|| {
        Refusal::new(
            "amount-out-of-bounds",
            "all payments of the plan are more than the book counts: let it have fewer",
        )
    })
}

/// Minor units as money; none for nothing.
fn some(minor: i64, campaign: &Campaign) -> Option<Money> {
    Money::from_minor(minor, campaign.currency).ok()
}

/// The entry of a new promise, and of a place with it; none where nothing is counted.
pub fn committed(campaign: &Campaign, places: Option<Places>, pledge: &Pledge, day: Date) -> Option<Entry> {
    let promise = campaign.commitments.zip(some(pledge.promised, campaign));
    let promise = promise.map(|(of, amount)| movements::promised(of.room, of.pledged, amount));
    let place = places.map(|places| movements::place_taken(places.room, places.taken));
    let lines: Vec<Line> = promise.into_iter().chain(place).collect();
    (!lines.is_empty()).then(|| movements::promises_made(lines, day, pledge.id))
}

/// The entry that drops what a pledge promises and has not begun, and frees its place; none where nothing is counted.
pub fn rest_dropped(
    campaign: &Campaign,
    rest: i64,
    freed: Option<Places>,
    day: Date,
    pledge: PledgeId,
) -> Option<Entry> {
    let promise = campaign.commitments.zip(some(rest, campaign));
    let promise = promise.map(|(of, amount)| movements::promise_dropped(of.pledged, of.room, amount));
    let place = freed.map(|places| movements::place_freed(places.room, places.taken));
    let lines: Vec<Line> = promise.into_iter().chain(place).collect();
    (!lines.is_empty()).then(|| movements::promises_dropped(lines, day, pledge))
}

/// A charge that begins, with what of its pledge's promise goes into it: all of its amount, or nothing.
pub fn begun(pledge: &Pledge, charge: Charge) -> Charge {
    let is_promised = pledge.promised >= charge.amount.minor();
    Charge { promise: if is_promised { Promise::Open } else { Promise::None }, ..charge }
}

/// What the capture of a charge says of promises: what was not promised, or was given up before, is promised with it. A line to go
/// with its entry, and how its promise stands then.
pub fn captured(campaign: &Campaign, charge: &Charge) -> (Option<Line>, Promise) {
    match (campaign.commitments, charge.promise) {
        (None, promise) => (None, promise),
        (Some(of), Promise::Open) => (drift(of, charge), Promise::Open),
        (Some(of), Promise::None | Promise::Dropped) => {
            (Some(movements::promised(of.beyond, of.pledged, charge.amount)), Promise::Open)
        }
    }
}

/// What the capture of a transfer says of promises, of which as much came as came: what comes beside what was promised is promised with it, if
/// it fits below the cap, or dropped.
pub fn received(campaign: &Campaign, charge: &Charge, came: Money) -> (Option<Line>, Promise) {
    match (campaign.commitments, charge.promise) {
        (None, promise) => (None, promise),
        (Some(of), Promise::Open) => {
            let more = came.minor() - charge.amount.minor();
            let line = Money::from_minor(more.abs(), came.currency()).ok().map(|difference| {
                if more > 0 {
                    movements::promised(of.room, of.pledged, difference)
                } else {
                    movements::promise_dropped(of.pledged, of.room, difference)
                }
            });
            (line, Promise::Open)
        }
        (Some(of), Promise::None | Promise::Dropped) => {
            (Some(movements::promised(of.beyond, of.pledged, came)), Promise::Open)
        }
    }
}

/// What a payment in another currency came to beside what was promised: more is promised beyond any cap, less is dropped.
fn drift(of: Commitments, charge: &Charge) -> Option<Line> {
    let (came, promised) = (charge.amount, charge.conversion?.promised);
    let difference = Money::from_minor((came.minor() - promised.minor()).abs(), came.currency()).ok()?;
    Some(if came.minor() > promised.minor() {
        movements::promised(of.beyond, of.pledged, difference)
    } else {
        movements::promise_dropped(of.pledged, of.room, difference)
    })
}

/// Whether a charge was given up, for now or for good, and its promise has not been dropped.
pub fn is_given_up(charge: &Charge) -> bool {
    match charge.state {
        State::Declined { retry_on: None, .. } | State::Voided { .. } | State::Missed => {
            charge.promise != Promise::Dropped
        }
        State::Scheduled
        | State::Processing { .. }
        | State::Declined { .. }
        | State::Captured { .. }
        | State::Settled { .. } => false,
    }
}

/// The entry that drops the promise of a charge that was given up, for now or for good, and frees the place of its pledge; none
/// where nothing is counted.
pub fn dropped(campaign: &Campaign, charge: &Charge, freed: Option<Places>, day: Date) -> Option<Entry> {
    let promise = campaign.commitments.map(|of| match charge.promise {
        Promise::Open => vec![movements::promise_dropped(of.pledged, of.room, charge.amount)],
        Promise::None | Promise::Dropped => vec![
            movements::promised(of.beyond, of.pledged, charge.amount),
            movements::promise_dropped(of.pledged, of.beyond, charge.amount),
        ],
    });
    let place = freed.map(|places| movements::place_freed(places.room, places.taken));
    let lines: Vec<Line> = promise.unwrap_or_default().into_iter().chain(place).collect();
    (!lines.is_empty()).then(|| movements::promises_dropped(lines, day, charge.id))
}
