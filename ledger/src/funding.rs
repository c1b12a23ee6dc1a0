//! The funding rules: pure functions of facts and a moment, without SQL, tasks or clocks.

pub mod charge;
