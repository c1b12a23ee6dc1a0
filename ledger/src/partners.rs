//! Partners: what platforms are told of what they brought to a book.
//! Stands on: engine, service, parties.

pub mod telling;

/// Pure rules.
pub mod rules {
    pub mod attempts;
    pub mod signing;
}
