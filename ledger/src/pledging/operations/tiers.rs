//! Tiers are added to a campaign, and never change: a donor has what was shown.

use crate::books::operations::{accounts, units};
use crate::chart;
use crate::engine::store::accounts as account_store;
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, TierId};
use crate::money::Money;
use crate::pledging::rules::campaign::State;
use crate::pledging::rules::tier::{PLACES_MAX, Places, TIERS_MAX, Tier};
use crate::pledging::store::{campaigns, tiers};
use crate::service::change::{check_line, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What a new tier shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTier {
    /// The campaign whose tier it is.
    pub campaign: CampaignId,
    /// Name for people.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The least amount of a payment.
    pub amount: Money,
    /// How many pledges it takes; none without a limit.
    pub places: Option<i32>,
    /// Where it stands among the others.
    pub position: i32,
}

/// A new tier of a campaign that is a draft or live, with the accounts in which its places are counted.
///
/// # Errors
///
/// `campaign-not-live`, `too-many-tiers`; [`Error::Invalid`] at `/name`, `/description`, `/amount/currency`, `/places` or
/// `/position`; [`Error::NotFound`] for an unknown campaign.
pub async fn create(tx: &Transaction<'_>, new: NewTier, actor: Actor, wall: Timestamp) -> Result<Tier, Error> {
    check_line("/name", &new.name, text::NAME)?;
    check_text("/description", &new.description, text::SUMMARY)?;
    if new.places.is_some_and(|places| !(1..=PLACES_MAX).contains(&places)) {
        return Err(Error::invalid("/places", format!("must be 1 to {PLACES_MAX}")));
    }
    if !(0..=TIERS_MAX).contains(&new.position) {
        return Err(Error::invalid("/position", format!("must be 0 to {TIERS_MAX}")));
    }
    let book = books::get(tx, new.campaign.book).await?;
    let campaign = campaigns::lock(tx, new.campaign).await?;
    let now = book.now(wall);
    let state = campaign.state.clone().at(now);
    if !matches!(state, State::Draft { .. }) {
        state.takes_pledges()?;
    }
    if new.amount.currency() != campaign.currency {
        return Err(Error::invalid("/amount/currency", format!("the campaign is in {}", campaign.currency)));
    }
    let number = tiers::count(tx, campaign.id).await? + 1;
    if number > TIERS_MAX {
        return Err(Refusal::new("too-many-tiers", format!("a campaign has at most {TIERS_MAX} tiers")).into());
    }
    let places = match new.places {
        Some(limit) => {
            let unit = units::places(tx, &book, wall).await?;
            let room = chart::tier_room(&campaign.slug, number);
            let floor = Some(-i64::from(limit));
            let room = account_store::open(tx, book.id, &room.code, room.class, unit.code(), floor, wall).await?;
            let taken = chart::tier_taken(&campaign.slug, number);
            let taken = accounts::ensure(tx, &book, &taken, unit, wall).await?;
            Some(Places { limit, room, taken })
        }
        None => None,
    };
    let tier = Tier {
        id: TierId::generate(book.id),
        campaign: campaign.id,
        number,
        position: new.position,
        name: new.name,
        description: new.description,
        amount: new.amount,
        places,
        created_at: now,
    };
    tiers::insert(tx, &tier).await?;
    activity::record(tx, book.id, Done::new(&tier.id, "created", actor), now).await?;
    Ok(tier)
}
