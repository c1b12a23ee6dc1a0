//! One file for each group of routes. A handler converts and calls; rules live in `ledger`.

pub mod accounts;
pub mod allocation_rules;
pub mod books;
pub mod campaigns;
pub mod charges;
pub mod claims;
pub mod cooperatives;
pub mod credentials;
pub mod disputes;
pub mod distribution_body;
pub mod distributions;
pub mod entries;
pub mod exports;
pub mod health;
pub mod identity;
pub mod jobs;
pub mod milestones;
pub mod organisations;
pub mod pledges;
pub mod proceeds;
pub mod releases;
pub mod reports;
pub mod reviews;
pub mod statements;
pub mod ties;
