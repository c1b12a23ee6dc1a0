//! Winding: what becomes of the money in a book that is wound up, account by account.
//! Stands on: engine, service, parties, books, treasury, pledging, milestones, challenges, matching.

/// Pure rules.
pub mod rules {
    pub mod line;
}

/// SQL, and nothing else.
pub mod store {
    pub mod lines;
}

/// Lock, decide, save.
pub mod operations {
    pub mod lines;
    pub mod plans;
    pub mod returns;
}
