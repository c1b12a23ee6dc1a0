//! Raw journal entries through the ledger API, between accounts that no operation manages.

use crate::book::{Entry, Line, MovementKind, Note, Verdict};
use crate::error::Error;
use crate::money::Money;
use crate::operations::posting::{self, Posted};
use crate::store::accounts;
use crate::store::books::Book;
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
    /// How much.
    pub amount: Money,
}

/// A raw entry as it is asked for.
#[derive(Debug, Clone)]
pub struct RawEntry {
    /// Its lines.
    pub lines: Vec<RawLine>,
    /// Day on which it counts; the book's own day when none.
    pub effective: Option<Date>,
    /// Text for people.
    pub memo: String,
    /// The caller's own reference.
    pub reference: String,
}

/// Posts a raw entry. Managed classes are refused by the fold, and again by the database.
pub async fn post(tx: &Transaction<'_>, book: &Book, asked: RawEntry, wall: Timestamp) -> Result<Posted, Error> {
    let entry = resolve(tx, book, asked, wall).await?;
    posting::post(tx, book, entry, wall).await
}

/// The number that a raw entry would get, or why it would be refused: the same fold, and nothing is written.
pub async fn try_out(tx: &Transaction<'_>, book: &Book, asked: RawEntry, wall: Timestamp) -> Result<Posted, Error> {
    let entry = resolve(tx, book, asked, wall).await?;
    match posting::try_out(tx, book, entry).await? {
        Verdict::Posted(number) => Ok(Posted { number }),
        Verdict::Refused(reason) => Err(posting::refusal(tx, book, reason).await?.into()),
    }
}

async fn resolve(tx: &Transaction<'_>, book: &Book, asked: RawEntry, wall: Timestamp) -> Result<Entry, Error> {
    let mut lines = Vec::with_capacity(asked.lines.len());
    for (index, line) in asked.lines.iter().enumerate() {
        let mut sides = Vec::with_capacity(2);
        for (side, code) in [("debit", &line.debit), ("credit", &line.credit)] {
            let pointer = format!("/lines/{index}/{side}");
            let account = accounts::find(tx, book.id, code).await?;
            let account = account.ok_or_else(|| Error::invalid(pointer, "the book has no account with this code"))?;
            if account.unit != line.amount.currency().code() {
                let message = format!("{} is kept in {}", account.code, account.unit);
                return Err(Error::invalid(format!("/lines/{index}/amount/currency"), message));
            }
            sides.push(account.number);
        }
        lines.push(Line {
            kind: MovementKind::JournalEntry,
            debit: sides[0],
            credit: sides[1],
            amount: line.amount.minor(),
        });
    }
    Ok(Entry {
        lines,
        effective: asked.effective.unwrap_or_else(|| book.today(wall)),
        outside_fact: false,
        note: Some(Note::new(asked.memo, asked.reference)),
    })
}
