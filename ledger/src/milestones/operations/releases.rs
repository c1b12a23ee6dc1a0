//! Releases: the worker moves what was approved, and not disputed, from the campaign's fund to the team's payable.

use super::claims::addresses;
use super::clawbacks;
use super::locked::{ballot, enqueue, save};
use super::revocations;
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::calendar::later;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{ClaimId, OrganisationId, ReleaseId};
use crate::milestones::rules::claim::{Claim, ClaimState};
use crate::milestones::rules::milestone::Milestone;
use crate::milestones::rules::release::Release;
use crate::milestones::store::{claims, milestones, releases};
use crate::money::{Currency, Money};
use crate::parties::rules::role::Role;
use crate::parties::store::organisations;
use crate::pledging::operations::{chargebacks, lineage, recoveries};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::store::campaigns;
use crate::service::job::Job;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use std::mem::discriminant;

/// Releases what may be released of a claim now; none where that is nothing, so that done twice it pays once.
///
/// Before its first release the approvals are counted once more: when a tie was declared meanwhile, or a reviewer joined
/// the team, and too few remain, the claim goes back to its reviewers.
///
/// A claim whose revocation somebody asks for waits until that is decided, and nothing is released of one that lacks evidence of a
/// kind that the milestone asks for.
///
/// Money that a chargeback or a frozen custodian holds is waited for: nothing is released then, and the same is asked again a day later.
///
/// # Errors
///
/// `gate-missing`, `campaign-not-published`; what [`posting::post`] refuses, such as `below-floor`; `fund-short` when the fund's layers
/// hold less; [`Error::NotFound`] for an unknown claim.
pub async fn release(tx: &Transaction<'_>, id: ClaimId, wall: Timestamp) -> Result<Option<Release>, Error> {
    let book = books::get(tx, id.book).await?;
    let milestone = milestones::get(tx, claims::get(tx, id).await?.milestone).await?;
    let campaign = campaigns::lock(tx, milestone.campaign).await?;
    let milestone = milestones::lock(tx, milestone.id).await?;
    let claim = claims::lock(tx, id).await?;
    let now = book.now(wall);
    if !claim.still_approved(&ballot(tx, &book, &claim).await?, &milestone.policy) {
        reopen(tx, &book, milestone, claim, wall).await?;
        return Ok(None);
    }
    if let Some(until) = revocations::asked_until(tx, &claim, now).await? {
        // Somebody asks for its revocation: nothing is released until that is decided, or has lapsed.
        let dedupe = format!("{id} at {}", until.as_microsecond());
        enqueue(tx, book.id, until, dedupe, Job::ReleaseClaim { claim: id }).await?;
        return Ok(None);
    }
    let was = discriminant(&claim.state);
    let gate = milestone.gate.release(&claim.content.evidence);
    let (claim, amount) = claim.release(now);
    if amount == 0 {
        return Ok(None);
    }
    gate?;
    if chargebacks::keeps_back(tx, &campaign, amount).await? {
        // What a chargeback or a frozen custodian holds, or a chargeback has taken, is missing for now: looked at again a day later.
        let due = later(now, 1);
        let dedupe = format!("{id} at {}", due.as_microsecond());
        enqueue(tx, book.id, due, dedupe, Job::ReleaseClaim { claim: id }).await?;
        return Ok(None);
    }
    let amount = Money::from_minor(amount, claim.content.amount.currency())
        .map_err(|error| Error::inconsistent(format!("{id}: {error}")))?;
    let milestone = milestone.release(amount.minor(), !claim.state.is_in_play())?;
    let release = post(tx, &book, &campaign, &claim, amount, wall).await?;
    milestones::update(tx, &milestone).await?;
    activity::record(tx, book.id, Done::new(&release.id, "released", Actor::Service), now).await?;
    enqueue(tx, book.id, now, release.id.to_string(), Job::SendReleaseNotice { release: release.id }).await?;
    save(tx, milestone, claim, (was, Actor::Service), now).await?;
    Ok(Some(release))
}

/// Back to the reviewers; a claim with an open dispute waits for that first.
async fn reopen(
    tx: &Transaction<'_>,
    book: &Book,
    milestone: Milestone,
    claim: Claim,
    wall: Timestamp,
) -> Result<(), Error> {
    match claim.state {
        ClaimState::Approved(_) => {}
        ClaimState::Draft { .. }
        | ClaimState::Submitted(_)
        | ClaimState::InReview(_)
        | ClaimState::ChangesAsked { .. }
        | ClaimState::Disputed(_)
        | ClaimState::Rejected { .. }
        | ClaimState::Payable(_)
        | ClaimState::Paid(_)
        | ClaimState::Revoked { .. }
        | ClaimState::Expired => return Ok(()),
    }
    let now = book.now(wall);
    let was = discriminant(&claim.state);
    let claim = claim.reopen(&milestone.policy, now)?;
    let dedupe = format!("{} reopened at {now}", claim.id);
    enqueue(tx, book.id, now, dedupe, Job::NotifyReviewers { claim: claim.id }).await?;
    save(tx, milestone, claim, (was, Actor::Service), now).await?;
    Ok(())
}

/// Posts fund → team payable, and team payable → team receivable as far as the team owes something; writes the release with the
/// entry's number.
async fn post(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    claim: &Claim,
    amount: Money,
    wall: Timestamp,
) -> Result<Release, Error> {
    let fund = campaign.fund.ok_or_else(|| Refusal::new("campaign-not-published", "the campaign has no fund yet"))?;
    let payable = payable_of(tx, book, claim.team, amount.currency(), wall).await?;
    let clawed_back = clawbacks::owed(tx, book, claim.team, amount.currency()).await?;
    let id = ReleaseId::generate(book.id);
    let mut entry = movements::milestone_released(fund, payable, amount, book.today(wall), id);
    // Locks below this line are the book head and balances: the release's number is drawn before.
    let number = releases::next_number(tx, claim.id).await?;
    let currency = amount.currency();
    let owed = recoveries::owed(tx, book, claim.team, currency).await?;
    let set_off = owed.min(amount.minor());
    if let Ok(part) = Money::from_minor(set_off, currency) {
        let receivable = recoveries::receivable(tx, book, claim.team, currency, wall).await?;
        entry = movements::set_off(entry, payable, receivable, part);
    }
    let posted = posting::post(tx, book, entry, wall).await?;
    lineage::draw(tx, campaign, posted.number, amount).await?;
    let rest = (payable, amount.minor() - set_off);
    let set_off =
        set_off + clawbacks::set_off(tx, book, clawed_back, rest, (movements::Against::Release, id), wall).await?;
    let release = Release {
        id,
        number,
        claim: claim.id,
        milestone: claim.milestone,
        campaign: campaign.id,
        team: claim.team,
        amount,
        set_off,
        entry: posted.number,
        released_at: book.now(wall),
    };
    releases::insert(tx, &release).await?;
    Ok(release)
}

/// The account of what is owed to a team, opened when it is first needed; one more for each currency beside the book's.
async fn payable_of(
    tx: &Transaction<'_>,
    book: &Book,
    team: OrganisationId,
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let account = chart::team_payable(team).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}

/// What the message to the team needs.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The release.
    pub release: Release,
    /// What was released.
    pub milestone: Milestone,
    /// Its claim, as it stands now.
    pub claim: Claim,
    /// The title of the campaign.
    pub campaign: String,
    /// The name of the team.
    pub team: String,
    /// Addresses of the team's owners and of the claimant.
    pub recipients: Vec<String>,
}

/// The facts of the message about a release.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown release.
pub async fn notice(client: &impl GenericClient, id: ReleaseId) -> Result<Notice, Error> {
    let release = releases::get(client, id).await?;
    let milestone = milestones::get(client, release.milestone).await?;
    let claim = claims::get(client, release.claim).await?;
    let campaign = campaigns::get(client, release.campaign).await?.title;
    let team = organisations::find(client, release.team).await?.map(|team| team.name).unwrap_or_default();
    let mut told = organisations::list_persons_with(client, release.team, Role::Owner).await?;
    if !told.contains(&claim.claimant) {
        told.push(claim.claimant);
    }
    let recipients = addresses(client, &told).await?;
    Ok(Notice { release, milestone, claim, campaign, team, recipients })
}
