//! The store and the operations against a real PostgreSQL.

#[path = "suite/book.rs"]
mod book;
#[path = "suite/support.rs"]
mod support;
