//! Partners: what platforms are told of what they brought to a book, and the endpoints to which it is sent.
//! Stands on: engine, service, parties.

pub mod telling;

/// Pure rules.
pub mod rules {
    pub mod attempts;
    pub mod endpoint;
    pub mod signing;
}

/// SQL, and nothing else.
pub mod store {
    pub mod deliveries;
    pub mod endpoints;
    pub mod told;
}

/// Lock, decide, save.
pub mod operations {
    pub mod endpoints;
    pub mod firing;
    pub mod sending;
}
