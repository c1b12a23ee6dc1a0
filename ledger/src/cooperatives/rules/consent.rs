//! What members agree to: bylaws by their digest, and whether a part of a share may stay in the cooperative as the member's capital.

use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::{BookId, MemberId, PersonId};
use jiff::Timestamp;

/// The most versions of bylaws that a cooperative writes down.
pub const BYLAWS_MAX: i32 = 1_000;
/// The most times that a member says whether it agrees.
pub const CONSENTS_MAX: i32 = 1_000;

/// The bylaws of a cooperative. Written once; the last version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bylaws {
    /// Whose book.
    pub book: BookId,
    /// From 1.
    pub version: i32,
    /// What they are called.
    pub title: String,
    /// Where members read them.
    pub url: String,
    /// SHA-256 of what lies there.
    pub sha256: Digest,
    /// Who wrote it down.
    pub published_by: PersonId,
    /// When, in book time.
    pub published_at: Timestamp,
}

impl Bylaws {
    /// Refuses what somebody agrees to who has read others.
    ///
    /// # Errors
    ///
    /// `bylaws-differ`.
    pub fn check(&self, read: Digest) -> Result<(), Refusal> {
        if self.sha256 == read {
            return Ok(());
        }
        let detail = format!("the bylaws that hold are version {}, {}: read those", self.version, self.sha256);
        Err(Refusal::new("bylaws-differ", detail))
    }
}

/// What a member said. Written once; the last one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The member.
    pub member: MemberId,
    /// From 1 for each member.
    pub version: i32,
    /// Whether a part of a share may stay.
    pub consents: bool,
    /// The version of the bylaws that held then.
    pub bylaws: i32,
    /// The person: the member itself.
    pub said_by: PersonId,
    /// When, in book time.
    pub said_at: Timestamp,
}
