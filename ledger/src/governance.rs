//! Votes of a cooperative's members: what is proposed, who votes for whom, what is counted, and what follows from it.
//! Stands on: engine, service, parties, books, reports, cooperatives, programmes.

/// Pure rules.
pub mod rules {
    pub mod delegation;
    pub mod proposal;
    pub mod rule_making;
    pub mod succession;
    pub mod tally;
    pub mod vote;
}

/// SQL, and nothing else.
pub mod store {
    pub mod ballots;
    pub mod delegations;
    pub mod electors;
    pub mod proposals;
    pub mod rule_makings;
    pub mod successions;
}

/// Lock, decide, save.
pub mod operations {
    pub mod delegations;
    pub mod proposals;
    pub mod rule_makings;
    pub mod successions;
    pub mod tellings;
    pub mod votes;
}
