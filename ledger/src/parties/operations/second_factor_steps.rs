//! What the steps of a second factor, and of its reset, share: the lock, the record, the mail.

use crate::error::Error;
use crate::id::{BookId, PersonId};
use crate::parties::rules::second_factor::{self as rules, SecondFactor};
use crate::parties::store::{people, second_factors};
use crate::service::job::{FactorNews, Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Locks a person with a factor that counts.
pub(super) async fn lock_active(tx: &Transaction<'_>, person: PersonId) -> Result<SecondFactor, Error> {
    people::lock(tx, person).await?.ok_or(Error::NotFound("person"))?;
    let found = second_factors::lock(tx, person).await?;
    Ok(found.filter(|it| it.active_at.is_some()).ok_or_else(rules::none)?)
}

/// Writes down who did what to the factor of a person, and why.
pub(super) async fn record(
    tx: &Transaction<'_>,
    person: PersonId,
    (action, actor): (&str, Actor),
    reason: &str,
    wall: Timestamp,
) -> Result<(), Error> {
    activity::record(tx, BookId::INSTALLATION, Done::new(&person, action, actor).because(reason), wall).await
}

/// Has a mail sent to a person about their factor.
pub(super) async fn tell(
    tx: &Transaction<'_>,
    person: PersonId,
    news: FactorNews,
    wall: Timestamp,
) -> Result<(), Error> {
    let job = Job::SendSecondFactorNotice { person, news, at: wall };
    let dedupe = format!("{person} {news} {wall}");
    jobs::enqueue(tx, &NewJob { book: BookId::INSTALLATION, due_at: wall, dedupe, job }).await?;
    Ok(())
}
