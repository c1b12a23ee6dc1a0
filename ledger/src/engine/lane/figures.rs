//! What lanes count and time.

use super::journal::Trouble;
use metrics::{Histogram, Unit};
use std::time::Instant;

const BATCH: &str = "commonpurse_lane_batch_commands";
const WRITE: &str = "commonpurse_lane_write_seconds";
const TROUBLES: &str = "commonpurse_lane_troubles_total";
const OPEN: &str = "commonpurse_lanes_open";
const QUEUED: &str = "commonpurse_lane_queue_commands";
const LONGEST: &str = "commonpurse_lane_queue_longest_commands";

/// How a batch was written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// In one round trip, on the cached state.
    OnCache,
    /// Under the head's lock.
    UnderLock,
}

/// The figures of one lane, which are those of all lanes of the process: a book is no label.
#[derive(Debug)]
pub(super) struct Figures {
    batch: Histogram,
    on_cache: Histogram,
    under_lock: Histogram,
}

impl Figures {
    pub(super) fn new() -> Figures {
        Figures {
            batch: metrics::histogram!(BATCH),
            on_cache: metrics::histogram!(WRITE, "way" => "on_cache"),
            under_lock: metrics::histogram!(WRITE, "way" => "under_lock"),
        }
    }

    /// Commands were written together.
    pub(super) fn written(&self, commands: usize) {
        self.batch.record(count(commands));
    }

    /// An attempt to write a batch has ended, whatever came of it.
    pub(super) fn tried(&self, way: Way, since: Instant) {
        let write = match way {
            Way::OnCache => &self.on_cache,
            Way::UnderLock => &self.under_lock,
        };
        write.record(since.elapsed());
    }
}

/// An attempt to write a batch met trouble, by its name.
pub(super) fn trouble(name: &'static str) {
    metrics::counter!(TROUBLES, "trouble" => name).increment(1);
}

/// How many lanes run, and how many commands wait in each.
pub(super) fn queues(waiting: impl Iterator<Item = usize>) {
    let (open, queued, longest) = waiting.fold((0, 0, 0), |(open, queued, longest): (usize, usize, usize), next| {
        (open + 1, queued + next, longest.max(next))
    });
    metrics::gauge!(OPEN).set(count(open));
    metrics::gauge!(QUEUED).set(count(queued));
    metrics::gauge!(LONGEST).set(count(longest));
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Says of each figure of lanes what it is. Troubles that were not met are shown too: the first is then seen as a change.
pub(super) fn describe() {
    metrics::describe_histogram!(BATCH, Unit::Count, "How many commands of one book were written together.");
    metrics::describe_histogram!(
        WRITE,
        Unit::Seconds,
        "How long an attempt to write a batch took, with the wait for a connection: on the cached state, or under the lock of \
         the book's head."
    );
    metrics::describe_counter!(
        TROUBLES,
        "Attempts to write a batch that wrote nothing, by what they met; most are tried again at once."
    );
    metrics::describe_gauge!(OPEN, "Books whose lane runs.");
    metrics::describe_gauge!(QUEUED, "Commands that wait in the queues of all lanes.");
    metrics::describe_gauge!(
        LONGEST,
        "Commands that wait in the longest of these queues; a lane refuses more than 8192."
    );
    for name in Trouble::NAMES {
        metrics::counter!(TROUBLES, "trouble" => name).absolute(0);
    }
}
