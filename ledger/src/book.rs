//! The book: accounts, journal entries, balances, and the fold that alone decides what may be posted.
//!
//! Nothing here knows of pledges, SQL, async or clocks.

pub mod account;
pub mod companion;
pub mod entry;
pub mod fold;
pub mod legs;
pub mod mode;
pub mod movement;
pub mod record;

pub use account::{AccountClass, AccountKind, AccountNumber};
pub use companion::{Companion, Companions};
pub use entry::{Entry, Line, Note};
pub use fold::{
    AccountState, Batch, Command, Key, Reason, State, Sums, Touched, TransferRow, Verdict, fold, take_back,
};
pub use mode::Mode;
pub use movement::MovementKind;
pub use record::{LogRecord, RecordKind};
