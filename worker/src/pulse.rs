//! Whether the worker lives, as the database knows.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A worker whose last heartbeat is older than this is not ready: as old as the API lets one become.
const FRESH_MAX: Duration = Duration::from_secs(60);

/// When the last heartbeat was written.
#[derive(Debug, Default)]
pub(crate) struct Pulse(Mutex<Option<Instant>>);

impl Pulse {
    /// A heartbeat is written.
    pub(crate) fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// How old the last heartbeat is; none when there was none.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }

    /// Whether the database has taken a heartbeat not long ago.
    pub(crate) fn is_fresh(&self) -> bool {
        self.age().is_some_and(|age| age < FRESH_MAX)
    }
}
