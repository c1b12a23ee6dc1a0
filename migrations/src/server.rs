//! A private PostgreSQL cluster that our own process starts, owns and stops.
//!
//! The parts: `programs` finds PostgreSQL on the machine, `account` is who it runs as, `place` is where its files
//! lie, `certificate` is what it shows to its clients, `pidfile` knows what a crash left behind, `launch` starts a server under a small shell supervisor, and
//! `cluster` is the [`PrivateServer`] made of them.
//!
//! The supervisor holds the server's *lifeline*, a pipe whose other end is open in our process. However our process
//! ends, SIGKILL included, the kernel closes that end, and the supervisor stops the server.

pub(crate) mod account;
pub(crate) mod certificate;
pub(crate) mod cluster;
pub(crate) mod launch;
pub(crate) mod pidfile;
pub(crate) mod place;
pub mod programs;

pub use cluster::PrivateServer;

/// How much a cluster's data is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Kept between runs, with every commit on disk.
    Kept,
    /// Made anew at each start, gone at the end, and fast: no fsync at all.
    Throwaway,
}
