//! Money that a donor transferred to the bank account of a custodian, as a line of its statement says: a gift when it carries our reference. And
//! what left that account with such a reference.

use super::transfer_reference::{Named, read};
use crate::id::{BankLineId, OrganisationId};
use crate::money::Money;
use jiff::civil::Date;

/// What came by a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The line.
    pub line: BankLineId,
    /// Whose account it is.
    pub custodian: OrganisationId,
    /// What came.
    pub amount: Money,
    /// The day on which the bank booked it.
    pub on: Date,
    /// How the bank names the line.
    pub name: String,
    /// What its reference names; none when it carries none of ours.
    pub named: Option<Named>,
}

/// What a line says that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debit {
    /// The line.
    pub line: BankLineId,
    /// Whose bank it is.
    pub custodian: OrganisationId,
    /// How much, without the fee.
    pub amount: Money,
    /// Minor units that the bank took besides.
    pub fee: i64,
    /// The day on which it left.
    pub on: Date,
}

/// What the reference of a line names, in whatever letters it is written; none when it is none of ours.
pub fn named(reference: &str) -> Option<Named> {
    let plain: String = reference.chars().filter(|letter| !letter.is_whitespace()).collect();
    read(&plain)
}
