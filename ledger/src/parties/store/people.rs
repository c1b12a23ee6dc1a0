//! Persons.

use crate::error::Error;
use crate::id::{CallerId, PersonId};
use crate::parties::rules::language::Language;
use crate::parties::rules::person::Person;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

fn person(row: &Row) -> Person {
    Person {
        id: PersonId(row.get("id")),
        caller: CallerId(row.get("caller")),
        email: row.get("email"),
        name: row.get("name"),
        is_operator: row.get("is_operator"),
        created_at: row.get("created_at"),
        disabled_at: row.get("disabled_at"),
        language: row.get::<_, Option<&str>>("language").and_then(Language::of),
        version: row.get("version"),
    }
}

/// The person with an id.
pub async fn find(client: &impl GenericClient, id: PersonId) -> Result<Option<Person>, Error> {
    let statement = client
        .prepare_cached(
            "-- people::find
            SELECT id, caller, email, name, is_operator, created_at, disabled_at, language, version FROM person WHERE id = $1",
        )
        .await?;
    Ok(client.query_opt(&statement, &[/* id */ &id.0]).await?.as_ref().map(person))
}

/// All persons, the oldest first, after an id.
pub async fn list(client: &impl GenericClient, after: Uuid, limit: i64) -> Result<Vec<Person>, Error> {
    let statement = client
        .prepare_cached(
            "-- people::list
            SELECT id, caller, email, name, is_operator, created_at, disabled_at, language, version FROM person
             WHERE id > $1 ORDER BY id LIMIT $2",
        )
        .await?;
    Ok(client.query(&statement, &[/* after */ &after, /* limit */ &limit]).await?.iter().map(person).collect())
}

/// Locks the person until the transaction ends: who signs in, and who is disabled, wait for each other.
pub async fn lock(tx: &Transaction<'_>, id: PersonId) -> Result<Option<Person>, Error> {
    let statement = tx
        .prepare_cached(
            "-- people::lock
            SELECT id, caller, email, name, is_operator, created_at, disabled_at, language, version FROM person WHERE id = $1 FOR UPDATE",
        )
        .await?;
    Ok(tx.query_opt(&statement, &[/* id */ &id.0]).await?.as_ref().map(person))
}

/// Says since when a person cannot sign in; none: the person can.
pub async fn update_disabled(
    tx: &Transaction<'_>,
    id: PersonId,
    disabled_at: Option<Timestamp>,
) -> Result<Person, Error> {
    let statement = tx
        .prepare_cached(
            "-- people::update_disabled
            UPDATE person SET disabled_at = $2 WHERE id = $1
            RETURNING *",
        )
        .await?;
    Ok(person(&tx.query_one(&statement, &[/* id */ &id.0, /* disabled_at */ &disabled_at]).await?))
}

/// Of these addresses those of persons who chose a language, with it.
pub async fn languages_of(client: &impl GenericClient, addresses: &[String]) -> Result<Vec<(String, Language)>, Error> {
    let statement = client
        .prepare_cached(
            "-- people::languages_of
            SELECT email, language FROM person WHERE email = ANY ($1) AND language IS NOT NULL",
        )
        .await?;
    let rows = client.query(&statement, &[/* email */ &addresses]).await?;
    Ok(rows.iter().filter_map(|row| Some((row.get("email"), Language::of(row.get("language"))?))).collect())
}

/// Writes how a person is called and in which language pages are for them; their version rises.
pub async fn update(tx: &Transaction<'_>, person: &Person) -> Result<Person, Error> {
    let statement = tx
        .prepare_cached(
            "-- people::update
            UPDATE person SET name = $2, language = $3, version = version + 1 WHERE id = $1
            RETURNING *",
        )
        .await?;
    let language = person.language.map(Language::tag);
    let row =
        tx.query_one(&statement, &[/* id */ &person.id.0, /* name */ &person.name, /* language */ &language]).await?;
    Ok(self::person(&row))
}

/// The person with an address, which is given in lower case.
pub async fn find_by_email(client: &impl GenericClient, email: &str) -> Result<Option<Person>, Error> {
    let statement = client
        .prepare_cached(
            "-- people::find_by_email
            SELECT id, caller, email, name, is_operator, created_at, disabled_at, language, version FROM person WHERE email = $1",
        )
        .await?;
    Ok(client.query_opt(&statement, &[/* email */ &email]).await?.as_ref().map(person))
}

/// Addresses of those who run the installation.
pub async fn operators(client: &impl GenericClient) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached("-- people::operators\nSELECT email FROM person WHERE is_operator ORDER BY email LIMIT 100")
        .await?;
    Ok(client.query(&statement, &[]).await?.iter().map(|row| row.get("email")).collect())
}

/// Draws the next caller number: for a person or an organisation.
pub async fn next_caller(tx: &Transaction<'_>) -> Result<CallerId, Error> {
    let statement = tx
        .prepare_cached(
            "-- people::next_caller
            SELECT counter_next('caller') AS caller",
        )
        .await?;
    Ok(CallerId(tx.query_one(&statement, &[]).await?.get("caller")))
}

/// A new person, who is no operator. `false` when somebody made the same address a moment ago.
pub async fn insert(tx: &Transaction<'_>, person: &Person) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- people::insert
            INSERT INTO person (id, caller, email, name, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (email) DO NOTHING",
        )
        .await?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* id */ &person.id.0,
                /* caller */ &person.caller.0,
                /* email */ &person.email,
                /* name */ &person.name,
                /* created_at */ &person.created_at,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Locks those who run the installation, the oldest first. Only the owner of the database may.
pub async fn lock_operators(tx: &Transaction<'_>) -> Result<Vec<Person>, Error> {
    let statement = tx
        .prepare_cached(
            "-- people::lock_operators
            SELECT id, caller, email, name, is_operator, created_at, disabled_at, language, version FROM person
             WHERE is_operator ORDER BY id FOR UPDATE",
        )
        .await?;
    Ok(tx.query(&statement, &[]).await?.iter().map(person).collect())
}

/// Makes a person an operator of the installation, or none. Only the owner of the database may.
pub async fn update_operator(tx: &Transaction<'_>, id: PersonId, is_operator: bool) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- people::update_operator
            UPDATE person SET is_operator = $2 WHERE id = $1",
        )
        .await?;
    tx.execute(&statement, &[/* id */ &id.0, /* is_operator */ &is_operator]).await?;
    Ok(())
}
