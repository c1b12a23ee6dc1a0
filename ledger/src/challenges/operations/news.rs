//! What teams in a challenge are told: that its rules changed, that they have more time, that its ranking is known, that it is given up,
//! what became of their entry or their appeal; its judges and sponsors, that it is announced; and its judges, that they score.

use crate::challenges::rules::appeal::{Appeal, AppealState};
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::entrant::{Entrant, WithdrawnBy};
use crate::challenges::store::{appeals, challenges, entrants, news};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{AppealId, ChallengeId, EntrantId};
use crate::parties::rules::role::Role;
use crate::parties::store::organisations;
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

/// The facts of the mails to a page of the teams whose entries stand; of an announcement, of those to its judges and its sponsors' owners; of
/// judging, of those to its judges.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown challenge.
pub async fn page(
    client: &impl GenericClient,
    id: ChallengeId,
    what: ChallengeNews,
    after: Option<EntrantId>,
) -> Result<Page, Error> {
    let book = books::get(client, id.book).await?;
    let challenge = challenges::get(client, id).await?;
    let host = news::name_of(client, book.organisation).await?;
    let after = after.map_or(Uuid::nil(), |after| after.object);
    let (recipients, last) = match what {
        ChallengeNews::Announcement => (news::makers(client, id).await?, None),
        ChallengeNews::Judging => (news::judges(client, id).await?, None),
        ChallengeNews::Rules | ChallengeNews::Extension | ChallengeNews::Cancellation | ChallengeNews::Ranking => {
            news::recipients(client, id, after, PAGE).await?
        }
    };
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

/// Asks the worker to tell a team what became of its entry or its appeal, or those who decide that an appeal waits for them.
pub(super) async fn tell_of(
    tx: &Transaction<'_>,
    entrant: EntrantId,
    appeal: Option<(AppealId, AppealState)>,
    now: Timestamp,
) -> Result<(), Error> {
    let dedupe = appeal.map_or_else(|| format!("{entrant} withdrawn"), |(id, state)| format!("{id} {state}"));
    let job = Job::SendEntryNotice { entrant, appeal: appeal.map(|(id, _)| id) };
    jobs::enqueue(tx, &NewJob { book: entrant.book, due_at: now, dedupe, job }).await?;
    Ok(())
}

/// What the mail about an entry, or about an appeal, needs.
#[derive(Debug, Clone)]
pub struct EntryNotice {
    /// The book of the challenge.
    pub book: Book,
    /// Its title.
    pub title: String,
    /// The name of the team.
    pub team: String,
    /// The entry.
    pub entrant: Entrant,
    /// The appeal, as it stands now; none where the entry was withdrawn.
    pub appeal: Option<Appeal>,
    /// Addresses, each once.
    pub recipients: Vec<String>,
}

/// The facts of the mail about an entry that silence has withdrawn, or about an appeal as it stands; none where there is nothing to tell.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown entry or appeal.
pub async fn entry_notice(
    client: &impl GenericClient,
    id: EntrantId,
    appeal: Option<AppealId>,
) -> Result<Option<EntryNotice>, Error> {
    let book = books::get(client, id.book).await?;
    let entrant = entrants::get(client, id).await?;
    let appeal = match appeal {
        Some(of) => Some(appeals::get(client, of).await?),
        None if entrant.withdrawn.as_ref().is_some_and(|withdrawn| withdrawn.by == WithdrawnBy::Silence) => None,
        None => return Ok(None),
    };
    let challenge = challenges::get(client, entrant.challenge).await?;
    let recipients = match appeal.as_ref().map(|appeal| appeal.state) {
        Some(AppealState::Open) => organisations::list_emails_with(client, book.organisation, Role::Owner).await?,
        Some(AppealState::Upheld | AppealState::Dismissed | AppealState::Lapsed) | None => {
            news::of_team(client, entrant.team).await?
        }
    };
    let team = news::name_of(client, entrant.team).await?;
    Ok(Some(EntryNotice { book, title: challenge.title, team, entrant, appeal, recipients }))
}
