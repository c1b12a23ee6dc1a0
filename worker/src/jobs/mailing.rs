//! Jobs that send e-mail: the facts are read, the mail goes out, the job is settled.
//!
//! Facts may have changed since the job was written: a mail that would no longer be true is not sent.

use super::Doer;
use crate::failure::Failure;
use crate::mail::MailError;
use crate::mail::templates::{Decline, Mail, NextStep, Receipt, Release, Review, SignIn};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::engine::store::books;
use ledger::id::{ChargeId, ClaimId, ReleaseId};
use ledger::milestones::operations::{claims, releases};
use ledger::pledging::rules::charge::{DeclineKind, State};
use ledger::pledging::store::{charges, receipts};
use ledger::service::store::jobs::Leased;
use sha2::{Digest, Sha256};

impl Doer {
    /// The link that signs a person in; too late, it would be a link that does not work.
    pub(super) async fn send_sign_in(
        &self,
        leased: &Leased,
        email: &str,
        token: &str,
        expires_at: Timestamp,
    ) -> Result<(), Failure> {
        let minutes = Timestamp::now().duration_until(expires_at).as_mins();
        if minutes >= 1 {
            let mut link = self.link("sign-in");
            link.query_pairs_mut().append_pair("token", token);
            let mail = SignIn { link: link.into(), minutes };
            self.send(&format!("sign-in.{}", leased.id), email, &mail).await?;
        }
        self.settle(leased).await
    }

    /// The donor's money came.
    pub(super) async fn send_receipt(&self, leased: &Leased, id: ChargeId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let charge = charges::get(&client, id).await?;
        let facts = receipts::get(&client, id).await?;
        drop(client);
        let provider_reference = match facts.state {
            State::Captured { provider_reference, .. } | State::Settled { provider_reference, .. } => {
                provider_reference
            }
            State::Scheduled | State::Processing { .. } | State::Declined { .. } | State::Voided { .. } => {
                return self.settle(leased).await;
            }
        };
        if !facts.email.is_empty() {
            let mail = Receipt {
                donor: facts.name,
                amount: facts.amount.to_string(),
                campaign: facts.campaign_title,
                host: facts.book_name,
                date: written(facts.day),
                pledge: charge.pledge.to_string(),
                charge: id.to_string(),
                provider_reference,
                entry: facts.entry,
                link: self.link(&format!("pledges/{}", charge.pledge)).into(),
            };
            self.send(&format!("receipt.{id}"), &facts.email, &mail).await?;
        }
        self.settle(leased).await
    }

    /// A payment was declined; one mail for each attempt, unless it has gone through meanwhile.
    pub(super) async fn notify_decline(&self, leased: &Leased, id: ChargeId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let charge = charges::get(&client, id).await?;
        let facts = receipts::get(&client, id).await?;
        drop(client);
        let State::Declined { attempt, kind, retry_on, .. } = facts.state else {
            return self.settle(leased).await;
        };
        let next = match (retry_on, kind) {
            (Some(day), _) => NextStep::RetryOn(written(day)),
            (None, DeclineKind::Soft) => NextStep::Lapsed,
            (None, DeclineKind::Expired) => NextStep::NewMeans,
            (None, DeclineKind::Stolen) => NextStep::Stopped,
        };
        if !facts.email.is_empty() {
            let mail = Decline {
                donor: facts.name,
                amount: facts.amount.to_string(),
                campaign: facts.campaign_title,
                date: written(facts.day),
                pledge: charge.pledge.to_string(),
                next,
                link: self.link(&format!("pledges/{}", charge.pledge)).into(),
            };
            self.send(&format!("decline.{id}.{attempt}"), &facts.email, &mail).await?;
        }
        self.settle(leased).await
    }

    /// A claim waits for its reviewers; one mail to each, once a round.
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
            link: self.link(&format!("claims/{id}")).into(),
        };
        // The job stands for the occasion: a round, an escalation, a claim that came back.
        self.send_all(&format!("review.{}", leased.id), &request.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// Money of a milestone was released.
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
            link: self.link(&format!("claims/{}", notice.claim.id)).into(),
        };
        self.send_all(&format!("release.{id}"), &notice.recipients, &mail).await?;
        self.settle(leased).await
    }

    /// The same to several: each its own mail with an id of its own, and nobody reads the others' addresses. One that
    /// fails keeps the others from nothing.
    async fn send_all(&self, about: &str, to: &[String], mail: &(impl Mail + Sync)) -> Result<(), Failure> {
        let mut all = Ok(());
        for address in to {
            let digest = Sha256::digest(address.as_bytes());
            let sent = self.send(&format!("{about}.{}", hex::encode(&digest[..6])), address, mail).await;
            all = all.and(sent);
        }
        all
    }

    pub(super) async fn send(&self, about: &str, to: &str, mail: &(impl Mail + Sync)) -> Result<(), Failure> {
        let rendered = mail.render().map_err(|error| MailError::Compose(error.to_string()))?;
        self.mailer.send(about, to, &rendered).await?;
        Ok(())
    }
}

/// A day as mails write it: 20 November 2026.
pub(super) fn written(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_with_the_name_of_its_month() {
        assert_eq!(written(jiff::civil::date(2027, 2, 1)), "1 February 2027");
    }
}
