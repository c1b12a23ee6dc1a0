//! Awards: when the time for appeals has passed, the prizes become payable, 500 in an entry.

use super::locked::{Locked, lock, save};
use super::{appeals, consents, judging, purses, rollovers, rubrics, share_plans};
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::challenges::rules::award::{self, Award, Part, Sharing};
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::judging::Ranking;
use crate::challenges::rules::rulebook::{Rules, Unawarded};
use crate::challenges::store::consents as entries;
use crate::challenges::store::{awards, challenges, share_plans as plans, submissions};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{AwardId, ChallengeId, OrganisationId, SubmissionId};
use crate::money::{Currency, Money};
use crate::service::change::Change;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The most awards that are answered at once, and that one entry makes payable.
const AWARDS_MAX: usize = 500;

/// Awards the prizes of a provisional ranking whose time for appeals has passed. Done twice, it is done once: the second
/// call answers what the first one did, the first 500 awards.
///
/// # Errors
///
/// `challenge-not-provisional`, `appeals-open`, `appeal-open`, `rubric-secret`, `shares-open`, `purse-settling`, `purse-frozen`; what [`posting::post`] refuses, such as
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
        share_plans::settle(tx, &book, challenge.id, wall).await?;
        share_plans::demand_fixed(tx, &book, &challenge, wall).await?;
        purses::demand_settled(tx, id).await?;
        purses::demand_free(tx, id).await?;
        award_locked(tx, &book, challenge, change, wall).await?
    };
    let most = i64::try_from(AWARDS_MAX).map_err(|_| Error::inconsistent("more awards than can be counted"))?;
    Ok((challenge, awards::list(tx, id, (0, 0, 0), most).await?))
}

/// A line for each prize, or for each part of one; what nobody won goes back or waits for another challenge, as the rules say, and the entry fees
/// go where they say.
pub(super) async fn award_locked(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let rules = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?.rules;
    let ranking = judging::ranking(tx, challenge.id).await?;
    let sharing = sharing(tx, challenge.id, &rules, &ranking).await?;
    let won = award::awards(&rules, &ranking, &sharing)?;
    let won = if rules.underfunded { award::fit(won, purses::settled(tx, &challenge).await?)? } else { won };
    let awarded = challenge.award(won.len(), book.now(wall))?;
    for won in won.chunks(AWARDS_MAX) {
        post(tx, book, &awarded, won, wall).await?;
    }
    share_plans::end(tx, book, awarded.id, wall).await?;
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
            part: award.part,
            plan: award.plan,
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

/// How the winners share their prizes. A team that has withdrawn gets no prize: its part is shared by the others.
async fn sharing(
    tx: &Transaction<'_>,
    challenge: ChallengeId,
    rules: &Rules,
    ranking: &Ranking,
) -> Result<Sharing, Error> {
    let mut sharing = Sharing::default();
    let withdrawn = entries::withdrawn_teams(tx, challenge).await?;
    for first in award::built_on(rules, ranking) {
        let mut named = Vec::new();
        for attribution in submissions::get(tx, first).await?.content.attributions {
            let source = submissions::get(tx, attribution.submission).await?;
            if !withdrawn.contains(&source.team) {
                named.push(Part { submission: source.id, team: source.team, share: attribution.share });
            }
        }
        sharing.stated.insert(first, named);
    }
    let winners: Vec<SubmissionId> = award::all_winners(rules, ranking).into_iter().collect();
    sharing.fixed = plans::fixed(tx, challenge.book, &winners).await?;
    for (submission, fixed) in &mut sharing.fixed {
        fixed.parts.retain(|part| !withdrawn.contains(&part.team));
        // What was built on is named, where it was.
        let stated = sharing.stated.get(submission).map_or(&[][..], Vec::as_slice);
        for part in &mut fixed.parts {
            if let Some(source) = stated.iter().find(|source| source.team == part.team) {
                part.submission = source.submission;
            }
        }
    }
    Ok(sharing)
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
