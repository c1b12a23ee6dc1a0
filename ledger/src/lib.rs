//! The book, the funding rules, and where they are kept.
//!
//! Layers, from the inside out; an inner one never names an outer one (a test walks the sources):
//! [`money`], [`id`] → `book` (accounts, transfers, the fold) → `funding` (pure rules) → `store` (SQL) → `operations`.

pub mod book;
pub mod error;
pub mod export;
pub mod funding;
pub mod id;
pub mod job;
pub mod lane;
pub mod money;
pub mod operations;
pub mod party;
pub mod store;
pub mod verify;

pub use error::{Error, Refusal};
