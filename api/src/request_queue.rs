//! What partners asked and nobody has written down yet: a queue in memory, into which an answer puts a line without waiting.

use ledger::parties::rules::request::AnsweredRequest;
use std::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;

/// Lines that wait in memory, at most: some 4 MB.
const WAITING_MAX: usize = 10_000;

const UNWRITTEN: &str = "commonpurse_partner_requests_unwritten_total";

/// The queue of a process.
#[derive(Debug)]
pub struct RequestQueue {
    lines: Sender<AnsweredRequest>,
    waiting: Mutex<Option<Receiver<AnsweredRequest>>>,
    stopping: watch::Sender<bool>,
}

impl Default for RequestQueue {
    fn default() -> RequestQueue {
        let (lines, waiting) = channel(WAITING_MAX);
        RequestQueue { lines, waiting: Mutex::new(Some(waiting)), stopping: watch::Sender::new(false) }
    }
}

impl RequestQueue {
    /// Takes a line; one that finds no room is counted and gone.
    pub fn put(&self, line: AnsweredRequest) {
        if self.lines.try_send(line).is_err() {
            unwritten(1);
        }
    }

    /// What waits, for the one who writes it; none when somebody has it already.
    pub fn waiting(&self) -> Option<Receiver<AnsweredRequest>> {
        self.waiting.lock().ok()?.take()
    }

    /// Whether to end.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Says that no line comes any more: who writes them ends when those that are there are written.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

/// Counts lines that are not kept.
pub(crate) fn unwritten(lines: usize) {
    metrics::counter!(UNWRITTEN).increment(u64::try_from(lines).unwrap_or(u64::MAX));
}

/// Says what is counted here.
pub(crate) fn describe() {
    let what = "Requests of partners that are not kept for them to read, as more came than could be written.";
    metrics::describe_counter!(UNWRITTEN, what);
    unwritten(0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::book::Mode;
    use ledger::id::{CredentialId, OrganisationId};

    fn line(number: usize) -> AnsweredRequest {
        AnsweredRequest {
            id: uuid::Uuid::now_v7(),
            organisation: OrganisationId::generate(),
            credential: CredentialId::generate(),
            mode: Mode::Sandbox,
            at: ledger::calendar::now(),
            method: "GET".into(),
            path: "/v1/charges".into(),
            status: 200,
            problem: String::new(),
            request_id: number.to_string(),
        }
    }

    #[test]
    fn what_finds_no_room_is_left_out_and_nobody_waits() {
        let queue = RequestQueue::default();
        for number in 0..WAITING_MAX + 10 {
            queue.put(line(number));
        }
        let mut waiting = queue.waiting().unwrap();
        let first = waiting.try_recv().unwrap();
        assert_eq!((first.request_id.as_str(), waiting.len()), ("0", WAITING_MAX - 1), "the oldest stay");
        assert!(queue.waiting().is_none(), "one writes");
    }
}
