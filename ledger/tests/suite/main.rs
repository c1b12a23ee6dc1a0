//! The store and the operations against a real PostgreSQL, in the folders of the sources.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets what it does not expect has failed"
)]

mod support;

mod engine {
    mod book;
    mod checks;
    mod door;
    mod lanes;
    mod posting;
    mod restricted;
    mod rights;
}
mod books {
    mod clock;
    mod units;
}
mod reports {
    mod exports;
    mod statements;
    mod totals;
}
mod service {
    mod backlog;
    mod clocks;
    mod events;
    mod fired;
    mod pruning;
}
mod coming;
mod pledging {
    mod announced;
    mod asked;
    mod by_key;
    mod caps;
    mod captures;
    mod closing;
    mod currencies;
    mod custodians;
    mod erasure;
    mod fees;
    mod lateness;
    mod leaps;
    mod leaving;
    mod lineage;
    mod moving;
    mod plan_changes;
    mod pledges;
    mod polls;
    mod refunds;
    mod reports;
    pub(crate) mod scene;
    mod settling;
    mod stuck;
    mod terms;
    mod transfers;
    mod ways_back;
    mod yearly_receipts;
}
mod challenges;
mod clawbacks;
mod cooperatives;
mod credentials;
mod examples;
mod matching;
mod milestones;
mod payees;
mod payout_files;
mod payouts;
mod roundings;
mod run_files;
mod second_factor;
mod statement_files;
mod winding;
