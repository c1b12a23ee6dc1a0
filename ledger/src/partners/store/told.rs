//! What partners are told: what happened, and what they fired by hand, in one order of numbers.

use crate::error::Error;
use crate::id::{BookId, OrganisationId};
use crate::service::store::events::{self, Event};
use deadpool_postgres::{GenericClient, Transaction};
use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// An event of a row, which says whether it was fired by hand.
fn event(book: BookId, row: &Row) -> Result<Event, Error> {
    Ok(Event { is_test: row.get("is_test"), ..events::event(book, row)? })
}

/// What a partner is told by its numbers, in their order.
pub async fn list_numbered(client: &impl GenericClient, book: BookId, numbers: &[i64]) -> Result<Vec<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- told::list_numbered
            SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts, is_test FROM partner_event
             WHERE book_id = $1 AND number = ANY ($2) ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* number */ &numbers]).await?;
    rows.iter().map(|row| event(book, row)).collect()
}

/// What a partner is told of some kinds, the oldest first, after a number. Each kind is looked for by itself, so that the others cost nothing.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    kinds: &[String],
    after: i64,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- told::list
            SELECT e.id, e.number, e.kind, e.object, e.sequence, e.state_before, e.at, e.recorded_at, e.facts, e.is_test
              FROM unnest($3::text[]) AS k(kind) CROSS JOIN LATERAL (
                   SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts, is_test FROM partner_event
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

/// The same of one object.
pub async fn list_of_object(
    client: &impl GenericClient,
    book: BookId,
    object: Uuid,
    partner: OrganisationId,
    kinds: &[String],
    (after, limit): (i64, i64),
) -> Result<Vec<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- told::list_of_object
            SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts, is_test FROM partner_event
             WHERE book_id = $1 AND object = $2 AND partner = $3 AND kind = ANY ($4) AND number > $5 ORDER BY number LIMIT $6",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* object */ &object, /* partner */ &partner.0,
                /* kinds */ &kinds, /* after */ &after, /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| event(book, row)).collect()
}

/// The last of what really happened to an object of a partner, of some kinds.
pub async fn last_of_object(
    client: &impl GenericClient,
    book: BookId,
    object: Uuid,
    partner: OrganisationId,
    kinds: &[String],
) -> Result<Option<Event>, Error> {
    let statement = client
        .prepare_cached(
            "-- told::last_of_object
            SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts FROM event
             WHERE book_id = $1 AND object = $2 AND partner = $3 AND kind = ANY ($4) ORDER BY number DESC LIMIT 1",
        )
        .await?;
    let asked: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[
        /* book_id */ &book.0, /* object */ &object, /* partner */ &partner.0, /* kinds */ &kinds,
    ];
    let row = client.query_opt(&statement, asked).await?;
    row.as_ref().map(|row| events::event(book, row)).transpose()
}

/// An event to be fired by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    /// The kind, in a word.
    pub kind: String,
    /// What it tells of.
    pub object: Uuid,
    /// Grows with each event of the object.
    pub sequence: i64,
    /// The state that the object is said to have left.
    pub state_before: Option<String>,
    /// What it tells besides, as the database has it.
    pub facts: Map<String, Value>,
}

/// Fires an event for a partner, with the next number of the book; none when the partner has fired `a_minute` of them within a minute.
pub async fn fire(
    tx: &Transaction<'_>,
    book: BookId,
    partner: OrganisationId,
    fired: &Fired,
    a_minute: i32,
) -> Result<Option<Event>, Error> {
    let statement = tx
        .prepare_cached(
            "-- told::fire
            SELECT id, number, kind, object, sequence, state_before, at, recorded_at, facts, true AS is_test
              FROM event_fire($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await?;
    let row = tx
        .query_opt(
            &statement,
            &[
                /* book */ &book.0,
                /* partner */ &partner.0,
                /* kind */ &fired.kind,
                /* object */ &fired.object,
                /* sequence */ &fired.sequence,
                /* state_before */ &fired.state_before,
                /* facts */ &Json(&fired.facts),
                /* a_minute */ &a_minute,
            ],
        )
        .await?;
    row.as_ref().map(|row| event(book, row)).transpose()
}
