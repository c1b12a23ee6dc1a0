//! Records of the book that are no entries.

use jiff::Timestamp;

/// A record that is no entry, such as a closed period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its number.
    pub number: i64,
    /// What happened.
    pub kind: RecordKind,
    /// When it was recorded, by the wall clock.
    pub recorded_at: Timestamp,
    /// The facts: an object of texts, whole numbers and lists of such objects.
    pub body: serde_json::Value,
}

/// What a record besides entries says. The numbers are those of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum RecordKind {
    /// Nothing takes effect on or before a day any more.
    PeriodClosed = 1,
    /// The lowest balance that an account may have.
    FloorChanged = 2,
    /// An account takes no more postings.
    AccountClosed = 3,
    /// Money was set aside.
    HoldPlaced = 4,
    /// Money that was set aside was captured or is free again.
    HoldEnded = 5,
    /// The note of an entry was erased.
    NoteErased = 6,
    /// Another version of a rule is in force.
    RuleVersion = 7,
}

impl RecordKind {
    /// All kinds, by number.
    pub const ALL: [RecordKind; 7] = [
        RecordKind::PeriodClosed,
        RecordKind::FloorChanged,
        RecordKind::AccountClosed,
        RecordKind::HoldPlaced,
        RecordKind::HoldEnded,
        RecordKind::NoteErased,
        RecordKind::RuleVersion,
    ];

    /// Name in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            RecordKind::PeriodClosed => "period_closed",
            RecordKind::FloorChanged => "floor_changed",
            RecordKind::AccountClosed => "account_closed",
            RecordKind::HoldPlaced => "hold_placed",
            RecordKind::HoldEnded => "hold_ended",
            RecordKind::NoteErased => "note_erased",
            RecordKind::RuleVersion => "rule_version",
        }
    }

    /// From the number in a row.
    pub fn from_number(number: i16) -> Option<RecordKind> {
        Self::ALL.into_iter().find(|kind| *kind as i16 == number)
    }
}
