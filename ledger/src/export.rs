//! A book as text that the tools of accountants and auditors read. Pure: rows in, text out.

pub mod hledger;

use crate::book::{AccountClass, MovementKind};
use crate::money::Currency;
use jiff::civil::Date;

/// What the head of an export says of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title<'a> {
    /// The book's outside id.
    pub book: String,
    /// Its name.
    pub name: &'a str,
    /// The last record that is in the export.
    pub through: i64,
}

/// An account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account<'a> {
    /// Path, such as `assets:cash:bank`.
    pub code: &'a str,
    /// What it is for.
    pub class: AccountClass,
}

/// One line of the journal with what it says of its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer<'a> {
    /// Record number of its entry.
    pub number: i64,
    /// Day on which it counts.
    pub effective: Date,
    /// Day on which it happened.
    pub occurred: Date,
    /// Memo of the entry.
    pub memo: &'a str,
    /// What the entry is about.
    pub reference: &'a str,
    /// The entry had a note, and it was erased.
    pub erased: bool,
    /// How the money moved.
    pub kind: MovementKind,
    /// Code of the account debited.
    pub debit: &'a str,
    /// Code of the account credited.
    pub credit: &'a str,
    /// Currency or unit.
    pub unit: &'a str,
    /// Minor units, more than 0.
    pub amount: i64,
}

/// What an account must hold at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assertion<'a> {
    /// Path of the account.
    pub code: &'a str,
    /// Currency or unit.
    pub unit: &'a str,
    /// Debits less credits, minor units.
    pub net: i64,
}

/// A signed number of minor units as a decimal; a unit that is no currency has whole numbers only.
fn decimal(minor: i64, unit: &str) -> String {
    unit.parse::<Currency>().map_or_else(|_| minor.to_string(), |currency| currency.format(minor))
}
