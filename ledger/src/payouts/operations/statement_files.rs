//! Files of bank statements: read whole as they come, kept as lines and balances, and let in page by page.
//!
//! A file that cannot be read, whose balances do not add up, or that says something else of a line than was told before, is refused
//! whole and leaves nothing. What is kept of one that can be read are its lines without names: so any worker can let them in, on
//! whatever machine it runs, and one that dies leaves the rest to the next.
//!
//! Lock order: file → payouts by id → lines → book head.

use super::bank_lines::{self, TakenIn};
use crate::chart;
use crate::engine::store::accounts;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{BookId, OrganisationId, PersonId, StatementFileId};
use crate::payouts::files::parts::Parcel;
use crate::payouts::rules::statement_file::{FileLine, FileState, Format, Statement, StatementFile, What, Wrong};
use crate::payouts::store::statement_files;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;

/// A file that comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The book.
    pub book: BookId,
    /// Whose account it is of.
    pub custodian: OrganisationId,
    /// How it is written.
    pub format: Format,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: i64,
}

/// What a file says, as it is read elsewhere: its parcels, or what is wrong with it.
pub type Parcels = Receiver<Result<Parcel, Wrong>>;

/// The file with the same bytes that came before, if one did.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown book.
pub async fn find(tx: &Transaction<'_>, new: &NewFile) -> Result<Option<StatementFile>, Error> {
    statement_files::find(tx, new.book, new.custodian, new.sha256).await
}

/// Keeps what a file says, and lets its lines in by a job.
///
/// # Errors
///
/// `statement-unreadable`, `statement-balance-differs`, `statement-day`, `reference-taken`; [`Error::Invalid`] at `/custodian`;
/// [`Error::NotFound`] for an unknown book.
pub async fn receive(
    tx: &Transaction<'_>,
    new: NewFile,
    mut parcels: Parcels,
    by: PersonId,
    wall: Timestamp,
) -> Result<StatementFile, Error> {
    let book = books::get(tx, new.book).await?;
    check_custodian(tx, &book, new.custodian).await?;
    let id = StatementFileId::generate(book.id);
    let mut lines = 0;
    let (statements, skipped) = loop {
        let parcel = parcels.recv().await.ok_or_else(|| Error::inconsistent("a file that was not read to its end"))?;
        match parcel.map_err(refusal)? {
            Parcel::Lines(page) => {
                check(tx, &book, new.custodian, &page, wall).await?;
                statement_files::keep(tx, id, lines, &page).await?;
                lines += i64::try_from(page.len()).unwrap_or_default();
            }
            Parcel::End { statements, skipped } => break (statements, skipped),
        }
    };
    let file = StatementFile {
        id,
        custodian: new.custodian,
        format: new.format,
        sha256: new.sha256,
        bytes: new.bytes,
        lines,
        taken: 0,
        known: 0,
        skipped,
        state: FileState::Received,
        problem: String::new(),
        version: 1,
        received_at: book.now(wall),
    };
    save(tx, &book, file, &statements, by).await
}

/// Refuses an organisation that holds nothing of the book: neither the host nor a partner that is admitted, or has had cash of it.
async fn check_custodian(tx: &Transaction<'_>, book: &Book, custodian: OrganisationId) -> Result<(), Error> {
    let is_known = custodian == book.organisation
        || books::partner_admitted(tx, book.id, custodian).await?
        || accounts::find(tx, book.id, &chart::cash_at(custodian).code).await?.is_some();
    if is_known { Ok(()) } else { Err(Error::invalid("/custodian", "it holds no money of this book")) }
}

async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    file: StatementFile,
    statements: &[Statement],
    by: PersonId,
) -> Result<StatementFile, Error> {
    let id = file.id;
    if !statement_files::insert(tx, &file, by).await? {
        // Another request has brought it meanwhile.
        statement_files::drop_through(tx, id, file.lines).await?;
        let there = statement_files::find(tx, book.id, file.custodian, file.sha256).await?;
        return there.ok_or_else(|| Error::inconsistent("a file that was there is gone"));
    }
    for statement in statements {
        statement_files::insert_statement(tx, id, file.custodian, statement).await?;
    }
    let at = file.received_at;
    activity::record(tx, book.id, Done::new(&id, "received", Actor::Person(by)), at).await?;
    enqueue(tx, &file, at).await?;
    statement_files::get(tx, id).await
}

/// Lets the lines of a file in that are not in yet.
async fn enqueue(tx: &Transaction<'_>, file: &StatementFile, at: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{} {}", file.id, file.taken + file.known);
    let job = Job::ImportStatementFile { file: file.id };
    jobs::enqueue(tx, &NewJob { book: file.id.book, due_at: at, dedupe, job }).await?;
    Ok(())
}

fn refusal(wrong: Wrong) -> Error {
    let code = match wrong.what {
        What::Unreadable(_) => "statement-unreadable",
        What::BalanceDiffers { .. } => "statement-balance-differs",
    };
    Refusal::new(code, wrong.to_string()).into()
}

/// Refuses lines of days that the book does not have, and what contradicts what was told before.
async fn check(
    tx: &Transaction<'_>,
    book: &Book,
    custodian: OrganisationId,
    page: &[FileLine],
    wall: Timestamp,
) -> Result<(), Error> {
    let days = book.first_day()..=book.today(wall);
    if let Some(line) = page.iter().find(|line| !days.contains(&line.told.value_on)) {
        let (first, last) = (days.start(), days.end());
        let detail = format!("line {}: {} is no day from {first} to {last}", line.at, line.told.value_on);
        return Err(Refusal::new("statement-day", detail).into());
    }
    match bank_lines::differing(tx, book.id, custodian, page).await? {
        Some(reference) => Err(Refusal::new("reference-taken", said_before(&reference)).into()),
        None => Ok(()),
    }
}

fn said_before(reference: &str) -> String {
    format!("the bank's line {reference} said something else before")
}

/// Lets a page of the lines of a file in; answers with the file as it stands then.
///
/// # Errors
///
/// What [`posting::post`](crate::engine::posting::post) refuses but for a floor; [`Error::NotFound`] for an unknown file.
pub async fn import_page(tx: &Transaction<'_>, id: StatementFileId, wall: Timestamp) -> Result<StatementFile, Error> {
    let book = books::get(tx, id.book).await?;
    let file = statement_files::lock(tx, id).await?;
    if file.state != FileState::Received {
        return Ok(file);
    }
    let (lines, last) = statement_files::next(tx, id).await?;
    let file = match bank_lines::take_in(tx, &book, file.custodian, id, &lines, wall).await? {
        TakenIn::All { known } => {
            statement_files::drop_through(tx, id, last).await?;
            let count = i64::try_from(lines.len()).unwrap_or_default();
            let known = i64::try_from(known).unwrap_or_default();
            let file = StatementFile { taken: file.taken + count - known, known: file.known + known, ..file };
            let is_whole = file.taken + file.known == file.lines;
            StatementFile { state: if is_whole { FileState::Imported } else { FileState::Received }, ..file }
        }
        // It was told between the coming of the file and its turn: the lines before it are in, and a person looks.
        TakenIn::Taken(reference) => {
            statement_files::drop_through(tx, id, file.lines).await?;
            StatementFile { state: FileState::Refused, problem: said_before(&reference), ..file }
        }
    };
    let file = statement_files::update(tx, &file).await?;
    if file.state != FileState::Received {
        let done = Done::new(&id, file.state.as_str(), Actor::Service);
        activity::record(tx, book.id, done, book.now(wall)).await?;
    }
    Ok(file)
}

/// The last page of a job: when lines of the file are left after it, another job goes on.
///
/// # Errors
///
/// As [`import_page`].
pub async fn import_last_page(
    tx: &Transaction<'_>,
    id: StatementFileId,
    wall: Timestamp,
) -> Result<StatementFile, Error> {
    let file = import_page(tx, id, wall).await?;
    if file.state == FileState::Received {
        let book = books::get(tx, id.book).await?;
        enqueue(tx, &file, book.now(wall)).await?;
    }
    Ok(file)
}
