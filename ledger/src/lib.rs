//! The book, the funding rules, and where they are kept.
//!
//! From the bottom up, each storey naming only what is below it (a test reads the sources):
//!
//! - the *ground*: [`money`], [`id`], [`words`], [`calendar`], [`evidence`], [`document`], [`book`] (accounts, transfers, the fold),
//!   [`movements`], [`chart`] (every account that the service opens), [`table`], [`mod@tagged`], [`export`], [`verify`], [`recount`]: pure, without a database, a runtime or a clock;
//! - [`engine`], which posts entries, and [`service`], which keeps jobs, replies and who did what;
//! - a folder a domain: [`parties`] → [`books`] → [`reports`], [`treasury`], [`cooperatives`]; [`pledging`] and
//!   [`challenges`] stand on [`treasury`], [`milestones`] and [`matching`] on [`pledging`], [`payouts`] on those to whose teams and
//!   members it pays, [`desk`] on all, and [`winding`] on all but the cooperatives; [`partners`] on [`parties`] alone.
//!
//! Inside a domain, `rules` are pure, `store` is SQL and nothing else, and `operations` lock, decide and save in the
//! transaction of their caller.

pub mod between;
pub mod book;
pub mod books;
pub mod calendar;
pub mod challenges;
pub mod chart;
pub mod cooperatives;
pub mod desk;
pub mod document;
pub mod engine;
pub mod error;
pub mod evidence;
pub mod export;
pub mod fetching;
pub mod files;
pub mod governance;
pub mod id;
pub mod matching;
pub mod milestones;
pub mod money;
pub mod movements;
pub mod parties;
pub mod partners;
pub mod payouts;
pub mod pledging;
pub mod programmes;
pub mod recount;
pub mod reports;
pub mod service;
pub mod table;
pub mod tagged;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod treasury;
pub mod updates;
pub mod verify;
pub mod winding;
pub mod words;

pub use error::{Error, Outage, Refusal, SERIES_UNDER_WAY};
