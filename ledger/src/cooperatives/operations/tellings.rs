//! What members of a cooperative are told: that they may object to a distribution, what came of it, and that hours wait for one of them;
//! and what those who decide are told: that a member objects.

use crate::cooperatives::rules::distribution::{Distribution, DistributionState};
use crate::cooperatives::store::{distributions, hours, members};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{BookId, DistributionId};
use crate::parties::rules::role::Role;
use crate::parties::store::{organisations, people};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// How many members are told at once.
const PAGE: i64 = 50;

/// Asks the worker to tell the members that they may object.
pub(super) async fn distribution(tx: &Transaction<'_>, opened: &Distribution, now: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{} 0", opened.id);
    enqueue(tx, opened.id.book, (Some(opened.id), 0), dedupe, now).await
}

/// Asks the worker to tell of an objection: those who decide, that there is one; those who objected, that it was answered or has held.
pub(super) async fn objection(
    tx: &Transaction<'_>,
    saved: &Distribution,
    answer: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let is_told = match saved.state {
        DistributionState::Objected { .. } => true,
        DistributionState::Approved { .. } | DistributionState::Withdrawn { .. } => {
            !distributions::objections(tx, saved.id).await?.is_empty()
        }
        DistributionState::Draft { .. }
        | DistributionState::Objection { .. }
        | DistributionState::Posted(_)
        | DistributionState::Paid(_)
        | DistributionState::StatementsIssued(_)
        | DistributionState::Reversing { .. }
        | DistributionState::Reversed { .. } => false,
    };
    if is_told {
        let (distribution, dedupe) = (saved.id, format!("{} {}", saved.id, saved.version));
        let (state, answer) = (saved.state.as_str().to_owned(), answer.to_owned());
        let job = Job::SendObjectionNotice { distribution, state, answer };
        jobs::enqueue(tx, &NewJob { book: saved.id.book, due_at: now, dedupe, job }).await?;
    }
    Ok(())
}

/// What the mails about an objection need.
#[derive(Debug, Clone)]
pub struct ObjectionNotice {
    /// The book of the cooperative.
    pub book: Book,
    /// The distribution.
    pub distribution: Distribution,
    /// Until when somebody has to decide; none where they have.
    pub until: Option<Timestamp>,
    /// Addresses, each once.
    pub recipients: Vec<String>,
}

/// The facts of the mails about an objection; none when the distribution has not that state any more. What was approved may be in the
/// book by now.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown distribution.
pub async fn objection_notice(
    client: &impl GenericClient,
    id: DistributionId,
    state: &str,
) -> Result<Option<ObjectionNotice>, Error> {
    let book = books::get(client, id.book).await?;
    let distribution = distributions::get(client, id).await?;
    let (word, until) = match distribution.state {
        DistributionState::Objected { answer_until, .. } => ("objected", Some(answer_until)),
        DistributionState::Approved { .. }
        | DistributionState::Posted(_)
        | DistributionState::Paid(_)
        | DistributionState::StatementsIssued(_) => ("approved", None),
        DistributionState::Withdrawn { .. } => ("withdrawn", None),
        DistributionState::Draft { .. }
        | DistributionState::Objection { .. }
        | DistributionState::Reversing { .. }
        | DistributionState::Reversed { .. } => {
            return Ok(None);
        }
    };
    if word != state {
        return Ok(None);
    }
    let mut told = BTreeSet::new();
    if until.is_some() {
        for role in [Role::Owner, Role::Treasurer, Role::Approver] {
            told.extend(organisations::list_emails_with(client, book.organisation, role).await?);
        }
    } else {
        for objection in distributions::objections(client, id).await? {
            let person = people::find(client, objection.raised_by).await?;
            told.extend(person.filter(|person| person.disabled_at.is_none()).map(|person| person.email));
        }
    }
    Ok(Some(ObjectionNotice { book, distribution, until, recipients: told.into_iter().collect() }))
}

/// Asks the worker to tell the members that hours wait for one of them: once a day of the book, however many are written down.
pub(super) async fn hours(tx: &Transaction<'_>, book: &Book, wall: Timestamp) -> Result<(), Error> {
    enqueue(tx, book.id, (None, 0), format!("hours {} 0", book.today(wall)), book.now(wall)).await
}

async fn enqueue(
    tx: &Transaction<'_>,
    book: BookId,
    (distribution, after): (Option<DistributionId>, i32),
    dedupe: String,
    due_at: Timestamp,
) -> Result<(), Error> {
    let job = Job::TellMembers { distribution, after };
    jobs::enqueue(tx, &NewJob { book, due_at, dedupe, job }).await?;
    Ok(())
}

/// What the mails to a page of members need.
#[derive(Debug, Clone)]
pub struct Page {
    /// The book of the cooperative.
    pub book: Book,
    /// The distribution, with the moment until which it may be objected to; none where hours wait.
    pub open: Option<(Distribution, Timestamp)>,
    /// Addresses of the members.
    pub recipients: Vec<String>,
    /// The member after whom the next page begins; none after the last one.
    pub next: Option<i32>,
}

/// The facts of the mails to a page of present members; none when it is no longer so: nothing may be objected to, no hours wait.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown distribution.
pub async fn page(
    client: &impl GenericClient,
    book: BookId,
    distribution: Option<DistributionId>,
    after: i32,
    wall: Timestamp,
) -> Result<Option<Page>, Error> {
    let book = books::get(client, book).await?;
    let open = match distribution {
        Some(id) => {
            let found = distributions::get(client, id).await?;
            let DistributionState::Objection { until } = found.state else { return Ok(None) };
            Some((found, until))
        }
        None if hours::any_waits(client, book.id).await? => None,
        None => return Ok(None),
    };
    let (recipients, next) = members::addresses(client, book.id, (book.today(wall), after), PAGE).await?;
    Ok(Some(Page { book, open, recipients, next }))
}

/// A page is told: the next one is another job.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn turn(
    tx: &Transaction<'_>,
    book: &Book,
    distribution: Option<DistributionId>,
    next: Option<i32>,
    wall: Timestamp,
) -> Result<(), Error> {
    let Some(next) = next else { return Ok(()) };
    let of = distribution.map_or_else(|| format!("hours {}", book.today(wall)), |id| id.to_string());
    enqueue(tx, book.id, (distribution, next), format!("{of} {next}"), book.now(wall)).await
}
