//! What a book that is wound up still holds goes back, by the operations that give back at other times: a campaign is closed and its
//! fund refunded to the pledges whose it is, a challenge or a round is given up and its money goes to its sponsors.
//!
//! Each line is done in a transaction of its own, and bears being done again: what could not go is tried the next day. Lock order:
//! wind-up, alone; campaign → milestones; challenge; round → book head.

use super::lines::stand;
use crate::books::operations::wind_ups::enqueue_lines;
use crate::books::rules::wind_up::{PlanKind, WindUp, WindUpState};
use crate::books::store::wind_ups;
use crate::calendar::{days_after, to_microseconds};
use crate::challenges::operations::{challenges, rollovers};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::{CampaignId, WindUpId};
use crate::matching::operations::rounds;
use crate::milestones::operations::milestones;
use crate::pledging::operations::{campaigns as campaign_operations, return_times, returns};
use crate::pledging::store::campaigns;
use crate::service::change::Change;
use crate::service::store::activity::{self, Actor, Done};
use crate::winding::rules::line::{Account, LineKind, LineState, Of};
use crate::winding::store::lines;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Why whatever goes back does.
const REASON: &str = "its host closes, and its book is wound up";

/// Days after the return has begun for which it is tried each day; later each week.
const DAILY: i64 = 60;

/// So many accounts are read at once.
const PAGE: i64 = 500;

/// A page of the lines of a wind-up after an account, and which of them go back now: none unless it is in force.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown wind-up.
pub async fn page(
    client: &impl GenericClient,
    id: WindUpId,
    after: &str,
    limit: i64,
    wall: Timestamp,
) -> Result<(Vec<Account>, Option<String>), Error> {
    let of = wind_ups::get(client, id).await?;
    let now = books::get(client, id.book).await?.now(wall);
    if of.state(now) != WindUpState::Winding {
        return Ok((Vec::new(), None));
    }
    let mut page = lines::list(client, id, after, limit).await?;
    let is_full = i64::try_from(page.len()).is_ok_and(|rows| rows == limit);
    let next = page.last().filter(|_| is_full).map(|last| last.code.clone());
    page.retain(|account| account.returns(&of, now) && (account.balance != 0 || !account.is_over));
    Ok((page, next))
}

/// Gives back what a line holds, as far as it can go now. What cannot is refused, or left alone.
///
/// # Errors
///
/// What the operations of its campaign, challenge or round refuse: nothing was done then.
pub async fn give_back(tx: &Transaction<'_>, account: &Account, wall: Timestamp) -> Result<(), Error> {
    let change = Change::by_service(REASON);
    match account.of {
        Some(Of::Campaign(id)) => return_fund(tx, id, wall).await,
        Some(Of::Challenge(id)) if !account.is_over => challenges::give_up(tx, id, change, wall).await.map(drop),
        Some(Of::Challenge(id)) if account.kind == LineKind::Purse => rollovers::end_now(tx, id, wall).await.map(drop),
        Some(Of::Round(id)) if !account.is_over => rounds::cancel(tx, id, change, wall).await.map(drop),
        Some(Of::Challenge(_) | Of::Round(_) | Of::Organisation(_)) | None => Ok(()),
    }
}

/// The campaign is closed, and what nobody claims of its milestones is free; when nothing is set aside any more, a job refunds what
/// its fund holds.
async fn return_fund(tx: &Transaction<'_>, id: CampaignId, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let now = to_microseconds(book.now(wall));
    let mut campaign = campaigns::lock(tx, id).await?;
    if !campaign.state.clone().at(now).is_over() {
        campaign = campaign_operations::close(tx, id, Change::by_service(REASON), wall).await?;
    }
    milestones::cancel_unclaimed(tx, id, REASON, wall).await?;
    if campaigns::earmarked(tx, id).await? > 0 {
        return Ok(());
    }
    match return_times::gives_back_from(tx, &campaign).await? {
        Some(from) if from <= now => return_times::enqueue_return(tx, &book, id, None, now).await,
        Some(_) | None => returns::return_all(tx, id, Change::by_service(REASON), wall).await.map(drop),
    }
}

/// A page is done: the next one is another job. After the last one the wind-up is done, if nothing is left that could go; else
/// another job tries again when something may have changed.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown wind-up.
pub async fn turn(tx: &Transaction<'_>, id: WindUpId, next: Option<String>, wall: Timestamp) -> Result<(), Error> {
    let book = books::get(tx, id.book).await?;
    let now = to_microseconds(book.now(wall));
    let of = wind_ups::lock(tx, id).await?;
    if of.state(now) != WindUpState::Winding {
        return Ok(());
    }
    if let Some(next) = next {
        return enqueue_lines(tx, id, &next, now).await;
    }
    let (open, is_asked) = open_lines(tx, &book, &of, now).await?;
    if of.returns_all(now) && !open && of.written == WindUpState::Winding {
        let done = wind_ups::update_state(tx, id, WindUpState::Done, Some(now)).await?;
        return activity::record(tx, book.id, Done::new(&done.id, "done", Actor::Service), now).await;
    }
    let again = match again_after(&book, &of, now) {
        again if of.returns_all(now) || is_asked => again,
        again => again.max(of.return_from),
    };
    enqueue_lines(tx, id, "", again).await
}

/// The next day, or the next week when it has taken long; never over the day on which all goes back.
fn again_after(book: &Book, of: &WindUp, now: Timestamp) -> Timestamp {
    let today = book.day_of(now);
    let pause = if now > book.start_of(days_after(of.return_after, DAILY)) { 7 } else { 1 };
    let again = book.start_of(days_after(today, pause));
    if now < of.return_from { again.min(of.return_from) } else { again }
}

/// Whether a line still holds money that goes somewhere, or is of something that is not over; and whether one of them was told to
/// return at once.
async fn open_lines(tx: &Transaction<'_>, book: &Book, of: &WindUp, now: Timestamp) -> Result<(bool, bool), Error> {
    let (mut open, mut is_asked) = (false, false);
    let mut after = String::new();
    loop {
        let page = lines::list(tx, of.id, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok((open, is_asked)) };
        after = last.code.clone();
        for account in page {
            let is_told = account.plan.as_ref().is_some_and(|plan| plan.kind == PlanKind::Return);
            let is_held = account.of.is_some() && account.returns(of, now) && !account.is_over;
            let line = stand(tx, book, of, account, now).await?;
            let is_open = match line.state {
                LineState::Waiting
                | LineState::Spending
                | LineState::Moving
                | LineState::Returning
                | LineState::Recovering => true,
                LineState::Empty | LineState::Owed => is_held,
            };
            open |= is_open;
            is_asked |= is_open && is_told;
        }
    }
}
