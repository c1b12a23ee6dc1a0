//! When somebody looks whether a campaign's money has become returnable, and what decides about it.

use crate::books::rules::wind_up::PlanKind;
use crate::books::store::wind_ups;
use crate::calendar::{days_after, later};
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::{CampaignId, PledgeId};
use crate::pledging::rules::campaign::{Campaign, State};
use crate::pledging::rules::returnable::FundFacts;
use crate::pledging::store::{campaigns, returnables};
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A campaign that is over is looked at again after so many days: what was captured before has settled by then.
const LOOK_DAYS: i64 = 30;

/// A live campaign is not looked at more often than each so many days.
const PAUSE_DAYS: i64 = 7;

/// What decides about the money in a campaign's fund.
pub(super) async fn facts(
    client: &impl GenericClient,
    book: &Book,
    campaign: &Campaign,
    now: Timestamp,
) -> Result<FundFacts, Error> {
    let state = campaign.state.clone().at(now);
    let worked_at = returnables::worked_at(client, campaign.id).await?;
    Ok(FundFacts {
        over_on: state.is_over().then(|| book.day_of(state.since())),
        asked_on: asked_on(client, book, campaign, now).await?,
        worked_on: worked_at.map(|at| book.day_of(at)),
        idle_months: campaign.idle_months,
    })
}

/// Since when the donors of a campaign are asked whether their money moves, as its book is wound up; none when they are not.
async fn asked_on(
    client: &impl GenericClient,
    book: &Book,
    campaign: &Campaign,
    now: Timestamp,
) -> Result<Option<Date>, Error> {
    let (Some(from), Some(fund)) = (book.winds_up_at.filter(|from| *from <= now), campaign.fund) else {
        return Ok(None);
    };
    let plan = wind_ups::plan_of(client, book.id, fund).await?.filter(|plan| plan.kind == PlanKind::Move);
    Ok(plan.map(|plan| book.day_of(plan.planned_at.max(from))))
}

/// What of a campaign's fund is returnable, minor units.
///
/// # Errors
///
/// Only trouble with the database.
pub(super) async fn total(
    client: &impl GenericClient,
    book: &Book,
    campaign: &Campaign,
    available: i64,
    wall: Timestamp,
) -> Result<i64, Error> {
    let facts = facts(client, book, campaign, book.now(wall)).await?;
    // Nothing arrived before the campaign was made: no layer needs to be looked at then.
    if facts.of(book.day_of(campaign.created_at)).0 > book.today(wall) {
        return Ok(0);
    }
    let found = returnables::total(client, campaign, &facts, book.today(wall)).await?;
    Ok(i64::try_from(found).unwrap_or(i64::MAX).min(available).max(0))
}

/// The next moment at which money of the campaign may become returnable of which nobody was told.
pub(super) async fn look_again(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    now: Timestamp,
) -> Result<(), Error> {
    let facts = facts(tx, book, campaign, now).await?;
    if facts.over_on.is_some() || facts.asked_on.is_some() {
        let is_waited_for = campaigns::unsettled(tx, campaign.id).await? > 0;
        return match is_waited_for {
            true => enqueue_at(tx, book, campaign.id, None, later(now, LOOK_DAYS)).await,
            false => Ok(()),
        };
    }
    let first = returnables::first_untold(tx, campaign).await?.unwrap_or(book.day_of(now));
    let due = facts.of(first).0.max(days_after(book.day_of(now), PAUSE_DAYS));
    enqueue_at(tx, book, campaign.id, None, book.start_of(due)).await
}

/// A job that looks whose money is returnable: at once when the campaign is over, when it will be over by itself, or when what
/// comes today would be idle.
pub(super) async fn enqueue(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    now: Timestamp,
) -> Result<(), Error> {
    if campaign.fund.is_none() {
        return Ok(());
    }
    match campaign.state {
        State::Draft { .. } | State::Collecting { .. } | State::Successful { .. } => Ok(()),
        State::Live { .. } => {
            let facts = FundFacts { over_on: None, asked_on: None, worked_on: None, idle_months: campaign.idle_months };
            let due = facts.of(book.day_of(now)).0;
            enqueue_at(tx, book, campaign.id, None, book.start_of(due)).await
        }
        State::Suspended { until, .. } => enqueue_at(tx, book, campaign.id, None, until).await,
        State::Failed { since } | State::Closed { since } => enqueue_at(tx, book, campaign.id, None, since).await,
    }
}

/// A job that looks at a page of the pledges of a campaign.
pub(super) async fn enqueue_at(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: CampaignId,
    after: Option<PledgeId>,
    due_at: Timestamp,
) -> Result<(), Error> {
    let dedupe = format!("{campaign}-{}-{}", after.map_or(Uuid::nil(), |pledge| pledge.object), due_at.as_second());
    let job = Job::TellReturnable { campaign, after };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await?;
    Ok(())
}
