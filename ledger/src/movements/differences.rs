//! Differences of rates, as lines beside the entry of a refund, or of cash that arrives; and of banks, which nothing explains.

use super::{one, with};
use crate::book::{AccountNumber, Entry, MovementKind, Note};
use crate::money::Money;
use jiff::civil::Date;

/// An entry for differences alone, still without a line. A fact from outside.
pub fn differences(day: Date, about: impl ToString) -> Entry {
    let note = Some(Note::new("Exchange difference", about));
    Entry { lines: Vec::new(), effective: day, outside_fact: true, note }
}

/// The same entry with what a refund cost more than it gave back: exchange loss → what the host owes its custodian.
pub fn with_exchange_loss(entry: Entry, losses: AccountNumber, owed: AccountNumber, amount: i64) -> Entry {
    with(entry, MovementKind::ExchangeLossBooked, losses, owed, amount)
}

/// The same entry with what a refund cost less than it gave back: cash of its custodian → exchange gain.
pub fn with_exchange_gain(entry: Entry, cash: AccountNumber, gains: AccountNumber, amount: i64) -> Entry {
    with(entry, MovementKind::ExchangeGainBooked, cash, gains, amount)
}

/// The same entry with what its custodian takes of the host's own money for what it was owed: owed → cash.
pub fn with_exchange_loss_paid(entry: Entry, owed: AccountNumber, cash: AccountNumber, amount: i64) -> Entry {
    with(entry, MovementKind::ExchangeLossPaid, owed, cash, amount)
}

/// A bank has more than the book: cash → suspense.
pub fn difference_suspended(
    cash: AccountNumber,
    suspense: AccountNumber,
    amount: Money,
    day: Date,
    difference: impl ToString,
) -> Entry {
    one(MovementKind::DifferenceMoved, cash, suspense, amount, day, "More at the bank", difference)
}

/// A bank has less than the book: shortfall → cash.
pub fn difference_short(
    shortfall: AccountNumber,
    cash: AccountNumber,
    amount: Money,
    day: Date,
    difference: impl ToString,
) -> Entry {
    one(MovementKind::DifferenceMoved, shortfall, cash, amount, day, "Less at the bank", difference)
}
