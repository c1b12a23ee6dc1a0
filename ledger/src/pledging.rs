//! Pledging: campaigns, what donors promise to them, and the charges that collect it.
//! Stands on: engine, service, parties, books, treasury.

/// Pure rules.
pub mod rules {
    pub mod campaign;
    pub mod charge;
    pub mod donor;
    pub mod kind;
    pub mod lineage;
    pub mod plan_change;
    pub mod pledge;
    #[cfg(test)]
    mod pledge_tests;
    pub mod sandbox_token;
}

/// SQL, and nothing else.
pub mod store {
    pub mod attempts;
    pub mod campaigns;
    pub mod charges;
    pub mod donors;
    pub mod lineage;
    pub mod plan_changes;
    pub mod pledges;
    pub mod receipts;
}

/// Lock, decide, save.
pub mod operations {
    pub mod campaigns;
    pub mod captures;
    pub mod charges;
    pub mod lineage;
    pub mod plan;
    pub mod plan_changes;
    pub mod pledge_changes;
    pub mod pledges;
    pub mod present;
    mod trial;
    pub mod verdicts;
}
