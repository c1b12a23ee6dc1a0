//! Awards: when the time for appeals has passed, the prizes become payable, all in one entry.

use super::locked::{Locked, lock, save};
use super::{appeals, consents, purses, rollovers, rubrics};
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::challenges::rules::award::{self, Award, Part};
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::judging::{Ranked, Ranking};
use crate::challenges::rules::rulebook::{Rules, Unawarded};
use crate::challenges::store::consents as entries;
use crate::challenges::store::{awards, challenges, submissions};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{AwardId, ChallengeId, OrganisationId, SubmissionId};
use crate::money::{Currency, Money};
use crate::service::change::Change;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The most awards of a challenge.
const AWARDS_MAX: i64 = 500;

/// Awards the prizes of a provisional ranking whose time for appeals has passed. Done twice, it is done once: the second
/// call answers what the first one did.
///
/// # Errors
///
/// `challenge-not-provisional`, `appeals-open`, `appeal-open`, `rubric-secret`, `purse-settling`, `purse-frozen`; what [`posting::post`] refuses, such as
/// `below-floor`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an
/// unknown challenge.
pub async fn award(
    tx: &Transaction<'_>,
    id: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<(Challenge, Vec<Award>), Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    let challenge = if challenge.state.is_awarded() {
        challenge
    } else {
        change.check(challenge.version, "challenge")?;
        challenge.may_award(book.now(wall))?;
        appeals::demand_decided(tx, id).await?;
        rubrics::demand_shown(tx, &book, &challenge, wall).await?;
        purses::demand_settled(tx, id).await?;
        purses::demand_free(tx, id).await?;
        award_locked(tx, &book, challenge, change, wall).await?
    };
    Ok((challenge, awards::list(tx, id, (0, 0), AWARDS_MAX).await?))
}

/// One entry with a line for each prize; what nobody won goes back or waits for another challenge, as the rules say, and the entry fees
/// go where they say.
pub(super) async fn award_locked(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let rules = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?.rules;
    let ranking = ranking(tx, challenge.id).await?;
    let parts = parts(tx, challenge.id, &rules, &ranking).await?;
    let won = award::awards(&rules, &ranking, &parts)?;
    let awarded = challenge.award(won.len(), book.now(wall))?;
    if !won.is_empty() {
        post(tx, book, &awarded, &won, wall).await?;
    }
    let fees = rules.entry_fee.as_ref().map(|fee| fee.goes_to);
    consents::return_fees(tx, book, &awarded, wall).await?;
    let awarded = match rules.unawarded {
        Unawarded::ReturnToSponsors => {
            purses::close(tx, book, &awarded, fees, wall).await?;
            awarded
        }
        Unawarded::RollOver => {
            purses::close_fees(tx, book, &awarded, fees, wall).await?;
            rollovers::begin(tx, book, awarded, &rules, wall).await?
        }
    };
    let action = awarded.state.as_str();
    save(tx, book, awarded, action, change, wall).await
}

/// Posts purse → prize payable, and writes the awards with the entry's number.
async fn post(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    won: &[award::Won],
    wall: Timestamp,
) -> Result<(), Error> {
    let purse = challenge.account.ok_or_else(|| Error::inconsistent(format!("{}: it has no purse", challenge.id)))?;
    let currency = challenge.purse.currency();
    let mut lines = Vec::with_capacity(won.len());
    for award in won {
        let amount = Money::from_minor(award.amount, currency)
            .map_err(|error| Error::inconsistent(format!("{}: {error}", challenge.id)))?;
        lines.push((payable_of(tx, book, award.team, currency, wall).await?, amount));
    }
    let entry = movements::prize_awarded(purse, &lines, book.today(wall), challenge.id);
    let entry = posting::post(tx, book, entry, wall).await?.number;
    for (award, (_, amount)) in won.iter().zip(lines) {
        let prize = i16::try_from(award.prize + 1).map_err(|_| Error::inconsistent("a prize beyond the rules"))?;
        let new = Award {
            id: AwardId::generate(book.id),
            challenge: challenge.id,
            rules_version: challenge.rules_version,
            prize,
            number: award.number,
            submission: award.submission,
            team: award.team,
            amount,
            entry,
            awarded_at: book.now(wall),
        };
        awards::insert(tx, &new).await?;
    }
    Ok(())
}

/// The ranking as it was published.
async fn ranking(tx: &Transaction<'_>, challenge: ChallengeId) -> Result<Ranking, Error> {
    let mut ranking = Ranking::new();
    for submission in submissions::list_submitted(tx, challenge).await? {
        if let Some(placed) = submission.placed {
            let ranked = Ranked { submission: submission.id, team: submission.team, placed };
            ranking.entry(submission.stage).or_default().push(ranked);
        }
    }
    for places in ranking.values_mut() {
        places.sort_by_key(|ranked| ranked.placed.place);
    }
    Ok(ranking)
}

/// On whose work the first submissions of shared pools build. A team that has withdrawn gets no prize: its part is shared by the others.
async fn parts(
    tx: &Transaction<'_>,
    challenge: ChallengeId,
    rules: &Rules,
    ranking: &Ranking,
) -> Result<BTreeMap<SubmissionId, Vec<Part>>, Error> {
    let mut parts = BTreeMap::new();
    let withdrawn = entries::withdrawn_teams(tx, challenge).await?;
    for first in award::built_on(rules, ranking) {
        let mut named = Vec::new();
        for attribution in submissions::get(tx, first).await?.content.attributions {
            let source = submissions::get(tx, attribution.submission).await?;
            if !withdrawn.contains(&source.team) {
                named.push(Part { submission: source.id, team: source.team, share: attribution.share });
            }
        }
        parts.insert(first, named);
    }
    Ok(parts)
}

/// The account of prizes that are owed to a team; one more for each currency beside the book's.
async fn payable_of(
    tx: &Transaction<'_>,
    book: &Book,
    team: OrganisationId,
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let account = chart::prize_payable(team).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}
