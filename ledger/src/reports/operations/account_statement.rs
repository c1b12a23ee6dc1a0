//! An account's statement: opening balance, lines with the running balance, closing balance.

use super::{FIRST_DAY, LAST_DAY};
use crate::engine::store::accounts::{self, Account};
use crate::engine::store::books::Book;
use crate::engine::store::{balances, journal};
use crate::error::Error;
use crate::reports::store::account_statements::{self, AccountLine};
use deadpool_postgres::GenericClient;
use jiff::ToSpan;
use jiff::civil::Date;

/// Which lines, by the days on which they count.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatementSpan {
    /// From this day on.
    pub from: Option<Date>,
    /// Until and with this day.
    pub to: Option<Date>,
}

/// Where the page before ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Resume {
    /// Position of its last line.
    pub pos: i64,
    /// Balance after that line, minor units.
    pub balance: i64,
}

/// A page of a statement. Balances are on the account's own side, in minor units.
#[derive(Debug, Clone)]
pub struct AccountStatement {
    /// The account as it is now.
    pub account: Account,
    /// Balance before the first line of this page.
    pub opening: i64,
    /// The lines of this page, in the order of the book.
    pub lines: Vec<StatementLine>,
    /// Balance after the last line of this page.
    pub closing: i64,
    /// Where the next page goes on; none on the last.
    pub next: Option<Resume>,
}

/// A line, and the balance after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// What moved on the account.
    pub line: AccountLine,
    /// Balance after it, minor units.
    pub balance: i64,
}

/// A page of the statement of the account with a code, at most `limit` lines.
///
/// The running balance counts the lines of the span in the order in which they were recorded. Without a span that is what
/// the journal holds; with one, the opening balance is that of the day before.
///
/// # Errors
///
/// [`Error::Invalid`] at `/to` when it comes before `from`, or at `/limit`; [`Error::NotFound`] for an unknown account.
pub async fn account_statement(
    client: &impl GenericClient,
    book: &Book,
    code: &str,
    span: StatementSpan,
    resume: Option<Resume>,
    limit: usize,
) -> Result<AccountStatement, Error> {
    let account = accounts::find(client, book.id, code).await?.ok_or(Error::NotFound("account"))?;
    if let (Some(from), Some(to)) = (span.from, span.to)
        && to < from
    {
        return Err(Error::invalid("/to", "must not come before from"));
    }
    let side = i64::from(account.class.kind().side());
    // Before the lines: what is recorded between the two statements is at worst in neither.
    let (after, opening) = match (resume, span.from) {
        (Some(resume), _) => (resume.pos, resume.balance),
        (None, Some(from)) => (0, before(client, book, &account, from).await?),
        (None, None) => (0, 0),
    };
    let days = (span.from.unwrap_or(FIRST_DAY), span.to.unwrap_or(LAST_DAY));
    let fetch = i64::try_from(limit).map_err(|_| Error::invalid("/limit", "too large"))?.saturating_add(1);
    let mut rows = account_statements::lines(client, book.id, account.number, after, days, fetch).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let mut closing = opening;
    let mut lines = Vec::with_capacity(rows.len());
    for line in rows {
        let moved = if line.debited { -side * line.amount } else { side * line.amount };
        super::add(&mut closing, moved)?;
        lines.push(StatementLine { line, balance: closing });
    }
    let last = lines.last().filter(|_| more);
    let next = last.map(|last| Resume { pos: last.line.pos, balance: last.balance });
    Ok(AccountStatement { account, opening, lines, closing, next })
}

/// The balance at the end of the day before.
async fn before(client: &impl GenericClient, book: &Book, account: &Account, day: Date) -> Result<i64, Error> {
    let through = journal::last_number(client, book.id).await?;
    balances::as_of(client, book.id, account.number, day.saturating_sub(1.day()), through).await
}
