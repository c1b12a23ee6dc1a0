//! Consent to rules that were changed: teams agree or withdraw with their fee, sponsors agree or take back what is not drawn on yet.
//!
//! A team that says nothing is withdrawn when its time has passed, before anything is judged, and gets its fee back. What a sponsor gave
//! stays when it says nothing, and the sponsor may take it back until the challenge is opened.

use super::locked::{Locked, enqueue, lock, save};
use super::{news, purses};
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::entrant::{Entrant, WithdrawnBy};
use crate::challenges::rules::purse::{Contribution, ContributionState};
use crate::challenges::store::{challenges, consents, contributions, entrants};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{EntrantId, PersonId, PurseContributionId};
use crate::parties::operations::standing;
use crate::service::change::Change;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Until when teams that have entered agree to the version of the rules that is being written; none when there is no team. It asks
/// the worker to look then.
pub(super) async fn awaited(
    tx: &Transaction<'_>,
    challenge: &Challenge,
    version: i32,
    until: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    if consents::silent(tx, challenge.id, version).await?.is_empty() {
        return Ok(None);
    }
    let dedupe = format!("{} agrees to {version} until {until}", challenge.id);
    enqueue(tx, challenge.id, until, dedupe).await?;
    Ok(Some(until))
}

/// A member of a team agrees to the rules in force by their SHA-256. Said again, it changes nothing.
///
/// # Errors
///
/// `entry-withdrawn`, `rules-mismatch`, `consent-over`; [`Error::Forbidden`] for people of the host alone; [`Error::NotFound`]
/// for an unknown entry, and for strangers.
pub async fn consent(
    tx: &Transaction<'_>,
    id: EntrantId,
    rules: Digest,
    by: PersonId,
    wall: Timestamp,
) -> Result<Entrant, Error> {
    let book = books::get(tx, id.book).await?;
    let challenge = challenges::hold(tx, entrants::get(tx, id).await?.challenge).await?;
    let entrant = entrants::lock(tx, id).await?;
    demand_member(tx, &book, &entrant, by).await?;
    entrant.demand_standing()?;
    challenge.agree(rules)?;
    if entrant.rules_version == challenge.rules_version {
        return Ok(entrant);
    }
    let now = book.now(wall);
    if challenge.consent_until.is_none_or(|until| until <= now) {
        return Err(Refusal::new("consent-over", "the time to agree to the rules has passed").into());
    }
    let agreed = consents::agree(tx, &entrant, challenge.rules_version, rules, by, now).await?;
    activity::record(tx, book.id, Done::new(&id, "consented", Actor::Person(by)), now).await?;
    Ok(agreed)
}

/// A team that did not agree to the rules in force withdraws; its fee goes back, at once or when it has arrived.
///
/// # Errors
///
/// `rules-agreed`; what [`posting::post`](crate::engine::posting::post) refuses; [`Error::Invalid`] at `/reason`; [`Error::Forbidden`]
/// for people of the host alone; [`Error::NotFound`] for an unknown entry, and for strangers.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: EntrantId,
    by: PersonId,
    reason: &str,
    wall: Timestamp,
) -> Result<Entrant, Error> {
    let change = Change { version: None, actor: Actor::Person(by), reason };
    let Locked { book, challenge } = lock(tx, entrants::get(tx, id).await?.challenge).await?;
    let entrant = entrants::lock(tx, id).await?;
    change.check(entrant.version, "entry")?;
    demand_member(tx, &book, &entrant, by).await?;
    if entrant.withdrawn.is_some() {
        return Ok(entrant);
    }
    if entrant.rules_version == challenge.rules_version {
        let detail = "the team has agreed to the rules in force; who does not want to go on hands nothing in";
        return Err(Refusal::new("rules-agreed", detail).into());
    }
    let now = book.now(wall);
    consents::withdraw(tx, book.id, &[id], WithdrawnBy::Team, now).await?;
    activity::record(tx, book.id, Done::new(&id, "withdrawn", change.actor).because(reason), now).await?;
    return_fees(tx, &book, &challenge, wall).await?;
    if consents::fees_under_way(tx, challenge.id).await? {
        let tomorrow = crate::calendar::later(now, 1);
        enqueue(tx, challenge.id, tomorrow, format!("{} returns fees at {tomorrow}", challenge.id)).await?;
    }
    entrants::get(tx, id).await
}

/// The time to agree has passed: teams that said nothing are withdrawn, with their work.
pub(super) async fn end_silence(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let now = book.now(wall);
    let Some(until) = challenge.consent_until.filter(|until| *until <= now) else { return Ok(challenge) };
    let silent = consents::silent(tx, challenge.id, challenge.rules_version).await?;
    consents::withdraw(tx, book.id, &silent, WithdrawnBy::Silence, until).await?;
    for id in silent {
        activity::record(tx, book.id, Done::new(&id, "withdrawn", Actor::Service).because(SILENCE), now).await?;
        news::tell_of(tx, id, None, now).await?;
    }
    let closed = Challenge { consent_until: None, ..challenge };
    save(tx, book, closed, "consents_closed", Change::by_service(""), wall).await
}

const SILENCE: &str = "the team did not agree to the rules in time";

/// The fees of entries that were withdrawn go back, as far as they have arrived.
pub(super) async fn return_fees(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    wall: Timestamp,
) -> Result<(), Error> {
    let fees = consents::return_fees(tx, challenge.id).await?;
    purses::send_fees_back(tx, book, challenge, fees, wall).await
}

/// Members of the team do it; whoever is nothing to team and host hears of no entry.
async fn demand_member(
    client: &impl GenericClient,
    book: &Book,
    entrant: &Entrant,
    person: PersonId,
) -> Result<(), Error> {
    let standing = standing::standing(client, book, entrant.team, person).await?;
    if standing.is_stranger() {
        return Err(Error::NotFound("entry"));
    }
    if standing.team.is_empty() {
        return Err(Error::Forbidden("a member of the team does this"));
    }
    Ok(())
}

/// A sponsor agrees to the rules in force by their SHA-256, through who brought its contribution. Said again, it changes nothing.
///
/// # Errors
///
/// `rules-mismatch`; [`Error::NotFound`] for an unknown contribution.
pub async fn consent_contribution(
    tx: &Transaction<'_>,
    id: PurseContributionId,
    rules: Digest,
    actor: Actor,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let book = books::get(tx, id.book).await?;
    let challenge = challenges::hold(tx, contributions::get(tx, id).await?.challenge).await?;
    let contribution = contributions::lock(tx, id).await?;
    challenge.agree(rules)?;
    if contribution.agrees_to(challenge.rules_version) {
        return Ok(contribution);
    }
    let agreed = contributions::update_agreed(tx, id, challenge.rules_version, rules).await?;
    activity::record(tx, book.id, Done::new(&id, "consented", actor), book.now(wall)).await?;
    Ok(agreed)
}

/// A sponsor that did not agree to the rules in force takes back what it gave, while the challenge is not opened. Asked again, it
/// changes nothing.
///
/// # Errors
///
/// `rules-agreed`, `contribution-bound`, `contribution-unpaid`, `purse-settling`; what [`posting::post`](crate::engine::posting::post) refuses;
/// [`Error::NotFound`] for an unknown contribution.
pub async fn take_back(
    tx: &Transaction<'_>,
    id: PurseContributionId,
    actor: Actor,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let Locked { book, challenge } = lock(tx, contributions::get(tx, id).await?.challenge).await?;
    let contribution = contributions::lock(tx, id).await?;
    match contribution.state {
        ContributionState::Returned => return Ok(contribution),
        ContributionState::Pledged => {
            return Err(
                Refusal::new("contribution-unpaid", "it was promised, and never paid: nothing goes back").into()
            );
        }
        ContributionState::Captured => {
            let detail = "its custodian has not yet paid it over; try again when it has";
            return Err(Refusal::new("purse-settling", detail).into());
        }
        ContributionState::Settled => {}
    }
    if contribution.agrees_to(challenge.rules_version) {
        return Err(Refusal::new("rules-agreed", "the sponsor has agreed to the rules in force").into());
    }
    if challenge.is_unopened().is_err() {
        return Err(
            Refusal::new("contribution-bound", "the challenge was opened: its prizes draw on what was given").into()
        );
    }
    purses::send_back(tx, &book, &challenge, &contribution, wall).await?;
    activity::record(tx, book.id, Done::new(&id, "taken_back", actor), book.now(wall)).await?;
    contributions::get(tx, id).await
}
