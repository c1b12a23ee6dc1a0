//! Jobs that send to endpoints of partners what happened.
//!
//! A job sends for a short while, then the next one of its endpoint waits behind those of the others. Some events are on their way at once,
//! those of an object one after the other, over connections that are kept between them.

use super::Context;
use crate::backoff;
use crate::failure::Failure;
use crate::figures;
use crate::outside::Reach;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::SignedDuration;
use ledger::Error;
use ledger::book::Mode;
use ledger::id::WebhookEndpointId;
use ledger::partners::operations::sending::{self, Batch, Sent};
use ledger::partners::rules::endpoint::{Delivery, QUICK_MAX};
use ledger::partners::rules::signing::{Headers, Secret};
use ledger::partners::telling::Telling;
use ledger::service::store::events::Event;
use ledger::service::store::jobs::Leased;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use uuid::Uuid;

/// How long an endpoint may take to answer.
const ANSWER_MAX: SignedDuration = SignedDuration::from_secs(15);

/// How long before the end of its lease a job ends, so that what it did can still be written.
const MARGIN: SignedDuration = SignedDuration::from_secs(7);

/// How many events that arrived are written down together: as many may come twice when a worker dies.
const RECORD_MAX: usize = 32;

/// The events of one object, the first one first.
type OfObject = VecDeque<(Delivery, Event)>;

impl Context {
    /// Sends what is due to an endpoint that was well the last time.
    pub(super) async fn send_webhooks(
        &self,
        leased: &Leased,
        id: WebhookEndpointId,
        round: i64,
    ) -> Result<(), Failure> {
        self.send_due(leased, id, round).await
    }

    /// Sends what is due to an endpoint that was not: the same, but in a line in which it keeps no other one waiting.
    pub(super) async fn try_webhooks(&self, leased: &Leased, id: WebhookEndpointId, round: i64) -> Result<(), Failure> {
        self.send_due(leased, id, round).await
    }

    /// Sends what is due to an endpoint, outside of any transaction, and writes what came of it. A failure ends the job, and the endpoint
    /// rests.
    async fn send_due(&self, leased: &Leased, id: WebhookEndpointId, round: i64) -> Result<(), Failure> {
        let Some(batch) = self.due_webhooks(id, round).await? else { return self.settle(leased).await };
        let secrets = self.signing(&batch)?;
        let is_live = self.together.book(id.book).await?.mode == Mode::Live;
        // Only what may go to this machine goes without TLS.
        let reach = match self.outside.reach(is_live) {
            Reach::Secure | Reach::Public => Reach::Secure,
            Reach::Anywhere => Reach::Anywhere,
        };
        let at_once_max = batch.endpoint.health.at_once_max();
        let send = async |mut of_object: OfObject| {
            let (delivery, event) = of_object.pop_front()?;
            let left = ledger::calendar::now().duration_until(leased.until - MARGIN);
            let deadline = left.clamp(SignedDuration::from_secs(1), ANSWER_MAX).unsigned_abs();
            let sent = self.send_event(&batch.endpoint.url, reach, &secrets, event, deadline).await;
            Some((delivery, sent, of_object))
        };
        let ends_at = (ledger::calendar::now() + QUICK_MAX).min(leased.until - MARGIN - ANSWER_MAX);
        let mut waiting = by_object(batch.due);
        let (mut flying, mut arrived) = (FuturesUnordered::new(), Vec::new());
        let (mut count, mut goes_on) = (0, true);
        loop {
            while goes_on && flying.len() < at_once_max && (count == 0 || ledger::calendar::now() < ends_at) {
                let Some(next) = waiting.pop_front() else { break };
                flying.push(send(next));
                count += 1;
            }
            let Some(sent) = flying.next().await else { break };
            let Some((delivery, sent, rest)) = sent else { continue };
            let sent = sent?;
            figures::delivery(&sent);
            if sent.is_delivered() {
                arrived.push((delivery, sent));
                if arrived.len() >= RECORD_MAX {
                    goes_on &= self.record_arrived(id, &mut arrived).await?;
                }
                if !rest.is_empty() {
                    waiting.push_front(rest);
                }
            } else {
                goes_on = false;
                self.record_arrived(id, &mut arrived).await?;
                self.record_failure(id, &delivery, sent).await?;
            }
        }
        self.record_arrived(id, &mut arrived).await?;
        self.settle_with(leased, async |tx, wall| sending::finish(tx, id, round, wall).await).await?;
        tracing::debug!(job = %leased.id, endpoint = %id, "{count} events were sent to {id}");
        Ok(())
    }

    /// Writes down what arrived, if anything did; says whether more is to follow.
    async fn record_arrived(
        &self,
        id: WebhookEndpointId,
        arrived: &mut Vec<(Delivery, Sent)>,
    ) -> Result<bool, Failure> {
        let arrived = std::mem::take(arrived);
        if arrived.is_empty() {
            return Ok(true);
        }
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await.map_err(Error::from)?;
        let goes_on = sending::record_delivered(&tx, id, &arrived, ledger::calendar::now()).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(goes_on)
    }

    /// Writes down an attempt that failed.
    async fn record_failure(&self, id: WebhookEndpointId, of: &Delivery, sent: Sent) -> Result<(), Failure> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await.map_err(Error::from)?;
        let jitter = backoff::jitter_per_mille();
        sending::record_failed(&tx, id, of, sent, jitter, ledger::calendar::now()).await?;
        tx.commit().await.map_err(Error::from)?;
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

/// What is due, by the object that it tells of: the one first whose first event comes first.
fn by_object(due: Vec<(Delivery, Event)>) -> VecDeque<OfObject> {
    let (mut places, mut parts) = (HashMap::<Uuid, usize>::new(), Vec::<OfObject>::new());
    for (delivery, event) in due {
        let place = *places.entry(event.object).or_insert(parts.len());
        match parts.get_mut(place) {
            Some(part) => part.push_back((delivery, event)),
            None => parts.push(VecDeque::from([(delivery, event)])),
        }
    }
    parts.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use ledger::id::{BookId, EventId};
    use ledger::partners::rules::endpoint::DeliveryState;

    fn due(number: i64, object: u128) -> (Delivery, Event) {
        let (id, at) = (EventId::new(BookId(7), Uuid::from_u128(number.unsigned_abs().into())), Timestamp::UNIX_EPOCH);
        let delivery = Delivery {
            event: id,
            number,
            kind: "pledge.active".into(),
            state: DeliveryState::Waiting,
            attempts: 0,
            tries: 0,
            next_at: Some(at),
            created_at: at,
        };
        let event = Event {
            id,
            number,
            kind: "pledge.active".parse().unwrap(),
            object: Uuid::from_u128(object),
            sequence: number,
            state_before: None,
            at,
            recorded_at: at,
            is_test: false,
            facts: serde_json::Map::new(),
        };
        (delivery, event)
    }

    #[test]
    fn wh_the_events_of_an_object_stay_in_their_order_and_objects_in_that_of_their_first() {
        let parts = by_object(vec![due(1, 5), due(2, 3), due(3, 5), due(4, 9), due(5, 3)]);
        let numbers: Vec<Vec<i64>> =
            parts.iter().map(|part| part.iter().map(|(delivery, _)| delivery.number).collect()).collect();
        assert_eq!(numbers, [vec![1, 3], vec![2, 5], vec![4]]);
        assert!(by_object(Vec::new()).is_empty());
    }
}
