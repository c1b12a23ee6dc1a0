//! A part of a member's next share that is paid before there is one.

use super::undone::{self, Undone};
use crate::error::Refusal;
use crate::id::{AdvanceId, MemberId, PersonId};
use crate::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;

/// An advance: it stands against the member's next shares, which are paid less what stands. Written once, and taken back once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// Its id.
    pub id: AdvanceId,
    /// Whose share it is a part of.
    pub member: MemberId,
    /// How much, more than 0.
    pub amount: Money,
    /// The day on which it was granted.
    pub granted_on: Date,
    /// Text for people.
    pub memo: String,
    /// Record number of its journal entry.
    pub entry: i64,
    /// Who granted it.
    pub granted_by: PersonId,
    /// When it was granted, in book time.
    pub granted_at: Timestamp,
    /// By whom and why it was taken back, if it was.
    pub undone: Option<Undone>,
}

impl Advance {
    /// Refuses with `already-reversed` what was taken back.
    pub fn stands(&self) -> Result<(), Refusal> {
        undone::stands(self.undone.as_ref(), "the advance was taken back: grant it again")
    }
}
