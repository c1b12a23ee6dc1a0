//! A folder for each domain, with its routes. A handler converts and calls; rules live in `ledger`.

pub mod between;
pub mod books;
pub mod challenges;
pub mod cooperatives;
pub mod desk;
pub mod fetching;
pub mod files;
pub mod governance;
pub mod health;
pub mod matching;
pub mod milestones;
pub mod parties;
pub mod partners;
pub mod payouts;
pub mod pledging;
pub mod problems;
pub mod programmes;
pub mod reports;
pub mod updates;
pub mod winding;
