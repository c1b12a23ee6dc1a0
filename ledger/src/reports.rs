//! Reports: what a book says, read from the book alone, and its exports.
//! Stands on: engine, service, parties, books.

pub mod operations;

/// Pure rules.
pub mod rules {
    pub mod outside;
    pub mod sums;
}

/// SQL, and nothing else.
pub mod store {
    pub mod account_statements;
    pub mod account_totals;
    pub mod corrections;
    pub mod day_totals;
    pub mod entry_lineage;
    pub mod found_lines;
    pub mod kind_totals;
    pub mod newest_lines;
    pub mod parties;
    pub mod public_totals;
    pub mod shown_lines;
}
