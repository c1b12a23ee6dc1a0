//! What was taken back: by whom, when and why.

use crate::error::Refusal;
use crate::id::PersonId;
use jiff::Timestamp;

/// How something was taken back. That happens once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// Who took it back.
    pub by: PersonId,
    /// When it was taken back, in book time.
    pub at: Timestamp,
    /// Why it was taken back.
    pub reason: String,
    /// Record number of the mirror entry; none for what had moved nothing.
    pub entry: Option<i64>,
}

/// Refuses with `already-reversed` what was taken back; `detail` says what is possible then.
pub fn stands(undone: Option<&Undone>, detail: &str) -> Result<(), Refusal> {
    if undone.is_some() { Err(Refusal::new("already-reversed", detail)) } else { Ok(()) }
}
