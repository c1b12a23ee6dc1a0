//! A document beside a payout: an invoice, or what a tax office asks for. A link with the SHA-256 of what stands behind it.

use crate::evidence::Evidence;
use crate::id::{PayoutId, PersonId};
use crate::words::words;
use jiff::Timestamp;

/// The most documents of a payout.
pub const DOCUMENTS_MAX: i32 = 20;

words! {
    /// What a document is.
    DocumentKind, "kind of document" {
        /// The payee's invoice.
        Invoice = "invoice",
        /// What a tax office asks for.
        Tax = "tax",
        /// What the payee has paid.
        Receipt = "receipt",
        /// Anything else.
        Other = "other",
    }
}

/// A document beside a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The payout.
    pub payout: PayoutId,
    /// Its number among those of the payout, from 1.
    pub number: i32,
    /// What it is.
    pub kind: DocumentKind,
    /// Title, link and digest.
    pub piece: Evidence,
    /// Who put it there.
    pub added_by: PersonId,
    /// In book time.
    pub added_at: Timestamp,
}
