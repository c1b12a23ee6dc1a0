//! What the bank of sandbox books does with a payout, by the last four characters of the account that it goes to.
//!
//! What is sent by itself it answers by itself, by lines. What stands in a file it answers by files: a status report at once, and a
//! statement for each of its days on which it moved something, once that day is over.

use crate::calendar::days_after;
use crate::money::Money;
use crate::payouts::files::pain002::Status;
use crate::payouts::rules::bank_line::{Direction, Told};
use crate::payouts::rules::payout::Payout;
use crate::words::words;
use jiff::civil::Date;

/// Days after which a line says that a payout left the bank.
pub const SETTLES_AFTER: i64 = 1;
/// Days after which one that comes back does.
pub const RETURNS_AFTER: i64 = 6;
/// Days after which one that comes back does, from the day on which the bank paid it.
pub const BACK_AFTER: i64 = RETURNS_AFTER - SETTLES_AFTER;
/// Why the bank rejects what it rejects.
pub const REJECTED: &str = "AC04 closed account number";
/// The same as a code, also of what comes back.
pub const CLOSED_ACCOUNT: &str = "AC04";

words! {
    /// What the bank does. Any other account takes what is sent to it.
    Behaviour, "behaviour of the sandbox bank" {
        /// It rejects the payout.
        Rejects = "0001",
        /// It takes it, and sends it back five days later.
        Returns = "0002",
        /// It keeps a fee of 1.00 of it.
        KeepsFee = "0003",
        /// The same, and it sends it back with the fee.
        ReturnsWithFee = "0004",
        /// It says nothing.
        Silent = "0005",
    }
}

/// Which that is; none for an account that takes it.
pub fn of(last_four: &str) -> Option<Behaviour> {
    last_four.parse().ok()
}

impl Behaviour {
    fn keeps_fee(self) -> bool {
        matches!(self, Behaviour::KeepsFee | Behaviour::ReturnsWithFee)
    }

    /// Whether it sends the money back.
    pub fn comes_back(self) -> bool {
        matches!(self, Behaviour::Returns | Behaviour::ReturnsWithFee)
    }

    /// Whether it pays what is sent to it.
    pub fn pays(self) -> bool {
        !matches!(self, Behaviour::Rejects | Behaviour::Silent)
    }
}

/// A payout as it stands in a file that the bank has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// The end-to-end id.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// The last four characters of the account that it goes to.
    pub last_four: String,
    /// The day on which the bank pays: that of execution, or that of sending where it is later.
    pub on: Date,
    /// Whether it was given up, or the host was told that the bank rejects it.
    pub has_failed: bool,
}

impl Ordered {
    /// What the report of the bank says of it; none where it says nothing.
    pub fn status(&self) -> Option<Status> {
        let status = |code: &str, reason: &str| Some(Status { code: code.to_owned(), reason: reason.to_owned() });
        match of(&self.last_four) {
            Some(Behaviour::Rejects) => status("RJCT", CLOSED_ACCOUNT),
            Some(Behaviour::Silent) => None,
            Some(Behaviour::Returns | Behaviour::KeepsFee | Behaviour::ReturnsWithFee) | None => status("ACSP", ""),
        }
    }

    /// The lines of its statements on days before one.
    pub fn lines(&self, before: Date) -> Vec<Told> {
        let behaviour = of(&self.last_four);
        if self.has_failed || behaviour.is_some_and(|behaviour| !behaviour.pays()) {
            return Vec::new();
        }
        let line = |direction: Direction, value_on: Date| {
            let (amount, fee) = split(self.amount, behaviour, direction);
            // As long as an own reference of the bank may be.
            let letter = if direction == Direction::Debit { 'D' } else { 'C' };
            let reference = format!("{letter}{}", self.reference);
            Told { reference, direction, amount, fee, value_on, end_to_end: self.reference.clone() }
        };
        let mut lines = vec![line(Direction::Debit, self.on)];
        if behaviour.is_some_and(Behaviour::comes_back) {
            lines.push(line(Direction::Credit, days_after(self.on, BACK_AFTER)));
        }
        lines.retain(|line| line.value_on < before);
        lines
    }
}

/// What the report of the bank says of a whole file, by what it says of its payouts.
pub fn group_status(ordered: &[Ordered]) -> Status {
    let rejected = ordered.iter().filter_map(Ordered::status).filter(Status::is_rejected).count();
    let (code, reason) = match rejected {
        0 => ("ACCP", ""),
        all if all == ordered.len() => ("RJCT", CLOSED_ACCOUNT),
        _some => ("PART", ""),
    };
    Status { code: code.to_owned(), reason: reason.to_owned() }
}

/// What moves of an amount, and what the bank keeps of it besides.
fn split(whole: Money, behaviour: Option<Behaviour>, direction: Direction) -> (Money, i64) {
    let currency = whole.currency();
    let one = 10_i64.pow(currency.exponent());
    let keeps = behaviour.is_some_and(Behaviour::keeps_fee) && whole.minor() > one;
    let fee = if keeps && direction == Direction::Debit { one } else { 0 };
    (Money::from_minor(whole.minor() - fee, currency).unwrap_or(whole), fee)
}

/// The line by which a payout that was sent on a day leaves the bank, or comes back.
pub fn line(payout: &Payout, sent_on: Date, behaviour: Option<Behaviour>, direction: Direction) -> Told {
    let (amount, fee) = split(payout.amount, behaviour, direction);
    let after = match direction {
        Direction::Debit => SETTLES_AFTER,
        Direction::Credit => RETURNS_AFTER,
    };
    Told {
        reference: format!("sandbox-{}-{direction}", payout.reference),
        direction,
        amount,
        fee,
        value_on: days_after(sent_on, after),
        end_to_end: payout.reference.clone(),
    }
}
