//! Whole runs that go to a bank by files: the first with the request, the others by jobs, some hundreds of payouts at a time.
//!
//! Each file is sent as one that somebody asked for alone. A page goes on after the last payout of the one before, so that what a file
//! leaves out is not asked of another one, and takes what is in no file, so that one that is done twice does it once.
//!
//! Lock order: as that of files.

use super::payout_files::{self, NewPayoutFile, Which};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{PayoutFileId, PayoutId, PayoutRunId, PersonId};
use crate::payouts::files::csv_out::Layout;
use crate::payouts::rules::payout::PayoutState;
use crate::payouts::rules::payout_file::{FileFormat, PAYOUTS_MAX, PayoutFile};
use crate::payouts::rules::run::{PAGE, Run, RunState};
use crate::payouts::store::{payout_files as store, runs};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// How a run goes to a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendRun {
    /// The run.
    pub run: PayoutRunId,
    /// What the bank is to be handed.
    pub format: FileFormat,
    /// The day on which the bank is asked to pay; none for today.
    pub execution_on: Option<Date>,
    /// How the bank knows who orders; for the formats of NACHA alone.
    pub originator: String,
    /// How a table is laid out; for `csv` alone.
    pub layout: Option<Layout>,
    /// The most payouts that the bank takes in one file; none for as many as a file may have.
    pub lines: Option<u16>,
}

/// What a run goes to a bank by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The run.
    pub run: Run,
    /// How many of its payouts go.
    pub payouts: i64,
    /// By how many files.
    pub files: i64,
    /// The first of them.
    pub first: PayoutFile,
}

/// Sends a run whole, by as many files as the bank's bound of lines asks for: all of its payouts that were not sent and are in no file.
/// The first file is made now, the others by a job.
///
/// # Errors
///
/// `payout-run-state`, `payout-run-not-approved` with how many wait for what, `payout-file-nothing`, `payout-file-no-debtor`,
/// `payout-frozen`; `payout-in-file` when another file takes some just now; [`Error::Invalid`] at the field that is wrong;
/// [`Error::NotFound`] for an unknown run.
pub async fn send(tx: &Transaction<'_>, asked: SendRun, by: PersonId, wall: Timestamp) -> Result<Sent, Error> {
    let most = i64::try_from(PAYOUTS_MAX).unwrap_or(i64::MAX);
    let lines = asked.lines.map_or(most, i64::from);
    if !(1..=most).contains(&lines) {
        return Err(Error::invalid("/lines_max", format!("1 to {most}")));
    }
    let book = books::get(tx, asked.run.book).await?;
    let run = runs::get(tx, asked.run).await?;
    let counts = runs::count(tx, run.id).await?;
    let counts: Vec<(PayoutState, i64)> = counts.iter().map(|count| (count.state, count.payouts)).collect();
    run.check_sent(&counts)?;
    let new = NewPayoutFile {
        book: book.id,
        custodian: Some(run.custodian),
        format: asked.format,
        currency: run.currency,
        execution_on: asked.execution_on,
        originator: asked.originator,
        layout: asked.layout,
        which: Which::All,
    };
    payout_files::check(tx, &book, &new, wall).await?;
    let debtor = payout_files::debtor(tx, &book, &new).await?;
    let all = store::list_free_of_run(tx, run.id, None, most).await?;
    let payouts = i64::try_from(all.len()).unwrap_or(most);
    let page = &all[..all.len().min(usize::try_from(lines).unwrap_or(PAYOUTS_MAX))];
    let Some(last) = page.last() else {
        let detail = "no payout of the run waits to be sent that is in no file";
        return Err(Refusal::new("payout-file-nothing", detail).into());
    };
    let first = payout_files::make(tx, &book, (new, debtor), (page, Some(run.id)), by, wall).await?;
    activity::record(tx, book.id, Done::new(&run.id, "sent", Actor::Person(by)), book.now(wall)).await?;
    if payouts > lines {
        enqueue(tx, &book, (first.id, *last), lines, wall).await?;
    }
    // Both are more than zero.
    Ok(Sent { run, payouts, files: 1 + (payouts - 1) / lines, first })
}

/// Writes the job that makes the files of a run after one, and after the last payout that was asked of them so far.
async fn enqueue(
    tx: &Transaction<'_>,
    book: &Book,
    (like, after): (PayoutFileId, PayoutId),
    lines: i64,
    wall: Timestamp,
) -> Result<(), Error> {
    let lines = i32::try_from(lines).map_err(|_| Error::inconsistent("a bound of lines that none is"))?;
    let job = Job::SendPayoutRun { like, after, lines };
    let dedupe = format!("{like} after {after}");
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    Ok(())
}

/// Makes the next files of a run as its first one, each of so many payouts at most, until as many payouts are in them as one
/// transaction takes, and enqueues the next page; answers how many files these are. Of a run that was given up, none.
///
/// # Errors
///
/// `payout-in-file` when another file takes some just now: another try leaves them out; [`Error::NotFound`] for an unknown file.
pub async fn go_on(
    tx: &Transaction<'_>,
    like: PayoutFileId,
    after: PayoutId,
    lines: i32,
    wall: Timestamp,
) -> Result<usize, Error> {
    let book = books::get(tx, like.book).await?;
    let first = store::get(tx, like).await?;
    let run = first.run.ok_or_else(|| Error::inconsistent("a file that is of no run"))?;
    let run = runs::get(tx, run).await?;
    if run.state != RunState::Ready {
        return Ok(0);
    }
    let (mut after, mut files, mut payouts) = (after, 0, 0);
    loop {
        if payouts >= PAGE {
            enqueue(tx, &book, (like, after), lines.into(), wall).await?;
            break;
        }
        let page = store::list_free_of_run(tx, run.id, Some(after), lines.into()).await?;
        let Some(last) = page.last() else { break };
        let new = NewPayoutFile {
            book: book.id,
            custodian: Some(first.custodian),
            format: first.format,
            currency: first.currency,
            execution_on: Some(first.execution_on),
            originator: first.originator.clone(),
            layout: first.layout.clone(),
            which: Which::All,
        };
        let debtor = payout_files::debtor(tx, &book, &new).await?;
        payout_files::make(tx, &book, (new, debtor), (&page, Some(run.id)), first.asked_by, wall).await?;
        files += 1;
        payouts += i64::try_from(page.len()).unwrap_or(PAGE);
        after = *last;
    }
    Ok(files)
}
