//! Events on their way to endpoints, and each attempt to deliver one.

use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, EventId, WebhookEndpointId};
use crate::partners::rules::endpoint::{Attempt, Delivery, DeliveryState};
use crate::partners::store::told;
use crate::service::store::events::Event;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn delivery(row: &Row) -> Result<Delivery, Error> {
    Ok(Delivery {
        event: EventId::new(BookId(row.get("book_id")), row.get("event")),
        number: row.get("number"),
        kind: row.get("kind"),
        state: word(row.get("state"))?,
        attempts: row.get("attempts"),
        tries: row.get("tries"),
        next_at: row.get("next_at"),
        created_at: row.get("created_at"),
    })
}

/// Puts events on their way to an endpoint, but those that are on it.
pub async fn insert(
    tx: &Transaction<'_>,
    endpoint: WebhookEndpointId,
    of: &[Event],
    next_at: Timestamp,
    wall: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::insert
            INSERT INTO webhook_delivery (book_id, endpoint, event, number, kind, state, next_at, created_at)
            SELECT $1, $2, n.event, n.number, n.kind, 'waiting', $6, $7
              FROM unnest($3::uuid[], $4::bigint[], $5::text[]) AS n(event, number, kind)
            ON CONFLICT (book_id, endpoint, event) DO NOTHING",
        )
        .await?;
    let ids: Vec<Uuid> = of.iter().map(|event| event.id.object).collect();
    let numbers: Vec<i64> = of.iter().map(|event| event.number).collect();
    let kinds: Vec<String> = of.iter().map(|event| event.kind.to_string()).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &endpoint.book.0,
            /* endpoint */ &endpoint.object,
            /* event */ &ids,
            /* number */ &numbers,
            /* kind */ &kinds,
            /* next_at */ &next_at,
            /* created_at */ &wall,
        ],
    )
    .await?;
    Ok(())
}

/// Gives up what waits for an endpoint and is of no kind that it may see now.
pub async fn withhold(tx: &Transaction<'_>, endpoint: WebhookEndpointId, kinds: &[String]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::withhold
            UPDATE webhook_delivery SET state = 'given_up', next_at = NULL
             WHERE book_id = $1 AND endpoint = $2 AND state = 'waiting' AND kind <> ALL ($3)",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &endpoint.book.0, /* endpoint */ &endpoint.object, /* kinds */ &kinds])
        .await?;
    Ok(())
}

/// What is due for an endpoint, with its events, in their order.
pub async fn due(
    client: &impl GenericClient,
    endpoint: WebhookEndpointId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(Delivery, Event)>, Error> {
    let statement = client
        .prepare_cached(
            "-- deliveries::due
            SELECT d.book_id, d.event, d.number, d.kind, d.state, d.attempts, d.tries, d.next_at, d.created_at,
                   e.id, e.object, e.sequence, e.state_before, e.at, e.recorded_at, e.facts, e.is_test
              FROM webhook_delivery d JOIN partner_event e ON e.book_id = d.book_id AND e.number = d.number
             WHERE d.book_id = $1 AND d.endpoint = $2 AND d.state = 'waiting' AND d.next_at <= $3
             ORDER BY d.number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &endpoint.book.0,
                /* endpoint */ &endpoint.object,
                /* now */ &now,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| Ok((delivery(row)?, told::event(endpoint.book, row)?))).collect()
}

/// When the next delivery to an endpoint is due, if one waits.
pub async fn next_at(client: &impl GenericClient, endpoint: WebhookEndpointId) -> Result<Option<Timestamp>, Error> {
    let statement = client
        .prepare_cached(
            "-- deliveries::next_at
            SELECT min(next_at) FROM webhook_delivery WHERE book_id = $1 AND endpoint = $2 AND state = 'waiting'",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &endpoint.book.0, /* endpoint */ &endpoint.object]).await?;
    Ok(row.get(0))
}

/// When the oldest delivery that waits for an endpoint was put on its way, by the wall clock.
pub async fn oldest_waiting(
    client: &impl GenericClient,
    endpoint: WebhookEndpointId,
) -> Result<Option<Timestamp>, Error> {
    let statement = client
        .prepare_cached(
            "-- deliveries::oldest_waiting
            SELECT created_at FROM webhook_delivery
             WHERE book_id = $1 AND endpoint = $2 AND state = 'waiting' ORDER BY number LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &endpoint.book.0, /* endpoint */ &endpoint.object]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// Writes what became of an attempt, unless another one was faster; says whether it did.
pub async fn update(
    tx: &Transaction<'_>,
    endpoint: WebhookEndpointId,
    was: &Delivery,
    state: DeliveryState,
    next_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::update
            UPDATE webhook_delivery SET state = $4, next_at = $5, attempts = attempts + 1, tries = tries + 1
             WHERE book_id = $1 AND endpoint = $2 AND event = $3 AND state = 'waiting' AND attempts = $6",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &endpoint.book.0,
                /* endpoint */ &endpoint.object,
                /* event */ &was.event.object,
                /* state */ &state.as_str(),
                /* next_at */ &next_at,
                /* attempts */ &was.attempts,
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// Writes an attempt.
pub async fn insert_attempt(
    tx: &Transaction<'_>,
    endpoint: WebhookEndpointId,
    event: EventId,
    made: &Attempt,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::insert_attempt
            INSERT INTO webhook_attempt (book_id, endpoint, event, number, at, status, failure, milliseconds)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await?;
    let status = made.status.and_then(|status| i16::try_from(status).ok());
    tx.execute(
        &statement,
        &[
            /* book_id */ &endpoint.book.0,
            /* endpoint */ &endpoint.object,
            /* event */ &event.object,
            /* number */ &made.number,
            /* at */ &made.at,
            /* status */ &status,
            /* failure */ &made.failure.map_or("", |failure| failure.as_str()),
            /* milliseconds */ &made.milliseconds,
        ],
    )
    .await?;
    Ok(())
}

/// The deliveries of an endpoint, if asked in one state only, in the order of their events, after one.
pub async fn list(
    client: &impl GenericClient,
    endpoint: WebhookEndpointId,
    state: Option<DeliveryState>,
    after: i64,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let statement = client
        .prepare_cached(
            "-- deliveries::list
            SELECT * FROM webhook_delivery
             WHERE book_id = $1 AND endpoint = $2 AND ($3::text IS NULL OR state = $3) AND number > $4
             ORDER BY number LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &endpoint.book.0,
                /* endpoint */ &endpoint.object,
                /* state */ &state.map(DeliveryState::as_str),
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(delivery).collect()
}

/// A delivery, if there is one.
pub async fn find(
    client: &impl GenericClient,
    endpoint: WebhookEndpointId,
    event: EventId,
) -> Result<Option<Delivery>, Error> {
    let statement = client
        .prepare_cached(
            "-- deliveries::find
            SELECT * FROM webhook_delivery WHERE book_id = $1 AND endpoint = $2 AND event = $3",
        )
        .await?;
    let row = client
        .query_opt(
            &statement,
            &[
                /* book_id */ &endpoint.book.0,
                /* endpoint */ &endpoint.object,
                /* event */ &event.object,
            ],
        )
        .await?;
    row.as_ref().filter(|_| event.book == endpoint.book).map(delivery).transpose()
}

/// The attempts of a delivery, the first one first, after one.
pub async fn list_attempts(
    client: &impl GenericClient,
    endpoint: WebhookEndpointId,
    event: EventId,
    after: i32,
    limit: i64,
) -> Result<Vec<Attempt>, Error> {
    let statement = client
        .prepare_cached(
            "-- deliveries::list_attempts
            SELECT number, at, status, failure, milliseconds FROM webhook_attempt
             WHERE book_id = $1 AND endpoint = $2 AND event = $3 AND number > $4 ORDER BY number LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &endpoint.book.0,
                /* endpoint */ &endpoint.object,
                /* event */ &event.object,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(attempt).collect()
}

fn attempt(row: &Row) -> Result<Attempt, Error> {
    let failure: &str = row.get("failure");
    Ok(Attempt {
        number: row.get("number"),
        at: row.get("at"),
        status: row.get::<_, Option<i16>>("status").and_then(|status| u16::try_from(status).ok()),
        failure: if failure.is_empty() { None } else { Some(word(failure)?) },
        milliseconds: row.get("milliseconds"),
    })
}

/// Sends a delivery again, as if it never was.
pub async fn replay(
    tx: &Transaction<'_>,
    endpoint: WebhookEndpointId,
    event: EventId,
    now: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::replay
            UPDATE webhook_delivery SET state = 'waiting', next_at = $4, tries = 0
             WHERE book_id = $1 AND endpoint = $2 AND event = $3",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &endpoint.book.0,
            /* endpoint */ &endpoint.object,
            /* event */ &event.object,
            /* next_at */ &now,
        ],
    )
    .await?;
    Ok(())
}

/// Sends all deliveries of an endpoint again whose events come after a number, and that do not wait; answers how many.
pub async fn replay_after(
    tx: &Transaction<'_>,
    endpoint: WebhookEndpointId,
    number: i64,
    now: Timestamp,
    limit: i64,
) -> Result<i64, Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::replay_after
            UPDATE webhook_delivery SET state = 'waiting', next_at = $4, tries = 0
             WHERE book_id = $1 AND endpoint = $2 AND event = ANY (ARRAY(
                   SELECT event FROM webhook_delivery
                    WHERE book_id = $1 AND endpoint = $2 AND number > $3 AND state <> 'waiting' ORDER BY number LIMIT $5))",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &endpoint.book.0,
                /* endpoint */ &endpoint.object,
                /* number */ &number,
                /* next_at */ &now,
                /* limit */ &limit,
            ],
        )
        .await?;
    i64::try_from(rows).map_err(|_| Error::inconsistent("more rows than there are numbers"))
}
