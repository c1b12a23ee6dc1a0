//! Raw journal entries through the ledger API, between accounts that no operation manages.

use super::journal_entries::{EntryLine, JournalEntry};
use crate::book::legs::{self, Leg, Side};
use crate::book::{AccountNumber, Command, Entry, Key, Line, MovementKind, Note, Verdict};
use crate::books::store::reversals;
use crate::engine::lane::Answer;
use crate::engine::posting::{self, Posted};
use crate::engine::store::books::Book;
use crate::engine::store::journal::JournalLine;
use crate::engine::store::{accounts, journal};
use crate::error::{Error, Refusal};
use crate::id::BookId;
use crate::money::{Unit, WrittenAmount};
use deadpool_postgres::{Pool, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

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

/// An account by its number, and its unit.
type Found = (AccountNumber, Unit);

/// The accounts of raw entries by their codes, kept in memory: a code's account never changes.
#[derive(Debug, Default)]
pub struct Directory {
    known: RwLock<HashMap<(BookId, String), Found>>,
}

/// The most codes that a directory remembers; past that it starts anew.
const CODES_MAX: usize = 200_000;

impl Directory {
    /// A raw entry with its codes resolved, ready for a lane. It takes a connection only for a code that it does not know.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a code that the book does not have, a unit that is not the account's, or an amount that is none
    /// of this unit.
    pub async fn resolve(&self, pool: &Pool, book: &Book, asked: &RawEntry, wall: Timestamp) -> Result<Entry, Error> {
        let mut lines = Vec::with_capacity(asked.lines.len());
        for (index, line) in asked.lines.iter().enumerate() {
            let at = format!("/lines/{index}");
            let (debit, _) = self.find(pool, book, &format!("{at}/debit"), &line.debit, &line.amount, &at).await?;
            let (credit, unit) =
                self.find(pool, book, &format!("{at}/credit"), &line.credit, &line.amount, &at).await?;
            let amount = minor(unit, &line.amount, &at)?;
            lines.push(Line { kind: MovementKind::JournalEntry, debit, credit, amount });
        }
        let mut legs = Vec::with_capacity(asked.legs.len());
        for (index, leg) in asked.legs.iter().enumerate() {
            let at = format!("/legs/{index}");
            let pointer = format!("{at}/account");
            let (account, unit) = self.find(pool, book, &pointer, &leg.account, &leg.amount, &at).await?;
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
            effective: asked.effective.unwrap_or_else(|| book.today(wall)),
            outside_fact: false,
            note: (!asked.memo.is_empty() || !asked.reference.is_empty())
                .then(|| Note::new(asked.memo.as_str(), &asked.reference)),
        })
    }

    /// What a lane has posted of a raw entry, as the journal will show it; none when its codes are forgotten by now.
    pub fn posted(&self, book: BookId, asked: &RawEntry, answer: &Answer) -> Option<JournalEntry> {
        let codes = asked.lines.iter().flat_map(|line| [&line.debit, &line.credit]);
        let codes = codes.chain(asked.legs.iter().map(|leg| &leg.account));
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let by_number: HashMap<AccountNumber, (&String, Unit)> = codes
            .filter_map(|code| known.get(&(book, code.clone())).map(|(number, unit)| (*number, (code, *unit))))
            .collect();
        let lines = answer.rows.iter().map(|row| {
            let ((debit, unit), (credit, _)) = (by_number.get(&row.line.debit)?, by_number.get(&row.line.credit)?);
            let line = JournalLine {
                number: row.number(),
                line: row.pos & 0xffff,
                kind: row.line.kind,
                debit: debit.to_string(),
                credit: credit.to_string(),
                unit: row.unit.to_string(),
                amount: row.line.amount,
                debit_after: row.debit_after,
                credit_after: row.credit_after,
                effective: row.effective,
                occurred: row.occurred,
                recorded_at: answer.recorded_at,
                memo: asked.memo.clone(),
                reference: asked.reference.clone(),
                erased: false,
            };
            Some(EntryLine { line, unit: *unit })
        });
        let lines: Vec<EntryLine> = lines.collect::<Option<_>>()?;
        Some(JournalEntry { number: lines.first()?.line.number, lines })
    }

    /// The account of a code, which must be kept in the unit of an amount.
    async fn find(
        &self,
        pool: &Pool,
        book: &Book,
        pointer: &str,
        code: &str,
        amount: &WrittenAmount,
        at: &str,
    ) -> Result<Found, Error> {
        let found = self.account(pool, book.id, code).await?;
        let (number, unit) =
            found.ok_or_else(|| Error::invalid(pointer.to_owned(), "the book has no account with this code"))?;
        if unit.code() != amount.unit {
            return Err(Error::invalid(format!("{at}/amount/currency"), format!("{code} is kept in {unit}")));
        }
        Ok((number, unit))
    }

    async fn account(&self, pool: &Pool, book: BookId, code: &str) -> Result<Option<Found>, Error> {
        let key = (book, code.to_owned());
        if let Some(found) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(*found));
        }
        let Some(account) = accounts::find(&pool.get().await?, book, code).await? else { return Ok(None) };
        let found = (account.number, account.unit);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CODES_MAX {
            known.clear();
        }
        known.insert(key, found);
        Ok(Some(found))
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
