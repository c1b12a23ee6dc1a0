//! Charges: begun when due, tried, captured or declined.
//!
//! A provider is called between two transactions: [`begin`] writes down that an attempt is under way and under which
//! reference, the caller asks the provider, [`record_outcome`] writes down the answer with everything that follows from
//! it. A worker that dies in between finds the same attempt and the same reference again, so that the provider can be
//! asked what became of it. Each of these functions bears being called twice.

use super::chargebacks;
use super::fees;
use super::held::held_by;
use super::plan::{self, Again, Asked};
use super::present::{finish, follow, lock_present};
use super::unexplained::{self, Came};
use super::{commitments, trial, verdicts};
use crate::calendar::later;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{ChargeId, OrganisationId, PledgeId, SuspenseId};
use crate::money::Money;
use crate::movements;
use crate::pledging::rules::charge::{Charge, DeclineKind, Next, Outcome, REPORT_DAYS, State};
use crate::pledging::rules::conversion::{Collected, noted};
use crate::pledging::rules::pledge::{Need, Pledge, Rail, Token};
use crate::pledging::rules::promise;
use crate::pledging::rules::sandbox_token::SandboxToken;
use crate::pledging::rules::suspense::explains;
use crate::pledging::store::{
    attempts, charges, fees as charge_fees, plan_changes, plan_moves, pledges, suspense as suspense_rows,
};
use crate::service::change::{Change, check_line};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::operations::settlements;
use deadpool_postgres::Transaction;
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// How long a payment at new terms waits before it looks again whether the donor was told of them.
const MAIL_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// How long after it was asked the sandbox's provider reports a second time, by the token that asks for it.
const SECOND_ANSWER: SignedDuration = SignedDuration::from_millis(70);

/// What is to be done for a due payment.
#[derive(Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: it is done, or not wanted any more, or its partner is expected to report next.
    Nothing,
    /// An attempt is under way: ask the provider whether it knows the reference; if not, let it take the money.
    Try {
        /// The charge.
        charge: ChargeId,
        /// Number of the attempt, from 1.
        attempt: i32,
        /// Our reference of the attempt: the same for ever.
        reference: String,
        /// The amount to be taken.
        amount: Money,
        /// The provider's token of the means of payment that is charged.
        token: String,
        /// Whether it was begun before, and so the provider may know it.
        was_begun: bool,
    },
}

/// Without the token, so that no log can print it.
impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Begun::Nothing => f.write_str("nothing"),
            Begun::Try { reference, amount, .. } => write!(f, "try {reference}: {amount}"),
        }
    }
}

/// What became of an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It was known already; nothing was written.
    Already,
    /// The money is in the book.
    Captured,
    /// The decline is written down, and what follows from it.
    Declined(Next),
    /// No due date explains the money any more: it waits in suspense.
    Suspended(SuspenseId),
    /// The campaign had closed meanwhile: nothing was posted, and the provider has to void the payment. Do that before
    /// committing: when it fails, the next run asks the provider, gets the same outcome, and comes here again.
    Voided {
        /// How the provider names the payment.
        provider_reference: String,
    },
}

/// A due payment of a plan begins, unless it has begun already. Also lets a wait of the pledge come true that has run out.
///
/// When a later payment is due as well, the earlier ones are missed, and only the latest is begun, by a job of its own. The
/// first one after a change of the plan waits until the donor was told of the change. Nothing begins while what its custodian holds is
/// frozen; the release asks for it again.
///
/// # Errors
///
/// What the capture would be refused with, such as `sum-too-large`: nobody is asked for money that the book could not hold.
/// [`Error::NotFound`] for an unknown pledge.
pub async fn begin(tx: &Transaction<'_>, id: PledgeId, sequence: i32, wall: Timestamp) -> Result<Begun, Error> {
    let book = books::get(tx, id.book).await?;
    let (now, today) = (book.now(wall), book.today(wall));
    let pledge = lock_present(tx, &book, id, now, wall).await?;
    if let Some(charge) = charges::lock_payment(tx, id, sequence).await? {
        return under_way(tx, &pledge, &charge).await;
    }
    let due_on = pledge.schedule.due_date(sequence).filter(|due| *due <= today);
    let Some(due_on) = due_on else { return Ok(Begun::Nothing) };
    if sequence != pledge.next_sequence || !pledge.state.is_active() {
        return Ok(Begun::Nothing);
    }
    if held_by(tx, &book, (pledge.rail, pledge.partner)).await?.is_some() {
        return Ok(Begun::Nothing);
    }
    if let Some(latest) = pledge.schedule.last_due(today).filter(|latest| *latest > sequence) {
        let next_sequence = plan::miss(tx, &book, &pledge, latest, now, wall).await?;
        let pledge = pledges::update(tx, &Pledge { next_sequence, ..pledge }).await?;
        plan::enqueue_payment(tx, &book, &pledge, latest, now).await?;
        return Ok(Begun::Nothing);
    }
    let may_be_new = sequence == pledge.schedule.first() || pledge.schedule.first() > 1;
    if may_be_new && plan_changes::is_untold(tx, id).await? {
        return wait_for_mail(tx, &book, &pledge, now).await;
    }
    let campaign = verdicts::present(tx, &book, pledge.campaign, now).await?;
    let campaign_state = campaign.state.at(now);
    if !campaign_state.takes_charges() {
        let is_over = campaign_state.is_over();
        return not_taken(tx, &book, pledge, is_over, now, wall).await;
    }
    let state = State::Scheduled.begin(later(now, REPORT_DAYS))?;
    let charge = commitments::begin(tx, Charge::of(&pledge, sequence, due_on, state, now)).await?;
    charges::insert(tx, &charge).await?;
    attempts::insert(tx, charge.id, 1, now).await?;
    let pledge = pledges::update(tx, &Pledge { next_sequence: sequence + 1, ..pledge }).await?;
    plan::enqueue_payment(tx, &book, &pledge, sequence + 1, now).await?;
    hand_over(tx, &book, &pledge, charge, wall).await
}

/// A payment at new terms waits until the donor was told of them. The mail has a number of attempts, and so an end.
async fn wait_for_mail(tx: &Transaction<'_>, book: &Book, pledge: &Pledge, now: Timestamp) -> Result<Begun, Error> {
    let due_at = now.saturating_add(MAIL_PAUSE).unwrap_or(now);
    let dedupe = format!("{}-{}-{}", pledge.id, pledge.next_sequence, due_at.as_second());
    let job = Job::ChargePledge { pledge: pledge.id, sequence: pledge.next_sequence };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await?;
    Ok(Begun::Nothing)
}

/// A declined charge is tried again, unless it is being tried already, nobody wants that any more, or what its custodian holds is
/// frozen: the release asks for it again.
///
/// # Errors
///
/// As [`begin`]; [`Error::NotFound`] for an unknown charge.
pub async fn begin_retry(tx: &Transaction<'_>, id: ChargeId, attempt: i32, wall: Timestamp) -> Result<Begun, Error> {
    let (book, pledge, charge) = lock(tx, id, None, wall).await?;
    let wanted = pledge.state.is_active() && charge.is_collected_as(&pledge);
    match &charge.state {
        State::Processing { attempt: running, .. } if *running == attempt => {
            return under_way(tx, &pledge, &charge).await;
        }
        State::Declined { attempt: last, retry_on: Some(day), .. }
            if last + 1 == attempt && *day <= book.today(wall) && wanted => {}
        State::Scheduled
        | State::Processing { .. }
        | State::Declined { .. }
        | State::Captured { .. }
        | State::Settled { .. }
        | State::Voided { .. }
        | State::Missed => return Ok(Begun::Nothing),
    }
    if held_by(tx, &book, (charge.rail, charge.partner)).await?.is_some() {
        return Ok(Begun::Nothing);
    }
    let now = book.now(wall);
    let campaign = verdicts::present(tx, &book, pledge.campaign, now).await?;
    if !campaign.state.at(now).takes_charges() {
        plan::ask(tx, &book, pledge, Need::Campaign, "its campaign takes no money any more", now, wall).await?;
        return Ok(Begun::Nothing);
    }
    let (charge, full) = if charge.campaign == pledge.campaign {
        (charge, None)
    } else {
        commitments::move_charge(tx, &book, &pledge, charge, wall).await?
    };
    if full.is_some() {
        charges::update(tx, &charge).await?;
        plan::ask(tx, &book, pledge, Need::Campaign, "its payment does not fit below the campaign's cap", now, wall)
            .await?;
        return Ok(Begun::Nothing);
    }
    let charge = Charge { state: charge.state.clone().retry(book.today(wall), later(now, REPORT_DAYS))?, ..charge };
    charges::update(tx, &charge).await?;
    attempts::insert(tx, charge.id, attempt, now).await?;
    hand_over(tx, &book, &pledge, charge, wall).await
}

/// Writes down what the provider answered to an attempt, and what follows from it.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::StillRunning`] when the book's day ended under the transaction: try again;
/// [`Error::NotFound`] for an unknown charge. An attempt that was never begun is [`Error::Inconsistent`].
pub async fn record_outcome(
    tx: &Transaction<'_>,
    id: ChargeId,
    attempt: i32,
    outcome: Outcome,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    let (book, pledge, charge) = lock(tx, id, None, wall).await?;
    if attempt > charge.state.attempt() {
        return Err(Error::inconsistent(format!("charge {id} has no attempt {attempt}")));
    }
    match &charge.state {
        State::Processing { attempt: running, .. } if *running == attempt => {}
        State::Scheduled
        | State::Processing { .. }
        | State::Declined { .. }
        | State::Captured { .. }
        | State::Settled { .. }
        | State::Voided { .. }
        | State::Missed => return Ok(Recorded::Already),
    }
    match outcome {
        Outcome::Captured { provider_reference } => {
            capture(tx, &book, pledge, charge, provider_reference, book.now(wall), wall).await
        }
        Outcome::Declined { code, kind } => decline(tx, &book, pledge, charge, code, kind, wall).await,
    }
}

/// A partner that collects by itself reports that it has the money, since now, or since `kept_since`: the moment in the book's
/// time since which the report was kept. The same event, or the same payment, twice is once. When the campaign has closed,
/// the charge is voided: the partner gives the money back. What no due date explains any more waits in suspense.
///
/// # Errors
///
/// `rail-refused` when the partner does not collect this charge; `charge-captured` when another payment captured it: the
/// partner gives that one back. `event-taken` when the event was about another charge; what [`posting::post`] refuses. [`Error::Invalid`] at `/event_id` or
/// `/provider_reference`; [`Error::StillRunning`] when the book's day ended under the transaction: try again;
/// [`Error::NotFound`] for an unknown charge, or one of another partner.
pub async fn capture_reported(
    tx: &Transaction<'_>,
    id: ChargeId,
    partner: OrganisationId,
    event_id: &str,
    provider_reference: &str,
    kept_since: Option<Timestamp>,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    capture_reported_as(tx, id, partner, (event_id, provider_reference), None, kept_since, wall).await
}

/// The same, with what was collected: of a payment in another currency what came of it, which is then what it is of.
///
/// # Errors
///
/// As [`capture_reported`]; `capture-amount`, `original-differs`, `rate-out-of-bounds`.
pub async fn capture_reported_as(
    tx: &Transaction<'_>,
    id: ChargeId,
    partner: OrganisationId,
    (event_id, provider_reference): (&str, &str),
    collected: Option<Collected>,
    kept_since: Option<Timestamp>,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    check_line("/event_id", event_id, text::REFERENCE)?;
    check_line("/provider_reference", provider_reference, text::REFERENCE)?;
    let (book, pledge, charge) = lock(tx, id, kept_since, wall).await?;
    if charge.partner != partner {
        return Err(Error::NotFound("charge"));
    }
    if charge.rail != Rail::Partner {
        return Err(Refusal::new("rail-refused", "the partner does not collect this charge itself").into());
    }
    let charge = match collected {
        Some(Collected { amount, original }) => charge.come_to(amount, original)?,
        None => charge,
    };
    let provider = partner.to_string();
    let is_news = attempts::insert_event(tx, &provider, event_id, id, wall).await?;
    match &charge.state {
        State::Captured { provider_reference: known, .. } | State::Settled { provider_reference: known, .. } => {
            if known == provider_reference {
                return Ok(Recorded::Already);
            }
            let detail = format!("the charge was captured as {known}: give {provider_reference} back");
            return Err(Refusal::new("charge-captured", detail).into());
        }
        State::Voided { provider_reference: known, .. } if known == provider_reference => return Ok(Recorded::Already),
        State::Scheduled | State::Processing { .. } | State::Declined { .. } | State::Voided { .. } | State::Missed => {
        }
    }
    if !is_news {
        if attempts::event_was_about(tx, &provider, event_id, id).await? {
            let held = suspense_rows::find(tx, book.id, partner, provider_reference).await?;
            return Ok(held.map_or(Recorded::Already, |item| Recorded::Suspended(item.id)));
        }
        return Err(Refusal::new("event-taken", "this event was about another charge").into());
    }
    let at = kept_since.unwrap_or(book.now(wall));
    if !explains(&charge, &pledge) {
        let came = Came { amount: charge.amount, event_id, provider_reference };
        let pledge = Pledge { method: charge.method, ..pledge };
        let item = unexplained::hold(tx, &book, &pledge, partner, Some(id), came, at, wall).await?;
        return Ok(Recorded::Suspended(item.id));
    }
    let recorded = capture(tx, &book, pledge, charge, provider_reference.to_owned(), at, wall).await?;
    let action = if matches!(recorded, Recorded::Voided { .. }) { "voided" } else { "captured" };
    activity::record(tx, book.id, Done::new(&id, action, Actor::Partner(partner)), book.now(wall)).await?;
    Ok(recorded)
}

/// Keeps the report of a capture until its book is released: [`capture_reported_as`] said that it is frozen, and so nothing else
/// against it. `came` is what a payment in another currency came to, if that was said.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown charge.
pub async fn keep_report(
    tx: &Transaction<'_>,
    id: ChargeId,
    partner: OrganisationId,
    event_id: &str,
    provider_reference: &str,
    came: Option<Money>,
    wall: Timestamp,
) -> Result<Charge, Error> {
    let charge = charges::get(tx, id).await?;
    let book = books::get(tx, id.book).await?;
    let dedupe = jobs::dedupe_of_report(&id, &[event_id, provider_reference]);
    let (event_id, provider_reference) = (event_id.to_owned(), provider_reference.to_owned());
    let job = Job::RecordCapture { charge: id, partner, event_id, provider_reference, came: came.map(Money::minor) };
    jobs::enqueue(tx, &NewJob { book: id.book, due_at: book.now(wall), dedupe, job }).await?;
    Ok(charge)
}

/// Writes down the report of a capture that was kept, since a moment of book time, as [`capture_reported_as`] does.
///
/// # Errors
///
/// As [`capture_reported_as`].
pub async fn capture_kept(
    tx: &Transaction<'_>,
    id: ChargeId,
    partner: OrganisationId,
    names: (&str, &str),
    came: Option<i64>,
    since: Timestamp,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    let charge = charges::get(tx, id).await?;
    let amount = came.map(|minor| Money::from_minor(minor, charge.amount.currency())).transpose();
    let amount = amount.map_err(|_| Error::inconsistent(format!("the kept report of {id} says no amount")))?;
    let original = charge.conversion.map(|conversion| conversion.original);
    let collected = amount.map(|amount| Collected { amount, original });
    capture_reported_as(tx, id, partner, names, collected, Some(since), wall).await
}

/// Locks a charge and its pledge as they stand now, or stood `at`.
pub(super) async fn lock(
    tx: &Transaction<'_>,
    id: ChargeId,
    at: Option<Timestamp>,
    wall: Timestamp,
) -> Result<(Book, Pledge, Charge), Error> {
    let book = books::get(tx, id.book).await?;
    let pledge = charges::get(tx, id).await?.pledge;
    let pledge = lock_present(tx, &book, pledge, at.unwrap_or(book.now(wall)), wall).await?;
    Ok((book, pledge, charges::lock(tx, id).await?))
}

/// The attempt is the caller's to make, unless the partner makes it; then the charge waits for a report until a deadline.
async fn hand_over(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    charge: Charge,
    wall: Timestamp,
) -> Result<Begun, Error> {
    match (charge.rail, &charge.state) {
        (Rail::Partner, State::Processing { until, attempt, .. }) => {
            let job = Job::ChargePledge { pledge: pledge.id, sequence: charge.sequence };
            let dedupe = format!("{}-report-{attempt}", charge.id);
            jobs::enqueue(tx, &NewJob { book: book.id, due_at: *until, dedupe, job }).await?;
            Ok(Begun::Nothing)
        }
        (Rail::Sandbox | Rail::Partner | Rail::Stripe, _) => {
            trial::capture(tx, book, pledge, &charge, wall).await?;
            if pledge.token.0 == SandboxToken::AnswersTwice.as_str() {
                let due_at = book.now(wall).saturating_add(SECOND_ANSWER).unwrap_or(Timestamp::MAX);
                let (charge, attempt) = (charge.id, charge.state.attempt());
                let job = Job::RecordAnswer { charge, attempt };
                let dedupe = reference(charge, attempt);
                jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await?;
            }
            Ok(attempt_of(&pledge.token, &charge, false))
        }
    }
}

/// Our name for an attempt with its provider: the same for ever.
pub fn reference(charge: ChargeId, attempt: i32) -> String {
    format!("{charge}-{attempt}")
}

pub(super) fn attempt_of(token: &Token, charge: &Charge, was_begun: bool) -> Begun {
    let attempt = charge.state.attempt();
    Begun::Try {
        charge: charge.id,
        attempt,
        reference: reference(charge.id, attempt),
        amount: charge.amount,
        token: token.0.clone(),
        was_begun,
    }
}

/// The charge was begun before: a dead worker's attempt is taken up; a partner's own attempt waits for its report.
async fn under_way(tx: &Transaction<'_>, pledge: &Pledge, charge: &Charge) -> Result<Begun, Error> {
    match (charge.rail, &charge.state) {
        (Rail::Sandbox | Rail::Stripe, State::Processing { .. }) => {
            Ok(attempt_of(&plan_moves::token_of(tx, pledge, charge).await?, charge, true))
        }
        (
            Rail::Sandbox | Rail::Partner | Rail::Stripe,
            State::Scheduled
            | State::Processing { .. }
            | State::Declined { .. }
            | State::Captured { .. }
            | State::Settled { .. }
            | State::Voided { .. }
            | State::Missed,
        ) => Ok(Begun::Nothing),
    }
}

/// A payment fell due while its campaign takes none. Over: the donor is asked for another. Suspended: the due date
/// passes, and the plan goes on with the next; the last payment of a plan waits a day instead.
async fn not_taken(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    is_over: bool,
    now: Timestamp,
    wall: Timestamp,
) -> Result<Begun, Error> {
    if is_over {
        plan::ask(tx, book, pledge, Need::Campaign, "its campaign takes no money any more", now, wall).await?;
        return Ok(Begun::Nothing);
    }
    let sequence = pledge.next_sequence;
    if pledge.schedule.due_date(sequence + 1).is_some() {
        let pledge = pledges::update(tx, &Pledge { next_sequence: sequence + 1, ..pledge }).await?;
        plan::enqueue_payment(tx, book, &pledge, sequence + 1, now).await?;
    } else {
        let due_at = later(now, 1);
        let dedupe = format!("{}-{sequence}-{}", pledge.id, book.day_of(due_at));
        let job = Job::ChargePledge { pledge: pledge.id, sequence };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await?;
    }
    Ok(Begun::Nothing)
}

pub(super) async fn capture(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    charge: Charge,
    provider_reference: String,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    let (now, on) = (book.now(wall), book.day_of(at));
    let campaign = verdicts::present(tx, book, charge.campaign, at).await?;
    if campaign.state.clone().at(at).is_over() {
        let state = charge.state.clone().void(provider_reference.clone())?;
        let charge = Charge { state, ..charge.as_promised() };
        finish(tx, book, charge, now, wall).await?;
        plan::ask(tx, book, pledge, Need::Campaign, "its campaign closed before the capture", now, wall).await?;
        return Ok(Recorded::Voided { provider_reference });
    }
    let borne = fees::ensure(tx, book, &campaign, &pledge, &charge, wall).await?;
    let charge = fees::borne(charge, &borne);
    let state = charge.state.clone().capture(on, provider_reference)?;
    let custodian = charge.rail.custodian(charge.partner, book.organisation);
    let settlement =
        settlements::open(tx, book, custodian, (charge.amount.currency(), charge.method), on, wall).await?;
    let entry = movements::charge_captured(settlement.receivable, campaign.fund()?, charge.amount, on, charge.id);
    let mut entry = fees::with_fees(noted(entry, charge.conversion), &borne);
    let (line, promise) = promise::captured(&campaign, &charge);
    entry.lines.extend(line);
    let posted = posting::post(tx, book, entry, wall).await?;
    let charge = Charge { state, promise, settlement: Some(settlement.id), entry: posted.number, ..charge };
    let charge = finish(tx, book, charge, now, wall).await?;
    for fee in &borne {
        charge_fees::insert(tx, charge.id, fee).await?;
    }
    jobs::enqueue(tx, &receipt_job(book, charge.id, wall)).await?;
    if let Some(job) = chargebacks::sandbox_job(book, &pledge, &charge, wall) {
        jobs::enqueue(tx, &job).await?;
    }
    revive(tx, book, pledge, &charge, now, wall).await?;
    Ok(Recorded::Captured)
}

/// What a payment that came makes of its pledge: its last one completes it, and what had lapsed for want of one goes on.
pub(super) async fn revive(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    charge: &Charge,
    now: Timestamp,
    wall: Timestamp,
) -> Result<(), Error> {
    // What moved away is revived by payments to who collects it now alone.
    let collected = charge.is_collected_as(&pledge);
    let nothing_follows = pledge.schedule.due_date(pledge.next_sequence).is_none();
    let is_last = nothing_follows && !charges::any_open(tx, pledge.id, Some(charge.id)).await?;
    let paid = pledge.state.paid(now, is_last);
    if paid != pledge.state && (collected || is_last) {
        let was = pledge.state;
        let had_lapsed = paid.is_active();
        let reason = if had_lapsed { "a payment came after all" } else { "its last payment came" };
        let pledge =
            plan::save(tx, book, Pledge { state: paid, ..pledge }, was, Change::by_service(reason), now, wall).await?;
        if had_lapsed {
            plan::restart(tx, book, pledge, (Again::Nothing, Asked::ByNobody), now, wall).await?;
        }
    }
    Ok(())
}

/// Word to the donor about a capture.
pub(super) fn receipt_job(book: &Book, charge: ChargeId, wall: Timestamp) -> NewJob {
    let job = Job::SendReceipt { charge };
    NewJob { book: book.id, due_at: book.now(wall), dedupe: charge.to_string(), job }
}

/// An attempt was declined: written down with what follows.
pub(super) async fn decline(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    charge: Charge,
    code: String,
    kind: DeclineKind,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    let code: String = code.chars().filter(|letter| !letter.is_control()).take(100).collect();
    let wanted = pledge.state.is_active() && charge.is_collected_as(&pledge);
    let (state, next) = charge.state.decline(code, kind, book.today(wall))?;
    let state = if wanted { state } else { state.give_up() };
    let charge = finish(tx, book, Charge { state, ..charge }, book.now(wall), wall).await?;
    follow(tx, book, pledge, &charge, next, book.now(wall), wall).await?;
    Ok(Recorded::Declined(next))
}
