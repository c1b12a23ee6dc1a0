//! Rounds: made as a draft, opened, tallied, published, and what their deadlines do.
//!
//! Lock order: round → settlement → book head.

use super::locked::{Locked, enqueue, lock, save, schedule};
use super::{pool, tally};
use crate::books::operations::accounts;
use crate::calendar::{days_after, later};
use crate::chart;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{BookId, CampaignId, MatchingRoundId, PersonId};
use crate::matching::rules::formula::Terms;
use crate::matching::rules::round::{Ballot, CAMPAIGNS_MAX, Due, Objection, Round};
use crate::matching::store::rounds;
use crate::money::Currency;
use crate::pledging::store::campaigns;
use crate::service::change::{Change, check_line, check_slug, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// What a new round shall be.
#[derive(Debug, Clone)]
pub struct NewRound {
    /// The book to which it belongs.
    pub book: BookId,
    /// Name in addresses and in the code of its pool's account: 2 to 63 of a-z, 0-9 and `-`.
    pub slug: String,
    /// Name for people.
    pub title: String,
    /// What sponsors agree to.
    pub terms: String,
    /// The currency of its pool and its campaigns.
    pub currency: Currency,
    /// How it is counted.
    pub formula: Terms,
    /// What voters have; none unless it is a round by votes.
    pub ballot: Option<Ballot>,
    /// Whether only identities weigh that a partner has stated as verified.
    pub verified_only: bool,
    /// The first day of its period, in the zone of the book.
    pub first_day: Date,
    /// The last day of its period.
    pub last_day: Date,
    /// Days for objections.
    pub objection_days: u16,
}

/// A new round, as a draft.
///
/// # Errors
///
/// `slug-taken`, `book-winding-up`; [`Error::Invalid`] at the field that is wrong; [`Error::NotFound`] for an unknown book.
pub async fn create(tx: &Transaction<'_>, new: NewRound, by: PersonId, wall: Timestamp) -> Result<Round, Error> {
    check_slug(&new.slug)?;
    check_line("/title", &new.title, text::NAME)?;
    check_text("/terms", &new.terms, text::TERMS)?;
    let book = books::get(tx, new.book).await?;
    let now = book.now(wall);
    book.takes_new(now)?;
    let round = Round {
        id: MatchingRoundId::generate(book.id),
        slug: new.slug,
        title: new.title,
        terms_digest: Digest::of(new.terms.as_bytes()),
        terms: new.terms,
        currency: new.currency,
        formula: new.formula,
        ballot: new.ballot,
        verified_only: new.verified_only,
        first_day: new.first_day,
        last_day: new.last_day,
        objection_days: new.objection_days,
        account: None,
        tally: 0,
        pool: 0,
        state: Round::draft(now),
        version: 1,
        created_at: now,
    };
    round.check()?;
    if !rounds::insert(tx, &round).await? {
        return Err(Refusal::new("slug-taken", format!("the book has a matching round {}", round.slug)).into());
    }
    activity::record(tx, book.id, Done::new(&round.id, "created", Actor::Person(by)), now).await?;
    schedule(tx, &round).await?;
    Ok(round)
}

/// Adds a live campaign of the same book and currency to a draft. One that is in it already stays in it.
///
/// # Errors
///
/// `round-not-draft`, `campaign-not-live`, `round-currency-differs`, `round-full`; [`Error::Invalid`] at `/campaign` for a campaign
/// of another book; [`Error::NotFound`] for an unknown round or campaign.
pub async fn add_campaign(
    tx: &Transaction<'_>,
    id: MatchingRoundId,
    campaign: CampaignId,
    actor: Actor,
    wall: Timestamp,
) -> Result<Round, Error> {
    let Locked { book, round } = lock(tx, id).await?;
    round.edits()?;
    if campaign.book != id.book {
        return Err(Error::invalid("/campaign", "a campaign of another book"));
    }
    let found = campaigns::get(tx, campaign).await?;
    found.state.at(book.now(wall)).takes_pledges()?;
    if found.currency != round.currency {
        return Err(Refusal::new("round-currency-differs", format!("the round is in {}", round.currency)).into());
    }
    if rounds::insert_campaign(tx, id, campaign).await? {
        if rounds::campaigns(tx, id).await?.len() > CAMPAIGNS_MAX {
            return Err(Refusal::new("round-full", format!("a round has at most {CAMPAIGNS_MAX} campaigns")).into());
        }
        let done = Done::new(&id, "campaign_added", actor);
        activity::record(tx, book.id, done, book.now(wall)).await?;
    }
    Ok(round)
}

/// Opens a draft: its terms stand, its pool has an account with floor 0, and gifts of its period count.
///
/// # Errors
///
/// `round-not-draft`, `round-empty`, `round-period-over`, `account-mismatch`, `book-winding-up`; [`Error::Stale`] for an outdated version;
/// [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown round.
pub async fn open(
    tx: &Transaction<'_>,
    id: MatchingRoundId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Round, Error> {
    let Locked { book, round } = lock(tx, id).await?;
    change.check(round.version, "matching round")?;
    book.takes_new(book.now(wall))?;
    round.edits()?;
    if rounds::campaigns(tx, id).await?.is_empty() {
        return Err(Refusal::new("round-empty", "the round has no campaign: add one first").into());
    }
    let account = chart::pool(&round.slug).in_currency(round.currency, book.currency);
    let account = accounts::ensure(tx, &book, &account, round.currency, wall).await?;
    let ends = book.start_of(days_after(round.last_day, 1));
    let opened = round.open(account, ends, book.now(wall))?;
    save(tx, &book, opened, "opened", change, wall).await
}

/// Publishes the draft of the result; the worker does the same when nobody has.
///
/// # Errors
///
/// `round-not-tallied`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an
/// unknown round.
pub async fn publish(
    tx: &Transaction<'_>,
    id: MatchingRoundId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Round, Error> {
    let Locked { book, round } = lock(tx, id).await?;
    change.check(round.version, "matching round")?;
    let published = round.publish(book.now(wall))?;
    save(tx, &book, published, "published", change, wall).await
}

/// Somebody thinks that the draft of a result is wrong.
///
/// # Errors
///
/// `round-not-in-objection`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown round.
pub async fn object(
    tx: &Transaction<'_>,
    id: MatchingRoundId,
    reason: &str,
    by: PersonId,
    wall: Timestamp,
) -> Result<Objection, Error> {
    check_text("/reason", reason, text::REASON)?;
    let Locked { book, round } = lock(tx, id).await?;
    let now = book.now(wall);
    round.hears(now)?;
    let objection = rounds::insert_objection(tx, &round, by, reason, now).await?;
    activity::record(tx, book.id, Done::new(&id, "objected", Actor::Person(by)), now).await?;
    Ok(objection)
}

/// The result stands, once the time for objections is over: counted anew from the rows as they are. The worker does the same, and
/// pays it.
///
/// # Errors
///
/// `round-not-in-objection`, `round-objections-open`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown round.
pub async fn finalise(
    tx: &Transaction<'_>,
    id: MatchingRoundId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Round, Error> {
    let Locked { book, round } = lock(tx, id).await?;
    change.check(round.version, "matching round")?;
    finalise_locked(tx, &book, round, change, wall).await
}

async fn finalise_locked(
    tx: &Transaction<'_>,
    book: &Book,
    round: Round,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Round, Error> {
    let standing = round.finalise(book.now(wall))?;
    let standing = tally::anew(tx, standing).await?;
    save(tx, book, standing, "finalised", change, wall).await
}

/// Gives a round up before its result is final; what is in its pool goes back to its sponsors.
///
/// # Errors
///
/// `reason-missing`, `round-final`, `pool-settling`; what [`posting::post`](crate::engine::posting::post) refuses;
/// [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown round.
pub async fn cancel(
    tx: &Transaction<'_>,
    id: MatchingRoundId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Round, Error> {
    if change.reason.trim().is_empty() {
        return Err(Refusal::new("reason-missing", "say why the round is given up").into());
    }
    let Locked { book, round } = lock(tx, id).await?;
    change.check(round.version, "matching round")?;
    let cancelled = round.cancel(change.reason.to_owned())?;
    pool::demand_settled(tx, &cancelled).await?;
    pool::give_back(tx, &book, &cancelled, wall).await?;
    save(tx, &book, cancelled, "cancelled", change, wall).await
}

/// Does what the deadline of a waiting state demands, if it has passed; the same call twice does it once.
///
/// Where money of the pool is still on its way from a custodian, a payment waits for it, a day at a time.
///
/// # Errors
///
/// Where money moves, what [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an unknown round.
pub async fn advance(tx: &Transaction<'_>, id: MatchingRoundId, wall: Timestamp) -> Result<Round, Error> {
    let Locked { book, round } = lock(tx, id).await?;
    let change = Change::by_service;
    match round.due(book.now(wall)) {
        Due::Nothing => Ok(round),
        Due::Cancel => {
            let reason = "its time passed";
            let cancelled = round.cancel(reason.to_owned())?;
            save(tx, &book, cancelled, "cancelled", change(reason), wall).await
        }
        Due::Tally => tally::first(tx, &book, round, change(""), wall).await,
        Due::Publish => {
            let published = round.publish(book.now(wall))?;
            save(tx, &book, published, "published", change(""), wall).await
        }
        Due::Finalise => finalise_locked(tx, &book, round, change(""), wall).await,
        Due::Pay if pool::is_settling(tx, &round).await? => {
            let tomorrow = later(book.now(wall), 1);
            enqueue(tx, id, tomorrow, format!("{id} waits for money until {tomorrow}")).await?;
            Ok(round)
        }
        Due::Pay => {
            let paid = round.clone().pay()?;
            pool::pay(tx, &book, &round, wall).await?;
            save(tx, &book, paid, "paid", change(""), wall).await
        }
    }
}
