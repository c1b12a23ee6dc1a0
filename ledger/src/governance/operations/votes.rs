//! Casting a vote.

use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::governance::rules::vote::Choice;
use crate::governance::store::{ballots, electors, proposals};
use crate::id::{PersonId, ProposalId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// What somebody has to do with a proposal as a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Own {
    /// Whether it is on the list of who may vote.
    pub is_elector: bool,
    /// What it voted last, and when, in book time.
    pub vote: Option<(Choice, Timestamp)>,
}

/// Votes on a proposal; again until its last day is over, when the last vote counts. Who voted what is shown to the member alone, so that
/// the record of what was done in the book says nothing of it.
///
/// # Errors
///
/// `vote-over`; `not-an-elector` for who was no member when it was opened; [`Error::NotFound`] for an unknown proposal.
pub async fn cast(
    tx: &Transaction<'_>,
    id: ProposalId,
    choice: Choice,
    by: PersonId,
    wall: Timestamp,
) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let proposal = proposals::lock(tx, id).await?;
    let now = book.now(wall).max(proposal.opened_at);
    proposal.check_open(now)?;
    let member = electors::of_person(tx, id, by).await?.ok_or_else(|| {
        let detail = "those who were members when it was opened vote on it";
        Refusal::new("not-an-elector", detail)
    })?;
    ballots::insert(tx, (id, member), choice, by, now).await
}

/// What a person has to do with a proposal.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn own(client: &impl GenericClient, id: ProposalId, person: PersonId) -> Result<Own, Error> {
    let Some(member) = electors::of_person(client, id, person).await? else { return Ok(Own::default()) };
    Ok(Own { is_elector: true, vote: ballots::last(client, id, member).await? })
}
