//! Files: what people upload as evidence and documents, kept in the database, and by what they are named.
//! Stands on: engine, service, parties, books, treasury, pledging, milestones, challenges, cooperatives, payouts.

/// Pure rules.
pub mod rules {
    pub mod file;
}

/// SQL, and nothing else.
pub mod store {
    pub mod files;
    pub mod teams;
}

/// Lock, decide, save.
pub mod operations {
    pub mod files;
}
