//! Exports: a book, or a part of it, as a stream of text, read in batches.
//!
//! The last record is fixed at the start, and records never change, so that no transaction stays open while a slow reader
//! takes its time. Memory holds one batch, the positions of some batches more where lines are sorted by day, and, for
//! assertions, one sum for each account that has moved.
//!
//! A part that begins on a day has what came before it as one entry of that day, with the balance of every account, so that
//! all balances and assertions are those of the whole book. Income and expense accounts are among them: a report of the
//! part alone leaves that entry out, by its tag.

mod asked;
mod lines;
mod whom;

pub use asked::Asked;
pub use whom::Sees;

use crate::book::{AccountClass, LogRecord};
use crate::books::store::log_records;
use crate::engine::pool::Pool;
use crate::engine::store::books::Book;
use crate::engine::store::journal::JournalLine;
use crate::engine::store::units::Units;
use crate::engine::store::{accounts, journal, units};
use crate::error::Error;
use crate::export::{Account, Assertion, Closing, Entry, Line, Order, Title, Writer};
use crate::money::Unit;
use crate::reports::store::account_totals::{self, AccountTotal, Wanted};
use futures_util::stream::{self, Stream};
use jiff::civil::Date;
use lines::{Lines, Span};
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::vec;
use whom::{Parties, Whom};

/// The most rows that one batch reads.
const BATCH: i64 = 1_000;

/// A book in a format, piece by piece.
///
/// Journals and JSON Lines end with a line that says so: a text without it was cut by an error.
///
/// # Errors
///
/// [`Error::Invalid`] at `/from`, `/to`, `/order` or `/assertions` for what the format does not have, and at `/to` when it
/// comes before `from`; else only trouble with the database. What comes later is the last item of the stream.
pub async fn export(
    pool: Pool,
    book: Book,
    asked: Asked,
) -> Result<impl Stream<Item = Result<String, Error>> + Send + 'static, Error> {
    let asked = asked.checked()?;
    let client = pool.get().await?;
    let through = journal::last_number(&client, book.id).await?;
    let months = match asked.format.is_journal() || asked.order == Order::Date {
        true => account_totals::months(&client, book.id, through).await?,
        false => Vec::new(),
    };
    let begins = asked.from.or(months.first().copied());
    let by_month = asked.asserts() || asked.order == Order::Date;
    let months = months.into_iter().filter(|_| by_month).filter_map(|month| asked.days_of(month));
    let export = Export {
        units: units::load(&client, book.id).await?,
        pool: pool.clone(),
        book,
        asked,
        through,
        begins,
        record: 0,
        entries: 0,
        writer: asked.format.writer(),
        lines: Lines::of(None, asked.order),
        pending: None,
        months: months.collect::<Vec<_>>().into_iter(),
        sums: BTreeMap::new(),
    };
    drop(client);
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
    asked: Asked,
    through: i64,
    begins: Option<Date>,
    /// Number of the last record that is written and no entry.
    record: i64,
    entries: i64,
    writer: Box<dyn Writer>,
    units: Units,
    lines: Lines,
    /// The entry whose lines have not all come yet.
    pending: Option<Pending>,
    /// The months that are not written yet, or whose balances are not asserted yet.
    months: vec::IntoIter<Span>,
    /// By code, what every account holds at the end of the month that was added last.
    sums: BTreeMap<String, Sum>,
}

/// An entry, as far as its lines have come.
struct Pending {
    whom: Whom,
    lines: Vec<JournalLine>,
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
    /// What accounts after this code held before the first day.
    Opening(Date, String),
    /// More lines, and the records between them; by date those of a month.
    Lines(Option<Span>),
    /// What moved in a month, in accounts after this code, is added to the sums.
    Month(Span, String),
    /// The balances at the end of a month of those that moved in it, after this code.
    Assertions(Span, String),
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
            Step::Opening(from, after) => self.opening(from, &after).await?,
            Step::Lines(month) => self.lines(month).await?,
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
            begins: self.begins,
            from: self.asked.from,
            to: self.asked.to,
            order: self.asked.order,
            asserts: self.asked.asserts(),
        });
        if !self.asked.format.is_journal() {
            return Ok((text, self.first_lines()));
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
        let names = whom::names(&client, self.book.id, &read).await?;
        let declared = read.iter().map(|account| {
            let name = whom::name(&names, account);
            self.writer.account(Account { code: &account.code, class: account.class, unit: account.unit, name })
        });
        let text = declared.collect();
        let next = match (read.into_iter().last(), self.asked.from) {
            (Some(last), _) => Step::Accounts(last.code),
            (None, Some(from)) => Step::Opening(from, String::new()),
            (None, None) => self.first_lines(),
        };
        Ok((text, next))
    }

    /// What accounts held before the first day, as one entry. The balances of a month are asserted from there on.
    async fn opening(&mut self, from: Date, after: &str) -> Result<(String, Step), Error> {
        let Ok(before) = from.yesterday() else { return Ok((String::new(), self.first_lines())) };
        let client = self.pool.get().await?;
        let wanted = Wanted { classes: AccountClass::ALL, even: false, after, under: "", limit: BATCH };
        let held = account_totals::until(&client, self.book.id, before, self.through, wanted).await?;
        let mut text = match held.is_empty() || !after.is_empty() {
            true => String::new(),
            false => self.writer.opening(from),
        };
        let last = held.last().map(|last| last.code.clone());
        for account in held {
            text.push_str(&self.writer.opened(&account.code, account.unit, account.net()));
            if self.asked.asserts() {
                self.add(account)?;
            }
        }
        Ok((text, last.map_or_else(|| self.first_lines(), |last| Step::Opening(from, last))))
    }

    /// All lines by number, or those of the first month.
    fn first_lines(&mut self) -> Step {
        match self.asked.order {
            Order::Record => {
                let is_whole = self.asked.from.is_none() && self.asked.to.is_none();
                self.lines = Lines::of((!is_whole).then(|| self.asked.days()), Order::Record);
                Step::Lines(None)
            }
            Order::Date => self.next_month(),
        }
    }

    /// The lines of the next month, or its balances where the lines stand before.
    fn next_month(&mut self) -> Step {
        match (self.months.next(), self.asked.order) {
            (None, _) => Step::End,
            (Some(month), Order::Record) => Step::Month(month, String::new()),
            (Some(month), Order::Date) => {
                self.lines = Lines::of(Some(month), Order::Date);
                Step::Lines(Some(month))
            }
        }
    }

    async fn lines(&mut self, month: Option<Span>) -> Result<(String, Step), Error> {
        let client = self.pool.get().await?;
        let read = self.lines.next(&client, self.book.id, self.through).await?;
        // Lines and records are read so far that none is missing between them.
        let whole = |rows: usize| (rows as i64) < BATCH;
        let mut horizon = read.last().filter(|_| !whole(read.len())).map_or(self.through, |last| last.number);
        let records = match self.asked.format.is_chain() {
            true => log_records::list(&client, self.book.id, self.record, horizon, BATCH).await?,
            false => Vec::new(),
        };
        horizon = records.last().filter(|_| !whole(records.len())).map_or(horizon, |last| last.number);
        if read.is_empty() && records.is_empty() {
            let text = self.flush()?;
            return Ok((text, self.after_lines(month)));
        }
        let parties = Parties::of(&client, self.book.id, &read, self.asked.sees).await?;
        let mut text = String::new();
        let mut records = records.iter().peekable();
        let is_chain = self.asked.format.is_chain();
        for line in read.into_iter().filter(|line| !is_chain || line.number <= horizon) {
            while let Some(record) = records.next_if(|record| record.number < line.number) {
                text.push_str(&self.record(record)?);
            }
            self.lines.go_on_after(&line);
            text.push_str(&self.line(line, &parties)?);
        }
        for record in records {
            text.push_str(&self.record(record)?);
        }
        Ok((text, Step::Lines(month)))
    }

    fn after_lines(&mut self, month: Option<Span>) -> Step {
        match month {
            Some(month) if self.asked.asserts() => Step::Month(month, String::new()),
            Some(_) => self.next_month(),
            None if self.asked.format.is_chain() => Step::Closing(String::new()),
            None => self.next_month(),
        }
    }

    fn record(&mut self, record: &LogRecord) -> Result<String, Error> {
        let before = self.flush()?;
        self.record = record.number;
        Ok(before + &self.writer.record(record))
    }

    /// Takes a line in; answers the entry before when it begins another.
    fn line(&mut self, line: JournalLine, parties: &Parties) -> Result<String, Error> {
        if let Some(pending) = self.pending.as_mut().filter(|pending| pending.lines[0].number == line.number) {
            pending.lines.push(line);
            return Ok(String::new());
        }
        let before = self.flush()?;
        self.pending = Some(Pending { whom: parties.whom(&line), lines: vec![line] });
        Ok(before)
    }

    /// The entry whose lines have all come.
    fn flush(&mut self) -> Result<String, Error> {
        let Some(Pending { whom, lines }) = self.pending.take() else { return Ok(String::new()) };
        self.entries += 1;
        let first = &lines[0];
        let written = lines.iter().map(|line| {
            Ok(Line {
                kind: line.kind,
                debit: &line.debit,
                credit: &line.credit,
                unit: self.units.get(&line.unit)?,
                amount: line.amount,
                debit_after: line.debit_after,
                credit_after: line.credit_after,
            })
        });
        let written: Vec<Line<'_>> = written.collect::<Result<_, Error>>()?;
        Ok(self.writer.entry(&Entry {
            number: first.number,
            effective: first.effective,
            occurred: first.occurred,
            recorded_at: first.recorded_at,
            memo: &first.memo,
            about: &whom.memo,
            reference: &first.reference,
            invoice: &whom.invoice,
            counterparty: &whom.counterparty,
            organisation: &whom.organisation,
            erased: first.erased,
            lines: &written,
        }))
    }

    fn add(&mut self, account: AccountTotal) -> Result<(), Error> {
        let net = account.net();
        let sum = self.sums.entry(account.code).or_insert(Sum { unit: account.unit, net: 0 });
        sum.net = sum.net.checked_add(net).ok_or_else(overflow)?;
        Ok(())
    }

    /// Adds what moved in a month, before any balance of its end is written: that of an account may count those below it.
    async fn month(&mut self, month: Span, after: &str) -> Result<Step, Error> {
        let moved = self.moved(month, after).await?;
        let next = moved
            .last()
            .map_or_else(|| Step::Assertions(month, String::new()), |last| Step::Month(month, last.code.clone()));
        moved.into_iter().try_for_each(|account| self.add(account))?;
        Ok(next)
    }

    async fn assertions(&mut self, month: Span, after: &str) -> Result<(String, Step), Error> {
        let moved = self.moved(month, after).await?;
        let day = month.last;
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
    async fn moved(&self, month: Span, after: &str) -> Result<Vec<AccountTotal>, Error> {
        let client = self.pool.get().await?;
        let wanted = Wanted { classes: AccountClass::ALL, even: true, after, under: "", limit: BATCH };
        account_totals::between(&client, self.book.id, (month.first, month.last), self.through, wanted).await
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
