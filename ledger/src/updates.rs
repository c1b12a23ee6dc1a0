//! Updates: notes about campaigns, challenges and milestones that hosts and teams write for everybody.
//! Stands on: engine, service, parties, books, treasury, pledging, milestones, challenges.

/// Pure rules.
pub mod rules {
    pub mod update;
}

/// SQL, and nothing else.
pub mod store {
    pub mod updates;
}

/// Lock, decide, save.
pub mod operations {
    pub mod updates;
}
