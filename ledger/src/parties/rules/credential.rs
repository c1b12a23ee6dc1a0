//! Credentials of partner platforms.

use crate::book::Mode;
use crate::id::{CredentialId, OrganisationId, PersonId};
use jiff::Timestamp;

/// Client id and secret of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The client id.
    pub id: CredentialId,
    /// The partner platform whose credential it is.
    pub organisation: OrganisationId,
    /// Live or sandbox.
    pub mode: Mode,
    /// Slot 1 or 2: two may be live at once.
    pub slot: i16,
    /// What its tokens may do.
    pub scopes: Vec<String>,
    /// SHA-256 of the secret.
    pub secret_digest: Vec<u8>,
    /// What the owner calls it.
    pub name: String,
    /// When it was made, by the wall clock.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: PersonId,
    /// When it was revoked, by the wall clock; none while it is live.
    pub revoked_at: Option<Timestamp>,
}
