//! The routes in this process, against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

mod service;

mod challenges;
mod door;
mod frozen;
mod invitations;
mod outages;
mod pages;
mod pledging;
mod quotas;
mod sessions;
mod statements;
mod taken_back;
