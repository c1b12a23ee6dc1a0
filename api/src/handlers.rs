//! One file for each group of routes. A handler converts and calls; rules live in `ledger`.

pub mod campaigns;
pub mod charges;
pub mod claims;
pub mod credentials;
pub mod disputes;
pub mod health;
pub mod identity;
pub mod milestones;
pub mod organisations;
pub mod pledges;
pub mod releases;
pub mod reviews;
pub mod ties;
