//! Value added tax of a cooperative: what comes on top of sales and costs, and what is declared of it to the tax office.
//!
//! Sales and costs are what they are without the tax, which lies on two accounts of its own until it is declared: so no result and no
//! surplus counts it. A declaration takes what was paid on costs off what came on sales; the rest is owed to the office like a cost, or
//! by it like what a customer owes, and is paid by a line of the bank.

use super::undone::{self, Undone};
use crate::error::Refusal;
use crate::id::{PersonId, VatDeclarationId};
use jiff::Timestamp;
use jiff::civil::Date;

/// What was declared to a tax office. Written once, and taken back once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatDeclaration {
    /// Its id.
    pub id: VatDeclarationId,
    /// The last day of the period that it is for: all of the tax until then that no declaration had.
    pub through: Date,
    /// The tax office: a short name.
    pub office: String,
    /// Tax on sales, minor units.
    pub on_sales: i64,
    /// Tax on costs, minor units.
    pub on_costs: i64,
    /// Text for people; never a name.
    pub memo: String,
    /// Record number of its journal entry.
    pub entry: i64,
    /// Who wrote it down.
    pub recorded_by: PersonId,
    /// When it was written down, in book time.
    pub recorded_at: Timestamp,
    /// By whom and why it was taken back, if it was.
    pub undone: Option<Undone>,
}

/// What declared tax comes to. Minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Tax on costs that is taken off tax on sales.
    pub set_off: i64,
    /// What is owed to the office.
    pub owed: i64,
    /// What the office owes.
    pub due_back: i64,
}

/// Takes tax on costs off tax on sales; both 0 or more, minor units.
///
/// ```
/// use ledger::cooperatives::rules::vat_declaration::{Settled, settle};
///
/// assert_eq!(settle(1_900, 950), Settled { set_off: 950, owed: 950, due_back: 0 });
/// assert_eq!(settle(500, 950), Settled { set_off: 500, owed: 0, due_back: 450 });
/// ```
pub fn settle(on_sales: i64, on_costs: i64) -> Settled {
    let set_off = on_sales.min(on_costs);
    Settled { set_off, owed: on_sales - set_off, due_back: on_costs - set_off }
}

impl VatDeclaration {
    /// What it came to.
    pub fn settled(&self) -> Settled {
        settle(self.on_sales, self.on_costs)
    }

    /// Refuses with `already-reversed` what was taken back.
    pub fn stands(&self) -> Result<(), Refusal> {
        undone::stands(self.undone.as_ref(), "the declaration was taken back: write it down again")
    }
}
