//! Lock, decide, save: one transaction of the caller each.

pub mod accounts;
pub mod books;
pub mod campaigns;
pub mod charges;
pub mod entries;
pub mod identity;
pub mod parties;
pub mod pledges;
pub mod posting;
pub mod reports;
pub mod settlements;
