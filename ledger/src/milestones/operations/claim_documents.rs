//! Documents beside claims: put there by the team or the host, as links with their digests, and shown to nobody else.

use crate::document::{Document, NewDocument, Put};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{ClaimId, OrganisationId, PersonId};
use crate::milestones::store::{claim_documents, claims};
use crate::parties::operations::standing::standing;
use crate::parties::rules::role::Role;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// The roles in the host that put documents beside claims.
const WRITERS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Approver, Role::Reviewer];

/// Those that read them.
const READERS: &[Role] = &[Role::Owner, Role::Treasurer, Role::Approver, Role::Reviewer, Role::Auditor];

/// Puts a document beside a claim, in whatever state it is. The same bytes twice are one document.
///
/// # Errors
///
/// `too-many-documents`; [`Error::Invalid`] at `/title` or `/url`; [`Error::Forbidden`] for whoever is neither of the team nor of the
/// host's owners, treasurers, approvers and reviewers; [`Error::NotFound`] for an unknown claim, and for whoever is nothing to either.
pub async fn add(
    tx: &Transaction<'_>,
    new: NewDocument<ClaimId>,
    by: PersonId,
    wall: Timestamp,
) -> Result<Document<ClaimId>, Error> {
    let book = books::find(tx, new.of.book).await?.ok_or(Error::NotFound("claim"))?;
    let claim = claims::lock(tx, new.of).await?;
    let standing = standing(tx, &book, claim.team, by).await?;
    if standing.is_stranger() {
        return Err(Error::NotFound("claim"));
    }
    if !standing.is_team() && !standing.is_host(WRITERS) {
        return Err(Error::Forbidden("the claim's team puts documents beside it, and the host"));
    }
    let now = book.now(wall);
    let known = claim_documents::list(tx, claim.id).await?;
    let document = match new.put(&known, by, now)? {
        Put::Known(same) => return Ok(same),
        Put::New(document) => document,
    };
    claim_documents::insert(tx, &document).await?;
    activity::record(tx, book.id, Done::new(&claim.id, "document_added", Actor::Person(by)), now).await?;
    Ok(document)
}

/// The documents of a claim, for its team, the people of the host who work on claims, and operators.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown claim, and for whoever does not read them.
pub async fn list(
    client: &impl GenericClient,
    book: &Book,
    id: ClaimId,
    team: OrganisationId,
    by: PersonId,
) -> Result<Vec<Document<ClaimId>>, Error> {
    let standing = standing(client, book, team, by).await?;
    if !standing.is_team() && !standing.is_host(READERS) && !standing.operator {
        return Err(Error::NotFound("claim"));
    }
    claim_documents::list(client, id).await
}
