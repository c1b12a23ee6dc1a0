//! Who did what, when and why: one row for every change of state in a book, written with it.

use crate::book::Companion;
use crate::calendar::to_microseconds;
use crate::error::Error;
use crate::id::{BookId, DonorId, OrganisationId, PersonId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person who signed in.
    Person(PersonId),
    /// A partner platform, by its credentials.
    Partner(OrganisationId),
    /// A donor, by a link without an account.
    Donor(DonorId),
    /// The service itself: a clock ran out, a provider answered.
    Service,
}

impl Actor {
    /// Its kind, as the rows say it.
    pub fn kind(&self) -> &'static str {
        match self {
            Actor::Person(_) => "person",
            Actor::Partner(_) => "partner",
            Actor::Donor(_) => "donor",
            Actor::Service => "service",
        }
    }

    /// Reads its kind and number. An audit trail never guesses: a kind that is none of ours is an error.
    fn from_columns(kind: &str, book: BookId, actor: Uuid) -> Result<Actor, Error> {
        match kind {
            "person" => Ok(Actor::Person(PersonId(actor))),
            "partner" => Ok(Actor::Partner(OrganisationId(actor))),
            "donor" => Ok(Actor::Donor(DonorId::new(book, actor))),
            "service" => Ok(Actor::Service),
            _ => Err(Error::inconsistent(format!("the list of who did what names a `{kind}`"))),
        }
    }

    fn uuid(&self) -> Uuid {
        match self {
            Actor::Person(person) => person.0,
            Actor::Partner(organisation) => organisation.0,
            Actor::Donor(donor) => donor.object,
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

fn activity(book: BookId, row: &Row) -> Result<Activity, Error> {
    let (kind, actor): (&str, Uuid) = (row.get("actor_kind"), row.get("actor"));
    Ok(Activity {
        id: row.get("id"),
        object: row.get("object"),
        action: row.get("action"),
        actor: Actor::from_columns(kind, book, actor)?,
        reason: row.get("reason"),
        at: row.get("at"),
    })
}

/// Something that was done: to what, by whom, and why.
#[derive(Clone, Copy)]
pub struct Done<'a> {
    object: &'a (dyn fmt::Display + Sync),
    action: &'a str,
    actor: Actor,
    reason: &'a str,
}

impl<'a> Done<'a> {
    /// Something that needs no reason. The object is an outside id, or names what has none, such as `entry 7`.
    pub fn new(object: &'a (dyn fmt::Display + Sync), action: &'a str, actor: Actor) -> Done<'a> {
        Done { object, action, actor, reason: "" }
    }

    /// The same with a reason, which holds no personal data and may be empty.
    pub fn because(self, reason: &'a str) -> Done<'a> {
        Done { reason, ..self }
    }
}

/// Writes down what was done, in its transaction; `at` is book time.
pub async fn record(tx: &Transaction<'_>, book: BookId, done: Done<'_>, at: Timestamp) -> Result<(), Error> {
    let statement = tx.prepare_cached("-- activity::record\nSELECT activities_insert($1, $2)").await?;
    tx.execute(&statement, &[/* book_id */ &book.0, /* rows */ &Json([columns(done, at)])]).await?;
    Ok(())
}

/// The row of what was done, to be written with the entries of a lane; `at` is book time.
pub fn row(done: Done<'_>, at: Timestamp) -> Companion {
    Companion::new("activity", &columns(done, at))
}

/// What the columns of something done hold, but for its book.
fn columns(done: Done<'_>, at: Timestamp) -> Value {
    json!({
        "id": Uuid::now_v7(),
        "object": done.object.to_string(),
        "action": done.action,
        "actor_kind": done.actor.kind(),
        "actor": done.actor.uuid(),
        "reason": done.reason,
        "at": to_microseconds(at),
    })
}

/// When something was last done to an object, in book time; none when it never was.
pub async fn last(
    client: &impl GenericClient,
    book: BookId,
    object: &str,
    action: &str,
) -> Result<Option<Timestamp>, Error> {
    let statement = client
        .prepare_cached(
            "-- activity::last
            SELECT max(at) FROM activity WHERE book_id = $1 AND object = $2 AND action = $3",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &book.0, /* object */ &object, /* action */ &action]).await?;
    Ok(row.get(0))
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
    rows.iter().map(|row| activity(book, row)).collect()
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
    rows.iter().map(|row| activity(book, row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_back_and_one_of_an_unknown_kind_is_nobody() {
        let book = BookId(3);
        let donor = Actor::Donor(DonorId::generate(book));
        let partner = Actor::Partner(OrganisationId::generate());
        for actor in [Actor::Person(PersonId::generate()), partner, donor, Actor::Service] {
            assert_eq!(Actor::from_columns(actor.kind(), book, actor.uuid()).expect("one of ours"), actor);
        }
        for kind in ["", "operator", "Service"] {
            assert!(matches!(Actor::from_columns(kind, book, Uuid::nil()), Err(Error::Inconsistent(_))), "{kind}");
        }
    }
}
