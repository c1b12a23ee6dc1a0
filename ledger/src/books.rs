//! Books: accounts, units, raw entries, holds and exchange.
//! Stands on: engine, service, parties, partners.

/// Pure rules.
pub mod rules {
    pub mod exchange;
    pub mod hold;
    pub mod mirror;
    pub mod wind_up;
}

/// SQL, and nothing else.
pub mod store {
    pub mod exchange_pairs;
    pub mod holds;
    pub mod log_records;
    pub mod readers;
    pub mod reversals;
    pub mod transfers;
    pub mod wind_ups;
}

/// Lock, decide, save.
pub mod operations {
    pub mod accounts;
    pub mod books;
    pub mod clock;
    pub mod entries;
    pub mod exchange;
    pub mod exchange_pairs;
    pub mod holds;
    pub mod journal_entries;
    pub mod mirrors;
    pub mod units;
    pub mod wind_ups;
}
