//! Jobs of claims on milestones: what happens when a clock runs out, and word to reviewers and teams.

use super::Context;
use super::mailing::{Occasion, written};
use crate::failure::Failure;
use crate::mail::milestones::{Release, Review};
use ledger::engine::store::books;
use ledger::id::{ClaimId, ReleaseId};
use ledger::milestones::operations::{claims, releases};
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
            amount: request.claim.content.amount.to_string(),
            milestone: request.milestone.name,
            deadline: written(book.day_of(waiting.until)),
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
            amount: notice.release.amount.to_string(),
            milestone: notice.milestone.name,
            campaign: notice.campaign,
            date: written(book.day_of(notice.release.released_at)),
            claim: notice.claim.id.to_string(),
        };
        self.send_all(leased, Occasion::new("release", &id), &notice.recipients, &mail).await?;
        self.settle(leased).await
    }
}
