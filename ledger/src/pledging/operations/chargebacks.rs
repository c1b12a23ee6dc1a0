//! Chargebacks: reported, decided, and what falls due of them.
//!
//! A report is a fact from outside and is never refused for want of money. While the charge has not settled, or the
//! custodian's cash does not reach, it stands without an entry; while the risk reserve does not reach for a lost one, that
//! waits as `lost_unborne`. [`advance`] does what can be done by now, and bears being called twice.
//!
//! Lock order: pledge → charge → chargeback → campaigns by id → settlement → head of the book.

use super::campaigns::available;
use super::losses;
use super::plan;
use super::present::lock_present;
use super::return_times;
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::calendar::{days_after, later};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::engine::store::{balances, journal};
use crate::error::{Error, Refusal};
use crate::id::{ChargeId, ChargebackId, OrganisationId};
use crate::money::Money;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::{Charge, State as ChargeState};
use crate::pledging::rules::chargeback::{self as rules, Chargeback, Ruling, State};
use crate::pledging::rules::pledge::{Need, Pledge, Rail};
use crate::pledging::store::{attempts, campaigns, chargebacks, charges, custodian_holds, pledges};
use crate::service::change::check_line;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::operations::settlements;
use crate::treasury::store::settlements as settlement_rows;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// The most chargebacks that one funding of the reserve takes up at once; further ones at the next.
const WAITING_MAX: i64 = 1_000;

/// What a provider or a partner reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The charge that was taken back.
    pub charge: ChargeId,
    /// How the partner names the report.
    pub event_id: String,
    /// What was taken back.
    pub amount: Money,
    /// What the provider took for it besides; none when nothing.
    pub fee: Option<Money>,
    /// The provider's own code of the reason.
    pub reason: String,
    /// The day on which it was taken; today when it is not given.
    pub reported_on: Option<Date>,
    /// Until when the provider takes evidence, in book time.
    pub evidence_until: Option<Timestamp>,
}

/// A partner reports that a charge was taken back. The same event twice is once.
///
/// # Errors
///
/// `charge-not-captured`, `chargeback-exceeds-charge`; `event-taken` when the event was about another charge;
/// [`Error::Invalid`] at `/event_id`, `/reason`, `/amount/currency`, `/fee/currency`, `/reported_on` or `/evidence_until`;
/// [`Error::NotFound`] for an unknown charge, or one of another partner.
pub async fn report(
    tx: &Transaction<'_>,
    report: Report,
    partner: OrganisationId,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    check_line("/event_id", &report.event_id, text::REFERENCE)?;
    check_line("/reason", &report.reason, text::REFERENCE)?;
    let book = books::get(tx, report.charge.book).await?;
    let charge = charges::get(tx, report.charge).await?;
    if charge.partner != partner {
        return Err(Error::NotFound("charge"));
    }
    if !attempts::insert_event(tx, &partner.to_string(), &report.event_id, report.charge, wall).await? {
        return match chargebacks::find_by_event(tx, book.id, partner, &report.event_id).await? {
            Some(known) if known.charge == report.charge => Ok(known),
            Some(_) | None => Err(Refusal::new("event-taken", "this event was about something else").into()),
        };
    }
    open(tx, &book, report, Actor::Partner(partner), wall).await
}

/// A provider says that a charge was taken back, under its own name of the dispute (`event_id`): the same one twice is once.
///
/// # Errors
///
/// As [`report`].
pub(super) async fn report_by_provider(
    tx: &Transaction<'_>,
    report: Report,
    provider: &str,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    let book = books::get(tx, report.charge.book).await?;
    let charge = charges::get(tx, report.charge).await?;
    if !attempts::insert_event(tx, provider, &report.event_id, report.charge, wall).await? {
        let known = chargebacks::find_by_event(tx, book.id, charge.partner, &report.event_id).await?;
        return known.ok_or_else(|| Error::inconsistent(format!("{} is no dispute of {}", report.event_id, charge.id)));
    }
    open(tx, &book, report, Actor::Service, wall).await
}

/// A partner gave money of a charge back that its fund does not hold any more: nobody contests that, and it finds its bearers at
/// once. The partner names it as it names the refund.
pub(super) async fn report_refunded(
    tx: &Transaction<'_>,
    charge: ChargeId,
    reference: &str,
    sent: Money,
    partner: OrganisationId,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    let book = books::get(tx, charge.book).await?;
    if chargebacks::find_by_event(tx, book.id, partner, reference).await?.is_some() {
        return Err(Refusal::new("event-taken", "this reference was about something else").into());
    }
    let report = Report {
        charge,
        event_id: reference.to_owned(),
        amount: sent,
        fee: None,
        reason: rules::REFUNDED.to_owned(),
        reported_on: None,
        evidence_until: None,
    };
    open(tx, &book, report, Actor::Partner(partner), wall).await
}

/// The sandbox's provider disputes a charge whose token says so; none when it has done so before, or nothing is left of it.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown charge.
pub async fn open_by_sandbox(
    tx: &Transaction<'_>,
    id: ChargeId,
    ruling: Ruling,
    wall: Timestamp,
) -> Result<Option<Chargeback>, Error> {
    let book = books::get(tx, id.book).await?;
    let charge = charges::get(tx, id).await?;
    let left = charge.amount.minor() - charge.refunded - charge.disputed;
    let event_id = format!("sandbox-{id}");
    let is_known = chargebacks::find_by_event(tx, book.id, charge.partner, &event_id).await?.is_some();
    let Ok(amount) = Money::from_minor(left, charge.amount.currency()) else { return Ok(None) };
    if is_known {
        return Ok(None);
    }
    let fee = Money::from_minor(rules::SANDBOX_FEE, amount.currency()).ok();
    let report = Report {
        charge: id,
        event_id,
        amount,
        fee,
        reason: "fraudulent".into(),
        reported_on: None,
        evidence_until: None,
    };
    let opened = open(tx, &book, report, Actor::Service, wall).await?;
    let due_at = later(opened.created_at, rules::SANDBOX_DECISION_DAYS);
    let job = Job::DecideChargeback { chargeback: opened.id, wins: ruling == Ruling::Win };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe: opened.id.to_string(), job }).await?;
    Ok(Some(opened))
}

/// The job by which the sandbox's provider disputes a captured charge, if its token says so.
pub(super) fn sandbox_job(book: &Book, pledge: &Pledge, charge: &Charge, wall: Timestamp) -> Option<NewJob> {
    let ruling = match charge.rail {
        Rail::Sandbox if charge.is_collected_as(pledge) => rules::of_token(&pledge.token.0)?,
        Rail::Sandbox | Rail::Partner | Rail::Stripe => return None,
    };
    let charge = charge.id;
    let due_at = later(book.now(wall), rules::SANDBOX_DAYS);
    let job = Job::OpenChargeback { charge, wins: ruling == Ruling::Win };
    Some(NewJob { book: book.id, due_at, dedupe: charge.to_string(), job })
}

async fn open(
    tx: &Transaction<'_>,
    book: &Book,
    report: Report,
    actor: Actor,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    let (now, today) = (book.now(wall), book.today(wall));
    lock_present(tx, book, charges::get(tx, report.charge).await?.pledge, now, wall).await?;
    let charge = charges::lock(tx, report.charge).await?;
    let currency = charge.amount.currency();
    let of_charge = |money: Money| money.currency() == currency;
    if !of_charge(report.amount) {
        return Err(Error::invalid("/amount/currency", format!("the charge is in {currency}")));
    }
    if !report.fee.is_none_or(of_charge) {
        return Err(Error::invalid("/fee/currency", format!("the charge is in {currency}")));
    }
    let reported_on = report.reported_on.unwrap_or(today);
    if reported_on > today || reported_on < book.day_of(charge.created_at) {
        return Err(Error::invalid("/reported_on", "a day from that of the charge to today"));
    }
    if report.evidence_until.is_some_and(|until| until <= now) {
        return Err(Error::invalid("/evidence_until", "must be in the future of the book"));
    }
    rules::check(&charge, report.amount)?;
    let is_lost = rules::is_uncontested(&report.reason);
    if is_lost {
        losses::lock_campaigns(tx, charge.pledge, charge.campaign).await?;
    }
    arrive(tx, book, &charge, wall).await?;
    let chargeback = Chargeback {
        id: ChargebackId::generate(book.id),
        charge: charge.id,
        pledge: charge.pledge,
        campaign: charge.campaign,
        partner: charge.partner,
        amount: report.amount,
        fee: report.fee.map_or(0, Money::minor),
        reason: report.reason,
        event_id: report.event_id,
        reported_on,
        evidence_until: report.evidence_until,
        until: rules::until(now),
        state: State::Open,
        decided_at: None,
        opened_entry: 0,
        closed_entry: 0,
        // Under the lock of the head: what leaves a fund from here on takes none of the pledge's layers.
        held_from: journal::lock(tx, book.id).await?.next_number,
        held_until: None,
        version: 1,
        created_at: now,
    };
    chargebacks::insert(tx, &chargeback).await?;
    chargebacks::tell_charge(tx, charge.id).await?;
    activity::record(tx, book.id, Done::new(&chargeback.id, "opened", actor).because(&chargeback.reason), now).await?;
    enqueue(tx, &chargeback, chargeback.until).await?;
    notify(tx, &chargeback, now).await?;
    let chargeback = settle_what_can_be(tx, book, chargeback, reported_on, wall).await?;
    if is_lost {
        return rule(tx, book, chargeback, Ruling::Lose, Actor::Service, now, wall).await;
    }
    Ok(chargeback)
}

/// The partner says how a chargeback ended. The same word twice is once.
///
/// # Errors
///
/// `chargeback-decided` when it had ended otherwise; [`Error::NotFound`] for an unknown chargeback.
pub async fn decide(
    tx: &Transaction<'_>,
    id: ChargebackId,
    ruling: Ruling,
    actor: Actor,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    let (book, chargeback) = lock(tx, id, wall).await?;
    let chargeback = run_out(tx, &book, chargeback, wall).await?;
    rule(tx, &book, chargeback, ruling, actor, book.now(wall), wall).await
}

/// The sandbox's provider decides a chargeback that it opened; one that a partner decided before, or that time did, stays as it is.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::NotFound`] for an unknown chargeback.
pub async fn decide_by_sandbox(
    tx: &Transaction<'_>,
    id: ChargebackId,
    ruling: Ruling,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    let (book, chargeback) = lock(tx, id, wall).await?;
    let chargeback = run_out(tx, &book, chargeback, wall).await?;
    if chargeback.state != State::Open {
        return Ok(chargeback);
    }
    rule(tx, &book, chargeback, ruling, Actor::Service, book.now(wall), wall).await
}

/// Does what can be done of a chargeback by now: the money leaves once the charge has settled and the cash is there, one that
/// nobody decided is lost, and what is lost is borne once the reserve reaches.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::NotFound`] for an unknown chargeback.
pub async fn advance(tx: &Transaction<'_>, id: ChargebackId, wall: Timestamp) -> Result<Chargeback, Error> {
    let (book, chargeback) = lock(tx, id, wall).await?;
    let chargeback = run_out(tx, &book, chargeback, wall).await?;
    settle_what_can_be(tx, &book, chargeback, book.today(wall), wall).await
}

/// Money has come to a book: whatever of its chargebacks waited for it is looked at again.
///
/// # Errors
///
/// Only trouble with the database.
pub(super) async fn take_up(tx: &Transaction<'_>, book: &Book, occasion: i64, wall: Timestamp) -> Result<(), Error> {
    for id in chargebacks::list_waiting(tx, book.id, WAITING_MAX).await? {
        let job = Job::AdvanceChargeback { chargeback: id };
        let dedupe = format!("{id} after entry {occasion}");
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    }
    Ok(())
}

/// Whether a release of this many minor units has to wait for chargebacks or a frozen custodian: they hold, or have taken, what is
/// missing of it in the campaign's fund. The caller has locked the campaign.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn keeps_back(tx: &Transaction<'_>, campaign: &Campaign, amount: i64) -> Result<bool, Error> {
    if !chargebacks::any_of_fund(tx, campaign.id).await? && custodian_holds::frozen(tx, campaign.id).await?.all == 0 {
        return Ok(false);
    }
    // Set aside for milestones is what is to be released: it counts here as free.
    let free = available(tx, campaign).await? + campaigns::earmarked(tx, campaign.id).await?;
    Ok(free < amount)
}

async fn lock(tx: &Transaction<'_>, id: ChargebackId, wall: Timestamp) -> Result<(Book, Chargeback), Error> {
    let book = books::get(tx, id.book).await?;
    let found = chargebacks::get(tx, id).await?;
    lock_present(tx, &book, found.pledge, book.now(wall), wall).await?;
    charges::lock(tx, found.charge).await?;
    Ok((book, chargebacks::lock(tx, id).await?))
}

/// One whose time ran out is lost, as of then.
async fn run_out(
    tx: &Transaction<'_>,
    book: &Book,
    chargeback: Chargeback,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    match chargeback.ran_out(book.now(wall)) {
        Some(at) => rule(tx, book, chargeback, Ruling::Lose, Actor::Service, at, wall).await,
        None => Ok(chargeback),
    }
}

/// It is decided as of a moment; what can be posted of it is.
async fn rule(
    tx: &Transaction<'_>,
    book: &Book,
    chargeback: Chargeback,
    ruling: Ruling,
    actor: Actor,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    let Some(mut decided) = chargeback.clone().decide(ruling, at)? else { return Ok(chargeback) };
    if ruling == Ruling::Win {
        decided = win(tx, book, decided, wall).await?;
    }
    let decided = chargebacks::update(tx, &decided).await?;
    chargebacks::tell_charge(tx, decided.charge).await?;
    let word = if ruling == Ruling::Win { "won" } else { "lost" };
    activity::record(tx, book.id, Done::new(&decided.id, word, actor), at).await?;
    if ruling == Ruling::Lose && decided.reason != rules::REFUNDED {
        let pledge = pledges::lock(tx, decided.pledge).await?;
        // By another means than that of the pledge, when it has moved to another partner or rail since.
        if charges::get(tx, decided.charge).await?.is_collected_as(&pledge) {
            plan::ask(tx, book, pledge, Need::Means, "a payment of it was taken back by the donor's bank", at, wall)
                .await?;
        }
    }
    let decided = settle_what_can_be(tx, book, decided, book.day_of(at), wall).await?;
    if ruling == Ruling::Win {
        return_times::take_up(tx, book, decided.pledge, wall).await?;
    }
    notify(tx, &decided, book.now(wall)).await?;
    Ok(decided)
}

/// What left comes back; where nothing had left, nothing does.
async fn win(tx: &Transaction<'_>, book: &Book, decided: Chargeback, wall: Timestamp) -> Result<Chargeback, Error> {
    let mut closed_entry = 0;
    if decided.opened_entry > 0 {
        let (disputes, cash) = accounts_of(tx, book, &decided, wall).await?;
        let day = book.day_of(decided.decided_at.unwrap_or(book.now(wall)));
        let entry = movements::dispute_won(cash, disputes, &lines(&decided), day, decided.id);
        closed_entry = posting::post(tx, book, entry, wall).await?.number;
    }
    let held_until = Some(journal::lock(tx, book.id).await?.next_number);
    Ok(Chargeback { closed_entry, held_until, ..decided })
}

/// The money leaves, if it can and has not; a lost one is borne, if it can be and is not. Both on a day, or later where the money
/// of the charge arrives later.
async fn settle_what_can_be(
    tx: &Transaction<'_>,
    book: &Book,
    chargeback: Chargeback,
    on: Date,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    let mut present = chargeback;
    match present.state {
        State::Won | State::Lost => Ok(present),
        State::Open => leave(tx, book, present, on, wall).await,
        State::LostUnborne => {
            // Campaigns are locked before settlements and the head.
            let campaigns = losses::lock_campaigns(tx, present.pledge, present.campaign).await?;
            present = leave(tx, book, present, on, wall).await?;
            if present.opened_entry == 0 {
                return Ok(present);
            }
            match losses::bear(tx, book, present.clone(), &campaigns, on, wall).await? {
                None => Ok(present),
                Some(closed) => {
                    let done = Done::new(&closed.id, "borne", Actor::Service);
                    activity::record(tx, book.id, done, book.now(wall)).await?;
                    return_times::take_up(tx, book, closed.pledge, wall).await?;
                    Ok(closed)
                }
            }
        }
    }
}

/// Posts that the money left, once the charge has settled and the custodian's cash is there.
async fn leave(
    tx: &Transaction<'_>,
    book: &Book,
    chargeback: Chargeback,
    on: Date,
    wall: Timestamp,
) -> Result<Chargeback, Error> {
    if chargeback.opened_entry > 0 {
        return Ok(chargeback);
    }
    let charge = charges::get(tx, chargeback.charge).await?;
    let arrives = arrive(tx, book, &charge, wall).await?;
    if book.today(wall) < arrives {
        enqueue(tx, &chargeback, book.start_of(arrives)).await?;
        return Ok(chargeback);
    }
    let (disputes, cash) = accounts_of(tx, book, &chargeback, wall).await?;
    journal::lock(tx, book.id).await?;
    let there = balances::get(tx, book.id, cash).await?;
    if there.net() - there.held < chargeback.total() {
        // More cash comes with settlements: looked at again a day later, and as soon as somebody pays in.
        enqueue(tx, &chargeback, later(book.now(wall), 1)).await?;
        return Ok(chargeback);
    }
    let entry = movements::dispute_opened(disputes, cash, &lines(&chargeback), on.max(arrives), chargeback.id);
    let posted = posting::post(tx, book, entry, wall).await?;
    chargebacks::update(tx, &Chargeback { opened_entry: posted.number, ..chargeback }).await
}

/// The day on which the money of a charge arrives. On that day, and later, it is made sure that it has, if its custodian pays.
async fn arrive(tx: &Transaction<'_>, book: &Book, charge: &Charge, wall: Timestamp) -> Result<Date, Error> {
    let settlement = charge.settlement.ok_or_else(|| Error::inconsistent(format!("{} is not captured", charge.id)))?;
    let arrives = settlement_rows::get(tx, settlement).await?.due_on;
    if matches!(charge.state, ChargeState::Captured { .. }) && arrives <= book.today(wall) {
        settlements::settle(tx, settlement, wall).await?;
        if matches!(charges::get(tx, charge.id).await?.state, ChargeState::Captured { .. }) {
            // Its custodian is late: looked at again a day later.
            return Ok(days_after(book.today(wall), 1));
        }
    }
    Ok(arrives)
}

/// The accounts between which the money moves: disputes of the campaign, cash of the custodian.
async fn accounts_of(
    tx: &Transaction<'_>,
    book: &Book,
    of: &Chargeback,
    wall: Timestamp,
) -> Result<(AccountNumber, AccountNumber), Error> {
    let currency = of.amount.currency();
    let disputes = losses::disputes(tx, book, &campaigns::get(tx, of.campaign).await?, wall).await?;
    let charge = charges::get(tx, of.charge).await?;
    let custodian = charge.rail.custodian(charge.partner, book.organisation);
    let cash = chart::cash_at(custodian).in_currency(currency, book.currency);
    Ok((disputes, accounts::ensure(tx, book, &cash, currency, wall).await?))
}

/// The amount and the fee, a line each.
fn lines(of: &Chargeback) -> Vec<Money> {
    let fee = Money::from_minor(of.fee, of.amount.currency()).ok();
    std::iter::once(of.amount).chain(fee).collect()
}

async fn enqueue(tx: &Transaction<'_>, chargeback: &Chargeback, due_at: Timestamp) -> Result<(), Error> {
    let job = Job::AdvanceChargeback { chargeback: chargeback.id };
    let dedupe = format!("{} at {}", chargeback.id, due_at.as_microsecond());
    jobs::enqueue(tx, &NewJob { book: chargeback.id.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// Word to the host: once a state.
async fn notify(tx: &Transaction<'_>, chargeback: &Chargeback, at: Timestamp) -> Result<(), Error> {
    let job = Job::SendChargebackNotice { chargeback: chargeback.id };
    let dedupe = format!("{} {}", chargeback.id, chargeback.state);
    jobs::enqueue(tx, &NewJob { book: chargeback.id.book, due_at: at, dedupe, job }).await?;
    Ok(())
}
