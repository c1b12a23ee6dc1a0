//! What a cooperative leaves when it is dissolved: its reserve and its funds, to the successor that its bylaws name, and nothing of them to
//! members.

use crate::cooperatives::rules::undone::{self, Undone};
use crate::error::Refusal;
use crate::id::{PersonId, ProposalId, SuccessionId};
use crate::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;

/// What was left to a successor. Written once, and taken back once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// Its id.
    pub id: SuccessionId,
    /// The short name of the successor.
    pub successor: String,
    /// What the members decided.
    pub proposal: ProposalId,
    /// All of the reserve and of the funds.
    pub amount: Money,
    /// The day of the entry.
    pub passed_on: Date,
    /// Text for people.
    pub memo: String,
    /// Record number of its journal entry.
    pub entry: i64,
    /// Who passed it on.
    pub passed_by: PersonId,
    /// When, in book time.
    pub passed_at: Timestamp,
    /// By whom and why it was taken back, if it was.
    pub undone: Option<Undone>,
}

impl Succession {
    /// Refuses with `already-reversed` what was taken back.
    ///
    /// # Errors
    ///
    /// `already-reversed`.
    pub fn stands(&self) -> Result<(), Refusal> {
        undone::stands(self.undone.as_ref(), "what was left was taken back: pass it on again")
    }
}
