//! A partner's list of a day as it comes: a table whose columns are ours, or are named by whoever sends it.
//!
//! A line that cannot be read is told with its line and its column, and leaves the others as they are. Of a line only names and figures are
//! kept.

use super::comparison::{LINES_MAX, Name, TheirLine, Unreadable};
use super::settlement_day::{LineKind, Turn};
use crate::money::Currency;
use crate::table::{Broken, Layout, Rows, amount_of};
use crate::text;
use jiff::civil::Date;
use std::borrow::Cow;
use std::str::FromStr;

/// The columns of a list by their names. One that is not named is called as in our own table, and may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// What happened, in our words. Without it a line goes back when its gross is less than zero, and was captured otherwise.
    pub kind: Option<String>,
    /// Our id of the charge, refund, chargeback or pledge.
    pub id: Option<String>,
    /// How the partner calls the pledge.
    pub reference: Option<String>,
    /// How the provider calls the payment or the refund.
    pub provider_reference: Option<String>,
    /// What the donor gave, or got back.
    pub gross: Option<String>,
    /// What the processor keeps.
    pub fee: Option<String>,
    /// Gross less fee.
    pub net: Option<String>,
    /// What a pledge promises.
    pub promised: Option<String>,
    /// How a pledge went on, in our words.
    pub turn: Option<String>,
    /// The currency of all.
    pub currency: Option<String>,
    /// The day.
    pub day: Option<String>,
}

/// A column: its name and its place.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    place: usize,
}

/// The columns by their places.
struct Places {
    kind: Option<Column>,
    id: Option<Column>,
    reference: Option<Column>,
    provider_reference: Option<Column>,
    gross: Column,
    fee: Option<Column>,
    net: Option<Column>,
    promised: Option<Column>,
    turn: Option<Column>,
    currency: Option<Column>,
    day: Option<Column>,
}

/// Reads a list; amounts without a currency are of `currency`.
///
/// # Errors
///
/// A list that is no table, has more than 50,000 lines, or lacks a column that was named, one of amounts, or one of names.
pub fn read(
    text: &[u8],
    layout: Layout,
    columns: &Columns,
    currency: Currency,
) -> Result<Vec<Result<TheirLine, Unreadable>>, Broken> {
    let mut rows = Rows::new(text, layout)?;
    let places = places(&rows, columns).map_err(|what| Broken { at: u64::from(layout.skip) + 1, what })?;
    let mut lines = Vec::new();
    while rows.read()? {
        if lines.len() == LINES_MAX {
            return Err(Broken { at: rows.at(), what: format!("more than {LINES_MAX} lines") });
        }
        lines.push(line(&rows, &places, currency));
    }
    Ok(lines)
}

fn places(rows: &Rows<&[u8]>, columns: &Columns) -> Result<Places, String> {
    let column = |given: &Option<String>, ours: &str| match given {
        Some(name) => rows.place(name).map(|place| Some(Column { name: name.clone(), place })),
        None if rows.columns().iter().any(|name| name == ours) => {
            rows.place(ours).map(|place| Some(Column { name: ours.to_owned(), place }))
        }
        None => Ok(None),
    };
    let places = Places {
        kind: column(&columns.kind, "kind")?,
        id: column(&columns.id, "id")?,
        reference: column(&columns.reference, "reference")?,
        provider_reference: column(&columns.provider_reference, "provider_reference")?,
        gross: column(&columns.gross, "gross")?.ok_or("no column is called 'gross'")?,
        fee: column(&columns.fee, "fee")?,
        net: column(&columns.net, "net")?,
        promised: column(&columns.promised, "promised")?,
        turn: column(&columns.turn, "turn")?,
        currency: column(&columns.currency, "currency")?,
        day: column(&columns.day, "day")?,
    };
    if places.id.is_none() && places.reference.is_none() && places.provider_reference.is_none() {
        return Err("no column is called 'id', 'reference' or 'provider_reference'".into());
    }
    Ok(places)
}

/// The words of an object of a list, in the order in which [`object`] takes what it says: those of our own table that are compared.
pub const WORDS: [&str; 11] =
    ["kind", "id", "reference", "provider_reference", "gross", "fee", "net", "promised", "turn", "currency", "day"];

/// What an object of a list says under each of the [`WORDS`]; nothing where it says nothing.
pub type Said = [Option<String>; 11];

/// Reads an object of a list, the one at a place from 1, as a row of a table whose columns are called as ours; an amount without a currency is of
/// `currency`.
///
/// # Errors
///
/// What cannot be read, with its word.
pub fn object(at: u64, said: &Said, currency: Currency) -> Result<TheirLine, Unreadable> {
    let column = |place: usize| Column { name: WORDS[place].to_owned(), place };
    let places = Places {
        kind: Some(column(0)),
        id: Some(column(1)),
        reference: Some(column(2)),
        provider_reference: Some(column(3)),
        gross: column(4),
        fee: Some(column(5)),
        net: Some(column(6)),
        promised: Some(column(7)),
        turn: Some(column(8)),
        currency: Some(column(9)),
        day: Some(column(10)),
    };
    line(&Object { at, said }, &places, currency)
}

/// An object of a list.
struct Object<'a> {
    at: u64,
    said: &'a Said,
}

/// What a line of a list is read from.
trait Source {
    /// Where it begins, from 1: the line of the text, or the place of the object.
    fn at(&self) -> u64;

    /// How amounts and days are written.
    fn layout(&self) -> Layout;

    /// What stands at a place; none where it cannot be read.
    fn field(&self, place: usize) -> Option<Cow<'_, str>>;
}

impl Source for Rows<&[u8]> {
    fn at(&self) -> u64 {
        Rows::at(self)
    }

    fn layout(&self) -> Layout {
        Rows::layout(self)
    }

    fn field(&self, place: usize) -> Option<Cow<'_, str>> {
        Rows::field(self, place).ok()
    }
}

impl Source for Object<'_> {
    fn at(&self) -> u64 {
        self.at
    }

    fn layout(&self) -> Layout {
        Layout::default()
    }

    fn field(&self, place: usize) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.said.get(place)?.as_deref().unwrap_or_default()))
    }
}

/// A line whose fields are read; what cannot be read is told by its column.
struct Fields<'a, S> {
    source: &'a S,
}

impl<'a, S: Source> Fields<'a, S> {
    fn unreadable(&self, column: &str) -> Unreadable {
        let column: String = column.chars().filter(|letter| !letter.is_control()).take(100).collect();
        Unreadable { at: self.source.at(), column: if column.is_empty() { "?".into() } else { column } }
    }

    fn at(&self, column: &Column) -> Result<Cow<'a, str>, Unreadable> {
        self.source.field(column.place).ok_or_else(|| self.unreadable(&column.name))
    }

    /// What stands there, or nothing of a column that is not there.
    fn field(&self, column: &Option<Column>) -> Result<Cow<'a, str>, Unreadable> {
        let Some(column) = column else { return Ok(Cow::Borrowed("")) };
        Ok(match self.at(column)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }

    fn name(&self, column: &Option<Column>) -> Result<Cow<'a, str>, Unreadable> {
        let field = self.field(column)?;
        // An apostrophe may stand before the longest.
        let length = 0..=text::REFERENCE.end() + 1;
        match (text::line(&field, length), column) {
            (Err(_), Some(column)) => Err(self.unreadable(&column.name)),
            (Ok(()) | Err(_), _) => Ok(field),
        }
    }

    fn word<T: FromStr>(&self, column: &Option<Column>) -> Result<Option<T>, Unreadable> {
        let field = self.field(column)?;
        match column {
            Some(column) if !field.is_empty() => field.parse().map(Some).map_err(|_| self.unreadable(&column.name)),
            Some(_) | None => Ok(None),
        }
    }

    fn day(&self, column: &Option<Column>) -> Result<Option<Date>, Unreadable> {
        let field = self.field(column)?;
        match column {
            Some(column) if !field.is_empty() => {
                let day = self.source.layout().days.read(&field);
                day.map(Some).ok_or_else(|| self.unreadable(&column.name))
            }
            Some(_) | None => Ok(None),
        }
    }

    fn amount(&self, column: &Column, currency: Currency) -> Result<Option<i64>, Unreadable> {
        amount_of(&self.at(column)?, self.source.layout().decimal, currency).map_err(|_| self.unreadable(&column.name))
    }

    fn amount_or_none(&self, column: &Option<Column>, currency: Currency) -> Result<Option<i64>, Unreadable> {
        column.as_ref().map_or(Ok(None), |column| self.amount(column, currency))
    }
}

fn line(source: &impl Source, places: &Places, currency: Currency) -> Result<TheirLine, Unreadable> {
    let row = Fields { source };
    let currency = row.word(&places.currency)?.unwrap_or(currency);
    let gross = row.amount(&places.gross, currency)?;
    let promised = row.amount_or_none(&places.promised, currency)?;
    let of_sign = if gross.is_some_and(|gross| gross < 0) { LineKind::Refund } else { LineKind::Charge };
    let kind: LineKind = row.word(&places.kind)?.unwrap_or(of_sign);
    if gross.is_none() && (kind != LineKind::Pledge || promised.is_none()) {
        return Err(row.unreadable(&places.gross.name));
    }
    let (id, provider, reference) =
        (row.name(&places.id)?, row.name(&places.provider_reference)?, row.name(&places.reference)?);
    let called = [&places.id, &places.provider_reference, &places.reference].into_iter().flatten().next();
    let unnamed = || row.unreadable(called.map_or("id", |column| column.name.as_str()));
    let turn: Option<Turn> = row.word(&places.turn)?;
    Ok(TheirLine {
        at: source.at(),
        name: Name::first_of(&id, &provider, &reference).ok_or_else(unnamed)?,
        kind,
        turn,
        day: row.day(&places.day)?,
        gross,
        fee: row.amount_or_none(&places.fee, currency)?,
        net: row.amount_or_none(&places.net, currency)?,
        promised,
        currency,
    })
}
