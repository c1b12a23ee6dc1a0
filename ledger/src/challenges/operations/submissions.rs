//! Teams in a challenge: they enter, pay the fee where there is one, and hand work in.

use super::purses;
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::entering::{self, Answer};
use crate::challenges::rules::entrant::Entrant;
use crate::challenges::rules::purse::FeeState;
use crate::challenges::rules::share_plan::{self, PlanState};
use crate::challenges::rules::submission::{self, Content, Submission, SubmissionState};
use crate::challenges::store::{attributions, challenges, consents, entrants, share_plans, submissions};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{ChallengeId, EntrantId, OrganisationId, PersonId, SubmissionId};
use crate::money::Money;
use crate::movements;
use crate::parties::store::organisations;
use crate::service::change::{check_line, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::operations::settlements;
use crate::treasury::rules::settlement::Method;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

/// A team that wants to enter.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// The challenge that it enters.
    pub challenge: ChallengeId,
    /// The team.
    pub team: OrganisationId,
    /// SHA-256 of the rules that it agrees to.
    pub rules: Digest,
    /// The partner platform that takes the fee; none when the host takes it.
    pub collector: Option<OrganisationId>,
    /// What it answers to the questions of the rules.
    pub answers: Vec<Answer>,
}

/// A team enters a challenge: a member of it agrees to the rules by their SHA-256, answers what they ask, and says which partner platform
/// takes the fee, if it is not the host.
///
/// # Errors
///
/// `challenge-takes-no-entries`, `rules-mismatch`, `not-eligible`, `team-entered`; [`Error::Invalid`] at `/collector` or below `/answers`;
/// [`Error::Forbidden`] for whoever is no member of the team; [`Error::NotFound`] for an unknown challenge.
pub async fn enter(tx: &Transaction<'_>, new: NewEntry, by: PersonId, wall: Timestamp) -> Result<Entrant, Error> {
    let NewEntry { challenge, team, rules, collector, answers } = new;
    let book = books::get(tx, challenge.book).await?;
    let challenge = challenges::hold(tx, challenge).await?;
    let now = book.now(wall);
    challenge.takes_entries(now)?;
    challenge.agree(rules)?;
    demand_member(tx, team, by).await?;
    if let Some(collector) = collector
        && !books::partner_admitted(tx, book.id, collector).await?
    {
        return Err(Error::invalid("/collector", "no partner platform that is admitted to the book"));
    }
    let known = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?;
    let answers = entering::answered(&known.rules.questions, &answers)?;
    let fee = known.rules.entry_fee.map_or(0, |fee| fee.amount.minor());
    let entrant = Entrant {
        id: EntrantId::generate(book.id),
        challenge: challenge.id,
        team,
        entered_by: by,
        collector,
        rules_version: challenge.rules_version,
        rules,
        fee,
        fee_state: if fee == 0 { FeeState::Free } else { FeeState::Due },
        withdrawn: None,
        version: 1,
        entered_at: now,
    };
    if !entrants::insert(tx, &entrant).await? {
        return Err(Refusal::new("team-entered", "the team has entered this challenge before").into());
    }
    consents::insert_answers(tx, entrant.id, &answers).await?;
    activity::record(tx, book.id, Done::new(&entrant.id, "entered", Actor::Person(by)), now).await?;
    Ok(entrant)
}

/// A custodian (a partner platform or the host itself) has the fee of a team, since now, or since `kept_since`: the moment in
/// the book's time since which the report was kept. The same payment reported again changes nothing.
///
/// # Errors
///
/// `challenge-takes-no-entries`, `entry-withdrawn`, `fee-not-due`, `payment-taken`; what [`posting::post`] refuses. [`Error::Invalid`] at
/// `/provider_reference`; [`Error::StillRunning`] when the book's day ended under the transaction: try again;
/// [`Error::NotFound`] for an unknown entry, and for one whose fee somebody else takes.
pub async fn capture_fee(
    tx: &Transaction<'_>,
    id: EntrantId,
    partner: OrganisationId,
    provider_reference: &str,
    actor: Actor,
    kept_since: Option<Timestamp>,
    wall: Timestamp,
) -> Result<Entrant, Error> {
    check_line("/provider_reference", provider_reference, text::REFERENCE)?;
    let book = books::get(tx, id.book).await?;
    let challenge = challenges::hold(tx, entrants::get(tx, id).await?.challenge).await?;
    let at = kept_since.unwrap_or(book.now(wall));
    let entrant = entrants::lock(tx, id).await?;
    if !entrant.is_collected_by(partner, book.organisation) {
        return Err(Error::NotFound("entry"));
    }
    if entrants::is_paid_by(tx, id, partner, provider_reference).await? {
        return Ok(entrant);
    }
    entrant.demand_standing()?;
    challenge.takes_entries(at)?;
    match entrant.fee_state {
        FeeState::Due => {}
        FeeState::Free | FeeState::Captured | FeeState::Settled | FeeState::Closed | FeeState::Returned => {
            let detail = format!("the fee of this entry is {}", entrant.fee_state);
            return Err(Refusal::new("fee-not-due", detail).into());
        }
    }
    if entrants::provider_reference_taken(tx, book.id, partner, provider_reference).await? {
        return Err(Refusal::new("payment-taken", format!("{provider_reference} paid another fee")).into());
    }
    let fee = Money::from_minor(entrant.fee, challenge.purse.currency())
        .map_err(|error| Error::inconsistent(format!("{id}: {error}")))?;
    let on = book.day_of(at);
    let settlement = settlements::open(tx, &book, partner, (fee.currency(), Method::Card), on, wall).await?;
    let account = purses::fee_account(tx, &book, &challenge, wall).await?;
    let entry = movements::entry_fee_captured(settlement.receivable, account, fee, on, id);
    let entry = posting::post(tx, &book, entry, wall).await?.number;
    let entrant = entrants::update_captured(tx, id, partner, provider_reference, settlement.id, entry).await?;
    activity::record(tx, book.id, Done::new(&id, "fee_captured", actor), book.now(wall)).await?;
    Ok(entrant)
}

/// Keeps the report of a fee until its book is released: [`capture_fee`] said that it is frozen, and so nothing else against it.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown entry.
pub async fn keep_report(
    tx: &Transaction<'_>,
    id: EntrantId,
    custodian: OrganisationId,
    provider_reference: &str,
    actor: Actor,
    wall: Timestamp,
) -> Result<Entrant, Error> {
    let entrant = entrants::get(tx, id).await?;
    let book = books::get(tx, id.book).await?;
    if !entrant.is_collected_by(custodian, book.organisation) {
        return Err(Error::NotFound("entry"));
    }
    let dedupe = jobs::dedupe_of_report(&id, &[provider_reference]);
    let provider_reference = provider_reference.to_owned();
    let job = Job::RecordEntryFee { entrant: id, custodian, provider_reference, actor };
    jobs::enqueue(tx, &NewJob { book: id.book, due_at: book.now(wall), dedupe, job }).await?;
    Ok(entrant)
}

/// Work that a team begins to write for a stage.
#[derive(Debug, Clone)]
pub struct NewSubmission {
    /// The challenge to which it is handed in.
    pub challenge: ChallengeId,
    /// The team whose work it is.
    pub team: OrganisationId,
    /// Name of the stage for which it is written.
    pub stage: String,
    /// What it says.
    pub content: Content,
}

/// Begins a submission: one for each team and stage.
///
/// # Errors
///
/// `challenge-not-open`, `team-not-entered`, `entry-withdrawn`, `unknown-stage`, `submission-exists`; [`Error::Invalid`] at `/title`,
/// `/note`, `/evidence` or below `/attributions`; [`Error::Forbidden`] for whoever is no member of the team;
/// [`Error::NotFound`] for an unknown challenge.
pub async fn create(
    tx: &Transaction<'_>,
    new: NewSubmission,
    by: PersonId,
    wall: Timestamp,
) -> Result<Submission, Error> {
    let book = books::get(tx, new.challenge.book).await?;
    let challenge = challenges::hold(tx, new.challenge).await?;
    let now = book.now(wall);
    challenge.takes_submissions(now)?;
    demand_member(tx, new.team, by).await?;
    let entrant = entrants::find_of_team(tx, challenge.id, new.team).await?;
    let entrant = entrant.ok_or_else(|| Refusal::new("team-not-entered", "the team has not entered this challenge"))?;
    entrant.demand_standing()?;
    let rules = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?.rules;
    if rules.stage(&new.stage).is_none() {
        return Err(submission::unknown_stage(&new.stage).into());
    }
    let submission = Submission {
        id: SubmissionId::generate(book.id),
        challenge: challenge.id,
        entrant: entrant.id,
        team: new.team,
        stage: new.stage,
        content: new.content,
        revision: 1,
        state: SubmissionState::Draft,
        placed: None,
        version: 1,
        created_at: now,
    };
    check_content(tx, &challenge, &submission).await?;
    if !submissions::insert(tx, &submission).await? {
        let detail = format!("the team has a submission for the stage {}", submission.stage);
        return Err(Refusal::new("submission-exists", detail).into());
    }
    activity::record(tx, book.id, Done::new(&submission.id, "created", Actor::Person(by)), now).await?;
    Ok(submission)
}

/// Other content. One that was handed in is a draft again. Nothing builds on itself, by no way through the work of others; and a share
/// plan that stands names whom the work builds on.
///
/// # Errors
///
/// `challenge-not-open`, `submission-closed`, `attribution-cycle`, `contributor-missing`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/title`,
/// `/note`, `/evidence` or below `/attributions`; [`Error::Forbidden`] for whoever is no member of the team;
/// [`Error::NotFound`] for an unknown submission.
pub async fn edit(
    tx: &Transaction<'_>,
    id: SubmissionId,
    version: i64,
    content: Content,
    by: PersonId,
    wall: Timestamp,
) -> Result<Submission, Error> {
    // Two edits that each name the other work would each see no circle: whoever names others is alone.
    let alone = !content.attributions.is_empty();
    let (book, challenge, submission) = open(tx, id, Some(version), alone, by, wall).await?;
    let edited = submission.edit(content)?;
    let sources = check_content(tx, &challenge, &edited).await?;
    demand_no_circle(tx, &edited).await?;
    if let Some(plan) = share_plans::find_of_submission(tx, id).await?.filter(|plan| plan.state != PlanState::Lapsed) {
        share_plan::names_all(&plan.shares(), &sources)?;
    }
    let edited = submissions::update(tx, &edited, true).await?;
    activity::record(tx, book.id, Done::new(&id, "edited", Actor::Person(by)), book.now(wall)).await?;
    Ok(edited)
}

/// Hands work in. What is incomplete is refused with what is missing, and stays a draft.
///
/// # Errors
///
/// `challenge-not-open`, `fee-due`, `consent-due`, `submission-not-draft`, `gate-incomplete`; [`Error::Stale`] for an outdated
/// version; [`Error::Forbidden`] for whoever is no member of the team; [`Error::NotFound`] for an unknown submission.
pub async fn submit(
    tx: &Transaction<'_>,
    id: SubmissionId,
    version: Option<i64>,
    by: PersonId,
    wall: Timestamp,
) -> Result<Submission, Error> {
    let (book, challenge, submission) = open(tx, id, version, false, by, wall).await?;
    let entrant = entrants::get(tx, submission.entrant).await?;
    if !entrant.fee_state.is_paid() {
        return Err(Refusal::new("fee-due", "the entry fee of the team is not paid").into());
    }
    if entrant.withdrawn.is_none() && entrant.rules_version != challenge.rules_version {
        let detail = format!("the rules changed: the team agrees to those with the SHA-256 {} first", challenge.rules);
        return Err(Refusal::new("consent-due", detail).into());
    }
    let rules = challenges::get_rules(tx, challenge.id, challenge.rules_version).await?.rules;
    let submitted = submission.submit(&rules, book.now(wall))?;
    let submitted = submissions::update(tx, &submitted, false).await?;
    activity::record(tx, book.id, Done::new(&id, "submitted", Actor::Person(by)), book.now(wall)).await?;
    Ok(submitted)
}

/// A submission that a member of its team may change now, its row locked; and so its challenge, where nobody else may change another one
/// meanwhile.
async fn open(
    tx: &Transaction<'_>,
    id: SubmissionId,
    version: Option<i64>,
    alone: bool,
    by: PersonId,
    wall: Timestamp,
) -> Result<(Book, Challenge, Submission), Error> {
    let book = books::get(tx, id.book).await?;
    let of = submissions::get(tx, id).await?.challenge;
    let challenge = if alone { challenges::lock(tx, of).await? } else { challenges::hold(tx, of).await? };
    let submission = submissions::lock(tx, id).await?;
    demand_member(tx, submission.team, by).await?;
    if version.is_some_and(|seen| seen != submission.version) {
        return Err(Error::Stale("submission"));
    }
    challenge.takes_submissions(book.now(wall))?;
    Ok((book, challenge, submission))
}

pub(super) async fn demand_member(
    client: &impl GenericClient,
    team: OrganisationId,
    person: PersonId,
) -> Result<(), Error> {
    if organisations::list_roles(client, team, person).await?.is_empty() {
        return Err(Error::Forbidden("a member of the team does this"));
    }
    Ok(())
}

/// Refuses texts out of bounds, and attributions to other challenges' work or to the team's own: a pool that is shared by
/// contribution is for others. Answers whose work it builds on.
async fn check_content(
    tx: &Transaction<'_>,
    challenge: &Challenge,
    of: &Submission,
) -> Result<Vec<OrganisationId>, Error> {
    check_line("/title", &of.content.title, text::NAME)?;
    check_text("/note", &of.content.note, text::NOTE)?;
    of.content.check(of.id)?;
    let mut sources = Vec::new();
    for (index, part) in of.content.attributions.iter().enumerate() {
        let wrong = |field: &str, why: &str| Error::invalid(format!("/attributions/{index}/{field}"), why);
        text::line(&part.part, text::NAME).map_err(|why| wrong("part", &why.to_string()))?;
        let source = match submissions::get(tx, part.submission).await {
            Ok(source) if source.challenge == challenge.id => source,
            Ok(_) | Err(Error::NotFound(_)) => return Err(wrong("submission", "a submission to this challenge")),
            Err(other) => return Err(other),
        };
        if source.team == of.team {
            return Err(wrong("submission", "the submission of another team"));
        }
        sources.push(source.team);
    }
    Ok(sources)
}

/// Refuses with `attribution-cycle`, and the way, what would build on itself through the work that it names.
async fn demand_no_circle(tx: &Transaction<'_>, of: &Submission) -> Result<(), Error> {
    // By which work each was come to.
    let mut reached: BTreeMap<SubmissionId, SubmissionId> = BTreeMap::new();
    let mut edges: Vec<(SubmissionId, SubmissionId)> =
        of.content.attributions.iter().map(|part| (of.id, part.submission)).collect();
    while !edges.is_empty() {
        let mut next = Vec::new();
        for (from, to) in edges {
            if to == of.id {
                let mut way = vec![of.id.to_string(), from.to_string()];
                let mut at = from;
                while let Some(before) = reached.get(&at) {
                    way.push(before.to_string());
                    at = *before;
                }
                way.reverse();
                let detail = format!("a submission does not build on itself: {}", way.join(" builds on "));
                return Err(Refusal::new("attribution-cycle", detail).into());
            }
            if let Place::Vacant(place) = reached.entry(to) {
                place.insert(from);
                next.push(to);
            }
        }
        edges = attributions::sources(tx, of.id.book, &next).await?;
    }
    Ok(())
}
