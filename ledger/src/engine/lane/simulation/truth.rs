//! What is true in the simulated database, kept by rules written a second time, as plainly as possible.

use crate::Error;
use crate::book::{AccountClass, AccountNumber, Batch, Entry, Key, Line, Sums, Verdict};
use crate::engine::lane::journal::Trouble;
use crate::engine::store::accounts;
use crate::engine::store::journal::{Head, Moved, StoredKey};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use uuid::Uuid;

/// A key as the database tells keys apart.
pub(super) type Name = (i32, Uuid);

/// An account: all are assets, so that debits raise them.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) unit: &'static str,
    pub(super) floor: Option<i64>,
    pub(super) closed: bool,
    pub(super) sums: Sums,
}

/// Every how many lines of an account one is marked; the real database does so more rarely.
const MARK_EVERY: i64 = 4;

/// A row of the journal as far as its chains are concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    debit: AccountNumber,
    credit: AccountNumber,
    debit_prev: i64,
    credit_prev: i64,
    recorded_at: Timestamp,
}

/// A record of the journal.
#[derive(Debug, Clone)]
pub(super) enum Record {
    /// An entry, and whose it is; that of another process has no key.
    Entry { key: Option<Name>, lines: Rc<[Line]> },
    /// A floor from now on.
    Floor { account: AccountNumber, floor: i64 },
    /// What else a log record changes.
    Other,
}

/// The committed state of the simulated database; record n is at index n - 1.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    pub(super) version: i64,
    pub(super) closed_through: Date,
    pub(super) accounts: BTreeMap<AccountNumber, Account>,
    pub(super) records: Vec<Record>,
    /// When the last record was recorded.
    pub(super) recorded_at: Timestamp,
    /// The journal by position.
    pub(super) rows: BTreeMap<i64, Row>,
    /// The marked lines of accounts: which line of the account each is.
    pub(super) marks: BTreeMap<(AccountNumber, i64), i64>,
    pub(super) keys: BTreeMap<Name, (StoredKey, &'static str)>,
}

/// What callers have asked for under each key: more than one thing when a key is used again for another request.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) entries: BTreeMap<(Name, i64), Entry>,
    /// Keys whose rows the database refuses, as if the fold had let something wrong through.
    pub(super) poisoned: BTreeSet<Name>,
}

pub(super) fn name(key: &Key) -> Name {
    (key.caller, key.key)
}

impl Account {
    pub(super) fn new(unit: &'static str, floor: Option<i64>) -> Account {
        Account { unit, floor, closed: false, sums: Sums::default() }
    }

    pub(super) fn balance(&self) -> i64 {
        self.sums.debits - self.sums.credits
    }
}

impl Truth {
    pub(super) fn head(&self) -> Head {
        let next_number = self.records.len() as i64 + 1;
        let (closed_through, recorded_at) = (self.closed_through, self.recorded_at);
        Head { version: self.version, next_number, closed_through, recorded_at }
    }

    pub(super) fn stored(&self, asked: &[Key]) -> Vec<StoredKey> {
        asked.iter().filter_map(|key| self.keys.get(&name(key)).map(|(stored, _)| *stored)).collect()
    }

    pub(super) fn read(&self, numbers: &[AccountNumber]) -> Vec<accounts::Account> {
        let found = numbers.iter().filter_map(|number| Some((*number, self.accounts.get(number)?)));
        let read = found.map(|(number, account)| accounts::Account {
            number,
            code: format!("assets:{number}"),
            class: AccountClass::Asset,
            unit: account.unit.parse::<crate::money::Currency>().unwrap().into(),
            floor: account.floor,
            sums: account.sums,
            held: 0,
            opened_at: Timestamp::UNIX_EPOCH,
            closed: account.closed,
        });
        read.collect()
    }

    pub(super) fn moved_since(&self, number: i64) -> Option<Vec<Moved>> {
        let mut moved = Vec::new();
        for (number, record) in (number..).zip(&self.records[usize::try_from(number - 1).unwrap()..]) {
            match record {
                Record::Entry { lines, .. } => {
                    let posted = (number << 16..).zip(lines.iter());
                    moved.extend(posted.map(|(pos, line)| {
                        let Line { debit, credit, amount, .. } = *line;
                        Moved { pos, debit, credit, amount }
                    }));
                }
                Record::Floor { .. } | Record::Other => return None,
            }
        }
        Some(moved)
    }

    /// Decides one entry: its record number, or the code of a refusal.
    pub(super) fn post(&mut self, entry: &Entry, key: Option<Name>, at: Timestamp) -> Result<i64, &'static str> {
        if entry.effective <= self.closed_through && !entry.outside_fact {
            return Err("closed-period");
        }
        let mut after = self.accounts.clone();
        for line in &entry.lines {
            if line.debit == line.credit {
                return Err("lines-out-of-bounds");
            }
            for number in [line.debit, line.credit] {
                if after.get(&number).ok_or("unknown-account")?.closed {
                    return Err("closed-account");
                }
            }
            if after[&line.debit].unit != after[&line.credit].unit {
                return Err("units-differ");
            }
            after.get_mut(&line.debit).unwrap().sums.debits += line.amount;
            after.get_mut(&line.credit).unwrap().sums.credits += line.amount;
        }
        let broken = |number| after[&number].floor.is_some_and(|floor| after[&number].balance() < floor);
        if entry.lines.iter().any(|line| broken(line.debit) || broken(line.credit)) {
            return Err("below-floor");
        }
        self.accounts = after;
        self.records.push(Record::Entry { key, lines: entry.lines.as_slice().into() });
        self.recorded_at = at;
        let number = self.records.len() as i64;
        for (pos, line) in (number << 16..).zip(&entry.lines) {
            let Line { debit, credit, .. } = *line;
            let (debit_prev, credit_prev) = (self.chain(debit, pos), self.chain(credit, pos));
            self.rows.insert(pos, Row { debit, credit, debit_prev, credit_prev, recorded_at: at });
        }
        Ok(number)
    }

    /// Puts a line at the end of an account's chain, and answers the one before it.
    fn chain(&mut self, number: AccountNumber, pos: i64) -> i64 {
        let sums = &mut self.accounts.get_mut(&number).unwrap().sums;
        let before = std::mem::replace(&mut sums.last, pos);
        sums.lines += 1;
        if sums.lines % MARK_EVERY == 0 {
            self.marks.insert((number, pos), sums.lines);
        }
        before
    }

    /// The marks of a batch, and nothing else of it.
    pub(super) fn mark(&mut self, batch: &Batch) {
        let mut lost = self.clone();
        for row in &batch.transfers {
            lost.chain(row.line.debit, row.pos);
            lost.chain(row.line.credit, row.pos);
        }
        self.marks = lost.marks;
    }

    /// A record besides entries.
    pub(super) fn note(&mut self, record: Record) {
        self.records.push(record);
        self.version += 1;
    }

    /// Takes a folded batch as `journal_post` does; none when the head has moved on. What the fold decided must be what
    /// is decided here, or `Err` of the outer result says what differs.
    pub(super) fn take(
        &self,
        asked: &Asked,
        head: &Head,
        next_number: i64,
        batch: &Batch,
        at: Timestamp,
    ) -> Result<Result<Option<Truth>, Trouble>, String> {
        if head.version != self.version {
            return Ok(Ok(None));
        }
        if (Head { recorded_at: self.recorded_at, ..*head }) != self.head() {
            return Err(format!("version {} stands for {head:?} and for {:?}", head.version, self.head()));
        }
        if batch.keys.iter().any(|(key, _)| self.keys.contains_key(&name(key))) {
            return Ok(Err(Trouble::KnownKey));
        }
        if batch.keys.iter().any(|(key, _)| asked.poisoned.contains(&name(key))) {
            return Ok(Err(Trouble::Refused(Error::inconsistent("poison"))));
        }
        self.decide(asked, next_number, batch, at).map(|after| Ok(Some(after)))
    }

    /// Takes a batch, whatever its head says.
    pub(super) fn decide(
        &self,
        asked: &Asked,
        next_number: i64,
        batch: &Batch,
        at: Timestamp,
    ) -> Result<Truth, String> {
        if at < self.recorded_at {
            return Err(format!("a batch is recorded {at}, after one of {}", self.recorded_at));
        }
        let mut after = self.clone();
        after.version += 1;
        let mut rows = Vec::new();
        for (key, verdict) in &batch.keys {
            let entry = asked.entries.get(&(name(key), key.request_digest)).ok_or("nobody asked for this")?;
            let before = after.accounts.clone();
            let decided = after.post(entry, Some(name(key)), at);
            let (number, refusal, code) = match (verdict, decided) {
                (Verdict::Posted(number), Ok(right)) if *number == right => (right, 0, ""),
                (Verdict::Refused(reason), Err(code)) if reason.code() == code => (0, reason.number(), code),
                (verdict, decided) => return Err(format!("the fold says {verdict:?}, the model {decided:?}")),
            };
            if refusal == 0 {
                rows.extend(rows_of(before, after.closed_through, number, entry));
            }
            after.keys.insert(name(key), (StoredKey { key: *key, number, refusal }, code));
        }
        let written: Vec<_> = batch
            .transfers
            .iter()
            .map(|row| (row.pos, row.line.debit, row.line.credit, row.debit_after, row.credit_after, row.effective))
            .collect();
        if written != rows {
            return Err(format!("the fold writes {written:?}, the model {rows:?}"));
        }
        if next_number != after.head().next_number {
            return Err(format!("the fold goes on with {next_number}, the model with {}", after.head().next_number));
        }
        for touched in &batch.touched {
            let sums = |truth: &Truth| truth.accounts[&touched.number].sums;
            if (touched.before, touched.after) != (sums(self), sums(&after)) {
                let (before, now) = (sums(self), sums(&after));
                return Err(format!("the fold moves {touched:?}, the model leads from {before:?} to {now:?}"));
            }
        }
        Ok(after)
    }

    /// Replays the journal from nothing: what differs from the balances, and every floor that was broken on the way.
    pub(super) fn replay(&self, opening_floors: &BTreeMap<AccountNumber, Option<i64>>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut sums: BTreeMap<AccountNumber, (i64, i64)> = BTreeMap::new();
        let mut floors = opening_floors.clone();
        for (index, record) in self.records.iter().enumerate() {
            match record {
                Record::Other => {}
                Record::Floor { account, floor } => {
                    floors.insert(*account, Some(*floor));
                }
                Record::Entry { lines, .. } => {
                    for line in lines.iter() {
                        sums.entry(line.debit).or_default().0 += line.amount;
                        sums.entry(line.credit).or_default().1 += line.amount;
                    }
                    for number in lines.iter().flat_map(|line| [line.debit, line.credit]) {
                        let (debits, credits) = sums[&number];
                        if floors.get(&number).copied().flatten().is_some_and(|floor| debits - credits < floor) {
                            wrong.push(format!("record {} breaks the floor of account {number}", index + 1));
                        }
                    }
                }
            }
        }
        for (number, account) in &self.accounts {
            let replayed = sums.get(number).copied().unwrap_or_default();
            if replayed != (account.sums.debits, account.sums.credits) {
                wrong.push(format!("account {number} holds {account:?}, its transfers say {replayed:?}"));
            }
            wrong.extend(self.walk(*number, account.sums));
        }
        let moments: Vec<Timestamp> = self.rows.values().map(|row| row.recorded_at).collect();
        if !moments.is_sorted() {
            wrong.push("a row is recorded before the one before it".into());
        }
        let marked: usize = self.accounts.values().map(|account| (account.sums.lines / MARK_EVERY) as usize).sum();
        if marked != self.marks.len() {
            wrong.push(format!("{} lines are marked, of {marked}", self.marks.len()));
        }
        wrong
    }

    /// Walks an account's chain back from its last line: what is wrong with it, or with the marks that it passes.
    fn walk(&self, number: AccountNumber, sums: Sums) -> Option<String> {
        let own = |row: &Row| [row.debit, row.credit].contains(&number);
        let lines: Vec<i64> = self.rows.iter().filter(|(_, row)| own(row)).map(|(pos, _)| *pos).collect();
        let mut pos = sums.last;
        for line in (1..=lines.len()).rev() {
            let row = self.rows.get(&pos).filter(|_| lines[line - 1] == pos);
            let Some(row) = row else { return Some(format!("line {line} of account {number} is not at {pos}")) };
            let mark = self.marks.get(&(number, pos)).copied();
            if mark != (line as i64 % MARK_EVERY == 0).then_some(line as i64) {
                return Some(format!("line {line} of account {number} is marked {mark:?}"));
            }
            pos = if row.debit == number { row.debit_prev } else { row.credit_prev };
        }
        let ended = pos == 0 && sums.lines == lines.len() as i64;
        (!ended).then(|| format!("account {number} has {sums:?}, its chain of {} ends at {pos}", lines.len()))
    }
}

/// A row of the journal: position, account debited, account credited, both balances after it, effective day.
type Written = (i64, AccountNumber, AccountNumber, i64, i64, Date);

/// The journal's rows of an entry, from the accounts before it.
fn rows_of(mut before: BTreeMap<AccountNumber, Account>, closed: Date, number: i64, entry: &Entry) -> Vec<Written> {
    let rows = entry.lines.iter().enumerate().map(|(index, line)| {
        before.get_mut(&line.debit).unwrap().sums.debits += line.amount;
        before.get_mut(&line.credit).unwrap().sums.credits += line.amount;
        let pos = number * 65_536 + index as i64;
        let (debit, credit) = (before[&line.debit].balance(), before[&line.credit].balance());
        (pos, line.debit, line.credit, debit, credit, entry.effective.max(closed.saturating_add(1.day())))
    });
    rows.collect()
}
