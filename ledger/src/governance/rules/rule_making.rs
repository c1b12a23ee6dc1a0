//! How the allocation rules of a cooperative are made: by who keeps its books, or by votes of its members alone.

use super::proposal::{Proposal, ProposalState};
use super::vote::Threshold;
use crate::cooperatives::rules::cooperative::Percent;
use crate::error::Refusal;
use crate::id::{BookId, PersonId, ProposalId};
use jiff::Timestamp;

/// The most times that a cooperative says how its rules are made.
pub const VERSIONS_MAX: i32 = 1_000;

/// What a vote on a rule needs at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// How many of those who may vote must be counted, more than 0.
    pub quorum: Percent,
    /// How much of yes and no must be yes.
    pub threshold: Threshold,
}

impl Needs {
    /// How many of so many who may vote must be counted: a whole one for each part of one.
    pub fn quorum_of(self, electors: i32) -> i32 {
        let exact = u64::from(electors.unsigned_abs()) * self.quorum.hundredths();
        i32::try_from(exact.div_ceil(Percent::WHOLE.hundredths())).unwrap_or(i32::MAX).max(1)
    }

    /// Whether a threshold is enough.
    pub fn allows(self, threshold: Threshold) -> bool {
        self.threshold == Threshold::Majority || threshold == Threshold::TwoThirds
    }

    /// Whether others ask for as much, or more.
    fn are_met_by(self, others: Option<Needs>) -> bool {
        others.is_some_and(|it| it.quorum >= self.quorum && self.allows(it.threshold))
    }
}

/// How rules are made. Written once; the last version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMaking {
    /// Whose book.
    pub book: BookId,
    /// From 1.
    pub version: i32,
    /// What a vote needs; none where keepers make rules.
    pub needs: Option<Needs>,
    /// The proposal by which less is asked for than before.
    pub proposal: Option<ProposalId>,
    /// Who wrote it down.
    pub set_by: PersonId,
    /// When, in book time.
    pub set_at: Timestamp,
}

impl RuleMaking {
    /// Refuses what asks for less than this, but for a proposal that members have accepted since, as they accept rules.
    ///
    /// # Errors
    ///
    /// `rule-by-vote` without one; `proposal-not-passed` for one that did not pass, that was opened before this was written down, or that needed less than
    /// a rule.
    pub fn check_next(&self, next: Option<Needs>, by: Option<&Proposal>) -> Result<(), Refusal> {
        let Some(needs) = self.needs.filter(|needs| !needs.are_met_by(next)) else { return Ok(()) };
        let Some(proposal) = by else {
            let detail = "members decide on rules by vote: name the proposal by which they ask for less";
            return Err(Refusal::new("rule-by-vote", detail));
        };
        let quorum = needs.quorum_of(proposal.electors);
        if proposal.state() == ProposalState::Passed
            && proposal.opened_at >= self.set_at
            && proposal.quorum >= quorum
            && needs.allows(proposal.threshold)
        {
            return Ok(());
        }
        let detail = format!(
            "it takes a proposal that passed, that was opened after {}, and that needed {quorum} members and {}",
            self.set_at, needs.threshold
        );
        Err(Refusal::new("proposal-not-passed", detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(quorum: &str, threshold: Threshold) -> Needs {
        Needs { quorum: quorum.parse().expect("a percentage"), threshold }
    }

    #[test]
    fn a_part_of_a_member_is_a_whole_one_and_nobody_is_never_enough() {
        let counted = |quorum: &str, electors| needs(quorum, Threshold::Majority).quorum_of(electors);
        assert_eq!((counted("33.33", 30), counted("33.34", 30), counted("100", 7), counted("0.01", 1)), (10, 11, 7, 1));
        assert_eq!((counted("50", 6), counted("50.01", 6), counted("100", i32::MAX)), (3, 4, i32::MAX));
    }

    #[test]
    fn members_lose_what_they_decide_by_a_vote_only() {
        let now = Timestamp::UNIX_EPOCH;
        let by_vote = |needs| RuleMaking {
            book: BookId(1),
            version: 1,
            needs,
            proposal: None,
            set_by: PersonId::generate(),
            set_at: now,
        };
        let half = needs("50", Threshold::Majority);
        assert!(by_vote(None).check_next(Some(half), None).is_ok(), "keepers give it away");
        for more in [half, needs("50.01", Threshold::Majority), needs("50", Threshold::TwoThirds)] {
            assert!(by_vote(Some(half)).check_next(Some(more), None).is_ok());
        }
        for less in [None, Some(needs("49.99", Threshold::TwoThirds))] {
            assert_eq!(by_vote(Some(half)).check_next(less, None).expect_err("less").code, "rule-by-vote");
        }
        let strict = by_vote(Some(needs("50", Threshold::TwoThirds)));
        assert_eq!(strict.check_next(Some(half), None).expect_err("less").code, "rule-by-vote");
    }
}
