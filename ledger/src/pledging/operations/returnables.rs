//! Money that nobody uses: its donor is told once, and takes it back or redirects it whenever they like.
//!
//! What is returnable is worked out from the book each time; only that a donor was told is written down.

use super::free::own_free;
use super::idle::{enqueue_at, facts, look_again};
use super::present::lock_present;
use super::return_times::gives_back_from;
use super::returns::return_part;
use crate::books::store::wind_ups;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, PledgeId};
use crate::money::Money;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::refund::Refund;
use crate::pledging::rules::returnable::{Returnable, Why};
use crate::pledging::store::{campaigns, chargebacks, custodian_holds, lineage as layers, returnables};
use crate::service::change::{Change, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// So many donors are told by one job.
const PAGE: usize = 50;

/// So many refunds are requested at once, at the most.
const REFUNDS_MAX: usize = 100;

/// What of a pledge's money lies in a campaign's fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The campaign.
    pub campaign: Campaign,
    /// What nothing has used.
    pub held: Money,
    /// What of it frozen custodians hold, minor units.
    pub frozen: i64,
    /// What of it its donor may take back or redirect; none when nothing is.
    pub returnable: Option<Returnable>,
    /// Where the host proposes to move it, as it winds its book up.
    pub proposed: Option<Proposed>,
}

/// What the host proposes who winds its book up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// To which campaign the money moves of who agrees.
    pub to: Campaign,
    /// The last day for that: what nobody answers for goes back then.
    pub until: Date,
}

/// What of a pledge's money lies in which fund, and what of it is returnable.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn money(
    client: &impl GenericClient,
    book: &Book,
    pledge: PledgeId,
    wall: Timestamp,
) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    for id in layers::campaigns_with(client, pledge).await? {
        let campaign = campaigns::get(client, id).await?;
        parts.extend(part(client, book, campaign, pledge, wall).await?);
    }
    Ok(parts)
}

async fn part(
    client: &impl GenericClient,
    book: &Book,
    campaign: Campaign,
    pledge: PledgeId,
    wall: Timestamp,
) -> Result<Option<Part>, Error> {
    let facts = facts(client, book, &campaign, book.now(wall)).await?;
    let rests = returnables::rests(client, &campaign, pledge).await?;
    let free = if chargebacks::holds(client, pledge).await? { 0 } else { own_free(client, &campaign).await? };
    let held = Money::from_minor(rests.iter().map(|rest| rest.left).sum(), campaign.currency);
    let returnable = facts.returnable(&rests, free, book.today(wall));
    let proposed = match returnable.map(|found| found.why) {
        Some(Why::HostCloses) => proposed(client, &campaign).await?,
        Some(Why::CampaignOver | Why::Idle) | None => None,
    };
    let frozen = match campaign.fund {
        Some(fund) => custodian_holds::frozen_of(client, fund, pledge).await?,
        None => 0,
    };
    Ok(held.ok().map(|held| Part { campaign, held, frozen, returnable, proposed }))
}

async fn proposed(client: &impl GenericClient, campaign: &Campaign) -> Result<Option<Proposed>, Error> {
    let of = wind_ups::last(client, campaign.id.book).await?;
    let plan = wind_ups::plan_of(client, campaign.id.book, campaign.fund()?).await?;
    let (Some(of), Some(to)) = (of, plan.and_then(|plan| plan.to)) else { return Ok(None) };
    Ok(Some(Proposed { to: campaigns::get(client, to).await?, until: of.return_after }))
}

/// A job that looks at a moment whose money in a campaign's fund is returnable, and tells them.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn look_at(tx: &Transaction<'_>, book: &Book, id: CampaignId, at: Timestamp) -> Result<(), Error> {
    enqueue_at(tx, book, id, None, at).await
}

/// Gives back what of a pledge's money is returnable, as refunds of its charges, the oldest first.
///
/// # Errors
///
/// `not-returnable`; what [`super::refunds::request`] refuses. [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown pledge.
pub async fn give_back(
    tx: &Transaction<'_>,
    id: PledgeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Vec<Refund>, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let book = books::get(tx, id.book).await?;
    lock_present(tx, &book, id, book.now(wall), wall).await?;
    let mut refunds = Vec::new();
    for part in money(tx, &book, id, wall).await? {
        let mut left = part.returnable.map_or(0, |found| found.amount);
        while left > 0 && refunds.len() < REFUNDS_MAX {
            let Some(refund) = return_part(tx, part.campaign.id, id, left, change, wall).await? else { break };
            left -= refund.of_fund();
            refunds.push(refund);
        }
    }
    if refunds.is_empty() {
        let detail = "nothing of the pledge's money is returnable: its campaigns are not over, and what they hold was given or \
                      used within the months that their terms say";
        return Err(Refusal::new("not-returnable", detail).into());
    }
    Ok(refunds)
}

/// Tells the donors of a campaign whose money has become returnable, a page of pledges, each once; and leaves a job for the next
/// page, or for the next moment at which there may be somebody to tell. Nobody is asked for a word whose money goes back already. Bears
/// being called twice.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown campaign.
pub async fn tell(tx: &Transaction<'_>, id: CampaignId, after: Option<PledgeId>, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let now = book.now(wall);
    let campaign = campaigns::get(tx, id).await?;
    let gives_back = gives_back_from(tx, &campaign).await?.is_some_and(|from| from <= now);
    if campaign.fund.is_none() || gives_back {
        return Ok(());
    }
    let place = after.map_or(Uuid::nil(), |pledge| pledge.object);
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let page = returnables::list_untold(tx, &campaign, place, limit).await?;
    for pledge in &page {
        let found = part(tx, &book, campaign.clone(), *pledge, wall).await?;
        let Some(found) = found.and_then(|part| part.returnable) else { continue };
        if returnables::insert_notice(tx, *pledge, id, found.since, now).await? {
            let job = Job::SendReturnableNotice { pledge: *pledge, campaign: id };
            jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe: format!("{pledge}-{id}"), job }).await?;
        }
    }
    match page.last().filter(|_| page.len() == PAGE) {
        Some(last) => enqueue_at(tx, &book, id, Some(*last), now).await,
        None => look_again(tx, &book, &campaign, now).await,
    }
}
