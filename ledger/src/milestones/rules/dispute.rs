//! Disputes: somebody objects to a part of an approved claim, which freezes that part until it is decided.
//!
//! `open → upheld | dismissed`. One that nobody decides in time counts as upheld: the money stays with the milestone,
//! where a further claim may ask for it, and nothing is lost to either side.

use crate::calendar::later;
use crate::error::Refusal;
use crate::id::{ClaimId, DisputeId, PersonId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;

/// Days in which a dispute must be decided.
pub const DISPUTE_DAYS: u16 = 30;
/// The longest reason and the longest resolution, in characters.
pub const REASON_MAX: usize = 4_000;

words! {
    /// How a dispute ends.
    Ruling, "ruling" {
        /// The objection holds: its part stays with the milestone.
        Uphold = "uphold",
        /// It does not: its part is released.
        Dismiss = "dismiss",
    }
}

/// Where a dispute stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisputeState {
    /// Its part is frozen.
    Open,
    /// Decided.
    Resolved {
        /// Whether the objection holds.
        ruling: Ruling,
        /// Who decided it; none when its time ran out.
        by: Option<PersonId>,
        /// When it was decided, in book time.
        at: Timestamp,
        /// Why it was decided so.
        resolution: String,
    },
}

impl DisputeState {
    /// Its name outside and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            DisputeState::Open => "open",
            DisputeState::Resolved { ruling: Ruling::Uphold, .. } => "upheld",
            DisputeState::Resolved { ruling: Ruling::Dismiss, .. } => "dismissed",
        }
    }
}

/// An objection to a part of an approved claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// The approved claim that is objected to.
    pub claim: ClaimId,
    /// Who objects.
    pub opened_by: PersonId,
    /// The part of the approved amount that is objected to.
    pub amount: Money,
    /// Why somebody objects.
    pub reason: String,
    /// When it was raised, in book time.
    pub opened_at: Timestamp,
    /// When it counts as upheld unless it is decided, in book time.
    pub until: Timestamp,
    /// Where it stands.
    pub state: DisputeState,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
}

impl Dispute {
    /// A new one.
    pub fn open(claim: ClaimId, opened_by: PersonId, amount: Money, reason: String, now: Timestamp) -> Dispute {
        Dispute {
            id: DisputeId::generate(claim.book),
            claim,
            opened_by,
            amount,
            reason,
            opened_at: now,
            until: later(now, DISPUTE_DAYS),
            state: DisputeState::Open,
            version: 1,
        }
    }

    /// Somebody decides it, who did not raise it.
    pub fn resolve(self, ruling: Ruling, by: PersonId, now: Timestamp, resolution: String) -> Result<Dispute, Refusal> {
        if by == self.opened_by {
            return Err(Refusal::new("own-dispute", "whoever raised a dispute does not decide it"));
        }
        self.end(ruling, Some(by), now, resolution)
    }

    /// What becomes of it when its time has run out; none while it has time, or is decided.
    pub fn lapse(self, now: Timestamp) -> Option<Dispute> {
        if now < self.until {
            return None;
        }
        let until = self.until;
        self.end(Ruling::Uphold, None, until, "nobody decided in time".into()).ok()
    }

    fn end(self, ruling: Ruling, by: Option<PersonId>, at: Timestamp, resolution: String) -> Result<Dispute, Refusal> {
        match self.state {
            DisputeState::Open => Ok(Dispute { state: DisputeState::Resolved { ruling, by, at, resolution }, ..self }),
            DisputeState::Resolved { .. } => {
                let detail = format!("the dispute is {}: it was decided before", self.state.as_str());
                Err(Refusal::new("dispute-closed", detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;
    use crate::money::Currency;

    fn dispute() -> Dispute {
        let amount = Money::from_minor(120_000, Currency::USD).expect("positive");
        let claim = ClaimId::generate(BookId(1));
        Dispute::open(claim, PersonId::generate(), amount, "no test data".into(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn whoever_raised_a_dispute_does_not_decide_it() {
        let open = dispute();
        let (by, now) = (open.opened_by, open.opened_at);
        let refusal = open.resolve(Ruling::Uphold, by, now, String::new()).expect_err("a party");
        assert_eq!(refusal.code, "own-dispute");
    }

    #[test]
    fn a_dispute_is_decided_once() {
        let open = dispute();
        let now = open.opened_at;
        let dismissed = open.resolve(Ruling::Dismiss, PersonId::generate(), now, "it is there".into()).expect("open");
        assert_eq!(dismissed.state.as_str(), "dismissed");
        let again = dismissed.clone().resolve(Ruling::Uphold, PersonId::generate(), now, String::new());
        assert_eq!(again.expect_err("decided").code, "dispute-closed");
        assert_eq!(dismissed.lapse(Timestamp::MAX), None);
    }

    #[test]
    fn a_dispute_that_nobody_decides_counts_as_upheld() {
        let open = dispute();
        let until = open.until;
        assert_eq!(open.clone().lapse(until - jiff::SignedDuration::from_secs(1)), None);
        assert_eq!(open.lapse(until).expect("its time has run out").state.as_str(), "upheld");
    }
}
