//! The suite.

mod books;
mod cooperatives;
mod contract;
mod milestones;
mod pledging;
mod readme;
mod story;
