//! Units of a book: what its accounts may be kept in besides currencies. A unit never changes after it is made.

use crate::engine::store::books::Book;
use crate::engine::store::units::{self, BookUnit, Counts};
use crate::error::{Error, Refusal};
use crate::money::{Currency, Unit, UnitError};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// The most units of a book: readers of its journal hold all of them in memory.
pub const UNITS_MAX: i64 = 1_000;

/// Codes of units that the service itself makes begin with this.
const COMMITMENTS: &str = "PLEDGED.";

/// A person makes a unit.
///
/// # Errors
///
/// `unit-exists`, `too-many-units`; [`Error::Invalid`] at `/code` when the code belongs to the service.
pub async fn create(
    tx: &Transaction<'_>,
    book: &Book,
    unit: Unit,
    name: &str,
    counts: Counts,
    wall: Timestamp,
) -> Result<BookUnit, Error> {
    if unit.code().starts_with(COMMITMENTS) {
        let message = format!("units that begin with {COMMITMENTS} are made by the service");
        return Err(Error::invalid("/code", message));
    }
    if units::count(tx, book.id).await? >= UNITS_MAX {
        return Err(Refusal::new("too-many-units", format!("a book has at most {UNITS_MAX} units")).into());
    }
    let new = BookUnit { unit, name: name.to_owned(), counts, created_at: wall };
    if !units::insert(tx, book.id, &new).await? {
        return Err(Refusal::new("unit-exists", format!("the book has a unit {unit}")).into());
    }
    Ok(new)
}

/// The unit in which the promises of a currency are kept, made when it is first needed: as many digits, and the code
/// `PLEDGED.USD`.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn commitment(tx: &Transaction<'_>, book: &Book, currency: Currency, wall: Timestamp) -> Result<Unit, Error> {
    let inconsistent = |error: UnitError| Error::inconsistent(format!("the commitment unit of {currency}: {error}"));
    let exponent = u8::try_from(currency.exponent()).map_err(|_| inconsistent(UnitError::Exponent))?;
    let unit = Unit::own(&format!("{COMMITMENTS}{currency}"), exponent).map_err(inconsistent)?;
    let name = format!("{currency} that are pledged");
    units::insert(tx, book.id, &BookUnit { unit, name, counts: Counts::Commitment, created_at: wall }).await?;
    Ok(unit)
}

/// The unit in which the places of tiers are counted, made when it is first needed.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn places(tx: &Transaction<'_>, book: &Book, wall: Timestamp) -> Result<Unit, Error> {
    let inconsistent = |error: UnitError| Error::inconsistent(format!("the unit of places: {error}"));
    let unit = Unit::own(&format!("{COMMITMENTS}PLACES"), 0).map_err(inconsistent)?;
    let name = "Places of tiers".to_owned();
    units::insert(tx, book.id, &BookUnit { unit, name, counts: Counts::Other, created_at: wall }).await?;
    Ok(unit)
}

/// The unit with a code: the book's own, else a currency of ISO 4217.
///
/// # Errors
///
/// [`Error::Invalid`] at `pointer` when there is neither.
pub async fn resolve(
    client: &impl GenericClient,
    book: &Book,
    pointer: &'static str,
    code: &str,
) -> Result<Unit, Error> {
    if let Some(found) = units::find(client, book.id, code).await? {
        return Ok(found.unit);
    }
    let unknown = |_| Error::invalid(pointer, "neither a currency of ISO 4217 with minor units nor a unit of the book");
    code.parse::<Currency>().map(Unit::from).map_err(unknown)
}
