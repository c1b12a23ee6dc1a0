//! Milestones: planning one, setting money aside for it, giving it up; and who has a say in it.

use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Gate;
use crate::id::{CampaignId, MilestoneId, OrganisationId, PersonId};
use crate::milestones::rules::milestone::{Milestone, MilestoneState, Policy};
use crate::milestones::rules::review::Parties;
use crate::milestones::store::milestones;
use crate::money::Money;
use crate::parties::rules::role::Role;
use crate::parties::store::{organisations, ties};
use crate::pledging::operations::campaigns;
use crate::pledging::store::campaigns as campaign_rows;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Whose word does not count on a claim of this team.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn parties(
    client: &impl GenericClient,
    book: &Book,
    team: OrganisationId,
    claimant: PersonId,
) -> Result<Parties, Error> {
    Ok(Parties { claimant, team: ties::members(client, team).await?, tied: ties::tied(client, book.id, team).await? })
}

/// How many people the host has who could review claims of this team: shown beside the number that is needed.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn reviewers_available(
    client: &impl GenericClient,
    book: &Book,
    team: OrganisationId,
) -> Result<usize, Error> {
    let members = ties::members(client, team).await?;
    let tied = ties::tied(client, book.id, team).await?;
    let reviewers = organisations::list_persons_with(client, book.organisation, Role::Reviewer).await?;
    Ok(reviewers.iter().filter(|person| !members.contains(person) && !tied.contains(person)).count())
}

/// What a new milestone shall be.
#[derive(Debug, Clone)]
pub struct NewMilestone {
    /// The campaign whose money it will draw on.
    pub campaign: CampaignId,
    /// The organisation that does the work and is paid.
    pub team: OrganisationId,
    /// What it is called.
    pub name: String,
    /// What must be done.
    pub description: String,
    /// What it pays in all.
    pub amount: Money,
    /// How claims are decided.
    pub policy: Policy,
    /// Evidence without which no claim is taken.
    pub gate: Gate,
}

/// Plans a milestone; no money is set aside yet.
///
/// # Errors
///
/// `policy-out-of-bounds`; [`Error::Invalid`] at `/amount/currency` or `/team`; [`Error::NotFound`] for an unknown
/// campaign.
pub async fn create(
    tx: &Transaction<'_>,
    new: NewMilestone,
    by: PersonId,
    wall: Timestamp,
) -> Result<Milestone, Error> {
    let book = books::get(tx, new.campaign.book).await?;
    let campaign = campaign_rows::get(tx, new.campaign).await?;
    let currency = campaign.currency;
    if new.amount.currency() != currency {
        return Err(Error::invalid("/amount/currency", format!("the campaign's money is in {currency}")));
    }
    if organisations::find(tx, new.team).await?.is_none() {
        return Err(Error::invalid("/team", "no such organisation"));
    }
    new.policy.check()?;
    let milestone = Milestone {
        id: MilestoneId::generate(book.id),
        campaign: new.campaign,
        team: new.team,
        name: new.name,
        description: new.description,
        amount: new.amount,
        released: 0,
        policy: new.policy,
        gate: new.gate,
        state: MilestoneState::Planned,
        version: 1,
        created_at: book.now(wall),
    };
    milestones::insert(tx, &milestone).await?;
    activity::record(tx, book.id, Done::new(&milestone.id, "planned", Actor::Person(by)), book.now(wall)).await?;
    Ok(milestone)
}

/// Sets the milestone's whole amount aside, out of settled money of its campaign that nothing has set aside yet.
///
/// # Errors
///
/// `milestone-not-planned`, `fund-short`, `verdict-pending`, `campaign-failed`; [`Error::NotFound`] for an unknown milestone.
pub async fn fund(tx: &Transaction<'_>, id: MilestoneId, by: PersonId, wall: Timestamp) -> Result<Milestone, Error> {
    let book = books::get(tx, id.book).await?;
    let campaign = campaign_rows::lock(tx, milestones::get(tx, id).await?.campaign).await?;
    let milestone = milestones::lock(tx, id).await?;
    campaign.may_spend(book.now(wall))?;
    let funded = milestone.fund(campaigns::available(tx, &campaign).await?)?;
    save(tx, &book, funded, "funded", Actor::Person(by), "", wall).await
}

/// Gives a milestone up; what it had not released is free again.
///
/// # Errors
///
/// `reason-missing`, `claim-open`, `milestone-closed`; [`Error::NotFound`] for an unknown milestone.
pub async fn cancel(
    tx: &Transaction<'_>,
    id: MilestoneId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Milestone, Error> {
    if reason.trim().is_empty() {
        return Err(Refusal::new("reason-missing", "say why the milestone is given up").into());
    }
    let book = books::get(tx, id.book).await?;
    campaign_rows::lock(tx, milestones::get(tx, id).await?.campaign).await?;
    let milestone = milestones::lock(tx, id).await?;
    save(tx, &book, milestone.cancel(reason.clone())?, "cancelled", Actor::Person(by), &reason, wall).await
}

/// Gives up all milestones of a campaign for which money is set aside and that nobody claims; what they had not released is free
/// again. Those that are claimed stay until their claim is decided.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown campaign.
pub async fn cancel_unclaimed(
    tx: &Transaction<'_>,
    id: CampaignId,
    reason: &str,
    wall: Timestamp,
) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    campaign_rows::lock(tx, id).await?;
    for milestone in milestones::lock_unclaimed(tx, id).await? {
        let cancelled = milestone.cancel(reason.to_owned())?;
        save(tx, &book, cancelled, "cancelled", Actor::Service, reason, wall).await?;
    }
    Ok(())
}

async fn save(
    tx: &Transaction<'_>,
    book: &Book,
    milestone: Milestone,
    action: &str,
    by: Actor,
    reason: &str,
    wall: Timestamp,
) -> Result<Milestone, Error> {
    let milestone = milestones::update(tx, &milestone).await?;
    activity::record(tx, book.id, Done::new(&milestone.id, action, by).because(reason), book.now(wall)).await?;
    Ok(milestone)
}
