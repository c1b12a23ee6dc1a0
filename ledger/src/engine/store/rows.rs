//! Reads columns of rows: words, money, days, digests, moments, pieces of evidence.

use crate::error::Error;
use crate::evidence::{Digest, Evidence};
use crate::money::{Currency, Money};
use jiff::Timestamp;
use tokio_postgres::Row;

/// A word or code of a row, which a CHECK of its table vouches for.
pub(crate) fn word<T>(text: &str) -> Result<T, Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|error: T::Err| Error::inconsistent(format!("{text}: {error}")))
}

/// An amount of a row.
pub(crate) fn money(minor: i64, currency: Currency) -> Result<Money, Error> {
    Money::from_minor(minor, currency).map_err(|error| Error::inconsistent(format!("{minor} {currency}: {error}")))
}

/// What a donor paid in another currency than that of the campaign, of a row; none when it was paid in that.
pub(crate) fn original(row: &Row) -> Result<Option<Money>, Error> {
    let Some(currency) = row.get::<_, Option<&str>>("original_currency") else { return Ok(None) };
    money(row.get("original_amount"), word(currency)?).map(Some)
}

pub(crate) fn days(row: &Row, column: &str) -> Result<u16, Error> {
    u16::try_from(row.get::<_, i16>(column)).map_err(|_| Error::inconsistent(format!("a negative {column}")))
}

/// A digest of a row.
pub(crate) fn digest(bytes: &[u8]) -> Result<Digest, Error> {
    bytes.try_into().map(Digest).map_err(|_| Error::inconsistent("a digest that has not 32 bytes"))
}

pub(crate) fn moment(row: &Row, column: &str) -> Result<Timestamp, Error> {
    row.get::<_, Option<Timestamp>>(column).ok_or_else(|| Error::inconsistent(format!("a claim without {column}")))
}

/// A piece of evidence of a row.
pub(crate) fn piece(row: &Row) -> Result<Evidence, Error> {
    let licence = Some(row.get::<_, String>("licence")).filter(|id| !id.is_empty());
    let kind = word(row.get("kind"))?;
    Evidence::new("/evidence", kind, row.get("title"), row.get("url"), digest(row.get("sha256"))?, licence)
        .map_err(|error| Error::inconsistent(error.to_string()))
}

/// A sum over any number of rows, which the query hands over as text: a `bigint` may be too small for it.
pub(crate) fn sum(row: &Row, column: &str) -> Result<i128, Error> {
    let text: &str = row.get(column);
    text.parse().map_err(|_| Error::inconsistent(format!("{column}: {text} is no sum")))
}
