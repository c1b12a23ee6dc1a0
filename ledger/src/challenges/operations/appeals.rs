//! Appeals: a team has something against a provisional ranking, an owner of the host decides, and the clock where nobody does.

use super::locked::{Locked, enqueue, lock, save};
use super::{judging, news};
use crate::calendar::later;
use crate::challenges::rules::appeal::{Appeal, AppealState};
use crate::challenges::rules::rulebook;
use crate::challenges::store::{appeals, challenges, entrants, submissions};
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::id::{AppealId, ChallengeId, OrganisationId, PersonId};
use crate::parties::rules::role::Role;
use crate::parties::store::organisations;
use crate::service::change::{Change, check_text};
use crate::service::job::ChallengeNews;
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// A member of a team that has entered raises its one appeal, within the time for appeals. It is decided in the days that the rules say,
/// or it lapses.
///
/// # Errors
///
/// `appeals-over`, `team-not-entered`, `entry-withdrawn`, `appeal-raised`; [`Error::Invalid`] at `/reason`; [`Error::Forbidden`] for
/// whoever is no member of the team; [`Error::NotFound`] for an unknown challenge.
pub async fn raise(
    tx: &Transaction<'_>,
    challenge: ChallengeId,
    team: OrganisationId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Appeal, Error> {
    check_text("/reason", &reason, text::STATEMENT)?;
    let book = books::get(tx, challenge.book).await?;
    let challenge = challenges::hold(tx, challenge).await?;
    let now = book.now(wall);
    if organisations::list_roles(tx, team, by).await?.is_empty() {
        return Err(Error::Forbidden("a member of the team does this"));
    }
    let entrant = entrants::find_of_team(tx, challenge.id, team).await?;
    let entrant = entrant.ok_or_else(|| Refusal::new("team-not-entered", "the team has not entered this challenge"))?;
    entrant.demand_standing()?;
    challenge.takes_appeals(now)?;
    let rules = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?.rules;
    let until = later(now, rules.appeal_decision_days.unwrap_or(rulebook::APPEAL_DAYS));
    let appeal = Appeal {
        id: AppealId::generate(book.id),
        challenge: challenge.id,
        entrant: entrant.id,
        raised_by: by,
        reason,
        state: AppealState::Open,
        raised_at: now,
        until,
        decided_by: None,
        decided_at: None,
        decision: String::new(),
    };
    if !appeals::insert(tx, &appeal).await? {
        return Err(Refusal::new("appeal-raised", "the team has raised its appeal in this challenge").into());
    }
    activity::record(tx, book.id, Done::new(&appeal.id, "raised", Actor::Person(by)), now).await?;
    enqueue(tx, challenge.id, until, format!("{} lapses at {until}", appeal.id)).await?;
    news::tell_of(tx, appeal.entrant, Some((appeal.id, appeal.state)), now).await?;
    appeals::get(tx, appeal.id).await
}

/// An owner of the host who is no judge of the challenge upholds or dismisses an appeal. One that is upheld sends the work back to the
/// judges: all places fall, and the next ranking is provisional again.
///
/// # Errors
///
/// `appeal-decided`; [`Error::Invalid`] at `/reason`; [`Error::Forbidden`] for whoever is no owner of the host, judges the challenge or is
/// tied to the team; [`Error::NotFound`] for an unknown appeal.
pub async fn decide(
    tx: &Transaction<'_>,
    id: AppealId,
    is_upheld: bool,
    by: PersonId,
    reason: &str,
    wall: Timestamp,
) -> Result<Appeal, Error> {
    check_text("/reason", reason, text::REASON)?;
    let Locked { book, challenge } = lock(tx, appeals::get(tx, id).await?.challenge).await?;
    let appeal = appeals::get(tx, id).await?;
    if !organisations::list_roles(tx, book.organisation, by).await?.contains(&Role::Owner) {
        return Err(Error::Forbidden("an owner of the host does this"));
    }
    if challenges::panel(tx, challenge.id).await?.contains(&by) {
        return Err(Error::Forbidden("whoever judges the challenge does not decide appeals"));
    }
    let team = entrants::get(tx, appeal.entrant).await?.team;
    if judging::tied(tx, &book, team).await?.contains(&by) {
        return Err(Error::Forbidden("whoever is tied to the team does not decide its appeal"));
    }
    let now = book.now(wall);
    let state = if is_upheld { AppealState::Upheld } else { AppealState::Dismissed };
    let decided = appeals::update(tx, &appeal.decide(state, by, reason.to_owned(), now)?).await?;
    let change = Change { version: None, actor: Actor::Person(by), reason };
    activity::record(tx, book.id, Done::new(&id, state.as_str(), change.actor).because(reason), now).await?;
    news::tell_of(tx, decided.entrant, Some((id, decided.state)), now).await?;
    if is_upheld && challenge.state.is_ranked() {
        submissions::clear_places(tx, challenge.id).await?;
        let again = save(tx, &book, challenge.judge_again(now), "judged_again", change, wall).await?;
        news::tell(tx, &again, ChallengeNews::Judging, "", now).await?;
    } else {
        // The time for appeals may have passed meanwhile.
        enqueue(tx, challenge.id, now, format!("{id} is decided")).await?;
    }
    Ok(decided)
}

/// Refuses with `appeal-open` while one is not decided.
pub(super) async fn demand_decided(tx: &Transaction<'_>, challenge: ChallengeId) -> Result<(), Error> {
    match appeals::next_lapse(tx, challenge).await? {
        Some(until) => {
            let detail = format!("an appeal against the ranking is open; it is decided by {until}, or lapses then");
            Err(Refusal::new("appeal-open", detail).into())
        }
        None => Ok(()),
    }
}
