//! Counting a round: from the rows as they are, under its lock.

use super::locked::{Locked, lock, save};
use crate::engine::store::balances;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{CampaignId, DonorId, MatchingRoundId};
use crate::matching::rules::formula::{self, Formula, Line, Share};
use crate::matching::rules::round::{CAMPAIGNS_MAX, Round};
use crate::matching::store::gifts::{self, Gift, Stated};
use crate::matching::store::{rounds, tallies, votes};
use crate::service::change::Change;
use crate::service::store::activity::{self, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Under which name a donor counts in a round: the same for all donors of whom partners state the same person, and another one
/// in every round, so that nobody is followed from one to the next.
pub(super) fn pseudonym(round: MatchingRoundId, donor: DonorId, stated: Option<Stated>) -> Digest {
    let whose = stated.map_or_else(|| donor.to_string(), |stated| stated.identity.to_string());
    Digest::of(format!("{round}:{whose}").as_bytes())
}

/// Whether an identity weighs: one that is stated as not verified never does, and one of which nothing is stated only in rounds that
/// do not ask for it.
pub(super) fn weighs(round: &Round, stated: Option<Stated>) -> bool {
    stated.map_or(!round.verified_only, |stated| stated.verified)
}

/// What counts in a round as the rows say it now.
async fn lines(client: &impl GenericClient, round: &Round) -> Result<Vec<Line>, Error> {
    if round.formula.formula == Formula::VotesV1 {
        return votes::lines(client, round).await;
    }
    let gifts = gifts::list(client, round).await?;
    let line = |gift: &Gift| Line {
        number: gift.number,
        campaign: gift.campaign,
        identity: pseudonym(round.id, gift.donor, gift.identity),
        amount: gift.amount,
        weighs: weighs(round, gift.identity),
    };
    let lines = gifts.iter().map(line);
    if round.formula.formula == Formula::OneToOneV1 {
        return Ok(lines.collect());
    }
    let mut sums: BTreeMap<(CampaignId, [u8; 32], bool), Line> = BTreeMap::new();
    for line in lines {
        let sum = sums.entry((line.campaign, line.identity.0, line.weighs)).or_insert(Line { amount: 0, ..line });
        sum.amount = sum
            .amount
            .checked_add(line.amount)
            .ok_or_else(|| Refusal::new("sum-too-large", "somebody gave more to a campaign than can be summed up"))?;
    }
    let mut lines: Vec<Line> = sums.into_values().collect();
    lines.sort_unstable_by_key(|line| line.number);
    Ok(lines)
}

/// Minor units in a pool, settled or not.
async fn pool(client: &impl GenericClient, round: &Round) -> Result<i64, Error> {
    match round.account {
        Some(account) => Ok(balances::get(client, round.id.book, account).await?.net()),
        None => Ok(0),
    }
}

/// Counts an open round for the first time, once its period is over.
pub(super) async fn first(
    tx: &Transaction<'_>,
    book: &Book,
    round: Round,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Round, Error> {
    let in_pool = pool(tx, &round).await?;
    let tallied = round.tally(in_pool, book.now(wall))?;
    let counted = lines(tx, &tallied).await?;
    write(tx, &tallied, &counted).await?;
    save(tx, book, tallied, "tallied", change, wall).await
}

async fn write(tx: &Transaction<'_>, round: &Round, lines: &[Line]) -> Result<(), Error> {
    let campaigns = rounds::campaigns(tx, round.id).await?;
    let shares = formula::tally(&round.formula, round.pool, &campaigns, lines)?;
    tallies::insert(tx, round, lines, &shares).await
}

/// The same round, counted anew if anything that counts has changed since its last tally.
pub(super) async fn anew(tx: &Transaction<'_>, round: Round) -> Result<Round, Error> {
    let (counted, before) = (lines(tx, &round).await?, tallies::lines(tx, &round).await?);
    let in_pool = pool(tx, &round).await?;
    if counted == before && in_pool == round.pool {
        return Ok(round);
    }
    let round = round.recounted(in_pool);
    write(tx, &round, &counted).await?;
    Ok(round)
}

/// Counts a round again. While its result is a draft, that is the draft from now on. Once it is final, it stays as it is, and what a
/// campaign got too much is put on the record.
///
/// # Errors
///
/// `round-not-tallied`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown round.
pub async fn recompute(
    tx: &Transaction<'_>,
    id: MatchingRoundId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Round, Error> {
    let Locked { book, round } = lock(tx, id).await?;
    change.check(round.version, "matching round")?;
    if round.state.is_final() {
        record_clawbacks(tx, &book, &round, change, wall).await?;
        return Ok(round);
    }
    round.recounts()?;
    let counted = anew(tx, round).await?;
    save(tx, &book, counted, "recomputed", change, wall).await
}

/// Puts on the record what each campaign got too much, as it is found now: its share less what the formula gives it by what counts
/// of its own gifts now, the others having what they have. The same finding is written once.
async fn record_clawbacks(
    tx: &Transaction<'_>,
    book: &Book,
    round: &Round,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<(), Error> {
    let (now, then) = (lines(tx, round).await?, tallies::lines(tx, round).await?);
    let known = latest_clawbacks(tx, round.id).await?;
    let paid = tallies::shares(tx, round, Uuid::nil(), limit()).await?;
    for share in &paid {
        let would_be = would_be(round, &paid, share, &now, &then)?;
        if would_be >= share.share || known.get(&share.campaign) == Some(&would_be) {
            continue;
        }
        let at = book.now(wall);
        rounds::insert_clawback(tx, share.campaign, round.id, (share.share, would_be), at).await?;
        let done = Done::new(&round.id, "clawback_found", change.actor).because(change.reason);
        activity::record(tx, book.id, done, at).await?;
    }
    Ok(())
}

/// What a campaign would get if its own gifts had been as they are now, and all others as they were counted.
fn would_be(round: &Round, paid: &[Share], share: &Share, now: &[Line], then: &[Line]) -> Result<i64, Error> {
    let of = share.campaign;
    let own = now.iter().filter(|line| line.campaign == of);
    let others = then.iter().filter(|line| line.campaign != of);
    let mixed: Vec<Line> = own.chain(others).copied().collect();
    let campaigns: Vec<CampaignId> = paid.iter().map(|share| share.campaign).collect();
    let found = formula::tally(&round.formula, round.pool, &campaigns, &mixed)?;
    Ok(found.iter().find(|found| found.campaign == of).map_or(0, |found| found.share))
}

/// What each campaign would have got, by the latest finding about it.
async fn latest_clawbacks(
    client: &impl GenericClient,
    round: MatchingRoundId,
) -> Result<BTreeMap<CampaignId, i64>, Error> {
    let mut latest = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = rounds::clawbacks(client, round, after, limit()).await?;
        let Some(last) = page.last() else { return Ok(latest) };
        after = last.number;
        latest.extend(page.iter().map(|found| (found.campaign, found.would_be)));
    }
}

/// How many campaigns a round has at most.
pub(super) fn limit() -> i64 {
    i64::try_from(CAMPAIGNS_MAX).expect("a small number")
}
