//! Prize money that nobody won and that waits for another challenge of the book, where the rules say so.

use super::locked::{Locked, enqueue, lock, save};
use super::purses;
use crate::calendar::later;
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::purse::{self, Contribution, ContributionState};
use crate::challenges::rules::rulebook::{ROLLOVER_DAYS, Rules, Unawarded};
use crate::challenges::store::{challenges, contributions};
use crate::engine::posting;
use crate::engine::store::balances;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{ChallengeId, PurseContributionId};
use crate::money::Money;
use crate::movements;
use crate::service::change::Change;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The most contributions that go on in one entry.
const LINES_MAX: usize = 500;

/// The prizes were awarded: what is left waits for another challenge for the days that the rules say. It asks the worker to look then.
pub(super) async fn begin(
    tx: &Transaction<'_>,
    book: &Book,
    awarded: Challenge,
    rules: &Rules,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    if left(tx, &awarded).await? == 0 {
        return Ok(awarded);
    }
    let until = later(book.now(wall), rules.rollover_days.unwrap_or(ROLLOVER_DAYS));
    enqueue(tx, awarded.id, until, format!("{} rolls over until {until}", awarded.id)).await?;
    Ok(Challenge { rolls_until: Some(until), ..awarded })
}

/// Minor units in the purse of a challenge.
async fn left(tx: &Transaction<'_>, challenge: &Challenge) -> Result<i64, Error> {
    match challenge.account {
        Some(account) => Ok(balances::get(tx, challenge.id.book, account).await?.net()),
        None => Ok(0),
    }
}

/// The time has passed in which another challenge could have taken it: it goes back to the sponsors.
pub(super) async fn end(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let now = book.now(wall);
    if challenge.rolls_until.is_none_or(|until| now < until) {
        return Ok(challenge);
    }
    give_back(tx, book, challenge, wall).await
}

async fn give_back(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    purses::give_back(tx, book, &challenge, wall).await?;
    let ended = Challenge { rolls_until: None, ..challenge };
    save(tx, book, ended, "unawarded_returned", Change::by_service(""), wall).await
}

/// What waits goes back to the sponsors now, as its book is wound up.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::NotFound`] for an unknown challenge.
pub async fn end_now(tx: &Transaction<'_>, id: ChallengeId, wall: Timestamp) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    match challenge.rolls_until {
        Some(_) => give_back(tx, &book, challenge, wall).await,
        None => Ok(challenge),
    }
}

/// What nobody won goes on to another challenge of the book that takes money, its extension: as much as that one still wants. It stays the
/// sponsors', by what each gave; they have not agreed to the other rules, and may take it back until that challenge is opened. It rolls
/// over once: what nobody wins there goes back.
///
/// # Errors
///
/// `nothing-rolls`, `challenge-not-funding`, `rolls-twice`, `currency-differs`, `purse-full`, `purse-frozen`; what [`posting::post`] refuses;
/// [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/challenge` or `/reason`; [`Error::NotFound`] for an unknown challenge.
pub async fn roll_over(
    tx: &Transaction<'_>,
    from: ChallengeId,
    to: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    if from.book != to.book || from == to {
        return Err(Error::invalid("/challenge", "another challenge of the same book"));
    }
    let (book, challenge, other) = lock_both(tx, from, to).await?;
    change.check(challenge.version, "challenge")?;
    challenge.rolls(book.now(wall))?;
    let account = other.takes_contributions()?;
    purse::rolls_once(challenges::get_rules(tx, to, other.rules_version).await?.rules.unawarded)?;
    let currency = challenge.purse.currency();
    if other.purse.currency() != currency {
        return Err(Refusal::new("currency-differs", format!("that purse is in {}", other.purse.currency())).into());
    }
    purses::demand_free(tx, from).await?;
    let left = left(tx, &challenge).await?;
    let wanted = other.purse.minor() - purses::given(tx, to).await?;
    let amount = left.min(wanted);
    if amount <= 0 {
        return Err(Refusal::new("purse-full", format!("the purse is {}, and all of it is given", other.purse)).into());
    }
    let purse = challenge.account.ok_or_else(|| Error::inconsistent(format!("{from}: it has no purse")))?;
    let given = contributions::captured(tx, from).await?;
    if given.iter().any(|one| one.rolled_from.is_some()) {
        purse::rolls_once(Unawarded::RollOver)?;
    }
    let weights: Vec<i64> = given.iter().map(Contribution::left).collect();
    let parts: Vec<(&Contribution, i64)> =
        given.iter().zip(purse::pro_rata(amount, &weights)?).filter(|(_, minor)| *minor > 0).collect();
    for parts in parts.chunks(LINES_MAX) {
        let money: Result<Vec<Money>, Error> = parts.iter().map(|(_, minor)| purses::money(*minor, currency)).collect();
        let entry = movements::purse_rolled(purse, account, &money?, book.today(wall), from);
        let entry = posting::post(tx, &book, entry, wall).await?.number;
        for (part, minor) in parts {
            carry(tx, &book, &other, part, purses::money(*minor, currency)?, entry, wall).await?;
        }
    }
    let done = Done::new(&to, "rolled_in", change.actor).because(change.reason);
    activity::record(tx, book.id, done, book.now(wall)).await?;
    let rolls_until = challenge.rolls_until.filter(|_| amount < left);
    save(tx, &book, Challenge { rolls_until, ..challenge }, "rolled_over", change, wall).await
}

/// Locks two challenges of a book in the order of their ids, whichever way money goes.
async fn lock_both(
    tx: &Transaction<'_>,
    from: ChallengeId,
    to: ChallengeId,
) -> Result<(Book, Challenge, Challenge), Error> {
    let Locked { book, challenge: first } = lock(tx, from.min(to)).await?;
    let second = challenges::lock(tx, from.max(to)).await?;
    Ok(if first.id == from { (book, first, second) } else { (book, second, first) })
}

/// The part of one contribution goes on: there it is one of the same sponsor, in the same custody.
async fn carry(
    tx: &Transaction<'_>,
    book: &Book,
    to: &Challenge,
    part: &Contribution,
    amount: Money,
    entry: i64,
    wall: Timestamp,
) -> Result<(), Error> {
    let id = PurseContributionId::generate(book.id);
    let new = Contribution {
        id,
        challenge: to.id,
        reference: format!("rolled over as {id}"),
        amount,
        returned: 0,
        rolled: 0,
        rolled_from: Some(part.id),
        rules_version: to.rules_version,
        rules: to.rules,
        is_agreed: false,
        state: ContributionState::Settled,
        capture: None,
        version: 1,
        created_at: book.now(wall),
        ..part.clone()
    };
    // In this order: the database compares what has gone on with what has come of it.
    contributions::insert_rolled(tx, &new, part.id, entry).await?;
    contributions::update_rolled(tx, part.id, amount.minor()).await?;
    activity::record(tx, book.id, Done::new(&id, "rolled_in", Actor::Service), book.now(wall)).await
}
