//! Reviews: n of m people with the role of reviewer say what they hold of a claim.
//!
//! Nobody is heard in their own cause: the claimant, the members of the claiming team and whoever has a declared tie to
//! that team count for nothing, also when the tie is declared after the approval. An approval names the SHA-256 of the
//! claim and of each evidence, and falls when either changes. Approvals of different amounts count together for the
//! lowest of them, because that is the amount which each of them covers.

use super::milestone::Policy;
use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::PersonId;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The longest comment of a review, in characters.
pub const COMMENT_MAX: usize = 4_000;

/// What a reviewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is done, and worth `amount`.
    Approve {
        /// The claimed amount or a part of it, minor units.
        amount: i64,
    },
    /// Something must be changed first.
    AskChanges,
    /// It is not what the milestone asks for.
    Reject,
}

impl Verdict {
    /// Its name outside and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Approve { .. } => "approve",
            Verdict::AskChanges => "ask_changes",
            Verdict::Reject => "reject",
        }
    }

    /// Minor units approved; 0 where nothing is.
    pub fn amount(self) -> i64 {
        match self {
            Verdict::Approve { amount } => amount,
            Verdict::AskChanges | Verdict::Reject => 0,
        }
    }
}

/// One review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Who reviewed.
    pub reviewer: PersonId,
    /// The submission that was reviewed: 1 for the first, one more for each later one.
    pub round: i32,
    /// What was said.
    pub verdict: Verdict,
    /// The digest of the claim that the reviewer read.
    pub claim: Digest,
    /// The digests of the evidence that the reviewer read, in the claim's order.
    pub evidence: Vec<Digest>,
    /// Why the reviewer says so.
    pub comment: String,
    /// When it was recorded, in book time.
    pub at: Timestamp,
}

/// What is being reviewed, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Number of the present submission, from 1.
    pub round: i32,
    /// The digest of the claim.
    pub claim: Digest,
    /// The digests of its evidence.
    pub evidence: Vec<Digest>,
    /// Minor units claimed.
    pub amount: i64,
}

/// Whose word does not count on a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// Who submitted it.
    pub claimant: PersonId,
    /// The members of the claiming team.
    pub team: BTreeSet<PersonId>,
    /// People with a declared tie to that team.
    pub tied: BTreeSet<PersonId>,
}

impl Parties {
    /// Refuses a party with `own-claim`, `own-team` or `declared-tie`.
    pub fn admit(&self, person: PersonId) -> Result<(), Refusal> {
        if person == self.claimant {
            return Err(Refusal::new("own-claim", "nobody decides on a claim of their own"));
        }
        if self.team.contains(&person) {
            return Err(Refusal::new("own-team", "a member of the claiming team does not decide on its claims"));
        }
        if self.tied.contains(&person) {
            return Err(Refusal::new(
                "declared-tie",
                "whoever has a declared tie to the team does not decide on its claims",
            ));
        }
        Ok(())
    }
}

/// Refuses a review that may not be recorded: of a party, of other content than what stands there, of too much, or twice.
pub fn admit(review: &Review, subject: &Subject, parties: &Parties, before: &[Review]) -> Result<(), Refusal> {
    parties.admit(review.reviewer)?;
    if review.claim != subject.claim || review.evidence != subject.evidence {
        let detail =
            format!("the claim's digest is {}; read it again and restate it and each evidence's", subject.claim);
        return Err(Refusal::new("digest-mismatch", detail));
    }
    if let Verdict::Approve { amount } = review.verdict
        && !(1..=subject.amount).contains(&amount)
    {
        return Err(Refusal::new("amount-above-claim", "an approval is for the claimed amount or a part of it"));
    }
    if before.iter().any(|other| other.reviewer == review.reviewer && other.round == subject.round) {
        return Err(Refusal::new("already-reviewed", "each reviewer speaks once on a submission"));
    }
    Ok(())
}

/// The reviews that count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ballot {
    /// Who approved, and how many minor units.
    pub approvals: Vec<(PersonId, i64)>,
    /// Who rejected.
    pub rejections: Vec<PersonId>,
    /// Who asked for changes.
    pub changes: Vec<PersonId>,
}

/// What the reviews that count amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not decided yet.
    Waiting,
    /// Enough reviewers approved.
    Approved {
        /// The lowest amount that a counting approval states, minor units.
        amount: i64,
    },
    /// As many rejections as approvals would be needed.
    Rejected,
    /// One reviewer asks for changes.
    ChangesAsked,
}

impl Ballot {
    /// Counts the reviews of the present submission whose digests still hold and whose reviewer is no party.
    pub fn count(reviews: &[Review], subject: &Subject, parties: &Parties) -> Ballot {
        let mut ballot = Ballot::default();
        let stands = |review: &&Review| {
            review.round == subject.round
                && review.claim == subject.claim
                && review.evidence == subject.evidence
                && parties.admit(review.reviewer).is_ok()
        };
        for review in reviews.iter().filter(stands) {
            match review.verdict {
                Verdict::Approve { amount } => ballot.approvals.push((review.reviewer, amount)),
                Verdict::Reject => ballot.rejections.push(review.reviewer),
                Verdict::AskChanges => ballot.changes.push(review.reviewer),
            }
        }
        ballot
    }

    /// The lowest approved amount; none without an approval.
    pub fn lowest(&self) -> Option<i64> {
        self.approvals.iter().map(|(_, amount)| *amount).min()
    }

    /// What they amount to under this policy.
    pub fn outcome(&self, policy: &Policy) -> Outcome {
        let needed = usize::from(policy.reviewers_needed);
        if !self.changes.is_empty() {
            return Outcome::ChangesAsked;
        }
        match self.lowest() {
            Some(amount) if self.approvals.len() >= needed => Outcome::Approved { amount },
            Some(_) | None if self.rejections.len() >= needed => Outcome::Rejected,
            Some(_) | None => Outcome::Waiting,
        }
    }
}

/// Above a policy's threshold requester, approvers and payer are different people: refused with `same-person`.
pub fn three_people(requester: PersonId, approvers: &[PersonId], payer: PersonId) -> Result<(), Refusal> {
    if requester == payer || approvers.contains(&requester) || approvers.contains(&payer) {
        return Err(Refusal::new("same-person", "above the threshold requester, approver and payer are three people"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        subject: Subject,
        parties: Parties,
        reviews: Vec<Review>,
    }

    impl Case {
        fn new() -> Case {
            let subject = Subject {
                round: 1,
                claim: Digest::of(b"claim"),
                evidence: vec![Digest::of(b"photo")],
                amount: 500_000,
            };
            let parties = Parties { claimant: PersonId::generate(), team: BTreeSet::new(), tied: BTreeSet::new() };
            Case { subject, parties, reviews: Vec::new() }
        }

        fn review(&self, reviewer: PersonId, verdict: Verdict) -> Review {
            Review {
                reviewer,
                round: self.subject.round,
                verdict,
                claim: self.subject.claim,
                evidence: self.subject.evidence.clone(),
                comment: String::new(),
                at: Timestamp::UNIX_EPOCH,
            }
        }

        fn says(&mut self, reviewer: PersonId, verdict: Verdict) -> Result<Outcome, &'static str> {
            let review = self.review(reviewer, verdict);
            admit(&review, &self.subject, &self.parties, &self.reviews).map_err(|refusal| refusal.code)?;
            self.reviews.push(review);
            Ok(self.outcome())
        }

        fn outcome(&self) -> Outcome {
            Ballot::count(&self.reviews, &self.subject, &self.parties).outcome(&Policy::default())
        }
    }

    const WHOLE: Verdict = Verdict::Approve { amount: 500_000 };

    #[test]
    fn m5_the_claimants_own_approval_is_refused_and_counts_for_nothing() {
        let mut case = Case::new();
        let claimant = case.parties.claimant;
        assert_eq!(case.says(claimant, WHOLE), Err("own-claim"));
        case.reviews.push(case.review(claimant, WHOLE));
        assert_eq!(case.says(PersonId::generate(), WHOLE), Ok(Outcome::Waiting));
        assert_eq!(case.says(PersonId::generate(), WHOLE), Ok(Outcome::Approved { amount: 500_000 }));
    }

    #[test]
    fn m5_an_approval_falls_when_the_claim_changes() {
        let mut case = Case::new();
        case.says(PersonId::generate(), WHOLE).expect("a stranger");
        case.subject.claim = Digest::of(b"another claim");
        assert_eq!(case.says(PersonId::generate(), WHOLE), Ok(Outcome::Waiting));
    }

    #[test]
    fn m5_an_approval_falls_when_an_evidence_hash_changes() {
        let mut case = Case::new();
        case.says(PersonId::generate(), WHOLE).expect("a stranger");
        case.subject.evidence = vec![Digest::of(b"another photo")];
        assert_eq!(case.says(PersonId::generate(), WHOLE), Ok(Outcome::Waiting));
    }

    #[test]
    fn an_approval_of_what_no_longer_stands_there_is_refused() {
        let mut case = Case::new();
        let stale = case.review(PersonId::generate(), WHOLE);
        case.subject.evidence.push(Digest::of(b"a later page"));
        let refusal = admit(&stale, &case.subject, &case.parties, &[]).expect_err("stale");
        assert_eq!(refusal.code, "digest-mismatch");
    }

    #[test]
    fn team_members_and_tied_people_are_refused_also_when_the_tie_is_declared_later() {
        let mut case = Case::new();
        let (member, friend) = (PersonId::generate(), PersonId::generate());
        case.parties.team.insert(member);
        assert_eq!(case.says(member, WHOLE), Err("own-team"));
        case.says(friend, WHOLE).expect("no tie is known yet");
        case.says(PersonId::generate(), WHOLE).expect("a stranger");
        case.parties.tied.insert(friend);
        assert_eq!(case.outcome(), Outcome::Waiting);
        assert_eq!(case.says(friend, WHOLE), Err("declared-tie"));
    }

    #[test]
    fn m9_approvals_of_different_amounts_count_for_the_lowest() {
        let mut case = Case::new();
        case.says(PersonId::generate(), WHOLE).expect("a stranger");
        let partly = Verdict::Approve { amount: 300_000 };
        assert_eq!(case.says(PersonId::generate(), partly), Ok(Outcome::Approved { amount: 300_000 }));
    }

    #[test]
    fn nobody_speaks_twice_or_approves_more_than_was_claimed() {
        let mut case = Case::new();
        let reviewer = PersonId::generate();
        assert_eq!(case.says(reviewer, Verdict::Approve { amount: 500_001 }), Err("amount-above-claim"));
        assert_eq!(case.says(reviewer, Verdict::Approve { amount: 0 }), Err("amount-above-claim"));
        assert_eq!(case.says(reviewer, WHOLE), Ok(Outcome::Waiting));
        assert_eq!(case.says(reviewer, WHOLE), Err("already-reviewed"));
    }

    #[test]
    fn one_rejection_does_not_decide_and_as_many_as_needed_do() {
        let mut case = Case::new();
        assert_eq!(case.says(PersonId::generate(), Verdict::Reject), Ok(Outcome::Waiting));
        assert_eq!(case.says(PersonId::generate(), WHOLE), Ok(Outcome::Waiting));
        assert_eq!(case.says(PersonId::generate(), Verdict::Reject), Ok(Outcome::Rejected));
        assert_eq!(case.says(PersonId::generate(), Verdict::AskChanges), Ok(Outcome::ChangesAsked));
    }

    #[test]
    fn three_people_are_three_people() {
        let [a, b, c] = [PersonId::generate(), PersonId::generate(), PersonId::generate()];
        assert_eq!(three_people(a, &[b], c), Ok(()));
        for (requester, approver, payer) in [(a, a, c), (a, b, b), (a, b, a)] {
            assert_eq!(three_people(requester, &[approver], payer).expect_err("two people").code, "same-person");
        }
    }
}
