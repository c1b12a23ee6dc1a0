//! Events on their way to endpoints, and each attempt to deliver one.

use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, EventId, WebhookEndpointId};
use crate::partners::rules::endpoint::{Attempt, AttemptFailure, Delivery, DeliveryState};
use crate::service::store::events::Event;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};
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

/// Gives up what waits for an endpoint, of these.
pub async fn withhold(tx: &Transaction<'_>, endpoint: WebhookEndpointId, of: &[Delivery]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::withhold
            UPDATE webhook_delivery SET state = 'given_up', next_at = NULL
             WHERE book_id = $1 AND endpoint = $2 AND event = ANY ($3) AND state = 'waiting'",
        )
        .await?;
    let events: Vec<Uuid> = of.iter().map(|delivery| delivery.event.object).collect();
    tx.execute(&statement, &[/* book_id */ &endpoint.book.0, /* endpoint */ &endpoint.object, /* event */ &events])
        .await?;
    Ok(())
}

/// What is due for an endpoint, in the order of the events. No other table is joined: a plan for tables of which nothing is known yet would
/// read them whole.
pub async fn due(
    client: &impl GenericClient,
    endpoint: WebhookEndpointId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let statement = client
        .prepare_cached(
            "-- deliveries::due
            SELECT * FROM webhook_delivery
             WHERE book_id = $1 AND endpoint = $2 AND state = 'waiting' AND next_at <= $3 ORDER BY number LIMIT $4",
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
    rows.iter().map(delivery).collect()
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

/// For how long the oldest delivery has been due whose endpoint took what it was last sent, of all books: by the clock of its book and by
/// the wall clock, whichever says less.
pub async fn oldest_due(client: &impl GenericClient, wall: Timestamp) -> Result<SignedDuration, Error> {
    let statement = client
        .prepare_cached(
            "-- deliveries::oldest_due
            SELECT extract(epoch FROM coalesce(max(least(
                       $1::timestamptz + b.clock_offset_s * INTERVAL '1 second' - d.next_at, $1 - d.created_at)), '0'))::bigint
              FROM webhook_endpoint e JOIN book b ON b.number = e.book_id
             CROSS JOIN LATERAL (
                   SELECT next_at, created_at FROM webhook_delivery
                    WHERE book_id = e.book_id AND endpoint = e.id AND state = 'waiting' ORDER BY next_at LIMIT 1) d
             WHERE e.state = 'active' AND e.failures = 0 AND NOT e.is_slow",
        )
        .await?;
    let row = client.query_one(&statement, &[/* wall */ &wall]).await?;
    Ok(SignedDuration::from_secs(row.get::<_, i64>(0).max(0)))
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

/// Writes that deliveries have arrived, but those that another attempt was faster with; answers the events of those written.
pub async fn update_delivered(
    tx: &Transaction<'_>,
    endpoint: WebhookEndpointId,
    was: &[&Delivery],
) -> Result<Vec<Uuid>, Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::update_delivered
            UPDATE webhook_delivery SET state = 'delivered', next_at = NULL, attempts = attempts + 1, tries = tries + 1
             WHERE book_id = $1 AND endpoint = $2 AND event = ANY ($3) AND state = 'waiting'
               AND (event, attempts) IN (SELECT * FROM unnest($3::uuid[], $4::int[]))
            RETURNING event",
        )
        .await?;
    let (events, attempts): (Vec<Uuid>, Vec<i32>) =
        was.iter().map(|delivery| (delivery.event.object, delivery.attempts)).unzip();
    let rows = tx
        .query(
            &statement,
            &[
                /* book_id */ &endpoint.book.0,
                /* endpoint */ &endpoint.object,
                /* event */ &events,
                /* attempts */ &attempts,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("event")).collect())
}

/// Writes attempts, one a delivery.
pub async fn insert_attempts(
    tx: &Transaction<'_>,
    endpoint: WebhookEndpointId,
    made: &[(EventId, Attempt)],
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- deliveries::insert_attempts
            INSERT INTO webhook_attempt (book_id, endpoint, event, number, at, status, failure, milliseconds)
            SELECT $1, $2, n.event, n.number, n.at, n.status, n.failure, n.milliseconds
              FROM unnest($3::uuid[], $4::int[], $5::timestamptz[], $6::smallint[], $7::text[], $8::int[])
                   AS n(event, number, at, status, failure, milliseconds)",
        )
        .await?;
    let attempts = || made.iter().map(|(_, attempt)| attempt);
    let status = |attempt: &Attempt| attempt.status.and_then(|status| i16::try_from(status).ok());
    let failure = |attempt: &Attempt| attempt.failure.map_or("", AttemptFailure::as_str);
    tx.execute(
        &statement,
        &[
            /* book_id */ &endpoint.book.0,
            /* endpoint */ &endpoint.object,
            /* event */ &made.iter().map(|(event, _)| event.object).collect::<Vec<_>>(),
            /* number */ &attempts().map(|attempt| attempt.number).collect::<Vec<_>>(),
            /* at */ &attempts().map(|attempt| attempt.at).collect::<Vec<_>>(),
            /* status */ &attempts().map(status).collect::<Vec<_>>(),
            /* failure */ &attempts().map(failure).collect::<Vec<_>>(),
            /* milliseconds */ &attempts().map(|attempt| attempt.milliseconds).collect::<Vec<_>>(),
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
