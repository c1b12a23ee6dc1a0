//! Reports: what a book says, read from the book alone, and its exports.
//! Stands on: engine, service, parties, books.

pub mod operations;

/// SQL, and nothing else.
pub mod store {
    pub mod account_statements;
    pub mod account_totals;
    pub mod day_totals;
    pub mod kind_totals;
    pub mod parties;
    pub mod public_totals;
}
