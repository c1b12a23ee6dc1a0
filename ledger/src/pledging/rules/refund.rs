//! Refunds: a charge goes back to its donor, whole or in parts: `requested → sent → settled`, or `failed`.
//!
//! From the request on, what goes back is no more in the fund but on its way, so that it can be given back once only. When a
//! refund fails, it is in the fund again; another try is another refund.

use super::conversion::GivenBack;
use crate::error::Refusal;
use crate::id::{ChargeId, OrganisationId, RefundId};
use crate::money::{Currency, Money};
use crate::pledging::rules::fee::Payee;
use crate::pledging::rules::pledge::Rail;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Days for which a refund waits for whoever sends it; then it has failed.
pub const REFUND_DAYS: i64 = 14;
/// The code of a refund that nobody reported in time.
pub const NOT_REPORTED: &str = "not_reported";

/// What a provider answered to a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The donor has it.
    Settled {
        /// How the provider names the refund.
        provider_reference: String,
    },
    /// It is on its way: ask again.
    Sent {
        /// How the provider names the refund.
        provider_reference: String,
    },
    /// The donor does not get it.
    Failed {
        /// The provider's own code, such as `card_closed`.
        code: String,
    },
}

/// How a refund stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Whoever took the money is to send it back.
    Requested {
        /// When it has failed unless it was sent by then.
        until: Timestamp,
    },
    /// It is on its way to the donor.
    Sent {
        /// When it has failed unless it arrived by then.
        until: Timestamp,
        /// How the provider names the refund.
        provider_reference: String,
    },
    /// The donor has it.
    Settled {
        /// How the provider names the refund.
        provider_reference: String,
    },
    /// The donor did not get it: it is in the fund again.
    Failed {
        /// The provider's own code.
        code: String,
    },
}

impl State {
    /// Its stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            State::Requested { .. } => "requested",
            State::Sent { .. } => "sent",
            State::Settled { .. } => "settled",
            State::Failed { .. } => "failed",
        }
    }

    /// Until when it waits.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            State::Requested { until } | State::Sent { until, .. } => Some(*until),
            State::Settled { .. } | State::Failed { .. } => None,
        }
    }

    /// How the provider names it; none before it was sent.
    pub fn provider_reference(&self) -> Option<&str> {
        match self {
            State::Sent { provider_reference, .. } | State::Settled { provider_reference } => Some(provider_reference),
            State::Requested { .. } | State::Failed { .. } => None,
        }
    }

    /// Refuses what only a refund on its way can become.
    ///
    /// # Errors
    ///
    /// `refund-over`.
    pub fn require_open(&self) -> Result<(), Refusal> {
        match self {
            State::Requested { .. } | State::Sent { .. } => Ok(()),
            State::Settled { .. } | State::Failed { .. } => {
                Err(Refusal::new("refund-over", format!("the refund is {} already", self.as_str())))
            }
        }
    }
}

/// What of a fee falls on a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeePart {
    /// Whose fee it is.
    #[serde(with = "super::fee::text")]
    pub to: Payee,
    /// Minor units, more than zero.
    pub amount: i64,
    /// Whether the payee gives it back, so that the donor gets it; else it stays with the payee, and the donor bears it.
    pub is_returned: bool,
}

/// What goes back of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its id: the provider knows it by this.
    pub id: RefundId,
    /// The charge.
    pub charge: ChargeId,
    /// Who brought the pledge: the custodian that sends it.
    pub partner: OrganisationId,
    /// The part of the charge that is undone.
    pub amount: Money,
    /// What the donor gets: that part but for fees that stay with their payees.
    pub sent: Money,
    /// What of the donor's own money goes back, when the gift was in another currency; none otherwise. `sent` is what that came to.
    pub original: Option<GivenBack>,
    /// What it cost whoever sent it, in the currency of the charge, when they said so; none otherwise.
    pub settled_amount: Option<Money>,
    /// What of the charge's fees falls on it.
    pub fees: Vec<FeePart>,
    /// Who sends it.
    pub rail: Rail,
    /// Whether its charge had arrived as cash when it was requested: then it took layers of the pledge.
    pub of_cash: bool,
    /// Why, without personal data.
    pub reason: String,
    /// What whoever asked for it calls it, unique for a charge; none when it has no name.
    pub reference: Option<String>,
    /// How it stands.
    pub state: State,
    /// Record number of the entry of its request.
    pub entry: i64,
    /// Record number of the entry with which it ended; 0 before.
    pub end_entry: i64,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it was requested, in book time.
    pub requested_at: Timestamp,
}

impl Refund {
    /// The currency of the charge.
    pub fn currency(&self) -> Currency {
        self.amount.currency()
    }

    /// What its payees give back of fees, minor units.
    pub fn returned(&self) -> i64 {
        self.fees.iter().filter(|fee| fee.is_returned).map(|fee| fee.amount).sum()
    }

    /// What of the charge's fees falls on it, minor units.
    pub fn undone(&self) -> i64 {
        self.fees.iter().map(|fee| fee.amount).sum()
    }

    /// What it takes of what the charge brought to the fund, minor units.
    pub fn of_fund(&self) -> i64 {
        self.amount.minor() - self.undone()
    }
}

/// The largest part of a charge of which no more than `held` minor units lie in the fund, having refunded `before` of it: all
/// that is left when the fund holds all that the charge brought. `fees` are those of the whole charge.
pub fn part_for(held: i64, amount: i64, fees: i64, before: i64) -> i64 {
    let on_first = |part: i64| {
        let exact = i128::from(fees) * i128::from(part) / i128::from(amount);
        part - i64::try_from(exact).expect("no more than the fees")
    };
    let wanted = on_first(before).saturating_add(held);
    // What falls on the fund never shrinks with the part, so that halving finds the last that fits.
    let (mut fits, mut beyond) = (before, amount + 1);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        if on_first(middle) <= wanted { fits = middle } else { beyond = middle }
    }
    fits - before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pledging::rules::fee::{Term, of_charge, undone};
    use proptest::prelude::*;

    #[test]
    fn c5_what_is_left_of_a_layer_goes_back_with_its_part_of_the_fee() {
        // 100.00 with a fee of 5.00 brought 95.00, of which 38.00 was released.
        assert_eq!(part_for(5_700, 10_000, 500, 0), 6_000);
        assert_eq!(part_for(9_500, 10_000, 500, 0), 10_000, "the whole charge");
        assert_eq!(part_for(0, 10_000, 0, 0), 0);
        assert_eq!(part_for(5_700, 10_000, 500, 4_000), 6_000);
    }

    proptest! {
        #[test]
        fn a_fund_holds_what_its_layers_do_and_gives_back_no_more_than_it_took(
            charges in proptest::collection::vec((1..100_000i64, 0..1_000_000u32), 1..6),
            steps in proptest::collection::vec((0..6usize, 1..60_000i64, any::<bool>()), 1..40)
        ) {
            struct One { amount: i64, fees: Vec<(i64, i64)>, layer: i64, refunded: i64 }
            let mut all: Vec<One> = charges.into_iter().map(|(amount, rate)| {
                let percent = format!("{}.{:04}", rate / 10_000, rate % 10_000).parse().expect("a rate");
                let term = Term { to: Payee::Host, percent, fixed: 1, returned_on_refund: true };
                let fees: Vec<(i64, i64)> = of_charge(&[term], amount).iter().map(|(_, fee)| (*fee, 0)).collect();
                let layer = amount - fees.iter().map(|(fee, _)| fee).sum::<i64>();
                One { amount, fees, layer, refunded: 0 }
            }).collect();
            let mut fund: i64 = all.iter().map(|one| one.layer).sum();
            for (which, minor, is_release) in steps {
                let index = which % all.len();
                let one = &mut all[index];
                if is_release {
                    let taken = minor.min(one.layer);
                    (one.layer, fund) = (one.layer - taken, fund - taken);
                    continue;
                }
                let total: i64 = one.fees.iter().map(|(fee, _)| fee).sum();
                let part = part_for(minor.min(one.layer), one.amount, total, one.refunded);
                prop_assert!(one.refunded + part <= one.amount, "no more than the charge");
                if part == 0 { continue }
                let undo = undone(&one.fees, one.amount, one.refunded, part).expect("figures of one charge");
                for (fee, more) in one.fees.iter_mut().zip(&undo) {
                    fee.1 += more;
                    prop_assert!(fee.1 <= fee.0, "a fee never below nothing");
                }
                let taken = part - undo.iter().sum::<i64>();
                prop_assert!(0 <= taken && taken <= one.layer, "only of its own layer");
                (one.layer, fund, one.refunded) = (one.layer - taken, fund - taken, one.refunded + part);
            }
            prop_assert_eq!(fund, all.iter().map(|one| one.layer).sum::<i64>());
        }
    }
}
