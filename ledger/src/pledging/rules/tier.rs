//! Tiers: what a pledge of an amount brings its donor, and for how many of them there is a place.

use crate::book::AccountNumber;
use crate::id::{CampaignId, TierId};
use crate::money::Money;
use jiff::Timestamp;

/// The most tiers of a campaign.
pub const TIERS_MAX: i32 = 50;
/// The most places of a tier.
pub const PLACES_MAX: i32 = 1_000_000;

/// The accounts in which the places of a tier are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// How many there are.
    pub limit: i32,
    /// What is free: its floor is minus the limit.
    pub room: AccountNumber,
    /// What is taken.
    pub taken: AccountNumber,
}

/// A tier of a campaign; never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Its id.
    pub id: TierId,
    /// The campaign whose tier it is.
    pub campaign: CampaignId,
    /// Its number within the campaign, from 1.
    pub number: i32,
    /// Where it stands among the others.
    pub position: i32,
    /// Name for people.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The least amount of a payment.
    pub amount: Money,
    /// Its places; none without a limit.
    pub places: Option<Places>,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}
