//! The suite.

mod books;
mod milestones;
mod pledging;
mod story;
