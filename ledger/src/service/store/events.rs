//! The list of events of a book. Triggers write it, and the database numbers it; the service reads.

use crate::error::{Error, Outage};
use crate::id::{BookId, EventId, OrganisationId};
use crate::service::event::EventKind;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// The most events that are numbered at once.
pub const SLICE_MAX: i64 = 1_000;

/// An object came to a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its place in the list of its book, from 1 without a gap.
    pub number: i64,
    /// What happened.
    pub kind: EventKind,
    /// What it happened to: the UUID of its outside id, whose prefix is that of the kind's family.
    pub object: Uuid,
    /// Grows with each event of the object.
    pub sequence: i64,
    /// The state that the object left; none when it is new.
    pub state_before: Option<String>,
    /// When it came to be so, in book time.
    pub at: Timestamp,
    /// When it was written, by the wall clock.
    pub recorded_at: Timestamp,
    /// What it tells besides, as the database has it: UUIDs and minor units.
    pub facts: Map<String, Value>,
}

/// Where the list of a book begins and ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The last number that was given.
    pub last: i64,
    /// The highest number that was deleted.
    pub pruned: i64,
}

/// An event of a row.
fn event(book: BookId, row: &Row) -> Result<Event, Error> {
    let kind: &str = row.get("kind");
    let Json(facts) = row.get::<_, Json<Map<String, Value>>>("facts");
    Ok(Event {
        id: EventId::new(book, row.get("id")),
        number: row.get("number"),
        kind: kind.parse().map_err(|_| Error::inconsistent(format!("the list of events has a `{kind}`")))?,
        object: row.get("object"),
        sequence: row.get("sequence"),
        state_before: row.get("state_before"),
        at: row.get("at"),
        recorded_at: row.get("recorded_at"),
        facts,
    })
}

/// Numbers a slice of what has happened in a book and has no number yet; answers how many events. A database that takes no
/// writes just now is no reason not to read: the list ends where it ended before.
pub async fn number(client: &impl GenericClient, book: BookId) -> Result<i64, Error> {
    let statement = client.prepare_cached("-- events::number\nSELECT events_number($1)").await?;
    match client.query_one(&statement, &[/* book */ &book.0]).await.map_err(Error::from) {
        Ok(row) => Ok(row.get(0)),
        Err(error) if matches!(error.outage(), Some(Outage::ReadOnly | Outage::Storage)) => Ok(0),
        Err(error) => Err(error),
    }
}

/// Books with events that have no number yet, after one, by number.
pub async fn unnumbered(client: &impl GenericClient, after: BookId, limit: i64) -> Result<Vec<BookId>, Error> {
    let statement = client
        .prepare_cached(
            "-- events::unnumbered
            SELECT DISTINCT book_id FROM event_written WHERE book_id > $1 ORDER BY book_id LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[/* after */ &after.0, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| BookId(row.get(0))).collect())
}

/// How far the events of a book are numbered, and up to which number they are deleted, as they were old: 0 before the first.
pub async fn head(client: &impl GenericClient, book: BookId) -> Result<Head, Error> {
    let statement =
        client.prepare_cached("-- events::head\nSELECT last, pruned FROM event_head WHERE book_id = $1").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0]).await?;
    Ok(row.map_or(Head::default(), |row| Head { last: row.get("last"), pruned: row.get("pruned") }))
}

/// The clock of the database, by which numbers are given.
pub async fn clock(client: &impl GenericClient) -> Result<Timestamp, Error> {
    let statement = client.prepare_cached("-- events::clock\nSELECT clock_timestamp()").await?;
    Ok(client.query_one(&statement, &[]).await?.get(0))
}

/// The last number of a book that was given before a moment, or was deleted: what was numbered from then on comes after it.
pub async fn since(client: &impl GenericClient, book: BookId, moment: Timestamp) -> Result<i64, Error> {
    let statement = client.prepare_cached("-- events::since\nSELECT events_since($1, $2)").await?;
    Ok(client.query_one(&statement, &[/* book */ &book.0, /* since */ &moment]).await?.get(0))
}

/// What happened in a book, the oldest first, after a number.
pub async fn list(client: &impl GenericClient, book: BookId, after: i64, limit: i64) -> Result<Vec<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- events::list
            SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts FROM event
             WHERE book_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(|row| event(book, row)).collect()
}

/// The same of some kinds only. Each kind is looked for by itself, so that the others cost nothing, however many there are.
pub async fn list_of_kinds(
    client: &impl GenericClient,
    book: BookId,
    kinds: &[String],
    after: i64,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- events::list_of_kinds
            SELECT e.id, e.number, e.kind, e.object, e.sequence, e.state_before, e.at, e.recorded_at, e.facts
              FROM unnest($2::text[]) AS k(kind) CROSS JOIN LATERAL (
                   SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts FROM event
                    WHERE book_id = $1 AND kind = k.kind AND number > $3 ORDER BY number LIMIT $4) e
             ORDER BY e.number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* kinds */ &kinds, /* after */ &after, /* limit */ &limit])
        .await?;
    rows.iter().map(|row| event(book, row)).collect()
}

/// The same of what a partner has brought.
pub async fn list_of_partner(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    kinds: &[String],
    after: i64,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- events::list_of_partner
            SELECT e.id, e.number, e.kind, e.object, e.sequence, e.state_before, e.at, e.recorded_at, e.facts
              FROM unnest($3::text[]) AS k(kind) CROSS JOIN LATERAL (
                   SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts FROM event
                    WHERE book_id = $1 AND partner = $2 AND kind = k.kind AND number > $4 ORDER BY number LIMIT $5) e
             ORDER BY e.number LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* partner */ &partner.0, /* kinds */ &kinds,
                /* after */ &after, /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| event(book, row)).collect()
}

/// Events of a book by their numbers, in their order.
pub async fn list_numbered(client: &impl GenericClient, book: BookId, numbers: &[i64]) -> Result<Vec<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- events::list_numbered
            SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts FROM event
             WHERE book_id = $1 AND number = ANY ($2) ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* number */ &numbers]).await?;
    rows.iter().map(|row| event(book, row)).collect()
}

/// What happened to one object: some kinds only, and if a partner asks, only where it is its own.
pub async fn list_of_object(
    client: &impl GenericClient,
    book: BookId,
    object: Uuid,
    partner: Option<OrganisationId>,
    kinds: &[String],
    (after, limit): (i64, i64),
) -> Result<Vec<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- events::list_of_object
            SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts FROM event
             WHERE book_id = $1 AND object = $2 AND ($3::uuid IS NULL OR partner = $3) AND kind = ANY ($4) AND number > $5
             ORDER BY number LIMIT $6",
        )
        .await?;
    let partner = partner.map(|partner| partner.0);
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* object */ &object, /* partner */ &partner,
                /* kinds */ &kinds, /* after */ &after, /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| event(book, row)).collect()
}
