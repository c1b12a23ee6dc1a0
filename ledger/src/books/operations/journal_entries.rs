//! The journal by entries: the lines that share a number.

use crate::engine::store::books::Book;
use crate::engine::store::journal::{self, JournalLine};
use crate::engine::store::units::{self, Units};
use crate::error::Error;
use crate::money::Unit;
use deadpool_postgres::GenericClient;

/// The most lines of a page; an entry has at most 1,000, so that at least one is always whole.
const LINES_MAX: i64 = 2_000;

/// An entry with all its lines, at least one.
#[derive(Debug, Clone)]
pub struct JournalEntry {
    /// Record number of the entry.
    pub number: i64,
    /// Its lines, in order.
    pub lines: Vec<EntryLine>,
}

/// A line, and the unit in which it counts.
#[derive(Debug, Clone)]
pub struct EntryLine {
    /// What moved, and between which accounts.
    pub line: JournalLine,
    /// Currency or unit of both accounts.
    pub unit: Unit,
}

/// A page of the journal.
#[derive(Debug, Clone)]
pub struct JournalEntries {
    /// The entries, by number.
    pub entries: Vec<JournalEntry>,
    /// Whether others follow.
    pub more: bool,
}

/// Entries whose number comes after `after`, at most `limit`, fewer when they are long.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn journal_entries(
    client: &impl GenericClient,
    book: &Book,
    after: i64,
    limit: usize,
) -> Result<JournalEntries, Error> {
    let last = journal::last_number(client, book.id).await?;
    let after = after.clamp(0, last) << 16 | 0xffff;
    let lines = journal::lines_after(client, book.id, after, last, LINES_MAX).await?;
    let cut = i64::try_from(lines.len()).is_ok_and(|lines| lines >= LINES_MAX);
    let mut entries: Vec<JournalEntry> = Vec::new();
    let units = units::load(client, book.id).await?;
    for line in lines {
        let number = line.number;
        let line = with_unit(line, &units)?;
        match entries.last_mut().filter(|entry| entry.number == number) {
            Some(entry) => entry.lines.push(line),
            None => entries.push(JournalEntry { number, lines: vec![line] }),
        }
    }
    if cut {
        // The last one may lack lines.
        entries.pop();
    }
    let more = cut || entries.len() > limit;
    entries.truncate(limit);
    Ok(JournalEntries { entries, more })
}

/// The entry with a number.
///
/// # Errors
///
/// [`Error::NotFound`] for a number that is no entry's.
pub async fn journal_entry(client: &impl GenericClient, book: &Book, number: i64) -> Result<JournalEntry, Error> {
    // Positions are numbers shifted by 16: larger numbers do not exist.
    if !(1..1 << 46).contains(&number) {
        return Err(Error::NotFound("journal entry"));
    }
    let lines = journal::lines(client, book.id, number, 1).await?;
    if lines.is_empty() {
        return Err(Error::NotFound("journal entry"));
    }
    let units = units::load(client, book.id).await?;
    let lines = lines.into_iter().map(|line| with_unit(line, &units)).collect::<Result<_, Error>>()?;
    Ok(JournalEntry { number, lines })
}

fn with_unit(line: JournalLine, units: &Units) -> Result<EntryLine, Error> {
    Ok(EntryLine { unit: units.get(&line.unit)?, line })
}
