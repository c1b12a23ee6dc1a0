//! Judging: the panel, its scorecards, and the provisional ranking.

use super::locked::{Locked, lock, save};
use super::news;
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::judging::{self, Candidate, Ranked, Ranking, Scorecard, ScoresMissing};
use crate::challenges::rules::submission::{Submission, SubmissionState};
use crate::challenges::store::{challenges, scorecards, submissions};
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{ChallengeId, OrganisationId, PersonId, SubmissionId};
use crate::parties::operations::roles;
use crate::parties::rules::role::Role;
use crate::parties::store::{organisations, ties};
use crate::service::change::{Change, check_text};
use crate::service::job::ChallengeNews;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::collections::hash_map::{Entry, HashMap};

/// Puts a judge of the host on the panel of a challenge; says whether that is new.
///
/// # Errors
///
/// `challenge-judged`; [`Error::Invalid`] at `/person` for one without the role of judge in the host;
/// [`Error::NotFound`] for an unknown challenge.
pub async fn appoint(
    tx: &Transaction<'_>,
    challenge: ChallengeId,
    judge: PersonId,
    by: PersonId,
    wall: Timestamp,
) -> Result<bool, Error> {
    let Locked { book, challenge } = lock(tx, challenge).await?;
    challenge.takes_judges()?;
    if !organisations::list_roles(tx, book.organisation, judge).await?.contains(&Role::Judge) {
        return Err(Error::invalid("/person", "a person with the role judge in the host"));
    }
    let now = book.now(wall);
    let is_new = challenges::insert_judge(tx, challenge.id, judge, by, now).await?;
    if is_new {
        roles::tell(tx, Some(&book), (book.organisation, judge, Role::Judge), Some(challenge.id), wall).await?;
        activity::record(tx, book.id, Done::new(&challenge.id, "judge_appointed", Actor::Person(by)), now).await?;
    }
    Ok(is_new)
}

/// Whose cards count for nothing on the work of a team: its members, and people with a declared tie to it.
pub(super) async fn tied(
    client: &impl GenericClient,
    book: &Book,
    team: OrganisationId,
) -> Result<BTreeSet<PersonId>, Error> {
    let mut tied = ties::members(client, team).await?;
    tied.extend(ties::tied(client, book.id, team).await?);
    Ok(tied)
}

/// What a judge says of a submission.
#[derive(Debug, Clone)]
pub struct NewScorecard {
    /// The submission that is scored.
    pub submission: SubmissionId,
    /// The digest of what the judge read.
    pub digest: Digest,
    /// 0 to 100 points for each criterion of the stage, in their order.
    pub points: Vec<u8>,
    /// Why the judge scores so.
    pub comment: String,
}

/// Refuses whoever may not score a submission now.
///
/// # Errors
///
/// `challenge-not-judging`, `not-judged`, `declared-tie`; [`Error::Forbidden`] for whoever is not on the panel.
pub async fn admit_judge(
    client: &impl GenericClient,
    book: &Book,
    challenge: &Challenge,
    submission: &Submission,
    by: PersonId,
) -> Result<(), Error> {
    if !challenges::panel(client, challenge.id).await?.contains(&by) {
        return Err(Error::Forbidden("a judge on the panel of the challenge does this"));
    }
    challenge.takes_scores()?;
    match submission.state {
        SubmissionState::Submitted { .. } => {}
        SubmissionState::Draft | SubmissionState::Incomplete | SubmissionState::Withdrawn => {
            let detail = format!("the submission is {}: only complete work is judged", submission.state.as_str());
            return Err(Refusal::new("not-judged", detail).into());
        }
    }
    Ok(Candidate::admit(&tied(client, book, submission.team).await?, by)?)
}

/// A judge scores a submission; a later card of the same judge takes the place of the earlier one.
///
/// # Errors
///
/// `challenge-not-judging`, `not-judged`, `declared-tie`, `digest-mismatch`, `stage-not-scored`; [`Error::Invalid`] at
/// `/comment` or `/points`; [`Error::Forbidden`] for whoever is not on the panel; [`Error::NotFound`] for an unknown
/// submission.
pub async fn score(tx: &Transaction<'_>, new: NewScorecard, by: PersonId, wall: Timestamp) -> Result<Scorecard, Error> {
    check_text("/comment", &new.comment, text::STATEMENT_OR_NONE)?;
    let id = new.submission;
    let book = books::get(tx, id.book).await?;
    let challenge = challenges::hold(tx, submissions::get(tx, id).await?.challenge).await?;
    let submission = submissions::get(tx, id).await?;
    admit_judge(tx, &book, &challenge, &submission, by).await?;
    if new.digest != submission.digest() {
        let detail = format!("the submission's digest is {}; read it again, and restate it", submission.digest());
        return Err(Refusal::new("digest-mismatch", detail).into());
    }
    let rules = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?.rules;
    let stage =
        rules.stage(&submission.stage).ok_or_else(|| Error::inconsistent(format!("{id}: its stage is gone")))?;
    let card = Scorecard {
        judge: by,
        submission_digest: new.digest,
        points: new.points,
        comment: new.comment,
        at: book.now(wall),
    };
    card.check(stage)?;
    scorecards::upsert(tx, id, &card).await?;
    activity::record(tx, book.id, Done::new(&id, "scored", Actor::Person(by)), card.at).await?;
    Ok(card)
}

/// Publishes the provisional ranking, once all scores are there; the time for appeals begins.
///
/// # Errors
///
/// `challenge-not-judging`, `scores-missing`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at
/// `/reason`; [`Error::NotFound`] for an unknown challenge.
pub async fn rank(
    tx: &Transaction<'_>,
    id: ChallengeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Challenge, Error> {
    let Locked { book, challenge } = lock(tx, id).await?;
    change.check(challenge.version, "challenge")?;
    match rank_locked(tx, &book, challenge, false, change, wall).await? {
        Outcome::Ranked(challenge) => Ok(*challenge),
        Outcome::ScoresMissing(missing) => Err(Refusal::from(missing).into()),
    }
}

/// What ranking came to.
pub(super) enum Outcome {
    /// The provisional ranking is there.
    Ranked(Box<Challenge>),
    /// Nothing was written: judges have not scored everything.
    ScoresMissing(ScoresMissing),
}

pub(super) async fn rank_locked(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: Challenge,
    with_what_is_there: bool,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Outcome, Error> {
    let ranked = challenge.rank(book.now(wall))?;
    let rules = challenges::get_rules(tx, ranked.id, ranked.rules_version).await?.rules;
    let panel = challenges::panel(tx, ranked.id).await?;
    let candidates = candidates(tx, book, ranked.id).await?;
    let ranking = match judging::rank(&rules, &panel, &candidates, with_what_is_there) {
        Ok(ranking) => ranking,
        Err(missing) => return Ok(Outcome::ScoresMissing(missing)),
    };
    for place in ranking.values().flatten() {
        submissions::update_placed(tx, place.submission, place.placed).await?;
    }
    let ranked = save(tx, book, ranked, "ranked", change, wall).await?;
    news::tell(tx, &ranked, ChallengeNews::Ranking, "", book.now(wall)).await?;
    Ok(Outcome::Ranked(Box::new(ranked)))
}

/// The complete submissions with their cards.
async fn candidates(client: &impl GenericClient, book: &Book, challenge: ChallengeId) -> Result<Vec<Candidate>, Error> {
    let mut cards = scorecards::of_challenge(client, challenge).await?;
    let mut ties: HashMap<OrganisationId, BTreeSet<PersonId>> = HashMap::new();
    let mut candidates = Vec::new();
    for submission in submissions::list_submitted(client, challenge).await? {
        let Some(submitted_at) = submission.state.submitted_at() else { continue };
        let tied = match ties.entry(submission.team) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => unknown.insert(tied(client, book, submission.team).await?).clone(),
        };
        candidates.push(Candidate {
            submission: submission.id,
            team: submission.team,
            tied,
            cards: cards.remove(&submission.id).unwrap_or_default(),
            stage: submission.stage,
            submitted_at,
        });
    }
    Ok(candidates)
}

/// The ranking as it was published.
pub(super) async fn ranking(client: &impl GenericClient, challenge: ChallengeId) -> Result<Ranking, Error> {
    let mut ranking = Ranking::new();
    for submission in submissions::list_submitted(client, challenge).await? {
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
