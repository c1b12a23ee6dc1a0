//! What is done to a person's access: ending all sessions, and keeping somebody out.

use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId};
use crate::parties::rules::language::Language;
use crate::parties::rules::person::Person;
use crate::parties::store::{people, sessions};
use crate::service::change::check_line;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Ends all sessions of a person, who may sign in again; answers how many there were.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn sign_out_everywhere(tx: &Transaction<'_>, person: PersonId, wall: Timestamp) -> Result<u64, Error> {
    sessions::update_all_ended(tx, person, wall).await
}

/// What a person changes of themselves; what is none stays.
#[derive(Debug, Default)]
pub struct ChangeMe<'a> {
    /// How they are called, for other people who read it; empty for no name.
    pub name: Option<&'a str>,
    /// In which language pages are for them; none in it: as each browser asks.
    pub language: Option<Option<Language>>,
}

/// A person says how they are called, and in which language they read pages.
///
/// # Errors
///
/// [`Error::Invalid`] at `/name`; [`Error::Stale`] when it was changed meanwhile; [`Error::NotFound`].
pub async fn change(tx: &Transaction<'_>, id: PersonId, version: i64, change: ChangeMe<'_>) -> Result<Person, Error> {
    if let Some(name) = change.name {
        check_line("/name", name, text::NAME_OR_NONE)?;
    }
    let mut person = people::lock(tx, id).await?.ok_or(Error::NotFound("person"))?;
    if person.version != version {
        return Err(Error::Stale("person"));
    }
    if let Some(name) = change.name {
        name.clone_into(&mut person.name);
    }
    if let Some(language) = change.language {
        person.language = language;
    }
    people::update(tx, &person).await
}

/// A person chose the language of a page: it is theirs wherever they sign in. One who reads it already changes nothing.
///
/// # Errors
///
/// [`Error::NotFound`].
pub async fn choose_language(tx: &Transaction<'_>, id: PersonId, language: Language) -> Result<(), Error> {
    let person = people::lock(tx, id).await?.ok_or(Error::NotFound("person"))?;
    if person.language != Some(language) {
        people::update(tx, &Person { language: Some(language), ..person }).await?;
    }
    Ok(())
}

/// Keeps a person out: all sessions end, and nobody signs in as the person any more. Roles stay in the record, for nobody to
/// use. One who is disabled already stays as they are.
///
/// # Errors
///
/// `person-is-operator`: who runs the installation is named and unnamed by the owner of the database;
/// [`Error::NotFound`].
pub async fn disable(
    tx: &Transaction<'_>,
    id: PersonId,
    by: PersonId,
    reason: &str,
    wall: Timestamp,
) -> Result<Person, Error> {
    let person = people::lock(tx, id).await?.ok_or(Error::NotFound("person"))?;
    if person.is_operator {
        let detail = "an operator cannot be disabled: first `commonpurse operator remove` has to make them none";
        return Err(Refusal::new("person-is-operator", detail).into());
    }
    if person.disabled_at.is_some() {
        return Ok(person);
    }
    sessions::update_all_ended(tx, id, wall).await?;
    let disabled = people::update_disabled(tx, id, Some(wall)).await?;
    record(tx, id, "disabled", by, reason, wall).await?;
    Ok(disabled)
}

/// Lets a person sign in again, with the roles that they had. One who is not disabled stays as they are.
///
/// # Errors
///
/// [`Error::NotFound`].
pub async fn enable(
    tx: &Transaction<'_>,
    id: PersonId,
    by: PersonId,
    reason: &str,
    wall: Timestamp,
) -> Result<Person, Error> {
    let person = people::lock(tx, id).await?.ok_or(Error::NotFound("person"))?;
    if person.disabled_at.is_none() {
        return Ok(person);
    }
    let enabled = people::update_disabled(tx, id, None).await?;
    record(tx, id, "enabled", by, reason, wall).await?;
    Ok(enabled)
}

async fn record(
    tx: &Transaction<'_>,
    person: PersonId,
    action: &str,
    by: PersonId,
    reason: &str,
    wall: Timestamp,
) -> Result<(), Error> {
    let done = Done::new(&person, action, Actor::Person(by)).because(reason);
    activity::record(tx, BookId::INSTALLATION, done, wall).await
}
