//! What a provider tells by itself, in a call that it signs: kept once, and answered at once. What it is about is asked of the
//! provider, and [`take`] writes down what that says: a capture or a decline, refunds, a dispute. So nothing is posted because
//! somebody said so, and events may come twice, late, and in any order.

use super::charges::{capture, lock, record_outcome};
use super::refunds::{Ask, known, prepare, take_out};
use super::{chargebacks, charges, refund_outcomes};
use crate::calendar::later;
use crate::error::Error;
use crate::id::{BookId, ChargeId, RefundId};
use crate::money::Money;
use crate::pledging::rules::charge::{Charge, Outcome, REPORT_DAYS, State};
use crate::pledging::rules::chargeback::Ruling;
use crate::pledging::rules::pledge::Rail;
use crate::pledging::rules::refund;
use crate::pledging::rules::stripe::EventKind;
use crate::pledging::store::webhooks::{self, Webhook};
use crate::pledging::store::{chargebacks as chargeback_rows, charges as charge_store};
use crate::service::change::Change;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::Actor;
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A provider has told us of an event: it is kept, and a job asks what it is about, unless its kind says nothing to us. The same
/// event twice is once.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn receive(tx: &Transaction<'_>, told: &Webhook, wall: Timestamp) -> Result<(), Error> {
    if !webhooks::insert(tx, told, wall).await? || told.kind.parse::<EventKind>().is_err() {
        return Ok(());
    }
    let job = Job::TakeProviderEvent { provider: told.provider.clone(), event_id: told.event_id.clone() };
    let dedupe = format!("{} {}", told.provider, told.event_id);
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at: wall, dedupe, job }).await?;
    Ok(())
}

/// The provider has not ended an attempt yet, as with bank debits, which take days: it is asked again in a day. When it has
/// anything to say earlier, it does so by itself ([`receive`]).
///
/// # Errors
///
/// [`Error::Inconsistent`] when the attempt has been under way for [`REPORT_DAYS`]: somebody has to look; [`Error::NotFound`] for
/// an unknown charge.
pub async fn wait(tx: &Transaction<'_>, id: ChargeId, attempt: i32, wall: Timestamp) -> Result<(), Error> {
    let (book, pledge, charge) = lock(tx, id, None, wall).await?;
    let until = match charge.state {
        State::Processing { attempt: running, until, .. } if running == attempt => until,
        State::Scheduled
        | State::Processing { .. }
        | State::Declined { .. }
        | State::Captured { .. }
        | State::Settled { .. }
        | State::Voided { .. }
        | State::Missed => return Ok(()),
    };
    let now = book.now(wall);
    if until <= now {
        return Err(Error::inconsistent(format!(
            "the provider has not ended attempt {attempt} of {id} in {REPORT_DAYS} days"
        )));
    }
    let due_at = later(now, 1);
    let job = Job::ChargePledge { pledge: pledge.id, sequence: charge.sequence };
    let dedupe = format!("{id}-{attempt}-{}", book.day_of(due_at));
    jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await?;
    Ok(())
}

/// What a provider says of one payment when it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Our reference of the attempt, as it was given to the provider.
    pub reference: String,
    /// How the provider names the payment.
    pub payment: String,
    /// What became of the attempt; none while it is under way.
    pub outcome: Option<Outcome>,
    /// What went back of it, or is on its way back.
    pub refunds: Vec<RefundSeen>,
    /// A dispute of it that the event was about.
    pub dispute: Option<DisputeSeen>,
}

/// A refund at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundSeen {
    /// How the provider names it.
    pub id: String,
    /// Our reference, when we asked for it; none when somebody made it at the provider.
    pub reference: Option<String>,
    /// The amount that goes back.
    pub amount: Money,
    /// How it stands.
    pub outcome: refund::Outcome,
}

/// A dispute at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeSeen {
    /// How the provider names it.
    pub id: String,
    /// What was taken back.
    pub amount: Money,
    /// The provider's own code of the reason.
    pub reason: String,
    /// Until when the provider takes evidence; none when it did not say.
    pub evidence_until: Option<Timestamp>,
    /// How it was decided; none while it is open.
    pub ruling: Option<Ruling>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is about no charge of ours: somebody else uses the same account.
    Foreign,
    /// It is written down, or was known.
    Recorded,
    /// The payment was taken for nothing that we wait for: its campaign had closed, or another payment paid the same. The provider
    /// has to give it back before the caller commits.
    GiveBack,
}

/// Writes down what the provider says of a payment, as far as it is news.
///
/// # Errors
///
/// What [`charges::record_outcome`], [`refund_outcomes::record`], [`super::refunds::request`] and [`super::chargebacks::report`]
/// refuse; [`Error::Inconsistent`] when the provider says of a refund that has ended that it ended otherwise: somebody has to look.
pub async fn take(tx: &Transaction<'_>, report: &Report, wall: Timestamp) -> Result<Taken, Error> {
    let Some((id, attempt)) = parse(&report.reference) else { return Ok(Taken::Foreign) };
    match charge_store::get(tx, id).await {
        Ok(charge) if charge.rail == Rail::Stripe => {}
        Ok(_) | Err(Error::NotFound(_)) => return Ok(Taken::Foreign),
        Err(error) => return Err(error),
    }
    if let Some(outcome) = &report.outcome
        && take_outcome(tx, id, attempt, outcome.clone(), wall).await? == Taken::GiveBack
    {
        return Ok(Taken::GiveBack);
    }
    let charge = charge_store::get(tx, id).await?;
    if !is_captured_as(&charge, &report.payment) {
        return Ok(Taken::Recorded);
    }
    for refund in &report.refunds {
        take_refund(tx, id, refund, wall).await?;
    }
    if let Some(dispute) = &report.dispute {
        take_dispute(tx, id, dispute, wall).await?;
    }
    Ok(Taken::Recorded)
}

/// The charge and the attempt that a reference stands for.
fn parse(reference: &str) -> Option<(ChargeId, i32)> {
    let (charge, attempt) = reference.rsplit_once('-')?;
    Some((charge.parse().ok()?, attempt.parse().ok()?))
}

fn is_captured_as(charge: &Charge, payment: &str) -> bool {
    match &charge.state {
        State::Captured { provider_reference, .. } | State::Settled { provider_reference, .. } => {
            provider_reference == payment
        }
        State::Scheduled | State::Processing { .. } | State::Declined { .. } | State::Voided { .. } | State::Missed => {
            false
        }
    }
}

async fn take_outcome(
    tx: &Transaction<'_>,
    id: ChargeId,
    attempt: i32,
    outcome: Outcome,
    wall: Timestamp,
) -> Result<Taken, Error> {
    let (book, pledge, charge) = lock(tx, id, None, wall).await?;
    let recorded = match (&charge.state, outcome) {
        (State::Processing { attempt: running, .. }, outcome) if *running == attempt => {
            record_outcome(tx, id, attempt, outcome, wall).await?
        }
        // Money that came after all, came.
        (State::Declined { attempt: last, .. }, Outcome::Captured { provider_reference }) if *last == attempt => {
            capture(tx, &book, pledge, charge, provider_reference, book.now(wall), wall).await?
        }
        (_, Outcome::Captured { provider_reference }) if is_captured_as(&charge, &provider_reference) => {
            charges::Recorded::Already
        }
        // Another attempt is under way or has paid, or the campaign had closed.
        (_, Outcome::Captured { .. }) => return Ok(Taken::GiveBack),
        (_, Outcome::Declined { .. }) => charges::Recorded::Already,
    };
    match recorded {
        charges::Recorded::Voided { .. } => Ok(Taken::GiveBack),
        charges::Recorded::Already
        | charges::Recorded::Captured
        | charges::Recorded::Declined(_)
        | charges::Recorded::Suspended(_) => Ok(Taken::Recorded),
    }
}

async fn take_refund(tx: &Transaction<'_>, charge: ChargeId, seen: &RefundSeen, wall: Timestamp) -> Result<(), Error> {
    let ours = seen.reference.as_deref().and_then(|reference| reference.parse::<RefundId>().ok());
    let id = match ours {
        Some(id) if id.book == charge.book => id,
        Some(_) | None => match made_there(tx, charge, seen, wall).await? {
            Some(id) => id,
            None => return Ok(()),
        },
    };
    let recorded = refund_outcomes::record(tx, id, seen.outcome.clone(), Actor::Service, wall).await;
    match recorded {
        Ok(_) => Ok(()),
        Err(Error::Refused(refusal)) if refusal.code == "refund-over" => {
            let detail = format!("the provider says otherwise of {}, which ended before: {}", seen.id, refusal.detail);
            Err(Error::inconsistent(detail))
        }
        Err(error) => Err(error),
    }
}

/// Somebody has given money back at the provider, without us: it leaves the fund all the same. One that failed there, and that we
/// never knew, is none; what funds do not hold any more is borne as a lost chargeback is.
async fn made_there(
    tx: &Transaction<'_>,
    id: ChargeId,
    seen: &RefundSeen,
    wall: Timestamp,
) -> Result<Option<RefundId>, Error> {
    let (book, pledge, charge) = lock(tx, id, None, wall).await?;
    let ask = Ask { charge: id, amount: Some(seen.amount), reference: Some(&seen.id), from: None };
    if let Some(known) = known(tx, &ask).await? {
        return Ok(Some(known.id));
    }
    if matches!(seen.outcome, refund::Outcome::Failed { .. }) {
        return Ok(None);
    }
    let partner = charge.partner;
    if chargeback_rows::find_by_event(tx, book.id, partner, &seen.id).await?.is_some() {
        return Ok(None);
    }
    let change = Change::by_service("given back at the provider");
    let prepared = prepare(tx, &book, &pledge, charge, ask, change.reason, wall).await?;
    if prepared.missing > 0 {
        let sent = prepared.refund.sent;
        chargebacks::report_refunded(tx, id, &seen.id, sent, partner, wall).await?;
        return Ok(None);
    }
    Ok(Some(take_out(tx, &book, prepared, change, wall).await?.id))
}

async fn take_dispute(tx: &Transaction<'_>, id: ChargeId, seen: &DisputeSeen, wall: Timestamp) -> Result<(), Error> {
    let report = chargebacks::Report {
        charge: id,
        event_id: seen.id.clone(),
        amount: seen.amount,
        // What the provider takes for it stands in its balance, which is not read.
        fee: None,
        reason: seen.reason.clone(),
        reported_on: None,
        evidence_until: seen.evidence_until.filter(|until| *until > wall),
    };
    let provider = Rail::Stripe.as_str();
    let opened = chargebacks::report_by_provider(tx, report, provider, wall).await?;
    if let Some(ruling) = seen.ruling {
        chargebacks::decide(tx, opened.id, ruling, Actor::Service, wall).await?;
    }
    Ok(())
}
