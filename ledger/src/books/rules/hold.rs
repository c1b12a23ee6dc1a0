//! Money of an account that is set aside.

use crate::book::AccountNumber;
use crate::id::HoldId;
use jiff::Timestamp;

/// Money of an account that is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The account whose money is set aside.
    pub account: AccountNumber,
    /// The amount set aside, minor units.
    pub amount: i64,
    /// When it expires, in book time; none when it does not.
    pub expires_at: Option<Timestamp>,
    /// Record number of its placing.
    pub placed: i64,
    /// Record number of its end; 0 while it stands.
    pub ended: i64,
    /// How much of it was captured at its end, minor units.
    pub captured: i64,
}
