//! Versions of a campaign's terms: who pledges agrees to the one in effect, and keeps it, whatever is written later.

use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::fee;
use jiff::Timestamp;
use jiff::civil::Date;

/// A version of what donors agree to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermsVersion {
    /// From 1.
    pub version: i32,
    /// What donors agree to; never changes.
    pub terms: String,
    /// What it takes of each captured charge; never changes.
    pub fees: Vec<fee::Term>,
    /// SHA-256 of the terms and the fees behind them.
    pub digest: [u8; 32],
    /// The first day on which new pledges agree to it, in the zone of the book; none for the first version.
    pub effective_on: Option<Date>,
    /// When it was written, in book time.
    pub created_at: Timestamp,
}

impl TermsVersion {
    /// The first version, which stands in the campaign.
    pub fn first(campaign: &Campaign) -> TermsVersion {
        TermsVersion {
            version: 1,
            terms: campaign.terms.clone(),
            fees: campaign.fees.clone(),
            digest: campaign.terms_digest,
            effective_on: None,
            created_at: campaign.created_at,
        }
    }
}
