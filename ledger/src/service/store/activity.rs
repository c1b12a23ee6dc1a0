//! Who did what, when and why: one row for every change of state in a book, written with it.

use crate::book::Companion;
use crate::error::Error;
use crate::id::{BookId, OrganisationId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person who signed in.
    Person(PersonId),
    /// A partner platform, by its credentials.
    Partner(OrganisationId),
    /// The service itself: a clock ran out, a provider answered.
    Service,
}

impl Actor {
    /// Its kind, as the rows say it.
    pub fn kind(&self) -> &'static str {
        match self {
            Actor::Person(_) => "person",
            Actor::Partner(_) => "partner",
            Actor::Service => "service",
        }
    }

    fn uuid(&self) -> Uuid {
        match self {
            Actor::Person(person) => person.0,
            Actor::Partner(organisation) => organisation.0,
            Actor::Service => Uuid::nil(),
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// `UUIDv7`, the order of the list.
    pub id: Uuid,
    /// Outside id of what changed.
    pub object: String,
    /// What was done: `published`, `paused`.
    pub action: String,
    /// Who did it.
    pub actor: Actor,
    /// Why, in their words; may be empty.
    pub reason: String,
    /// When it was done, in book time.
    pub at: Timestamp,
}

fn activity(row: &Row) -> Activity {
    let uuid = row.get("actor");
    Activity {
        id: row.get("id"),
        object: row.get("object"),
        action: row.get("action"),
        actor: match row.get("actor_kind") {
            "person" => Actor::Person(PersonId(uuid)),
            "partner" => Actor::Partner(OrganisationId(uuid)),
            _ => Actor::Service,
        },
        reason: row.get("reason"),
        at: row.get("at"),
    }
}

/// Writes down a change, in its transaction. `at` is book time; `reason` holds no personal data.
pub async fn record(
    tx: &Transaction<'_>,
    book: BookId,
    object: &str,
    action: &str,
    actor: Actor,
    reason: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- activity::record
            INSERT INTO activity (book_id, id, object, action, actor_kind, actor, reason, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &book.0,
            /* id */ &Uuid::now_v7(),
            /* object */ &object,
            /* action */ &action,
            /* actor_kind */ &actor.kind(),
            /* actor */ &actor.uuid(),
            /* reason */ &reason,
            /* at */ &at,
        ],
    )
    .await?;
    Ok(())
}

/// The row of what happened, to be written with the entries of a lane.
pub fn row(object: &str, action: &str, actor: Actor, reason: &str, at: Timestamp) -> Companion {
    let row = json!({
        "id": Uuid::now_v7(),
        "object": object,
        "action": action,
        "actor_kind": actor.kind(),
        "actor": actor.uuid(),
        "reason": reason,
        "at": at,
    });
    Companion::new("activity", row)
}

/// What happened in a book, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Activity>, Error> {
    let statement = client
        .prepare_cached(
            "-- activity::list
            SELECT id, object, action, actor_kind, actor, reason, at FROM activity
             WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    Ok(rows.iter().map(activity).collect())
}

/// What happened to one object, the oldest first, after an id.
pub async fn list_of_object(
    client: &impl GenericClient,
    book: BookId,
    object: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Activity>, Error> {
    let statement = client
        .prepare_cached(
            "-- activity::list_of_object
            SELECT id, object, action, actor_kind, actor, reason, at FROM activity
             WHERE book_id = $1 AND object = $2 AND id > $3 ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* object */ &object, /* after */ &after, /* limit */ &limit])
        .await?;
    Ok(rows.iter().map(activity).collect())
}
