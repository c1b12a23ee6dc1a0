//! Why something is taken back, and that it was.

use crate::problem::Problem;
use crate::wire::paragraphs;
use jiff::Timestamp;
use ledger::cooperatives::rules::undone::Undone;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why something is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversalReason {
    /// For the members to read; never a name.
    #[schema(min_length = 1, max_length = 1000, example = "recorded twice")]
    pub(crate) reason: String,
}

impl ReversalReason {
    pub(crate) fn parse(&self) -> Result<String, Problem> {
        paragraphs("/reason", &self.reason, text::REASON)
    }
}

/// How something was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reversal {
    /// By the book's clock.
    at: Timestamp,
    reason: String,
    /// Number of the mirror entry; null for what had moved nothing.
    entry: Option<i64>,
}

impl From<Undone> for Reversal {
    fn from(it: Undone) -> Reversal {
        Reversal { at: it.at, reason: it.reason, entry: it.entry }
    }
}
