//! A declared tie of a person to an organisation.

use crate::id::{BookId, OrganisationId, PersonId};
use jiff::Timestamp;

/// A declared tie of a person to a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    /// The book in which it is declared.
    pub book: BookId,
    /// The person who is tied.
    pub person: PersonId,
    /// The team to which the person is tied.
    pub organisation: OrganisationId,
    /// What the tie is.
    pub reason: String,
    /// Who declared it.
    pub declared_by: PersonId,
    /// When it was declared, in book time.
    pub declared_at: Timestamp,
}
