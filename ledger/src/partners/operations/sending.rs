//! What happens is put on its way to endpoints, and what came of each attempt is written down.
//!
//! An endpoint has one job at most that counts, by its round: it sends what is due for a short while, some events at once, and makes the
//! next one. One that failed or took long has its jobs in another line, so that it keeps nobody waiting but its like. Events of an object
//! go one after the other, in their order; one that is sent again comes later than others that happened after it, and the receiver tells
//! by the `sequence` of the object.

use crate::calendar::to_microseconds;
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::WebhookEndpointId;
use crate::parties::rules::role::Scope;
use crate::partners::rules::attempts::{Answer, Verdict, judge};
use crate::partners::rules::endpoint::{
    Attempt, AttemptFailure, Delivery, DeliveryState, Disabled, Endpoint, EndpointState,
};
use crate::partners::store::{deliveries, endpoints, told};
use crate::partners::telling::is_told;
use crate::service::event::EventKind;
use crate::service::job::{Job, NewJob};
use crate::service::store::events::{self, Event};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The most events that are put on their way to an endpoint at once.
pub const FAN_OUT_MAX: i64 = 500;

/// The most deliveries of one job.
const BATCH_MAX: i64 = 200;

/// The event by which a partner tries an endpoint: it goes to that one, whatever kinds it wants, and to no other.
const PING: &str = "webhook_endpoint.pinged";

/// The kinds of events that an endpoint is sent now: those that it wants, as far as it was made with a scope that reads them, which a living
/// credential of its partner still has, while the book admits the partner.
async fn kinds(client: &impl GenericClient, book: &Book, of: &Endpoint) -> Result<Vec<String>, Error> {
    if !books::partner_admitted(client, book.id, of.partner).await? {
        return Ok(Vec::new());
    }
    let living = endpoints::live_scopes(client, of.partner, book.mode).await?;
    let has = |scope: &Scope| of.scopes.iter().any(|word| word == scope.as_str());
    let scopes: Vec<Scope> = living.into_iter().filter(has).collect();
    let told = EventKind::all().iter().filter(|kind| is_told(kind.family, &scopes)).map(ToString::to_string);
    Ok(told.filter(|kind| of.kinds.is_empty() || of.kinds.contains(kind) || kind == PING).collect())
}

/// Makes the job that sends next to an endpoint, unless there is one that does so before.
pub(super) async fn schedule(tx: &Transaction<'_>, of: &Endpoint, at: Timestamp) -> Result<(), Error> {
    let at = to_microseconds(of.health.rests_until(at));
    if of.state != EndpointState::Active || of.next_job_at.is_some_and(|next| next <= at) {
        return Ok(());
    }
    let (id, round) = (of.id, of.round + 1);
    let job = if of.health.is_well() {
        Job::SendWebhooks { endpoint: id, round }
    } else {
        Job::TryWebhooks { endpoint: id, round }
    };
    jobs::enqueue(tx, &NewJob { book: id.book, due_at: at, dedupe: format!("{id}-{round}"), job }).await?;
    endpoints::update_job(tx, id, round, Some(at)).await
}

/// Puts a page of what has happened on its way to an endpoint; says whether there may be more. What is being written just now is left for
/// the next time.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn fan_out(tx: &Transaction<'_>, id: WebhookEndpointId, wall: Timestamp) -> Result<bool, Error> {
    let Some(it) = endpoints::lock_free(tx, id).await?.filter(|it| it.state == EndpointState::Active) else {
        return Ok(false);
    };
    let book = books::get(tx, id.book).await?;
    let head = events::head(tx, id.book).await?;
    let kinds = kinds(tx, &book, &it).await?;
    let mut found = told::list(tx, id.book, it.partner, &kinds, it.cursor, FAN_OUT_MAX).await?;
    let last = found.last().map_or(0, |event| event.number);
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count == FAN_OUT_MAX);
    found.retain(|event| event.kind.to_string() != PING || event.object == id.object);
    if !found.is_empty() {
        let now = to_microseconds(book.now(wall));
        deliveries::insert(tx, id, &found, now, to_microseconds(wall)).await?;
        schedule(tx, &it, now).await?;
    }
    // The head was read before the list: all up to it has been looked at.
    let cursor = if is_full { last } else { head.last.max(last) };
    endpoints::update_cursor(tx, id, cursor.max(it.cursor)).await?;
    Ok(is_full)
}

/// What a job is to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Where to.
    pub endpoint: Endpoint,
    /// What, in its order.
    pub due: Vec<(Delivery, Event)>,
}

/// What is due for an endpoint; none for a job that is none of its any more, or when nothing is sent to it.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn begin(
    tx: &Transaction<'_>,
    id: WebhookEndpointId,
    round: i64,
    wall: Timestamp,
) -> Result<Option<Batch>, Error> {
    let is_ours = |it: &Endpoint| it.round == round && it.state == EndpointState::Active;
    let Some(endpoint) = endpoints::lock(tx, id).await?.filter(is_ours) else { return Ok(None) };
    let book = books::get(tx, id.book).await?;
    let kinds = kinds(tx, &book, &endpoint).await?;
    let due = deliveries::due(tx, id, book.now(wall), BATCH_MAX).await?;
    let (due, withheld): (Vec<_>, Vec<_>) = due.into_iter().partition(|delivery| kinds.contains(&delivery.kind));
    if !withheld.is_empty() {
        deliveries::withhold(tx, id, &withheld).await?;
    }
    let numbers: Vec<i64> = due.iter().map(|delivery| delivery.number).collect();
    let mut told: HashMap<i64, Event> =
        told::list_numbered(tx, id.book, &numbers).await?.into_iter().map(|event| (event.number, event)).collect();
    // An event that is deleted took its delivery with it.
    let due = due.into_iter().filter_map(|delivery| told.remove(&delivery.number).map(|event| (delivery, event)));
    Ok(Some(Batch { endpoint, due: due.collect() }))
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// When it was sent, by the wall clock.
    pub at: Timestamp,
    /// How it ended.
    pub answer: Answer,
    /// Why it failed; none when it did not.
    pub failure: Option<AttemptFailure>,
    /// How long it took.
    pub milliseconds: i32,
}

impl Sent {
    /// Whether the receiver has it.
    pub fn is_delivered(&self) -> bool {
        matches!(self.answer, Answer::Status { code: 200..=299, .. })
    }

    fn took(&self) -> SignedDuration {
        SignedDuration::from_millis(self.milliseconds.into())
    }

    fn attempt(&self, of: &Delivery) -> Attempt {
        let status = match self.answer {
            Answer::Status { code, .. } => Some(code),
            Answer::None => None,
        };
        let Sent { at, failure, milliseconds, .. } = *self;
        Attempt { number: of.attempts + 1, at: to_microseconds(at), status, failure, milliseconds }
    }
}

/// Writes down attempts that arrived, the first one first; says whether more is to follow at once. Those that somebody else made meanwhile
/// are forgotten.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn record_delivered(
    tx: &Transaction<'_>,
    id: WebhookEndpointId,
    made: &[(Delivery, Sent)],
    wall: Timestamp,
) -> Result<bool, Error> {
    let Some(it) = endpoints::lock(tx, id).await? else { return Ok(false) };
    let now = to_microseconds(books::get(tx, id.book).await?.now(wall));
    let written: HashSet<Uuid> =
        deliveries::update_delivered(tx, id, &made.iter().map(|(of, _)| of).collect::<Vec<_>>())
            .await?
            .into_iter()
            .collect();
    let ours = || made.iter().filter(|(of, _)| written.contains(&of.event.object));
    let attempts: Vec<_> = ours().map(|(of, sent)| (of.event, sent.attempt(of))).collect();
    deliveries::insert_attempts(tx, id, &attempts).await?;
    let health = ours().fold(it.health, |health, (_, sent)| health.after(true, sent.took(), now));
    endpoints::update_health(tx, id, health).await?;
    Ok(it.state == EndpointState::Active)
}

/// Writes down an attempt that failed, and what follows from it for the delivery and the endpoint. One that somebody else made meanwhile,
/// or whose endpoint is gone, is forgotten.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn record_failed(
    tx: &Transaction<'_>,
    id: WebhookEndpointId,
    of: &Delivery,
    sent: Sent,
    jitter_per_mille: i32,
    wall: Timestamp,
) -> Result<(), Error> {
    let Some(mut it) = endpoints::lock(tx, id).await? else { return Ok(()) };
    let now = to_microseconds(books::get(tx, id.book).await?.now(wall));
    let attempt = usize::try_from(of.tries).unwrap_or_default() + 1;
    let verdict = judge(sent.answer, attempt, jitter_per_mille);
    let (state, next_at) = match verdict {
        Verdict::Delivered => return Err(Error::inconsistent("what arrived has not failed")),
        Verdict::Again(pause) => {
            (DeliveryState::Waiting, Some(to_microseconds(now.checked_add(pause).unwrap_or(Timestamp::MAX))))
        }
        Verdict::Gone | Verdict::GivenUp => (DeliveryState::GivenUp, None),
    };
    if !deliveries::update(tx, id, of, state, next_at).await? {
        return Ok(());
    }
    deliveries::insert_attempts(tx, id, &[(of.event, sent.attempt(of))]).await?;
    it.health = it.health.after(false, sent.took(), now);
    endpoints::update_health(tx, id, it.health).await?;
    let reason = if verdict == Verdict::Gone {
        Some(Disabled::Gone)
    } else {
        it.health.has_failed_for_long(now).then_some(Disabled::Failing)
    };
    if let Some(reason) = reason.filter(|_| it.state == EndpointState::Active) {
        let (state, since) = (EndpointState::Disabled, now);
        let disabled = Endpoint { state, reason: Some(reason), since, next_job_at: None, ..it };
        let version = endpoints::update(tx, &disabled).await?.version;
        let job = Job::SendEndpointNotice { endpoint: id, version };
        jobs::enqueue(tx, &NewJob { book: id.book, due_at: now, dedupe: format!("{id}-{version}"), job }).await?;
    }
    Ok(())
}

/// Ends a job of an endpoint: the next one comes when something is due again.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn finish(tx: &Transaction<'_>, id: WebhookEndpointId, round: i64, wall: Timestamp) -> Result<(), Error> {
    let Some(it) = endpoints::lock(tx, id).await?.filter(|it| it.round == round) else { return Ok(()) };
    endpoints::update_job(tx, id, round, None).await?;
    match deliveries::next_at(tx, id).await? {
        Some(next) => {
            let now = books::get(tx, id.book).await?.now(wall);
            schedule(tx, &Endpoint { next_job_at: None, ..it }, next.max(now)).await
        }
        None => Ok(()),
    }
}
