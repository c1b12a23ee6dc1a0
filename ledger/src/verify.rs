//! Checks an export in JSON Lines, offline: every digest, every number, every balance, every closed period.
//!
//! Nothing here is shared with the code that writes the book or the export: this file knows the format only. A text is a
//! header, the records in the order of their numbers, and a trailer, one JSON object a line, each in the canonical form of
//! RFC 8785. `digest` is the SHA-256 of the line without its `digest` and without `about`, `counterparty`, `invoice` and
//! `organisation`, which are no part of the record; `previous` is the digest of the line before. Whoever changes a record must change all that follow: compare the last digest with one that you have kept or were given.

mod chain;
mod kinds;
mod periods;
mod replay;

use chain::Chain;
use replay::Replay;
use serde::Deserialize;
use std::fmt;
use std::io::{BufRead, Read as _};

/// The longest line that is read, in bytes.
const LINE_MAX: u64 = 256 * 1024 * 1024;

pub use kinds::MOVEMENTS;

/// What holds of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The book's id.
    pub book: String,
    /// Its name.
    pub name: String,
    /// How many entries it has.
    pub entries: i64,
    /// How many accounts have moved.
    pub accounts: usize,
    /// What each account that has moved has at the end, by code.
    pub balances: Vec<Standing>,
    /// Digest of the last line, which stands for all.
    pub digest: String,
}

/// What an account has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its code, such as `assets:cash:bank`.
    pub account: String,
    /// The balance on its own side, as a decimal number.
    pub balance: String,
    /// The currency of it, or the unit.
    pub currency: String,
}

impl Standing {
    /// Whether there is nothing on it.
    pub fn is_even(&self) -> bool {
        self.balance.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'))
    }
}

/// Where something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The first line.
    Header,
    /// The record with this number.
    Record(i64),
    /// The last line.
    Trailer,
    /// After this many records.
    After(i64),
    /// A line, counted from 1, that cannot be read as any of these.
    Line(i64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Header => f.write_str("the header"),
            Place::Record(number) => write!(f, "record {number}"),
            Place::Trailer => f.write_str("the trailer"),
            Place::After(0) => f.write_str("after the header"),
            Place::After(number) => write!(f, "after record {number}"),
            Place::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// The first thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// The text does not hold.
    #[error("{place}: {what}")]
    Text {
        /// The place in the text.
        place: Place,
        /// What is wrong there.
        what: String,
    },
    /// The text could not be read to its end.
    #[error("the export cannot be read")]
    Reading(#[from] std::io::Error),
}

/// Reads an export to its end.
///
/// # Errors
///
/// Names the first record that is wrong.
pub fn verify(mut text: impl BufRead) -> Result<Verified, Wrong> {
    let mut chain = Chain::default();
    let mut replay = Replay::default();
    let mut header: Option<Header> = None;
    let (mut count, mut bytes) = (0, Vec::new());
    loop {
        count += 1;
        let after = if header.is_some() { Place::After(replay.records()) } else { Place::Header };
        if !read(&mut text, &mut bytes, after)? {
            return Err(at(after, "the export ends here, without a trailer: it was cut"));
        }
        let value = chain::parse(&bytes).map_err(|what| at(Place::Line(count), what))?;
        let record = Record::deserialize(&value).map_err(|error| at(Place::Line(count), error))?;
        let place = record.place();
        let sealed = chain::sealed(&bytes, value).map_err(|what| at(place, what))?;
        let expected = Place::Record(replay.records() + 1);
        if matches!(place, Place::Record(_)) && place != expected {
            return Err(at(expected, format!("{place} stands in its place")));
        }
        chain.follow(sealed).map_err(|what| at(place, what))?;
        match (record, &header) {
            (Record::Header(first), None) => header = Some(first.supported()?),
            (Record::Entry(entry), Some(header)) if entry.number <= header.through => {
                replay.entry(&entry).map_err(|what| at(place, what))?;
            }
            (Record::Other(other), Some(header)) if other.number <= header.through => {
                replay.record(&other).map_err(|what| at(place, what))?;
            }
            (Record::Trailer(trailer), Some(header)) => {
                let accounts = replay.trailer(&trailer, header.through).map_err(|what| at(place, what))?;
                if read(&mut text, &mut bytes, place)? {
                    return Err(at(Place::Line(count + 1), "nothing may stand after the trailer"));
                }
                let (book, name) = (header.book.clone(), header.name.clone());
                let standing =
                    |it: Balance| Standing { account: it.account, balance: it.balance, currency: it.currency };
                let (entries, balances) = (trailer.entries, trailer.balances.into_iter().map(standing).collect());
                return Ok(Verified { book, name, entries, accounts, balances, digest: chain.last() });
            }
            (Record::Entry(_) | Record::Other(_), Some(header)) => {
                return Err(at(place, format!("the header says that record {} is the last", header.through)));
            }
            (Record::Header(_), Some(_)) => return Err(at(Place::Line(count), "a second header")),
            (Record::Entry(_) | Record::Other(_) | Record::Trailer(_), None) => {
                return Err(at(place, "it stands before any header"));
            }
        }
    }
}

/// One line without its end into `bytes`; false when there is none.
fn read(text: &mut impl BufRead, bytes: &mut Vec<u8>, after: Place) -> Result<bool, Wrong> {
    bytes.clear();
    text.by_ref().take(LINE_MAX).read_until(b'\n', bytes)?;
    match bytes.pop() {
        None => Ok(false),
        Some(b'\n') => Ok(true),
        Some(_) => Err(at(after, "the line that follows has no end: the export was cut")),
    }
}

fn at(place: Place, what: impl ToString) -> Wrong {
    Wrong::Text { place, what: what.to_string() }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Record {
    Header(Header),
    Entry(Entry),
    #[serde(rename = "record")]
    Other(Other),
    Trailer(Trailer),
}

impl Record {
    fn place(&self) -> Place {
        match self {
            Record::Header(_) => Place::Header,
            Record::Entry(entry) => Place::Record(entry.number),
            Record::Other(other) => Place::Record(other.number),
            Record::Trailer(_) => Place::Trailer,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Header {
    book: String,
    format: String,
    name: String,
    through: i64,
    version: u32,
}

impl Header {
    fn supported(self) -> Result<Header, Wrong> {
        if self.format == "commonpurse-book" && self.version == 1 {
            return Ok(self);
        }
        let what = format!("{} of version {} is not known here", self.format, self.version);
        Err(at(Place::Header, what))
    }
}

#[derive(Debug, Deserialize)]
struct Entry {
    effective: String,
    lines: Vec<Line>,
    number: i64,
    occurred: String,
}

#[derive(Debug, Deserialize)]
struct Line {
    amount: String,
    credit: String,
    credit_after: String,
    currency: String,
    debit: String,
    debit_after: String,
    kind: String,
}

/// A record that is no entry: it moves nothing.
#[derive(Debug, Deserialize)]
struct Other {
    body: serde_json::Value,
    kind: String,
    number: i64,
}

#[derive(Debug, Deserialize)]
struct Trailer {
    balances: Vec<Balance>,
    entries: i64,
}

#[derive(Debug, Deserialize)]
struct Balance {
    account: String,
    balance: String,
    credits: String,
    currency: String,
    debits: String,
}
