//! Reads statements that are tables (CSV), by columns that whoever sends one names.
//!
//! There is no standard: a bank names its columns in its own language, writes amounts with a comma or a point, and days in its order.
//! Nothing is guessed: what the map does not say is not read, and what it says must be there in every row.

use super::lines::{Movement, Names, minor, named};
use crate::money::Currency;
use crate::payouts::rules::bank_line::{Besides, Direction};
use crate::payouts::rules::statement_file::{Balance, FileLine, Part, Statement, Wrong};
use crate::words::words;
use csv::ByteRecord;
use jiff::civil::Date;
use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// The most columns of a table.
const COLUMNS_MAX: usize = 200;

/// The longest row, in bytes.
const ROW_MAX: usize = 64 * 1024;

/// The most lines before the one that names the columns.
pub const SKIPPED_MAX: u8 = 50;

words! {
    /// How letters are written.
    Encoding, "encoding of a table" {
        /// UTF-8, with or without its mark at the beginning.
        Utf8 = "utf-8",
        /// ISO 8859-1.
        Latin1 = "latin-1",
    }
}

words! {
    /// What stands before the fraction of an amount; the other one may stand between its thousands.
    DecimalMark, "decimal mark" {
        /// `1,234.50`
        Point = "point",
        /// `1.234,50`
        Comma = "comma",
    }
}

words! {
    /// How days are written.
    DayFormat, "format of days" {
        /// `2031-02-03`
        Iso = "iso",
        /// `03.02.2031`
        Dotted = "dotted",
        /// `03/02/2031`, the day first.
        DayFirst = "day_first",
        /// `02/03/2031`, the month first.
        MonthFirst = "month_first",
        /// `20310203`
        Digits = "digits",
    }
}

words! {
    /// What stands between columns.
    Delimiter, "delimiter" {
        /// `,`
        Comma = "comma",
        /// `;`
        Semicolon = "semicolon",
        /// A tab.
        Tab = "tab",
    }
}

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
    /// How letters are written.
    pub encoding: Encoding,
    /// What stands between columns.
    pub delimiter: Delimiter,
    /// How amounts are written.
    pub decimal: DecimalMark,
    /// How days are written.
    pub days: DayFormat,
    /// Lines before the one that names the columns.
    pub skip: u8,
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
    rows: csv::Reader<Allowance<R>>,
    record: ByteRecord,
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
    pub fn new(mut source: R, map: Map) -> Result<CsvStatement<R>, Wrong> {
        skip_lines(&mut source, map.skip)?;
        let delimiter = match map.delimiter {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
        };
        let mut rows = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(true)
            .flexible(true)
            .from_reader(Allowance { inner: source, left: ROW_MAX });
        let head = rows.byte_headers().map_err(|_| Wrong::new(u64::from(map.skip) + 1, "no row of columns"))?.clone();
        let places = places(&head, &map).map_err(|what| Wrong::new(u64::from(map.skip) + 1, what))?;
        let (names, record) = (Names::default(), ByteRecord::new());
        Ok(CsvStatement {
            rows,
            record,
            map,
            places,
            names,
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
            self.rows.get_mut().left = ROW_MAX;
            let before = self.at();
            let has_come = self.rows.read_byte_record(&mut self.record).map_err(|error| odd(before, &error))?;
            if !has_come {
                self.is_over = true;
                return self.statement().map(|statement| Some(Part::Statement(statement)));
            }
            // A line of nothing, as often stands at the end.
            if self.record.iter().all(<[u8]>::is_empty) {
                continue;
            }
            match self.line()? {
                Some(line) => return Ok(Some(Part::Line(line))),
                None => self.skipped += 1,
            }
        }
    }

    fn at(&self) -> u64 {
        self.rows.position().line() + u64::from(self.map.skip)
    }

    fn wrong(&self, what: impl Into<String>) -> Wrong {
        let line = self.record.position().map_or(0, csv::Position::line);
        Wrong::new(line + u64::from(self.map.skip), what)
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
        let at = self.record.position().map_or(0, csv::Position::line) + u64::from(self.map.skip);
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
        statement.check(self.at())?;
        Ok(statement)
    }

    fn field(&self, place: usize) -> Result<Cow<'_, str>, Wrong> {
        let bytes = self.record.get(place).ok_or_else(|| self.wrong("a row with too few columns"))?;
        decoded(bytes, self.map.encoding).ok_or_else(|| self.wrong("not in the encoding that the map says"))
    }

    fn name(&self, place: Option<usize>) -> Result<String, Wrong> {
        let Some(place) = place else { return Ok(String::new()) };
        named(&self.field(place)?).ok_or_else(|| self.wrong("a reference is too long, or holds odd characters"))
    }

    fn day(&self) -> Result<Date, Wrong> {
        let text = self.field(self.places.day)?;
        let format = match self.map.days {
            DayFormat::Iso => "%Y-%m-%d",
            DayFormat::Dotted => "%d.%m.%Y",
            DayFormat::DayFirst => "%d/%m/%Y",
            DayFormat::MonthFirst => "%m/%d/%Y",
            DayFormat::Digits => "%Y%m%d",
        };
        Date::strptime(format, text.trim()).map_err(|_| self.wrong("no day as the map says"))
    }

    /// Minor units with their sign; 0 for an empty field.
    fn amount(&self, place: usize) -> Result<i64, Wrong> {
        let text = self.field(place)?;
        let plain = amount(text.trim(), self.map.decimal);
        let found = plain.and_then(|plain| if plain.is_empty() { Some(0) } else { minor(&plain, self.map.currency) });
        found.ok_or_else(|| self.wrong(format!("no amount of {} as the map says", self.map.currency)))
    }
}

/// Passes the lines before the table.
fn skip_lines<R: BufRead>(source: &mut R, lines: u8) -> Result<(), Wrong> {
    for line in 1..=u64::from(lines) {
        let mut passed = 0;
        loop {
            let bytes = source.fill_buf().map_err(|_| Wrong::new(line, "the file cannot be read"))?;
            if bytes.is_empty() {
                return Err(Wrong::new(line, "the file ends before its table"));
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(bytes.len(), |end| end + 1);
            passed += length;
            source.consume(length);
            if end.is_some() {
                break;
            }
            if passed > ROW_MAX {
                return Err(Wrong::new(line, "a line of more than 64 KiB"));
            }
        }
    }
    Ok(())
}

fn places(head: &ByteRecord, map: &Map) -> Result<Places, String> {
    if head.len() > COLUMNS_MAX {
        return Err(format!("more than {COLUMNS_MAX} columns"));
    }
    let names: Vec<Cow<'_, str>> = head.iter().map(|name| decoded(name, map.encoding).unwrap_or_default()).collect();
    let place = |wanted: &str| {
        let mut found =
            names.iter().enumerate().filter(|(_, name)| name.trim_start_matches('\u{feff}').trim() == wanted);
        match (found.next(), found.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("two columns are called '{wanted}'")),
            (None, _) => Err(format!("no column is called '{wanted}'")),
        }
    };
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

fn decoded(bytes: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Encoding::Latin1 => Some(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into()),
    }
}

/// An amount with a point and without marks between its thousands, or nothing of nothing; none when those stand elsewhere.
fn amount(text: &str, mark: DecimalMark) -> Option<String> {
    let (point, between) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once(point).unwrap_or((digits, ""));
    let mut groups = whole.split([between, '\'', ' ', '\u{a0}', '\u{202f}']);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = rest.is_empty() || (1..=3).contains(&first.len());
    if !is_grouped
        || !is_number(first)
        || !is_number(fraction)
        || rest.iter().any(|group| group.len() != 3 || !is_number(group))
    {
        return None;
    }
    let whole = format!("{first}{}", rest.concat());
    match (whole.is_empty(), fraction.is_empty()) {
        (true, true) => Some(String::new()).filter(|_| text.is_empty()),
        (true, false) => None,
        (false, true) => Some(format!("{sign}{whole}")),
        (false, false) => Some(format!("{sign}{whole}.{fraction}")),
    }
}

fn odd(at: u64, error: &csv::Error) -> Wrong {
    let is_too_long = matches!(error.kind(), csv::ErrorKind::Io(io) if io.kind() == io::ErrorKind::FileTooLarge);
    Wrong::new(at, if is_too_long { "a row of more than 64 KiB" } else { "the file cannot be read as a table" })
}

/// Lets a reader take so many bytes and no more.
struct Allowance<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Allowance<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !to.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let length = to.len().min(self.left);
        let read = self.inner.read(&mut to[..length])?;
        self.left -= read;
        Ok(read)
    }
}
