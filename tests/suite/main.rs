//! The suite.

mod books;
mod milestones;
mod pledging;
mod readme;
mod story;
