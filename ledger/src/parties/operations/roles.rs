//! Word to a person that they have a role.

use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{BookId, ChallengeId, OrganisationId, PersonId};
use crate::parties::rules::role::Role;
use crate::parties::store::{organisations, people};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Has a person told of a role that was given just now; in a book where it is given there, whose mail stays in a sandbox.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn tell(
    tx: &Transaction<'_>,
    book: Option<&Book>,
    (organisation, person, role): (OrganisationId, PersonId, Role),
    challenge: Option<ChallengeId>,
    wall: Timestamp,
) -> Result<(), Error> {
    let of = challenge.map_or_else(|| organisation.to_string(), |challenge| challenge.to_string());
    let dedupe = format!("{of} {person} {role} {wall}");
    let job = Job::SendRoleNotice { organisation, person, role: role.to_string(), challenge };
    let (book, due_at) = book.map_or((BookId::INSTALLATION, wall), |book| (book.id, book.now(wall)));
    jobs::enqueue(tx, &NewJob { book, due_at, dedupe, job }).await?;
    Ok(())
}

/// The name of the organisation and the address of the person, while the person has the role and is not disabled; none else.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn notice(
    client: &impl GenericClient,
    organisation: OrganisationId,
    person: PersonId,
    role: &str,
) -> Result<Option<(String, String)>, Error> {
    let has = organisations::list_roles(client, organisation, person).await?;
    if !has.iter().any(|has| has.as_str() == role) {
        return Ok(None);
    }
    let found = people::find(client, person).await?.filter(|person| person.disabled_at.is_none());
    let name = organisations::find(client, organisation).await?.map(|organisation| organisation.name);
    Ok(name.zip(found.map(|person| person.email)))
}
