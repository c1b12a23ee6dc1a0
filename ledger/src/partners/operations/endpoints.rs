//! Endpoints as their partner keeps them: made, changed, pinged, deleted; and deliveries that are to be sent again.

use super::sending::schedule;
use crate::calendar::to_microseconds;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{EventId, OrganisationId, WebhookEndpointId};
use crate::parties::rules::role::Scope;
use crate::partners::rules::endpoint::{
    self, Delivery, ENDPOINTS_MAX, Endpoint, EndpointState, Health, REPLAY_MAX, SealedSigning,
};
use crate::partners::store::{deliveries, endpoints};
use crate::partners::telling::{is_told, scope};
use crate::service::change::check_line;
use crate::service::event::{EventKind, FAMILIES};
use crate::service::store::events;
use deadpool_postgres::Transaction;
use jiff::{SignedDuration, Timestamp};

/// An endpoint to be made.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Its id, for which its secret was sealed.
    pub id: WebhookEndpointId,
    /// Whose it is.
    pub partner: OrganisationId,
    /// What the token may do by which it is made.
    pub scopes: Vec<Scope>,
    /// Where it is sent.
    pub url: String,
    /// What its partner calls it.
    pub description: String,
    /// The kinds of events that it wants; none: all that it may see.
    pub kinds: Vec<String>,
    /// The secret.
    pub secret: SealedSigning,
}

/// What a partner changes of an endpoint; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct ChangedEndpoint {
    /// Where it is sent.
    pub url: Option<String>,
    /// What its partner calls it.
    pub description: Option<String>,
    /// The kinds of events that it wants, with what the token may do that asks for them.
    pub kinds: Option<(Vec<String>, Vec<Scope>)>,
    /// Whether it is sent anything: `active` or `paused`.
    pub state: Option<EndpointState>,
}

/// The kinds that were asked for, in the order of the list, each once.
fn kinds(asked: &[String], scopes: &[Scope]) -> Result<Vec<String>, Error> {
    let mut wanted = Vec::new();
    for (place, word) in asked.iter().enumerate() {
        let pointer = || format!("/kinds/{place}");
        let kind: EventKind =
            word.parse().map_err(|_| Error::invalid(pointer(), "no kind of event of the contract"))?;
        if !is_told(kind.family, scopes) {
            return Err(Error::invalid(pointer(), "the token has not the scope that reads these events"));
        }
        wanted.push(word.clone());
    }
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted)
}

/// Of what a token may do what reads events.
fn reading(scopes: &[Scope]) -> Vec<String> {
    let reads = |asked: &&Scope| FAMILIES.iter().any(|family| scope(family) == Some(**asked));
    scopes.iter().filter(reads).map(ToString::to_string).collect()
}

/// Makes an endpoint, which is sent what happens from then on.
///
/// # Errors
///
/// `webhook-endpoints-full`; [`Error::Invalid`] at `/url`, `/description` and `/kinds/{place}`.
pub async fn create(tx: &Transaction<'_>, new: NewEndpoint, wall: Timestamp) -> Result<Endpoint, Error> {
    // Two that are made at once see each other.
    let book = books::lock(tx, new.id.book).await?;
    endpoint::check_url(&new.url, book.mode)?;
    check_line("/description", &new.description, endpoint::DESCRIPTION)?;
    let taken = endpoints::slots(tx, book.id, new.partner).await?;
    let slot = (1..=ENDPOINTS_MAX).find(|slot| !taken.contains(slot)).ok_or_else(|| {
        let told = format!("there are {ENDPOINTS_MAX} endpoints in this book, and no more than that");
        Refusal::new("webhook-endpoints-full", told)
    })?;
    events::number(tx, book.id).await?;
    let made = Endpoint {
        id: new.id,
        partner: new.partner,
        slot,
        url: new.url,
        description: new.description,
        kinds: kinds(&new.kinds, &new.scopes)?,
        scopes: reading(&new.scopes),
        state: EndpointState::Active,
        reason: None,
        since: to_microseconds(book.now(wall)),
        created_at: to_microseconds(wall),
        secret: new.secret,
        old_secret: None,
        cursor: events::head(tx, book.id).await?.last,
        round: 0,
        next_job_at: None,
        health: Health::default(),
        version: 1,
    };
    endpoints::insert(tx, &made).await?;
    Ok(made)
}

/// An endpoint, locked.
async fn locked(tx: &Transaction<'_>, id: WebhookEndpointId) -> Result<Endpoint, Error> {
    endpoints::lock(tx, id).await?.ok_or(Error::NotFound("webhook endpoint"))
}

/// Changes an endpoint. One that is active again goes on where it was, with a clean record.
///
/// # Errors
///
/// [`Error::Stale`] for another version; [`Error::Invalid`] as of [`create`].
pub async fn change(
    tx: &Transaction<'_>,
    book: &Book,
    id: WebhookEndpointId,
    seen: i64,
    asked: ChangedEndpoint,
    wall: Timestamp,
) -> Result<Endpoint, Error> {
    let mut it = locked(tx, id).await?;
    if it.version != seen {
        return Err(Error::Stale("webhook endpoint"));
    }
    if let Some(url) = asked.url {
        endpoint::check_url(&url, book.mode)?;
        it.url = url;
    }
    if let Some(description) = asked.description {
        check_line("/description", &description, endpoint::DESCRIPTION)?;
        it.description = description;
    }
    if let Some((wanted, scopes)) = asked.kinds {
        it.kinds = kinds(&wanted, &scopes)?;
        it.scopes = reading(&scopes);
    }
    let turned = asked.state.filter(|state| *state != it.state);
    if let Some(state) = turned {
        it = turned_to(it, state, book.now(wall));
    }
    let changed = endpoints::update(tx, &it).await?;
    if turned == Some(EndpointState::Active) {
        schedule(tx, &changed, book.now(wall)).await?;
    }
    Ok(changed)
}

/// An endpoint as its partner wants it to stand. Whatever job it had sends no more.
fn turned_to(it: Endpoint, state: EndpointState, now: Timestamp) -> Endpoint {
    Endpoint {
        state,
        reason: None,
        since: to_microseconds(now),
        next_job_at: None,
        health: Health { last_success_at: it.health.last_success_at, is_slow: it.health.is_slow, ..Health::default() },
        ..it
    }
}

/// Deletes an endpoint: nothing more is sent, and its secrets go.
///
/// # Errors
///
/// [`Error::NotFound`] when it is not there.
pub async fn delete(tx: &Transaction<'_>, book: &Book, id: WebhookEndpointId, wall: Timestamp) -> Result<(), Error> {
    let it = locked(tx, id).await?;
    endpoints::delete(tx, it.id, to_microseconds(book.now(wall))).await
}

/// Gives an endpoint another secret. The present one signs too for a while.
///
/// # Errors
///
/// `two-secrets-live`; [`Error::NotFound`] when it is not there.
pub async fn rotate(
    tx: &Transaction<'_>,
    id: WebhookEndpointId,
    secret: SealedSigning,
    overlap: SignedDuration,
    wall: Timestamp,
) -> Result<Endpoint, Error> {
    let rotated = locked(tx, id).await?.rotated(secret, overlap, wall)?;
    endpoints::update(tx, &rotated).await
}

/// Has an event happen that is sent to the endpoint, whatever kinds it wants.
///
/// # Errors
///
/// `webhook-endpoint-not-active`.
pub async fn ping(tx: &Transaction<'_>, id: WebhookEndpointId) -> Result<Endpoint, Error> {
    let it = locked(tx, id).await?;
    it.check_active()?;
    endpoints::ping(tx, id).await?;
    Ok(it)
}

/// Sends an event again, whatever became of it.
///
/// # Errors
///
/// [`Error::NotFound`] for an event that was never on its way to the endpoint, or is deleted.
pub async fn replay(
    tx: &Transaction<'_>,
    book: &Book,
    id: WebhookEndpointId,
    event: EventId,
    wall: Timestamp,
) -> Result<Delivery, Error> {
    let (it, now) = (locked(tx, id).await?, to_microseconds(book.now(wall)));
    let missing = Error::NotFound("delivery");
    let found = deliveries::find(tx, id, event).await?.ok_or(Error::NotFound("delivery"))?;
    if found.number <= events::head(tx, book.id).await?.pruned {
        return Err(missing);
    }
    deliveries::replay(tx, id, event, now).await?;
    schedule(tx, &it, now).await?;
    deliveries::find(tx, id, event).await?.ok_or(missing)
}

/// Sends all events again that were numbered since a moment, by the wall clock, and do not wait; answers how many.
///
/// # Errors
///
/// `webhook-replay-too-large`.
pub async fn replay_since(
    tx: &Transaction<'_>,
    book: &Book,
    id: WebhookEndpointId,
    since: Timestamp,
    wall: Timestamp,
) -> Result<i64, Error> {
    let (it, now) = (locked(tx, id).await?, to_microseconds(book.now(wall)));
    let before = events::since(tx, book.id, since).await?;
    let count = deliveries::replay_after(tx, id, before, now, REPLAY_MAX + 1).await?;
    if count > REPLAY_MAX {
        let told = format!("more than {REPLAY_MAX} deliveries have come since then");
        return Err(Refusal::new("webhook-replay-too-large", told).into());
    }
    if count > 0 {
        schedule(tx, &it, now).await?;
    }
    Ok(count)
}
