//! A file of a bank: statements with their lines and balances, as the readers of `files` find them, and where it stands.
//!
//! Of what a bank writes, only this is kept: names, addresses, account numbers and free texts of payers are read past.

use crate::evidence::Digest;
use crate::id::{OrganisationId, StatementFileId};
use crate::money::Currency;
use crate::payouts::rules::bank_line::{Besides, Told};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;

/// Lines that go in together.
pub const PAGE: usize = 1_000;

/// The most lines of a file.
pub const LINES_MAX: i64 = 2_000_000;

/// The most statements of a file.
pub const STATEMENTS_MAX: usize = 1_000;

/// The longest text of a file that is read, in characters: longer than any that its format knows.
pub const TEXT_MAX: usize = 2_000;

/// The longest name that a bank gives a line or a statement, in characters: what we may add stays within the bounds of a reference.
pub const NAME_MAX: usize = 150;

words! {
    /// How a file is written.
    Format, "format of a statement file" {
        /// ISO 20022, camt.053.001.
        Camt053 = "camt053",
        /// A table with columns that whoever sends it names.
        Csv = "csv",
    }
}

words! {
    /// Where a file stands.
    FileState, "state of a statement file" {
        /// It is read, and its lines go in.
        Received = "received",
        /// All its lines are in.
        Imported = "imported",
        /// Not all its lines are in: the problem says why.
        Refused = "refused",
    }
}

/// A balance of a statement at a day, in minor units; less than zero when the account is overdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Minor units.
    pub minor: i64,
    /// The day.
    pub on: Date,
}

/// A line as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// The line of text at which its entry ends, from 1.
    pub at: u64,
    /// What it says.
    pub told: Told,
    /// What else it says.
    pub besides: Besides,
}

/// A statement of a file, once its last line is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its place in the file, from 1.
    pub number: i32,
    /// How the bank names it; empty when it does not.
    pub name: String,
    /// The last four characters of the account that it is of; empty when it names none.
    pub account: String,
    /// Its currency.
    pub currency: Currency,
    /// The balance before its first line; none when it tells none.
    pub opening: Option<Balance>,
    /// The balance after its last line; none when it tells none.
    pub closing: Option<Balance>,
    /// How many lines it has.
    pub lines: i64,
    /// Minor units that came by them.
    pub credits: i64,
    /// Minor units that left by them, with fees.
    pub debits: i64,
}

/// A part of what a file says, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A line.
    Line(FileLine),
    /// A statement whose lines have come.
    Statement(Statement),
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It cannot be read as what it is said to be. It holds nothing of what the file says of people.
    Unreadable(String),
    /// Its lines do not lead from one of its balances to the other.
    BalanceDiffers {
        /// The place of the statement in the file.
        statement: i32,
        /// Opening, sum of the lines, closing: in minor units.
        figures: [i128; 3],
        /// Their currency.
        currency: Currency,
    },
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The line of text, from 1.
    pub at: u64,
    /// What is wrong.
    pub what: What,
}

impl Wrong {
    /// A file that cannot be read.
    pub fn new(at: u64, what: impl Into<String>) -> Wrong {
        Wrong { at, what: What::Unreadable(what.into()) }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Unreadable(what) => write!(f, "line {}: {what}", self.at),
            What::BalanceDiffers { statement, figures: [opening, lines, closing], currency } => {
                let money = |minor: i128| format!("{} {currency}", currency.format(minor));
                let should = opening + lines;
                write!(
                    f,
                    "line {}: statement {statement} opens with {}, its lines come to {}, so it should close with {}, and says {}",
                    self.at,
                    money(*opening),
                    money(*lines),
                    money(should),
                    money(*closing)
                )
            }
        }
    }
}

impl Statement {
    /// Refuses lines that do not lead from the opening balance to the closing one. A statement that tells only one of the two, as a
    /// page of a longer one does, or none, is not held to anything.
    ///
    /// # Errors
    ///
    /// [`What::BalanceDiffers`].
    pub fn check(&self, at: u64) -> Result<(), Wrong> {
        let (Some(opening), Some(closing)) = (self.opening, self.closing) else { return Ok(()) };
        let lines = i128::from(self.credits) - i128::from(self.debits);
        let figures = [opening.minor.into(), lines, closing.minor.into()];
        if figures[0] + lines == figures[2] {
            return Ok(());
        }
        Err(Wrong { at, what: What::BalanceDiffers { statement: self.number, figures, currency: self.currency } })
    }
}

/// A file that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementFile {
    /// Its id.
    pub id: StatementFileId,
    /// Whose account it is of.
    pub custodian: OrganisationId,
    /// How it is written.
    pub format: Format,
    /// The digest of its bytes: the same file twice is one.
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: i64,
    /// How many lines it has.
    pub lines: i64,
    /// How many of them are in by now, as they were new.
    pub taken: i64,
    /// How many of them were there before.
    pub known: i64,
    /// Entries that are no lines: of nothing, or not booked by the bank yet.
    pub skipped: i64,
    /// Where it stands.
    pub state: FileState,
    /// Why it was refused; empty otherwise.
    pub problem: String,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it came, in book time.
    pub received_at: Timestamp,
}
