//! One file for each group of routes. A handler converts and calls; rules live in `ledger`.

pub mod health;

/// People and organisations, their credentials and ties.
pub mod parties {
    pub mod credentials;
    pub mod identity;
    pub mod organisations;
    pub mod ties;
}

/// Books, accounts, units, entries, holds.
pub mod books {
    pub mod accounts;
    pub mod book;
    pub mod entries;
    pub mod entry_batches;
    pub mod exchange;
    pub mod holds;
    pub mod jobs;
    pub mod units;
}

/// What a book says, and its exports.
pub mod reports {
    pub mod account_trees;
    pub mod exports;
    pub mod report;
}

/// Campaigns, pledges and charges.
pub mod pledging {
    pub mod campaigns;
    pub mod charges;
    pub mod lineage;
    pub mod pledge_changes;
    pub mod pledges;
}

/// Milestones, claims, reviews, disputes and releases.
pub mod milestones {
    pub mod claim_body;
    pub mod claims;
    pub mod disputes;
    pub mod milestone;
    pub mod releases;
    pub mod reviews;
}

/// Challenges, their purses, entrants, submissions and judges.
pub mod challenges {
    pub mod challenge;
    pub mod challenge_body;
    pub mod challenge_rules;
    pub mod entrants;
    pub mod judging;
    pub mod purses;
    pub mod rules_schema;
    pub mod submissions;
}

/// Members, proceeds and distributions.
pub mod cooperatives {
    pub mod allocation_rules;
    pub mod distribution_body;
    pub mod distributions;
    pub mod members;
    pub mod proceeds;
    pub mod statements;
}
