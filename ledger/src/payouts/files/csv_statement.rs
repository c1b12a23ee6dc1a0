//! Reads statements that are tables (CSV), by columns that whoever sends one names.
//!
//! There is no standard: a bank names its columns in its own language, writes amounts with a comma or a point, and days in its order.
//! Nothing is guessed: what the map does not say is not read, and what it says must be there in every row.

use super::lines::{Movement, Names, minor, named};
use crate::money::Currency;
use crate::payouts::rules::bank_line::{Besides, Direction};
use crate::payouts::rules::statement_file::{Balance, FileLine, Part, Statement, Wrong};
use crate::table::{Broken, Layout, Rows, amount};
use jiff::civil::Date;
use std::borrow::Cow;
use std::io::BufRead;

/// In which columns amounts stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amounts {
    /// One, with a minus before what left the account.
    Signed(String),
    /// Two, of which one is empty or zero.
    Split {
        /// What left.
        debit: String,
        /// What came.
        credit: String,
    },
}

/// What the columns of a table mean, by the names in its first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// How it is laid out.
    pub layout: Layout,
    /// The day of booking.
    pub day: String,
    /// What moved.
    pub amounts: Amounts,
    /// The currency of the account.
    pub currency: Currency,
    /// Where each row names it too: another one is refused.
    pub currency_column: Option<String>,
    /// How the bank names the row.
    pub reference: Option<String>,
    /// The end-to-end id.
    pub end_to_end: Option<String>,
    /// The free text, in which a creditor reference is looked for.
    pub text: Option<String>,
    /// The balance before the first row, in minor units, if it is known.
    pub opening: Option<i64>,
    /// The balance after the last one.
    pub closing: Option<i64>,
}

/// The columns of a table by their places.
struct Places {
    day: usize,
    amount: AmountPlaces,
    currency: Option<usize>,
    reference: Option<usize>,
    end_to_end: Option<usize>,
    text: Option<usize>,
}

enum AmountPlaces {
    Signed(usize),
    Split(usize, usize),
}

/// A table that is read.
pub struct CsvStatement<R: BufRead> {
    rows: Rows<R>,
    map: Map,
    places: Places,
    names: Names,
    skipped: i64,
    lines: i64,
    credits: i64,
    debits: i64,
    days: Option<(Date, Date)>,
    is_over: bool,
}

impl<R: BufRead> CsvStatement<R> {
    /// Reads the names of the columns.
    ///
    /// # Errors
    ///
    /// A column that the map names and the table does not have, or has twice.
    pub fn new(source: R, map: Map) -> Result<CsvStatement<R>, Wrong> {
        let rows = Rows::new(source, map.layout).map_err(unreadable)?;
        let places = places(&rows, &map).map_err(|what| Wrong::new(u64::from(map.layout.skip) + 1, what))?;
        Ok(CsvStatement {
            rows,
            map,
            places,
            names: Names::default(),
            skipped: 0,
            lines: 0,
            credits: 0,
            debits: 0,
            days: None,
            is_over: false,
        })
    }

    /// Rows so far that are no lines.
    pub fn skipped(&self) -> i64 {
        self.skipped
    }

    /// The next part of the file; none at its end.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn part(&mut self) -> Result<Option<Part>, Wrong> {
        if self.is_over {
            return Ok(None);
        }
        loop {
            if !self.rows.read().map_err(unreadable)? {
                self.is_over = true;
                return self.statement().map(|statement| Some(Part::Statement(statement)));
            }
            match self.line()? {
                Some(line) => return Ok(Some(Part::Line(line))),
                None => self.skipped += 1,
            }
        }
    }

    fn wrong(&self, what: impl Into<String>) -> Wrong {
        Wrong::new(self.rows.at(), what)
    }

    fn line(&mut self) -> Result<Option<FileLine>, Wrong> {
        let places = &self.places;
        let booked_on = self.day()?;
        let moved = match places.amount {
            AmountPlaces::Signed(place) => self.amount(place)?,
            AmountPlaces::Split(debit, credit) => match (self.amount(debit)?, self.amount(credit)?) {
                // Some banks write a minus before what left, in a column of its own too.
                (left, 0) => -left.abs(),
                (0, came) => came,
                (_, _) => return Err(self.wrong("a row with a debit and a credit")),
            },
        };
        if let Some(place) = places.currency
            && self.field(place)?.trim() != self.map.currency.code()
        {
            return Err(self.wrong("a row in another currency"));
        }
        if moved == 0 {
            return Ok(None);
        }
        let name = self.name(places.reference)?;
        let end_to_end = self.name(places.end_to_end)?;
        let free = places.text.map(|place| self.field(place)).transpose()?.unwrap_or_default();
        let besides = Besides { creditor_reference: Besides::reference_of("", &free), ..Besides::default() };
        let direction = if moved < 0 { Direction::Debit } else { Direction::Credit };
        let movement = Movement {
            name,
            statement: String::new(),
            direction,
            moved: moved.abs(),
            charges: 0,
            currency: self.map.currency,
            booked_on,
            end_to_end,
            besides,
        };
        let at = self.rows.at();
        self.count(direction, moved.abs(), booked_on)?;
        let line = movement.line(at, &mut self.names);
        line.map(Some).ok_or_else(|| self.wrong("an amount that is too large"))
    }

    fn count(&mut self, direction: Direction, moved: i64, on: Date) -> Result<(), Wrong> {
        let sum = match direction {
            Direction::Credit => &mut self.credits,
            Direction::Debit => &mut self.debits,
        };
        let more = sum.checked_add(moved);
        *sum = more.unwrap_or(*sum);
        self.lines += 1;
        self.days = Some(self.days.map_or((on, on), |(first, last)| (first.min(on), last.max(on))));
        if more.is_some() { Ok(()) } else { Err(self.wrong("the rows come to too much")) }
    }

    /// The whole table is one statement; its balances are of its first and last day.
    fn statement(&self) -> Result<Statement, Wrong> {
        let at = |minor: Option<i64>, on: Option<Date>| Some(Balance { minor: minor?, on: on? });
        let statement = Statement {
            number: 1,
            name: String::new(),
            account: String::new(),
            currency: self.map.currency,
            opening: at(self.map.opening, self.days.map(|days| days.0)),
            closing: at(self.map.closing, self.days.map(|days| days.1)),
            lines: self.lines,
            credits: self.credits,
            debits: self.debits,
        };
        statement.check(self.rows.end())?;
        Ok(statement)
    }

    fn field(&self, place: usize) -> Result<Cow<'_, str>, Wrong> {
        self.rows.field(place).map_err(|what| self.wrong(what))
    }

    fn name(&self, place: Option<usize>) -> Result<String, Wrong> {
        let Some(place) = place else { return Ok(String::new()) };
        named(&self.field(place)?).ok_or_else(|| self.wrong("a reference is too long, or holds odd characters"))
    }

    fn day(&self) -> Result<Date, Wrong> {
        let text = self.field(self.places.day)?;
        self.map.layout.days.read(&text).ok_or_else(|| self.wrong("no day as the map says"))
    }

    /// Minor units with their sign; 0 for an empty field.
    fn amount(&self, place: usize) -> Result<i64, Wrong> {
        let text = self.field(place)?;
        let plain = amount(text.trim(), self.map.layout.decimal);
        let found = plain.and_then(|plain| if plain.is_empty() { Some(0) } else { minor(&plain, self.map.currency) });
        found.ok_or_else(|| self.wrong(format!("no amount of {} as the map says", self.map.currency)))
    }
}

fn unreadable(broken: Broken) -> Wrong {
    Wrong::new(broken.at, broken.what)
}

fn places<R: BufRead>(rows: &Rows<R>, map: &Map) -> Result<Places, String> {
    let place = |wanted: &str| rows.place(wanted);
    let optional = |wanted: &Option<String>| wanted.as_deref().map(place).transpose();
    Ok(Places {
        day: place(&map.day)?,
        amount: match &map.amounts {
            Amounts::Signed(amount) => AmountPlaces::Signed(place(amount)?),
            Amounts::Split { debit, credit } => AmountPlaces::Split(place(debit)?, place(credit)?),
        },
        currency: optional(&map.currency_column)?,
        reference: optional(&map.reference)?,
        end_to_end: optional(&map.end_to_end)?,
        text: optional(&map.text)?,
    })
}
