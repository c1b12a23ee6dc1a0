//! Journal entries as they are asked for, before the fold has numbered them.

use super::account::AccountNumber;
use super::movement::MovementKind;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The most lines one entry may have.
pub const LINES_MAX: usize = 1_000;

/// One positive amount from one account to another of the same unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// How the money moves.
    pub kind: MovementKind,
    /// Account debited.
    pub debit: AccountNumber,
    /// Account credited.
    pub credit: AccountNumber,
    /// The amount that moves, minor units, more than 0.
    pub amount: i64,
}

/// The deletable part of an entry. The journal keeps only its salted digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Text for people; never a donor's name.
    pub memo: String,
    /// The object or outside reference that the entry is about.
    pub reference: String,
    /// Flat object of strings.
    pub metadata: serde_json::Value,
    /// Random, so that the digest tells nothing about a guess.
    pub salt: Uuid,
}

impl Note {
    /// A note with a fresh random salt.
    pub fn new(memo: impl Into<String>, reference: impl ToString) -> Note {
        Note {
            memo: memo.into(),
            reference: reference.to_string(),
            metadata: serde_json::Value::Object(serde_json::Map::new()),
            salt: Uuid::new_v4(),
        }
    }

    /// First 16 bytes of the SHA-256 over salt, memo, reference and metadata, each part after its length.
    pub fn digest(&self) -> Uuid {
        let metadata = self.metadata.to_string();
        let mut hash = Sha256::new();
        hash.update(self.salt.as_bytes());
        for part in [self.memo.as_str(), self.reference.as_str(), metadata.as_str()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut first = [0u8; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        Uuid::from_bytes(first)
    }
}

/// A journal entry: all its lines are posted, or none is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The transfers, at least one, at most [`LINES_MAX`].
    pub lines: Vec<Line>,
    /// The day on which it counts.
    pub effective: Date,
    /// A fact from outside (a provider's capture, a bank line) is never refused for a closed period: it takes effect on
    /// the first open day and keeps the day on which it occurred.
    pub outside_fact: bool,
    /// Memo and references.
    pub note: Option<Note>,
}
