//! Organisations, and who belongs to them with which role.

use super::role::{OrganisationKind, Role};
use crate::id::{CallerId, OrganisationId, PersonId};
use jiff::Timestamp;

/// A party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Number that scopes the idempotency keys of its credentials.
    pub caller: CallerId,
    /// Name for people.
    pub name: String,
    /// What it is; never changes.
    pub kind: OrganisationKind,
    /// Postal address, for receipts; empty when not given.
    pub address: String,
    /// Number in a public register, for receipts; empty when not given.
    pub registration: String,
    /// What its receipts say of their use before the tax office; empty: that they are none.
    pub receipt_text: String,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it was made, by the wall clock.
    pub created_at: Timestamp,
    /// Its first owner.
    pub created_by: PersonId,
}

/// A role of a person in an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The organisation in which the role is held.
    pub organisation: OrganisationId,
    /// The person who holds it.
    pub person: PersonId,
    /// The person's address, for those who manage roles.
    pub email: String,
    /// What the person may do there.
    pub role: Role,
    /// When the role was given, by the wall clock.
    pub created_at: Timestamp,
}
