//! What a bank says of what it was ordered: payments that it rejects fail, and a file that it rejects whole.
//!
//! Lock order: payout file → payouts by id → book head.

use super::{payout_file_pages, payout_files};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{BookId, OrganisationId, PayoutFileId};
use crate::payouts::files::pain002::{Report, why};
use crate::payouts::rules::payout::{Payout, PayoutState};
use crate::payouts::rules::payout_file::PayoutFile;
use crate::payouts::store::{payout_files as store, payouts};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// How many payments fail in one transaction.
pub const PAGE: usize = 100;

/// How many payments of a report are told one by one that did not fail.
pub const TOLD_MAX: usize = 1_000;

/// Lets payments fail that a bank rejects, in one transaction: a page of them by their end-to-end ids. Those that are not on their way,
/// or are none of this custodian's, stay as they are.
///
/// # Errors
///
/// [`Error::BookFrozen`]; [`Error::NotFound`] for an unknown book.
pub async fn fail(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    page: &[(&str, &str)],
    actor: Actor,
    wall: Timestamp,
) -> Result<(), Error> {
    let book = books::get(tx, book).await?;
    let references: Vec<&str> = page.iter().map(|(reference, _)| *reference).collect();
    payouts::lock_all(tx, book.id, custodian, &references).await?;
    let mut failing: Vec<(Payout, String)> = Vec::new();
    for (reference, reason) in page {
        let found = payouts::lock_by_reference(tx, book.id, custodian, reference).await?;
        if let Some(payout) = found.filter(|payout| payout.check_fails().is_ok()) {
            failing.push((payout, why(reason)));
        }
    }
    payout_file_pages::fail(tx, &book, failing, actor, wall).await
}

/// Why a payment that a bank rejects did not fail by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untouched {
    /// How the bank names it.
    pub reference: String,
    /// Why the bank rejects it, as a code; may be empty.
    pub reason: String,
    /// Where its payout stands; none when this custodian has none of that id.
    pub state: Option<PayoutState>,
}

/// What came of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The file that it is about; none when it names none of this custodian's.
    pub file: Option<PayoutFile>,
    /// How many payments it rejects whose payouts have failed, by it or before.
    pub failed: usize,
    /// How many it says something else of: only the line of a statement settles those.
    pub noted: usize,
    /// How many it rejects that did not fail.
    pub untouched_count: usize,
    /// The first of those.
    pub untouched: Vec<Untouched>,
}

/// Takes a report after its pages: its file has been reported on, and fails whole when the bank rejects all of it. Says what stands now.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown book.
pub async fn take(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    report: &Report,
    actor: Actor,
    wall: Timestamp,
) -> Result<Taken, Error> {
    let book = books::get(tx, book).await?;
    let file = match file_of(tx, &book, custodian, &report.message).await? {
        Some(id) => Some(reported(tx, &book, id, report, actor, wall).await?),
        None => None,
    };
    let (mut failed, mut untouched_count, mut untouched) = (0, 0, Vec::new());
    let rejected: Vec<(&String, &String)> = report
        .payments
        .iter()
        .filter(|(_, status)| status.is_rejected())
        .map(|(reference, status)| (reference, &status.reason))
        .collect();
    for (reference, reason) in &rejected {
        let state = payouts::state_by_reference(tx, book.id, custodian, reference).await?;
        if state == Some(PayoutState::Failed) {
            failed += 1;
        } else {
            untouched_count += 1;
            if untouched.len() < TOLD_MAX {
                let (reference, reason) = ((*reference).clone(), (*reason).clone());
                untouched.push(Untouched { reference, reason, state });
            }
        }
    }
    Ok(Taken { file, failed, noted: report.payments.len() - rejected.len(), untouched_count, untouched })
}

async fn file_of(
    client: &impl GenericClient,
    book: &Book,
    custodian: OrganisationId,
    message: &str,
) -> Result<Option<PayoutFileId>, Error> {
    let Some(object) = PayoutFile::object_of(message) else { return Ok(None) };
    match store::get(client, PayoutFileId::new(book.id, object)).await {
        Ok(file) => Ok(Some(file.id).filter(|_| file.custodian == custodian)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A file whose bank has reported on it.
async fn reported(
    tx: &Transaction<'_>,
    book: &Book,
    id: PayoutFileId,
    report: &Report,
    actor: Actor,
    wall: Timestamp,
) -> Result<PayoutFile, Error> {
    let file = store::lock(tx, id).await?;
    let (was, now) = (file.state.clone(), book.now(wall));
    let rejected = report.group.is_rejected().then(|| why(&report.group.reason));
    let told = file.reported(rejected.as_deref());
    if told.state == was {
        return Ok(told);
    }
    let told = store::update(tx, &told).await?;
    let done = Done::new(&id, "reported", actor).because(told.state.reason());
    activity::record(tx, book.id, done, now).await?;
    if !told.state.reason().is_empty() {
        payout_files::end(tx, book, id, "1", now).await?;
    }
    Ok(told)
}
