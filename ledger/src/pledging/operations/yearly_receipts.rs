//! Receipts of years: issued by a job some days after the year's end to whoever gave more than once and has an address, and to
//! anybody on request once the year is over; anew only when the host asks for another edition.
//!
//! Each is as of a moment: the job's as of when it was due, the others as of now. Lock order: the year's numbers, then the donor.

use super::receipts::named;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, DonorId, OrganisationId, YearlyReceiptId};
use crate::parties::store::organisations;
use crate::pledging::rules::yearly_receipt::{GIFTS_MIN, ITEMS_MAX, ShownYear, YearNumber, YearlyReceipt};
use crate::pledging::store::yearly_receipts as store;
use crate::service::change::{Change, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use uuid::Uuid;

/// So many receipts are issued by one job.
pub const PAGE: usize = 50;

/// Issues the receipts of a year that nobody needs to ask for, as of when that was due: a page of so many from a donor on, and leaves a job
/// for the next page. Those that were issued before stay. Answers how many are new.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn issue_due(
    tx: &Transaction<'_>,
    book: BookId,
    (year, as_of): (i32, Timestamp),
    (from, size): (Option<DonorId>, usize),
    wall: Timestamp,
) -> Result<usize, Error> {
    let book = books::get(tx, book).await?;
    if !store::lock_year(tx, book.id, year).await? {
        return Ok(0);
    }
    let place = from.map_or(Uuid::nil(), |donor| donor.object);
    let limit = i64::try_from(size).unwrap_or(i64::MAX);
    let page = store::list_due(tx, book.id, year, (as_of, GIFTS_MIN), place, limit).await?;
    for (donor, custodian) in &page {
        issue(tx, &book, (*donor, *custodian), year, as_of, wall).await?;
    }
    if let Some((last, _)) = page.last().filter(|_| page.len() == size) {
        let job = Job::IssueYearlyReceipts { year, as_of, after: Some(*last) };
        let dedupe = format!("{year}-{last}");
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    }
    Ok(page.len())
}

/// The receipts of a year of a donor, one for each custodian: those that were issued, and new ones as of now where there is none.
///
/// # Errors
///
/// `year-not-over`; `nothing-given` when the donor has no receipt of a charge of that year.
pub async fn request(
    tx: &Transaction<'_>,
    donor: DonorId,
    year: i32,
    wall: Timestamp,
) -> Result<Vec<YearlyReceipt>, Error> {
    let book = books::get(tx, donor.book).await?;
    require_over(&book, year, wall)?;
    store::lock_year(tx, book.id, year).await?;
    let mut receipts = Vec::new();
    for (custodian, issued) in given_to(tx, donor, year).await? {
        receipts.push(match issued {
            Some(receipt) => receipt,
            None => issue(tx, &book, (donor, custodian), year, book.now(wall), wall).await?,
        });
    }
    Ok(receipts)
}

/// Issues another edition of the receipts of a year of a donor of which something has changed since, as of now. The earlier ones stay.
///
/// # Errors
///
/// As [`request`]; `yearly-receipt-unchanged` when nothing has changed of any. [`Error::Invalid`] at `/reason`.
pub async fn reissue(
    tx: &Transaction<'_>,
    donor: DonorId,
    year: i32,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Vec<YearlyReceipt>, Error> {
    check_text("/reason", change.reason, text::REASON)?;
    let book = books::get(tx, donor.book).await?;
    require_over(&book, year, wall)?;
    store::lock_year(tx, book.id, year).await?;
    let mut receipts = Vec::new();
    for (custodian, issued) in given_to(tx, donor, year).await? {
        let new = match issued {
            None => issue(tx, &book, (donor, custodian), year, book.now(wall), wall).await?,
            Some(last) if shown(tx, last.clone()).await?.has_changed() => {
                let number = YearNumber { edition: last.number.edition + 1, ..last.number };
                write(tx, &book, (donor, custodian), number, book.now(wall), wall).await?
            }
            Some(_) => continue,
        };
        let done = Done::new(&new.id, "issued", change.actor).because(change.reason);
        activity::record(tx, book.id, done, book.now(wall)).await?;
        receipts.push(new);
    }
    if receipts.is_empty() {
        let detail = "the receipts of that year say what is so: nothing came to them, and nothing went back since";
        return Err(Refusal::new("yearly-receipt-unchanged", detail).into());
    }
    Ok(receipts)
}

/// A receipt of a year with what it sums up, and what has changed since.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn shown(client: &impl GenericClient, receipt: YearlyReceipt) -> Result<ShownYear, Error> {
    let (count, sums) = store::sums(client, receipt.id).await?;
    let items = store::items(client, receipt.id, ITEMS_MAX).await?;
    let late = store::late(client, &receipt, ITEMS_MAX).await?;
    Ok(ShownYear { receipt, count, items, sums, late })
}

fn require_over(book: &Book, year: i32, wall: Timestamp) -> Result<(), Refusal> {
    let today = book.today(wall);
    if i32::from(today.year()) > year {
        return Ok(());
    }
    let detail = format!("today is {today} in the book: the receipt of {year} is issued when the year is over");
    Err(Refusal::new("year-not-over", detail))
}

async fn given_to(
    tx: &Transaction<'_>,
    donor: DonorId,
    year: i32,
) -> Result<Vec<(OrganisationId, Option<YearlyReceipt>)>, Error> {
    let found = store::custodians(tx, donor, year).await?;
    if found.is_empty() {
        return Err(Refusal::new("nothing-given", format!("the donor has no receipt of a payment of {year}")).into());
    }
    Ok(found)
}

/// The first edition, with the next number of its year, which is locked.
async fn issue(
    tx: &Transaction<'_>,
    book: &Book,
    of: (DonorId, OrganisationId),
    year: i32,
    as_of: Timestamp,
    wall: Timestamp,
) -> Result<YearlyReceipt, Error> {
    let number = store::next_number(tx, book.id, year).await?;
    write(tx, book, of, YearNumber { year, number, edition: 1 }, as_of, wall).await
}

async fn write(
    tx: &Transaction<'_>,
    book: &Book,
    (donor, custodian): (DonorId, OrganisationId),
    number: YearNumber,
    as_of: Timestamp,
    wall: Timestamp,
) -> Result<YearlyReceipt, Error> {
    let custodian = organisations::find(tx, custodian).await?.ok_or(Error::NotFound("organisation"))?;
    let (custodian, tax_text) = named(custodian);
    let id = YearlyReceiptId::generate(book.id);
    let new = YearlyReceipt { id, number, donor, custodian, tax_text, issued_at: as_of };
    store::insert(tx, &new).await?;
    let job = Job::SendYearlyReceipt { receipt: id };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe: id.to_string(), job }).await?;
    Ok(new)
}
