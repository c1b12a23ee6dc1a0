//! What donors and hosts change of a pledge: it is paused, resumed, redirected and cancelled.
//!
//! Lock order: pledge → its charges → campaigns by id → head of the book. Whatever changes a pledge first lets the waits
//! that have run out come true ([`lock_present`]), and leaves a job for the moment when its new wait runs out.

use super::free::own_free;
use super::plan::{Again, Asked, restart, save};
use super::present::lock_present;
use super::{commitments, lineage, withdrawals};
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, PledgeId};
use crate::money::Money;
use crate::movements;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::pledge::{Pledge, State, Token};
use crate::pledging::store::pledges::{self, Move};
use crate::pledging::store::{campaigns, chargebacks, lineage as layers};
use crate::service::change::{Change, check_line};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

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
    save(tx, &book, Pledge { state: was.pause(now, until)?, ..pledge }, was, change, now, wall).await
}

/// Goes on: out of a pause, out of a lapse (which revives it), or with the token of another means of payment.
///
/// Due dates that were missed are not made up for. The last declined payment is tried again when the donor was asked for
/// another means and gives it, or gives one when no due date is left; and when it is the only payment. A plan of which
/// nothing is left then is completed.
///
/// # Errors
///
/// `pledge-state`, `pledge-needs-means`, `pledge-needs-campaign`, `partner-withdrawn`, `rail-withdrawn`,
/// `campaign-full`; [`Error::Stale`] for an outdated version;
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
    if !was.is_over() {
        withdrawals::require_open(tx, &book, (pledge.partner, pledge.rail), wall).await?;
    }
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
    let resumed = save(tx, &book, Pledge { state, token, ..pledge }, was, change, now, wall).await?;
    restart(tx, &book, resumed, (again, Asked::ByTheDonor), now, wall).await
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
    save(tx, &book, Pledge { state: was.cancel(now)?, ..pledge }, was, change, now, wall).await
}

/// The same for a pledge that may be over already, as of now; says whether it was cancelled.
pub(super) async fn end(
    tx: &Transaction<'_>,
    id: PledgeId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<bool, Error> {
    let (book, pledge) = begin_change(tx, id, change, wall).await?;
    if pledge.state.is_over() {
        return Ok(false);
    }
    let (now, was) = (book.now(wall), pledge.state);
    save(tx, &book, Pledge { state: was.cancel(now)?, ..pledge }, was, change, now, wall).await?;
    Ok(true)
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
/// charges brought, as far as a fund has it and no milestone was promised it: from the campaign that it was for, and from
/// earlier ones, where money may have settled after the pledge had left. Of a pledge that is completed or cancelled only
/// that money moves.
///
/// # Errors
///
/// `pledge-state`, `same-campaign`, `campaign-not-live`, `campaign-asks-for-nothing`, `schedule-refused`, `campaign-full`; with `move_settled`, what [`posting::post`] refuses.
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
    let Locked { from, to, holding } = lock_all(tx, &pledge, to, move_settled).await?;
    let now = book.now(wall);
    to.state.clone().at(now).takes_pledges()?;
    if to.currency != from.currency {
        return Err(Error::invalid(
            "/campaign",
            format!("that campaign is in {}, not in {}", to.currency, from.currency),
        ));
    }
    let was = pledge.state;
    let moves_only = was.leaves_money() && !holding.is_empty();
    let (state, campaign) = if moves_only {
        (was, from.id)
    } else {
        to.takes_schedule(&pledge.schedule)?;
        // Only a new promise is asked for: a plan that is this campaign's already goes on, and money that has come goes where its donor says.
        if to.id != from.id {
            to.asks()?;
        }
        (was.redirect(now)?, to.id)
    };
    let mut moved = 0;
    for campaign in &holding {
        moved += move_money(tx, &book, id, campaign, &to, wall).await?;
    }
    let goes_on = state.is_active() && !was.is_active();
    if campaign != from.id {
        commitments::drop_rest(tx, &book, &pledge, &from, true, now, wall).await?;
        pledges::leave_tier(tx, id).await?;
        commitments::commit_rest(tx, &book, &pledge, &to, wall).await?;
    }
    let mut pledge = save(tx, &book, Pledge { state, campaign, ..pledge }, was, change, now, wall).await?;
    if goes_on {
        pledge = restart(tx, &book, pledge, (Again::Nothing, Asked::ByTheDonor), now, wall).await?;
    }
    Ok(Redirected { pledge, moved: Money::from_minor(moved, to.currency).ok() })
}

/// The campaigns of a redirection.
struct Locked {
    /// The one that the pledge was for.
    from: Campaign,
    /// The one that was chosen.
    to: Campaign,
    /// Others that hold settled money of the pledge, when it is to move.
    holding: Vec<Campaign>,
}

async fn lock_all(tx: &Transaction<'_>, pledge: &Pledge, to: CampaignId, moves: bool) -> Result<Locked, Error> {
    let from = pledge.campaign;
    if to.book != from.book {
        return Err(Error::invalid("/campaign", "not a campaign of the same book"));
    }
    let mut holding = if moves { layers::campaigns_with(tx, pledge.id).await? } else { Vec::new() };
    holding.retain(|campaign| *campaign != to);
    if to == from && holding.is_empty() {
        return Err(Refusal::new("same-campaign", "the pledge is to that campaign already").into());
    }
    let all: BTreeSet<CampaignId> = holding.iter().copied().chain([from, to]).collect();
    let mut locked = BTreeMap::new();
    for id in all {
        locked.insert(id, campaigns::lock(tx, id).await?);
    }
    let of = |id: CampaignId| locked.get(&id).cloned().ok_or(Error::NotFound("campaign"));
    let holding = holding.into_iter().map(of).collect::<Result<_, _>>()?;
    Ok(Locked { from: of(from)?, to: of(to)?, holding })
}

/// Moves what a campaign's fund has of a pledge's own money, unless a chargeback holds it; answers how much, minor units.
async fn move_money(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: PledgeId,
    from: &Campaign,
    to: &Campaign,
    wall: Timestamp,
) -> Result<i64, Error> {
    if chargebacks::holds(tx, pledge).await? {
        return Ok(0);
    }
    let own: i64 = layers::list_own(tx, from.fund()?, pledge).await?.iter().map(|layer| layer.left).sum();
    let available = own_free(tx, from).await?;
    let Ok(amount) = Money::from_minor(own.min(available), from.currency) else { return Ok(0) };
    let entry = movements::fund_moved(from.fund()?, to.fund()?, amount, book.today(wall), pledge);
    let posted = posting::post(tx, book, entry, wall).await?;
    lineage::draw_own(tx, from, pledge, posted.number, amount).await?;
    layers::insert_moved(tx, to.fund()?, pledge, posted.number, amount.minor()).await?;
    pledges::insert_move(tx, &Move { pledge, from: from.id, to: to.id, amount, entry: posted.number }).await?;
    Ok(amount.minor())
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
    let pledge = lock_present(tx, &book, id, book.now(wall), wall).await?;
    Ok((book, pledge))
}
