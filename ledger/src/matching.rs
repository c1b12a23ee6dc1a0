//! Matching: rounds that add to what many gave to campaigns, from a pool, by a stated formula.
//! Stands on: engine, service, parties, books, treasury, pledging.

/// Pure rules.
pub mod rules {
    pub mod capped;
    pub mod export;
    pub mod formula;
    mod line;
    pub mod quadratic;
    pub mod round;
    mod round_state;
    pub mod votes;
}

/// SQL, and nothing else.
pub mod store {
    pub mod contributions;
    pub mod gifts;
    pub mod rounds;
    pub mod tallies;
    pub mod votes;
}

/// Lock, decide, save.
pub mod operations {
    pub mod export;
    mod locked;
    pub mod pool;
    pub mod returns;
    pub mod rounds;
    pub mod tally;
    pub mod votes;
}
