//! When a campaign gives back what its fund holds: once it was told to, or has failed, and whenever something comes free later.

use crate::calendar::later;
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{CampaignId, PledgeId};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::kind::{RETURN_DAYS, Word};
use crate::pledging::store::{campaigns, lineage as layers};
use crate::service::job::{Job, NewJob};
use crate::service::store::{activity, jobs};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The action of a campaign that was told to give back.
pub(super) const RETURNED: &str = "returned";

/// A pledge's money is free again: campaigns that give back and hold some of it go on with that.
pub(super) async fn take_up(tx: &Transaction<'_>, book: &Book, pledge: PledgeId, wall: Timestamp) -> Result<(), Error> {
    let now = book.now(wall);
    for id in layers::campaigns_with(tx, pledge).await? {
        if let Some(from) = gives_back_from(tx, &campaigns::get(tx, id).await?).await? {
            enqueue_return(tx, book, id, None, from.max(now)).await?;
        }
    }
    Ok(())
}

/// Since when, in book time, a campaign gives back what its fund holds; none unless it was not successful, or closed and told to.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn gives_back_from(client: &impl GenericClient, campaign: &Campaign) -> Result<Option<Timestamp>, Error> {
    let told = activity::last(client, campaign.id.book, &campaign.id.to_string(), RETURNED).await?;
    let failed = campaign.verdict.filter(|verdict| verdict.word == Word::Failed);
    let failed = failed.filter(|_| campaign.kind.decider().is_some()).map(|verdict| later(verdict.at, RETURN_DAYS));
    Ok(told.into_iter().chain(failed).min())
}

/// All that the fund of a campaign held was looked at: what has not settled yet goes back when it has.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn go_on(tx: &Transaction<'_>, campaign: CampaignId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, campaign.book).await?;
    let Some(settles) = campaigns::settles_on(tx, campaign).await? else { return Ok(()) };
    // An hour later than the settlement itself.
    let at = book.start_of(settles).saturating_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX);
    if at > book.now(wall) {
        enqueue_return(tx, &book, campaign, None, at).await?;
    }
    Ok(())
}

/// The job that returns what a campaign's fund holds of pledges after one.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn enqueue_return(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: CampaignId,
    after: Option<PledgeId>,
    at: Timestamp,
) -> Result<(), Error> {
    let dedupe = format!("{campaign}-{}-{}", after.map_or(Uuid::nil(), |pledge| pledge.object), at.as_microsecond());
    let job = Job::ReturnCampaign { campaign, after };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: at, dedupe, job }).await?;
    Ok(())
}
