//! A book as people from outside see it: what people paid as sums over five givers, the accounts that tell of single ones together, and
//! all else line by line.

use super::{ACCOUNTS_MAX, ReportLine, not_cut, totals};
use crate::book::{AccountClass, AccountNumber, MovementKind};
use crate::engine::store::accounts::{self, Account};
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::BookId;
use crate::money::Unit;
use crate::reports::rules::outside::{TELLING, has_statement, is_of_one_giver, is_seen_alone};
use crate::reports::rules::sums::{self, Moved, Sight, Statement};
use crate::reports::store::account_totals::Wanted;
use crate::reports::store::shown_lines::{self, Transfer};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The most lines that are read for one answer.
const LINES_MAX: i64 = 200_000;

/// Whether people from outside see sums of a book only: it has payments of people, or accounts of theirs.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn is_in_sums(client: &impl GenericClient, book: &Book) -> Result<bool, Error> {
    accounts::any_of(client, book.id, TELLING).await
}

/// What is shown of an account.
#[derive(Debug, Clone)]
pub struct OutsideStatement {
    /// The account.
    pub account: Account,
    /// Its lines and its balance.
    pub statement: Statement,
}

/// The statement of the account with a code, for people from outside.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown account, and for one that tells of single payments; `report-too-large` for one that moved more often
/// than is read at once.
pub async fn outside_statement(
    client: &impl GenericClient,
    book: &Book,
    code: &str,
) -> Result<OutsideStatement, Error> {
    let account = accounts::find(client, book.id, code).await?.filter(|account| has_statement(account.class));
    let account = account.ok_or(Error::NotFound("account"))?;
    let lines = shown_lines::of_account(client, book.id, account.number, LINES_MAX + 1).await?;
    let lines = not_too_many(lines)?;
    let givers = givers(client, book.id, &lines).await?;
    let moved: Vec<Moved> = lines.iter().filter_map(|line| moved(line, account.number, &givers)).collect();
    Ok(OutsideStatement { statement: sums::statement(&moved), account })
}

/// What is shown of all accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideBalances {
    /// The last record that counts.
    pub through: i64,
    /// Accounts with a statement that have a balance, by code; its own side is that of its class.
    pub accounts: Vec<ReportLine>,
    /// What all others have together, by currency or unit: debits less credits, minor units.
    pub others: BTreeMap<Unit, i128>,
    /// Whether payments wait for more givers.
    pub is_waiting: bool,
}

/// The balances of a book as of the end of a day, or now, for people from outside: payments count once their sum is whole.
///
/// # Errors
///
/// `report-too-large` when there are more accounts or payments than are read at once.
pub async fn outside_balances(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
) -> Result<OutsideBalances, Error> {
    let through = journal::last_number(client, book.id).await?;
    let classes: Vec<AccountClass> = AccountClass::ALL.iter().copied().filter(|class| has_statement(*class)).collect();
    let wanted = Wanted { classes: &classes, even: true, after: "", under: "", limit: ACCOUNTS_MAX + 1 };
    let accounts = not_cut(totals(client, book, as_of, through, wanted).await?)?;
    let (shift, is_waiting) = payments(client, book, as_of, through).await?;
    let mut shown = Vec::new();
    let mut others: BTreeMap<Unit, i128> = BTreeMap::new();
    for account in accounts {
        let balance = account.balance() + shift.get(&account.number).copied().unwrap_or_default();
        if balance == 0 {
            continue;
        }
        // The other accounts have the other side of every line that counts.
        *others.entry(account.unit).or_default() += i128::from(account.class.kind().side()) * i128::from(balance);
        shown.push(ReportLine { code: account.code, class: account.class, unit: account.unit, balance });
    }
    others.retain(|_, minor| *minor != 0);
    Ok(OutsideBalances { through, accounts: shown, others, is_waiting })
}

/// By how much what is shown of an account is more than what it has, and whether anything waits.
async fn payments(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
    through: i64,
) -> Result<(HashMap<AccountNumber, i64>, bool), Error> {
    let of = AccountClass::OF_PERSONS;
    let lines = shown_lines::of_kinds(client, book.id, &kinds_in_sums(), of, (0, through), LINES_MAX + 1).await?;
    let lines = not_too_many(lines)?;
    let givers = givers(client, book.id, &lines).await?;
    let mut by_account: BTreeMap<AccountNumber, Vec<Moved>> = BTreeMap::new();
    for line in &lines {
        for (account, class) in [line.debit, line.credit] {
            let moved = moved(line, account, &givers).filter(|_| has_statement(class));
            by_account.entry(account).or_default().extend(moved);
        }
    }
    let counts = |day: Date| as_of.is_none_or(|as_of| day <= as_of);
    let mut shift = HashMap::new();
    let mut is_waiting = false;
    for (account, moved) in by_account {
        let is = sums::statement(&moved);
        let shown: i64 = is.lines.iter().filter(|line| counts(line.day)).map(|line| line.minor).sum();
        let had: i64 = moved.iter().filter(|line| counts(line.day)).map(|line| line.minor).sum();
        is_waiting |= is.is_waiting;
        shift.insert(account, shown - had);
    }
    Ok((shift, is_waiting))
}

/// Of these entries, those that people from outside may read whole.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn open_entries(client: &impl GenericClient, book: &Book, numbers: &[i64]) -> Result<HashSet<i64>, Error> {
    let mut open: HashSet<i64> = HashSet::new();
    let mut closed: HashSet<i64> = HashSet::new();
    for line in shown_lines::of_entries(client, book.id, numbers).await? {
        let is_open = is_seen_alone(line.kind, line.debit.1, line.credit.1);
        if is_open { &mut open } else { &mut closed }.insert(line.pos >> 16);
    }
    open.retain(|number| !closed.contains(number));
    Ok(open)
}

/// The kinds of movements that are seen in sums only.
pub(super) fn kinds_in_sums() -> Vec<MovementKind> {
    MovementKind::ALL.iter().copied().filter(|kind| is_of_one_giver(*kind)).collect()
}

/// Of whom the entries of these lines are, as far as it is known.
pub(super) async fn givers(
    client: &impl GenericClient,
    book: BookId,
    lines: &[Transfer],
) -> Result<HashMap<i64, Uuid>, Error> {
    let is_open = |line: &&Transfer| is_seen_alone(line.kind, line.debit.1, line.credit.1);
    let mut numbers: Vec<i64> = lines.iter().filter(|line| !is_open(line)).map(|line| line.pos >> 16).collect();
    numbers.dedup();
    let mut givers = shown_lines::givers(client, book, &numbers).await?;
    let counts =
        |line: &&Transfer| matches!(line.kind, MovementKind::PledgeCommitted | MovementKind::CommitmentDropped);
    let mut promises: Vec<i64> = lines.iter().filter(counts).map(|line| line.pos >> 16).collect();
    promises.retain(|number| !givers.contains_key(number));
    promises.dedup();
    givers.extend(shown_lines::promisers(client, book, &promises).await?);
    Ok(givers)
}

/// A line as one of its accounts has it; none when the account is not in it.
pub(super) fn moved(line: &Transfer, account: AccountNumber, givers: &HashMap<i64, Uuid>) -> Option<Moved> {
    let (class, other, sign) = match (line.debit, line.credit) {
        ((debit, class), (credit, _)) if debit == account => (class, credit, -1),
        ((debit, _), (credit, class)) if credit == account => (class, debit, 1),
        _ => return None,
    };
    let sight = if is_seen_alone(line.kind, line.debit.1, line.credit.1) {
        Sight::Alone
    } else {
        Sight::InSum(givers.get(&(line.pos >> 16)).copied())
    };
    let minor = sign * i64::from(class.kind().side()) * line.amount;
    Some(Moved { pos: line.pos, other, kind: line.kind, day: line.effective, minor, sight })
}

fn not_too_many(lines: Vec<Transfer>) -> Result<Vec<Transfer>, Error> {
    if i64::try_from(lines.len()).is_ok_and(|lines| lines <= LINES_MAX) {
        return Ok(lines);
    }
    Err(Refusal::new("report-too-large", format!("more than {LINES_MAX} lines")).into())
}
