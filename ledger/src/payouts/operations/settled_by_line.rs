//! What a custodian reports of a settlement to a book that is kept by the lines of banks: it counts once the line is there, on the day of the
//! line. Until then it is announced, and posted to nothing.
//!
//! Reports of a custodian and lines of its bank come one after the other, so that the later one finds the earlier. Lock order: the partner of
//! the book → settlements of days by id → announced settlement → line → charges → book head.

use super::bank_line_booking;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{ChargeId, CredentialId, OrganisationId, SettlementId};
use crate::payouts::rules::bank_line::{BankLine, Besides, Direction, LineState, Told, Why};
use crate::payouts::store::bank_lines;
use crate::service::change::{Change, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use crate::treasury::operations::reported::{self, Report};
use crate::treasury::rules::announcement::{Announcement, AnnouncementState, LineDiffers};
use crate::treasury::rules::settlement::Settlement;
use crate::treasury::store::{announcements, reported as rows};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::collections::HashSet;

/// What a report came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// Its charges are settled.
    Settled(Settlement),
    /// Its line is waited for.
    Announced(Announcement),
}

/// A custodian has paid over what it owed of some charges, and says which. In a book that is kept by lines of banks it posts nothing to cash before
/// a line of its bank, of the same amount, carries its reference: it is announced then. The line is what settles it, and its day counts.
/// The same reference with the same content twice is once, whatever day is said.
///
/// # Errors
///
/// As [`reported::report`], and as [`bank_line_booking::explain`].
pub async fn report(
    tx: &Transaction<'_>,
    book: &Book,
    report: &Report,
    by: CredentialId,
    wall: Timestamp,
) -> Result<Counted, Error> {
    if !book.kept_by_bank_lines {
        return reported::report(tx, book.id, report, wall).await.map(Counted::Settled);
    }
    report.check(book, wall)?;
    announcements::order(tx, book.id, report.partner, true).await?;
    if let Some((known, of)) = rows::find(tx, book.id, report.partner, &report.reference).await? {
        let dated = Report { day: known.day, ..report.clone() };
        return if of == dated.digest() {
            Ok(Counted::Settled(known))
        } else {
            Err(reported::differs_from_known().into())
        };
    }
    let charges: Vec<ChargeId> = report.lines.iter().map(|line| line.charge).collect();
    rows::lock_days(tx, book.id, &charges).await?;
    let kept = announcements::lock_by_reference(tx, book.id, report.partner, &report.reference).await?;
    if kept.as_ref().is_some_and(|kept| Report { day: kept.day, ..report.clone() }.digest() != kept.content) {
        let detail = "another settlement is announced with this reference: withdraw it first";
        return Err(Refusal::new("reference-taken", detail).into());
    }
    let line = bank_lines::lock_credit_named(tx, book.id, report.partner, &report.reference, report.amount).await?;
    let change = Change { version: None, actor: Actor::Partner(report.partner), reason: "" };
    match (line, kept) {
        (Some(line), Some(kept)) => by_line(tx, book, kept, &line, change, wall).await,
        (Some(line), None) => {
            let id = SettlementId::generate(book.id);
            settle(tx, book, (report, id), &line, change, wall).await.map(Counted::Settled)
        }
        (None, Some(kept)) => Ok(Counted::Announced(kept)),
        (None, None) => announce(tx, book, report, by, wall).await.map(Counted::Announced),
    }
}

/// Settles what was reported by the line that brings it, on its day.
async fn settle(
    tx: &Transaction<'_>,
    book: &Book,
    (report, id): (&Report, SettlementId),
    line: &BankLine,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Settlement, Error> {
    line.require_unexplained()?;
    let dated = Report { day: line.told.value_on, ..report.clone() };
    let compared = reported::compared(tx, book, &dated).await?;
    let settled = reported::settle(tx, book, &dated, compared, id, wall).await?;
    bank_line_booking::explain(tx, line.id, settled.entry, change, wall).await?;
    Ok(settled)
}

/// Keeps a report that is what is owed, with a line that carries its reference and brings something else, if there is one.
async fn announce(
    tx: &Transaction<'_>,
    book: &Book,
    report: &Report,
    by: CredentialId,
    wall: Timestamp,
) -> Result<Announcement, Error> {
    let line = bank_lines::lock_open_credit_named(tx, book.id, report.partner, &report.reference).await?;
    reported::compared(tx, book, report).await?;
    let new = Announcement {
        id: SettlementId::generate(book.id),
        partner: report.partner,
        credential: by,
        amount: report.amount,
        day: report.day,
        reference: report.reference.clone(),
        missing: report.missing.clone(),
        content: report.digest(),
        state: AnnouncementState::Announced,
        settled_by: None,
        differing: None,
        announced_at: book.now(wall),
        ended_at: None,
        version: 1,
    };
    let differs = line.as_ref().and_then(|line| Some((line, new.differs_from(line.told.amount)?)));
    let new = match differs {
        Some((line, reason)) => new.with_differing(line.id, reason, line.told.amount),
        None => new,
    };
    announcements::insert(tx, &new).await?;
    announcements::insert_lines(tx, new.id, &report.lines).await?;
    let reason = new.missing.as_deref().unwrap_or_default();
    let done = Done::new(&new.id, "announced", Actor::Partner(new.partner)).because(reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    Ok(new)
}

/// A line of the amount that was announced settles it, unless its charges are not owed so any more.
async fn by_line(
    tx: &Transaction<'_>,
    book: &Book,
    kept: Announcement,
    line: &BankLine,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Counted, Error> {
    let came = line.told.amount;
    let report = Report {
        partner: kept.partner,
        reference: kept.reference.clone(),
        day: line.told.value_on,
        amount: kept.amount,
        lines: announcements::lines(tx, kept.id, kept.amount.currency()).await?,
        missing: kept.missing.clone(),
    };
    let differs = match kept.differs_from(came) {
        Some(reason) => Some(reason),
        None => match settle(tx, book, (&report, kept.id), line, change, wall).await {
            Ok(settled) => {
                let (state, ended_at) = (AnnouncementState::Settled, Some(book.now(wall)));
                let over = Announcement { state, settled_by: Some(line.id), differing: None, ended_at, ..kept };
                announcements::update(tx, &over).await?;
                return Ok(Counted::Settled(settled));
            }
            // Nothing was written before it was compared.
            Err(Error::Refused(refused)) if refused.code == "settlement-differs" => Some(LineDiffers::ChargesDiffer),
            Err(error) => return Err(error),
        },
    };
    let Some(reason) = differs else { return Ok(Counted::Announced(kept)) };
    let differing = kept.clone().with_differing(line.id, reason, came);
    if differing == kept {
        return Ok(Counted::Announced(kept));
    }
    announcements::update(tx, &differing).await.map(Counted::Announced)
}

/// The names by which a credit may carry the reference of what was announced.
fn names<'a>(told: &'a Told, besides: &'a Besides) -> impl Iterator<Item = &'a str> {
    let all = [told.reference.as_str(), told.end_to_end.as_str(), besides.creditor_reference.as_str()];
    all.into_iter().filter(|name| !name.is_empty() && told.direction == Direction::Credit)
}

/// Locks what has to be locked before lines of a custodian are: those that it has announced, with the settlements of their days. Answers with the
/// references of what is announced among these lines.
pub(super) async fn lock_announced<'a>(
    tx: &Transaction<'_>,
    book: &Book,
    custodian: OrganisationId,
    lines: impl Iterator<Item = (&'a Told, &'a Besides)>,
) -> Result<HashSet<String>, Error> {
    if !book.kept_by_bank_lines {
        return Ok(HashSet::new());
    }
    announcements::order(tx, book.id, custodian, false).await?;
    let references: Vec<&str> = lines.flat_map(|(told, besides)| names(told, besides)).collect();
    if references.is_empty() {
        return Ok(HashSet::new());
    }
    announcements::lock_days_named(tx, book.id, custodian, &references).await?;
    let found = announcements::lock_named(tx, book.id, custodian, &references).await?;
    Ok(found.into_iter().map(|it| it.reference).collect())
}

/// Whether a line carries one of these references of what is announced.
pub(super) fn is_announced(announced: &HashSet<String>, told: &Told, besides: &Besides) -> bool {
    names(told, besides).any(|name| announced.contains(name))
}

/// A credit that carries the reference of what its custodian has announced settles that, or stays open; none where it carries no such reference.
pub(super) async fn arrive(
    tx: &Transaction<'_>,
    book: &Book,
    line: &BankLine,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Option<BankLine>, Error> {
    if !book.kept_by_bank_lines {
        return Ok(None);
    }
    let references: Vec<&str> = names(&line.told, &line.besides).collect();
    if references.is_empty() {
        return Ok(None);
    }
    let mut found = announcements::lock_named(tx, book.id, line.custodian, &references).await?;
    found.sort_by_key(|it| it.amount != line.told.amount);
    let Some(kept) = found.into_iter().next() else { return Ok(None) };
    match by_line(tx, book, kept, line, change, wall).await? {
        Counted::Settled(_) => bank_lines::get(tx, line.id).await.map(Some),
        Counted::Announced(_) => {
            let state = LineState::Open(Why::AmountDiffers);
            bank_lines::update(tx, line.id, state, book.now(wall)).await.map(Some)
        }
    }
}

/// A custodian withdraws what it has announced, such as to announce what its bank has paid over indeed. Withdrawn before, nothing happens.
///
/// # Errors
///
/// `settlement-state`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for one of another custodian, or none.
pub async fn withdraw(
    tx: &Transaction<'_>,
    book: &Book,
    id: SettlementId,
    partner: OrganisationId,
    reason: &str,
    wall: Timestamp,
) -> Result<Announcement, Error> {
    check_text("/reason", reason, text::REASON)?;
    let found = announcements::lock(tx, id).await?.filter(|found| found.partner == partner);
    let Some(found) = found else {
        let known = rows::get(tx, id).await?.settlement;
        if known.partner != partner {
            return Err(Error::NotFound("settlement"));
        }
        let detail = "the settlement was never announced: it counted at once, or is what a day comes to";
        return Err(Refusal::new("settlement-state", detail).into());
    };
    if found.state == AnnouncementState::Withdrawn {
        return Ok(found);
    }
    found.require_announced()?;
    let ended_at = Some(book.now(wall));
    let over = Announcement { state: AnnouncementState::Withdrawn, ended_at, ..found };
    let over = announcements::update(tx, &over).await?;
    let done = Done::new(&over.id, "withdrawn", Actor::Partner(partner)).because(reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    Ok(over)
}

/// A book is not kept by lines of banks any more: what is announced is withdrawn, and what is overdue settles as in other books.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn rule_ended(tx: &Transaction<'_>, book: &Book, wall: Timestamp) -> Result<(), Error> {
    announcements::withdraw_all(tx, book.id, book.now(wall)).await?;
    reported::take_up_all_overdue(tx, book, wall).await
}
