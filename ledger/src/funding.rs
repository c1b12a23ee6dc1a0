//! The funding rules: pure functions of facts and a moment, without SQL, tasks or clocks.

pub mod calendar;
pub mod charge;
pub mod claim;
pub mod evidence;
pub mod milestone;
pub mod party;
pub mod review;
pub mod words;
