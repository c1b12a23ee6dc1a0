//! The fold: (state, commands) → (rows, verdicts). It alone decides what may be posted.
//!
//! A pure function in arrival order. A refusal concerns that command alone, with all its lines; what came before stands.
//! The same fold serves every write path and every dry run, and it is the model that tests compare with.

use super::account::{AccountClass, AccountNumber};
use super::companion::{Companion, Companions};
use super::entry::{Entry, LINES_MAX, Line, Note};
use crate::money::AMOUNT_MAX;
use jiff::ToSpan;
use jiff::civil::Date;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use uuid::Uuid;

/// What an account has moved so far, and where its lines stand in the journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Sum of all debits, minor units.
    pub debits: i64,
    /// Sum of all credits, minor units.
    pub credits: i64,
    /// Position of its last line, record number << 16 | line; 0 before the first.
    pub last: i64,
    /// How many lines it has.
    pub lines: i64,
}

impl Sums {
    /// After a line at this position; none when a sum would be too large.
    fn moved(self, pos: i64, debit: i64, credit: i64) -> Option<Sums> {
        Some(Sums {
            debits: self.debits.checked_add(debit)?,
            credits: self.credits.checked_add(credit)?,
            last: pos,
            lines: self.lines + 1,
        })
    }

    /// After a line that was debited.
    pub fn debited(self, pos: i64, amount: i64) -> Option<Sums> {
        self.moved(pos, amount, 0)
    }

    /// After a line that was credited.
    pub fn credited(self, pos: i64, amount: i64) -> Option<Sums> {
        self.moved(pos, 0, amount)
    }
}

/// What the fold knows of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// What the account is for.
    pub class: AccountClass,
    /// Currency or unit; both sides of a line share it.
    pub unit: Arc<str>,
    /// Lowest balance allowed on its own side after holds, minor units: after each entry, in the order of records.
    pub floor: Option<i64>,
    /// Takes no more postings.
    pub closed: bool,
    /// Set aside by holds, minor units.
    pub held: i64,
    /// What it has moved.
    pub sums: Sums,
}

impl AccountState {
    /// The balance on its own side, minor units.
    pub fn balance(&self) -> i64 {
        i64::from(self.class.kind().side()) * (self.sums.credits - self.sums.debits)
    }

    fn keeps_its_floor(&self) -> bool {
        self.floor.is_none_or(|floor| i128::from(self.balance()) - i128::from(self.held) >= i128::from(floor))
    }
}

/// What the fold knows of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The version of the head that this state was read at.
    pub version: i64,
    /// Number of the next record.
    pub next_number: i64,
    /// Nothing may take effect on or before this day.
    pub closed_through: Date,
    /// The accounts that the commands name, if they exist.
    pub accounts: FxHashMap<AccountNumber, AccountState>,
}

/// The idempotency key of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Number of the caller whose key it is.
    pub caller: i32,
    /// `UUIDv7` as it came, or the `UUIDv8` of a digest.
    pub key: Uuid,
    /// First 8 bytes of the request's digest.
    pub request_digest: i64,
}

/// One thing to do to the book, whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The key under which its verdict is kept.
    pub key: Option<Key>,
    /// The entry to post, if any.
    pub entry: Option<Entry>,
    /// Rows that are written with it, or not at all.
    pub companions: Vec<Companion>,
}

impl Command {
    /// An entry on its own.
    pub fn post(key: Option<Key>, entry: Entry) -> Command {
        Command { key, entry: Some(entry), companions: Vec::new() }
    }

    /// How much it adds to a batch: its lines and its companions.
    pub fn size(&self) -> usize {
        self.lines().len() + self.companions.len()
    }

    /// The lines of its entry; none without one.
    pub fn lines(&self) -> &[Line] {
        self.entry.as_ref().map_or(&[], |entry| &entry.lines)
    }
}

/// Why the fold refused a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The account is not in the book.
    #[error("account {0} is not in this book")]
    UnknownAccount(AccountNumber),
    /// The account takes no more postings.
    #[error("account {0} is closed")]
    ClosedAccount(AccountNumber),
    /// The two accounts have different units.
    #[error("accounts {0} and {1} have different units")]
    UnitsDiffer(AccountNumber, AccountNumber),
    /// Money does not move that way.
    #[error("no movement of this kind leads from account {credit} to account {debit}")]
    NoSuchMovement {
        /// Account debited.
        debit: AccountNumber,
        /// Account credited.
        credit: AccountNumber,
    },
    /// A balance would fall below its floor.
    #[error("account {account} would fall {short} minor units below its floor")]
    BelowFloor {
        /// The account.
        account: AccountNumber,
        /// By how much, minor units.
        short: i64,
    },
    /// The day is in a closed period.
    #[error("{0} is in a closed period")]
    ClosedPeriod(Date),
    /// Zero, negative, or too large.
    #[error("an amount is out of bounds")]
    Amount,
    /// No lines, too many, or one with the same account on both sides.
    #[error("an entry has 1 to 1,000 lines, each between two accounts")]
    Lines,
    /// The account would have moved more, on one side, than 64 bits count.
    #[error("account {0} would have moved more than an account can count")]
    SumTooLarge(AccountNumber),
}

impl Reason {
    /// Stable number in stored refusals; 0 is kept for "not refused".
    pub fn number(self) -> i16 {
        match self {
            Reason::UnknownAccount(_) => 1,
            Reason::ClosedAccount(_) => 2,
            Reason::UnitsDiffer(..) => 3,
            Reason::NoSuchMovement { .. } => 4,
            Reason::BelowFloor { .. } => 5,
            Reason::ClosedPeriod(_) => 6,
            Reason::Amount => 7,
            Reason::Lines => 8,
            Reason::SumTooLarge(_) => 9,
        }
    }

    /// The code of a stored refusal.
    pub fn code_of(number: i16) -> &'static str {
        let nowhere = AccountNumber(0);
        let all = [
            Reason::UnknownAccount(nowhere),
            Reason::ClosedAccount(nowhere),
            Reason::UnitsDiffer(nowhere, nowhere),
            Reason::NoSuchMovement { debit: nowhere, credit: nowhere },
            Reason::BelowFloor { account: nowhere, short: 0 },
            Reason::ClosedPeriod(Date::MIN),
            Reason::Amount,
            Reason::Lines,
            Reason::SumTooLarge(nowhere),
        ];
        all.iter().find(|reason| reason.number() == number).map_or("refused", |reason| reason.code())
    }

    /// Stable code, the problem's type at the edge.
    pub fn code(self) -> &'static str {
        match self {
            Reason::UnknownAccount(_) => "unknown-account",
            Reason::ClosedAccount(_) => "closed-account",
            Reason::UnitsDiffer(..) => "units-differ",
            Reason::NoSuchMovement { .. } => "no-such-movement",
            Reason::BelowFloor { .. } => "below-floor",
            Reason::ClosedPeriod(_) => "closed-period",
            Reason::Amount => "amount-out-of-bounds",
            Reason::Lines => "lines-out-of-bounds",
            Reason::SumTooLarge(_) => "sum-too-large",
        }
    }
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the record with this number.
    Posted(i64),
    /// It had no entry: its companions are written.
    Carried,
    /// It changed nothing.
    Refused(Reason),
}

/// One row of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRow {
    /// Record number << 16 | line.
    pub pos: i64,
    /// What moved, and between which accounts.
    pub line: Line,
    /// Balance of the debited account after it, on its own side, minor units.
    pub debit_after: i64,
    /// Balance of the credited account after it, on its own side, minor units.
    pub credit_after: i64,
    /// Day on which it counts.
    pub effective: Date,
    /// Day on which it happened.
    pub occurred: Date,
    /// Digest of the entry's note; nil when there is none.
    pub note: Uuid,
}

impl TransferRow {
    /// The record number of its entry.
    pub fn number(&self) -> i64 {
        self.pos >> 16
    }
}

/// The rows that a fold has decided to write, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Journal rows.
    pub transfers: Vec<TransferRow>,
    /// Notes by record number.
    pub notes: Vec<(i64, Note)>,
    /// Keys with their verdicts.
    pub keys: Vec<(Key, Verdict)>,
    /// The accounts touched, by number.
    pub touched: Vec<Touched>,
    /// Companion rows by table.
    pub companions: Companions,
    /// What an account had moved before each move, in order, to take the batch back when it was not written.
    pub before: Vec<(AccountNumber, Sums)>,
}

/// An account that a batch has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Which account.
    pub number: AccountNumber,
    /// What it is for, by which the fold allowed its movements.
    pub class: AccountClass,
    /// Its unit, that of the accounts on the other sides too.
    pub unit: Arc<str>,
    /// What it had moved before the batch.
    pub before: Sums,
    /// And after it.
    pub after: Sums,
}

/// Decides commands in order, brings the state forward, and answers the rows to write and a verdict for each command.
///
/// ```
/// use jiff::civil::date;
/// use ledger::book::{
///     AccountClass, AccountNumber, AccountState, Command, Entry, Line, MovementKind, Reason, State, Sums, Verdict, fold,
/// };
///
/// let account = |class, floor| {
///     AccountState { class, unit: "USD".into(), floor, closed: false, held: 0, sums: Sums::default() }
/// };
/// let (bank, own) = (AccountNumber(1), AccountNumber(2));
/// let accounts = [(bank, account(AccountClass::Asset, Some(0))), (own, account(AccountClass::Equity, None))];
/// let accounts = accounts.into_iter().collect();
/// let mut state = State { version: 0, next_number: 1, closed_through: date(2026, 12, 31), accounts };
///
/// let post = |debit, credit, amount| {
///     let lines = vec![Line { kind: MovementKind::JournalEntry, debit, credit, amount }];
///     Command::post(None, Entry { lines, effective: date(2027, 1, 1), outside_fact: false, note: None })
/// };
/// // 5.00 come in, 6.00 are more than there is, and the refusal leaves what came before as it was.
/// let (batch, verdicts) = fold(&mut state, &[post(bank, own, 500), post(own, bank, 600)]);
/// let short = Reason::BelowFloor { account: bank, short: 100 };
/// assert_eq!(verdicts, [Verdict::Posted(1), Verdict::Refused(short)]);
/// assert_eq!((batch.transfers.len(), state.accounts[&bank].balance()), (1, 500));
/// ```
pub fn fold<'a>(state: &mut State, commands: impl IntoIterator<Item = &'a Command>) -> (Batch, Vec<Verdict>) {
    let commands = commands.into_iter();
    let count = commands.size_hint().0;
    let mut batch = Batch {
        transfers: Vec::with_capacity(count),
        keys: Vec::with_capacity(count),
        before: Vec::with_capacity(2 * count),
        ..Batch::default()
    };
    let mut verdicts = Vec::with_capacity(count);
    for command in commands {
        let verdict = match command.entry.as_ref().map(|entry| post(state, &mut batch, entry)) {
            None => Verdict::Carried,
            Some(Ok(number)) => Verdict::Posted(number),
            Some(Err(reason)) => Verdict::Refused(reason),
        };
        let number = match verdict {
            Verdict::Posted(number) => Some(number),
            Verdict::Carried => Some(0),
            Verdict::Refused(_) => None,
        };
        if let Some(number) = number {
            for companion in &command.companions {
                batch.companions.push(companion, number);
            }
        }
        if let Some(key) = command.key {
            batch.keys.push((key, verdict));
        }
        verdicts.push(verdict);
    }
    batch.touched = touched(state, &batch.before);
    (batch, verdicts)
}

fn post(state: &mut State, batch: &mut Batch, entry: &Entry) -> Result<i64, Reason> {
    let effective = effective_day(state.closed_through, entry)?;
    let (rows, moves) = (batch.transfers.len(), batch.before.len());
    let moved = move_balances(state, batch, entry, effective).and_then(|()| floors_hold(state, &batch.before[moves..]));
    if let Err(reason) = moved {
        put_back(state, &batch.before[moves..]);
        batch.before.truncate(moves);
        batch.transfers.truncate(rows);
        return Err(reason);
    }
    let number = state.next_number;
    state.next_number += 1;
    if let Some(note) = &entry.note {
        batch.notes.push((number, note.clone()));
    }
    Ok(number)
}

fn effective_day(closed_through: Date, entry: &Entry) -> Result<Date, Reason> {
    if entry.effective > closed_through {
        Ok(entry.effective)
    } else if entry.outside_fact {
        closed_through.checked_add(1.day()).map_err(|_| Reason::ClosedPeriod(entry.effective))
    } else {
        Err(Reason::ClosedPeriod(entry.effective))
    }
}

/// Moves the balances line by line, and adds the rows; what has moved before a refusal is in `batch.before`.
fn move_balances(state: &mut State, batch: &mut Batch, entry: &Entry, effective: Date) -> Result<(), Reason> {
    if entry.lines.is_empty() || entry.lines.len() > LINES_MAX {
        return Err(Reason::Lines);
    }
    let note = entry.note.as_ref().map_or(Uuid::nil(), Note::digest);
    for (index, line) in entry.lines.iter().enumerate() {
        if line.debit == line.credit {
            return Err(Reason::Lines);
        }
        if line.amount <= 0 || line.amount > AMOUNT_MAX {
            return Err(Reason::Amount);
        }
        let [debit, credit] = state.accounts.get_disjoint_mut([&line.debit, &line.credit]);
        let debit = open(debit, line.debit)?;
        let credit = open(credit, line.credit)?;
        if debit.unit != credit.unit {
            return Err(Reason::UnitsDiffer(line.debit, line.credit));
        }
        if !line.kind.allows(debit.class, credit.class) {
            return Err(Reason::NoSuchMovement { debit: line.debit, credit: line.credit });
        }
        let pos = state.next_number << 16 | index as i64;
        let debited = debit.sums.debited(pos, line.amount).ok_or(Reason::SumTooLarge(line.debit))?;
        let credited = credit.sums.credited(pos, line.amount).ok_or(Reason::SumTooLarge(line.credit))?;
        batch.before.push((line.debit, debit.sums));
        batch.before.push((line.credit, credit.sums));
        (debit.sums, credit.sums) = (debited, credited);
        batch.transfers.push(TransferRow {
            pos,
            line: *line,
            debit_after: debit.balance(),
            credit_after: credit.balance(),
            effective,
            occurred: entry.effective,
            note,
        });
    }
    Ok(())
}

fn open(account: Option<&mut AccountState>, number: AccountNumber) -> Result<&mut AccountState, Reason> {
    match account {
        None => Err(Reason::UnknownAccount(number)),
        Some(account) if account.closed => Err(Reason::ClosedAccount(number)),
        Some(account) => Ok(account),
    }
}

/// Floors must hold after the entry as a whole, in the order of records, whatever the days on which entries count: to follow
/// those too, each posting would have to read all days after its own. Of those that do not hold, the first account is named.
fn floors_hold(state: &State, moved: &[(AccountNumber, Sums)]) -> Result<(), Reason> {
    let broken = moved.iter().filter_map(|&(number, _)| {
        let account = state.accounts.get(&number)?;
        (!account.keeps_its_floor()).then_some((number, account))
    });
    let Some((account, short)) = broken.min_by_key(|(number, _)| *number) else { return Ok(()) };
    let short = short.floor.unwrap_or(0).saturating_sub(short.balance().saturating_sub(short.held));
    Err(Reason::BelowFloor { account, short })
}

/// Puts back what has moved, the last move first.
fn put_back(state: &mut State, moved: &[(AccountNumber, Sums)]) {
    for &(account, sums) in moved.iter().rev() {
        if let Some(account) = state.accounts.get_mut(&account) {
            account.sums = sums;
        }
    }
}

/// The accounts that a batch has moved, as they were before it and as they are now.
fn touched(state: &State, moved: &[(AccountNumber, Sums)]) -> Vec<Touched> {
    let mut first: Vec<(AccountNumber, usize)> =
        moved.iter().enumerate().map(|(index, &(number, _))| (number, index)).collect();
    first.sort_unstable();
    first.dedup_by_key(|&mut (number, _)| number);
    let now = first.into_iter().filter_map(|(number, index)| {
        let account = state.accounts.get(&number)?;
        let (class, unit) = (account.class, account.unit.clone());
        Some(Touched { number, class, unit, before: moved[index].1, after: account.sums })
    });
    now.collect()
}

/// Takes a fold back whose batch was not written.
pub fn take_back(state: &mut State, first: i64, batch: &Batch) {
    state.next_number = first;
    put_back(state, &batch.before);
}

#[cfg(test)]
mod tests;
