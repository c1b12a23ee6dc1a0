//! Tiers: what a pledge of an amount brings its donor, and for how many of them there is a place.

use crate::book::AccountNumber;
use crate::id::{CampaignId, TierId};
use crate::money::Money;
use crate::reports::rules::sums::GIVERS_MIN;
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

/// How many of so many places are free, as those outside a book are told, of whom one may know when a donor gave: the number moves when
/// [`GIVERS_MIN`] more are taken, and the last of them go together with those before. That none is free is told, as it is refused; of a
/// tier with fewer places nothing else is.
pub fn free_outside(limit: i32, taken: i64) -> i64 {
    let (limit, step) = (i64::from(limit), i64::try_from(GIVERS_MIN).unwrap_or(i64::MAX));
    if taken >= limit {
        return 0;
    }
    let last = ((limit / step - 1) * step).max(0);
    limit - (taken / step * step).min(last)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_outside_the_free_places_move_by_five_or_more_and_none_is_free_when_none_is() {
        for limit in 1..=64 {
            let told: Vec<i64> = (0..=i64::from(limit)).map(|taken| free_outside(limit, taken)).collect();
            assert_eq!((told[0], told.last()), (i64::from(limit), Some(&0)), "{limit}: {told:?}");
            let moves = told.windows(2).map(|days| days[0] - days[1]).filter(|by| *by != 0);
            assert!(moves.into_iter().all(|by| by >= i64::from(limit).min(5)), "{limit}: {told:?}");
            let more = (0..)
                .zip(&told)
                .all(|(taken, free)| *free >= i64::from(limit) - taken && (*free == 0) == (taken == i64::from(limit)));
            assert!(more, "{limit}: {told:?}");
        }
        assert_eq!([0, 4, 5, 6, 9, 10, 11].map(|taken| free_outside(11, taken)), [11, 11, 6, 6, 6, 6, 0]);
    }
}
