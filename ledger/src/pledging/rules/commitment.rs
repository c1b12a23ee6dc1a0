//! What may be promised to a campaign, and the accounts in which it is counted, in a unit of its own: no money.

use crate::book::AccountNumber;
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

words! {
    /// What a campaign does with a single payment of which only a part fits below its cap.
    OverCap, "word for what is over the cap" {
        /// It is refused.
        Refuse = "refuse",
        /// It is taken as far as it fits.
        Trim = "trim",
    }
}

words! {
    /// How the promise of a payment stands.
    Promise, "promise" {
        /// It is not counted yet.
        None = "none",
        /// It is promised, whether it has been collected or not.
        Open = "open",
        /// It was given up.
        Dropped = "dropped",
    }
}

/// The accounts in which the promises to a campaign are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitments {
    /// What may still be promised: its floor is minus the cap.
    pub room: AccountNumber,
    /// Where payments come from that no cap holds; the same as `room` without a cap.
    pub beyond: AccountNumber,
    /// What is promised and was not dropped, collected or not.
    pub pledged: AccountNumber,
    /// Since when they count, in book time: since the campaign was published.
    pub since: Timestamp,
}

/// How much may be promised to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// All that is wanted, from wherever it comes.
    pub amount: Money,
    /// What happens to a single payment that fits in part.
    pub over: OverCap,
}

/// What a campaign has from elsewhere: it takes room below the cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// How much.
    pub amount: Money,
    /// Since which day.
    pub on: Date,
    /// From where, and how the host knows.
    pub reason: String,
}

/// Minor units that may be promised below a cap, beside what is funded elsewhere.
pub fn room(cap: Money, elsewhere: Option<&Elsewhere>) -> i64 {
    (cap.minor() - elsewhere.map_or(0, |elsewhere| elsewhere.amount.minor())).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD).expect("positive")
    }

    proptest! {
        #[test]
        fn p16_what_is_funded_elsewhere_and_what_may_be_promised_are_the_cap_and_raising_it_adds_as_much(
            cap in 1..1_000_000i64, part in 0..1_000_000i64, more in 1..1_000_000i64
        ) {
            let on = date(2026, 12, 1);
            let amount = part % cap;
            let elsewhere = (amount > 0).then(|| Elsewhere { amount: usd(amount), on, reason: "a grant".into() });
            let left = room(usd(cap), elsewhere.as_ref());
            prop_assert_eq!(left + amount, cap);
            prop_assert_eq!(room(usd(cap + more), elsewhere.as_ref()) - left, more);
        }
    }
}
