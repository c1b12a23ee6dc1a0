//! Members' statements: issued once a distribution is in the book, mailed one by one.

use super::distributions as operations;
use crate::cooperatives::rules::distribution::{Distribution, DistributionState};
use crate::cooperatives::rules::statement::{NewStatement, Statement};
use crate::cooperatives::store::{distributions, members, statements};
use crate::engine::store::books;
use crate::error::Error;
use crate::id::{DistributionId, StatementId};
use crate::parties::store::people;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::Actor;
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::HashMap;

/// So many members get their statements in one transaction.
const AT_ONCE: usize = 1_000;

/// Gives the next members of a posted distribution, by number after `after`, their statements, and sees to their mails; a job goes on until all
/// have one. Done twice, it is done once.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown distribution.
pub async fn issue(
    tx: &Transaction<'_>,
    id: DistributionId,
    after: i32,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let (book, distribution) = operations::lock(tx, id).await?;
    match distribution.state {
        DistributionState::Posted(_) | DistributionState::Paid(_) => {}
        DistributionState::StatementsIssued(_)
        | DistributionState::Reversing { .. }
        | DistributionState::Reversed { .. }
        | DistributionState::Withdrawn { .. }
        | DistributionState::Draft { .. }
        | DistributionState::Objection { .. }
        | DistributionState::Objected { .. }
        | DistributionState::Approved { .. } => return Ok(distribution),
    }
    let now = book.now(wall);
    let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let page = distributions::shares(tx, id, None, after, limit).await?;
    let numbers: Vec<i32> = page.iter().map(|part| part.number).collect();
    let agreed: HashMap<_, _> =
        members::of_numbers(tx, book.id, &numbers).await?.into_iter().map(|it| (it.id, it.consents)).collect();
    let mut new = Vec::new();
    for part in page {
        new.push(NewStatement {
            id: StatementId::generate(book.id),
            distribution: id,
            member: part.member,
            patronage: part.by,
            hours: part.hours,
            counted: part.counted,
            cash: part.cash,
            interest: part.interest,
            capital: part.capital,
            retained: part.retained,
            netted: part.netted,
            loss: part.loss,
            stands: part.stands,
            consents: agreed.get(&part.member).copied().ok_or(Error::NotFound("member"))?,
            issued_at: now,
            group: part.group,
            indexed: part.indexed,
            valued: part.valued,
        });
    }
    let mails = statements::insert_all(tx, id, &new).await?.into_iter().map(|statement| NewJob {
        book: book.id,
        due_at: now,
        dedupe: statement.to_string(),
        job: Job::SendStatement { statement },
    });
    jobs::enqueue_all(tx, book.id, &mails.collect::<Vec<_>>()).await?;
    if let Some(last) = numbers.last()
        && numbers.len() == AT_ONCE
    {
        let (dedupe, job) = (format!("{id} after {last}"), Job::IssueStatements { distribution: id, after: *last });
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe, job }).await?;
        return Ok(distribution);
    }
    let issued = distribution.statements_issued()?;
    operations::save(tx, issued, "statements_issued", Actor::Service, "", now).await
}

/// What the mail of a statement says, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementMail {
    /// The statement.
    pub statement: Statement,
    /// Address of the member.
    pub email: String,
    /// Name of the member; may be empty.
    pub name: String,
    /// Name of the cooperative's book.
    pub cooperative: String,
    /// The day on which it was issued, in the book's zone.
    pub issued_on: jiff::civil::Date,
}

/// Reads what the mail of a statement says.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown statement.
pub async fn mail(client: &impl GenericClient, id: StatementId) -> Result<StatementMail, Error> {
    let statement = statements::get(client, id).await?;
    let book = books::get(client, id.book).await?;
    let member = members::get(client, statement.issued.member).await?;
    let person = people::find(client, member.person).await?.ok_or(Error::NotFound("person"))?;
    Ok(StatementMail {
        issued_on: book.day_of(statement.issued.issued_at),
        statement,
        email: person.email,
        name: person.name,
        cooperative: book.name,
    })
}
