//! Money that no due date explains: it is posted when it comes, and leaves suspense as a payment of a pledge or back to who gave it.
//!
//! Lock order: pledge → item → its charges → campaign → head of the book.

use super::charges::{receipt_job, revive};
use super::plan::enqueue_payment;
use super::present::{finish, lock_present};
use super::transfers::{self, Target};
use super::unexplained::{Came, hold};
use super::{commitments, fees, held, verdicts};
use crate::book::{AccountNumber, Entry};
use crate::books::operations::accounts;
use crate::calendar::later;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, ChargeId, OrganisationId, PledgeId, SuspenseId};
use crate::pledging::rules::charge::{Charge, REPORT_DAYS, State as ChargeState};
use crate::pledging::rules::pledge::{Pledge, Rail};
use crate::pledging::rules::promise;
use crate::pledging::rules::suspense::{SUSPENSE_DAYS, SuspenseItem, SuspenseState};
use crate::pledging::store::fees::ChargeFee;
use crate::pledging::store::{
    attempts, charges, fees as charge_fees, lineage as layers, plan_moves, pledges, suspense,
};
use crate::service::change::{Change, check_line, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::operations::settlements::cash_of;
use crate::treasury::store::settlements as settlement_rows;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A partner reports money for a pledge that it collects, or collected before the pledge moved away, and that no due date explains. The same payment twice is once.
///
/// # Errors
///
/// `rail-refused` when the partner does not collect the pledge itself; `payment-expected` when a payment of that amount is waited
/// for, whose capture the partner reports; `reference-taken` when the payment is another one; `event-taken`; what
/// [`posting::post`] refuses. [`Error::Invalid`] at `/event_id`, `/provider_reference` or `/amount/currency`;
/// [`Error::NotFound`] for an unknown pledge, or one of another partner.
pub async fn receive(
    tx: &Transaction<'_>,
    id: PledgeId,
    partner: OrganisationId,
    came: Came<'_>,
    wall: Timestamp,
) -> Result<SuspenseItem, Error> {
    check_line("/event_id", came.event_id, text::REFERENCE)?;
    check_line("/provider_reference", came.provider_reference, text::REFERENCE)?;
    let book = books::get(tx, id.book).await?;
    let pledge = lock_present(tx, &book, id, book.now(wall), wall).await?;
    let collects = pledge.partner == partner;
    let had_mandate = plan_moves::collected_before(tx, id, partner, Some(Rail::Partner)).await?;
    if !collects && !had_mandate {
        return Err(Error::NotFound("pledge"));
    }
    if pledge.rail != Rail::Partner && !had_mandate {
        return Err(Refusal::new("rail-refused", "the partner does not collect this pledge itself").into());
    }
    if let Some(known) = suspense::find(tx, book.id, partner, came.provider_reference).await? {
        if known.pledge == Some(id) && known.amount == came.amount {
            return Ok(known);
        }
        return Err(Refusal::new("reference-taken", "the partner has reported this payment of another pledge").into());
    }
    if came.amount.currency() != pledge.amount.currency() {
        let message = format!("the pledge is in {}", pledge.amount.currency());
        return Err(Error::invalid("/amount/currency", message));
    }
    if let Some(charge) = suspense::expected(tx, id, came.amount, partner).await? {
        let detail = format!("the charge {charge} waits for a payment of {}: report its capture", came.amount);
        return Err(Refusal::new("payment-expected", detail).into());
    }
    let item = hold(tx, &book, &pledge, partner, None, came, book.now(wall), wall).await?;
    let event = ChargeId::new(book.id, item.id.object);
    if !attempts::insert_event(tx, &partner.to_string(), came.event_id, event, wall).await? {
        return Err(Refusal::new("event-taken", "this event was about something else").into());
    }
    Ok(item)
}

/// Money in suspense is the payment of a pledge: of its earliest due date that nobody paid and nobody tries, else of the next one,
/// which is not charged then. It goes into the fund with its fees, once it has arrived, and has a receipt, as what was captured on
/// the day on which it came. Matched to the same pledge again, nothing happens.
///
/// # Errors
///
/// `suspense-decided`, `suspense-not-arrived`, `suspense-of-another-partner`, `suspense-amount-differs`, `no-due-date-left`, `campaign-closed`; what
/// [`posting::post`] refuses. [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown item or pledge.
pub async fn match_to(
    tx: &Transaction<'_>,
    id: SuspenseId,
    pledge: PledgeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<SuspenseItem, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let now = book.now(wall);
    let pledge = lock_present(tx, &book, pledge, now, wall).await?;
    let item = suspense::lock(tx, id).await?;
    if let Some(charge) = item.matched
        && charges::get(tx, charge).await?.pledge == pledge.id
    {
        return Ok(item);
    }
    let until = deadline(tx, &book, &item).await?;
    SuspenseItem { until, ..item.clone() }.require_open(now)?;
    let Some(arrives_with) = item.settlement else {
        let target = Target::Pledge(pledge.id);
        let (charge, end_entry) = transfers::match_item(tx, &book, &item, target, wall).await?;
        return matched(tx, &book, item, (charge, end_entry), change, now).await;
    };
    let unpaid_there = suspense::unpaid(tx, pledge.id, pledge.amount, item.partner).await?;
    item.fits(&pledge, unpaid_there.is_some())?;
    let campaign = verdicts::present(tx, &book, pledge.campaign, now).await?;
    if campaign.state.clone().at(now).is_over() {
        let detail = "the campaign of the pledge is closed: redirect the pledge first, or return the money";
        return Err(Refusal::new("campaign-closed", detail).into());
    }
    let settlement = settlement_rows::get(tx, arrives_with).await?;
    // Other money of its day may still be owed.
    if settlement.entry < item.entry {
        let detail = format!("the money arrives on {}: match it when it is there", settlement.due_on);
        return Err(Refusal::new("suspense-not-arrived", detail).into());
    }
    let (pledge, charge) = to_pay(tx, &book, pledge, unpaid_there, now).await?;
    let borne = fees::ensure(tx, &book, &campaign, &pledge, &charge, wall).await?;
    let mut entry = matched_entry(tx, &book, &item, campaign.fund()?, &borne, wall).await?;
    let (line, promise) = promise::captured(&campaign, &charge);
    entry.lines.extend(line);
    let end_entry = posting::post(tx, &book, entry, wall).await?.number;
    let state = charge.state.capture(item.received_on, item.provider_reference.clone())?;
    let fees = borne.iter().map(|fee| fee.amount).sum();
    let captured = Charge { state, promise, settlement: Some(arrives_with), entry: end_entry, fees, ..charge };
    let captured = finish(tx, &book, captured, now, wall).await?;
    for fee in &borne {
        charge_fees::insert(tx, captured.id, fee).await?;
    }
    charges::update(tx, &Charge { state: captured.state.clone().settle()?, ..captured.clone() }).await?;
    let kept = captured.amount.minor() - fees;
    if kept > 0 {
        layers::insert_moved(tx, campaign.fund()?, pledge.id, end_entry, kept).await?;
    }
    jobs::enqueue(tx, &receipt_job(&book, captured.id, wall)).await?;
    revive(tx, &book, pledge, &captured, now, wall).await?;
    matched(tx, &book, item, (captured.id, end_entry), change, now).await
}

/// Money that a line of a bank statement brought is a gift to a campaign of somebody whom nobody knows. Matched so before, nothing happens.
///
/// # Errors
///
/// `suspense-decided`, `suspense-of-pledge` of money that a partner reported, `suspense-amount-differs`, `campaign-closed`,
/// `campaign-full`, `partner-withdrawn`, `book-winding-up`; what [`posting::post`] refuses. [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown item or campaign.
pub async fn match_to_campaign(
    tx: &Transaction<'_>,
    id: SuspenseId,
    campaign: CampaignId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<SuspenseItem, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let now = book.now(wall);
    let item = suspense::lock(tx, id).await?;
    if let Some(charge) = item.matched
        && charges::get(tx, charge).await?.campaign == campaign
    {
        return Ok(item);
    }
    let until = deadline(tx, &book, &item).await?;
    SuspenseItem { until, ..item.clone() }.require_open(now)?;
    if item.line.is_none() {
        let detail = "its partner has it for a pledge: match it to one, or return it";
        return Err(Refusal::new("suspense-of-pledge", detail).into());
    }
    let gift = transfers::match_item(tx, &book, &item, Target::Campaign(campaign), wall).await?;
    matched(tx, &book, item, gift, change, now).await
}

async fn matched(
    tx: &Transaction<'_>,
    book: &Book,
    item: SuspenseItem,
    (charge, end_entry): (ChargeId, i64),
    change: Change<'_>,
    now: Timestamp,
) -> Result<SuspenseItem, Error> {
    let matched = Some(charge);
    end(tx, book, SuspenseItem { state: SuspenseState::Matched, matched, end_entry, ..item }, change, now).await
}

/// What a line brought was something else, which is booked as what it is: it leaves suspense, and the cash with it.
///
/// # Errors
///
/// `suspense-decided`; what [`posting::post`] refuses; [`Error::NotFound`] for an unknown item.
pub(crate) async fn explain(
    tx: &Transaction<'_>,
    book: &Book,
    id: SuspenseId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<(), Error> {
    let item = suspense::lock(tx, id).await?;
    item.require_open(item.received_at)?;
    let currency = item.amount.currency();
    let account = chart::suspense(item.partner).in_currency(currency, book.currency);
    let account = accounts::ensure(tx, book, &account, currency, wall).await?;
    let cash = cash_of(tx, book, item.partner, currency, wall).await?;
    let entry = movements::suspense_explained(account, cash, item.amount, item.received_on, id);
    let end_entry = posting::post(tx, book, entry, wall).await?.number;
    let item = SuspenseItem { state: SuspenseState::Explained, end_entry, ..item };
    end(tx, book, item, change, book.now(wall)).await.map(drop)
}

/// The charge of a pledge that money is to pay, with an attempt under way.
async fn to_pay(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: Pledge,
    unpaid: Option<ChargeId>,
    now: Timestamp,
) -> Result<(Pledge, Charge), Error> {
    let until = later(now, REPORT_DAYS);
    if let Some(id) = unpaid {
        let charge = charges::lock(tx, id).await?;
        let charge = Charge { state: charge.state.found(until)?, campaign: pledge.campaign, ..charge };
        charges::update(tx, &charge).await?;
        attempts::insert(tx, charge.id, charge.state.attempt(), now).await?;
        return Ok((pledge, charge));
    }
    let sequence = pledge.next_sequence;
    let Some(due_on) = pledge.schedule.due_date(sequence) else {
        let detail = "every due date of the pledge is paid: name another pledge, or return the money";
        return Err(Refusal::new("no-due-date-left", detail).into());
    };
    let charge = Charge::of(&pledge, sequence, due_on, ChargeState::Scheduled.begin(until)?, now);
    let charge = commitments::begin(tx, charge).await?;
    charges::insert(tx, &charge).await?;
    attempts::insert(tx, charge.id, 1, now).await?;
    let pledge = pledges::update(tx, &Pledge { next_sequence: sequence + 1, ..pledge }).await?;
    if pledge.state.is_active() {
        enqueue_payment(tx, book, &pledge, sequence + 1, now).await?;
    }
    Ok((pledge, charge))
}

/// The entry of a match: its fees go out of the fund, and the host has earned its own. The processor has kept nothing of the money:
/// what it is owed is passed on.
async fn matched_entry(
    tx: &Transaction<'_>,
    book: &Book,
    item: &SuspenseItem,
    fund: AccountNumber,
    borne: &[ChargeFee],
    wall: Timestamp,
) -> Result<Entry, Error> {
    let currency = item.amount.currency();
    let account = chart::suspense(item.partner).in_currency(currency, book.currency);
    let account = accounts::ensure(tx, book, &account, currency, wall).await?;
    let entry = movements::suspense_matched(account, fund, item.amount, book.today(wall), item.id);
    fees::with_all_earned(tx, book, entry, borne, currency, wall).await
}

/// Money in suspense goes back to who gave it, through the partner that has it. Returned before, nothing happens.
///
/// # Errors
///
/// `suspense-decided`; what [`posting::post`] refuses. [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown item.
pub async fn give_back(
    tx: &Transaction<'_>,
    id: SuspenseId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<SuspenseItem, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    let item = suspense::lock(tx, id).await?;
    if item.state == SuspenseState::Returned {
        return Ok(item);
    }
    if matches!(item.state, SuspenseState::Matched | SuspenseState::Explained) {
        return item.require_open(item.received_at).map(|()| item).map_err(Error::from);
    }
    let currency = item.amount.currency();
    let of = async |account: chart::Account| {
        accounts::ensure(tx, &book, &account.in_currency(currency, book.currency), currency, wall).await
    };
    let (from, to) = (of(chart::suspense(item.partner)).await?, of(chart::refunds_in_transit(item.partner)).await?);
    let entry = movements::suspense_returned(from, to, item.amount, book.today(wall), item.id);
    let end_entry = posting::post(tx, &book, entry, wall).await?.number;
    end(tx, &book, SuspenseItem { state: SuspenseState::Returned, end_entry, ..item }, change, book.now(wall)).await
}

/// Nobody has decided in time: the money goes back. Done twice, it is done once.
///
/// # Errors
///
/// As [`give_back`].
pub async fn run_out(tx: &Transaction<'_>, id: SuspenseId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let item = suspense::lock(tx, id).await?;
    match deadline(tx, &book, &item).await? {
        Some(end) if end <= book.now(wall) => {
            give_back(tx, id, Change::by_service("nobody said in time whose payment it is"), wall).await?;
        }
        Some(end) if item.until.is_some_and(|until| until < end) => {
            let (dedupe, job) = (format!("{id}-{}", end.as_second()), Job::ReturnSuspense { item: id });
            jobs::enqueue(tx, &NewJob { book: book.id, due_at: end, dedupe, job }).await?;
        }
        Some(_) | None => {}
    }
    Ok(())
}

/// When it goes back unless somebody decides; none once it is decided, and while what its partner holds is frozen: such time does not
/// count.
async fn deadline(tx: &Transaction<'_>, book: &Book, item: &SuspenseItem) -> Result<Option<Timestamp>, Error> {
    let Some(until) = item.until else { return Ok(None) };
    held::deadline(tx, book, (Rail::Partner, item.partner), (SUSPENSE_DAYS, until)).await
}

async fn end(
    tx: &Transaction<'_>,
    book: &Book,
    ended: SuspenseItem,
    change: Change<'_>,
    at: Timestamp,
) -> Result<SuspenseItem, Error> {
    let ended = suspense::update(tx, &SuspenseItem { until: None, ..ended }).await?;
    let done = Done::new(&ended.id, ended.state.as_str(), change.actor).because(change.reason);
    activity::record(tx, book.id, done, at).await?;
    Ok(ended)
}
