//! The purse of a challenge: what sponsors gave, how much more is wanted, and what goes back to whom.

use super::rulebook::Unawarded;
use crate::error::Refusal;
use crate::evidence::Digest;
use crate::id::{ChallengeId, OrganisationId, PurseContributionId, SettlementId};
use crate::money::{Money, allocation};
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

words! {
    /// How a sponsor's contribution stands. One that was pledged and never captured ends with the time of funding.
    ContributionState, "state of a contribution" {
        /// Promised; no money yet.
        Pledged = "pledged",
        /// A custodian has it: it stands in the purse, and does not count for the opening.
        Captured = "captured",
        /// The money has arrived as cash.
        Settled = "settled",
        /// It is on its way back to the sponsor, or a part of it is.
        Returned = "returned",
    }
}

words! {
    /// How the entry fee of a team stands.
    FeeState, "state of an entry fee" {
        /// The challenge asks for none.
        Free = "free",
        /// Not paid: the team hands nothing in.
        Due = "due",
        /// A custodian has it.
        Captured = "captured",
        /// The money has arrived as cash.
        Settled = "settled",
        /// It went where the rules say: to the operating fund, or back.
        Closed = "closed",
        /// It went back with the entry, which was withdrawn.
        Returned = "returned",
    }
}

impl FeeState {
    /// Whether the team may hand work in.
    pub fn is_paid(self) -> bool {
        match self {
            FeeState::Due => false,
            FeeState::Free | FeeState::Captured | FeeState::Settled | FeeState::Closed | FeeState::Returned => true,
        }
    }
}

/// Refuses with `purse-full` what would make the purse larger than its prizes; `given` minor units were captured before.
pub fn admit(purse: Money, given: i64, amount: Money) -> Result<(), Refusal> {
    let currency = purse.currency();
    if amount.currency() != currency {
        return Err(Refusal::new("currency-differs", format!("the purse is in {currency}")));
    }
    let wanted = purse.minor() - given;
    if amount.minor() <= wanted {
        return Ok(());
    }
    let detail = format!("the purse is {purse}, of which {} {currency} are still wanted", currency.format(wanted));
    Err(Refusal::new("purse-full", detail))
}

/// Splits what goes back by what each contribution gave, in their order: largest remainder, ties to the earlier one.
pub fn pro_rata(minor: i64, given: &[i64]) -> Result<Vec<i64>, Refusal> {
    let weights: Vec<u64> = given.iter().map(|amount| amount.unsigned_abs()).collect();
    allocation::largest_remainder(minor, &weights)
}

/// A contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// Its id.
    pub id: PurseContributionId,
    /// The challenge for whose purse it is.
    pub challenge: ChallengeId,
    /// The organisation that gave it.
    pub sponsor: OrganisationId,
    /// The custodian that holds the money.
    pub partner: OrganisationId,
    /// What the custodian calls it.
    pub reference: String,
    /// The amount that the sponsor gives.
    pub amount: Money,
    /// Minor units that went back.
    pub returned: i64,
    /// Minor units that went on to another challenge, as nobody had won them.
    pub rolled: i64,
    /// The contribution of which it is what nobody won; none when it was given for this challenge.
    pub rolled_from: Option<PurseContributionId>,
    /// Number of the version of the rules that the sponsor agreed to, from 1; where money rolled over, that in force then.
    pub rules_version: i32,
    /// SHA-256 of those rules.
    pub rules: Digest,
    /// Whether the sponsor agreed to these rules: not where money rolled over.
    pub is_agreed: bool,
    /// How it stands.
    pub state: ContributionState,
    /// The capture; none before.
    pub capture: Option<Capture>,
    /// Counts changes, from 1: its `ETag`.
    pub version: i64,
    /// When it was made, in book time.
    pub created_at: Timestamp,
}

impl Contribution {
    /// Minor units that are still in the purse, or in the prizes that were paid from it.
    pub fn left(&self) -> i64 {
        self.amount.minor() - self.returned - self.rolled
    }

    /// Whether its sponsor agreed to the rules of a version.
    pub fn agrees_to(&self, version: i32) -> bool {
        self.is_agreed && self.rules_version == version
    }
}

/// How a custodian came to have the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// How the payment is named where it was made.
    pub provider_reference: String,
    /// The settlement with which it arrives as cash.
    pub settlement: SettlementId,
    /// The day of the capture, in the zone of the book.
    pub on: Date,
    /// Record number of its entry.
    pub entry: i64,
}

/// Refuses with `rolls-twice` money that rolled over where it would go on once more: its sponsors agreed to rules by which it rolls over, and
/// to no others, so that what nobody wins in the extension goes back to them.
pub fn rolls_once(there: Unawarded) -> Result<(), Refusal> {
    match there {
        Unawarded::ReturnToSponsors => Ok(()),
        Unawarded::RollOver => {
            let detail = "what has rolled over once goes back when nobody wins it, and by the rules there it would roll over again";
            Err(Refusal::new("rolls-twice", detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenges::rules::rulebook::tests::usd;

    #[test]
    fn a_purse_takes_what_its_prizes_want_and_not_a_cent_more() {
        let purse = usd("250000.00");
        assert_eq!(admit(purse, 24_999_999, usd("0.01")), Ok(()));
        let refusal = admit(purse, 24_999_999, usd("0.02")).expect_err("a cent too much");
        assert_eq!(
            (refusal.code, refusal.detail.as_str()),
            ("purse-full", "the purse is 250000.00 USD, of which 0.01 USD are still wanted")
        );
    }

    #[test]
    fn f4_what_has_rolled_over_once_does_not_roll_over_again() {
        assert_eq!(rolls_once(Unawarded::ReturnToSponsors), Ok(()));
        assert_eq!(rolls_once(Unawarded::RollOver).expect_err("for ever").code, "rolls-twice");
    }

    #[test]
    fn what_goes_back_goes_back_pro_rata_and_adds_up() {
        assert_eq!(pro_rata(10_000, &[5_000, 5_000, 5_000]), Ok(vec![3_334, 3_333, 3_333]));
        assert_eq!(pro_rata(25_000_000, &[24_999_999, 1]), Ok(vec![24_999_999, 1]));
        assert!(pro_rata(1, &[]).is_err());
    }
}
