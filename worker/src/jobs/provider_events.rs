//! Jobs of what providers tell by themselves: the provider is asked what an event is about, and that is written down.

use super::Context;
use crate::failure::Failure;
use crate::figures;
use crate::rail::Rail as _;
use crate::rail::stripe::Looked;
use ledger::pledging::operations::provider_reports::{self, Report, Taken};
use ledger::pledging::rules::stripe::EventKind;
use ledger::pledging::store::webhooks;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Asks the provider what an event is about, and writes that down. Nothing is posted for an event about something that the
    /// provider does not know: somebody has to look where it came from.
    pub(super) async fn take_provider_event(
        &self,
        leased: &Leased,
        provider: &str,
        event_id: &str,
    ) -> Result<(), Failure> {
        let client = self.pool.get().await?;
        let (word, object) = webhooks::get(&client, provider, event_id).await?;
        drop(client);
        let kind: EventKind = word
            .parse()
            .map_err(|_| Failure::Bury(format!("event {event_id} is of no kind that is worked: {word}")))?;
        let stripe = self.rails.stripe()?;
        let looked = stripe.look_up(kind, &object).await.map_err(|error| Failure::of_rail(stripe, error))?;
        match looked {
            Looked::Unknown => {
                figures::provider_event(stripe.name(), "unknown");
                let why = format!("event {event_id} says {word} of {object}, which the provider does not know");
                Err(Failure::Bury(why))
            }
            Looked::Foreign => {
                figures::provider_event(stripe.name(), "foreign");
                self.settle(leased).await
            }
            Looked::Ours(report) => {
                let taken = self.take_report(leased, &report).await?;
                figures::provider_event(stripe.name(), taken);
                Ok(())
            }
        }
    }

    async fn take_report(&self, leased: &Leased, report: &Report) -> Result<&'static str, Failure> {
        self.settle_with(leased, async |tx, wall| match provider_reports::take(tx, report, wall).await? {
            Taken::Foreign => Ok("foreign"),
            Taken::Recorded => Ok("recorded"),
            Taken::GiveBack => {
                // Before the commit: when it fails, the next run comes here again.
                let stripe = self.rails.stripe()?;
                let voided = stripe.void(leased.id.book, &report.reference, &report.payment, wall).await;
                voided.map_err(|error| Failure::of_rail(stripe, error))?;
                Ok::<_, Failure>("given_back")
            }
        })
        .await
    }
}
