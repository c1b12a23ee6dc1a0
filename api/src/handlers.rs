//! One file for each group of routes. A handler converts and calls; rules live in `ledger`.

pub mod credentials;
pub mod health;
pub mod identity;
pub mod organisations;
