//! Captures through the lane of a book, many in one batch.
//!
//! What a capture brings is decided on rows that were read without a lock, and is written beside its entry only if none of
//! them has changed since. That is the common case: the attempt is under way, the day's settlement is open, the
//! campaign is not over. Everything else is left to [`super::charges`], which locks what it decides on.

use super::chargebacks;
use super::charges::receipt_job;
use super::fees;
use super::receipts;
use crate::book::{Command, Companion, Entry, Key};
use crate::books::operations::accounts::Known;
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{CallerId, CampaignId, ChargeId, OrganisationId};
use crate::money::Currency;
use crate::movements;
use crate::parties::rules::organisation::Organisation;
use crate::parties::store::organisations;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::{Charge, State};
use crate::pledging::rules::conversion::noted;
use crate::pledging::rules::pledge::{Pledge, Rail, Schedule};
use crate::pledging::rules::promise;
use crate::pledging::rules::suspense::explains;
use crate::pledging::store::{attempts, campaigns, charges, fees as charge_fees, issued_receipts, pledges};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::treasury::rules::settlement::{Method, Settlement};
use crate::treasury::store::settlements;
use deadpool_postgres::GenericClient;
use futures_util::future::{try_join, try_join3};
use jiff::Timestamp;

/// Who says that the money was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// The provider, to our attempt of this number.
    Attempt(i32),
    /// The partner that collects by itself, in this event.
    Partner(OrganisationId, &'a str),
}

/// A capture as it will be, if nothing changes meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafted {
    /// The charge as it will be; the number of its entry is not known yet.
    pub charge: Charge,
    entry: Entry,
    rows: Vec<Companion>,
}

impl Drafted {
    /// The command for the lane, with what else is to be written.
    pub fn command(self, with: impl IntoIterator<Item = Companion>) -> Command {
        let mut companions = self.rows;
        companions.extend(with);
        Command { key: None, entry: Some(self.entry), companions }
    }
}

/// The key of a capture that the service itself has asked for: a charge is captured once.
pub fn key(charge: ChargeId) -> Key {
    Key { caller: CallerId::SERVICE.0, key: charge.object, request_digest: 0 }
}

/// What the captures of a campaign by one custodian and means of payment have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    campaign: CampaignId,
    partner: OrganisationId,
    rail: Rail,
    currency: Currency,
    method: Method,
}

impl Place {
    /// Where a charge belongs.
    pub fn of(charge: &Charge) -> Place {
        Place {
            campaign: charge.campaign,
            partner: charge.partner,
            rail: charge.rail,
            currency: charge.amount.currency(),
            method: charge.method,
        }
    }
}

/// What is around a capture, as it was read at a moment: for all captures of one place.
#[derive(Debug, Clone)]
pub struct Around {
    book: Book,
    campaign: Campaign,
    settlement: Option<Settlement>,
    custodian: Option<Organisation>,
    payables: Known,
    wall: Timestamp,
}

/// What is around the captures of a place. Writes nothing.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown campaign.
pub async fn around(client: &impl GenericClient, place: Place, wall: Timestamp) -> Result<Around, Error> {
    let book = books::get(client, place.campaign.book).await?;
    around_of(client, book, place, wall).await
}

async fn around_of(client: &impl GenericClient, book: Book, place: Place, wall: Timestamp) -> Result<Around, Error> {
    let custodian = place.rail.custodian(place.partner, book.organisation);
    let means = (place.currency, place.method);
    let settlement = settlements::find(client, book.id, custodian, book.today(wall), means);
    let custodian = organisations::find(client, custodian);
    let campaign = campaigns::get(client, place.campaign);
    let (campaign, settlement, custodian) = try_join3(campaign, settlement, custodian).await?;
    let payables = fees::payables(client, &book, &campaign, place.partner, place.currency).await?;
    Ok(Around { book, campaign, settlement, custodian, payables, wall })
}

/// What a capture brings; none when it is not the common case. Writes nothing.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown charge.
pub async fn draft(
    client: &impl GenericClient,
    id: ChargeId,
    by: By<'_>,
    provider_reference: String,
    wall: Timestamp,
) -> Result<Option<Drafted>, Error> {
    let (book, charge) = try_join(books::get(client, id.book), charges::get(client, id)).await?;
    if !takes(&charge, by, book.now(wall)) {
        return Ok(None);
    }
    let place = Place::of(&charge);
    let (pledge, around) = try_join(pledges::get(client, charge.pledge), around_of(client, book, place, wall)).await?;
    draft_of(client, &around, charge, &pledge, by, provider_reference).await
}

/// What the capture of a charge brings whose attempt was begun a moment ago: the charge and the pledge as they were written then,
/// and what is around it as it was read since.
///
/// # Errors
///
/// What the database says.
pub async fn draft_begun(
    client: &impl GenericClient,
    around: &Around,
    charge: Charge,
    pledge: &Pledge,
    provider_reference: String,
) -> Result<Option<Drafted>, Error> {
    let by = By::Attempt(charge.state.attempt());
    draft_of(client, around, charge, pledge, by, provider_reference).await
}

async fn draft_of(
    client: &impl GenericClient,
    around: &Around,
    charge: Charge,
    pledge: &Pledge,
    by: By<'_>,
    provider_reference: String,
) -> Result<Option<Drafted>, Error> {
    let Around { book, campaign, settlement, custodian, payables, wall } = around;
    let (id, now, today, wall) = (charge.id, book.now(*wall), book.today(*wall), *wall);
    let settlement = settlement.as_ref().filter(|open| open.settled_at.is_none());
    let (Some(settlement), Some(custodian)) = (settlement, custodian) else { return Ok(None) };
    if campaign.state.clone().at(now).is_over() || campaign.state.awaits_verdict(now) {
        return Ok(None);
    }
    if !explains(&charge, pledge) {
        return Ok(None);
    }
    let is_last = pledge.schedule.due_date(pledge.next_sequence).is_none();
    // A single payment is the only charge of its pledge.
    let is_recurring = matches!(pledge.schedule, Schedule::Recurring(_));
    if is_last && (pledge.promised > 0 || (is_recurring && charges::any_open(client, pledge.id, Some(id)).await?)) {
        return Ok(None);
    }
    let Some(mut rows) = pledge_rows(pledge, is_last, now) else { return Ok(None) };
    let Some(borne) = fees::find(client, book, campaign, pledge, &charge, &mut payables.clone()).await? else {
        return Ok(None);
    };
    let entry = movements::charge_captured(settlement.receivable, campaign.fund()?, charge.amount, today, id);
    let mut entry = fees::with_fees(noted(entry, charge.conversion), &borne);
    let (line, promise) = promise::captured(campaign, &charge);
    entry.lines.extend(line);
    let charge = fees::borne(charge, &borne);
    let state = charge.state.capture(today, provider_reference)?;
    let charge = Charge { state, promise, settlement: Some(settlement.id), ..charge };
    rows.push(settlements::open_row(settlement.id));
    rows.push(campaigns::seen_row(campaign));
    rows.push(charges::captured_row(&charge, now)?);
    rows.extend(borne.iter().map(|fee| charge_fees::row(id, fee)));
    let receipt = receipts::compose(book, &charge, pledge, campaign, custodian.clone(), &borne, wall);
    rows.extend(receipt.as_ref().map(|receipt| issued_receipts::row(book, receipt)));
    rows.push(jobs::row(&receipt_job(book, id, wall)));
    rows.extend(chargebacks::sandbox_job(book, pledge, &charge, wall).map(|job| jobs::row(&job)));
    if let By::Partner(partner, event_id) = by {
        rows.push(attempts::event_row(&partner.to_string(), event_id, id, wall));
        rows.push(activity::row(Done::new(&id, "captured", Actor::Partner(partner)), now));
    }
    Ok(Some(Drafted { charge, entry, rows }))
}

/// Whether the charge waits for the capture that is reported.
fn takes(charge: &Charge, by: By<'_>, now: Timestamp) -> bool {
    match (by, &charge.state) {
        (By::Attempt(attempt), State::Processing { attempt: running, .. }) => attempt == *running,
        (By::Partner(partner, _), State::Processing { until, .. }) => {
            charge.partner == partner && charge.rail == Rail::Partner && now < *until
        }
        (By::Partner(partner, _), State::Declined { .. }) => charge.partner == partner && charge.rail == Rail::Partner,
        (By::Attempt(_), State::Declined { .. })
        | (
            _,
            State::Scheduled | State::Captured { .. } | State::Settled { .. } | State::Voided { .. } | State::Missed,
        ) => false,
    }
}

/// What becomes of the pledge: it stays as it is, or this was its last payment; none when it had lapsed, or waits for
/// something that has come true.
fn pledge_rows(pledge: &Pledge, is_last: bool, now: Timestamp) -> Option<Vec<Companion>> {
    if pledge.state.at(now) != pledge.state {
        return None;
    }
    let paid = pledge.state.paid(now, is_last);
    if paid == pledge.state {
        return Some(vec![pledges::seen_row(pledge)]);
    }
    if paid.is_active() || paid.until().is_some() {
        return None;
    }
    let changed = Pledge { state: paid, ..pledge.clone() };
    let word = changed.state.as_str();
    let told = activity::row(Done::new(&changed.id, word, Actor::Service).because("its last payment came"), now);
    Some(vec![pledges::changed_row(&changed), told])
}
