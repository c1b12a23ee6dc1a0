//! A file, whatever its format, as parcels of its lines.

use super::camt053::Camt053;
use super::csv_statement::{CsvStatement, Map};
use crate::payouts::rules::statement_file::{FileLine, Format, LINES_MAX, PAGE, Part, Statement, Wrong};
use std::io::BufRead;

/// How a file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// As camt.053.
    Camt053,
    /// As a table.
    Csv(Box<Map>),
}

impl Reading {
    /// The format.
    pub fn format(&self) -> Format {
        match self {
            Reading::Camt053 => Format::Camt053,
            Reading::Csv(_) => Format::Csv,
        }
    }
}

/// What is handed on of a file that is read.
#[derive(Debug)]
pub enum Parcel {
    /// Its next lines, not more than a page.
    Lines(Vec<FileLine>),
    /// All of it was read: its statements, and how many of its entries are no lines.
    End {
        /// In their order.
        statements: Vec<Statement>,
        /// Entries of nothing, or not booked.
        skipped: i64,
    },
}

/// Reads a file to its end, and hands on what it says; stops when nobody takes it any more.
///
/// # Errors
///
/// What is wrong with the file.
pub fn read(source: impl BufRead, reading: Reading, mut hand_on: impl FnMut(Parcel) -> bool) -> Result<(), Wrong> {
    let mut file = match reading {
        Reading::Camt053 => Open::Camt053(Box::new(Camt053::new(source))),
        Reading::Csv(map) => Open::Csv(Box::new(CsvStatement::new(source, *map)?)),
    };
    let (mut lines, mut statements, mut count) = (Vec::with_capacity(PAGE), Vec::new(), 0);
    while let Some(part) = file.part()? {
        match part {
            Part::Line(line) => {
                count += 1;
                if count > LINES_MAX {
                    return Err(Wrong::new(line.at, format!("more than {LINES_MAX} lines: send the file in parts")));
                }
                lines.push(line);
            }
            Part::Statement(statement) => statements.push(statement),
        }
        if lines.len() == PAGE && !hand_on(Parcel::Lines(std::mem::replace(&mut lines, Vec::with_capacity(PAGE)))) {
            return Ok(());
        }
    }
    let is_wanted = lines.is_empty() || hand_on(Parcel::Lines(lines));
    if is_wanted {
        hand_on(Parcel::End { statements, skipped: file.skipped() });
    }
    Ok(())
}

enum Open<R: BufRead> {
    Camt053(Box<Camt053<R>>),
    Csv(Box<CsvStatement<R>>),
}

impl<R: BufRead> Open<R> {
    fn part(&mut self) -> Result<Option<Part>, Wrong> {
        match self {
            Open::Camt053(file) => file.part(),
            Open::Csv(file) => file.part(),
        }
    }

    fn skipped(&self) -> i64 {
        match self {
            Open::Camt053(file) => file.skipped(),
            Open::Csv(file) => file.skipped(),
        }
    }
}
