//! An account's statement from the newest line on, in the order of the book, with the balance that the book has after each line.

use crate::book::MovementKind;
use crate::engine::store::accounts::Account;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::reports::store::newest_lines::{self, NewestLine};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// So many lines are looked at for a page when not all are wanted: the rest is found from there on.
const LOOKED_AT: i64 = 2_000;

/// Which lines are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Which {
    /// Of this kind only.
    pub kind: Option<MovementKind>,
    /// That count from this day on.
    pub from: Option<Date>,
    /// That count until and with this day.
    pub to: Option<Date>,
}

impl Which {
    fn is_all(self) -> bool {
        self == Which::default()
    }

    /// Whether a line of a kind and a day is wanted.
    pub fn has(self, kind: MovementKind, day: Date) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
    }
}

/// A page of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestFirst {
    /// The lines, the newest first.
    pub lines: Vec<NewestLine>,
    /// Position of the line from which the next page is looked for; none where there is no other line.
    pub next: Option<i64>,
}

/// A page of the wanted lines of an account, at most `limit`, from the line at a position on. A page that has fewer may have others behind
/// it all the same.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn newest_first(
    client: &impl GenericClient,
    book: &Book,
    account: &Account,
    which: Which,
    from: Option<i64>,
    limit: usize,
) -> Result<NewestFirst, Error> {
    let fetch = if which.is_all() { i64::try_from(limit).unwrap_or(LOOKED_AT) } else { LOOKED_AT };
    let looked_at = newest_lines::list(client, book.id, account.number, from, fetch).await?;
    let mut next = looked_at.last().map(|line| line.before);
    let mut lines: Vec<NewestLine> =
        looked_at.into_iter().filter(|line| which.has(line.kind, line.effective)).collect();
    if lines.len() > limit {
        lines.truncate(limit);
        next = lines.last().map(|line| line.before);
    }
    Ok(NewestFirst { lines, next: next.filter(|before| *before > 0) })
}
