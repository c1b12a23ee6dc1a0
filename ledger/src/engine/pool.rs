//! Connections to the database, and how long was waited for each.

use deadpool_postgres::{Object, PoolError};
use metrics::{Counter, Histogram, Unit};
use std::time::Instant;

const WAIT: &str = "commonpurse_pool_wait_seconds";
const FAILURES: &str = "commonpurse_pool_failures_total";
const CONNECTIONS: &str = "commonpurse_pool_connections";
const IN_USE: &str = "commonpurse_pool_connections_in_use";
const MAX: &str = "commonpurse_pool_connections_max";
const WAITING: &str = "commonpurse_pool_waiting";

/// A pool of connections whose figures bear its name. Clones are the same pool.
///
/// One that is made of a plain pool is counted nowhere: for tests and tools.
#[derive(Debug, Clone)]
pub struct Pool {
    connections: deadpool_postgres::Pool,
    name: Option<&'static str>,
    wait: Histogram,
    failures: Counter,
}

impl Pool {
    /// A pool whose figures bear a name. The program installs its recorder first: what is made before counts into nothing.
    pub fn named(name: &'static str, connections: deadpool_postgres::Pool) -> Pool {
        Pool {
            connections,
            name: Some(name),
            wait: metrics::histogram!(WAIT, "pool" => name),
            failures: metrics::counter!(FAILURES, "pool" => name),
        }
    }

    /// A connection, for which it may have to wait.
    ///
    /// # Errors
    ///
    /// When none is free or can be made in time.
    pub async fn get(&self) -> Result<Object, PoolError> {
        let asked = Instant::now();
        let got = self.connections.get().await;
        self.wait.record(asked.elapsed());
        if got.is_err() {
            self.failures.increment(1);
        }
        got
    }

    /// Whether somebody waits for a connection.
    pub fn is_short(&self) -> bool {
        self.connections.status().waiting > 0
    }

    /// Shows how many connections there are, how many of them work, and how many callers wait.
    pub fn measure(&self) {
        let Some(name) = self.name else { return };
        let status = self.connections.status();
        let show = |figure: &'static str, count: usize| {
            metrics::gauge!(figure, "pool" => name).set(u32::try_from(count).unwrap_or(u32::MAX));
        };
        show(CONNECTIONS, status.size);
        show(IN_USE, status.size.saturating_sub(status.available));
        show(MAX, status.max_size);
        show(WAITING, status.waiting);
    }
}

impl From<deadpool_postgres::Pool> for Pool {
    fn from(connections: deadpool_postgres::Pool) -> Pool {
        Pool { connections, name: None, wait: Histogram::noop(), failures: Counter::noop() }
    }
}

/// Says of each figure of pools what it is.
pub fn describe() {
    metrics::describe_histogram!(WAIT, Unit::Seconds, "How long was waited for a connection to the database, by pool.");
    metrics::describe_counter!(FAILURES, "How often no connection could be had in time, by pool.");
    metrics::describe_gauge!(CONNECTIONS, "Open connections to the database, by pool.");
    metrics::describe_gauge!(IN_USE, "Connections that somebody works with, by pool.");
    metrics::describe_gauge!(MAX, "The most connections that a pool opens.");
    metrics::describe_gauge!(WAITING, "How many wait for a connection at the moment, by pool.");
}
