//! Fees that captures bear, and refunds, as journal entries.

use super::with;
use crate::book::{AccountNumber, Entry, Line, MovementKind, Note};
use crate::money::Money;
use jiff::civil::Date;

/// The same entry with the fees that its terms name: fund → fee payable, and fee payable → receivable for what the custodian's
/// processor keeps at once.
pub fn with_fees(capture: Entry, fees: &[ChargedFee]) -> Entry {
    let Some((receivable, fund)) = capture.lines.first().map(|line| (line.debit, line.credit)) else { return capture };
    let charged = |fee: &ChargedFee| Line {
        kind: MovementKind::FeeCharged,
        debit: fund,
        credit: fee.payable,
        amount: fee.amount,
    };
    let withheld = |fee: &ChargedFee| Line {
        kind: MovementKind::FeeWithheld,
        debit: fee.payable,
        credit: receivable,
        amount: fee.amount,
    };
    let mut lines = capture.lines;
    lines.extend(fees.iter().map(charged));
    lines.extend(fees.iter().filter(|fee| fee.is_withheld).map(withheld));
    Entry { lines, ..capture }
}

/// A fee in the entry of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargedFee {
    /// The account of fees to be passed on to its payee.
    pub payable: AccountNumber,
    /// Minor units, more than zero.
    pub amount: i64,
    /// Whether the custodian's processor keeps it at once.
    pub is_withheld: bool,
}

/// The same entry with what the host has earned of fees by it: fee payable → fee income.
pub fn with_earned(entry: Entry, payable: AccountNumber, income: AccountNumber, amount: Money) -> Entry {
    with(entry, MovementKind::FeeEarned, payable, income, amount.minor())
}

/// Money of a fund that goes back, or comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FundPart {
    /// The fund account.
    pub fund: AccountNumber,
    /// Minor units of what donors' money brought to it, 0 or more.
    pub amount: i64,
}

/// A fee that its payee gives back with a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoneFee {
    /// The account of fees to be passed on to its payee.
    pub payable: AccountNumber,
    /// The host's income when it had earned the fee; none otherwise.
    pub income: Option<AccountNumber>,
    /// Minor units, more than zero.
    pub amount: i64,
}

/// A refund was asked for: fund → refunds in transit, for each fund; and the fees that come back with it: fee income → fee payable
/// when it was earned, fee payable → the first fund, which sends them on.
pub fn refund_sent(
    funds: &[FundPart],
    in_transit: AccountNumber,
    fees: &[UndoneFee],
    day: Date,
    refund: impl ToString,
) -> Entry {
    let kind = MovementKind::RefundSent;
    let mut lines: Vec<Line> = through_first(funds, fees)
        .map(|(fund, amount)| Line { kind, debit: fund, credit: in_transit, amount })
        .collect();
    for fee in fees {
        let UndoneFee { payable, income, amount } = *fee;
        let unearned = income.map(|debit| Line { kind: MovementKind::FeeUnearned, debit, credit: payable, amount });
        lines.extend(unearned);
        let first = funds.first().map(|first| Line {
            kind: MovementKind::FeeReturned,
            debit: payable,
            credit: first.fund,
            amount,
        });
        lines.extend(first);
    }
    Entry { lines, effective: day, outside_fact: false, note: Some(Note::new("Refund sent", refund)) }
}

/// The donor has it: refunds in transit → cash, or the receivable of a charge that has not settled. A fact from outside.
pub fn refund_settled(
    in_transit: AccountNumber,
    from: AccountNumber,
    amount: Money,
    day: Date,
    refund: impl ToString,
) -> Entry {
    let kind = MovementKind::RefundSettled;
    let lines = vec![Line { kind, debit: in_transit, credit: from, amount: amount.minor() }];
    Entry { lines, effective: day, outside_fact: true, note: Some(Note::new("Refund settled", refund)) }
}

/// The donor did not get it: refunds in transit → fund, for each fund, and the fees that had come back are charged again, and
/// earned again where the host has its income. A fact from outside.
pub fn refund_failed(
    in_transit: AccountNumber,
    funds: &[FundPart],
    fees: &[UndoneFee],
    day: Date,
    refund: impl ToString,
) -> Entry {
    let kind = MovementKind::RefundFailed;
    let mut lines: Vec<Line> = through_first(funds, fees)
        .map(|(fund, amount)| Line { kind, debit: in_transit, credit: fund, amount })
        .collect();
    for fee in fees {
        let UndoneFee { payable, income, amount } = *fee;
        let first = funds.first().map(|first| Line {
            kind: MovementKind::FeeCharged,
            debit: first.fund,
            credit: payable,
            amount,
        });
        lines.extend(first);
        let earned = income.map(|credit| Line { kind: MovementKind::FeeEarned, debit: payable, credit, amount });
        lines.extend(earned);
    }
    let note = Some(Note::new("Refund failed", refund));
    Entry { lines, effective: day, outside_fact: true, note }
}

/// What goes through each fund: the first one passes the fees on.
fn through_first<'a>(
    funds: &'a [FundPart],
    fees: &'a [UndoneFee],
) -> impl Iterator<Item = (AccountNumber, i64)> + use<'a> {
    let passed: i64 = fees.iter().map(|fee| fee.amount).sum();
    let with = move |(place, part): (usize, &FundPart)| (part.fund, part.amount + if place == 0 { passed } else { 0 });
    funds.iter().enumerate().map(with).filter(|(_, amount)| *amount > 0)
}
