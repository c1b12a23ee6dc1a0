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

/// A cooperative sold something: cash → sales.
pub fn sales_recorded(
    cash: AccountNumber,
    sales: AccountNumber,
    amount: Money,
    day: Date,
    sale: impl ToString,
) -> Entry {
    one(MovementKind::SalesRecorded, cash, sales, amount, day, "Sales", sale)
}

/// Production cost something, to be paid: cost → costs payable.
pub fn cost_recorded(
    cost: AccountNumber,
    payable: AccountNumber,
    amount: Money,
    day: Date,
    record: impl ToString,
) -> Entry {
    one(MovementKind::CostRecorded, cost, payable, amount, day, "Cost", record)
}

/// A period's result was closed: sales → surplus, then surplus → costs.
pub fn result_closed(
    surplus: AccountNumber,
    sales: &[(AccountNumber, Money)],
    costs: &[(AccountNumber, Money)],
    day: Date,
    period: impl ToString,
) -> Entry {
    let kind = MovementKind::ResultClosed;
    let earned =
        sales.iter().map(|(from, amount)| Line { kind, debit: *from, credit: surplus, amount: amount.minor() });
    let spent = costs.iter().map(|(to, amount)| Line { kind, debit: surplus, credit: *to, amount: amount.minor() });
    Entry {
        lines: earned.chain(spent).collect(),
        effective: day,
        outside_fact: false,
        note: Some(Note::new("Result closed", period)),
    }
}

/// A surplus was distributed: surplus → reserve, development fund, lenders, members; one line each.
pub fn surplus_allocated(
    surplus: AccountNumber,
    parts: &[(AccountNumber, Money)],
    day: Date,
    distribution: impl ToString,
) -> Entry {
    let kind = MovementKind::SurplusAllocated;
    let lines = parts.iter().map(|(to, amount)| Line { kind, debit: surplus, credit: *to, amount: amount.minor() });
    Entry {
        lines: lines.collect(),
        effective: day,
        outside_fact: false,
        note: Some(Note::new("Surplus allocated", distribution)),
    }
}

/// A custodian captured what a sponsor gave: receivable → purse. A fact from outside.
pub fn purse_pledged(
    receivable: AccountNumber,
    purse: AccountNumber,
    amount: Money,
    day: Date,
    contribution: impl ToString,
) -> Entry {
    outside(one(
        MovementKind::PursePledged,
        receivable,
        purse,
        amount,
        day,
        "Purse contribution captured",
        contribution,
    ))
}

/// A custodian captured the entry fee of a team: receivable → entry fees. A fact from outside.
pub fn entry_fee_captured(
    receivable: AccountNumber,
    fees: AccountNumber,
    amount: Money,
    day: Date,
    entrant: impl ToString,
) -> Entry {
    outside(one(MovementKind::EntryFeeCaptured, receivable, fees, amount, day, "Entry fee captured", entrant))
}

/// The prizes of a challenge became payable: purse → prize payable, one line each.
pub fn prize_awarded(
    purse: AccountNumber,
    prizes: &[(AccountNumber, Money)],
    day: Date,
    challenge: impl ToString,
) -> Entry {
    spread(MovementKind::PrizeAwarded, purse, prizes, day, "Prizes awarded", challenge)
}

/// Purse money goes back to its sponsors: purse → refunds in transit, one line a contribution.
pub fn purse_returned(
    purse: AccountNumber,
    parts: &[(AccountNumber, Money)],
    day: Date,
    challenge: impl ToString,
) -> Entry {
    spread(MovementKind::PurseReturned, purse, parts, day, "Purse returned", challenge)
}

/// Entry fees pay for running the challenge, as its rules say: entry fees → operating fund.
pub fn entry_fee_earned(
    fees: AccountNumber,
    operating: AccountNumber,
    amount: Money,
    day: Date,
    challenge: impl ToString,
) -> Entry {
    one(MovementKind::EntryFeeEarned, fees, operating, amount, day, "Entry fees earned", challenge)
}

/// Entry fees go back to their teams: entry fees → refunds in transit, one line a fee.
pub fn entry_fee_returned(
    fees: AccountNumber,
    parts: &[(AccountNumber, Money)],
    day: Date,
    challenge: impl ToString,
) -> Entry {
    spread(MovementKind::EntryFeeReturned, fees, parts, day, "Entry fees returned", challenge)
}

fn spread(
    kind: MovementKind,
    debit: AccountNumber,
    parts: &[(AccountNumber, Money)],
    day: Date,
    memo: &str,
    reference: impl ToString,
) -> Entry {
    let lines = parts.iter().map(|(credit, amount)| Line { kind, debit, credit: *credit, amount: amount.minor() });
    Entry { lines: lines.collect(), effective: day, outside_fact: false, note: Some(Note::new(memo, reference)) }
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
