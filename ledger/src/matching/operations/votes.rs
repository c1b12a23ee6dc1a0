//! What partners say for their donors: who is behind them, and for which campaigns they vote.

use super::locked::{Locked, lock};
use super::tally::{pseudonym, weighs};
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{CampaignId, DonorId, MatchingRoundId, OrganisationId};
use crate::matching::store::gifts::{self, Stated};
use crate::matching::store::votes::NewVotes;
use crate::matching::store::{rounds, votes};
use crate::pledging::store::donors;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// A partner states who is behind one of its donors: the keyed digest of a person, and whether it has verified the person.
///
/// # Errors
///
/// [`Error::NotFound`] for a donor that the partner has not brought.
pub async fn state_identity(
    tx: &Transaction<'_>,
    donor: DonorId,
    (identity, verified): (Digest, bool),
    partner: OrganisationId,
    wall: Timestamp,
) -> Result<(), Error> {
    let book = books::get(tx, donor.book).await?;
    require_own(tx, donor, partner).await?;
    let now = book.now(wall);
    gifts::upsert_identity(tx, donor, Stated { identity, verified }, partner, now).await?;
    let action = if verified { "identity_verified" } else { "identity_stated" };
    activity::record(tx, book.id, Done::new(&donor, action, Actor::Partner(partner)), now).await
}

async fn require_own(client: &impl GenericClient, donor: DonorId, partner: OrganisationId) -> Result<(), Error> {
    if donors::get(client, donor).await?.partner == partner {
        return Ok(());
    }
    Err(Error::NotFound("donor"))
}

/// Votes of a donor, as a partner brings them.
#[derive(Debug, Clone, Copy)]
pub struct Cast {
    /// In which round.
    pub round: MatchingRoundId,
    /// Whose votes.
    pub donor: DonorId,
    /// For which campaign.
    pub campaign: CampaignId,
    /// How many, more than 0.
    pub votes: i32,
}

/// What came of votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voted {
    /// Number of the votes within the round.
    pub number: i32,
    /// What the person has spent in the round by now.
    pub spent: i32,
    /// What each person may spend.
    pub allowance: i32,
}

/// A donor gives votes to a campaign of a round by votes. Donors of whom partners state the same person share one allowance.
///
/// # Errors
///
/// `round-not-open`, `round-without-votes`, `identity-unverified`, `votes-used-up`; [`Error::Invalid`] at `/campaign` for one that
/// is not in the round, at `/votes` for none; [`Error::NotFound`] for an unknown round, or a donor that the partner has not brought.
pub async fn cast(tx: &Transaction<'_>, cast: Cast, partner: OrganisationId, wall: Timestamp) -> Result<Voted, Error> {
    let Locked { book, round } = lock(tx, cast.round).await?;
    let now = book.now(wall);
    round.takes_money(now)?;
    let Some(ballot) = round.ballot else {
        return Err(Refusal::new("round-without-votes", "the round counts gifts, and takes no votes").into());
    };
    if cast.donor.book != round.id.book {
        return Err(Error::NotFound("donor"));
    }
    require_own(tx, cast.donor, partner).await?;
    if cast.votes < 1 {
        return Err(Error::invalid("/votes", "at least one vote"));
    }
    if !rounds::campaigns(tx, round.id).await?.contains(&cast.campaign) {
        return Err(Error::invalid("/campaign", "a campaign that is not in the round"));
    }
    let stated = gifts::identity(tx, cast.donor).await?;
    if !weighs(&round, stated) {
        return Err(Refusal::new("identity-unverified", "no partner has verified the person").into());
    }
    let identity = pseudonym(round.id, cast.donor, stated);
    let spent = votes::lock_voter(tx, &round, ballot, identity).await?;
    let given = votes::given(tx, &round, identity, cast.campaign).await?;
    let cost = ballot.cost.of(given + i64::from(cast.votes)) - ballot.cost.of(given);
    let left = i64::from(ballot.allowance - spent);
    let Some(cost) = i32::try_from(cost).ok().filter(|cost| i64::from(*cost) <= left) else {
        let detail = format!("they cost {cost}, and {left} of {} are left", ballot.allowance);
        return Err(Refusal::new("votes-used-up", detail).into());
    };
    let new = NewVotes { identity, donor: cast.donor, campaign: cast.campaign, votes: cast.votes, cost };
    let number = votes::insert(tx, &round, new, now).await?;
    let done = Done::new(&round.id, "voted", Actor::Partner(partner));
    activity::record(tx, book.id, done, now).await?;
    Ok(Voted { number, spent: spent + cost, allowance: ballot.allowance })
}
