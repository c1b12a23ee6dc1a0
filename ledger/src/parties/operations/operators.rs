//! Who runs the installation: named and unnamed in transactions of the database's owner, as the service may not.

use super::sign_in::ensure_person;
use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId};
use crate::parties::rules::person::Person;
use crate::parties::rules::role::Email;
use crate::parties::store::people;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Makes the person with an address an operator.
///
/// # Errors
///
/// `person-disabled`.
pub async fn add(tx: &Transaction<'_>, email: &Email, wall: Timestamp) -> Result<PersonId, Error> {
    let person = ensure_person(tx, email, wall).await?;
    if person.disabled_at.is_some() {
        let detail = "this person is disabled: an operator has to enable them first";
        return Err(Refusal::new("person-disabled", detail).into());
    }
    if !person.is_operator {
        people::update_operator(tx, person.id, true).await?;
        record(tx, person.id, "operator_added", wall).await?;
    }
    Ok(person.id)
}

/// Those who run the installation, the oldest account first.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn list(tx: &Transaction<'_>) -> Result<Vec<Person>, Error> {
    people::lock_operators(tx).await
}

/// Makes an operator none; the person keeps the account and its roles. The last one stays unless it `is_forced`.
///
/// # Errors
///
/// `last-operator`; [`Error::NotFound`] when no operator has the address.
pub async fn remove(tx: &Transaction<'_>, email: &Email, is_forced: bool, wall: Timestamp) -> Result<PersonId, Error> {
    let all = people::lock_operators(tx).await?;
    let found = all.iter().find(|person| person.email == email.as_str()).ok_or(Error::NotFound("operator"))?;
    if all.len() == 1 && !is_forced {
        return Err(Refusal::new("last-operator", "nobody else runs the installation: add somebody first").into());
    }
    people::update_operator(tx, found.id, false).await?;
    record(tx, found.id, "operator_removed", wall).await?;
    Ok(found.id)
}

async fn record(tx: &Transaction<'_>, person: PersonId, action: &str, wall: Timestamp) -> Result<(), Error> {
    activity::record(tx, BookId::INSTALLATION, Done::new(&person, action, Actor::Service), wall).await
}
