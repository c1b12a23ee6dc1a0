//! The pool of a round: what sponsors give, what campaigns get, and how what is left goes back.

use super::locked::{Locked, lock};
use super::tally::limit;
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::engine::posting;
use crate::engine::store::balances;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{MatchingRoundId, OrganisationId, PoolContributionId};
use crate::matching::rules::formula::Share;
use crate::matching::rules::round::{PoolContribution, PoolContributionState, Round};
use crate::matching::store::{contributions, tallies};
use crate::money::Money;
use crate::money::allocation::largest_remainder;
use crate::parties::store::organisations;
use crate::pledging::operations::return_times;
use crate::pledging::store::campaigns;
use crate::service::change::check_line;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use crate::treasury::operations::settlements;
use crate::treasury::rules::settlement::Method;
use crate::{chart, movements};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use uuid::Uuid;

/// The most contributions that go back in one entry.
const LINES_MAX: usize = 500;

/// What a sponsor gives to a pool, and a custodian has.
#[derive(Debug, Clone)]
pub struct NewContribution {
    /// The round for whose pool it is.
    pub round: MatchingRoundId,
    /// The organisation that gives it.
    pub sponsor: OrganisationId,
    /// Who brings it, and holds the money: a partner platform, or the host itself.
    pub partner: OrganisationId,
    /// What the partner calls it; unique per partner.
    pub reference: String,
    /// How the payment is named where it was made; unique per partner.
    pub provider_reference: String,
    /// The amount that the sponsor gives.
    pub amount: Money,
    /// SHA-256 of the terms that the sponsor agrees to.
    pub terms: Digest,
}

/// A custodian has what a sponsor gives: it stands in the pool, and arrives with the custodian's day. The same contribution brought
/// again is the one that is there. Says whether it was brought before.
///
/// # Errors
///
/// `round-not-open`, `terms-mismatch`, `round-currency-differs`, `reference-taken`, `payment-taken`, `book-winding-up`; what [`posting::post`] refuses.
/// [`Error::Invalid`] at `/reference`, `/provider_reference` or `/sponsor`; [`Error::StillRunning`] when the book's day ended
/// under the transaction: try again; [`Error::NotFound`] for an unknown round.
pub async fn contribute(
    tx: &Transaction<'_>,
    new: NewContribution,
    actor: Actor,
    wall: Timestamp,
) -> Result<(PoolContribution, bool), Error> {
    check_line("/reference", &new.reference, text::REFERENCE)?;
    check_line("/provider_reference", &new.provider_reference, text::REFERENCE)?;
    let Locked { book, round } = lock(tx, new.round).await?;
    let named = (new.reference.as_str(), new.provider_reference.as_str());
    if let Some(known) = contributions::find(tx, book.id, new.partner, named).await? {
        return if is_the_same(&known, &new) { Ok((known, true)) } else { Err(taken(&known, &new).into()) };
    }
    book.takes_new(book.now(wall))?;
    let account = round.takes_money(book.now(wall))?;
    round.agrees(new.terms)?;
    if new.amount.currency() != round.currency {
        return Err(Refusal::new("round-currency-differs", format!("the round is in {}", round.currency)).into());
    }
    if organisations::find(tx, new.sponsor).await?.is_none() {
        return Err(Error::invalid("/sponsor", "no such organisation"));
    }
    let id = PoolContributionId::generate(book.id);
    let on = book.today(wall);
    let settlement = settlements::open(tx, &book, new.partner, (round.currency, Method::Card), on, wall).await?;
    let entry = movements::pool_pledged(settlement.receivable, account, new.amount, on, id);
    let entry = posting::post(tx, &book, entry, wall).await?.number;
    let contribution = PoolContribution {
        id,
        round: new.round,
        sponsor: new.sponsor,
        partner: new.partner,
        reference: new.reference,
        provider_reference: new.provider_reference,
        amount: new.amount,
        returned: 0,
        state: PoolContributionState::Captured,
        settlement: settlement.id,
        captured_on: on,
        entry,
        created_at: book.now(wall),
    };
    if !contributions::insert(tx, &contribution).await? {
        // Brought to another round at this moment: the next run sees it.
        return Err(Error::StillRunning);
    }
    activity::record(tx, book.id, Done::new(&id, "captured", actor), contribution.created_at).await?;
    Ok((contribution, false))
}

/// Whether a contribution that a partner names alike says the same.
fn is_the_same(known: &PoolContribution, new: &NewContribution) -> bool {
    (known.round, known.sponsor, known.amount) == (new.round, new.sponsor, new.amount)
        && (&known.reference, &known.provider_reference) == (&new.reference, &new.provider_reference)
}

fn taken(known: &PoolContribution, new: &NewContribution) -> Refusal {
    if known.reference == new.reference {
        let detail = format!("a contribution {} was brought before, and differs", known.reference);
        return Refusal::new("reference-taken", detail);
    }
    Refusal::new("payment-taken", format!("{} paid another contribution", known.provider_reference))
}

/// Whether a custodian has not yet paid over a contribution.
pub(super) async fn is_settling(client: &impl GenericClient, round: &Round) -> Result<bool, Error> {
    Ok(contributions::unsettled(client, round.id).await? > 0)
}

/// Refuses with `pool-settling` while one has not.
pub(super) async fn demand_settled(client: &impl GenericClient, round: &Round) -> Result<(), Error> {
    if is_settling(client, round).await? {
        let detail = "a custodian has not yet paid over what it captured; try again when it has";
        return Err(Refusal::new("pool-settling", detail).into());
    }
    Ok(())
}

/// Each campaign gets its share into its fund, all in one entry, and what is left goes back; also the share of a campaign that
/// gives its money back by now. All of the pool has settled.
pub(super) async fn pay(tx: &Transaction<'_>, book: &Book, round: &Round, wall: Timestamp) -> Result<(), Error> {
    let account = account(round)?;
    let shares: Vec<Share> = tallies::shares(tx, round, Uuid::nil(), limit()).await?;
    let mut funds = Vec::new();
    for share in shares.iter().filter(|share| share.share > 0) {
        let campaign = campaigns::get(tx, share.campaign).await?;
        let is_over = campaign.state.clone().at(book.now(wall)).is_over();
        if is_over
            && (campaign.returns_money(book.now(wall)) || return_times::gives_back_from(tx, &campaign).await?.is_some())
        {
            continue;
        }
        funds.push((share, campaign.fund()?, money(round, share.share)?));
    }
    if !funds.is_empty() {
        let parts: Vec<(AccountNumber, Money)> = funds.iter().map(|(_, fund, amount)| (*fund, *amount)).collect();
        let entry = movements::match_paid(account, &parts, book.today(wall), round.id);
        let entry = posting::post(tx, book, entry, wall).await?.number;
        for (share, fund, _) in funds {
            tallies::insert_payment(tx, round, share, fund, entry).await?;
        }
    }
    give_back(tx, book, round, wall).await
}

/// What is left in a pool goes back to its sponsors. All of it has settled.
pub(super) async fn give_back(tx: &Transaction<'_>, book: &Book, round: &Round, wall: Timestamp) -> Result<(), Error> {
    let Some(account) = round.account else { return Ok(()) };
    let left = balances::get(tx, book.id, account).await?.net();
    send_back(tx, book, round, account, left, wall).await?;
    Ok(())
}

/// An amount of a pool, or of what it paid into a fund, goes back to the sponsors by what of each is not back yet, one line a
/// contribution; a unit that is left over by rounding to the earlier one. Answers the entries with what each took.
pub(super) async fn send_back(
    tx: &Transaction<'_>,
    book: &Book,
    round: &Round,
    from: AccountNumber,
    minor: i64,
    wall: Timestamp,
) -> Result<Vec<(i64, i64)>, Error> {
    if minor == 0 {
        return Ok(Vec::new());
    }
    let given = contributions::all(tx, round.id).await?;
    let weights: Vec<u64> = given.iter().map(|one| (one.amount.minor() - one.returned).unsigned_abs()).collect();
    let mut parts = Vec::new();
    for (one, minor) in given.iter().zip(largest_remainder(minor, &weights)?).filter(|(_, minor)| *minor > 0) {
        let custodian = chart::refunds_in_transit(one.partner).in_currency(round.currency, book.currency);
        let custodian = accounts::ensure(tx, book, &custodian, round.currency, wall).await?;
        parts.push((custodian, money(round, minor)?));
        contributions::update_returned(tx, one.id, minor).await?;
        activity::record(tx, book.id, Done::new(&one.id, "returned", Actor::Service), book.now(wall)).await?;
    }
    let mut entries = Vec::new();
    for part in parts.chunks(LINES_MAX) {
        let entry = movements::pool_returned(from, part, book.today(wall), round.id);
        let number = posting::post(tx, book, entry, wall).await?.number;
        entries.push((number, part.iter().map(|(_, amount)| amount.minor()).sum()));
    }
    Ok(entries)
}

fn account(round: &Round) -> Result<AccountNumber, Error> {
    round.account.ok_or_else(|| Error::inconsistent(format!("{}: it has no pool", round.id)))
}

fn money(round: &Round, minor: i64) -> Result<Money, Error> {
    Money::from_minor(minor, round.currency).map_err(|error| Error::inconsistent(format!("{}: {error}", round.id)))
}

/// What a pool holds, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// In the pool, settled or not.
    pub balance: i64,
    /// In it and arrived as cash.
    pub settled: i64,
}

/// What a pool holds, as the book says it.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn state(client: &impl GenericClient, round: &Round) -> Result<PoolState, Error> {
    let Some(account) = round.account else { return Ok(PoolState { balance: 0, settled: 0 }) };
    let balance = balances::get(client, round.id.book, account).await?.net();
    Ok(PoolState { balance, settled: balance - contributions::unsettled(client, round.id).await? })
}
