//! What a process knows of its database beyond single answers: whether writes have found room, and whether both clocks agree.

use crate::error::{Error, Outage};
use metrics::Unit;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// From this difference of the clocks on, in milliseconds, somebody should look.
const CLOCK_WARN_MS: u64 = 5_000;

/// Beyond this difference, in milliseconds, nothing is posted: what is recorded would bear a wrong time.
const CLOCK_MAX_MS: u64 = 60_000;

/// For how long a write that found no room is remembered. After that requests may try again: whoever sends none to a process
/// that is not ready would otherwise never hear that there is room.
const STORAGE_MEMORY: Duration = Duration::from_secs(30);

const CLOCK: &str = "commonpurse_clock_difference_seconds";
const STORAGE: &str = "commonpurse_storage_failing";

/// Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Vitals(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    /// When a write last found no room, if none has succeeded since.
    storage_failed: Mutex<Option<Instant>>,
    /// How far the database's clock is ahead of ours, for certain.
    clock_ahead_ms: AtomicI64,
}

impl Vitals {
    /// Something was written.
    pub fn written(&self) {
        if self.storage_failed(|failed| failed.take()).is_some() {
            tracing::info!("the database takes writes again");
        }
    }

    /// A write failed.
    pub fn failed(&self, outage: Outage) {
        if outage == Outage::Storage && self.storage_failed(|failed| failed.replace(Instant::now())).is_none() {
            tracing::error!("{outage}: nothing can be written until somebody makes room");
        }
    }

    /// Whether writes find room, as far as is known: the last one did, or the one that did not is long ago.
    pub fn has_storage(&self) -> bool {
        self.storage_failed(|failed| failed.is_none_or(|at| at.elapsed() > STORAGE_MEMORY))
    }

    fn storage_failed<T>(&self, look: impl FnOnce(&mut Option<Instant>) -> T) -> T {
        look(&mut self.0.storage_failed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The clocks were compared: the database's is so many milliseconds ahead of ours, or behind when it is negative.
    pub fn compared_clocks(&self, ahead_ms: i64) {
        self.0.clock_ahead_ms.store(ahead_ms, Ordering::Relaxed);
        let seconds = ahead_ms / 1_000;
        if self.may_post().is_err() {
            tracing::error!(seconds, "the database's clock is {seconds} s ahead of ours: nothing is posted");
        } else if !self.clocks_agree() {
            tracing::warn!(seconds, "the database's clock is {seconds} s ahead of ours");
        }
    }

    /// Whether both clocks show about the same time.
    pub fn clocks_agree(&self) -> bool {
        self.clock_difference_ms() <= CLOCK_WARN_MS
    }

    fn clock_difference_ms(&self) -> u64 {
        self.0.clock_ahead_ms.load(Ordering::Relaxed).unsigned_abs()
    }

    /// Whether the clocks allow to post.
    ///
    /// # Errors
    ///
    /// [`Outage::Clock`] when they differ by more than a minute.
    pub fn may_post(&self) -> Result<(), Error> {
        if self.clock_difference_ms() > CLOCK_MAX_MS { Err(Error::Outage(Outage::Clock)) } else { Ok(()) }
    }

    /// Shows it.
    pub fn measure(&self) {
        metrics::gauge!(CLOCK).set(Duration::from_millis(self.clock_difference_ms()));
        metrics::gauge!(STORAGE).set(u32::from(!self.has_storage()));
    }
}

/// Says of each figure what it is.
pub fn describe() {
    metrics::describe_gauge!(CLOCK, Unit::Seconds, "How far the database's clock and ours are apart.");
    metrics::describe_gauge!(STORAGE, "1 when the last write found no room or no working disk, within half a minute.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_a_minute_apart_in_either_direction_post_nothing() {
        let vitals = Vitals::default();
        let cases = [(0, true, true), (-5_000, true, true), (5_001, false, true), (-60_000, false, true)];
        for (ahead, agree, may) in cases.into_iter().chain([(60_001, false, false), (-3_600_000, false, false)]) {
            vitals.compared_clocks(ahead);
            assert_eq!((vitals.clocks_agree(), vitals.may_post().is_ok()), (agree, may), "{ahead}");
        }
        assert_eq!(vitals.may_post().unwrap_err().outage(), Some(Outage::Clock));
    }

    #[test]
    fn a_full_disk_is_remembered_until_something_is_written() {
        let vitals = Vitals::default();
        vitals.failed(Outage::Away);
        assert!(vitals.has_storage());
        vitals.failed(Outage::Storage);
        assert!(!vitals.clone().has_storage());
        vitals.written();
        assert!(vitals.has_storage());
    }
}
