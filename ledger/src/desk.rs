//! Desk: what waits for a person, across all their roles.
//! Stands on: engine, service, parties, books, treasury, pledging, milestones, challenges, cooperatives, payouts.

/// Pure rules.
pub mod rules {
    pub mod task;
}

/// SQL, and nothing else.
pub mod store {
    pub mod call_tasks;
    pub mod claim_tasks;
    pub mod desks;
    pub mod payout_tasks;
    pub mod share_tasks;
    pub mod tasks;
    pub mod vote_tasks;
    pub mod watch;
}

/// Reads, and once a day a word to everybody for whom something waits.
pub mod operations {
    pub mod daily;
    pub mod waiting;
}
