//! Settlements that a custodian reports: exactly their charges become cash, on the day on which it arrived.
//!
//! Lock order as in [`super::settlements`]: settlements of days by id, then charges by id, then the head of the book.

use super::settlements::{cash_of, with_earned};
use crate::book::{Entry, Line as Posting};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, ChargeId, OrganisationId, SettlementId};
use crate::money::Money;
use crate::movements;
use crate::service::change::{check_line, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::rules::reported::{LINES_MAX, Line, Part, compare};
use crate::treasury::rules::settlement::{Settlement, SettlesBy};
use crate::treasury::store::{reported, settlements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What a custodian reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The custodian.
    pub partner: OrganisationId,
    /// How it names the settlement: the same one twice is one.
    pub reference: String,
    /// The day on which the money arrived, in the zone of the book.
    pub day: Date,
    /// All that arrived.
    pub amount: Money,
    /// Of which charges.
    pub lines: Vec<Line>,
    /// Why something is missing, when the custodian states that; none when nothing may be.
    pub missing: Option<String>,
}

impl Report {
    /// Refuses what no settlement can be.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at `/reference`, `/date`, `/lines`, `/amount/amount` or `/reason`.
    pub(crate) fn check(&self, book: &Book, wall: Timestamp) -> Result<(), Error> {
        if self.day > book.today(wall) {
            return Err(Error::invalid("/date", format!("today is {}", book.today(wall))));
        }
        self.check_content()
    }

    fn check_content(&self) -> Result<(), Error> {
        check_line("/reference", &self.reference, text::REFERENCE)?;
        if let Some(reason) = &self.missing {
            check_text("/reason", reason, text::REASON)?;
        }
        if !(1..=LINES_MAX).contains(&self.lines.len()) {
            return Err(Error::invalid("/lines", format!("1 to {LINES_MAX}")));
        }
        let mut seen = BTreeSet::new();
        for (place, line) in self.lines.iter().enumerate() {
            if !seen.insert(line.charge) {
                return Err(Error::invalid(format!("/lines/{place}/charge"), "it stands there twice"));
            }
        }
        let sum: i128 = self.lines.iter().map(|line| i128::from(line.amount.minor())).sum();
        if sum != i128::from(self.amount.minor()) {
            let currency = self.amount.currency();
            let sum = i64::try_from(sum).map_or_else(|_| "too much".to_owned(), |sum| currency.format(sum));
            return Err(Error::invalid("/amount/amount", format!("the lines come to {sum} {currency}")));
        }
        Ok(())
    }

    /// SHA-256 of all that it says.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let missing = self.missing.as_deref();
        digest.update(format!("{}\n{}\n{}\n{missing:?}\n", self.reference, self.day, self.amount));
        for line in &self.lines {
            digest.update(format!("{} {} {:?}\n", line.charge, line.amount, line.fee));
        }
        digest.finalize().into()
    }
}

/// A custodian has paid over what it owed of some charges. They are settled, as of the day on which it arrived; of which something is
/// missing, they stay owed with what is. The same reference with the same content twice is once.
///
/// # Errors
///
/// `settlement-differs` with every line that differs, unless it is something missing that the custodian states; `reference-taken`
/// when the reference was used with another content. [`Error::Invalid`] at `/reference`, `/date`, `/lines`, `/amount/amount` or
/// `/reason`; what [`posting::post`] refuses.
pub async fn report(tx: &Transaction<'_>, id: BookId, report: &Report, wall: Timestamp) -> Result<Settlement, Error> {
    let book = books::get(tx, id).await?;
    report.check(&book, wall)?;
    if let Some((known, of)) = reported::find(tx, id, report.partner, &report.reference).await? {
        if of == report.digest() {
            return Ok(known);
        }
        return Err(differs_from_known().into());
    }
    let compared = compared(tx, &book, report).await?;
    settle(tx, &book, report, compared, SettlementId::generate(id), wall).await
}

/// The refusal of a reference that was used with another content.
pub(crate) fn differs_from_known() -> Refusal {
    Refusal::new("reference-taken", "a settlement with this reference says something else")
}

/// A report that is what is owed, or says what is missing; not posted yet.
pub(crate) struct Compared {
    parts: Vec<Part>,
    days: BTreeMap<SettlementId, Settlement>,
}

/// Compares a report with what is owed, under the locks of its charges and of the settlements of their days.
///
/// # Errors
///
/// `settlement-differs`.
pub(crate) async fn compared(tx: &Transaction<'_>, book: &Book, report: &Report) -> Result<Compared, Error> {
    let charges: Vec<ChargeId> = report.lines.iter().map(|line| line.charge).collect();
    let days = reported::lock_days(tx, book.id, &charges).await?;
    let owed = reported::lock_charges(tx, book.id, report.partner, &charges).await?;
    let parts = compare(&report.lines, &owed, report.day, report.missing.is_some())?;
    Ok(Compared { parts, days })
}

/// Posts a report that was compared, as the settlement of an id.
///
/// # Errors
///
/// What [`posting::post`] refuses.
pub(crate) async fn settle(
    tx: &Transaction<'_>,
    book: &Book,
    report: &Report,
    compared: Compared,
    id: SettlementId,
    wall: Timestamp,
) -> Result<Settlement, Error> {
    let settled = write(tx, book, report, &compared, id, wall).await?;
    let overdue = compared.days.values().filter(|day| day.settled_at.is_none() && day.due_on <= book.today(wall));
    for day in overdue {
        let dedupe = format!("{}-{}", day.id, settled.id.object);
        let job = Job::SettleReceivable { settlement: day.id };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    }
    let done = Done::new(&settled.id, "reported", Actor::Partner(report.partner)).because(&settled.reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    Ok(settled)
}

async fn write(
    tx: &Transaction<'_>,
    book: &Book,
    report: &Report,
    Compared { parts, days }: &Compared,
    id: SettlementId,
    wall: Timestamp,
) -> Result<Settlement, Error> {
    let first = parts.first().and_then(|part| days.get(&part.settlement));
    let first = first.ok_or_else(|| Error::inconsistent("a charge is owed in no settlement"))?;
    let missing: i64 = parts.iter().map(|part| part.missing).sum();
    let mut new = Settlement {
        id,
        partner: report.partner,
        day: report.day,
        due_on: report.day,
        currency: report.amount.currency(),
        method: first.method,
        receivable: first.receivable,
        amount: report.amount.minor(),
        entry: 0,
        reference: report.reference.clone(),
        reason: report.missing.clone().unwrap_or_default(),
        missing,
        settled_at: Some(book.now(wall)),
        created_at: book.now(wall),
    };
    let whole: Vec<ChargeId> = parts.iter().filter(|part| part.missing == 0).map(|part| part.line.charge).collect();
    let entry = entry(tx, book, report, parts, days, new.id, wall).await?;
    let earned = reported::earned(tx, book.id, &whole).await?;
    let entry =
        with_earned(tx, book, (report.partner, new.currency, report.amount.minor()), entry, earned, wall).await?;
    new.entry = posting::post(tx, book, entry, wall).await?.number;
    reported::insert(tx, &new, report.digest()).await?;
    reported::insert_lines(tx, new.id, parts).await?;
    reported::arrive(tx, new.id, parts).await?;
    settlements::insert_settled(tx, new.id, new.entry, false).await?;
    settlements::insert_arrival(tx, new.id, (new.entry, new.amount), book.now(wall)).await?;
    Ok(new)
}

/// Cash of the custodian → its receivable of each day.
async fn entry(
    tx: &Transaction<'_>,
    book: &Book,
    report: &Report,
    parts: &[Part],
    days: &BTreeMap<SettlementId, Settlement>,
    id: SettlementId,
    wall: Timestamp,
) -> Result<Entry, Error> {
    let cash = cash_of(tx, book, report.partner, report.amount.currency(), wall).await?;
    let mut sums = BTreeMap::new();
    for part in parts {
        let day = days.get(&part.settlement).ok_or_else(|| Error::inconsistent("a charge of an unknown day"))?;
        *sums.entry(day.receivable).or_insert(0_i64) += part.line.amount.minor();
    }
    let posted = movements::receivable_settled(cash, first_of(&sums)?, report.amount, report.day, id);
    let kind = posted.lines.first().map(|line| line.kind);
    let kind = kind.ok_or_else(|| Error::inconsistent("a movement without a line"))?;
    let lines = sums.into_iter().map(|(credit, amount)| Posting { kind, debit: cash, credit, amount });
    Ok(Entry { lines: lines.collect(), ..posted })
}

fn first_of<K: Copy, V>(sums: &BTreeMap<K, V>) -> Result<K, Error> {
    sums.keys().next().copied().ok_or_else(|| Error::inconsistent("a settlement without charges"))
}

/// The most settlements that are taken up when a custodian settles by the clock again.
const OVERDUE_MAX: i64 = 1_000;

/// The host says what turns the charges of a custodian into cash. Whatever is overdue when the clock does it again is settled at once.
///
/// # Errors
///
/// [`Error::NotFound`] when the partner was never admitted to the book.
pub async fn set_settles_by(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    settles_by: SettlesBy,
    wall: Timestamp,
) -> Result<(), Error> {
    if !reported::update_settles_by(tx, book.id, partner, settles_by).await? {
        return Err(Error::NotFound("partner"));
    }
    if settles_by == SettlesBy::Report {
        return Ok(());
    }
    take_up_overdue(tx, book, partner, wall).await
}

/// Looks again at what a custodian owes beyond the day that was promised: something has changed about it.
///
/// # Errors
///
/// Only trouble with the database.
pub(crate) async fn take_up_overdue(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    wall: Timestamp,
) -> Result<(), Error> {
    let overdue = reported::overdue(tx, book.id, partner, book.today(wall), OVERDUE_MAX).await?;
    look_again(tx, book, overdue, wall).await
}

/// The same of all custodians of a book, which is not kept by lines of banks any more.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn take_up_all_overdue(tx: &Transaction<'_>, book: &Book, wall: Timestamp) -> Result<(), Error> {
    let overdue = reported::all_overdue(tx, book.id, book.today(wall), OVERDUE_MAX).await?;
    look_again(tx, book, overdue, wall).await
}

async fn look_again(
    tx: &Transaction<'_>,
    book: &Book,
    overdue: Vec<SettlementId>,
    wall: Timestamp,
) -> Result<(), Error> {
    for id in overdue {
        let dedupe = format!("{id}-{}", wall.as_microsecond());
        let job = Job::SettleReceivable { settlement: id };
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    }
    Ok(())
}
