//! What donors and hosts change of a pledge: it is paused, resumed, redirected and cancelled.
//!
//! Lock order: pledge → its charges → campaigns by id → head of the book. Whatever changes a pledge first lets the waits
//! that have run out come true ([`lock_present`]), and leaves a job for the moment when its new wait runs out.

use super::plan::{Again, restart, save};
use super::present::lock_present;
use super::{campaigns as campaign_operations, lineage};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, PledgeId};
use crate::money::Money;
use crate::movements;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::pledge::{Pledge, State, Token};
use crate::pledging::store::pledges::{self, Move};
use crate::pledging::store::{campaigns, lineage as layers};
use crate::service::change::{Change, check_line};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// No charge until a day, or until somebody resumes it; a declined charge is not tried again.
///
/// # Errors
///
/// `pledge-state`, `pause-invalid`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`;
/// [`Error::NotFound`] for an unknown pledge.
pub async fn pause(
    tx: &Transaction<'_>,
    id: PledgeId,
    until: Option<Date>,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let until = until.map(|day| book.start_of(day));
    let now = book.now(wall);
    let was = pledge.state;
    save(tx, &book, Pledge { state: was.pause(now, until)?, ..pledge }, was, change, now).await
}

/// Goes on: out of a pause, out of a lapse (which revives it), or with the token of another means of payment.
///
/// Due dates that were missed are not made up for. The last declined payment is tried again when the donor was asked for
/// another means and gives it, or gives one when no due date is left; and when it is the only payment. A plan of which
/// nothing is left then is completed.
///
/// # Errors
///
/// `pledge-state`, `pledge-needs-means`, `pledge-needs-campaign`; [`Error::Stale`] for an outdated version;
/// [`Error::Invalid`] at `/token` or `/reason`; [`Error::NotFound`] for an unknown pledge.
pub async fn resume(
    tx: &Transaction<'_>,
    id: PledgeId,
    token: Option<String>,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Pledge, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let (now, was) = (book.now(wall), pledge.state);
    let again = match (was, &token) {
        (State::NeedsAction { .. }, Some(_)) => Again::Last,
        (_, Some(_)) => Again::LastOfPlan,
        (_, None) => Again::Nothing,
    };
    let state = was.resume(now, token.is_some())?;
    let token = match token {
        Some(token) => {
            check_line("/token", &token, text::REFERENCE)?;
            Token(token)
        }
        None => pledge.token.clone(),
    };
    let resumed = save(tx, &book, Pledge { state, token, ..pledge }, was, change, now).await?;
    restart(tx, &book, resumed, again, now).await
}

/// Ends it before its last payment. What it brought so far stays.
///
/// # Errors
///
/// `pledge-state`; [`Error::Stale`] for an outdated version; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for
/// an unknown pledge.
pub async fn cancel(tx: &Transaction<'_>, id: PledgeId, change: Change<'_>, wall: Timestamp) -> Result<Pledge, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let now = book.now(wall);
    let was = pledge.state;
    save(tx, &book, Pledge { state: was.cancel(now)?, ..pledge }, was, change, now).await
}

/// A pledge that was redirected, and what of its settled money went with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirected {
    /// The pledge.
    pub pledge: Pledge,
    /// The settled money that moved from fund to fund; none when nothing did.
    pub moved: Option<Money>,
}

/// Its next charges go to another live campaign of the book and currency. With `move_settled`, so does what its settled
/// charges brought, as far as its fund has it and no milestone was promised it.
///
/// # Errors
///
/// `pledge-state`, `same-campaign`, `campaign-not-live`; with `move_settled`, what [`posting::post`] refuses.
/// [`Error::Invalid`] at `/campaign` for one of another book or currency, or at `/reason`; [`Error::Stale`] for an
/// outdated version; [`Error::NotFound`] for an unknown pledge or campaign.
pub async fn redirect(
    tx: &Transaction<'_>,
    id: PledgeId,
    to: CampaignId,
    move_settled: bool,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Redirected, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    let (from, to) = lock_both(tx, &pledge, to).await?;
    let now = book.now(wall);
    to.state.clone().at(now).takes_money()?;
    if to.currency != from.currency {
        return Err(Error::invalid(
            "/campaign",
            format!("that campaign is in {}, not in {}", to.currency, from.currency),
        ));
    }
    let state = pledge.state.redirect(now)?;
    let goes_on = state.is_active() && !pledge.state.is_active();
    let was = pledge.state;
    let moved = if move_settled { move_money(tx, &book, id, &from, &to, wall).await? } else { None };
    let mut pledge = save(tx, &book, Pledge { state, campaign: to.id, ..pledge }, was, change, now).await?;
    if goes_on {
        pledge = restart(tx, &book, pledge, Again::Nothing, now).await?;
    }
    Ok(Redirected { pledge, moved })
}

async fn lock_both(tx: &Transaction<'_>, pledge: &Pledge, to: CampaignId) -> Result<(Campaign, Campaign), Error> {
    let from = pledge.campaign;
    if to.book != from.book {
        return Err(Error::invalid("/campaign", "not a campaign of the same book"));
    }
    if to == from {
        return Err(Refusal::new("same-campaign", "the pledge is to that campaign already").into());
    }
    let first = campaigns::lock(tx, from.min(to)).await?;
    let second = campaigns::lock(tx, from.max(to)).await?;
    Ok(if first.id == from { (first, second) } else { (second, first) })
}

async fn move_money(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: PledgeId,
    from: &Campaign,
    to: &Campaign,
    wall: Timestamp,
) -> Result<Option<Money>, Error> {
    let own: i64 = layers::list_own(tx, from.fund()?, pledge).await?.iter().map(|layer| layer.left).sum();
    let available = campaign_operations::available(tx, from).await?;
    let Ok(amount) = Money::from_minor(own.min(available), from.currency) else { return Ok(None) };
    let entry = movements::fund_moved(from.fund()?, to.fund()?, amount, book.today(wall), pledge);
    let posted = posting::post(tx, book, entry, wall).await?;
    lineage::draw_own(tx, from, pledge, posted.number, amount).await?;
    layers::insert_moved(tx, to.fund()?, pledge, posted.number, amount.minor()).await?;
    pledges::insert_move(tx, &Move { pledge, from: from.id, to: to.id, amount, entry: posted.number }).await?;
    Ok(Some(amount))
}

pub(super) async fn begin_change(
    tx: &Transaction<'_>,
    id: PledgeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<(Book, Pledge), Error> {
    let book = books::get(tx, id.book).await?;
    // What the caller has seen is the row, so its version is compared before waits come true.
    change.check(pledges::lock(tx, id).await?.version, "pledge")?;
    let pledge = lock_present(tx, &book, id, book.now(wall)).await?;
    Ok((book, pledge))
}
