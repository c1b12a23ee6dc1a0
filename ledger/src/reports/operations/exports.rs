//! Exports: a book as a stream of text, read in batches by the key of the journal.
//!
//! The last record is fixed at the start, and records never change, so that no transaction stays open while a slow reader
//! takes its time. Memory holds one batch, and one sum for each account that has moved.

use crate::book::{AccountClass, LogRecord};
use crate::books::store::log_records;
use crate::engine::pool::Pool;
use crate::engine::store::books::Book;
use crate::engine::store::journal::JournalLine;
use crate::engine::store::units::Units;
use crate::engine::store::{accounts, journal, units};
use crate::error::Error;
use crate::export::{Account, Assertion, Closing, Format, Title, Transfer, Writer};
use crate::money::Unit;
use crate::reports::store::account_totals::{self, Wanted};
use futures_util::stream::{self, Stream};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::vec;

/// The most rows that one batch reads.
const BATCH: i64 = 1_000;

/// The whole book in a format, piece by piece.
///
/// Journals and JSON Lines end with a line that says so: a text without it was cut by an error.
///
/// # Errors
///
/// Only trouble with the database; what comes later is the last item of the stream.
pub async fn export(
    pool: Pool,
    book: Book,
    format: Format,
) -> Result<impl Stream<Item = Result<String, Error>> + Send + 'static, Error> {
    let client = pool.get().await?;
    let through = journal::last_number(&client, book.id).await?;
    let months = match format.is_journal() {
        true => account_totals::months(&client, book.id, through).await?,
        false => Vec::new(),
    };
    let units = units::load(&client, book.id).await?;
    drop(client);
    let months = months.into_iter();
    let sums = BTreeMap::new();
    let export =
        Export { pool, book, format, through, record: 0, entries: 0, writer: format.writer(), units, months, sums };
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
    format: Format,
    through: i64,
    /// Number of the last record that is written and no entry.
    record: i64,
    entries: i64,
    writer: Box<dyn Writer>,
    units: Units,
    /// First days of the months whose balances are not asserted yet.
    months: vec::IntoIter<Date>,
    /// By code, what every account holds at the end of the month that was added last.
    sums: BTreeMap<String, Sum>,
}

/// Debits less credits of an account.
struct Sum {
    unit: Unit,
    net: i64,
}

/// What comes next.
enum Step {
    Title,
    /// Accounts whose code comes after this one.
    Accounts(String),
    /// Lines after this position, and the records between them.
    Lines(i64),
    /// What moved in this month, in accounts after this code, is added to the sums.
    Month(Date, String),
    /// The balances at the end of this month of those that moved in it, after this code.
    Assertions(Date, String),
    /// The closing trial balance, after this code.
    Closing(String),
    End,
    Done,
}

impl Export {
    async fn next(&mut self, step: Step) -> Result<Option<(String, Step)>, Error> {
        Ok(Some(match step {
            Step::Title => self.title().await?,
            Step::Accounts(after) => self.accounts(&after).await?,
            Step::Lines(after) => self.lines(after).await?,
            Step::Month(month, after) => (String::new(), self.month(month, &after).await?),
            Step::Assertions(month, after) => self.assertions(month, &after).await?,
            Step::Closing(after) => self.closing(&after).await?,
            Step::End => (self.writer.end(self.entries), Step::Done),
            Step::Done => return Ok(None),
        }))
    }

    async fn title(&mut self) -> Result<(String, Step), Error> {
        let mut text = self.writer.title(&Title {
            book: self.book.reference().to_string(),
            name: &self.book.name,
            currency: self.book.currency.code(),
            through: self.through,
            begins: self.months.as_slice().first().copied(),
        });
        if !self.format.is_journal() {
            return Ok((text, Step::Lines(0)));
        }
        let client = self.pool.get().await?;
        for unit in accounts::units(&client, self.book.id).await? {
            text.push_str(&self.writer.unit(unit));
        }
        text.push('\n');
        Ok((text, Step::Accounts(String::new())))
    }

    async fn accounts(&mut self, after: &str) -> Result<(String, Step), Error> {
        let client = self.pool.get().await?;
        let read = accounts::list(&client, self.book.id, after, BATCH).await?;
        let declared =
            read.iter().map(|a| self.writer.account(Account { code: &a.code, class: a.class, unit: a.unit }));
        let text = declared.collect();
        let next = read.into_iter().last().map_or(Step::Lines(0), |last| Step::Accounts(last.code));
        Ok((text, next))
    }

    async fn lines(&mut self, after: i64) -> Result<(String, Step), Error> {
        let client = self.pool.get().await?;
        let read = journal::lines_after(&client, self.book.id, after, self.through, BATCH).await?;
        // Lines and records are read so far that none is missing between them.
        let whole = |rows: usize| (rows as i64) < BATCH;
        let mut horizon = read.last().filter(|_| !whole(read.len())).map_or(self.through, |last| last.number);
        let records = match self.format.is_chain() {
            true => log_records::list(&client, self.book.id, self.record, horizon, BATCH).await?,
            false => Vec::new(),
        };
        horizon = records.last().filter(|_| !whole(records.len())).map_or(horizon, |last| last.number);
        if read.is_empty() && records.is_empty() {
            let next = if self.format.is_chain() { Step::Closing(String::new()) } else { self.next_month() };
            return Ok((String::new(), next));
        }
        let mut text = String::new();
        let mut next = after;
        let mut records = records.iter().peekable();
        for line in read.iter().filter(|line| line.number <= horizon) {
            while let Some(record) = records.next_if(|record| record.number < line.number) {
                text.push_str(&self.record(record));
            }
            text.push_str(&self.line(line)?);
            next = line.number << 16 | line.line;
        }
        for record in records {
            text.push_str(&self.record(record));
        }
        Ok((text, Step::Lines(next)))
    }

    fn record(&mut self, record: &LogRecord) -> String {
        self.record = record.number;
        self.writer.record(record)
    }

    fn line(&mut self, line: &JournalLine) -> Result<String, Error> {
        self.entries += i64::from(line.line == 0);
        Ok(self.writer.line(&Transfer {
            number: line.number,
            line: line.line + 1,
            effective: line.effective,
            occurred: line.occurred,
            recorded_at: line.recorded_at,
            memo: &line.memo,
            reference: &line.reference,
            erased: line.erased,
            kind: line.kind,
            debit: &line.debit,
            credit: &line.credit,
            unit: self.units.get(&line.unit)?,
            amount: line.amount,
            debit_after: line.debit_after,
            credit_after: line.credit_after,
        }))
    }

    fn next_month(&mut self) -> Step {
        self.months.next().map_or(Step::End, |month| Step::Month(month, String::new()))
    }

    /// Adds what moved in a month, before any balance of its end is written: that of an account may count those below it.
    async fn month(&mut self, month: Date, after: &str) -> Result<Step, Error> {
        let moved = self.moved(month, after).await?;
        let next = moved
            .last()
            .map_or_else(|| Step::Assertions(month, String::new()), |last| Step::Month(month, last.code.clone()));
        for account in moved {
            let net = account.net();
            let sum = self.sums.entry(account.code).or_insert(Sum { unit: account.unit, net: 0 });
            sum.net = sum.net.checked_add(net).ok_or_else(overflow)?;
        }
        Ok(next)
    }

    async fn assertions(&mut self, month: Date, after: &str) -> Result<(String, Step), Error> {
        let moved = self.moved(month, after).await?;
        let day = month.last_of_month();
        let mut text = String::new();
        for account in &moved {
            if text.is_empty() && after.is_empty() {
                text = self.writer.assertions(day);
            }
            let (code, unit) = (account.code.as_str(), account.unit);
            let (net, net_with_children) = self.nets(code, unit)?;
            text.push_str(&self.writer.assertion(&Assertion { day, code, unit, net, net_with_children }));
        }
        let next = match moved.into_iter().last() {
            Some(last) => Step::Assertions(month, last.code),
            None => self.next_month(),
        };
        Ok((text, next))
    }

    /// The sum of an account, and that with all accounts below it of the same unit.
    fn nets(&self, code: &str, unit: Unit) -> Result<(i64, i64), Error> {
        let net = self.sums.get(code).map_or(0, |sum| sum.net);
        let prefix = format!("{code}:");
        let below = self.sums.range::<str, _>((Excluded(prefix.as_str()), Unbounded));
        let below = below.take_while(|(code, _)| code.starts_with(&prefix)).filter(|(_, sum)| sum.unit == unit);
        let with_children = below.map(|(_, sum)| sum.net).try_fold(net, i64::checked_add).ok_or_else(overflow)?;
        Ok((net, with_children))
    }

    /// What took effect in a month.
    async fn moved(&self, month: Date, after: &str) -> Result<Vec<account_totals::AccountTotal>, Error> {
        let client = self.pool.get().await?;
        let wanted = Wanted { classes: AccountClass::ALL, even: true, after, under: "", limit: BATCH };
        account_totals::between(&client, self.book.id, (month, month.last_of_month()), self.through, wanted).await
    }

    async fn closing(&mut self, after: &str) -> Result<(String, Step), Error> {
        let client = self.pool.get().await?;
        let wanted = Wanted { classes: AccountClass::ALL, even: true, after, under: "", limit: BATCH };
        let read = account_totals::now(&client, self.book.id, self.through, wanted).await?;
        let closings = read.iter().map(|total| {
            let (code, unit, balance) = (total.code.as_str(), total.unit, total.balance());
            self.writer.closing(&Closing { code, unit, debits: total.debits, credits: total.credits, balance })
        });
        let text = closings.collect();
        Ok((text, read.into_iter().last().map_or(Step::End, |last| Step::Closing(last.code))))
    }
}

fn overflow() -> Error {
    Error::inconsistent("a balance overflows")
}
