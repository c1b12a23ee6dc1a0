//! Every way money moves, as journal entries: one function a movement, mirroring the table of `book::movement`.

use crate::book::{AccountNumber, Entry, Line, MovementKind, Note};
use crate::money::Money;
use jiff::civil::Date;

/// A custodian captured a due payment: receivable → fund. A fact from outside, never refused for a closed period.
pub fn charge_captured(
    receivable: AccountNumber,
    fund: AccountNumber,
    amount: Money,
    day: Date,
    charge: impl ToString,
) -> Entry {
    outside(one(MovementKind::ChargeCaptured, receivable, fund, amount, day, "Charge captured", charge))
}

/// A custodian paid over what it had captured: cash → receivable. A fact from outside.
pub fn receivable_settled(
    cash: AccountNumber,
    receivable: AccountNumber,
    amount: Money,
    day: Date,
    settlement: impl ToString,
) -> Entry {
    outside(one(MovementKind::ReceivableSettled, cash, receivable, amount, day, "Receivable settled", settlement))
}

/// An approved milestone became payable to its team: fund → team payable.
pub fn milestone_released(
    fund: AccountNumber,
    payable: AccountNumber,
    amount: Money,
    day: Date,
    release: impl ToString,
) -> Entry {
    one(MovementKind::MilestoneReleased, fund, payable, amount, day, "Milestone released", release)
}

/// A donor redirected settled money to another purpose: fund → fund.
pub fn fund_moved(from: AccountNumber, to: AccountNumber, amount: Money, day: Date, pledge: impl ToString) -> Entry {
    one(MovementKind::FundMoved, from, to, amount, day, "Redirected by the donor", pledge)
}

fn one(
    kind: MovementKind,
    debit: AccountNumber,
    credit: AccountNumber,
    amount: Money,
    day: Date,
    memo: &str,
    reference: impl ToString,
) -> Entry {
    Entry {
        lines: vec![Line { kind, debit, credit, amount: amount.minor() }],
        effective: day,
        outside_fact: false,
        note: Some(Note::new(memo, reference)),
    }
}

fn outside(entry: Entry) -> Entry {
    Entry { outside_fact: true, ..entry }
}
