//! Lock, decide, save: one transaction of the caller each.

pub mod accounts;
pub mod books;
pub mod campaigns;
pub mod charges;
pub mod claims;
pub mod disputes;
pub mod entries;
pub mod exports;
pub mod identity;
pub mod milestones;
pub mod parties;
pub mod pledges;
pub mod posting;
pub mod releases;
pub mod reports;
pub mod settlements;
