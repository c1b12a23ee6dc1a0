//! Treasury: money that is with a custodian until it settles.
//! Stands on: engine, service, parties, books.

/// Pure rules.
pub mod rules {
    pub mod announcement;
    pub mod custodian;
    pub mod reported;
    pub mod settlement;
}

/// SQL, and nothing else.
pub mod store {
    pub mod announcements;
    pub mod custodians;
    pub mod paid_over;
    pub mod reported;
    pub mod settlements;
}

/// Lock, decide, save.
pub mod operations {
    pub mod custodians;
    pub(crate) mod exchange_differences;
    pub mod reported;
    pub mod settlements;
}
