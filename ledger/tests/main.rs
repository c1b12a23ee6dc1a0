//! The store and the operations against a real PostgreSQL.

#[path = "suite/book.rs"]
mod book;
#[path = "suite/milestones.rs"]
mod milestones;
#[path = "suite/support.rs"]
mod support;
