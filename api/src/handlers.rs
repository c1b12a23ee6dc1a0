//! One file for each group of routes. A handler converts and calls; rules live in `ledger`.

pub mod claims;
pub mod credentials;
pub mod health;
pub mod identity;
pub mod milestones;
pub mod organisations;
