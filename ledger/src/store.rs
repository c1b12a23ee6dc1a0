//! SQL, and nothing else: one file per aggregate, no rules.

pub mod heartbeats;
pub mod jobs;
