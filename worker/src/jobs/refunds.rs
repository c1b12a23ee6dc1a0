//! Jobs of refunds: sent by the provider that took the money, told to the donor, and a campaign's fund returned.
//!
//! A refund is in the book before its provider is called, under our reference, which is its id; what the provider says is
//! written, with the settled job, in one transaction afterwards. Whoever comes after a crash asks the provider first.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::figures;
use crate::mail::pledging::Refunded;
use crate::rail::{Rail, RailError, RefundRequest};
use crate::texts::{self, Value, say};
use ledger::Error;
use ledger::engine::store::{books, checks};
use ledger::id::{CampaignId, PledgeId, RefundId};
use ledger::matching::operations::returns as matching_returns;
use ledger::pledging::operations::refund_outcomes::{self, Begun};
use ledger::pledging::operations::{return_times, returns};
use ledger::pledging::rules::refund::{Outcome, State};
use ledger::pledging::store::{campaigns, receipts, refunds as refund_store};
use ledger::service::store::activity::Actor;
use ledger::service::store::jobs::Leased;
use std::time::Instant;
use uuid::Uuid;

/// How many pledges one job returns the money of.
const PAGE: i64 = 50;

impl Context {
    /// Lets the provider send a refund, or asks it about one that it has sent; ends one whose partner did not report it.
    pub(super) async fn send_refund(&self, leased: &Leased, id: RefundId) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        checks::require_unfrozen(&client, id.book).await?;
        let tx = client.transaction().await?;
        let begun = refund_outcomes::begin(&tx, id, ledger::calendar::now()).await?;
        tx.commit().await?;
        let Begun::Send { amount, payment, token, was_sent } = begun else {
            drop(client);
            return self.settle(leased).await;
        };
        let book = books::get(&client, id.book).await?;
        drop(client);
        let at = ledger::calendar::now();
        let request = RefundRequest { book: id.book, reference: id.to_string(), payment, token, amount, at };
        let provider = self.rails.of(book.mode)?;
        let outcome = send_once(provider, was_sent || leased.attempt > 1, &request).await;
        let outcome = outcome.map_err(|error| Failure::of_rail(provider, error))?;
        self.breakers.rail.answered();
        self.fault.after_charge();
        self.settle_with(leased, async |tx, wall| refund_outcomes::record(tx, id, outcome, Actor::Service, wall).await)
            .await?;
        Ok(())
    }

    /// Tells the donor that a refund is on its way, unless it has failed since.
    pub(super) async fn send_refund_notice(&self, leased: &Leased, id: RefundId) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let refund = refund_store::get(&client, id).await?;
        let charge = ledger::pledging::store::charges::get(&client, refund.charge).await?;
        let facts = receipts::get(&client, refund.charge).await?;
        let donor = ledger::pledging::store::pledges::get(&client, charge.pledge).await?.donor;
        drop(client);
        let is_sent = matches!(refund.state, State::Sent { .. } | State::Settled { .. });
        if is_sent && !facts.email.is_empty() {
            let currency = refund.currency();
            let kept = refund.amount.minor() - refund.sent.minor();
            let mail = Refunded {
                donor: facts.name,
                amount: match refund.original {
                    Some(back) => {
                        let said = say("pledging-given-back").with("original", Value::sum(back.minor, back.currency));
                        said.with("amount", refund.sent).into()
                    }
                    None => refund.sent.into(),
                },
                paid: texts::paid(facts.amount, facts.original),
                campaign: facts.campaign_title,
                kept: if kept > 0 { Value::sum(kept, currency) } else { Value::none() },
                pledge: charge.pledge.to_string(),
                charge: charge.id.to_string(),
                refund: id.to_string(),
            };
            let occasion = Occasion::new("refund", &id).brought_by(charge.partner).for_donor(donor);
            self.send(leased, occasion, &facts.email, &mail).await?;
        }
        self.settle(leased).await
    }

    /// Requests refunds of what the fund of a campaign holds, a page of pledges, each refund in a transaction of its own; the next
    /// page is another job. After the last one, what matching rounds paid goes to their sponsors.
    pub(super) async fn return_campaign(
        &self,
        leased: &Leased,
        campaign: CampaignId,
        after: Option<PledgeId>,
    ) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        checks::require_unfrozen(&client, campaign.book).await?;
        let fund = campaigns::get(&client, campaign).await?.fund;
        let Some(fund) = fund else {
            drop(client);
            return self.settle(leased).await;
        };
        let place = after.map_or(Uuid::nil(), |pledge| pledge.object);
        let page = refund_store::holders(&client, campaign, fund, place, PAGE).await?;
        for (pledge, _) in &page {
            loop {
                let tx = client.transaction().await?;
                match returns::return_one(&tx, campaign, *pledge, ledger::calendar::now()).await {
                    Ok(true) => tx.commit().await?,
                    Ok(false) => break,
                    Err(Error::Refused(refusal)) => {
                        tracing::warn!(%campaign, %pledge, "nothing of {pledge} is returned: {}", refusal.detail);
                        break;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        drop(client);
        let next = page.last().map(|(pledge, _)| *pledge).filter(|_| i64::try_from(page.len()) == Ok(PAGE));
        self.settle_with(leased, async |tx, wall| {
            if let Some(next) = next {
                let book = books::get(tx, campaign.book).await?;
                return return_times::enqueue_return(tx, &book, campaign, Some(next), book.now(wall)).await;
            }
            matching_returns::give_back(tx, campaign, wall).await?;
            return_times::go_on(tx, campaign, wall).await
        })
        .await
    }
}

/// Sends a refund, unless the provider knows it already: it is asked first whenever it may have been called before.
async fn send_once(rail: &dyn Rail, ask_first: bool, request: &RefundRequest) -> Result<Outcome, RailError> {
    if ask_first && let Some(outcome) = rail.find_refund(request).await? {
        return Ok(outcome);
    }
    let began = Instant::now();
    let answer = rail.refund(request).await;
    figures::attempt(rail.name(), answer.as_ref().map_or_else(RailError::as_str, word), began.elapsed());
    answer
}

/// What a provider answered, among the figures.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Settled { .. } => "refunded",
        Outcome::Sent { .. } => "refund_sent",
        Outcome::Failed { .. } => "refund_failed",
    }
}
