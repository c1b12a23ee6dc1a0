//! What becomes of refunds: sent by the provider or the partner that took the money, settled or failed; and those that a partner
//! has made by itself.

use super::chargebacks as chargeback_operations;
use super::held::{deadline, held_by};
use super::refunds::{Ask, enqueue, in_transit, known, prepare, returned, take_out};
use super::{charges as charge_operations, plan};
use crate::book::{Entry, Reason};
use crate::books::operations::accounts;
use crate::calendar::later;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{ChargeId, OrganisationId, RefundId};
use crate::money::Money;
use crate::movements::FundPart;
use crate::pledging::rules::charge::{Charge, State as ChargeState};
use crate::pledging::rules::chargeback::Chargeback;
use crate::pledging::rules::conversion::check_settled;
use crate::pledging::rules::pledge::{Pledge, Rail};
use crate::pledging::rules::refund::{NOT_REPORTED, Outcome, REFUND_DAYS, Refund, State};
use crate::pledging::rules::transfer::Debit;
use crate::pledging::store::{
    attempts, campaigns, chargebacks, charges, fees, lineage as layers, plan_moves, refunds, transfers,
};
use crate::service::change::{Change, check_line, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::treasury::operations::exchange_differences::{post_difference, with_difference};
use crate::treasury::operations::settlements::cash_of;
use crate::treasury::store::settlements;
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What is to be done for a refund.
#[derive(Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: it has ended, or its partner is to send it.
    Nothing,
    /// Ask the provider whether it knows the refund by its id; if it was not sent before and it does not, let it send it.
    Send {
        /// What the donor gets.
        amount: Money,
        /// How the provider names the payment.
        payment: String,
        /// The provider's token of the means of payment that was charged.
        token: String,
        /// Whether the provider has said already that it is on its way.
        was_sent: bool,
    },
}

/// What the worker is to do for a refund. One whose partner has not reported it in time has failed. While what its custodian holds is
/// frozen it waits, and no time passes; the release asks for it again.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::NotFound`] for an unknown refund.
pub async fn begin(tx: &Transaction<'_>, id: RefundId, wall: Timestamp) -> Result<Begun, Error> {
    let known = refunds::get(tx, id).await?;
    let (book, pledge, charge) = charge_operations::lock(tx, known.charge, None, wall).await?;
    let refund = refunds::get(tx, id).await?;
    let Some(until) = refund.state.until() else { return Ok(Begun::Nothing) };
    let custodian = (refund.rail, refund.partner);
    match refund.rail {
        Rail::Partner => {
            let Some(end) = deadline(tx, &book, custodian, (REFUND_DAYS, until)).await? else {
                return Ok(Begun::Nothing);
            };
            let waits_for_line = matches!(refund.state, State::Sent { .. }) && needs_line(tx, &book, &charge).await?;
            if end <= book.now(wall) && waits_for_line {
                // Whoever sent it has said so: its line says when. It is looked at again, should the book be kept otherwise by then.
                let at = later(book.now(wall), REFUND_DAYS);
                let (dedupe, job) = (format!("{id}-{}", at.as_second()), Job::SendRefund { refund: id });
                jobs::enqueue(tx, &NewJob { book: book.id, due_at: at, dedupe, job }).await?;
            } else if end > book.now(wall) && end > until {
                let (dedupe, job) = (format!("{id}-{}", end.as_second()), Job::SendRefund { refund: id });
                jobs::enqueue(tx, &NewJob { book: book.id, due_at: end, dedupe, job }).await?;
            } else if end <= book.now(wall) {
                let outcome = Outcome::Failed { code: NOT_REPORTED.into() };
                write_outcome(tx, &book, pledge, charge, refund, outcome, Actor::Service, wall).await?;
            }
            Ok(Begun::Nothing)
        }
        Rail::Sandbox | Rail::Stripe if held_by(tx, &book, custodian).await?.is_some() => Ok(Begun::Nothing),
        Rail::Sandbox | Rail::Stripe => {
            let token = plan_moves::token_of(tx, &pledge, &charge).await?.0;
            let (ChargeState::Captured { provider_reference, .. } | ChargeState::Settled { provider_reference, .. }) =
                charge.state
            else {
                return Err(Error::inconsistent(format!("refund {id} is of a charge that was not captured")));
            };
            let was_sent = matches!(refund.state, State::Sent { .. });
            Ok(Begun::Send { amount: refund.sent, payment: provider_reference, token, was_sent })
        }
    }
}

/// Writes down what became of a refund: it is on its way, the donor has it, or it failed. What is known is not written again.
///
/// # Errors
///
/// `refund-over` when it has ended otherwise; `reference-taken`; what [`posting::post`] refuses. [`Error::NotFound`] for an
/// unknown refund.
pub async fn record(
    tx: &Transaction<'_>,
    id: RefundId,
    outcome: Outcome,
    actor: Actor,
    wall: Timestamp,
) -> Result<Refund, Error> {
    record_with_cost(tx, id, outcome, None, actor, wall).await
}

/// The same; `cost` is what a settled refund in another currency cost whoever sent it, whose difference is posted.
async fn record_with_cost(
    tx: &Transaction<'_>,
    id: RefundId,
    outcome: Outcome,
    cost: Option<Money>,
    actor: Actor,
    wall: Timestamp,
) -> Result<Refund, Error> {
    let known = refunds::get(tx, id).await?;
    let (book, pledge, charge) = charge_operations::lock(tx, known.charge, None, wall).await?;
    let mut refund = refunds::get(tx, id).await?;
    if let Some(cost) = cost {
        check_settled(refund.original.is_some(), refund.sent, cost)?;
        if matches!(refund.state, State::Settled { .. }) && refund.settled_amount != Some(cost) {
            let cost = refund.settled_amount.map_or("no cost".to_owned(), |cost| format!("a cost of {cost}"));
            let detail = format!("the refund is settled already, with {cost}: settle the rest with the host");
            return Err(Refusal::new("refund-over", detail).into());
        }
        refund.settled_amount = Some(cost);
    }
    write_outcome(tx, &book, pledge, charge, refund, outcome, actor, wall).await
}

/// A partner says what became of a refund that it was asked for.
///
/// # Errors
///
/// `rail-refused` when the partner does not send it; as [`record`]. [`Error::Invalid`] at `/provider_reference` or `/code`.
pub async fn report(
    tx: &Transaction<'_>,
    id: RefundId,
    partner: OrganisationId,
    outcome: Outcome,
    wall: Timestamp,
) -> Result<Refund, Error> {
    report_with_cost(tx, id, partner, outcome, None, wall).await
}

/// The same; `cost` is what a settled refund of a gift in another currency cost the partner, in the currency of the campaign. What it
/// cost more or less than it gave back is posted as the host's loss or gain; without it there is no difference.
///
/// # Errors
///
/// As [`report`]; `rate-out-of-bounds`; [`Error::Invalid`] at `/settled_amount` or `/settled_amount/currency`.
pub async fn report_with_cost(
    tx: &Transaction<'_>,
    id: RefundId,
    partner: OrganisationId,
    outcome: Outcome,
    cost: Option<Money>,
    wall: Timestamp,
) -> Result<Refund, Error> {
    match &outcome {
        Outcome::Settled { provider_reference } | Outcome::Sent { provider_reference } => {
            check_line("/provider_reference", provider_reference, text::REFERENCE)?;
        }
        Outcome::Failed { code } => check_line("/code", code, text::NAME)?,
    }
    let refund = refunds::get(tx, id).await?;
    if refund.partner != partner {
        return Err(Error::NotFound("refund"));
    }
    if refund.rail != Rail::Partner {
        return Err(Refusal::new("rail-refused", "the partner does not send this refund itself").into());
    }
    record_with_cost(tx, id, outcome, cost, Actor::Partner(partner), wall).await
}

#[expect(clippy::too_many_arguments, reason = "all that is locked for a refund, and what became of it")]
async fn write_outcome(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    charge: Charge,
    refund: Refund,
    outcome: Outcome,
    actor: Actor,
    wall: Timestamp,
) -> Result<Refund, Error> {
    let outcome = match outcome {
        Outcome::Settled { provider_reference }
            if refund.state.until().is_some() && needs_line(tx, book, &charge).await? =>
        {
            if matches!(refund.state, State::Sent { .. }) {
                return Ok(refund);
            }
            Outcome::Sent { provider_reference }
        }
        Outcome::Settled { .. } | Outcome::Sent { .. } | Outcome::Failed { .. } => outcome,
    };
    // What is on its way for too long has not arrived.
    let end = match (&refund.state, &outcome) {
        (State::Sent { until, .. }, Outcome::Sent { .. }) => {
            deadline(tx, book, (refund.rail, refund.partner), (REFUND_DAYS, *until)).await?
        }
        _ => None,
    };
    let outcome = match end {
        Some(end) if end <= book.now(wall) => Outcome::Failed { code: NOT_REPORTED.into() },
        Some(_) | None => outcome,
    };
    let is_known = match (&refund.state, &outcome) {
        (State::Settled { provider_reference: known }, Outcome::Settled { provider_reference }) => {
            known == provider_reference
        }
        (State::Sent { .. }, Outcome::Sent { .. }) | (State::Failed { .. }, Outcome::Failed { .. }) => true,
        _ => false,
    };
    if is_known {
        if let Outcome::Sent { .. } = outcome {
            enqueue(tx, book, &refund, wall).await?;
        }
        return Ok(refund);
    }
    refund.state.require_open()?;
    let was_requested = matches!(refund.state, State::Requested { .. });
    let changed = match outcome {
        Outcome::Sent { provider_reference } => {
            let until = later(book.now(wall), REFUND_DAYS);
            let sent = Refund { state: State::Sent { until, provider_reference }, ..refund };
            let sent = refunds::update(tx, &sent).await?;
            enqueue(tx, book, &sent, wall).await?;
            sent
        }
        Outcome::Settled { provider_reference } => {
            match settle(tx, book, (pledge, charge), refund, provider_reference, Way::Report, wall).await? {
                Ok(settled) => settled,
                Err(reason) => return Err(posting::refusal(tx, book, reason).await?.into()),
            }
        }
        Outcome::Failed { code } => {
            let code: String = code.chars().filter(|letter| !letter.is_control()).take(100).collect();
            fail(tx, book, charge, refund, code, wall).await?
        }
    };
    tell(tx, book, &changed, was_requested, actor, wall).await?;
    Ok(changed)
}

/// What became of a refund is told to its donor, once, and stands in the list of who did what.
pub(super) async fn tell(
    tx: &Transaction<'_>,
    book: &Book,
    changed: &Refund,
    was_requested: bool,
    actor: Actor,
    wall: Timestamp,
) -> Result<(), Error> {
    let is_sent = matches!(changed.state, State::Sent { .. } | State::Settled { .. });
    if was_requested && is_sent {
        let job = Job::SendRefundNotice { refund: changed.id };
        let new = NewJob { book: book.id, due_at: book.now(wall), dedupe: changed.id.to_string(), job };
        jobs::enqueue(tx, &new).await?;
    }
    activity::record(tx, book.id, Done::new(&changed.id, changed.state.as_str(), actor), book.now(wall)).await
}

/// Whether only a line of a bank settles a refund of a charge: of what came by one, in a book that is kept by lines of banks. What its custodian
/// says of it before is that it is on its way.
async fn needs_line(tx: &Transaction<'_>, book: &Book, charge: &Charge) -> Result<bool, Error> {
    match charge.settlement {
        Some(settlement) if book.kept_by_bank_lines => transfers::came_by_line(tx, settlement).await,
        Some(_) | None => Ok(false),
    }
}

/// How it is known that the donor has a refund.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way<'a> {
    /// Whoever sent it said so, today.
    Report,
    /// It left by a line, on its day.
    Line(&'a Debit),
}

/// The donor has it: of what the custodian has not paid over yet while the charge has not settled, else of its cash. What the fold says against
/// it is an answer.
pub(super) async fn settle(
    tx: &Transaction<'_>,
    book: &Book,
    (pledge, charge): (Pledge, Charge),
    refund: Refund,
    provider_reference: String,
    way: Way<'_>,
    wall: Timestamp,
) -> Result<Result<Refund, Reason>, Error> {
    // Of a charge that has arrived in part there is cash.
    let is_unsettled = matches!(charge.state, ChargeState::Captured { .. }) && charge.arrived == 0;
    let from = match charge.settlement {
        Some(settlement) if is_unsettled => settlements::get(tx, settlement).await?.receivable,
        _ => {
            let custodian = refund.rail.custodian(refund.partner, book.organisation);
            let account = chart::cash_at(custodian).in_currency(refund.currency(), book.currency);
            accounts::ensure(tx, book, &account, refund.currency(), wall).await?
        }
    };
    let in_transit = in_transit(tx, book, &refund, wall).await?;
    let day = match way {
        Way::Report => book.today(wall),
        Way::Line(debit) => debit.on,
    };
    let entry = movements::refund_settled(in_transit, from, refund.sent, day, refund.id);
    let entry = match way {
        Way::Report => entry,
        Way::Line(debit) => with_fee(tx, book, entry, debit, wall).await?,
    };
    let entry = match refund.settled_amount {
        Some(cost) => {
            let custodian = refund.rail.custodian(refund.partner, book.organisation);
            with_difference(tx, book, entry, custodian, (refund.sent, cost), wall).await?
        }
        None => entry,
    };
    let end_entry = match posting::post_or_reason(tx, book, entry, wall).await? {
        Ok(posted) => posted.number,
        Err(reason) => return Ok(Err(reason)),
    };
    if is_unsettled {
        let withheld = charge.withheld + refund.sent.minor();
        charges::update(tx, &Charge { withheld, ..charge }).await?;
    }
    let settled = Refund { state: State::Settled { provider_reference }, end_entry, ..refund };
    let settled = refunds::update(tx, &settled).await?;
    let (now, was) = (book.now(wall), pledge.state);
    let after = was.refunded(now);
    if after != was && refunds::is_all_back(tx, pledge.id).await? {
        let change = Change::by_service("everything that it brought went back");
        plan::save(tx, book, Pledge { state: after, ..pledge }, was, change, now, wall).await?;
    }
    Ok(Ok(settled))
}

/// The same entry with what the bank took of the host's own account: bank charges → cash. What it took of a partner's account is the partner's, and
/// is not in the book.
pub(super) async fn with_fee(
    tx: &Transaction<'_>,
    book: &Book,
    entry: Entry,
    debit: &Debit,
    wall: Timestamp,
) -> Result<Entry, Error> {
    if debit.fee == 0 || debit.custodian != book.organisation {
        return Ok(entry);
    }
    let currency = debit.amount.currency();
    let charges = chart::bank_charges().in_currency(currency, book.currency);
    let charges = accounts::ensure(tx, book, &charges, currency, wall).await?;
    let cash = cash_of(tx, book, debit.custodian, currency, wall).await?;
    let fee = movements::bank_fee(charges, cash, debit.fee, debit.on, debit.line);
    let lines = entry.lines.iter().copied().chain(fee.lines).collect();
    Ok(Entry { lines, ..entry })
}

/// The donor did not get it: it is in the funds again from which it was taken, and fees that had come back are charged again.
async fn fail(
    tx: &Transaction<'_>,
    book: &Book,
    charge: Charge,
    refund: Refund,
    code: String,
    wall: Timestamp,
) -> Result<Refund, Error> {
    let is_settled = matches!(charge.state, ChargeState::Settled { .. });
    let mut funds: Vec<FundPart> =
        refunds::taken(tx, &refund).await?.into_iter().map(|(fund, amount)| FundPart { fund, amount }).collect();
    if funds.is_empty() {
        let fund = campaigns::get(tx, charge.campaign).await?.fund()?;
        funds.push(FundPart { fund, amount: refund.of_fund() });
    }
    let borne = fees::of_charge(tx, charge.id).await?;
    let charged = returned(tx, book, &borne, &refund, is_settled, wall).await?;
    let in_transit = in_transit(tx, book, &refund, wall).await?;
    let entry = movements::refund_failed(in_transit, &funds, &charged, book.today(wall), refund.id);
    let end_entry = posting::post(tx, book, entry, wall).await?.number;
    if is_settled {
        for part in funds.iter().filter(|part| part.amount > 0) {
            layers::insert_moved(tx, part.fund, charge.pledge, end_entry, part.amount).await?;
        }
    }
    let charge =
        Charge { refunded: charge.refunded - refund.amount.minor(), fees: charge.fees + refund.undone(), ..charge };
    charges::update(tx, &charge).await?;
    for fee in &refund.fees {
        fees::add_undone(tx, charge.id, fee.to, -fee.amount).await?;
    }
    refunds::update(tx, &Refund { state: State::Failed { code }, end_entry, ..refund }).await
}

/// A refund that a partner has made by itself.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// How the partner names the event.
    pub event_id: &'a str,
    /// How the partner names the payment, as it reports its capture.
    pub provider_reference: &'a str,
    /// How the partner names the refund: the same one twice is one refund.
    pub refund_reference: &'a str,
    /// The part of the charge that went back; none for all that is left.
    pub amount: Option<Money>,
    /// What it cost the partner, when the gift was in another currency; none when it does not say.
    pub settled_amount: Option<Money>,
    /// Why, without personal data.
    pub reason: &'a str,
}

/// What a partner's report of a refund came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reported {
    /// The donor has money that was still held.
    Refunded(Refund),
    /// The donor has money that was released, set aside or held by a chargeback: what went back is borne as a lost chargeback is.
    Borne(Chargeback),
}

/// A partner that collects by itself has given a charge back, in whole or in part. Before its capture was reported, this says as
/// well that there was one: both are in the book, and the report of the capture that comes later says nothing new. The money has
/// gone, so that it is never refused for want of it: what funds do not hold any more finds its bearers.
///
/// # Errors
///
/// `rail-refused`, `charge-captured`, `event-taken`, `charge-not-captured`, `refund-exceeds-charge`, `refund-nothing`, `rate-out-of-bounds`. [`Error::Invalid`] at `/settled_amount`,
/// `/event_id`, `/provider_reference`, `/refund_reference` or `/reason`; [`Error::NotFound`] for an unknown charge, or one of
/// another partner.
pub async fn report_made(
    tx: &Transaction<'_>,
    id: ChargeId,
    partner: OrganisationId,
    made: Made<'_>,
    wall: Timestamp,
) -> Result<Reported, Error> {
    check_line("/refund_reference", made.refund_reference, text::REFERENCE)?;
    check_text("/reason", made.reason, text::REASON_OR_NONE)?;
    let ask = Ask { charge: id, amount: made.amount, reference: Some(made.refund_reference), from: None };
    let (_, _, charge) = charge_operations::lock(tx, id, None, wall).await?;
    if charge.partner == partner {
        if let Some(known) = known(tx, &ask).await? {
            return Ok(Reported::Refunded(known));
        }
        let borne = chargebacks::find_by_event(tx, id.book, partner, made.refund_reference).await?;
        if let Some(known) = borne.filter(|borne| borne.charge == id) {
            return Ok(Reported::Borne(known));
        }
    }
    // Says what is wrong with the report, and brings the capture if there was none.
    charge_operations::capture_reported(tx, id, partner, made.event_id, made.provider_reference, None, wall).await?;
    if !attempts::event_was_about(tx, &partner.to_string(), made.event_id, id).await? {
        return Err(Refusal::new("event-taken", "this event was about another charge").into());
    }
    let (book, pledge, charge) = charge_operations::lock(tx, id, None, wall).await?;
    let change = Change { version: None, actor: Actor::Partner(partner), reason: made.reason };
    let prepared = prepare(tx, &book, &pledge, charge, ask, made.reason, wall).await?;
    if let Some(cost) = made.settled_amount {
        check_settled(prepared.refund.original.is_some(), prepared.refund.sent, cost)?;
    }
    if prepared.missing > 0 {
        let sent = prepared.refund.sent;
        let borne = chargeback_operations::report_refunded(tx, id, made.refund_reference, sent, partner, wall).await?;
        if let Some(cost) = made.settled_amount {
            let custodian = prepared.refund.rail.custodian(partner, book.organisation);
            post_difference(tx, &book, custodian, (sent, cost), borne.id, wall).await?;
        }
        return Ok(Reported::Borne(borne));
    }
    let refund = take_out(tx, &book, prepared, change, wall).await?;
    let outcome = Outcome::Settled { provider_reference: made.refund_reference.to_owned() };
    let by = Actor::Partner(partner);
    record_with_cost(tx, refund.id, outcome, made.settled_amount, by, wall).await.map(Reported::Refunded)
}
