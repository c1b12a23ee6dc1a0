//! What the lines of a bank say that moved, as journal entries: facts from outside, never refused for a closed period.

use crate::book::{AccountNumber, Entry, Line, MovementKind as Kind, Note};
use jiff::civil::Date;

/// The bank took something for its services: bank charges → cash. Minor units; a fact from outside.
pub fn bank_fee(charges: AccountNumber, cash: AccountNumber, minor: i64, day: Date, line: impl ToString) -> Entry {
    moved(Line { kind: Kind::BankFee, debit: charges, credit: cash, amount: minor }, day, "Charge of the bank", line)
}

/// The bank paid interest: cash → interest. Minor units; a fact from outside.
pub fn interest(cash: AccountNumber, income: AccountNumber, minor: i64, day: Date, line: impl ToString) -> Entry {
    moved(Line { kind: Kind::Interest, debit: cash, credit: income, amount: minor }, day, "Interest", line)
}

/// A customer paid what it had bought: cash → customer receivable. Minor units; a fact from outside.
pub fn customer_paid(
    cash: AccountNumber,
    receivable: AccountNumber,
    minor: i64,
    day: Date,
    line: impl ToString,
) -> Entry {
    moved(
        Line { kind: Kind::CustomerPaid, debit: cash, credit: receivable, amount: minor },
        day,
        "Paid by a customer",
        line,
    )
}

/// A cost was paid: costs payable → cash. Minor units; a fact from outside.
pub fn cost_paid(payable: AccountNumber, cash: AccountNumber, minor: i64, day: Date, line: impl ToString) -> Entry {
    moved(Line { kind: Kind::CostPaid, debit: payable, credit: cash, amount: minor }, day, "Cost paid", line)
}

/// A lender lent money: cash → loan payable. Minor units; a fact from outside.
pub fn loan_received(cash: AccountNumber, loan: AccountNumber, minor: i64, day: Date, line: impl ToString) -> Entry {
    moved(Line { kind: Kind::LoanReceived, debit: cash, credit: loan, amount: minor }, day, "Loan received", line)
}

/// Some of a loan was paid back: loan payable → cash. Minor units; a fact from outside.
pub fn loan_repaid(loan: AccountNumber, cash: AccountNumber, minor: i64, day: Date, line: impl ToString) -> Entry {
    moved(Line { kind: Kind::LoanRepaid, debit: loan, credit: cash, amount: minor }, day, "Loan repaid", line)
}

/// A member paid in capital: cash → member capital. Minor units; a fact from outside.
pub fn capital_paid_in(
    cash: AccountNumber,
    capital: AccountNumber,
    minor: i64,
    day: Date,
    line: impl ToString,
) -> Entry {
    moved(Line { kind: Kind::CapitalPaidIn, debit: cash, credit: capital, amount: minor }, day, "Capital paid in", line)
}

/// A member paid parts of a joining contribution: cash → reserve, cash → member capital. Minor units, of which one may be 0; a fact from
/// outside.
pub fn joining_paid_in(
    cash: AccountNumber,
    (reserve, to_reserve): (AccountNumber, i64),
    (capital, to_capital): (AccountNumber, i64),
    day: Date,
    line: impl ToString,
) -> Entry {
    let mut lines = vec![
        Line { kind: Kind::ReservePaidIn, debit: cash, credit: reserve, amount: to_reserve },
        Line { kind: Kind::CapitalPaidIn, debit: cash, credit: capital, amount: to_capital },
    ];
    lines.retain(|line| line.amount > 0);
    let note = Some(Note::new("Joining contribution paid in", line));
    Entry { lines, effective: day, outside_fact: true, note }
}

fn moved(line: Line, day: Date, memo: &str, of: impl ToString) -> Entry {
    Entry { lines: vec![line], effective: day, outside_fact: true, note: Some(Note::new(memo, of)) }
}
