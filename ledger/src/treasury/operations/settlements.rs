//! Settlements: the captures of a custodian's day, collected while the day lasts, and turned into cash two days later.

use super::exchange_differences::with_owed_paid;
use crate::book::{AccountNumber, Entry, Mode};
use crate::books::operations::accounts;
use crate::calendar::days_after;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{OrganisationId, SettlementId};
use crate::money::{Currency, Money};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use crate::treasury::rules::settlement as rules;
use crate::treasury::rules::settlement::{Method, Settlement, SettlesBy};
use crate::treasury::store::{custodians, paid_over, settlements};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// The settlement of a custodian's day and method of payment, begun with the first capture of the day; when that day has been paid over already,
/// as it may be before a report that was kept, that of today. It cannot settle until the transaction ends.
pub(crate) async fn open(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    (currency, method): (Currency, Method),
    day: Date,
    wall: Timestamp,
) -> Result<Settlement, Error> {
    for day in [day, book.today(wall)] {
        let found = match settlements::hold_open(tx, book.id, partner, day, (currency, method)).await? {
            Some(settlement) => settlement,
            None => {
                begin(tx, book, partner, (currency, method), day, wall).await?;
                let begun = settlements::hold_open(tx, book.id, partner, day, (currency, method)).await?;
                begun.ok_or_else(|| Error::inconsistent("a settlement that was written is not there"))?
            }
        };
        if found.settled_at.is_none() {
            if found.due_on <= book.today(wall) {
                // Its job may be done: what comes into it now is looked for again.
                let dedupe = format!("{}-{}", found.id, wall.as_microsecond());
                let job = Job::SettleReceivable { settlement: found.id };
                jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
            }
            return Ok(found);
        }
    }
    // The clock was put ahead under a running transaction: the next run captures on the new day.
    Err(Error::StillRunning)
}

/// The account of what a custodian captures on the book's own day, opened if that is the first of it.
///
/// # Errors
///
/// `account-mismatch`.
pub async fn receivable(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let account = chart::receivable(partner, book.today(wall)).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}

async fn begin(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    (currency, method): (Currency, Method),
    day: Date,
    wall: Timestamp,
) -> Result<(), Error> {
    let receivable = chart::receivable(partner, day).in_currency(currency, book.currency);
    let new = Settlement {
        id: SettlementId::generate(book.id),
        partner,
        day,
        due_on: rules::due_on(day, method),
        currency,
        method,
        receivable: accounts::ensure(tx, book, &receivable, currency, wall).await?,
        amount: 0,
        entry: 0,
        reference: String::new(),
        reason: String::new(),
        missing: 0,
        settled_at: None,
        created_at: book.now(wall),
    };
    if settlements::insert(tx, &new).await? {
        let due_at = book.start_of(new.due_on);
        let job = Job::SettleReceivable { settlement: new.id };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe: new.id.to_string(), job }).await?;
    }
    Ok(())
}

/// The cash of a custodian's day has arrived: one entry for the sum, and its charges, contributions to purses and
/// pools, and entry fees are settled; money in suspense arrives with them. Done twice, it is done once.
///
/// Charges stay owed, and the settlement open beyond its day, while the custodian settles by its reports alone, or has paid over a
/// part of a charge: what is missing of it arrives by a report; while what the custodian holds is frozen; and in a book that is kept by lines
/// of banks, where a line settles it. Means of payment of the
/// sandbox arrive late or short.
///
/// # Errors
///
/// `settlement-not-due` before its due date: captures could still come into it. `sum-too-large`; what [`posting::post`]
/// refuses; [`Error::NotFound`] for an unknown settlement.
pub async fn settle(tx: &Transaction<'_>, id: SettlementId, wall: Timestamp) -> Result<Settlement, Error> {
    let book = books::get(tx, id.book).await?;
    let settlement = settlements::lock(tx, id).await?;
    if settlement.settled_at.is_some() {
        return Ok(settlement);
    }
    let today = book.today(wall);
    if today < settlement.due_on {
        let detail = format!("the captures of {} arrive on {}", settlement.day, settlement.due_on);
        return Err(Refusal::new("settlement-not-due", detail).into());
    }
    // A line of its bank settles it, whenever that comes.
    if book.kept_by_bank_lines {
        return Ok(settlement);
    }
    let again = settlement.entry > 0;
    // What a frozen custodian owes arrives when it says so, or after the release, which asks for this again. What arrived before the
    // freeze was said is cash that is frozen.
    let due = if again { book.now(wall) } else { book.start_of(settlement.due_on) };
    let freeze = custodians::find_standing(tx, book.id, settlement.partner).await?;
    if freeze.is_some_and(|freeze| freeze.holds(due)) {
        return Ok(settlement);
    }
    let earned_before = earned_before(tx, &settlement).await?;
    let late = later_than_promised(tx, &book, &settlement, today).await?;
    let arriving = charges(tx, &book, &settlement, late.is_some()).await?;
    arrive(tx, &book, &settlement, (arriving, earned_before), today, wall).await?;
    if let Some(day) = late {
        let dedupe = format!("{id}-late");
        let job = Job::SettleReceivable { settlement: id };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.start_of(day), dedupe, job }).await?;
    }
    settlements::get(tx, id).await
}

/// What a custodian owes for a day has come to its bank account, as a line says: all of it, on the day of the line. Answers with the entry:
/// that of the arrival where the clock or a report had it before, of the same amount. None when the line is of another amount, or the
/// day is not over, or what the custodian holds is frozen.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::NotFound`] for an unknown settlement.
pub(crate) async fn settle_by_line(
    tx: &Transaction<'_>,
    book: &Book,
    id: SettlementId,
    (amount, on): (Money, Date),
    wall: Timestamp,
) -> Result<Option<i64>, Error> {
    let settlement = settlements::lock(tx, id).await?;
    if settlement.currency != amount.currency() {
        return Ok(None);
    }
    if settlement.entry > 0 {
        return Ok((settlement.amount == amount.minor()).then_some(settlement.entry));
    }
    let is_frozen = custodians::find_standing(tx, book.id, settlement.partner).await?.is_some();
    let is_over = settlement.day < book.today(wall);
    if is_frozen || !is_over || paid_over::owed_whole(tx, id).await? != i128::from(amount.minor()) {
        return Ok(None);
    }
    let earned_before = earned_before(tx, &settlement).await?;
    let arriving = settlements::settle_charges(tx, id, &[]).await?;
    arrive(tx, book, &settlement, (arriving, earned_before), on, wall).await
}

/// What the host had earned with what of it has arrived before.
async fn earned_before(tx: &Transaction<'_>, settlement: &Settlement) -> Result<i64, Error> {
    if settlement.entry == 0 {
        return Ok(0);
    }
    Ok(settlements::earned(tx, settlement.id).await?.map_or(0, |(_, earned)| earned))
}

/// Charges that are settled, and all else that waits for it, arrive on a day; answers with the entry, none when there is nothing.
async fn arrive(
    tx: &Transaction<'_>,
    book: &Book,
    settlement: &Settlement,
    (charges, earned_before): (Vec<i64>, i64),
    on: Date,
    wall: Timestamp,
) -> Result<Option<i64>, Error> {
    let (id, again) = (settlement.id, settlement.entry > 0);
    let mut arriving = charges;
    arriving.extend(settlements::arriving_contributions(tx, id).await?);
    arriving.extend(settlements::arriving_fees(tx, id).await?);
    arriving.extend(settlements::arriving_pools(tx, id).await?);
    arriving.extend(settlements::arriving_suspense(tx, id).await?);
    let sum = rules::sum(arriving, settlement.currency)?;
    let (amount, entry) = match sum {
        None => (0, None),
        Some(sum) => {
            let cash = cash(tx, book, settlement, wall).await?;
            let entry = movements::receivable_settled(cash, settlement.receivable, sum, on, id);
            let earned = settlements::earned(tx, id).await?.map(|(account, earned)| (account, earned - earned_before));
            let of = (settlement.partner, settlement.currency, sum.minor());
            let entry = with_earned(tx, book, of, entry, earned, wall).await?;
            (sum.minor(), Some(posting::post(tx, book, entry, wall).await?.number))
        }
    };
    if let Some(entry) = entry {
        settlements::insert_settled(tx, id, entry, again).await?;
        settlements::insert_arrival(tx, id, (entry, amount), book.now(wall)).await?;
    }
    settlements::settle_contributions(tx, id).await?;
    settlements::settle_fees(tx, id).await?;
    settlements::settle_pools(tx, id).await?;
    let settled_at = if settlements::owes(tx, id, None).await? { None } else { Some(book.now(wall)) };
    settlements::update_settled(tx, id, amount, entry, settled_at).await?;
    Ok(entry)
}

/// The day on which the charges of it arrive that the sandbox's custodian pays over late; none when there are none, or it has come.
async fn later_than_promised(
    tx: &Transaction<'_>,
    book: &Book,
    settlement: &Settlement,
    today: Date,
) -> Result<Option<Date>, Error> {
    let day = days_after(settlement.due_on, rules::LATE_DAYS);
    if book.mode == Mode::Live || day <= today {
        return Ok(None);
    }
    Ok(settlements::owes(tx, settlement.id, Some(rules::LATE_TOKEN)).await?.then_some(day))
}

/// What arrives of its charges, by the clock.
async fn charges(
    tx: &Transaction<'_>,
    book: &Book,
    settlement: &Settlement,
    but_late: bool,
) -> Result<Vec<i64>, Error> {
    if settlements::settles_by(tx, book.id, settlement.partner).await? == SettlesBy::Report {
        return Ok(Vec::new());
    }
    if book.mode == Mode::Live {
        return settlements::settle_charges(tx, settlement.id, &[]).await;
    }
    let but: &[&str] = if but_late { &[rules::SHORT_TOKEN, rules::LATE_TOKEN] } else { &[rules::SHORT_TOKEN] };
    let mut arriving = settlements::settle_charges(tx, settlement.id, but).await?;
    arriving.extend(settlements::shorten_charges(tx, settlement.id, rules::SHORT_TOKEN).await?);
    Ok(arriving)
}

/// The host has earned its fees of the charges that arrive, and so many minor units with them: of that it pays what it owes the custodian.
pub(super) async fn with_earned(
    tx: &Transaction<'_>,
    book: &Book,
    (custodian, currency, arriving): (OrganisationId, Currency, i64),
    entry: Entry,
    earned: Option<(AccountNumber, i64)>,
    wall: Timestamp,
) -> Result<Entry, Error> {
    let Some((payable, earned)) = earned else { return Ok(entry) };
    let Ok(earned) = Money::from_minor(earned, currency) else { return Ok(entry) };
    let account = chart::fee_income().in_currency(currency, book.currency);
    let income = accounts::ensure(tx, book, &account, currency, wall).await?;
    let own = earned.minor().min(arriving);
    let entry = movements::with_earned(entry, payable, income, earned);
    with_owed_paid(tx, book, entry, custodian, (own, currency), wall).await
}

/// The account of the cash that this custodian holds.
async fn cash(
    tx: &Transaction<'_>,
    book: &Book,
    settlement: &Settlement,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    cash_of(tx, book, settlement.partner, settlement.currency, wall).await
}

/// The account of the cash in a currency that a custodian holds.
pub(crate) async fn cash_of(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let account = chart::cash_at(partner).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}
