//! Endpoints of partners. One that was deleted is read by nobody.

use crate::book::Mode;
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, OrganisationId, WebhookEndpointId};
use crate::parties::rules::role::Scope;
use crate::partners::rules::endpoint::{Endpoint, Health, OldSigning, SealedSigning};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn endpoint(row: &Row) -> Result<Endpoint, Error> {
    let reason: &str = row.get("reason");
    let old = row.get::<_, Option<Vec<u8>>>("old_secret").zip(row.get("old_ends_at"));
    Ok(Endpoint {
        id: WebhookEndpointId::new(BookId(row.get("book_id")), row.get("id")),
        partner: OrganisationId(row.get("partner")),
        slot: row.get("slot"),
        url: row.get("url"),
        description: row.get("description"),
        kinds: row.get("kinds"),
        scopes: row.get("scopes"),
        state: word(row.get("state"))?,
        reason: if reason.is_empty() { None } else { Some(word(reason)?) },
        since: row.get("state_since"),
        created_at: row.get("created_at"),
        secret: SealedSigning { key_version: row.get("secret_key"), bytes: row.get("secret") },
        old_secret: old.map(|(bytes, ends_at)| OldSigning {
            sealed: SealedSigning { key_version: row.get("old_secret_key"), bytes },
            ends_at,
        }),
        cursor: row.get("cursor"),
        round: row.get("round"),
        next_job_at: row.get("next_job_at"),
        health: Health {
            failures: row.get("failures"),
            failing_since: row.get("failing_since"),
            last_failure_at: row.get("last_failure_at"),
            last_success_at: row.get("last_success_at"),
            is_slow: row.get("is_slow"),
        },
        version: row.get("version"),
    })
}

/// Writes a new endpoint.
pub async fn insert(tx: &Transaction<'_>, new: &Endpoint) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::insert
            INSERT INTO webhook_endpoint (book_id, id, partner, slot, url, description, kinds, scopes, state, state_since, created_at,
                                          secret_key, secret, cursor)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* partner */ &new.partner.0,
            /* slot */ &new.slot,
            /* url */ &new.url,
            /* description */ &new.description,
            /* kinds */ &new.kinds,
            /* scopes */ &new.scopes,
            /* state */ &new.state.as_str(),
            /* state_since */ &new.since,
            /* created_at */ &new.created_at,
            /* secret_key */ &new.secret.key_version,
            /* secret */ &new.secret.bytes,
            /* cursor */ &new.cursor,
        ],
    )
    .await?;
    Ok(())
}

/// An endpoint, if it is there.
pub async fn find(client: &impl GenericClient, id: WebhookEndpointId) -> Result<Option<Endpoint>, Error> {
    let statement = client
        .prepare_cached(
            "-- endpoints::find
            SELECT * FROM webhook_endpoint WHERE book_id = $1 AND id = $2 AND state <> 'deleted'",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(endpoint).transpose()
}

/// The same, locked.
pub async fn lock(tx: &Transaction<'_>, id: WebhookEndpointId) -> Result<Option<Endpoint>, Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::lock
            SELECT * FROM webhook_endpoint WHERE book_id = $1 AND id = $2 AND state <> 'deleted' FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(endpoint).transpose()
}

/// The same, unless somebody else has it locked.
pub async fn lock_free(tx: &Transaction<'_>, id: WebhookEndpointId) -> Result<Option<Endpoint>, Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::lock_free
            SELECT * FROM webhook_endpoint WHERE book_id = $1 AND id = $2 AND state <> 'deleted' FOR NO KEY UPDATE SKIP LOCKED",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(endpoint).transpose()
}

/// The endpoints of a partner in a book, the oldest first, after one.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    partner: OrganisationId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Endpoint>, Error> {
    let statement = client
        .prepare_cached(
            "-- endpoints::list
            SELECT * FROM webhook_endpoint
             WHERE book_id = $1 AND partner = $2 AND state <> 'deleted' AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0, /* partner */ &partner.0, /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(endpoint).collect()
}

/// The places that the endpoints of a partner have in a book.
pub async fn slots(client: &impl GenericClient, book: BookId, partner: OrganisationId) -> Result<Vec<i16>, Error> {
    let statement = client
        .prepare_cached(
            "-- endpoints::slots
            SELECT slot FROM webhook_endpoint WHERE book_id = $1 AND partner = $2 AND state <> 'deleted'",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* partner */ &partner.0]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The active endpoints whose book has events that were not looked at for them: in turn, those after one first.
pub async fn behind(
    client: &impl GenericClient,
    after: Option<WebhookEndpointId>,
    limit: i64,
) -> Result<Vec<WebhookEndpointId>, Error> {
    let statement = client
        .prepare_cached(
            "-- endpoints::behind
            SELECT e.book_id, e.id FROM webhook_endpoint e JOIN event_head h ON h.book_id = e.book_id
             WHERE e.state = 'active' AND e.cursor < h.last
             ORDER BY (e.book_id, e.id) <= ($1, $2), e.book_id, e.id LIMIT $3",
        )
        .await?;
    let (book, id) = after.map_or((0, Uuid::nil()), |after| (after.book.0, after.object));
    let rows = client.query(&statement, &[/* after_book */ &book, /* after */ &id, /* limit */ &limit]).await?;
    Ok(rows.iter().map(|row| WebhookEndpointId::new(BookId(row.get("book_id")), row.get("id"))).collect())
}

/// What the living credentials of a partner may do together.
pub async fn live_scopes(
    client: &impl GenericClient,
    partner: OrganisationId,
    mode: Mode,
) -> Result<Vec<Scope>, Error> {
    let statement = client
        .prepare_cached(
            "-- endpoints::live_scopes
            SELECT DISTINCT unnest(scopes) FROM credential WHERE organisation = $1 AND mode = $2 AND revoked_at IS NULL",
        )
        .await?;
    let rows = client.query(&statement, &[/* organisation */ &partner.0, /* mode */ &mode.as_str()]).await?;
    // A scope of a newer program reads nothing that this one tells.
    Ok(rows.iter().filter_map(|row| row.get::<_, &str>(0).parse().ok()).collect())
}

/// Writes what its partner changes, and its state. Its version rises.
pub async fn update(tx: &Transaction<'_>, changed: &Endpoint) -> Result<Endpoint, Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::update
            UPDATE webhook_endpoint SET url = $3, description = $4, kinds = $5, scopes = $6, state = $7, reason = $8, state_since = $9,
                   secret_key = $10, secret = $11, old_secret_key = $12, old_secret = $13, old_ends_at = $14, round = $15,
                   next_job_at = $16, failures = $17, failing_since = $18, last_failure_at = $19, is_slow = $20, version = version + 1
             WHERE book_id = $1 AND id = $2 RETURNING *",
        )
        .await?;
    let old = changed.old_secret.as_ref();
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &changed.id.book.0,
                /* id */ &changed.id.object,
                /* url */ &changed.url,
                /* description */ &changed.description,
                /* kinds */ &changed.kinds,
                /* scopes */ &changed.scopes,
                /* state */ &changed.state.as_str(),
                /* reason */ &changed.reason.map_or("", |reason| reason.as_str()),
                /* state_since */ &changed.since,
                /* secret_key */ &changed.secret.key_version,
                /* secret */ &changed.secret.bytes,
                /* old_secret_key */ &old.map(|old| old.sealed.key_version),
                /* old_secret */ &old.map(|old| &old.sealed.bytes),
                /* old_ends_at */ &old.map(|old| old.ends_at),
                /* round */ &changed.round,
                /* next_job_at */ &changed.next_job_at,
                /* failures */ &changed.health.failures,
                /* failing_since */ &changed.health.failing_since,
                /* last_failure_at */ &changed.health.last_failure_at,
                /* is_slow */ &changed.health.is_slow,
            ],
        )
        .await?;
    endpoint(&row)
}

/// Deletes an endpoint: its secrets go, and nobody reads it any more.
pub async fn delete(tx: &Transaction<'_>, id: WebhookEndpointId, at: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::delete
            UPDATE webhook_endpoint SET state = 'deleted', reason = '', state_since = $3, secret_key = NULL, secret = NULL,
                   old_secret_key = NULL, old_secret = NULL, old_ends_at = NULL, next_job_at = NULL, version = version + 1
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* state_since */ &at]).await?;
    Ok(())
}

/// Counts one more ping, which is an event.
pub async fn ping(tx: &Transaction<'_>, id: WebhookEndpointId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::ping\nUPDATE webhook_endpoint SET pings = pings + 1 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    Ok(())
}

/// Says up to which event of the book was looked for an endpoint.
pub async fn update_cursor(tx: &Transaction<'_>, id: WebhookEndpointId, cursor: i64) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::update_cursor
            UPDATE webhook_endpoint SET cursor = $3 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* cursor */ &cursor]).await?;
    Ok(())
}

/// Says which job sends next, and when.
pub async fn update_job(
    tx: &Transaction<'_>,
    id: WebhookEndpointId,
    round: i64,
    next_at: Option<Timestamp>,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::update_job
            UPDATE webhook_endpoint SET round = $3, next_job_at = $4 WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0, /* id */ &id.object, /* round */ &round,
            /* next_job_at */ &next_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes how sending goes.
pub async fn update_health(tx: &Transaction<'_>, id: WebhookEndpointId, health: Health) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- endpoints::update_health
            UPDATE webhook_endpoint SET failures = $3, failing_since = $4, last_failure_at = $5, last_success_at = $6, is_slow = $7
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* id */ &id.object,
            /* failures */ &health.failures,
            /* failing_since */ &health.failing_since,
            /* last_failure_at */ &health.last_failure_at,
            /* last_success_at */ &health.last_success_at,
            /* is_slow */ &health.is_slow,
        ],
    )
    .await?;
    Ok(())
}

/// Endpoints with a secret that an older key than one has sealed, after one.
pub async fn list_older(
    client: &impl GenericClient,
    key_version: i32,
    after: (BookId, Uuid),
    limit: i64,
) -> Result<Vec<Endpoint>, Error> {
    let statement = client
        .prepare_cached(
            "-- endpoints::list_older
            SELECT * FROM webhook_endpoint
             WHERE (book_id, id) > ($2, $3) AND (secret_key < $1 OR old_secret_key < $1) ORDER BY book_id, id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* key */ &key_version,
                /* after_book */ &after.0.0,
                /* after */ &after.1,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(endpoint).collect()
}

/// Seals the secrets of an endpoint anew, unless they have changed meanwhile; says whether it did.
pub async fn reseal(
    client: &impl GenericClient,
    was: &Endpoint,
    secret: &SealedSigning,
    old: Option<&SealedSigning>,
) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- endpoints::reseal
            UPDATE webhook_endpoint SET secret_key = $4, secret = $5, old_secret_key = $6, old_secret = $7
             WHERE book_id = $1 AND id = $2 AND secret = $3",
        )
        .await?;
    let rows = client
        .execute(
            &statement,
            &[
                /* book_id */ &was.id.book.0,
                /* id */ &was.id.object,
                /* was */ &was.secret.bytes,
                /* secret_key */ &secret.key_version,
                /* secret */ &secret.bytes,
                /* old_secret_key */ &old.map(|old| old.key_version),
                /* old_secret */ &old.map(|old| &old.bytes),
            ],
        )
        .await?;
    Ok(rows == 1)
}
