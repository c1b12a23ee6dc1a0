//! SQL, and nothing else: one file per aggregate, no rules.

pub mod accounts;
pub mod balances;
pub mod books;
pub mod credentials;
pub mod day_totals;
pub mod heartbeats;
pub mod jobs;
pub mod journal;
pub mod organisations;
pub mod people;
pub mod replies;
pub mod tokens;
