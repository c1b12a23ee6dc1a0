//! Fetching: addresses that people name, whose bytes the service hashes for whoever has no terminal.
//! Stands on: engine, service.

/// Pure rules.
pub mod rules {
    pub mod fetch;
}

/// SQL, and nothing else.
pub mod store {
    pub mod fetches;
}

/// Lock, decide, save.
pub mod operations {
    pub mod fetches;
}
