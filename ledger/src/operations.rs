//! Lock, decide, save: one transaction of the caller each.

pub mod accounts;
pub mod allocation_rules;
pub mod awards;
pub mod books;
pub mod campaigns;
pub mod challenges;
pub mod charges;
pub mod claims;
pub mod disputes;
pub mod distributions;
pub mod entries;
pub mod exports;
pub mod identity;
pub mod judging;
pub mod members;
pub mod milestones;
pub mod parties;
pub mod pledges;
pub mod posting;
pub mod proceeds;
pub mod purses;
pub mod releases;
pub mod reports;
pub mod settlements;
pub mod statements;
pub mod submissions;
