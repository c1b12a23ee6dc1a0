//! The claims of a milestone as its page shows them: on what money was released, and who approved it; to the book's own people and the
//! team also what is being decided.
//!
//! To everybody else a claim is what was decided of it: its digest, the kinds, licences and digests of its evidence, and its
//! approvals by role and day. Titles, addresses, notes and people are for those who read the claim by the API.

use crate::pages::shown::{Amount, Day};
use crate::say;
use crate::texts::Said;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::evidence::{Digest, Evidence, EvidenceKind};
use ledger::milestones::operations::milestones as access;
use ledger::milestones::rules::claim::{Claim, ClaimState, DecidedBy, Decision};
use ledger::milestones::rules::dispute::Dispute;
use ledger::milestones::rules::review::{Ballot, Review};
use ledger::milestones::store::{disputes, reviews};
use serde::Serialize;
use uuid::Uuid;

/// So many disputes of a claim stand on the page.
const DISPUTES_MAX: i64 = 50;

/// A claim.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct ClaimShown {
    /// Which of those that stand here, from 1.
    pub(in crate::pages) number: usize,
    pub(in crate::pages) state: &'static str,
    #[serde(skip)]
    pub(in crate::pages) sentence: String,
    pub(in crate::pages) sha256: Digest,
    pub(in crate::pages) decision: Option<DecisionShown>,
    pub(in crate::pages) approvals: Vec<Approval>,
    pub(in crate::pages) evidence: Vec<EvidenceShown>,
    /// Shown to the book's own people and the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::pages) disputes: Option<Vec<DisputeShown>>,
}

/// What was approved, and what became of it.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct DecisionShown {
    pub(in crate::pages) approved: Amount,
    pub(in crate::pages) by: DecidedBy,
    pub(in crate::pages) on: Day,
    /// Held back by open disputes.
    pub(in crate::pages) frozen: Amount,
    /// Taken off by upheld disputes.
    pub(in crate::pages) struck: Amount,
    pub(in crate::pages) released: Amount,
}

impl DecisionShown {
    /// Who decided, for people.
    pub(in crate::pages) fn by_written(&self) -> Said {
        match self.by {
            DecidedBy::Reviewers => say("milestone-by-reviewers"),
            DecidedBy::Silence => say("milestone-by-silence"),
        }
    }
}

/// Somebody with a role approved.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct Approval {
    pub(in crate::pages) role: &'static str,
    pub(in crate::pages) on: Day,
    /// The claim as it was approved.
    pub(in crate::pages) sha256: Digest,
}

/// A piece of evidence.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct EvidenceShown {
    pub(in crate::pages) kind: EvidenceKind,
    /// Shown to the book's own people and the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::pages) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::pages) url: Option<String>,
    pub(in crate::pages) licence: Option<String>,
    pub(in crate::pages) sha256: Digest,
}

/// An objection to a part of a claim.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct DisputeShown {
    pub(in crate::pages) amount: Amount,
    pub(in crate::pages) state: &'static str,
    pub(in crate::pages) opened_on: Day,
    pub(in crate::pages) until: Day,
}

/// Whether somebody who reads the milestone is told of a claim: insiders of all that were handed in, others of those on which money
/// was released.
pub(in crate::pages) fn is_shown(claim: &Claim, is_inside: bool) -> bool {
    if is_inside {
        return claim.round > 0;
    }
    claim.state.decision().is_some_and(|decision| decision.released > 0)
}

impl ClaimShown {
    pub(in crate::pages) async fn of(
        client: &impl GenericClient,
        book: &Book,
        claim: &Claim,
        number: usize,
        is_inside: bool,
    ) -> Result<ClaimShown, Error> {
        let parties = access::parties(client, book, claim.team, claim.claimant).await?;
        let subject = claim.subject();
        let mut approved = reviews::list_of_round(client, claim.id, claim.round).await?;
        approved.retain(|review| !Ballot::count(std::slice::from_ref(review), &subject, &parties).approvals.is_empty());
        approved.sort_by_key(|review| review.at);
        let approval =
            |review: &Review| Approval { role: "reviewer", on: Day(book.day_of(review.at)), sha256: review.claim };
        let disputes = if is_inside { Some(disputes_of(client, book, claim).await?) } else { None };
        Ok(ClaimShown {
            number,
            state: claim.state.as_str(),
            sentence: sentence(&claim.state, book),
            sha256: claim.digest(),
            decision: claim.state.decision().map(|it| decision(it, claim, book)),
            approvals: approved.iter().map(approval).collect(),
            evidence: claim.content.evidence.iter().map(|piece| evidence(piece, is_inside)).collect(),
            disputes,
        })
    }
}

fn decision(it: Decision, claim: &Claim, book: &Book) -> DecisionShown {
    let amount = |minor: i64| Amount::of(minor, claim.content.amount.currency());
    DecisionShown {
        approved: amount(it.amount),
        by: it.by,
        on: Day(book.day_of(it.at)),
        frozen: amount(it.frozen),
        struck: amount(it.struck),
        released: amount(it.released),
    }
}

fn evidence(piece: &Evidence, is_inside: bool) -> EvidenceShown {
    EvidenceShown {
        kind: piece.kind(),
        title: is_inside.then(|| piece.title().to_owned()),
        url: is_inside.then(|| piece.url().to_owned()),
        licence: piece.licence().map(str::to_owned),
        sha256: piece.sha256(),
    }
}

impl EvidenceShown {
    /// Its kind, for people.
    pub(in crate::pages) fn kind_written(&self) -> Said {
        match self.kind {
            EvidenceKind::DesignFiles => say("milestone-evidence-design"),
            EvidenceKind::BillOfMaterials => say("milestone-evidence-materials"),
            EvidenceKind::BuildInstructions => say("milestone-evidence-instructions"),
            EvidenceKind::TestReport => say("milestone-evidence-test"),
            EvidenceKind::Licence => say("milestone-evidence-licence"),
            EvidenceKind::EnterprisePlan => say("milestone-evidence-plan"),
            EvidenceKind::Photo => say("milestone-evidence-photo"),
            EvidenceKind::Video => say("milestone-evidence-video"),
            EvidenceKind::Other => say("milestone-evidence-other"),
        }
    }
}

async fn disputes_of(client: &impl GenericClient, book: &Book, claim: &Claim) -> Result<Vec<DisputeShown>, Error> {
    let currency = claim.content.amount.currency();
    let found = disputes::list(client, claim.id, currency, Uuid::nil(), DISPUTES_MAX).await?;
    let shown = |it: Dispute| DisputeShown {
        amount: it.amount.into(),
        state: it.state.as_str(),
        opened_on: Day(book.day_of(it.opened_at)),
        until: Day(book.day_of(it.until)),
    };
    Ok(found.into_iter().map(shown).collect())
}

/// How a claim stands, in a sentence.
pub(in crate::pages) fn sentence(state: &ClaimState, book: &Book) -> String {
    let day = |moment| Day(book.day_of(moment));
    let said = match state {
        ClaimState::Draft { .. } => say("milestone-claim-draft"),
        ClaimState::Submitted(review) | ClaimState::InReview(review) if review.escalated => {
            say("milestone-claim-escalated").with("day", day(review.until))
        }
        ClaimState::Submitted(review) | ClaimState::InReview(review) => {
            say("milestone-claim-submitted").with("day", day(review.until))
        }
        ClaimState::ChangesAsked { until } => say("milestone-claim-changes").with("day", day(*until)),
        ClaimState::Approved(decision) => say("milestone-claim-approved").with("day", day(decision.objection_until)),
        ClaimState::Disputed(_) => say("milestone-claim-disputed"),
        ClaimState::Rejected { .. } => say("milestone-claim-rejected"),
        ClaimState::Payable(_) => say("milestone-claim-payable"),
        ClaimState::Paid(_) => say("milestone-claim-paid"),
        ClaimState::Revoked { reason, .. } => say("milestone-claim-revoked").with("reason", reason),
        ClaimState::Expired => say("milestone-claim-expired"),
    };
    said.to_string()
}
