//! Challenges: made as a draft, published, announced, opened, and what their deadlines do.
//!
//! Lock order: challenge → entry → submission → settlement → book head. Teams and judges share the lock of the challenge;
//! whatever moves it to another state has it alone.

use super::judging::Outcome;
use super::locked::{Locked, enqueue, lock, save, schedule};
use super::{awards, judging, purses};
use crate::books::operations::accounts;
use crate::calendar::later;
use crate::challenges::rules::challenge::{Challenge, Due};
use crate::challenges::rules::rulebook::Rules;
use crate::challenges::store::{challenges, contributions, submissions};
use crate::chart;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, ChallengeId, PersonId};
use crate::money::Money;
use crate::service::change::{Change, check_line, check_slug, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What a new challenge shall be.
#[derive(Debug, Clone)]
pub struct NewChallenge {
    /// The book to which it belongs.
    pub book: BookId,
    /// Name in addresses and in the codes of its accounts: 2 to 63 of a-z, 0-9 and `-`.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// What its prizes sum to.
    pub purse: Money,
    /// Its rules, with its prizes.
    pub rules: Rules,
}

/// A new challenge, as a draft.
///
/// # Errors
///
/// `slug-taken`, `book-winding-up`; [`Error::Invalid`] at `/slug`, `/title`, `/summary` or below `/rules`; [`Error::NotFound`] for an
/// unknown book.
pub async fn create(
    tx: &Transaction<'_>,
    new: NewChallenge,
    by: PersonId,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    check_slug(&new.slug)?;
    check_line("/title", &new.title, text::NAME)?;
    check_text("/summary", &new.summary, text::STATEMENT_OR_NONE)?;
    check_rules(&new.rules, new.purse)?;
    let book = books::get(tx, new.book).await?;
    let now = book.now(wall);
    book.takes_new(now)?;
    let challenge = Challenge {
        id: ChallengeId::generate(book.id),
        slug: new.slug,
        title: new.title,
        summary: new.summary,
        purse: new.purse,
        rules_version: 1,
        rules: new.rules.digest(),
        timetable: new.rules.timetable,
        account: None,
        state: Challenge::draft(now),
        version: 1,
        created_at: now,
    };
    if !challenges::insert(tx, &challenge).await? {
        return Err(Refusal::new("slug-taken", format!("the book has a challenge {}", challenge.slug)).into());
    }
    challenges::insert_rules(tx, challenge.id, 1, &new.rules, by, now).await?;
    activity::record(tx, challenge.id.book, Done::new(&challenge.id, "created", Actor::Person(by)), now).await?;
    schedule(tx, &challenge).await?;
    Ok(challenge)
}

/// Writes a new version of a draft's rules. What was published is agreed upon, and does not change.
///
/// # Errors
///
/// `challenge-not-draft`; [`Error::Invalid`] below `/rules`; [`Error::NotFound`] for an unknown challenge.
pub async fn replace_rules(
    tx: &Transaction<'_>,
    id: ChallengeId,
    purse: Money,
    rules: Rules,
    by: PersonId,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    check_rules(&rules, purse)?;
    let Locked { book, challenge } = lock(tx, id).await?;
    challenge.edits_rules()?;
    let version = challenge.rules_version + 1;
    challenges::insert_rules(tx, id, version, &rules, by, book.now(wall)).await?;
    let changed =
        Challenge { purse, rules_version: version, rules: rules.digest(), timetable: rules.timetable, ..challenge };
    save(tx, &book, changed, "rules_written", Change { version: None, actor: Actor::Person(by), reason: "" }, wall)
        .await
}

fn check_rules(rules: &Rules, purse: Money) -> Result<(), Error> {
    let within = |error| {
        if let Error::Invalid { pointer, message } = error {
            return Error::invalid(format!("/rules{pointer}"), message);
        }
        error
    };
    rules.check(purse).map_err(within)
}

/// Opens a draft for sponsors, and the account of its purse with floor 0: no prize is paid that is not there.
///
/// # Errors
///
/// `challenge-not-draft`, `book-winding-up`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown challenge.
pub async fn publish(
    tx: &Transaction<'_>,
    id: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    change.check(challenge.version, "challenge")?;
    challenge.edits_rules()?;
    book.takes_new(book.now(wall))?;
    let account = accounts::ensure(tx, &book, &chart::purse(&challenge.slug), challenge.purse.currency(), wall).await?;
    let published = challenge.publish(account, book.now(wall))?;
    save(tx, &book, published, "published", change, wall).await
}

/// Tells the public; teams may enter.
///
/// # Errors
///
/// `challenge-not-funding`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown challenge.
pub async fn announce(
    tx: &Transaction<'_>,
    id: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    change.check(challenge.version, "challenge")?;
    let announced = challenge.announce(book.now(wall))?;
    save(tx, &book, announced, "announced", change, wall).await
}

/// Opens it for submissions, once its purse is full of settled money.
///
/// # Errors
///
/// `challenge-not-announced`, `purse-short`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown challenge.
pub async fn open(
    tx: &Transaction<'_>,
    id: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    change.check(challenge.version, "challenge")?;
    let settled = purses::settled(tx, &challenge).await?;
    let opened = challenge.open(settled, book.now(wall))?;
    save(tx, &book, opened, "opened", change, wall).await
}

/// Ends the time for submissions, once it has passed; drafts are incomplete from now on, and are not judged.
///
/// # Errors
///
/// `challenge-not-open`, `submissions-open`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown challenge.
pub async fn close_submissions(
    tx: &Transaction<'_>,
    id: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    change.check(challenge.version, "challenge")?;
    close_locked(tx, &book, challenge, change, wall).await
}

async fn close_locked(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let closed = challenge.close_submissions(book.now(wall))?;
    submissions::close_drafts(tx, closed.id).await?;
    save(tx, book, closed, "submissions_closed", change, wall).await
}

/// Gives it up before anybody has handed work in; what is in its purse goes back to its sponsors.
///
/// # Errors
///
/// `reason-missing`, `challenge-opened`, `purse-settling`; what [`posting::post`](crate::engine::posting::post)
/// refuses; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an
/// unknown challenge.
pub async fn cancel(
    tx: &Transaction<'_>,
    id: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    if change.reason.trim().is_empty() {
        return Err(Refusal::new("reason-missing", "say why the challenge is given up").into());
    }
    let Locked { book, challenge } = lock(tx, id).await?;
    change.check(challenge.version, "challenge")?;
    let cancelled = challenge.cancel(change.reason.to_owned())?;
    purses::demand_settled(tx, cancelled.id).await?;
    purses::close(tx, &book, &cancelled, None, wall).await?;
    save(tx, &book, cancelled, "cancelled", change, wall).await
}

/// Does what the deadline of a waiting state demands, if it has passed; the same call twice does it once.
///
/// Where money is still on its way from a custodian, a cancellation and an award wait for it, a day at a time.
///
/// # Errors
///
/// Where money moves, what [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an unknown
/// challenge.
pub async fn advance(tx: &Transaction<'_>, id: ChallengeId, wall: Timestamp) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    let change = Change::by_service;
    let due = challenge.due(book.now(wall));
    match due {
        Due::Nothing => Ok(challenge),
        Due::CloseSubmissions => close_locked(tx, &book, challenge, change(""), wall).await,
        Due::Rank { with_what_is_there } => {
            match judging::rank_locked(tx, &book, challenge.clone(), with_what_is_there, change(""), wall).await? {
                Outcome::Ranked(challenge) => Ok(*challenge),
                Outcome::ScoresMissing(missing) => {
                    let escalated = challenge.escalate(book.now(wall))?;
                    let why = Refusal::from(missing).detail;
                    save(tx, &book, escalated, "escalated", change(&why), wall).await
                }
            }
        }
        Due::Cancel | Due::Award
            if purses::is_settling(tx, id).await?
                || (due == Due::Award && contributions::is_frozen(tx, id).await?) =>
        {
            let tomorrow = later(book.now(wall), 1);
            let dedupe = format!("{id} waits for money until {tomorrow}");
            enqueue(tx, id, tomorrow, dedupe).await?;
            Ok(challenge)
        }
        Due::Cancel => {
            let reason = "its time passed";
            let cancelled = challenge.cancel(reason.to_owned())?;
            purses::close(tx, &book, &cancelled, None, wall).await?;
            save(tx, &book, cancelled, "cancelled", change(reason), wall).await
        }
        Due::Award => awards::award_locked(tx, &book, challenge, change(""), wall).await,
    }
}
