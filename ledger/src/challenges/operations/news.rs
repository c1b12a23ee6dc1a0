//! What teams in a challenge are told: that its rules changed, that they have more time, that it is given up.

use crate::challenges::rules::challenge::Challenge;
use crate::challenges::store::{challenges, news};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{ChallengeId, EntrantId};
use crate::service::job::{ChallengeNews, Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use uuid::Uuid;

/// How many entries are told at once.
const PAGE: i64 = 50;

/// Asks the worker to tell the teams.
pub(super) async fn tell(
    tx: &Transaction<'_>,
    challenge: &Challenge,
    news: ChallengeNews,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    enqueue(tx, (challenge.id, challenge.version), (news, reason), None, now).await
}

async fn enqueue(
    tx: &Transaction<'_>,
    (challenge, version): (ChallengeId, i64),
    (news, reason): (ChallengeNews, &str),
    after: Option<EntrantId>,
    due_at: Timestamp,
) -> Result<(), Error> {
    let page = after.map(|after| after.to_string()).unwrap_or_default();
    let dedupe = format!("{challenge} {version} {} {page}", news.as_str());
    let job = Job::TellEntrants { challenge, version, news, reason: reason.to_owned(), after };
    jobs::enqueue(tx, &NewJob { book: challenge.book, due_at, dedupe, job }).await?;
    Ok(())
}

/// What the mails to a page of teams need.
#[derive(Debug, Clone)]
pub struct Page {
    /// The book of the challenge.
    pub book: Book,
    /// The challenge as it stands now.
    pub challenge: Challenge,
    /// Name of the host.
    pub host: String,
    /// Addresses of the people of the teams.
    pub recipients: Vec<String>,
    /// The entry after which the next page begins; none after the last one.
    pub next: Option<EntrantId>,
}

/// The facts of the mails to a page of the teams whose entries stand.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown challenge.
pub async fn page(client: &impl GenericClient, id: ChallengeId, after: Option<EntrantId>) -> Result<Page, Error> {
    let book = books::get(client, id.book).await?;
    let challenge = challenges::get(client, id).await?;
    let host = news::name_of(client, book.organisation).await?;
    let after = after.map_or(Uuid::nil(), |after| after.object);
    let (recipients, last) = news::recipients(client, id, after, PAGE).await?;
    Ok(Page { book, challenge, host, recipients, next: last })
}

/// A page is told: the next one is another job.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn turn(
    tx: &Transaction<'_>,
    of: (ChallengeId, i64),
    news: (ChallengeNews, &str),
    next: Option<EntrantId>,
    wall: Timestamp,
) -> Result<(), Error> {
    let Some(next) = next else { return Ok(()) };
    let book = books::get(tx, of.0.book).await?;
    enqueue(tx, of, news, Some(next), book.now(wall)).await
}
