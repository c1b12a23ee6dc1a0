//! A sale or a cost of a cooperative.

use super::cooperative::{ProceedsKind, Quantity};
use super::undone::{self, Undone};
use crate::book::AccountNumber;
use crate::error::Refusal;
use crate::id::{PersonId, ProceedsId};
use crate::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;

/// The longest name of a product, a place or a counterparty.
pub const PARTICULAR_MAX: usize = 100;

/// What else is known of a sale or a cost; no money depends on it but by [`Particulars::non_member`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Particulars {
    /// The product, by the name or number that the cooperative has for it; may be empty.
    pub product: String,
    /// How much of it, exact to the hundredth, more than 0; none where nobody counted.
    pub units: Option<Quantity>,
    /// Where it was sold or bought; may be empty.
    pub place: String,
    /// The organisation with which it was, by its name or registered number: never a person; may be empty.
    pub counterparty: String,
    /// Whether it was business with somebody who is no member.
    pub non_member: bool,
}

/// A sale or a cost. Written once, and taken back once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proceeds {
    /// Its id.
    pub id: ProceedsId,
    /// Whether it is a sale or a cost.
    pub kind: ProceedsKind,
    /// Account of the sales or of the cost, which the result closes.
    pub account: AccountNumber,
    /// Last part of its code: what was sold, or what it cost.
    pub label: String,
    /// The amount of the sale or cost, without tax.
    pub amount: Money,
    /// Value added tax on top of it, minor units; 0 where there is none.
    pub vat: i64,
    /// The day on which it happened.
    pub occurred_on: Date,
    /// Whether its customer had still to pay when it was sold; a cost is never a sale.
    pub on_credit: bool,
    /// What else is known of it.
    pub particulars: Particulars,
    /// Text for people.
    pub memo: String,
    /// The cooperative's own number of the invoice; empty when there is none.
    pub reference: String,
    /// Record number of its journal entry.
    pub entry: i64,
    /// Who wrote it down.
    pub recorded_by: PersonId,
    /// When it was written down, in book time.
    pub recorded_at: Timestamp,
    /// By whom and why it was taken back, if it was.
    pub undone: Option<Undone>,
}

impl Proceeds {
    /// Refuses with `already-reversed` what was taken back.
    pub fn stands(&self) -> Result<(), Refusal> {
        undone::stands(self.undone.as_ref(), &format!("the {} was taken back: record it again", self.kind))
    }
}
