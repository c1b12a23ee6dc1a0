//! People who sign in.

use super::second_factor::Proof;
use crate::id::{CallerId, PersonId, SessionId};
use crate::parties::rules::language::Language;
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
    /// Since when the person cannot sign in, by the wall clock; none for everybody who can.
    pub disabled_at: Option<Timestamp>,
    /// In which language pages are for them; none: as each browser asks.
    pub language: Option<Language>,
    /// Counts changes of name and language, from 1: the `ETag` of who is signed in.
    pub version: i64,
}

/// A person in a session that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session: SessionId,
    /// The person who signed in.
    pub person: PersonId,
    /// Number that scopes the person's idempotency keys.
    pub caller: CallerId,
    /// Whether the person runs the installation.
    pub is_operator: bool,
    /// The last proof of the second factor in the session, however old it is.
    pub proof: Option<Proof>,
}
