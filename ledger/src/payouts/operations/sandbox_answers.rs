//! What the bank of sandbox books answers to a file, as files: a report of what it rejects, and statements of the days on which it moved
//! something. The bank has a file once somebody took its text; of all else it knows what the book knows.

use super::custodian_check;
use crate::book::Mode;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::PayoutFileId;
use crate::payouts::files::camt053_out::{Camt053Writer, Head};
use crate::payouts::files::pain002_out;
use crate::payouts::rules::bank_line::{Direction, Told};
use crate::payouts::rules::payout_file::PayoutFile;
use crate::payouts::rules::sandbox_bank::{CLOSED_ACCOUNT, Ordered, group_status};
use crate::payouts::rules::statement_file::Balance;
use crate::payouts::store::{bank_accounts, payout_files, sandbox_bank};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What the bank says of the payouts of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    file: PayoutFile,
    made_at: Timestamp,
    ordered: Vec<Ordered>,
}

/// What the bank has booked of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statements {
    message: String,
    made_at: Timestamp,
    days: Vec<Day>,
}

/// A statement of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Day {
    head: Head,
    lines: Vec<Told>,
}

/// What the bank says of a file: which of its payouts it rejects.
///
/// # Errors
///
/// `sandbox-only`, `payout-file-state`, `sandbox-bank-silent` while nobody took its text; [`Error::NotFound`] for an unknown file.
pub async fn report(client: &impl GenericClient, id: PayoutFileId, wall: Timestamp) -> Result<Report, Error> {
    let (book, file) = handed(client, id).await?;
    let ordered = sandbox_bank::ordered(client, id).await?;
    Ok(Report { file, made_at: book.now(wall), ordered })
}

/// What the bank has booked of a file on days that are over, with the balances of its account: a statement for each of them.
///
/// # Errors
///
/// `sandbox-only`, `payout-file-state`; `sandbox-bank-silent` while nobody took its text, and while no such day is over;
/// [`Error::NotFound`] for an unknown file.
pub async fn statements(client: &impl GenericClient, id: PayoutFileId, wall: Timestamp) -> Result<Statements, Error> {
    let (book, file) = handed(client, id).await?;
    let mut by_day: BTreeMap<Date, Vec<Told>> = BTreeMap::new();
    for line in sandbox_bank::ordered(client, id).await?.iter().flat_map(|ordered| ordered.lines(book.today(wall))) {
        by_day.entry(line.value_on).or_default().push(line);
    }
    if by_day.is_empty() {
        return Err(silent("it has booked nothing of the file on a day that is over").into());
    }
    let last_four = bank_accounts::get(client, file.debtor).await?.last_four;
    let message = format!("CPS{}", file.id.object.simple().to_string().to_ascii_uppercase());
    let mut days = Vec::new();
    for (on, lines) in by_day {
        let closing = at_bank(client, &book, &file, on).await?;
        let moved: i128 = lines.iter().map(moved).sum();
        let balance = |minor: i128| match i64::try_from(minor) {
            Ok(minor) => Ok(Balance { minor, on }),
            Err(_) => Err(Error::inconsistent("a bank with more money than there is")),
        };
        let head = Head {
            name: format!("{}-{}", on.strftime("%Y%m%d"), &message[message.len() - 12..]),
            account: format!("XXXXXXXX{last_four}"),
            currency: file.currency,
            opening: balance(closing - moved)?,
            closing: balance(closing)?,
        };
        days.push(Day { head, lines });
    }
    Ok(Statements { message, made_at: book.now(wall), days })
}

/// A file that the bank of a sandbox book has.
async fn handed(client: &impl GenericClient, id: PayoutFileId) -> Result<(Book, PayoutFile), Error> {
    let book = books::get(client, id.book).await?;
    let file = payout_files::get(client, id).await?;
    if book.mode == Mode::Live {
        return Err(Refusal::new("sandbox-only", "the file is of a live book: its own bank answers it").into());
    }
    file.check_taken()?;
    if file.taken.is_none() {
        return Err(silent("nobody has taken the text of the file, so that it does not have it").into());
    }
    Ok((book, file))
}

fn silent(why: &str) -> Refusal {
    Refusal::new("sandbox-bank-silent", format!("the bank of the sandbox says nothing: {why}"))
}

/// Minor units that came by a line, less than zero when they left.
fn moved(line: &Told) -> i128 {
    match line.direction {
        Direction::Debit => -i128::from(line.amount.minor()) - i128::from(line.fee),
        Direction::Credit => line.amount.minor().into(),
    }
}

/// What the bank has of the custodian's money at the end of a day: what the book says, less what it has paid and the book was not told.
async fn at_bank(client: &impl GenericClient, book: &Book, file: &PayoutFile, on: Date) -> Result<i128, Error> {
    let in_book = custodian_check::cash(client, book, (file.custodian, file.currency), on).await?;
    let untold = sandbox_bank::untold(client, book.id, file.custodian, file.currency, on).await?;
    Ok(in_book - untold)
}

impl Report {
    /// Writes it as pain.002.001.10.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn write<W: Write>(&self, to: W) -> io::Result<W> {
        let order = PayoutFile::message_of(self.file.id);
        let name = order.replacen("CPF", "CPR", 1);
        let payments = self.ordered.iter().filter_map(|each| Some((each.reference.as_str(), each.status()?)));
        pain002_out::write(to, (&name, self.made_at), (&order, &group_status(&self.ordered)), payments)
    }
}

impl Statements {
    /// Writes them as camt.053.001.08.
    ///
    /// # Errors
    ///
    /// Where they cannot be written.
    pub fn write<W: Write>(&self, to: W) -> io::Result<W> {
        let mut written = Camt053Writer::begin(to, &self.message, self.made_at)?;
        for Day { head, lines } in &self.days {
            written.statement(head)?;
            for line in lines {
                let reason = (line.direction == Direction::Credit).then_some(CLOSED_ACCOUNT);
                written.line(line, reason)?;
            }
            written.statement_ends()?;
        }
        written.end()
    }
}
