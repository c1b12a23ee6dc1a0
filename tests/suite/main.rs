//! The suite.

mod books;
mod contract;
mod cooperatives;
mod milestones;
mod pledging;
mod readme;
mod story;
