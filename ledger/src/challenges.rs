//! Challenges: purses, entrants, submissions, judging and awards.
//! Stands on: engine, service, parties, books, treasury.

/// Pure rules.
pub mod rules {
    pub mod award;
    pub mod challenge;
    mod challenge_state;
    pub mod entrant;
    pub mod judging;
    pub mod purse;
    pub mod rulebook;
    pub mod submission;
}

/// SQL, and nothing else.
pub mod store {
    pub mod awards;
    pub mod challenges;
    pub mod contributions;
    pub mod entrants;
    pub mod scorecards;
    pub mod submissions;
}

/// Lock, decide, save.
pub mod operations {
    pub mod awards;
    pub mod challenges;
    pub mod judging;
    mod locked;
    pub mod purses;
    pub mod submissions;
}
