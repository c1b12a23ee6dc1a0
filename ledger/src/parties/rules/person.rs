//! People who sign in.

use crate::id::{CallerId, PersonId};
use jiff::Timestamp;

/// Somebody who signs in by e-mail link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The person's id.
    pub id: PersonId,
    /// Number that scopes the person's idempotency keys.
    pub caller: CallerId,
    /// E-mail address, in lower case.
    pub email: String,
    /// Name for people; empty until it is given.
    pub name: String,
    /// Whether the person runs the installation.
    pub is_operator: bool,
    /// When it was made, by the wall clock.
    pub created_at: Timestamp,
}
