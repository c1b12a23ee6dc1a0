//! What comes back of revoked claims.

use crate::book::{AccountNumber, Entry, Line, MovementKind, Note};
use crate::money::Money;
use jiff::civil::Date;

/// What a team owes of a revoked claim, by its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// What the team owes.
    pub receivable: AccountNumber,
    /// What the fund waits for.
    pub pending: AccountNumber,
    /// The fund.
    pub fund: AccountNumber,
    /// Minor units.
    pub amount: i64,
}

impl Debt {
    fn restored(&self) -> Line {
        line(MovementKind::RecoveryRestored, self.pending, self.fund, self.amount)
    }
}

/// A claim was revoked after releases of it: what was not paid out, team payable → fund; what was, team receivable → recoveries
/// pending. Neither line where it is nothing.
pub fn clawed_back(payable: AccountNumber, unpaid: i64, owed: Debt, day: Date, claim: impl ToString) -> Entry {
    let back = line(MovementKind::ClawbackUnpaid, payable, owed.fund, unpaid);
    let debt = line(MovementKind::ClawbackPaid, owed.receivable, owed.pending, owed.amount);
    let lines = [back, debt].into_iter().filter(|line| line.amount > 0).collect();
    entry(lines, day, "Claim revoked", claim)
}

/// Against what something is set off that a team owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// A release.
    Release,
    /// A payout whose money came back.
    Payout,
}

impl Against {
    fn memo(self) -> &'static str {
        match self {
            Against::Release => "Set off against a release",
            Against::Payout => "Set off against a payout that came back",
        }
    }
}

/// What a team owes of revoked claims was set off: team payable → team receivable, and recoveries pending → fund.
pub fn debts_set_off(
    payable: AccountNumber,
    debts: &[Debt],
    day: Date,
    against: Against,
    reference: impl ToString,
) -> Entry {
    let each = |debt: &Debt| [line(MovementKind::SetOff, payable, debt.receivable, debt.amount), debt.restored()];
    entry(debts.iter().flat_map(each).collect(), day, against.memo(), reference)
}

/// What a team owes of chargebacks was set off against a payout that came back: team payable → team receivable.
pub fn loss_set_off(
    payable: AccountNumber,
    receivable: AccountNumber,
    part: Money,
    day: Date,
    payout: impl ToString,
) -> Entry {
    let paid = line(MovementKind::SetOff, payable, receivable, part.minor());
    entry(vec![paid], day, Against::Payout.memo(), payout)
}

/// A team paid what it owed: cash → team receivable, and recoveries pending → fund.
pub fn debt_recovered(cash: AccountNumber, debt: Debt, day: Date, reference: impl ToString) -> Entry {
    let paid = line(MovementKind::Recovered, cash, debt.receivable, debt.amount);
    entry(vec![paid, debt.restored()], day, "Recovered from a team", reference)
}

/// What a team owed was given up at the expense of the fund: recoveries pending → team receivable.
pub fn debt_given_up(debt: Debt, day: Date, claim: impl ToString) -> Entry {
    let gone = line(MovementKind::WrittenOff, debt.pending, debt.receivable, debt.amount);
    entry(vec![gone], day, "Written off, borne by the fund", claim)
}

/// What a team owed was given up, and the host bore it: risk reserve → team receivable, and recoveries pending → fund.
pub fn debt_borne(reserve: AccountNumber, debt: Debt, day: Date, claim: impl ToString) -> Entry {
    let gone = line(MovementKind::WrittenOff, reserve, debt.receivable, debt.amount);
    entry(vec![gone, debt.restored()], day, "Written off, borne by the host", claim)
}

fn line(kind: MovementKind, debit: AccountNumber, credit: AccountNumber, amount: i64) -> Line {
    Line { kind, debit, credit, amount }
}

fn entry(lines: Vec<Line>, day: Date, memo: &str, reference: impl ToString) -> Entry {
    Entry { lines, effective: day, outside_fact: false, note: Some(Note::new(memo, reference)) }
}
