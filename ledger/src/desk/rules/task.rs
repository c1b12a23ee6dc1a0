//! A task: what waits for a person, for which object, until when.

use crate::id::{
    AffiliationId, BankAccountId, BankLineId, BookRef, ChargeId, ChargebackId, ClaimId, ContributionId,
    CustodianFreezeId, DisputeId, DistributionId, InvitationId, JoinRequestId, MilestoneCallId, OrganisationId,
    PayoutId, PlanMoveId, ProposalId, RedemptionId, SettlementId, SharePlanId, SubmissionId, SuspenseId,
};
use crate::words::words;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

words! {
    /// What somebody is to do.
    TaskKind, "kind of task" {
        /// Accept a role that was offered.
        AcceptInvitation = "accept_invitation",
        /// Answer somebody who asks to belong to one's own organisation.
        AnswerJoinRequest = "answer_join_request",
        /// Accept a team that applies for a call of the host, or decline those that do.
        DecideCall = "decide_call",
        /// Review a claim.
        ReviewClaim = "review_claim",
        /// Change a claim of one's own team, and submit it again.
        ChangeClaim = "change_claim",
        /// Answer a dispute about a claim of one's own team.
        AnswerDispute = "answer_dispute",
        /// Reply to the answer to a dispute that one has raised, or accept it.
        ReplyDispute = "reply_dispute",
        /// Decide a dispute about a claim.
        ResolveDispute = "resolve_dispute",
        /// Confirm what somebody else of the host asks for: to revoke a claim, or to write off what is owed of it.
        ConfirmRequest = "confirm_request",
        /// Show a drafted distribution to the members.
        OpenDistribution = "open_distribution",
        /// Approve a distribution that somebody else drafted.
        ApproveDistribution = "approve_distribution",
        /// Approve that retained shares are paid back, as somebody else asks.
        ApproveRedemption = "approve_redemption",
        /// Say whether one's own cooperative is of a federation that asks it.
        AnswerAffiliation = "answer_affiliation",
        /// Vote on a proposal to the members of a cooperative.
        CastVote = "cast_vote",
        /// Attest the hours of another member.
        AttestHours = "attest_hours",
        /// Score a submission as a judge.
        ScoreSubmission = "score_submission",
        /// Attest the share of one's own team in what a submission wins, or object to it.
        AttestShare = "attest_share",
        /// Propose anew how the prizes of a submission are divided, as a team has objected.
        ReviseShares = "revise_shares",
        /// Decide how the prizes of a submission are divided, as a team has objected.
        DecideShares = "decide_shares",
        /// Give the provider evidence against a chargeback.
        AnswerChargeback = "answer_chargeback",
        /// Fund the risk reserve, which does not reach for a chargeback that is lost.
        FundReserve = "fund_reserve",
        /// Say whose payment money in suspense is, or return it.
        MatchSuspense = "match_suspense",
        /// Say that the mandate of a partner that has left has ended, so that a plan can move.
        ConfirmEnded = "confirm_ended",
        /// Find out whether a partner has the money of a charge: it reported the capture, and its own list does not have it.
        CheckCapture = "check_capture",
        /// Ask a custodian for money that it owes beyond the day that was promised.
        ChaseSettlement = "chase_settlement",
        /// Get the money of a frozen custodian free, and release it then.
        ReleaseCustodian = "release_custodian",
        /// Confirm a bank account that another one of the payee has given, or reject it.
        ConfirmBankAccount = "confirm_bank_account",
        /// Approve a payout that somebody else has asked for.
        ApprovePayout = "approve_payout",
        /// Decide about a payout that screening holds.
        DecidePayout = "decide_payout",
        /// Send a payout that is approved and screened.
        SendPayout = "send_payout",
        /// Find out what became of a payout that was sent and is on no bank statement.
        ChasePayout = "chase_payout",
        /// Find out what a line of a bank statement is about.
        MatchBankLine = "match_bank_line",
    }
}

/// What waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What is to be done.
    pub kind: TaskKind,
    /// The object, such as the claim.
    pub object: TaskObject,
    /// The object in words: the name of the milestone, the organisation that invites.
    pub title: String,
    /// The book that it lies in, with its name; none for an invitation and a request to join.
    pub book: Option<(BookRef, String)>,
    /// Until when, by the clock of the book, or by the wall clock where there is none; none when nothing ends it.
    pub until: Option<Timestamp>,
}

impl Task {
    /// Where it stands in the list.
    pub fn place(&self) -> Place {
        Place { until: self.until, object: self.object.uuid() }
    }
}

/// A place in the list: what ends first comes first, what nothing ends comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Until when.
    pub until: Option<Timestamp>,
    /// The object.
    pub object: Uuid,
}

impl Place {
    /// Before everything.
    pub const START: Place = Place { until: Some(Timestamp::UNIX_EPOCH), object: Uuid::nil() };

    /// What the list is sorted by.
    pub fn order(self) -> (bool, Option<Timestamp>, Uuid) {
        (self.until.is_none(), self.until, self.object)
    }
}

/// What a task is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskObject {
    /// An invitation to a federation.
    Affiliation(AffiliationId),
    /// A bank account of a payee.
    BankAccount(BankAccountId),
    /// A line of a bank statement.
    BankLine(BankLineId),
    /// A call.
    Call(MilestoneCallId),
    /// A charge.
    Charge(ChargeId),
    /// A chargeback.
    Chargeback(ChargebackId),
    /// A claim.
    Claim(ClaimId),
    /// Hours of a member.
    Contribution(ContributionId),
    /// A freeze of a custodian.
    CustodianFreeze(CustodianFreezeId),
    /// A dispute about the claim.
    Dispute(DisputeId, ClaimId),
    /// A distribution.
    Distribution(DistributionId),
    /// An invitation.
    Invitation(InvitationId),
    /// A request to join the organisation.
    JoinRequest(JoinRequestId, OrganisationId),
    /// A move of a plan.
    PlanMove(PlanMoveId),
    /// A payout.
    Payout(PayoutId),
    /// Retained shares to be paid back.
    Redemption(RedemptionId),
    /// A proposal.
    Proposal(ProposalId),
    /// A settlement.
    Settlement(SettlementId),
    /// A share plan.
    SharePlan(SharePlanId),
    /// A submission.
    Submission(SubmissionId),
    /// Money in suspense.
    Suspense(SuspenseId),
}

impl TaskObject {
    fn uuid(self) -> Uuid {
        match self {
            TaskObject::Affiliation(id) => id.object,
            TaskObject::BankAccount(id) => id.object,
            TaskObject::BankLine(id) => id.object,
            TaskObject::Payout(id) => id.object,
            TaskObject::Call(id) => id.object,
            TaskObject::Charge(id) => id.object,
            TaskObject::Chargeback(id) => id.object,
            TaskObject::Claim(id) => id.object,
            TaskObject::Contribution(id) => id.object,
            TaskObject::CustodianFreeze(id) => id.object,
            TaskObject::Dispute(id, _) => id.object,
            TaskObject::Distribution(id) => id.object,
            TaskObject::Invitation(id) => id.0,
            TaskObject::JoinRequest(id, _) => id.0,
            TaskObject::PlanMove(id) => id.object,
            TaskObject::Redemption(id) => id.object,
            TaskObject::Proposal(id) => id.object,
            TaskObject::Settlement(id) => id.object,
            TaskObject::SharePlan(id) => id.object,
            TaskObject::Submission(id) => id.object,
            TaskObject::Suspense(id) => id.object,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_first_comes_first_and_what_nothing_ends_comes_last() {
        let place = |second: Option<i64>, object| Place {
            until: second.map(|second| Timestamp::from_second(second).unwrap()),
            object: Uuid::from_u128(object),
        };
        let sorted = [Place::START, place(Some(5), 9), place(Some(6), 1), place(Some(6), 2), place(None, 0)];
        assert!(sorted.is_sorted_by_key(|place| place.order()));
    }
}
