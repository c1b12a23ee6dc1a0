//! Jobs that send to endpoints of partners what happened.

use super::Context;
use crate::backoff;
use crate::failure::Failure;
use crate::outside::Reach;
use jiff::SignedDuration;
use ledger::Error;
use ledger::book::Mode;
use ledger::id::WebhookEndpointId;
use ledger::partners::operations::sending::{self, Batch};
use ledger::partners::rules::signing::{Headers, Secret};
use ledger::partners::telling::Telling;
use ledger::service::store::events::Event;
use ledger::service::store::jobs::Leased;
use std::time::Duration;

/// How long an endpoint may take to answer.
const ANSWER_MAX: SignedDuration = SignedDuration::from_secs(15);

/// How long before the end of its lease a job ends, so that what it did can still be written.
const MARGIN: SignedDuration = SignedDuration::from_secs(7);

impl Context {
    /// Sends what is due to an endpoint, one event after the other, each outside of any transaction; what came of it is written before
    /// the next. A failure ends the job, and the endpoint rests.
    pub(super) async fn send_webhooks(
        &self,
        leased: &Leased,
        id: WebhookEndpointId,
        round: i64,
    ) -> Result<(), Failure> {
        let Some(batch) = self.due_webhooks(id, round).await? else { return self.settle(leased).await };
        let secrets = self.signing(&batch)?;
        let is_live = self.together.book(id.book).await?.mode == Mode::Live;
        // Only what may go to this machine goes without TLS.
        let reach = match self.outside.reach(is_live) {
            Reach::Secure | Reach::Public => Reach::Secure,
            Reach::Anywhere => Reach::Anywhere,
        };
        let mut count = 0;
        for (delivery, event) in batch.due {
            let left = ledger::calendar::now().duration_until(leased.until - MARGIN);
            if count > 0 && left < ANSWER_MAX {
                break;
            }
            let deadline = left.clamp(SignedDuration::from_secs(1), ANSWER_MAX).unsigned_abs();
            let sent = self.send_event(&batch.endpoint.url, reach, &secrets, event, deadline).await?;
            let mut client = self.pool.get().await?;
            let tx = client.transaction().await.map_err(Error::from)?;
            let jitter = backoff::jitter_per_mille();
            let goes_on = sending::record(&tx, id, &delivery, sent, jitter, ledger::calendar::now()).await?;
            tx.commit().await.map_err(Error::from)?;
            count += 1;
            if !goes_on {
                break;
            }
        }
        self.settle_with(leased, async |tx, wall| sending::finish(tx, id, round, wall).await).await?;
        tracing::debug!(job = %leased.id, endpoint = %id, "{count} events were sent to {id}");
        Ok(())
    }

    /// What is due for an endpoint.
    async fn due_webhooks(&self, id: WebhookEndpointId, round: i64) -> Result<Option<Batch>, Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await.map_err(Error::from)?;
        let batch = sending::begin(&tx, id, round, ledger::calendar::now()).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(batch)
    }

    /// The secrets that sign what goes to an endpoint now.
    fn signing(&self, of: &Batch) -> Result<Vec<Secret>, Failure> {
        let id = of.endpoint.id;
        let opened =
            of.endpoint.live_secrets(ledger::calendar::now()).map(|sealed| self.vault.open_signing(id, sealed));
        opened.collect::<Result<_, _>>().map_err(|error| {
            Failure::Retry(format!("the secret of {id} cannot be opened: {error}; is COMMONPURSE_BANK_KEY_DIR set?"))
        })
    }

    /// Sends one event, signed, as the list of events shows it.
    async fn send_event(
        &self,
        url: &str,
        reach: Reach,
        secrets: &[Secret],
        event: Event,
        deadline: Duration,
    ) -> Result<sending::Sent, Failure> {
        let told = Telling::new(event)?;
        let body =
            serde_json::to_vec(&told).map_err(|error| Failure::Bury(format!("{} cannot be told: {error}", told.id)))?;
        let headers = Headers::new(secrets, &told.id.to_string(), ledger::calendar::now(), &body);
        Ok(self.outside.post(url, reach, &headers, body, deadline).await)
    }
}
