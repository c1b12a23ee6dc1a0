//! The suite.

mod books;
