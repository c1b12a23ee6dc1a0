//! Jobs of claims on milestones: what happens when a clock runs out, and word to reviewers and teams.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::claims::ClaimNotice;
use crate::mail::milestones::{Release, Review};
use crate::texts::Value;
use ledger::engine::store::books::{self, Book};
use ledger::id::{ClaimId, DisputeId, ReleaseId};
use ledger::milestones::operations::notices::{self, Notice};
use ledger::milestones::operations::{claims, releases};
use ledger::milestones::rules::claim::ClaimState;
use ledger::milestones::rules::clawback::Asked;
use ledger::milestones::rules::dispute::{Dispute, DisputeState};
use ledger::milestones::rules::notice::Event;
use ledger::service::preferences::MailGroup;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Does what a passed deadline of a claim demands: the default of its policy when nobody reviewed it, the end of a
    /// draft that nobody submitted, and of disputes that nobody decided.
    pub(super) async fn close_review(&self, leased: &Leased, claim: ClaimId) -> Result<(), Failure> {
        let closed = self.settle_with(leased, async |tx, wall| claims::close_review(tx, claim, wall).await).await?;
        tracing::info!(job = %leased.id, %claim, "the review deadline of {claim}: {closed:?}");
        Ok(())
    }

    /// Releases what may be released of an approved claim whose objection window has passed.
    pub(super) async fn release_claim(&self, leased: &Leased, claim: ClaimId) -> Result<(), Failure> {
        let released = self.settle_with(leased, async |tx, wall| releases::release(tx, claim, wall).await).await?;
        if let Some(release) = released {
            let (id, amount) = (release.id, release.amount);
            tracing::info!(job = %leased.id, %claim, release = %id, "released {amount} of {claim} as {id}");
        }
        Ok(())
    }

    /// Asks each reviewer for a review of a claim that waits for it, once a round.
    pub(super) async fn notify_reviewers(&self, leased: &Leased, id: ClaimId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let book = books::get(&client, id.book).await?;
        let request = claims::review_request(&client, id).await?;
        drop(client);
        let Some(request) = request else { return self.settle(leased).await };
        let Some(waiting) = request.claim.state.under_review() else { return self.settle(leased).await };
        let mail = Review {
            team: request.team,
            amount: request.claim.content.amount.into(),
            milestone: request.milestone.name,
            deadline: book.day_of(waiting.until).into(),
            claim: id.to_string(),
            link: self.link("me").into(),
        };
        // The job stands for the occasion: a round, an escalation, a claim that came back.
        self.send_all(leased, Occasion::new("review", &leased.id), &request.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// Tells the team that money of a milestone was released.
    pub(super) async fn send_release_notice(&self, leased: &Leased, id: ReleaseId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let book = books::get(&client, id.book).await?;
        let notice = releases::notice(&client, id).await?;
        drop(client);
        let mail = Release {
            team: notice.team,
            amount: notice.release.amount.into(),
            milestone: notice.milestone.name,
            campaign: notice.campaign,
            date: book.day_of(notice.release.released_at).into(),
            claim: notice.claim.id.to_string(),
        };
        self.send_all(leased, Occasion::new("release", &id), &notice.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// Tells whom it concerns what became of a claim, or of a dispute about it.
    pub(super) async fn send_claim_notice(
        &self,
        leased: &Leased,
        claim: ClaimId,
        dispute: Option<DisputeId>,
        event: &str,
    ) -> Result<(), Failure> {
        let event: Event = event.parse().map_err(ledger::Error::from)?;
        let client = self.pool.get().await?;
        let book = books::get(&client, claim.book).await?;
        let notice = notices::notice(&client, claim, dispute, event, ledger::calendar::now()).await?;
        drop(client);
        let Some(notice) = notice else { return self.settle(leased).await };
        let recipients = notice.recipients.clone();
        let mail = told(&book, notice, self.link("me").into());
        // The job stands for the occasion: a round, a step of a dispute, a request.
        let occasion = Occasion::new("claim", &leased.id).of_group(group(event));
        self.send_all(leased, occasion, &recipients, &mail).await?;
        self.settle(leased).await
    }
}

/// With which mails one of an event is turned off; none where it opens a window against its reader, or takes something from them.
const fn group(event: Event) -> Option<MailGroup> {
    match event {
        Event::ChangesAsked
        | Event::Rejected
        | Event::Expired
        | Event::RevocationAsked
        | Event::Revoked
        | Event::WriteOffAsked
        | Event::DisputeOpened
        | Event::DisputeAnswered
        | Event::DisputeDecided => None,
        Event::DisputeReplied | Event::DisputeAppealed => Some(MailGroup::Deadlines),
        Event::Approved | Event::DisputeUpheld | Event::DisputeUpheldPart | Event::DisputeDismissed => {
            Some(MailGroup::Decisions)
        }
        Event::PaidBack => Some(MailGroup::Money),
    }
}

/// The facts of a notice in words.
fn told(book: &Book, notice: Notice, link: String) -> ClaimNotice {
    let Notice { event, claim, milestone, team, dispute, request, clawback, .. } = notice;
    let currency = claim.content.amount.currency();
    let sum = |minor: i64| Value::sum(minor, currency);
    let decision = claim.state.decision();
    let whole = Value::from(dispute.as_ref().map_or(claim.content.amount, |dispute| dispute.amount));
    let struck = || {
        let dispute = dispute.as_ref()?;
        let ended = dispute.state.ended().map(|ended| ended.outcome);
        ended.or(dispute.decision.as_ref().map(|first| first.outcome)).map(|outcome| sum(outcome.struck))
    };
    let of_request = || match request.as_ref()?.asked {
        Asked::WriteOff { amount, .. } => Some(Value::from(amount)),
        Asked::Revocation => None,
    };
    let amount = match event {
        Event::Approved => decision.map(|decision| sum(decision.amount)),
        Event::RevocationAsked => decision.map(|decision| sum(decision.released)),
        Event::Revoked => Some(sum(clawback.as_ref().map_or(0, |clawback| clawback.amount.minor()))),
        Event::WriteOffAsked => of_request(),
        Event::PaidBack => Some(sum(clawback.as_ref().map_or(0, |clawback| clawback.recovered))),
        Event::DisputeDecided | Event::DisputeUpheldPart => struck(),
        Event::ChangesAsked
        | Event::Rejected
        | Event::Expired
        | Event::DisputeOpened
        | Event::DisputeAnswered
        | Event::DisputeReplied
        | Event::DisputeAppealed
        | Event::DisputeUpheld
        | Event::DisputeDismissed => None,
    };
    let until = match event {
        Event::Approved => decision.map(|decision| decision.objection_until),
        Event::ChangesAsked => claim.state.deadline(),
        Event::RevocationAsked | Event::WriteOffAsked => request.as_ref().map(|request| request.until),
        Event::Rejected | Event::Expired | Event::Revoked | Event::PaidBack => None,
        Event::DisputeOpened
        | Event::DisputeAnswered
        | Event::DisputeReplied
        | Event::DisputeDecided
        | Event::DisputeAppealed
        | Event::DisputeUpheld
        | Event::DisputeUpheldPart
        | Event::DisputeDismissed => dispute.as_ref().map(|dispute| dispute.until),
    };
    let why = request.as_ref().map(|request| request.reason.clone());
    let why = why.or_else(|| dispute.as_ref().map(last_words));
    ClaimNotice {
        event,
        team,
        milestone: milestone.name,
        amount: amount.unwrap_or_else(|| whole.clone()),
        of: whole,
        until: until.map_or_else(Value::none, |until| book.day_of(until).into()),
        why: why.unwrap_or_else(|| reason(&claim.state)),
        claim: claim.id.to_string(),
        dispute: dispute.map(|dispute| dispute.id.to_string()).unwrap_or_default(),
        link,
    }
}

/// What was said last in a dispute.
fn last_words(dispute: &Dispute) -> String {
    let said = match &dispute.state {
        DisputeState::Open => Some(dispute.reason.as_str()),
        DisputeState::Answered => dispute.answer.as_ref().map(|answer| answer.text.as_str()),
        DisputeState::Replied => dispute.reply.as_ref().map(|reply| reply.text.as_str()),
        DisputeState::Decided(first) => Some(first.said.text.as_str()),
        DisputeState::Appealed(_) => dispute.appeal.as_ref().map(|appeal| appeal.text.as_str()),
        DisputeState::Resolved(ended) => Some(ended.resolution.as_str()),
    };
    said.unwrap_or_default().to_owned()
}

/// Why a claim came into its state, where its state says so.
fn reason(state: &ClaimState) -> String {
    match state {
        ClaimState::Rejected { reason } | ClaimState::Revoked { reason, .. } => reason.clone(),
        ClaimState::Draft { .. }
        | ClaimState::Submitted(_)
        | ClaimState::InReview(_)
        | ClaimState::ChangesAsked { .. }
        | ClaimState::Approved(_)
        | ClaimState::Disputed(_)
        | ClaimState::Payable(_)
        | ClaimState::Paid(_)
        | ClaimState::Expired => String::new(),
    }
}
