//! The store and the operations against a real PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets what it does not expect has failed"
)]

#[path = "suite/book.rs"]
mod book;
#[path = "suite/captures.rs"]
mod captures;
#[path = "suite/challenges.rs"]
mod challenges;
#[path = "suite/cooperatives.rs"]
mod cooperatives;
#[path = "suite/examples.rs"]
mod examples;
#[path = "suite/export.rs"]
mod export;
#[path = "suite/lanes.rs"]
mod lanes;
#[path = "suite/lineage.rs"]
mod lineage;
#[path = "suite/milestones.rs"]
mod milestones;
#[path = "suite/pledges.rs"]
mod pledges;
#[path = "suite/posting.rs"]
mod posting;
#[path = "suite/reports.rs"]
mod reports;
#[path = "suite/scene.rs"]
mod scene;
#[path = "suite/support.rs"]
mod support;
#[path = "suite/totals.rs"]
mod totals;
#[path = "suite/units.rs"]
mod units;
