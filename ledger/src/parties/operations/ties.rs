//! Declaring a tie to a team.

use super::standing;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{OrganisationId, PersonId};
use crate::parties::rules::role::Role;
use crate::parties::rules::tie::Tie;
use crate::parties::store::{organisations, people, ties};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Declares that a person is too close to a team to decide on its claims. The person may, and an owner of the host.
///
/// # Errors
///
/// `tie-declared`; [`Error::Invalid`] at `/person` or `/organisation`; [`Error::Forbidden`] for the tie of somebody
/// else, unless `by` is an owner of the host; [`Error::NotFound`] when `by` is nothing to host or organisation.
pub async fn declare_tie(
    tx: &Transaction<'_>,
    book: &Book,
    person: PersonId,
    organisation: OrganisationId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Tie, Error> {
    let standing = standing::standing(tx, book, organisation, by).await?;
    if standing.is_stranger() {
        return Err(Error::NotFound("book"));
    }
    if person != by && !standing.is_host(&[Role::Owner]) {
        return Err(Error::Forbidden("a person declares ties of their own; an owner of the host those of others"));
    }
    if people::find(tx, person).await?.is_none() {
        return Err(Error::invalid("/person", "no such person"));
    }
    if organisations::find(tx, organisation).await?.is_none() {
        return Err(Error::invalid("/organisation", "no such organisation"));
    }
    let tie = Tie { book: book.id, person, organisation, reason, declared_by: by, declared_at: book.now(wall) };
    if !ties::insert_tie(tx, &tie).await? {
        return Err(Refusal::new("tie-declared", "this tie was declared before").into());
    }
    let actor = Actor::Person(by);
    activity::record(tx, book.id, Done::new(&organisation, "tie_declared", actor), tie.declared_at).await?;
    Ok(tie)
}
