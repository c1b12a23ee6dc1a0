//! What the bank of sandbox books does with a payout, by the last four characters of the account that it goes to.

use crate::calendar::days_after;
use crate::money::Money;
use crate::payouts::rules::bank_line::{Direction, Told};
use crate::payouts::rules::payout::Payout;
use crate::words::words;
use jiff::civil::Date;

/// Days after which a line says that a payout left the bank.
pub const SETTLES_AFTER: i64 = 1;
/// Days after which one that comes back does.
pub const RETURNS_AFTER: i64 = 6;
/// Why the bank rejects what it rejects.
pub const REJECTED: &str = "AC04 closed account number";

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
}

/// The line by which a payout that was sent on a day leaves the bank, or comes back.
pub fn line(payout: &Payout, sent_on: Date, behaviour: Option<Behaviour>, direction: Direction) -> Told {
    let currency = payout.amount.currency();
    let one = 10_i64.pow(currency.exponent());
    let keeps = behaviour.is_some_and(Behaviour::keeps_fee) && payout.amount.minor() > one;
    let fee = if keeps && direction == Direction::Debit { one } else { 0 };
    let amount = Money::from_minor(payout.amount.minor() - fee, currency).unwrap_or(payout.amount);
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
