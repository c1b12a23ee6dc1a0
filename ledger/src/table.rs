//! Tables (CSV) as others write them: how letters, columns, amounts and days stand in them, and a reader that holds a row.
//!
//! There is no standard: whoever exports one names its columns in their own language, writes amounts with a comma or a point, and days in
//! their order. Nothing is guessed: what the layout does not say is not read.

use crate::money::{AMOUNT_MAX, Currency};
use crate::words::words;
use csv::ByteRecord;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// The most columns of a table.
const COLUMNS_MAX: usize = 200;

/// The longest row, in bytes.
const ROW_MAX: usize = 64 * 1024;

/// The most lines before the one that names the columns.
pub const SKIPPED_MAX: u8 = 50;

/// The most characters of a column's name.
pub const COLUMN_MAX: usize = 100;

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

impl Delimiter {
    /// The byte itself.
    pub fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
        }
    }
}

impl DayFormat {
    /// A day that is written so, in the years 0000 to 9999.
    pub fn read(self, text: &str) -> Option<Date> {
        let format = match self {
            DayFormat::Iso => "%Y-%m-%d",
            DayFormat::Dotted => "%d.%m.%Y",
            DayFormat::DayFirst => "%d/%m/%Y",
            DayFormat::MonthFirst => "%m/%d/%Y",
            DayFormat::Digits => "%Y%m%d",
        };
        Date::strptime(format, text.trim()).ok().filter(|day| day.year() >= 0)
    }
}

/// How a table is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
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
}

impl Default for Layout {
    /// As we write tables ourselves.
    fn default() -> Layout {
        Layout {
            encoding: Encoding::Utf8,
            delimiter: Delimiter::Comma,
            decimal: DecimalMark::Point,
            days: DayFormat::Iso,
            skip: 0,
        }
    }
}

/// A table that cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line of text, from 1.
    pub at: u64,
    /// What is wrong. It holds nothing of what the table says.
    pub what: String,
}

/// A line of a table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line of text at which it begins, from 1.
    pub at: u64,
    /// The column in which the trouble is.
    pub column: String,
    /// What is wrong there. It holds nothing of what stands there.
    pub what: &'static str,
}

words! {
    /// What became of a line of an export that was taken in.
    Verdict, "verdict on a line" {
        /// It was made now, or would be.
        Created = "created",
        /// It was made before.
        AlreadyThere = "already_there",
        /// A rule refuses it.
        Refused = "refused",
        /// It cannot be read.
        Unreadable = "unreadable",
    }
}

/// A table that is read row by row.
pub struct Rows<R: BufRead> {
    rows: csv::Reader<Lines<R>>,
    record: ByteRecord,
    head: Vec<String>,
    layout: Layout,
}

impl<R: BufRead> Rows<R> {
    /// Reads the names of the columns.
    ///
    /// # Errors
    ///
    /// A table without them, or with more than 200.
    pub fn new(mut source: R, layout: Layout) -> Result<Rows<R>, Broken> {
        skip_lines(&mut source, layout.skip)?;
        let broken = |what: String| Broken { at: u64::from(layout.skip) + 1, what };
        let mut rows = csv::ReaderBuilder::new()
            .delimiter(layout.delimiter.byte())
            .has_headers(true)
            .flexible(true)
            .from_reader(Lines { inner: source, left: ROW_MAX, holds_return: false, last: b'\n' });
        let head = rows.byte_headers().map_err(|_| broken("no row of columns".into()))?;
        if head.len() > COLUMNS_MAX {
            return Err(broken(format!("more than {COLUMNS_MAX} columns")));
        }
        let name = |bytes: &[u8]| {
            let name = decoded(bytes, layout.encoding).unwrap_or_default();
            name.trim_start_matches('\u{feff}').trim().to_owned()
        };
        let head = head.iter().map(name).collect();
        Ok(Rows { rows, record: ByteRecord::new(), head, layout })
    }

    /// How it is laid out.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The names of its columns.
    pub fn columns(&self) -> &[String] {
        &self.head
    }

    /// The place of a column.
    ///
    /// # Errors
    ///
    /// When none is called so, or two are.
    pub fn place(&self, wanted: &str) -> Result<usize, String> {
        let mut found = self.head.iter().enumerate().filter(|(_, name)| *name == wanted);
        match (found.next(), found.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("two columns are called '{wanted}'")),
            (None, _) => Err(format!("no column is called '{wanted}'")),
        }
    }

    /// Reads the next row that is no empty line; false at the end.
    ///
    /// # Errors
    ///
    /// A row of more than 64 KiB: what follows it cannot be told apart.
    pub fn read(&mut self) -> Result<bool, Broken> {
        loop {
            self.rows.get_mut().left = ROW_MAX;
            let at = self.end();
            let read = self.rows.read_byte_record(&mut self.record);
            if !read.map_err(|error| Broken { at, what: odd(&error).into() })? {
                return Ok(false);
            }
            // A line of nothing, as often stands at the end.
            if !self.record.iter().all(<[u8]>::is_empty) {
                return Ok(true);
            }
        }
    }

    /// The line of text at which the row begins, from 1.
    pub fn at(&self) -> u64 {
        let breaks: usize = self.record.iter().map(|field| field.iter().filter(|byte| **byte == b'\n').count()).sum();
        self.end().saturating_sub(u64::try_from(breaks + 1).unwrap_or(1))
    }

    /// The line of text behind what was read, from 1.
    pub fn end(&self) -> u64 {
        self.rows.position().line() + u64::from(self.layout.skip)
    }

    /// What stands in a column of the row.
    ///
    /// # Errors
    ///
    /// A row that is too short, or letters that are written otherwise.
    pub fn field(&self, place: usize) -> Result<Cow<'_, str>, &'static str> {
        let bytes = self.record.get(place).ok_or("a row with too few columns")?;
        decoded(bytes, self.layout.encoding).ok_or("not in the encoding that the map says")
    }
}

/// Passes the lines before the table.
fn skip_lines<R: BufRead>(source: &mut R, lines: u8) -> Result<(), Broken> {
    for at in 1..=u64::from(lines) {
        let broken = |what: &str| Broken { at, what: what.into() };
        let mut passed = 0;
        loop {
            let bytes = source.fill_buf().map_err(|_| broken("the file cannot be read"))?;
            if bytes.is_empty() {
                return Err(broken("the file ends before its table"));
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(bytes.len(), |end| end + 1);
            passed += length;
            source.consume(length);
            if end.is_some() {
                break;
            }
            if passed > ROW_MAX {
                return Err(broken("a line of more than 64 KiB"));
            }
        }
    }
    Ok(())
}

fn odd(error: &csv::Error) -> &'static str {
    let is_too_long = matches!(error.kind(), csv::ErrorKind::Io(io) if io.kind() == io::ErrorKind::FileTooLarge);
    if is_too_long { "a row of more than 64 KiB" } else { "the file cannot be read as a table" }
}

fn decoded(bytes: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Encoding::Latin1 => Some(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into()),
    }
}

/// Minor units of a decimal with at most the digits of its currency; none when it is something else, or too much.
pub fn minor(text: &str, currency: Currency) -> Option<i64> {
    let decimal = Decimal::from_str_exact(text).ok()?.normalize();
    let more = currency.exponent().checked_sub(decimal.scale())?;
    let minor = decimal.mantissa().checked_mul(10_i128.checked_pow(more)?)?;
    i64::try_from(minor).ok().filter(|minor| minor.unsigned_abs() <= AMOUNT_MAX.unsigned_abs())
}

/// An amount with a point and without marks between its thousands, or nothing of nothing; none when those stand elsewhere.
pub fn amount(text: &str, mark: DecimalMark) -> Option<String> {
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

/// The signs that stand for one currency alone; those of dollars and yen stand for several.
const SIGNS: [(char, &str); 6] = [('€', "EUR"), ('£', "GBP"), ('₹', "INR"), ('₩', "KRW"), ('₴', "UAH"), ('₪', "ILS")];

/// Minor units of an amount of a currency as exports write it, with its sign or its code before or behind the figures, such as
/// `1.234,56 €` and `-$1,234.56`; none when nothing stands there.
///
/// # Errors
///
/// What is wrong with it.
pub fn amount_of(text: &str, mark: DecimalMark, currency: Currency) -> Result<Option<i64>, &'static str> {
    const WRONG: &str = "no amount as the map says";
    const OTHER: &str = "an amount in another currency";
    let is_edge =
        |letter: char| letter.is_whitespace() || ('\u{200e}'..='\u{200f}').contains(&letter) || letter == '\u{61c}';
    let text = text.trim_matches(is_edge);
    if text.is_empty() {
        return Ok(None);
    }
    let (sign, rest) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let is_figure = |letter: char| letter.is_ascii_digit() || ['-', '\u{2212}', '.', ','].contains(&letter);
    let begin = rest.find(is_figure).ok_or(WRONG)?;
    let end = rest.rfind(|letter: char| letter.is_ascii_digit()).map(|last| last + 1).ok_or(WRONG)?;
    let (before, figures, behind) =
        (rest.get(..begin).ok_or(WRONG)?, rest.get(begin..end).ok_or(WRONG)?, rest.get(end..).ok_or(WRONG)?);
    for unit in [before, behind].map(|unit| unit.trim_matches(is_edge)).into_iter().filter(|unit| !unit.is_empty()) {
        let known = SIGNS.iter().find(|(sign, _)| unit.chars().eq([*sign])).map(|(_, code)| *code);
        let is_code = unit.len() == 3 && unit.bytes().all(|byte| byte.is_ascii_uppercase());
        match known.or(is_code.then_some(unit)) {
            Some(code) if code != currency.code() => return Err(OTHER),
            Some(_) => {}
            None if ["$", "¥", "US$", "A$", "C$", "kr", "zł", "Fr."].contains(&unit) => {}
            None => return Err(WRONG),
        }
    }
    if !sign.is_empty() && figures.starts_with(['-', '\u{2212}']) {
        return Err(WRONG);
    }
    let plain = amount(&format!("{sign}{figures}"), mark).ok_or(WRONG)?;
    minor(&plain, currency).map(Some).ok_or(WRONG)
}

/// Lets a reader take so many bytes and no more, with one character at the end of each line, also of the last: so that lines are counted.
struct Lines<R> {
    inner: R,
    left: usize,
    holds_return: bool,
    last: u8,
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !to.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let limit = to.len().min(self.left);
        let mut read = 0;
        while read < limit {
            let bytes = self.inner.fill_buf()?;
            if bytes.is_empty() {
                if self.last != b'\n' {
                    (self.last, to[read]) = (b'\n', b'\n');
                    read += 1;
                }
                break;
            }
            let mut used = 0;
            while used < bytes.len() && read < limit {
                let byte = bytes[used];
                if self.holds_return && byte != b'\n' {
                    // It stands alone: the same byte has its turn after it.
                    (self.holds_return, self.last, to[read]) = (false, b'\r', b'\r');
                    read += 1;
                    continue;
                }
                used += 1;
                self.holds_return = byte == b'\r';
                if !self.holds_return {
                    (self.last, to[read]) = (byte, byte);
                    read += 1;
                }
            }
            self.inner.consume(used);
        }
        self.left -= read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_9_amounts_are_read_as_exports_write_them_and_nothing_is_guessed() {
        let (point, comma) = (DecimalMark::Point, DecimalMark::Comma);
        let yen: Currency = "JPY".parse().unwrap();
        for (text, mark, currency, found) in [
            ("1.234,56 €", comma, Currency::EUR, Ok(Some(123_456))),
            ("€1.234,56", comma, Currency::EUR, Ok(Some(123_456))),
            ("$1,234.56", point, Currency::USD, Ok(Some(123_456))),
            ("-$1,234.56", point, Currency::USD, Ok(Some(-123_456))),
            ("$-5", point, Currency::USD, Ok(Some(-500))),
            ("1 234,56 EUR", comma, Currency::EUR, Ok(Some(123_456))),
            ("\u{200f}12,00\u{200e}", comma, Currency::EUR, Ok(Some(1_200))),
            ("¥1,200", point, yen, Ok(Some(1_200))),
            ("", point, Currency::EUR, Ok(None)),
            (" \u{a0}", point, Currency::EUR, Ok(None)),
            ("£5", point, Currency::USD, Err("an amount in another currency")),
            ("5.00 USD", point, Currency::EUR, Err("an amount in another currency")),
            ("1.234,56", point, Currency::EUR, Err("no amount as the map says")),
            ("=5+5", point, Currency::EUR, Err("no amount as the map says")),
            ("--5", point, Currency::EUR, Err("no amount as the map says")),
            ("12.345", point, Currency::EUR, Err("no amount as the map says")),
            ("five", point, Currency::EUR, Err("no amount as the map says")),
            ("5 of 10", point, Currency::EUR, Err("no amount as the map says")),
            ("\u{202e}5.00", point, Currency::EUR, Err("no amount as the map says")),
        ] {
            assert_eq!(amount_of(text, mark, currency), found, "{text}");
        }
    }

    #[test]
    fn p15_9_a_row_that_is_too_short_is_its_own_trouble_and_one_without_end_is_that_of_all() {
        let text = "\u{feff}a;\"b\nc\"\r\n1;\"2\r\n3\"\r\n\r\n4\r\n5;6\r\n";
        let layout = Layout { delimiter: Delimiter::Semicolon, ..Layout::default() };
        let mut rows = Rows::new(text.as_bytes(), layout).unwrap();
        assert_eq!((rows.place("a"), rows.place("b\nc")), (Ok(0), Ok(1)));
        let mut read = Vec::new();
        while rows.read().unwrap() {
            read.push((rows.at(), rows.field(1).map(Cow::into_owned)));
        }
        assert_eq!(read, [(3, Ok("2\n3".into())), (6, Err("a row with too few columns")), (7, Ok("6".into()))]);
        let long = format!("a,b\n1,\"{}", "x,".repeat(ROW_MAX));
        let mut rows = Rows::new(long.as_bytes(), Layout::default()).unwrap();
        assert_eq!(rows.read().unwrap_err().at, 2);
        let mut empty = Rows::new(&b""[..], Layout::default()).unwrap();
        assert!(empty.place("a").is_err() && !empty.read().unwrap());
    }
}
