//! The engine: posts entries, one lane a book, and what it keeps. It knows no domain.

pub mod directory;
pub mod lane;
pub mod pool;
pub mod posting;
pub mod shared_read;
pub mod vitals;

/// SQL, and nothing else.
pub mod store {
    pub mod accounts;
    pub mod balances;
    pub mod books;
    pub mod checks;
    pub(crate) mod days;
    pub mod journal;
    pub(crate) mod json_text;
    pub(crate) mod rows;
    pub mod units;
}
