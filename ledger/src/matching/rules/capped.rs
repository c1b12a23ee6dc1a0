//! One to one: each gift is matched by the same amount, in the order of capture, until the pool or a cap is used up; the last
//! one in part.

use super::line::{Line, Share, Terms, by_identity, given, too_large};
use crate::error::Refusal;
use crate::id::CampaignId;
use std::collections::BTreeMap;

/// What each campaign gets, by id.
pub(super) fn shares(
    terms: &Terms,
    pool: i64,
    by_campaign: &BTreeMap<CampaignId, Vec<Line>>,
) -> Result<Vec<Share>, Refusal> {
    let mut in_order: Vec<&Line> =
        by_campaign.values().flatten().filter(|line| line.weighs && line.amount > 0).collect();
    in_order.sort_unstable_by_key(|line| line.number);
    let mut left = pool;
    let mut of_campaign: BTreeMap<CampaignId, i64> = BTreeMap::new();
    let mut of_identity: BTreeMap<[u8; 32], i64> = BTreeMap::new();
    for line in in_order {
        let campaign = of_campaign.entry(line.campaign).or_insert(0);
        let identity = of_identity.entry(line.identity.0).or_insert(0);
        let room = |cap: Option<i64>, used: i64| cap.map_or(i64::MAX, |cap| cap - used);
        let part = line
            .amount
            .min(left)
            .min(room(terms.cap_per_campaign, *campaign))
            .min(room(terms.cap_per_identity, *identity));
        left -= part;
        *campaign += part;
        *identity += part;
    }
    let share = |(campaign, lines): (&CampaignId, &Vec<Line>)| {
        let sums = by_identity(lines)?;
        Ok(Share {
            campaign: *campaign,
            given: given(lines)?,
            identities: i64::try_from(sums.len()).map_err(|_| too_large())?,
            roots: 0,
            raw: sums.values().map(|sum| u128::from(sum.unsigned_abs())).sum(),
            share: of_campaign.get(campaign).copied().unwrap_or(0),
        })
    };
    by_campaign.iter().map(share).collect()
}
