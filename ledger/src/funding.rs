//! The funding rules: pure functions of facts and a moment, without SQL, tasks or clocks.

pub mod allocation;
pub mod allocation_rule;
pub mod award;
pub mod calendar;
pub mod campaign;
pub mod challenge;
mod challenge_state;
pub mod charge;
pub mod claim;
mod claim_state;
pub mod cooperative;
pub mod dispute;
pub mod distribution;
pub mod evidence;
pub mod exchange;
pub mod judging;
pub mod lineage;
pub mod milestone;
pub mod movements;
pub mod party;
pub mod pledge;
#[cfg(test)]
mod pledge_tests;
pub mod purse;
pub mod review;
pub mod rules;
pub mod settlement;
pub mod submission;
pub mod waterfall;
pub mod words;
