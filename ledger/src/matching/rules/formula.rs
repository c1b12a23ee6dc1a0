//! The formulas of matching rounds: from lines of who gave what to a result, the same bytes for the same lines.
//!
//! What is divided by weights is divided by the largest remainder; a tie goes to the campaign with the smaller id. Weights whose
//! sum needs more than 63 bits are all halved, rounded down, until it does not. Nothing here is a float.

pub use super::line::{Formula, Line, Share, Terms};
use super::line::{Weight, given, too_large};
use super::{capped, quadratic, votes};
use crate::error::Refusal;
use crate::id::CampaignId;
use crate::money::allocation::largest_remainder;
use std::collections::BTreeMap;

/// The result of a round: a share for each of its campaigns, by id. In which order campaigns and lines are given does not matter.
///
/// # Errors
///
/// `sum-too-large` when more was given than can be summed up.
pub fn tally(terms: &Terms, pool: i64, campaigns: &[CampaignId], lines: &[Line]) -> Result<Vec<Share>, Refusal> {
    let mut by_campaign: BTreeMap<CampaignId, Vec<Line>> = campaigns.iter().map(|id| (*id, Vec::new())).collect();
    for line in lines {
        if let Some(of) = by_campaign.get_mut(&line.campaign) {
            of.push(*line);
        }
    }
    let shares = match terms.formula {
        Formula::OneToOneV1 => capped::shares(terms, pool, &by_campaign)?,
        Formula::ClrSubtractingV1 | Formula::ClrSharedV1 => {
            let weights = weigh(&by_campaign, |lines| quadratic::weight(terms.formula, lines))?;
            let wanted = match terms.formula {
                Formula::ClrSubtractingV1 if !terms.saturate => Some(quadratic::in_minor_units(sum(&weights)?)),
                Formula::ClrSubtractingV1 | Formula::ClrSharedV1 | Formula::OneToOneV1 | Formula::VotesV1 => None,
            };
            divide(pool, wanted, &by_campaign, &weights)?
        }
        Formula::VotesV1 => {
            let weights = weigh(&by_campaign, votes::weight)?;
            divide(pool, None, &by_campaign, &weights)?
        }
    };
    let used: i128 = shares.iter().map(|share| i128::from(share.share)).sum();
    assert!(used <= i128::from(pool), "no more than the pool is used");
    Ok(shares)
}

fn weigh(
    by_campaign: &BTreeMap<CampaignId, Vec<Line>>,
    weight: impl Fn(&[Line]) -> Result<Weight, Refusal>,
) -> Result<Vec<Weight>, Refusal> {
    by_campaign.values().map(|lines| weight(lines)).collect()
}

fn sum(weights: &[Weight]) -> Result<u128, Refusal> {
    weights.iter().try_fold(0_u128, |sum, of| sum.checked_add(of.weight)).ok_or_else(too_large)
}

/// The pool by weights, or less of it where less is wanted.
fn divide(
    pool: i64,
    wanted: Option<u128>,
    by_campaign: &BTreeMap<CampaignId, Vec<Line>>,
    weights: &[Weight],
) -> Result<Vec<Share>, Refusal> {
    let total = sum(weights)?;
    let used = match wanted.map(i64::try_from) {
        Some(Ok(wanted)) => wanted.min(pool),
        Some(Err(_)) | None => pool,
    };
    let used = if total == 0 { 0 } else { used };
    let shift = (128 - total.leading_zeros()).saturating_sub(63);
    let narrow: Vec<u64> =
        weights.iter().map(|of| u64::try_from(of.weight >> shift).expect("below 63 bits, as their sum is")).collect();
    let parts = if used == 0 { vec![0; weights.len()] } else { largest_remainder(used, &narrow)? };
    let shares = by_campaign.iter().zip(weights).zip(parts).map(|(((campaign, lines), of), share)| {
        let (identities, roots, raw) = (of.identities, of.roots, of.raw);
        Ok(Share { campaign: *campaign, given: given(lines)?, identities, roots, raw, share })
    });
    shares.collect()
}

#[cfg(test)]
#[path = "formula_tests.rs"]
mod tests;
