//! Challenges: made as a draft, published, announced, opened, and what their deadlines do.
//!
//! Lock order: challenge → entry → submission → share plan → settlement → book head. Teams and judges share the lock of the challenge;
//! whatever moves it to another state has it alone.

use super::judging::Outcome;
use super::locked::{Locked, enqueue, lock, save, schedule};
use super::{awards, consents, judging, news, purses, share_plans, waits};
use crate::books::operations::accounts;
use crate::challenges::rules::challenge::{Challenge, Due};
use crate::challenges::rules::purse::rolls_once;
use crate::challenges::rules::rulebook::Rules;
use crate::challenges::rules::{changes, fee_gate};
use crate::challenges::store::{challenges, contributions, submissions};
use crate::chart;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BookId, ChallengeId, PersonId};
use crate::money::Money;
use crate::service::change::{Change, check_line, check_slug, check_text};
use crate::service::job::ChallengeNews;
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
        is_blind: new.rules.blind,
        extensions: 0,
        consent_until: None,
        rolls_until: None,
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

/// Writes a new version of the rules: of a draft's freely; of rules that were published within what was promised with them. Teams
/// that have entered then agree to it in time, or their entries are withdrawn with their fees.
///
/// # Errors
///
/// `rules-final`, `rules-unchanged`, `rules-bound`, `consent-too-short`, `fee-needs-disclosure`, `rolls-twice`; [`Error::Invalid`] below `/rules`;
/// [`Error::NotFound`] for an unknown challenge.
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
    let now = book.now(wall);
    let version = challenge.rules_version + 1;
    let mut consent_until = None;
    if challenge.edits_rules().is_err() {
        let old = challenges::get_rules(tx, id, challenge.rules_version).await?.rules;
        let until = changes::admit(&challenge, &old, &rules, purse, now)?;
        if contributions::has_rolled_in(tx, id).await? {
            rolls_once(rules.unawarded)?;
        }
        if challenge.state.submissions_until().is_some() {
            fee_gate::disclosed(&rules)?;
        }
        consent_until = consents::awaited(tx, &challenge, version, until).await?;
    }
    challenges::insert_rules(tx, id, version, &rules, by, now).await?;
    let is_published = challenge.account.is_some();
    let changed = Challenge {
        purse,
        rules_version: version,
        rules: rules.digest(),
        timetable: rules.timetable,
        is_blind: rules.blind,
        consent_until,
        ..challenge
    };
    let action = if is_published { "rules_changed" } else { "rules_written" };
    let change = Change { version: None, actor: Actor::Person(by), reason: "" };
    let changed = save(tx, &book, changed, action, change, wall).await?;
    if is_published {
        news::tell(tx, &changed, ChallengeNews::Rules, "", now).await?;
    }
    Ok(changed)
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
    let announced = save(tx, &book, announced, "announced", change, wall).await?;
    news::tell(tx, &announced, ChallengeNews::Announcement, "", book.now(wall)).await?;
    Ok(announced)
}

/// Opens it for submissions, once its purse is full of settled money, or holds some where its rules say that it may be underfunded.
///
/// # Errors
///
/// `challenge-not-announced`, `purse-short`, `fee-needs-disclosure`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
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
    let rules = challenges::get_rules(tx, id, challenge.rules_version).await?.rules;
    let opened = challenge.open(settled, rules.underfunded, book.now(wall))?;
    fee_gate::disclosed(&rules)?;
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
    let challenge = waits::settle(tx, book, challenge, wall).await?;
    let closed = challenge.close_submissions(book.now(wall))?;
    submissions::close_drafts(tx, closed.id).await?;
    let closed = save(tx, book, closed, "submissions_closed", change, wall).await?;
    news::tell(tx, &closed, ChallengeNews::Judging, "", book.now(wall)).await?;
    Ok(closed)
}

/// Makes the time for submissions longer, as its rules allow, and tells the teams. A reason is needed.
///
/// # Errors
///
/// `reason-missing`, `challenge-not-open`, `extensions-used-up`, `extension-too-long`; [`Error::Stale`] for an outdated version;
/// [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown challenge.
pub async fn extend(
    tx: &Transaction<'_>,
    id: ChallengeId,
    days: u16,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    demand_reason(change, "say why teams get more time")?;
    let Locked { book, challenge } = lock(tx, id).await?;
    change.check(challenge.version, "challenge")?;
    let allowed = challenges::get_rules(tx, id, challenge.rules_version).await?.rules.extensions;
    let extended = challenge.extend(days, allowed, book.now(wall))?;
    let extended = save(tx, &book, extended, "extended", change, wall).await?;
    news::tell(tx, &extended, ChallengeNews::Extension, change.reason, book.now(wall)).await?;
    Ok(extended)
}

/// Gives it up before work is judged; what is in its purse goes back to its sponsors, and every fee to its team.
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
    demand_reason(change, "say why the challenge is given up")?;
    let Locked { book, challenge } = lock(tx, id).await?;
    change.check(challenge.version, "challenge")?;
    purses::demand_settled(tx, id).await?;
    cancel_locked(tx, &book, challenge, change, wall).await
}

/// Gives up one that nobody works on, as its book is wound up.
///
/// # Errors
///
/// `challenge-opened`, `purse-settling`; what [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an
/// unknown challenge.
pub async fn give_up(
    tx: &Transaction<'_>,
    id: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    challenge.is_unopened()?;
    purses::demand_settled(tx, id).await?;
    cancel_locked(tx, &book, challenge, change, wall).await
}

async fn cancel_locked(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let was_announced = challenge.state.is_announced();
    let cancelled = challenge.cancel(change.reason.to_owned())?;
    consents::return_fees(tx, book, &cancelled, wall).await?;
    purses::close(tx, book, &cancelled, None, wall).await?;
    share_plans::end(tx, book, cancelled.id, wall).await?;
    let cancelled = save(tx, book, cancelled, "cancelled", change, wall).await?;
    if was_announced {
        news::tell(tx, &cancelled, ChallengeNews::Cancellation, change.reason, book.now(wall)).await?;
    }
    Ok(cancelled)
}

fn demand_reason(change: Change<'_>, why: &str) -> Result<(), Error> {
    if change.reason.trim().is_empty() {
        return Err(Refusal::new("reason-missing", why).into());
    }
    Ok(())
}

/// Does what the deadline of a waiting state demands, if it has passed; the same call twice does it once.
///
/// Where money is still on its way from a custodian, a cancellation and an award wait for it, a day at a time; an award waits for
/// appeals too, for a rubric that is still secret, and for share plans of what won.
///
/// # Errors
///
/// Where money moves, what [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an unknown
/// challenge.
pub async fn advance(tx: &Transaction<'_>, id: ChallengeId, wall: Timestamp) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    let challenge = waits::settle(tx, &book, challenge, wall).await?;
    let change = Change::by_service;
    let due = challenge.due(book.now(wall));
    if let Some(until) = waits::holds(tx, &book, &challenge, due, wall).await? {
        enqueue(tx, id, until, format!("{id} waits until {until}")).await?;
        return Ok(challenge);
    }
    match due {
        Due::Nothing => Ok(challenge),
        Due::CloseSubmissions => close_locked(tx, &book, challenge, change(""), wall).await,
        Due::Rank { with_what_is_there } => {
            match judging::rank_locked(tx, &book, challenge.clone(), with_what_is_there, change(""), wall).await? {
                Outcome::Ranked(challenge) => Ok(*challenge),
                Outcome::ScoresMissing(missing) => {
                    let escalated = challenge.escalate(book.now(wall))?;
                    let why = Refusal::from(missing).detail;
                    let escalated = save(tx, &book, escalated, "escalated", change(&why), wall).await?;
                    news::tell(tx, &escalated, ChallengeNews::Judging, "", book.now(wall)).await?;
                    Ok(escalated)
                }
            }
        }
        Due::Cancel => cancel_locked(tx, &book, challenge, change("its time passed"), wall).await,
        Due::Award => awards::award_locked(tx, &book, challenge, change(""), wall).await,
    }
}
