//! Milestones: money set aside for work, claims on it, their reviews, and releases.
//! Stands on: engine, service, parties, books, treasury, pledging.

/// Pure rules.
pub mod rules {
    pub mod application;
    pub mod call;
    pub mod claim;
    mod claim_state;
    pub mod clawback;
    pub mod dispute;
    pub mod milestone;
    pub mod notice;
    pub mod release;
    pub mod review;
}

/// SQL, and nothing else.
pub mod store {
    pub mod applications;
    pub mod calls;
    pub mod claim_documents;
    pub mod claims;
    pub mod clawbacks;
    pub mod disputes;
    pub mod milestones;
    pub mod releases;
    pub mod requests;
    pub mod reviews;
}

/// Lock, decide, save.
pub mod operations {
    pub mod applications;
    pub mod calls;
    pub mod claim_documents;
    pub mod claims;
    pub mod clawbacks;
    pub mod disputes;
    mod locked;
    pub mod milestones;
    pub mod notices;
    pub mod releases;
    pub mod revocations;
}
