//! Raw journal entries through the ledger API, between accounts that no operation manages.

use super::journal_entries::{EntryLine, JournalEntry};
use crate::book::legs::{self, Leg, Side};
use crate::book::{Command, Entry, Key, Line, MovementKind, Note, Verdict};
use crate::books::store::reversals;
use crate::engine::directory::Directory;
use crate::engine::lane::Answer;
use crate::engine::pool::Pool;
use crate::engine::posting::{self, Posted};
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::engine::store::journal::JournalLine;
use crate::error::{Error, Refusal};
use crate::id::BookId;
use crate::money::{Unit, WrittenAmount};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// One line as it is asked for: codes of accounts and an amount.
#[derive(Debug, Clone)]
pub struct RawLine {
    /// Code of the account debited.
    pub debit: String,
    /// Code of the account credited.
    pub credit: String,
    /// The amount that moves.
    pub amount: WrittenAmount,
}

/// One leg as it is asked for: an amount on one side of one account.
#[derive(Debug, Clone)]
pub struct RawLeg {
    /// Code of the account.
    pub account: String,
    /// Debit or credit.
    pub side: Side,
    /// The amount on that side.
    pub amount: WrittenAmount,
}

/// A raw entry as it is asked for.
#[derive(Debug, Clone)]
pub struct RawEntry {
    /// Its lines, from one account to another.
    pub lines: Vec<RawLine>,
    /// Or its legs, which are paired into lines.
    pub legs: Vec<RawLeg>,
    /// Day on which it counts; the book's own day when none.
    pub effective: Option<Date>,
    /// Text for people.
    pub memo: String,
    /// The caller's own reference.
    pub reference: String,
}

impl RawEntry {
    /// The entry with its codes resolved, ready for a lane.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a code that the book does not have, a unit that is not the account's, or an amount that is none
    /// of this unit.
    pub async fn resolve(
        &self,
        directory: &Directory,
        pool: &Pool,
        book: &Book,
        wall: Timestamp,
    ) -> Result<Entry, Error> {
        let find = async |pointer: String, code: &str, amount: &WrittenAmount, at: &str| {
            let found = directory.account(pool, book.id, code).await?;
            let (number, unit) =
                found.ok_or_else(|| Error::invalid(pointer, "the book has no account with this code"))?;
            if unit.code() != amount.unit {
                return Err(Error::invalid(format!("{at}/amount/currency"), format!("{code} is kept in {unit}")));
            }
            Ok((number, unit))
        };
        let mut lines = Vec::with_capacity(self.lines.len());
        for (index, line) in self.lines.iter().enumerate() {
            let at = format!("/lines/{index}");
            let (debit, _) = find(format!("{at}/debit"), &line.debit, &line.amount, &at).await?;
            let (credit, unit) = find(format!("{at}/credit"), &line.credit, &line.amount, &at).await?;
            let amount = minor(unit, &line.amount, &at)?;
            lines.push(Line { kind: MovementKind::JournalEntry, debit, credit, amount });
        }
        let mut legs = Vec::with_capacity(self.legs.len());
        for (index, leg) in self.legs.iter().enumerate() {
            let at = format!("/legs/{index}");
            let pointer = format!("{at}/account");
            let (account, unit) = find(pointer, &leg.account, &leg.amount, &at).await?;
            legs.push(Leg { account, unit, side: leg.side, amount: minor(unit, &leg.amount, &at)? });
        }
        let paired = legs::pair(MovementKind::JournalEntry, &legs).map_err(|unbalanced| {
            let unit = unbalanced.unit;
            let text = |sum: i128| i64::try_from(sum).map_or_else(|_| sum.to_string(), |sum| unit.format(sum));
            let (debits, credits) = (text(unbalanced.debits), text(unbalanced.credits));
            Error::invalid("/legs", format!("{unit}: debits {debits}, credits {credits}"))
        })?;
        lines.extend(paired);
        Ok(Entry {
            lines,
            effective: self.effective.unwrap_or_else(|| book.today(wall)),
            outside_fact: false,
            note: (!self.memo.is_empty() || !self.reference.is_empty())
                .then(|| Note::new(self.memo.as_str(), &self.reference)),
        })
    }

    /// What a lane has posted of it, as the journal will show it; none when its codes are forgotten by now.
    pub fn posted(&self, directory: &Directory, book: BookId, answer: &Answer) -> Option<JournalEntry> {
        let codes = self.lines.iter().flat_map(|line| [&line.debit, &line.credit]);
        let codes = codes.chain(self.legs.iter().map(|leg| &leg.account));
        let by_number = directory.by_number(book, codes);
        let lines = answer.rows.iter().map(|row| {
            let ((debit, unit), (credit, _)) = (by_number.get(&row.line.debit)?, by_number.get(&row.line.credit)?);
            let line = JournalLine {
                number: row.number(),
                line: row.pos & 0xffff,
                kind: row.line.kind,
                debit: debit.to_string(),
                credit: credit.to_string(),
                unit: unit.to_string(),
                amount: row.line.amount,
                debit_after: row.debit_after,
                credit_after: row.credit_after,
                effective: row.effective,
                occurred: row.occurred,
                recorded_at: answer.recorded_at,
                memo: self.memo.clone(),
                reference: self.reference.clone(),
                erased: false,
            };
            Some(EntryLine { line, unit: *unit })
        });
        let lines: Vec<EntryLine> = lines.collect::<Option<_>>()?;
        Some(JournalEntry { number: lines.first()?.line.number, lines })
    }
}

/// The minor units of an amount of the line or leg at `at`.
fn minor(unit: Unit, amount: &WrittenAmount, at: &str) -> Result<i64, Error> {
    unit.parse(&amount.digits).map_err(|error| Error::invalid(format!("{at}/amount/amount"), error.to_string()))
}

/// Posts several raw entries, all of them or none, each under its own key.
///
/// # Errors
///
/// As [`posting::post_all`]: the first refusal, with its place in the batch; nothing is written then.
pub async fn post_all(
    tx: &Transaction<'_>,
    book: &Book,
    entries: Vec<(Key, Entry)>,
    wall: Timestamp,
) -> Result<Vec<Posted>, Error> {
    let commands = entries.into_iter().map(|(key, entry)| Command::post(Some(key), entry)).collect();
    posting::post_all(tx, book, commands, wall).await
}

/// Reverses a raw entry: its exact mirror, linked, once.
///
/// # Errors
///
/// `not-reversible` for the entry of an operation; `already-reversed`; what [`posting::post`] refuses, such as
/// `below-floor`; [`Error::NotFound`] for an unknown entry.
pub async fn reverse(
    tx: &Transaction<'_>,
    book: &Book,
    number: i64,
    reason: &str,
    wall: Timestamp,
) -> Result<Posted, Error> {
    let rows = match number {
        // Positions are numbers shifted by 16: larger numbers do not exist.
        1..0x4000_0000_0000 => journal::transfers(tx, book.id, number).await?,
        _ => Vec::new(),
    };
    if rows.is_empty() {
        return Err(Error::NotFound("journal entry"));
    }
    if rows.iter().any(|line| line.kind != MovementKind::JournalEntry) {
        let detail = format!("entry {number} was made by an operation, and is undone by one");
        return Err(Refusal::new("not-reversible", detail).into());
    }
    let mirror = |line: &Line| Line {
        kind: MovementKind::Reversal,
        debit: line.credit,
        credit: line.debit,
        amount: line.amount,
    };
    let entry = Entry {
        lines: rows.iter().rev().map(mirror).collect(),
        effective: book.today(wall),
        outside_fact: false,
        note: Some(Note::new(reason, format!("reverses {number}"))),
    };
    let posted = posting::post(tx, book, entry, wall).await?;
    if !reversals::insert(tx, book.id, number, posted.number).await? {
        return Err(Refusal::new("already-reversed", format!("entry {number} has been reversed before")).into());
    }
    Ok(posted)
}

/// The number that a raw entry would get, or why it would be refused: the same fold, and nothing is written.
///
/// # Errors
///
/// What [`posting::post`] would refuse.
pub async fn try_out(tx: &Transaction<'_>, book: &Book, entry: Entry) -> Result<Posted, Error> {
    match posting::try_out(tx, book, entry).await? {
        Verdict::Posted(number) => Ok(Posted { number }),
        Verdict::Carried => Err(Error::inconsistent("an entry was not posted")),
        Verdict::Refused(reason) => Err(posting::refusal(tx, book, reason).await?.into()),
    }
}
