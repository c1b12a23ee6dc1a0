//! What those who may vote are told: that there is something to vote on, and what came of it.

use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::governance::rules::proposal::{Proposal, ProposalState};
use crate::governance::store::{electors, proposals};
use crate::id::ProposalId;
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// How many are told at once.
const PAGE: i64 = 50;

/// Asks the worker to tell those who may vote how a proposal stands.
pub(super) async fn proposal(tx: &Transaction<'_>, told: &Proposal, now: Timestamp) -> Result<(), Error> {
    enqueue(tx, told.id, told.state(), 0, now).await
}

async fn enqueue(
    tx: &Transaction<'_>,
    proposal: ProposalId,
    state: ProposalState,
    after: i32,
    due_at: Timestamp,
) -> Result<(), Error> {
    let dedupe = format!("{proposal} {state} {after}");
    let job = Job::TellElectors { proposal, state: state.to_string(), after };
    jobs::enqueue(tx, &NewJob { book: proposal.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// What the mails to a page of electors need.
#[derive(Debug, Clone)]
pub struct Page {
    /// The book of the cooperative.
    pub book: Book,
    /// The proposal.
    pub proposal: Proposal,
    /// Addresses.
    pub recipients: Vec<String>,
    /// The member after whom the next page begins; none after the last one.
    pub next: Option<i32>,
}

/// The facts of the mails to a page of those who may vote; none when the proposal has not that state any more, or nobody can vote any more.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown proposal.
pub async fn page(
    client: &impl GenericClient,
    id: ProposalId,
    (state, after): (ProposalState, i32),
    wall: Timestamp,
) -> Result<Option<Page>, Error> {
    let book = books::get(client, id.book).await?;
    let proposal = proposals::get(client, id).await?;
    let is_over = state == ProposalState::Open && proposal.closes_at <= book.now(wall);
    if proposal.state() != state || is_over {
        return Ok(None);
    }
    let (recipients, next) = electors::addresses(client, id, after, PAGE).await?;
    Ok(Some(Page { book, proposal, recipients, next }))
}

/// A page is told: the next one is another job.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn turn(
    tx: &Transaction<'_>,
    (book, id): (&Book, ProposalId),
    state: ProposalState,
    next: Option<i32>,
    wall: Timestamp,
) -> Result<(), Error> {
    match next {
        Some(next) => enqueue(tx, id, state, next, book.now(wall)).await,
        None => Ok(()),
    }
}
