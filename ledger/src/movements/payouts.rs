//! Payouts, as journal entries.

use crate::book::{AccountNumber, Entry, Line, MovementKind as Kind, Note};
use crate::money::Money;
use jiff::civil::Date;

/// A payout left what is owed: payable → payouts in transit.
pub fn payout_sent(
    payable: AccountNumber,
    in_transit: AccountNumber,
    amount: Money,
    day: Date,
    payout: impl ToString,
) -> Entry {
    let line = Line { kind: Kind::PayoutSent, debit: payable, credit: in_transit, amount: amount.minor() };
    Entry { lines: vec![line], effective: day, outside_fact: false, note: Some(Note::new("Payout sent", payout)) }
}

/// The bank did not accept it: payouts in transit → payable. A fact from outside.
pub fn payout_failed(
    in_transit: AccountNumber,
    payable: AccountNumber,
    amount: Money,
    day: Date,
    payout: impl ToString,
) -> Entry {
    let line = Line { kind: Kind::PayoutFailed, debit: in_transit, credit: payable, amount: amount.minor() };
    Entry { lines: vec![line], effective: day, outside_fact: true, note: Some(Note::new("Payout failed", payout)) }
}

/// It left the bank: payouts in transit → cash. What the bank kept of it is owed again and at once paid by what is owed, so that the
/// payee bears it: payouts in transit → payable → cash. A fact from outside.
pub fn payout_settled(
    in_transit: AccountNumber,
    cash: AccountNumber,
    payable: AccountNumber,
    amount: Money,
    fee: i64,
    day: Date,
    payout: impl ToString,
) -> Entry {
    let settled = Line { kind: Kind::PayoutSettled, debit: in_transit, credit: cash, amount: amount.minor() };
    let mut lines = vec![settled];
    if fee > 0 {
        lines.push(Line { kind: Kind::PayoutFailed, debit: in_transit, credit: payable, amount: fee });
        lines.push(Line { kind: Kind::PayoutFee, debit: payable, credit: cash, amount: fee });
    }
    Entry { lines, effective: day, outside_fact: true, note: Some(Note::new("Payout settled", payout)) }
}

/// It came back: cash → payable; and what the bank kept of that: payable → cash. A fact from outside.
pub fn payout_returned(
    cash: AccountNumber,
    payable: AccountNumber,
    amount: Money,
    fee: i64,
    day: Date,
    payout: impl ToString,
) -> Entry {
    let whole = amount.minor() + fee;
    let mut lines = vec![Line { kind: Kind::PayoutReturned, debit: cash, credit: payable, amount: whole }];
    if fee > 0 {
        lines.push(Line { kind: Kind::PayoutFee, debit: payable, credit: cash, amount: fee });
    }
    Entry { lines, effective: day, outside_fact: true, note: Some(Note::new("Payout returned", payout)) }
}
