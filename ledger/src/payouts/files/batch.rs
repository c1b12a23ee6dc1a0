//! What a file orders from a bank, whatever its format.

use crate::money::{Currency, Money};
use crate::payouts::rules::bank_details::BankDetails;
use jiff::Timestamp;
use jiff::civil::Date;

/// Whose account it is, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Holder, number and address.
    pub details: BankDetails,
    /// Where the bank is, of ISO 3166-1.
    pub bank_country: String,
}

/// One credit transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The end-to-end id, by which the line of a statement finds its payout.
    pub reference: String,
    /// How much, in the currency of the file.
    pub amount: Money,
    /// What the payee reads beside it; may be empty.
    pub memo: String,
    /// Who gets it.
    pub to: Party,
}

/// Transfers from one account, in one currency, on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What names the file at the bank: 35 letters and digits at most.
    pub message: String,
    /// When the file was ready.
    pub made_at: Timestamp,
    /// The day on which the bank is asked to execute it.
    pub execution_on: Date,
    /// Of all its payments.
    pub currency: Currency,
    /// How the bank knows who orders, where the format asks for it: a company id of ten characters at most.
    pub originator: String,
    /// From whose account.
    pub from: Party,
    /// In the order of the file.
    pub payments: Vec<Payment>,
}

impl Batch {
    /// Minor units of all its payments.
    pub fn total(&self) -> i128 {
        self.payments.iter().map(|payment| i128::from(payment.amount.minor())).sum()
    }
}

/// Why a batch cannot be written in a format; without the number of any account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The format has no room for the accounts of these payments, by their references in the order of the file.
    #[error("the accounts of payments have numbers that this format cannot hold: {}", .0.join(", "))]
    Accounts(Vec<String>),
    /// The format has no room for the account that pays.
    #[error("the account that pays has a number that this format cannot hold")]
    Debtor,
    /// The format has no room for an amount or a sum.
    #[error("an amount has more digits than this format holds")]
    Amount,
    /// The text could not be put together.
    #[error("the file could not be written: {0}")]
    Text(String),
}
