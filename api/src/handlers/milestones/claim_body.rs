//! Claims and their reviews on the wire.

use super::clawback_body::ClawbackBody;
use crate::auth::Caller;
use crate::evidence_body::EvidenceBody;
use crate::visibility::{Reader, book_of};
use crate::wire::{BalanceBody, MoneyBody};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::evidence::{Digest, EvidenceKind};
use ledger::id::{ClaimId, MilestoneId, OrganisationId, PersonId};
use ledger::milestones::rules::claim::{Claim, ClaimState, DecidedBy, Decision};
use ledger::milestones::rules::clawback::Clawback;
use ledger::milestones::rules::review::Review;
use ledger::milestones::store::claims;
use ledger::money::Currency;
use serde::Serialize;
use utoipa::ToSchema;

/// What was approved of a claim, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
pub struct DecisionBody {
    /// The lowest amount that a counting approval states.
    amount: BalanceBody,
    /// `reviewers`, or `silence` when nobody decided in time.
    #[schema(value_type = String)]
    by: DecidedBy,
    /// When that was, by the book's clock.
    at: Timestamp,
    /// Until then people may object; then the worker releases. By the book's clock.
    objection_until: Timestamp,
    /// Held back by open disputes.
    frozen: BalanceBody,
    /// Taken off by upheld disputes; it stays with the milestone.
    struck: BalanceBody,
    /// Owed to the team by now, or paid.
    released: BalanceBody,
}

impl DecisionBody {
    fn new(decision: Decision, currency: Currency) -> DecisionBody {
        let balance = |minor| BalanceBody::new(minor, currency);
        DecisionBody {
            amount: balance(decision.amount),
            by: decision.by,
            at: decision.at,
            objection_until: decision.objection_until,
            frozen: balance(decision.frozen),
            struck: balance(decision.struck),
            released: balance(decision.released),
        }
    }
}

/// A claim.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Claim)]
pub struct ClaimBody {
    #[schema(value_type = String)]
    id: ClaimId,
    #[schema(value_type = String)]
    milestone: MilestoneId,
    #[schema(value_type = String)]
    team: OrganisationId,
    /// Who wrote it, or submitted it last.
    #[schema(value_type = String)]
    claimant: PersonId,
    amount: MoneyBody,
    note: String,
    evidence: Vec<EvidenceBody>,
    /// SHA-256 of the claim with its evidence, as JSON of RFC 8785; a review restates it.
    #[schema(value_type = String)]
    sha256: Digest,
    /// Counts its texts.
    revision: i32,
    /// Counts its submissions; 0 before the first.
    round: i32,
    /// `draft`, `submitted`, `in_review`, `changes_asked`, `approved`, `disputed`, `rejected`, `payable`, `paid`,
    /// `revoked` or `expired`.
    state: String,
    /// Since when it waits for its reviewers; null when it does not. By the book's clock.
    submitted_at: Option<Timestamp>,
    /// When the default of a state that waits for people takes hold; null in the others. By the book's clock.
    decide_until: Option<Timestamp>,
    /// Whether the host's owners were called in.
    escalated: bool,
    /// What was approved; null before.
    decision: Option<DecisionBody>,
    /// Why it was rejected or revoked; null otherwise.
    reason: Option<String>,
    /// Kinds of evidence that the milestone asks for and the claim has not: nothing is paid before they are there. In lists it is left
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    gate_missing: Option<Vec<EvidenceKind>>,
    /// What had been released of it and came back, once it is revoked; in lists it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    clawback: Option<ClawbackBody>,
    /// Of the present submission; in lists it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviews: Option<Vec<ReviewBody>>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl ClaimBody {
    pub(crate) fn new(claim: Claim, reviews: Option<Vec<ReviewBody>>) -> ClaimBody {
        let waiting = claim.state.under_review();
        let reason = match &claim.state {
            ClaimState::Rejected { reason } | ClaimState::Revoked { reason, .. } => Some(reason.clone()),
            ClaimState::Draft { .. }
            | ClaimState::Submitted(_)
            | ClaimState::InReview(_)
            | ClaimState::ChangesAsked { .. }
            | ClaimState::Approved(_)
            | ClaimState::Disputed(_)
            | ClaimState::Payable(_)
            | ClaimState::Paid(_)
            | ClaimState::Expired => None,
        };
        ClaimBody {
            id: claim.id,
            milestone: claim.milestone,
            team: claim.team,
            claimant: claim.claimant,
            amount: claim.content.amount.into(),
            evidence: claim.content.evidence.iter().map(EvidenceBody::from).collect(),
            sha256: claim.digest(),
            revision: claim.revision,
            round: claim.round,
            state: claim.state.as_str().to_owned(),
            submitted_at: waiting.map(|waiting| waiting.submitted_at),
            decide_until: claim.state.deadline(),
            escalated: waiting.is_some_and(|waiting| waiting.escalated),
            decision: claim.state.decision().map(|it| DecisionBody::new(it, claim.content.amount.currency())),
            reason,
            gate_missing: None,
            clawback: None,
            reviews,
            created_at: claim.created_at,
            note: claim.content.note,
        }
    }

    /// The same, with what its milestone asks for and it has not, and what came back of it.
    pub(crate) fn with(self, missing: Vec<EvidenceKind>, clawback: Option<Clawback>) -> ClaimBody {
        ClaimBody { gate_missing: Some(missing), clawback: clawback.map(ClawbackBody::from), ..self }
    }
}

/// Refuses whoever may not read a claim, and answers it.
pub(crate) async fn readable(
    client: &impl GenericClient,
    caller: &Caller,
    id: ClaimId,
) -> Result<Claim, ledger::Error> {
    let book = book_of(client, id.book, "claim").await?;
    let claim = claims::get(client, id).await?;
    Reader::of(client, Some(caller), &book).await?.require_team(Some(claim.team), false, "claim").await?;
    Ok(claim)
}

/// What a reviewer said of one submission of a claim.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub struct ReviewBody {
    #[schema(value_type = String)]
    reviewer: PersonId,
    /// Which submission.
    round: i32,
    /// `approve`, `ask_changes` or `reject`.
    verdict: String,
    /// The approved amount; null where nothing was approved.
    amount: Option<BalanceBody>,
    #[schema(value_type = String)]
    claim_sha256: Digest,
    #[schema(value_type = Vec<String>)]
    evidence_sha256: Vec<Digest>,
    comment: String,
    /// When that was, by the book's clock.
    at: Timestamp,
    /// Whether it counts now: its digests hold, and the reviewer has no tie to the team. Only beside the claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<bool>,
}

impl ReviewBody {
    pub(crate) fn new(it: Review, currency: Currency, counts: Option<bool>) -> ReviewBody {
        let approved = Some(it.verdict.amount()).filter(|amount| *amount > 0);
        ReviewBody {
            reviewer: it.reviewer,
            round: it.round,
            verdict: it.verdict.as_str().to_owned(),
            amount: approved.map(|amount| BalanceBody::new(amount, currency)),
            claim_sha256: it.claim,
            evidence_sha256: it.evidence,
            comment: it.comment,
            at: it.at,
            counts,
        }
    }
}
