//! Raw journal entries through the ledger API, between accounts that no operation manages.

use super::exchange_pairs::{self, Purpose};
use super::journal_entries::{self, EntryLine, JournalEntry};
use super::mirrors;
use crate::book::legs::{self, Leg, Side, Unpaired};
use crate::book::{AccountClass, Command, Entry, Key, Line, MovementKind, Note, Reason};
use crate::books::rules::exchange::Moved;
use crate::books::rules::mirror::day_of_mirror;
use crate::engine::directory::{Directory, Found};
use crate::engine::lane::Answer;
use crate::engine::pool::Pool;
use crate::engine::posting::{self, Posted};
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::engine::store::journal::{JournalLine, StoredKey};
use crate::error::{Error, Refusal};
use crate::id::{BookId, CallerId};
use crate::money::{Unit, WrittenAmount};
use crate::movements::undo;
use crate::service::store::replies::{self, Claim, Scope};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

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
    /// The entry with its codes resolved, ready for a lane. Two exchange accounts that no entry has moved before become a pair,
    /// unless it is only tried.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a code that the book does not have, a unit that is not the account's, an amount that is none
    /// of this unit, legs that cannot be paired, or an exchange account without its partner.
    pub async fn resolve(
        &self,
        directory: &Directory,
        pool: &Pool,
        book: &Book,
        purpose: Purpose,
        wall: Timestamp,
    ) -> Result<Entry, Error> {
        let mut exchanged: Vec<Moved> = Vec::new();
        let mut find = async |pointer: String, code: &str, amount: &WrittenAmount, at: &str| {
            let found = directory.account(pool, book.id, code).await?;
            let Found { number, unit, class } =
                found.ok_or_else(|| Error::invalid(pointer, "the book has no account with this code"))?;
            if unit.code() != amount.unit {
                return Err(Error::invalid(format!("{at}/amount/currency"), format!("{code} is kept in {unit}")));
            }
            if class == AccountClass::Exchange && !exchanged.iter().any(|moved| moved.account == number) {
                exchanged.push(Moved { account: number, unit });
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
        lines
            .extend(legs::pair(MovementKind::JournalEntry, &legs).map_err(|unpaired| self.unpaired(&legs, &unpaired))?);
        let pointer = if legs.is_empty() { "/lines" } else { "/legs" };
        exchange_pairs::use_whole(pool, book.id, &exchanged, purpose, pointer).await?;
        Ok(Entry {
            lines,
            effective: self.effective.unwrap_or_else(|| book.today(wall)),
            outside_fact: false,
            note: (!self.memo.is_empty() || !self.reference.is_empty())
                .then(|| Note::new(self.memo.as_str(), &self.reference)),
        })
    }

    /// Why its legs cannot be paired, in the words of whoever wrote them.
    fn unpaired(&self, legs: &[Leg], why: &Unpaired) -> Error {
        let message = match *why {
            Unpaired::Unbalanced { unit, debits, credits } => {
                format!("{unit}: debits {}, credits {}", unit.format(debits), unit.format(credits))
            }
            Unpaired::MeetsItself(account) => {
                let place = legs.iter().position(|leg| leg.account == account);
                let code =
                    place.and_then(|place| self.legs.get(place)).map_or("an account", |leg| leg.account.as_str());
                format!("{code} stands on both sides with more than the other accounts can take or give")
            }
        };
        Error::invalid("/legs", message)
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

/// What became of an entry of a batch that is posted as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchPosted {
    /// Record number of the entry.
    pub number: i64,
    /// Whether its key was known: it had been posted before.
    pub replayed: bool,
}

/// Posts several raw entries, all of them or none, each under its own key. Those whose keys are known with the same entry
/// were posted before, and are not posted again.
///
/// # Errors
///
/// The first refusal, with its place in the batch, also one that an entry got when its key first came; [`Error::Invalid`]
/// at `/entries/…/key` for a key that came with something else, or twice in the batch; [`Error::StillRunning`] for one
/// whose first request has just come. Nothing is written then.
pub async fn post_all(
    tx: &Transaction<'_>,
    book: &Book,
    entries: Vec<(Key, Entry)>,
    wall: Timestamp,
) -> Result<Vec<BatchPosted>, Error> {
    let keys: Vec<Key> = entries.iter().map(|(key, _)| *key).collect();
    let mut seen = HashSet::new();
    if let Some(place) = keys.iter().position(|key| !seen.insert(key.key)) {
        return Err(Error::invalid(format!("/entries/{place}/key"), "stands in the batch twice"));
    }
    // Whoever posts has the lock of the head, so that a key that is not known now stays so.
    journal::lock(tx, book.id).await?;
    let known: HashMap<Uuid, StoredKey> =
        journal::keys(tx, book.id, &keys).await?.into_iter().map(|stored| (stored.key.key, stored)).collect();
    let mut all = Vec::with_capacity(entries.len());
    let (mut places, mut commands) = (Vec::new(), Vec::new());
    for (place, (key, entry)) in entries.into_iter().enumerate() {
        match known.get(&key.key) {
            Some(stored) => {
                all.push(BatchPosted { number: before(tx, book, place, &key, stored).await?, replayed: true });
            }
            None => {
                all.push(BatchPosted { number: 0, replayed: false });
                places.push(place);
                commands.push(Command::post(Some(key), entry));
            }
        }
    }
    if commands.is_empty() {
        return Ok(all);
    }
    let posted = posting::post_all_or_name(tx, book, &commands, wall).await.map_err(key_came_just_now)?;
    let posted = posted.map_err(|(at, refusal)| posting::refused_in_batch(places[at], &refusal))?;
    for (place, posted) in places.into_iter().zip(posted) {
        all[place].number = posted.number;
    }
    Ok(all)
}

/// The number of an entry whose key is known.
async fn before(tx: &Transaction<'_>, book: &Book, place: usize, key: &Key, stored: &StoredKey) -> Result<i64, Error> {
    let is_same = stored.key.request_digest == key.request_digest;
    if is_same && stored.number > 0 {
        return Ok(stored.number);
    }
    if !is_same || stored.refusal == 0 {
        return Err(Error::invalid(format!("/entries/{place}/key"), "came with another request before"));
    }
    let claim = Claim {
        scope: Scope::Book(book.id),
        caller: CallerId(key.caller),
        key: key.key,
        request_digest: key.request_digest,
    };
    let words = replies::find(tx, &claim).await?.and_then(|stored| stored.answer);
    let detail = words.as_ref().and_then(|(_, body)| body["detail"].as_str());
    let detail = detail.unwrap_or("the book refused it when it first came");
    let refusal = Refusal::new(Reason::code_of(stored.refusal), detail);
    Err(posting::refused_in_batch(place, &refusal).into())
}

/// A request that refuses or posts nothing keeps its key without the lock of the head.
fn key_came_just_now(error: Error) -> Error {
    let is_taken = matches!(&error, Error::Database(cause) if cause.code() == Some(&SqlState::UNIQUE_VIOLATION));
    if is_taken { Error::StillRunning } else { error }
}

/// Reverses a raw entry: its exact mirror, linked, once.
///
/// The mirror counts on the day of the entry while that day is open, else on the book's own day or the first open one: never
/// before the entry. The caller may choose another day, from that of the entry to the later of it and the book's own.
///
/// # Errors
///
/// `not-reversible` for the entry of an operation; `already-reversed`; what [`posting::post`] refuses, such as
/// `below-floor`; [`Error::Invalid`] at `/effective` for a day before the entry, or too far ahead; [`Error::NotFound`] for
/// an unknown entry.
pub async fn reverse(
    tx: &Transaction<'_>,
    book: &Book,
    number: i64,
    effective: Option<Date>,
    reason: &str,
    wall: Timestamp,
) -> Result<Posted, Error> {
    let rows = match number {
        // Positions are numbers shifted by 16: larger numbers do not exist.
        1..0x4000_0000_0000 => journal::transfers(tx, book.id, number).await?,
        _ => Vec::new(),
    };
    let Some(&(_, original)) = rows.first() else { return Err(Error::NotFound("journal entry")) };
    if let Some((line, _)) = rows.iter().find(|(line, _)| line.kind != MovementKind::JournalEntry) {
        let (kind, advice) = (line.kind.as_str(), undo::advice(line.kind));
        let detail = format!("entry {number} is of an operation ({kind}): {advice}");
        return Err(Refusal::new("not-reversible", detail).into());
    }
    let today = book.today(wall);
    let (first, last) = (original, original.max(today));
    if let Some(asked) = effective.filter(|asked| !(first..=last).contains(asked)) {
        return Err(Error::invalid("/effective", format!("{asked} is not between {first} and {last}")));
    }
    let closed_through = journal::lock(tx, book.id).await?.closed_through;
    let mirror = |(line, _): &(Line, Date)| Line {
        kind: MovementKind::Reversal,
        debit: line.credit,
        credit: line.debit,
        amount: line.amount,
    };
    let entry = Entry {
        lines: rows.iter().rev().map(mirror).collect(),
        effective: effective.unwrap_or_else(|| day_of_mirror(original, closed_through, today)),
        outside_fact: false,
        note: Some(Note::new(reason, format!("reverses {number}"))),
    };
    mirrors::post(tx, book, number, entry, wall).await
}

/// The entry that a raw one would become, its balances included, or why it would be refused. It is posted for that: the caller
/// rolls back, so that nothing is written.
///
/// # Errors
///
/// Those of [`posting::post`].
pub async fn try_out(tx: &Transaction<'_>, book: &Book, entry: Entry, wall: Timestamp) -> Result<JournalEntry, Error> {
    let tried = posting::post(tx, book, entry, wall).await?;
    journal_entries::journal_entry(tx, book, tried.number).await
}
