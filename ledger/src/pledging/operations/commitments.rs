//! Promises are posted: made with a pledge, dropped when a payment or the rest of a plan will not come.
//!
//! What a capture says of them goes with its entry ([`crate::pledging::rules::promise::captured`]). The caller has locked the pledge.

use crate::book::Reason;
use crate::books::operations::{accounts, units};
use crate::chart;
use crate::engine::posting;
use crate::engine::store::accounts as account_store;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::PledgeId;
use crate::movements;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::Charge;
use crate::pledging::rules::commitment::{Cap, Commitments, Promise, room};
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::rules::promise::{self, promised};
use crate::pledging::rules::tier::{Places, Tier};
use crate::pledging::store::{campaigns, commitments, tiers};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Opens the accounts in which a campaign's promises are counted. That of the room has minus the cap as its floor.
pub(super) async fn open(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    wall: Timestamp,
) -> Result<Commitments, Error> {
    let unit = units::commitment(tx, book, campaign.currency, wall).await?;
    let slug = &campaign.slug;
    let floor = campaign.cap.map(|cap| -room(cap.amount, campaign.elsewhere.as_ref()));
    let of = chart::commitment_room(slug);
    let room = account_store::open(tx, book.id, &of.code, of.class, unit.code(), floor, wall).await?;
    let beyond = match floor {
        Some(_) => accounts::ensure(tx, book, &chart::commitment_beyond(slug), unit, wall).await?,
        None => room,
    };
    let pledged = accounts::ensure(tx, book, &chart::commitment_pledged(slug), unit, wall).await?;
    Ok(Commitments { room, beyond, pledged, since: book.now(wall) })
}

/// Why a pledge does not fit, if that is why the book refused its promise: the cap, or the places of its tier.
pub fn refusal(campaign: &Campaign, tier: Option<&Tier>, asked: i64, reason: Reason) -> Option<Refusal> {
    let Reason::BelowFloor { account, short } = reason else { return None };
    if tier.and_then(|tier| tier.places).is_some_and(|places| places.room == account) {
        let name = tier.map_or("", |tier| tier.name.as_str());
        let detail = format!("no place of {name} is left: choose another tier, or pledge without one");
        return Some(Refusal::new("tier-sold-out", detail));
    }
    campaign.commitments.filter(|of| of.room == account)?;
    let currency = campaign.currency;
    let (left, asked) = (currency.format((asked - short).max(0)), currency.format(asked));
    let detail = format!("{left} {currency} still fit below the campaign's cap, and {asked} {currency} are asked for");
    Some(Refusal::new("campaign-full", detail))
}

/// A new promise of a pledge to its campaign, of all that it promises.
///
/// # Errors
///
/// `campaign-full`, `tier-sold-out`; what [`posting::post`] refuses.
pub(super) async fn commit(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    tier: Option<&Tier>,
    pledge: &Pledge,
    wall: Timestamp,
) -> Result<(), Error> {
    match try_commit(tx, book, campaign, tier, pledge, wall).await? {
        None => Ok(()),
        Some(refusal) => Err(refusal.into()),
    }
}

/// The same; why it does not fit is an answer.
async fn try_commit(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    tier: Option<&Tier>,
    pledge: &Pledge,
    wall: Timestamp,
) -> Result<Option<Refusal>, Error> {
    let places = tier.and_then(|tier| tier.places);
    let Some(entry) = promise::committed(campaign, places, pledge, book.today(wall)) else { return Ok(None) };
    match posting::post_or_reason(tx, book, entry, wall).await? {
        Ok(_) => Ok(None),
        Err(reason) => match refusal(campaign, tier, pledge.promised, reason) {
            Some(refusal) => Ok(Some(refusal)),
            None => Err(posting::refusal(tx, book, reason).await?.into()),
        },
    }
}

/// How much of a single payment fits below a campaign's cap, minor units; nothing is posted in between, as the head is locked.
pub(super) async fn fits(tx: &Transaction<'_>, campaign: &Campaign, cap: Cap) -> Result<i64, Error> {
    let Some(of) = campaign.commitments else { return Ok(cap.amount.minor()) };
    commitments::lock_room(tx, campaign.id.book, of.room).await
}

/// What of a pledge's promise goes into a charge that begins, or that was missed.
pub(super) async fn begin(tx: &Transaction<'_>, charge: Charge) -> Result<Charge, Error> {
    let is_promised = commitments::take(tx, charge.pledge, charge.amount.minor()).await?;
    Ok(Charge { promise: if is_promised { Promise::Open } else { Promise::None }, ..charge })
}

/// A charge that was given up drops its promise, and frees the place of its pledge unless a payment of that was collected.
pub(super) async fn give_up(
    tx: &Transaction<'_>,
    book: &Book,
    charge: Charge,
    at: Timestamp,
    wall: Timestamp,
) -> Result<Charge, Error> {
    if !promise::is_given_up(&charge) {
        return Ok(charge);
    }
    let campaign = campaigns::get(tx, charge.campaign).await?;
    let freed = freed_place(tx, charge.pledge).await?;
    let Some(entry) = promise::dropped(&campaign, &charge, freed, book.day_of(at)) else { return Ok(charge) };
    posting::post(tx, book, entry, wall).await?;
    Ok(Charge { promise: Promise::Dropped, ..charge })
}

/// What was promised and has not begun will not come any more: the pledge is over, or leaves its campaign, and so its tier; or its
/// plan changes, and it keeps its place.
pub(super) async fn drop_rest(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    campaign: &Campaign,
    frees_place: bool,
    at: Timestamp,
    wall: Timestamp,
) -> Result<(), Error> {
    let rest = commitments::take_all(tx, pledge.id).await?;
    let freed = if frees_place { freed_place(tx, pledge.id).await? } else { None };
    if let Some(entry) = promise::rest_dropped(campaign, rest, freed, book.day_of(at), pledge.id) {
        posting::post(tx, book, entry, wall).await?;
    }
    Ok(())
}

/// The promise of a payment that was given up is made again, as the payment is tried again for its pledge's campaign; or why it does
/// not fit there.
pub(super) async fn renew(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    charge: Charge,
    wall: Timestamp,
) -> Result<(Charge, Option<Refusal>), Error> {
    let campaign = campaigns::get(tx, pledge.campaign).await?;
    let charge = Charge { campaign: campaign.id, ..charge };
    if campaign.commitments.is_none() || charge.promise == Promise::Open {
        return Ok((charge, None));
    }
    let wanted = Pledge { promised: charge.amount.minor(), ..pledge.clone() };
    Ok(match try_commit(tx, book, &campaign, None, &wanted, wall).await? {
        None => (Charge { promise: Promise::Open, ..charge }, None),
        full => (charge, full),
    })
}

/// A declined payment goes to another campaign with its pledge: its promise is dropped in the one, and made in the other, or does
/// not fit there.
pub(super) async fn move_charge(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    charge: Charge,
    wall: Timestamp,
) -> Result<(Charge, Option<Refusal>), Error> {
    let from = campaigns::get(tx, charge.campaign).await?;
    if let (Some(of), Promise::Open) = (from.commitments, charge.promise) {
        let entry = movements::commitment_dropped(of.pledged, of.room, charge.amount, book.today(wall), charge.id);
        posting::post(tx, book, entry, wall).await?;
    }
    renew(tx, book, pledge, Charge { promise: Promise::Dropped, ..charge }, wall).await
}

/// What a pledge promises as it is now is promised to a campaign, in place of what was.
///
/// # Errors
///
/// `campaign-full`, `amount-out-of-bounds`; what [`posting::post`] refuses.
pub(super) async fn commit_rest(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    campaign: &Campaign,
    wall: Timestamp,
) -> Result<(), Error> {
    if campaign.commitments.is_none() {
        return Ok(());
    }
    let pledge = Pledge { promised: promised(pledge)?, ..pledge.clone() };
    commit(tx, book, campaign, None, &pledge, wall).await?;
    commitments::set(tx, pledge.id, pledge.promised).await
}

/// The places of the tier of a pledge, when it had one of them and has it no more: nothing that was collected of it is left.
async fn freed_place(tx: &Transaction<'_>, pledge: PledgeId) -> Result<Option<Places>, Error> {
    match commitments::give_place_back(tx, pledge).await? {
        Some(tier) => Ok(tiers::get(tx, tier).await?.places),
        None => Ok(None),
    }
}
