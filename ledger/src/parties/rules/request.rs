//! What a partner platform asked, and what it was answered.

use crate::book::Mode;
use crate::id::{CredentialId, OrganisationId};
use jiff::Timestamp;
use uuid::Uuid;

/// One request of a partner that was answered: neither its body nor its query, nor the id of anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// `UUIDv7` of the answer: by it they are in the order of their answers, as far as one process gave them.
    pub id: Uuid,
    /// The partner platform.
    pub organisation: OrganisationId,
    /// By which of its credentials.
    pub credential: CredentialId,
    /// The mode of the credential.
    pub mode: Mode,
    /// When it was answered, by the wall clock.
    pub at: Timestamp,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path as the contract has it, with the names of its parameters.
    pub path: String,
    /// The HTTP status.
    pub status: u16,
    /// The code of the problem; empty when there was none.
    pub problem: String,
    /// As in the header `X-Request-Id` of the answer.
    pub request_id: String,
}
