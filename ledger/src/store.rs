//! SQL, and nothing else: one file per aggregate, no rules.

pub mod account_statements;
pub mod account_totals;
pub mod accounts;
pub mod activity;
pub mod balances;
pub mod books;
pub mod campaigns;
pub mod charges;
pub mod claims;
pub mod credentials;
pub mod day_totals;
pub mod disputes;
pub mod donors;
pub mod heartbeats;
pub mod jobs;
pub mod journal;
pub mod milestones;
pub mod organisations;
pub mod people;
pub mod pledges;
pub mod releases;
pub mod replies;
pub mod reviews;
pub mod settlements;
pub mod tokens;
