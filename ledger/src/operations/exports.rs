//! Exports: a book as a stream of text, read in batches by the key of the journal.
//!
//! The last record is fixed at the start, and records never change, so that no transaction stays open while a slow reader
//! takes its time. Memory holds one batch, and one sum for each account that has moved.

use crate::book::{AccountClass, AccountNumber};
use crate::error::Error;
use crate::export::{self, hledger};
use crate::store::account_totals::{self, Wanted};
use crate::store::books::Book;
use crate::store::{accounts, journal};
use deadpool_postgres::Pool;
use futures_util::stream::{self, Stream};
use jiff::civil::Date;
use std::collections::HashMap;
use std::vec;

/// The most rows that one batch reads.
const BATCH: i64 = 1_000;

/// The whole book in the journal format of hledger, piece by piece.
///
/// Ends with a line that says so: a text without it was cut by an error.
pub async fn hledger(
    pool: Pool,
    book: Book,
) -> Result<impl Stream<Item = Result<String, Error>> + Send + 'static, Error> {
    let client = pool.get().await?;
    let through = journal::last_number(&client, book.id).await?;
    drop(client);
    let export = Export { pool, book, through, entries: 0, writer: hledger::Entries::default(), nets: HashMap::new() };
    Ok(stream::try_unfold((export, Step::Title), async |(mut export, mut step)| {
        // An empty piece would end a chunked body.
        while let Some((text, next)) = export.next(step).await? {
            if !text.is_empty() {
                return Ok::<_, Error>(Some((text, (export, next))));
            }
            step = next;
        }
        Ok(None)
    }))
}

struct Export {
    pool: Pool,
    book: Book,
    through: i64,
    entries: i64,
    writer: hledger::Entries,
    /// Debits less credits of every account up to the month that was asserted last.
    nets: HashMap<AccountNumber, i64>,
}

/// What comes next.
enum Step {
    Title,
    /// Accounts whose code comes after this one.
    Accounts(String),
    /// Lines after this position.
    Lines(i64),
    Months,
    /// This month, accounts after this code, and the months that remain.
    Assertions(Date, String, vec::IntoIter<Date>),
    End,
    Done,
}

impl Export {
    async fn next(&mut self, step: Step) -> Result<Option<(String, Step)>, Error> {
        Ok(Some(match step {
            Step::Title => (self.title().await?, Step::Accounts(String::new())),
            Step::Accounts(after) => self.accounts(&after).await?,
            Step::Lines(after) => self.lines(after).await?,
            Step::Months => {
                let client = self.pool.get().await?;
                let months = account_totals::months(&client, self.book.id, self.through).await?;
                (String::new(), following(months.into_iter()))
            }
            Step::Assertions(month, after, months) => self.assertions(month, after, months).await?,
            Step::End => (hledger::end(self.entries), Step::Done),
            Step::Done => return Ok(None),
        }))
    }

    async fn title(&self) -> Result<String, Error> {
        let client = self.pool.get().await?;
        let title =
            export::Title { book: self.book.reference().to_string(), name: &self.book.name, through: self.through };
        let mut text = hledger::title(&title);
        text.push('\n');
        for unit in accounts::units(&client, self.book.id).await? {
            text.push_str(&hledger::commodity(&unit));
        }
        text.push('\n');
        Ok(text)
    }

    async fn accounts(&self, after: &str) -> Result<(String, Step), Error> {
        let client = self.pool.get().await?;
        let read = accounts::list(&client, self.book.id, after, BATCH).await?;
        let text = read.iter().map(|a| hledger::account(export::Account { code: &a.code, class: a.class })).collect();
        let next = read.into_iter().last().map_or(Step::Lines(0), |last| Step::Accounts(last.code));
        Ok((text, next))
    }

    async fn lines(&mut self, after: i64) -> Result<(String, Step), Error> {
        let client = self.pool.get().await?;
        let read = journal::lines_after(&client, self.book.id, after, self.through, BATCH).await?;
        let mut text = String::new();
        for line in &read {
            self.entries += i64::from(line.line == 0);
            text.push_str(&self.writer.line(&export::Transfer {
                number: line.number,
                effective: line.effective,
                occurred: line.occurred,
                memo: &line.memo,
                reference: &line.reference,
                erased: line.erased,
                kind: line.kind,
                debit: &line.debit,
                credit: &line.credit,
                unit: &line.unit,
                amount: line.amount,
            }));
        }
        let next = read.last().map_or(Step::Months, |last| Step::Lines(last.number << 16 | last.line));
        Ok((text, next))
    }

    /// What moved in a month, and by it the balances at its end.
    async fn assertions(
        &mut self,
        month: Date,
        after: String,
        months: vec::IntoIter<Date>,
    ) -> Result<(String, Step), Error> {
        let client = self.pool.get().await?;
        let end = month.last_of_month();
        let wanted = Wanted { classes: AccountClass::ALL, even: true, after: &after, limit: BATCH };
        let moved = account_totals::between(&client, self.book.id, (month, end), self.through, wanted).await?;
        let mut text = String::new();
        for account in &moved {
            if text.is_empty() && after.is_empty() {
                text = hledger::assertions(end);
            }
            let net = self.nets.entry(account.number).or_insert(0);
            *net = net.checked_add(account.net()).ok_or_else(|| Error::inconsistent("a balance overflows"))?;
            let assertion = export::Assertion { code: &account.code, unit: &account.unit, net: *net };
            text.push_str(&hledger::assertion(assertion));
        }
        let next = match moved.into_iter().last() {
            Some(last) => Step::Assertions(month, last.code, months),
            None => following(months),
        };
        Ok((text, next))
    }
}

fn following(mut months: vec::IntoIter<Date>) -> Step {
    match months.next() {
        Some(month) => Step::Assertions(month, String::new(), months),
        None => Step::End,
    }
}
