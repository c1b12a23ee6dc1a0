//! A run of payouts: one payout for each account of what is owed, of everything that is owed now. `gathering → ready → done`, or
//! `cancelled`.
//!
//! What is being paid already is left alone, so that two runs pay once. Each of its payouts goes its own way; the run is done when all
//! of them are over.

use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::{OrganisationId, PayoutRunId, PersonId};
use crate::money::Currency;
use crate::payouts::rules::payout::{PayoutState, Source};
use crate::words::words;
use jiff::Timestamp;

/// The most payouts of a run; the rest of what is owed is for another one.
pub const PAYOUTS_MAX: i32 = 10_000;
/// The most accounts that one transaction looks at, and payouts that it moves.
pub const PAGE: i64 = 500;

words! {
    /// Where a run stands.
    RunState, "state of a payout run" {
        /// It asks for payouts, a page at a time.
        Gathering = "gathering",
        /// All its payouts are asked for, and some are not over.
        Ready = "ready",
        /// All its payouts are over.
        Done = "done",
        /// It was given up: what was not sent is cancelled.
        Cancelled = "cancelled",
    }
}

/// A run of payouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: PayoutRunId,
    /// From whose cash it pays.
    pub custodian: OrganisationId,
    /// The short name of the cooperative's cash from which it pays; empty for the cash that is called after the custodian.
    pub cash: String,
    /// What it pays.
    pub sources: Vec<Source>,
    /// The currency of all its payouts.
    pub currency: Currency,
    /// Minor units of the least amount that it pays.
    pub minimum: i64,
    /// What payees read beside their payouts.
    pub memo: String,
    /// Who asked for it.
    pub requested_by: PersonId,
    /// In book time.
    pub requested_at: Timestamp,
    /// How many payouts it has.
    pub payouts: i32,
    /// How many of them are over.
    pub ended: i32,
    /// Minor units of all of them.
    pub total: i64,
    /// Where it stands.
    pub state: RunState,
    /// Why it was given up; empty otherwise.
    pub reason: String,
    /// Raised by every change.
    pub version: i64,
}

impl Run {
    fn refuse(&self, wanted: &str) -> Refusal {
        Refusal::new("payout-run-state", format!("the run is {}: {wanted}", self.state))
    }

    /// What an approval is of: how many payouts, how much, and the digest of each.
    pub fn digest(&self, parts: &[(i64, Digest)]) -> Digest {
        let total: i128 = parts.iter().map(|(amount, _)| i128::from(*amount)).sum();
        let mut text = format!("payout run\n{}\n{}\n{total} {}\n", self.id, parts.len(), self.currency);
        for (_, digest) in parts {
            text.push_str(&digest.to_string());
            text.push('\n');
        }
        Digest::of(text.as_bytes())
    }

    /// Whether somebody may approve payouts of it.
    ///
    /// # Errors
    ///
    /// `payout-run-state`, `same-person`.
    pub fn check_approver(&self, by: PersonId) -> Result<(), Refusal> {
        match self.state {
            RunState::Ready if by == self.requested_by => {
                Err(Refusal::new("same-person", "somebody else approves a run than asked for it"))
            }
            RunState::Ready => Ok(()),
            RunState::Gathering => Err(self.refuse("it is approved once all its payouts are asked for")),
            RunState::Done | RunState::Cancelled => Err(self.refuse("nothing of it waits for an approval")),
        }
    }

    /// Whether all of it may go to a bank, with so many of its payouts in each state.
    ///
    /// # Errors
    ///
    /// `payout-run-state`; `payout-run-not-approved` with how many wait for what.
    pub fn check_sent(&self, counts: &[(PayoutState, i64)]) -> Result<(), Refusal> {
        match self.state {
            RunState::Ready => {}
            RunState::Gathering => {
                return Err(self.refuse("it is sent once all its payouts are asked for and approved"));
            }
            RunState::Done | RunState::Cancelled => return Err(self.refuse("nothing of it waits to be sent")),
        }
        let waits = [
            (PayoutState::Requested, "to be approved"),
            (PayoutState::Approved, "to be screened"),
            (PayoutState::Held, "for an operator, who releases or refuses what screening held"),
        ];
        let waits = waits.iter().filter_map(|(state, what)| {
            let count = counts.iter().find(|(of, count)| of == state && *count > 0)?.1;
            Some(format!("{count} {what}"))
        });
        let waits: Vec<String> = waits.collect();
        if waits.is_empty() {
            return Ok(());
        }
        let detail = format!("payouts of the run wait: {}", waits.join(", "));
        Err(Refusal::new("payout-run-not-approved", detail))
    }

    /// It is given up. What was sent goes on; the same again changes nothing.
    ///
    /// # Errors
    ///
    /// `payout-run-state` when all its payouts are over.
    pub fn cancel(self, reason: &str) -> Result<Run, Refusal> {
        match self.state {
            RunState::Gathering | RunState::Ready => {
                Ok(Run { state: RunState::Cancelled, reason: reason.to_owned(), ..self })
            }
            RunState::Cancelled => Ok(self),
            RunState::Done => Err(self.refuse("all its payouts are over")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;

    fn run(state: RunState) -> Run {
        Run {
            id: PayoutRunId::generate(BookId(1)),
            custodian: OrganisationId::generate(),
            cash: String::new(),
            sources: vec![Source::Member],
            currency: Currency::EUR,
            minimum: 1,
            memo: String::new(),
            requested_by: PersonId::generate(),
            requested_at: Timestamp::UNIX_EPOCH,
            payouts: 2,
            ended: 0,
            total: 300,
            state,
            reason: String::new(),
            version: 1,
        }
    }

    #[test]
    fn a_run_is_approved_by_somebody_else_once_it_is_ready_and_by_what_was_seen_of_each_payout() {
        let ready = run(RunState::Ready);
        assert_eq!(ready.check_approver(ready.requested_by).unwrap_err().code, "same-person");
        assert_eq!(ready.check_approver(PersonId::generate()), Ok(()));
        for state in [RunState::Gathering, RunState::Done, RunState::Cancelled] {
            assert_eq!(run(state).check_approver(PersonId::generate()).unwrap_err().code, "payout-run-state");
        }
        let (one, two) = ((100, Digest::of(b"one")), (200, Digest::of(b"two")));
        let seen = ready.digest(&[one, two]);
        assert_eq!(ready.digest(&[one, two]), seen);
        for other in [&[one][..], &[two, one], &[one, (200, Digest::of(b"three"))], &[one, (201, two.1)]] {
            assert_ne!(ready.digest(other), seen);
        }
    }

    #[test]
    fn a_run_is_given_up_until_all_its_payouts_are_over() {
        for state in [RunState::Gathering, RunState::Ready, RunState::Cancelled] {
            assert_eq!(run(state).cancel("too early").unwrap().state, RunState::Cancelled);
        }
        assert_eq!(run(RunState::Done).cancel("too early").unwrap_err().code, "payout-run-state");
    }

    #[test]
    fn a_run_is_sent_whole_or_says_what_is_not_approved_yet() {
        use PayoutState::{Approved, Cancelled, Held, Requested, Screened, Sent, Settled};
        let ready = run(RunState::Ready);
        ready.check_sent(&[(Screened, 3), (Sent, 1), (Settled, 2), (Cancelled, 1), (Held, 0)]).unwrap();
        ready.check_sent(&[]).unwrap();
        let refused = ready.check_sent(&[(Screened, 3), (Requested, 2), (Approved, 1), (Held, 4)]).unwrap_err();
        assert_eq!(refused.code, "payout-run-not-approved");
        for says in ["2 to be approved", "1 to be screened", "4 for an operator"] {
            assert!(refused.detail.contains(says), "{}", refused.detail);
        }
        for state in [RunState::Gathering, RunState::Done, RunState::Cancelled] {
            assert_eq!(run(state).check_sent(&[(Screened, 1)]).unwrap_err().code, "payout-run-state");
        }
    }
}
