//! The last day of a campaign ends, and its verdict falls: as of their moments, however late anybody comes.

use super::idle;
use crate::calendar::{days_after, later};
use crate::engine::store::books::{self, Book};
use crate::error::Error;
use crate::id::CampaignId;
use crate::pledging::rules::campaign::{Campaign, State};
use crate::pledging::rules::kind::{Basis, RETURN_DAYS, Verdict};
use crate::pledging::store::{campaigns, commitments};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Does what the time of a campaign's state says: ends its pledges after its last day, and reaches its verdict when nothing is
/// pending any more, or the time for that has run out. Bears being called twice.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown campaign.
pub async fn advance(tx: &Transaction<'_>, id: CampaignId, wall: Timestamp) -> Result<Campaign, Error> {
    let book = books::get(tx, id.book).await?;
    reach(tx, &book, id, book.now(wall)).await
}

/// The campaign at a moment of book time. If its verdict is due by then it is reached first, so that no money comes in between.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown campaign.
pub(super) async fn present(
    tx: &Transaction<'_>,
    book: &Book,
    id: CampaignId,
    now: Timestamp,
) -> Result<Campaign, Error> {
    let campaign = campaigns::get(tx, id).await?;
    if campaign.state.awaits_verdict(now) { reach(tx, book, id, now).await } else { Ok(campaign) }
}

async fn reach(tx: &Transaction<'_>, book: &Book, id: CampaignId, now: Timestamp) -> Result<Campaign, Error> {
    let mut campaign = note_promised(tx, book, campaigns::lock(tx, id).await?, now).await?;
    let state = campaign.state.clone().at(now);
    let State::Collecting { since, until } = state else { return Ok(campaign) };
    if matches!(campaign.state, State::Live { .. }) {
        campaign = campaigns::update_state(tx, id, &state, campaign.fund).await?;
        activity::record(tx, book.id, Done::new(&id, "collecting", Actor::Service), since).await?;
    }
    let is_overdue = until <= now;
    if !is_overdue && campaigns::is_pending(tx, id).await? {
        enqueue_at(tx, book, id, later(now, 1).min(until)).await?;
        return Ok(campaign);
    }
    let at = if is_overdue { until } else { now };
    let counted = counted(tx, &campaign, now).await?;
    let word = campaign.kind.verdict(i128::from(counted));
    let state = campaign.state.decide(word, at)?;
    let decided = campaigns::update_verdict(tx, id, &state, &Verdict { word, counted, at }).await?;
    activity::record(tx, book.id, Done::new(&id, word.as_str(), Actor::Service), at).await?;
    if matches!(decided.state, State::Failed { .. }) {
        give_back(tx, book, id, later(at, RETURN_DAYS)).await?;
        idle::enqueue(tx, book, &decided, now).await?;
    }
    Ok(decided)
}

/// Writes down what was promised when the last day ended, once; a suspension at that moment changes nothing about it.
pub(super) async fn note_promised(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: Campaign,
    now: Timestamp,
) -> Result<Campaign, Error> {
    let Some(end) = campaign.kind.last_day().map(|day| book.start_of(days_after(day, 1))) else { return Ok(campaign) };
    let waits = match campaign.state {
        State::Live { .. } | State::Suspended { .. } | State::Collecting { .. } => campaign.promised.is_none(),
        State::Draft { .. } | State::Successful { .. } | State::Failed { .. } | State::Closed { .. } => false,
    };
    if !waits || now < end {
        return Ok(campaign);
    }
    let promised = promised(tx, &campaign, end).await?;
    campaigns::update_promised(tx, campaign.id, promised).await
}

/// A failed campaign gives back what nobody has redirected. By then all that was captured has settled, bank debits too.
async fn give_back(tx: &Transaction<'_>, book: &Book, id: CampaignId, due_at: Timestamp) -> Result<(), Error> {
    let (dedupe, job) = (format!("{id}-failed"), Job::ReturnCampaign { campaign: id, after: None });
    jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await?;
    Ok(())
}

/// What was promised and still stood when the last day ended, at a moment.
async fn promised(client: &impl GenericClient, campaign: &Campaign, at: Timestamp) -> Result<i64, Error> {
    match (campaign.commitments, campaign.kind.last_day()) {
        (Some(of), Some(last_day)) => commitments::standing(client, campaign.id.book, of.pledged, last_day).await,
        (_, None) | (None, _) => {
            let sums = campaigns::sums(client, campaign.id, at).await?;
            Ok(i64::try_from(sums.pledged - sums.dropped).unwrap_or(i64::MAX))
        }
    }
}

/// What the basis of the verdict counts.
async fn counted(client: &impl GenericClient, campaign: &Campaign, now: Timestamp) -> Result<i64, Error> {
    let basis = campaign.kind.decider().map_or(Basis::Collected, |(_, basis)| basis);
    match (basis, campaign.promised) {
        (Basis::Pledged, Some(promised)) => Ok(promised),
        (Basis::Collected, _) | (Basis::Pledged, None) => {
            let sums = campaigns::sums(client, campaign.id, now).await?;
            Ok(i64::try_from(sums.collected - sums.refunded).unwrap_or(i64::MAX))
        }
    }
}

/// A job for the moment at which its state ends by itself, if it has one that needs somebody.
pub(super) async fn enqueue(tx: &Transaction<'_>, book: &Book, campaign: &Campaign) -> Result<(), Error> {
    match campaign.state {
        State::Live { until: Some(until), .. } | State::Collecting { until, .. } => {
            enqueue_at(tx, book, campaign.id, until).await
        }
        State::Draft { .. }
        | State::Live { until: None, .. }
        | State::Suspended { .. }
        | State::Successful { .. }
        | State::Failed { .. }
        | State::Closed { .. } => Ok(()),
    }
}

async fn enqueue_at(tx: &Transaction<'_>, book: &Book, id: CampaignId, due_at: Timestamp) -> Result<(), Error> {
    let dedupe = format!("{}-{}", id.object, due_at.as_second());
    jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job: Job::AdvanceCampaign { campaign: id } }).await?;
    Ok(())
}
