//! Looking for entries by what people know of them. From outside, only what may be read there is found.

use super::{kinds_in_sums, open_entries};
use crate::book::MovementKind;
use crate::engine::store::books::Book;
use crate::engine::store::journal::{self, JournalLine};
use crate::engine::store::units;
use crate::error::Error;
use crate::money::{EXPONENT_MAX, Unit};
use crate::reports::store::found_lines::{self, Known};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// So many lines are looked at: the newest before the page.
pub const LOOKED_AT: i64 = 100_000;

/// What somebody looks for. All that is given holds of what is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search<'a> {
    /// A decimal: the amount of a line, in whatever unit.
    pub amount: Option<&'a str>,
    /// It counts from this day on.
    pub from: Option<Date>,
    /// It counts until and with this day.
    pub to: Option<Date>,
    /// The number of an entry.
    pub number: Option<i64>,
    /// What an entry is about; from outside nothing is found by it.
    pub reference: Option<&'a str>,
}

/// What was found: lines, the newest first.
#[derive(Debug, Clone)]
pub struct Found {
    /// The lines, with their units.
    pub lines: Vec<(JournalLine, Unit)>,
    /// Before which position the next page is looked for; none when nothing else is found.
    pub next: Option<i64>,
}

/// A page of the lines that are looked for, before a position, at most `limit`.
///
/// # Errors
///
/// [`Error::Invalid`] at `/amount` when it is no decimal.
pub async fn search(
    client: &impl GenericClient,
    book: &Book,
    is_outside: bool,
    search: &Search<'_>,
    before: Option<i64>,
    limit: usize,
) -> Result<Found, Error> {
    let amounts = search.amount.map(minors).transpose()?.unwrap_or_default();
    let nothing = Found { lines: Vec::new(), next: None };
    // Positions are numbers shifted by 16: larger numbers do not exist.
    let is_no_number = search.number.is_some_and(|number| !(1..1 << 46).contains(&number));
    if is_no_number || (is_outside && search.reference.is_some()) {
        return Ok(nothing);
    }
    let hidden: Vec<MovementKind> = if is_outside { kinds_in_sums() } else { Vec::new() };
    let known = Known {
        amounts: &amounts,
        from: search.from,
        to: search.to,
        number: search.number,
        reference: search.reference,
        not_of: &hidden,
    };
    let fetch = i64::try_from(limit).unwrap_or(LOOKED_AT);
    let before = before.unwrap_or(i64::MAX);
    let positions = found_lines::positions(client, book.id, &known, before, (LOOKED_AT, fetch)).await?;
    let next = positions.last().copied().filter(|_| positions.len() == limit);
    let mut lines = journal::lines_at(client, book.id, &positions).await?;
    if is_outside {
        let numbers: Vec<i64> = lines.iter().map(|line| line.number).collect();
        let open = open_entries(client, book, &numbers).await?;
        lines.retain(|line| open.contains(&line.number));
    }
    lines.reverse();
    let units = units::load(client, book.id).await?;
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        let unit = units.get(&line.unit)?;
        if search.amount.is_none_or(|amount| unit.parse(amount) == Ok(line.amount)) {
            found.push((line, unit));
        }
    }
    Ok(Found { lines: found, next })
}

/// What a decimal may come to in minor units, by the digits that a unit may have.
fn minors(decimal: &str) -> Result<Vec<i64>, Error> {
    let units = (0..=EXPONENT_MAX).filter_map(|exponent| Unit::own("ANY-UNIT", exponent).ok());
    let mut minors: Vec<i64> = units.filter_map(|unit| unit.parse(decimal).ok()).collect();
    minors.dedup();
    if minors.is_empty() {
        return Err(Error::invalid("/amount", "a decimal such as 130.00, more than zero"));
    }
    Ok(minors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_looked_for_in_every_unit_that_can_hold_it() {
        assert_eq!(minors("1.50").unwrap()[..3], [15, 150, 1_500]);
        assert_eq!(minors("7").unwrap().len(), 9);
        for wrong in ["", "-1", "0", "1,50", "1e3", "١"] {
            assert!(minors(wrong).is_err(), "{wrong}");
        }
    }
}
