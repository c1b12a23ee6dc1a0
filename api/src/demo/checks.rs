//! The checks of the story: each says what it looked at; one that does not hold ends the story.

use anyhow::bail;
use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the checks that held.
#[derive(Debug, Default)]
pub struct Checks {
    held: AtomicUsize,
}

impl Checks {
    /// What was found must be what the story says.
    pub fn equal<A: PartialEq<B> + Debug, B: Debug>(&self, what: &str, found: A, told: B) -> anyhow::Result<()> {
        if found != told {
            bail!("the check did not hold: {what}: found {found:?}, the story says {told:?}");
        }
        self.held.fetch_add(1, Ordering::Relaxed);
        tracing::debug!("{what}: {told:?}");
        Ok(())
    }

    /// How many held.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}
