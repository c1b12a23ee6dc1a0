//! Units of a book, and the exponents of what its accounts are kept in.

use super::rows::word;
use crate::error::Error;
use crate::id::BookId;
use crate::money::{Currency, Unit};
use crate::words::words;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;
use tokio_postgres::Row;

words! {
    /// What a unit counts.
    Counts, "thing to count" {
        /// Time that was worked.
        Hours = "hours",
        /// Things that are made or delivered.
        Units = "units",
        /// Points of any kind.
        Points = "points",
        /// Promises of money.
        Commitment = "commitment",
        /// Something else.
        Other = "other",
    }
}

/// A unit as its book knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookUnit {
    /// Code and digits.
    pub unit: Unit,
    /// Name for people.
    pub name: String,
    /// What it counts.
    pub counts: Counts,
    /// When it was made, by the wall clock.
    pub created_at: Timestamp,
}

fn from_row(row: &Row) -> Result<BookUnit, Error> {
    Ok(BookUnit {
        unit: unit_of(row)?,
        name: row.get("name"),
        counts: word(row.get("counts"))?,
        created_at: row.get("created_at"),
    })
}

/// The unit of a row with `unit` and the `exponent` that a left join with the table found, if it is the book's own.
pub(crate) fn unit_of(row: &Row) -> Result<Unit, Error> {
    let (code, exponent): (&str, Option<i16>) = (row.get("unit"), row.get("exponent"));
    match exponent {
        None => currency(code),
        Some(exponent) => u8::try_from(exponent)
            .ok()
            .and_then(|exponent| Unit::kept(code, exponent).ok())
            .ok_or_else(|| Error::inconsistent(format!("unit {code} has {exponent} digits"))),
    }
}

fn currency(code: &str) -> Result<Unit, Error> {
    let unknown = |_| Error::inconsistent(format!("{code} is neither a currency nor a unit of the book"));
    code.parse::<Currency>().map(Unit::from).map_err(unknown)
}

/// A new unit; `false` when the book has one with this code.
pub async fn insert(tx: &Transaction<'_>, book: BookId, new: &BookUnit) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- units::insert
             INSERT INTO unit (book_id, code, name, exponent, counts, created_at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (book_id, code) DO NOTHING",
        )
        .await?;
    let exponent =
        i16::try_from(new.unit.exponent()).map_err(|_| Error::inconsistent("more digits than a unit has"))?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* book */ &book.0,
                /* code */ &new.unit.code(),
                /* name */ &new.name,
                /* exponent */ &exponent,
                /* counts */ &new.counts.as_str(),
                /* created_at */ &new.created_at,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The unit with a code, if the book has it.
pub async fn find(client: &impl GenericClient, book: BookId, code: &str) -> Result<Option<BookUnit>, Error> {
    // PostgreSQL takes no text with NUL, and so no code has one.
    if code.contains('\0') {
        return Ok(None);
    }
    let statement = client
        .prepare_cached(
            "-- units::find
             SELECT code AS unit, exponent, name, counts, created_at FROM unit WHERE book_id = $1 AND code = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0, /* code */ &code]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Units whose code comes after `after`, by code.
pub async fn list(client: &impl GenericClient, book: BookId, after: &str, limit: i64) -> Result<Vec<BookUnit>, Error> {
    let statement = client
        .prepare_cached(
            "-- units::list
             SELECT code AS unit, exponent, name, counts, created_at FROM unit
              WHERE book_id = $1 AND code COLLATE \"C\" > $2 ORDER BY code COLLATE \"C\" LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// How many units a book has.
pub async fn count(client: &impl GenericClient, book: BookId) -> Result<i64, Error> {
    let statement = client.prepare_cached("-- units::count\nSELECT count(*) FROM unit WHERE book_id = $1").await?;
    Ok(client.query_one(&statement, &[/* book */ &book.0]).await?.get(0))
}

/// All units of a book by their codes, for rows that name no more than a code.
#[derive(Debug, Clone, Default)]
pub struct Units(HashMap<String, Unit>);

impl Units {
    /// The unit with a code: the book's own, else a currency.
    pub fn get(&self, code: &str) -> Result<Unit, Error> {
        self.0.get(code).copied().map_or_else(|| currency(code), Ok)
    }
}

/// Reads all units of a book.
pub async fn load(client: &impl GenericClient, book: BookId) -> Result<Units, Error> {
    let statement =
        client.prepare_cached("-- units::load\nSELECT code AS unit, exponent FROM unit WHERE book_id = $1").await?;
    let rows = client.query(&statement, &[/* book */ &book.0]).await?;
    let units = rows.iter().map(|row| unit_of(row).map(|unit| (unit.code().to_owned(), unit)));
    Ok(Units(units.collect::<Result<_, Error>>()?))
}
