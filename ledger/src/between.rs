//! Between the books of cooperatives: what one sends to a fund of another, in two local steps, which are of a federation, and what several books come to
//! together.
//! Stands on: engine, service, parties, books, reports, cooperatives.

/// Pure rules.
pub mod rules {
    pub mod affiliation;
    pub mod consolidation;
    pub mod remittance;
}

/// SQL, and nothing else.
pub mod store {
    pub mod affiliations;
    pub mod incoming;
    pub mod remittances;
}

/// Lock, decide, save; read and add up.
pub mod operations {
    pub mod affiliations;
    pub mod consolidations;
    pub mod incoming;
    pub mod remittances;
}
