//! The funding rules: pure functions of facts and a moment, without SQL, tasks or clocks.

pub mod calendar;
pub mod campaign;
pub mod charge;
pub mod claim;
mod claim_state;
pub mod dispute;
pub mod evidence;
pub mod milestone;
pub mod movements;
pub mod party;
pub mod pledge;
#[cfg(test)]
mod pledge_tests;
pub mod review;
pub mod settlement;
pub mod words;
