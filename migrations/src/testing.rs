//! A migrated database for each test: cloned from a template, dropped at the end.
//!
//! With `DATABASE_URL` set, that server is used, as its superuser. Otherwise the first test process of a run starts a throwaway cluster
//! in the target directory, which tests reach with `sslmode=verify-full`; the others join it, and it stops a few seconds
//! after the last one has ended, however that one ended. So `cargo test` (one process, many tests) and `cargo nextest` (one process for each) need no runner.

mod database;
mod shared;
mod template;

pub use database::TestDatabase;
