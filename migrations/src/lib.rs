//! The schema as forward-only SQL, its runner, and a private PostgreSQL for development, the demo and tests.
//!
//! - [`apply`] brings a database to the newest schema, [`preview`] says what it would do, [`check`] refuses to work on any other one.
//! - [`service_access`] is how the service connects, with time limits and TLS; [`check_service`] is what it asks before it starts.
//! - [`settings`] are those that both programs have.
//! - [`PrivateServer`] is a PostgreSQL cluster that our own process starts and stops.
//! - [`testing::TestDatabase`] gives each test a migrated database of its own.
//!
//! The numbered files in `sql/` never change once they have landed; `sql/FROZEN` holds their digests and a test compares.
//! What is replaced whole, functions and rights, stands in `sql/now/`.

mod connection;
mod error;
mod facts;
mod log;
mod process;
mod rights;
mod roles;
mod schema;
pub mod server;
pub mod settings;
pub mod testing;

pub use connection::{Access, connect, service_access, service_url};
pub use error::Error;
pub use facts::{ClockDifference, ClockReading, ServerFacts, read_clock, server_facts, takes_writes};
pub use log::{LOG_VARIABLE, start_log};
pub use process::stop_requested;
pub use rights::compare_rights;
pub use roles::{Roles, owner_access};
pub use schema::{Preview, Report, apply, check, check_service, latest, preview};
pub use server::{Durability, PrivateServer};
