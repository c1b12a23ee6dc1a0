//! What a partner that collects by itself reports of a charge beside its capture: that it was declined, or can never be collected.
//!
//! Reports come twice and in any order. The same event is once; money that came stays, whatever is reported afterwards; and
//! each decline is one attempt, also when the partner tried again before the day that was expected.

use super::charges::{Recorded, decline, lock};
use super::commitments;
use super::present::{finish, follow};
use crate::calendar::later;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{ChargeId, OrganisationId};
use crate::pledging::rules::charge::{Charge, DeclineKind, Next, REPORT_DAYS, State};
use crate::pledging::rules::conversion::Collected;
use crate::pledging::rules::pledge::{Pledge, Rail};
use crate::pledging::store::{attempts, charges};
use crate::service::change::check_line;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The most characters of a code of a decline.
pub const CODE_MAX: usize = 100;

/// What a partner reports of a charge that it did not collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotCollected<'a> {
    /// The partner.
    pub partner: OrganisationId,
    /// How the partner names the event; the same one twice is one.
    pub event_id: &'a str,
    /// The provider's own code, such as `insufficient_funds`.
    pub code: &'a str,
}

/// Refuses a report of a capture of another amount than the charge's, unless it is what came of another currency.
///
/// # Errors
///
/// `capture-amount`, with both figures; `original-differs`, `rate-out-of-bounds`; [`Error::NotFound`] for an unknown charge, or one of another partner.
pub async fn check_amount(
    tx: &Transaction<'_>,
    id: ChargeId,
    partner: OrganisationId,
    reported: Collected,
) -> Result<(), Error> {
    let charge = charges::get(tx, id).await?;
    if charge.partner != partner {
        return Err(Error::NotFound("charge"));
    }
    charge.come_to(reported.amount, reported.original)?;
    Ok(())
}

/// The partner tried to collect a charge, and it was declined: what follows is as with any other provider.
///
/// A decline of a charge that is given up changes nothing; one before the day of its retry is the next attempt.
///
/// # Errors
///
/// `rail-refused` when the partner does not collect this charge; `charge-captured` when its money came; `event-taken` when the
/// event was about another charge. [`Error::Invalid`] at `/event_id` or `/code`; [`Error::NotFound`] for an unknown charge, or one of
/// another partner.
pub async fn decline_reported(
    tx: &Transaction<'_>,
    id: ChargeId,
    report: NotCollected<'_>,
    kind: DeclineKind,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    let Some((book, pledge, charge)) = receive(tx, id, report, wall).await? else { return Ok(Recorded::Already) };
    let charge = match charge.state {
        State::Declined { retry_on: None, .. } => return Ok(Recorded::Already),
        State::Declined { .. } => begin_early(tx, &book, &pledge, charge, wall).await?,
        State::Scheduled
        | State::Processing { .. }
        | State::Captured { .. }
        | State::Settled { .. }
        | State::Voided { .. }
        | State::Missed => charge,
    };
    let recorded = decline(tx, &book, pledge, charge, report.code.to_owned(), kind, wall).await?;
    told(tx, &book, id, "declined", report, wall).await?;
    Ok(recorded)
}

/// The partner will never collect a charge: it is given up for good and the pledge lapses, for the donor to revive it with
/// another means. A second report changes nothing.
///
/// # Errors
///
/// As [`decline_reported`].
pub async fn cannot_collect_reported(
    tx: &Transaction<'_>,
    id: ChargeId,
    report: NotCollected<'_>,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    let Some((book, pledge, charge)) = receive(tx, id, report, wall).await? else { return Ok(Recorded::Already) };
    if matches!(charge.state, State::Declined { kind: DeclineKind::Hard, retry_on: None, .. }) {
        return Ok(Recorded::Already);
    }
    let (under_way, now) = (matches!(charge.state, State::Processing { .. }), book.now(wall));
    let charge = Charge { state: charge.state.cannot_collect(report.code.to_owned())?, ..charge };
    let charge = if under_way {
        finish(tx, &book, charge, now, wall).await?
    } else {
        let charge = commitments::give_up(tx, &book, charge, now, wall).await?;
        charges::update(tx, &charge).await?;
        charge
    };
    follow(tx, &book, pledge, &charge, Next::GiveUp, now, wall).await?;
    told(tx, &book, id, "cannot_collect", report, wall).await?;
    Ok(Recorded::Declined(Next::GiveUp))
}

/// Locks the charge and keeps the event; none when it was kept before.
async fn receive(
    tx: &Transaction<'_>,
    id: ChargeId,
    report: NotCollected<'_>,
    wall: Timestamp,
) -> Result<Option<(Book, Pledge, Charge)>, Error> {
    check_line("/event_id", report.event_id, text::REFERENCE)?;
    if report.code.is_empty() || report.code.chars().count() > CODE_MAX || report.code.chars().any(char::is_control) {
        return Err(Error::invalid("/code", format!("one line of at most {CODE_MAX} characters")));
    }
    let (book, pledge, charge) = lock(tx, id, None, wall).await?;
    if charge.partner != report.partner {
        return Err(Error::NotFound("charge"));
    }
    if charge.rail != Rail::Partner {
        return Err(Refusal::new("rail-refused", "the partner does not collect this charge itself").into());
    }
    let provider = report.partner.to_string();
    if !attempts::insert_event(tx, &provider, report.event_id, id, wall).await? {
        if attempts::event_was_about(tx, &provider, report.event_id, id).await? {
            return Ok(None);
        }
        return Err(Refusal::new("event-taken", "this event was about another charge").into());
    }
    match &charge.state {
        State::Captured { provider_reference, .. } | State::Settled { provider_reference, .. } => {
            let detail = format!(
                "the charge was captured as {provider_reference}: report a refund or a chargeback when that money went back"
            );
            Err(Refusal::new("charge-captured", detail).into())
        }
        State::Scheduled | State::Processing { .. } | State::Declined { .. } | State::Voided { .. } | State::Missed => {
            Ok(Some((book, pledge, charge)))
        }
    }
}

/// The partner tried again before the day of the retry: the next attempt, begun and over now.
async fn begin_early(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    charge: Charge,
    wall: Timestamp,
) -> Result<Charge, Error> {
    let now = book.now(wall);
    let state = charge.state.retry_early(later(now, REPORT_DAYS))?;
    let charge = Charge { state, campaign: pledge.campaign, ..charge };
    attempts::insert(tx, charge.id, charge.state.attempt(), now).await?;
    Ok(charge)
}

async fn told(
    tx: &Transaction<'_>,
    book: &Book,
    id: ChargeId,
    action: &str,
    report: NotCollected<'_>,
    wall: Timestamp,
) -> Result<(), Error> {
    let done = Done::new(&id, action, Actor::Partner(report.partner)).because(report.code);
    activity::record(tx, book.id, done, book.now(wall)).await
}
