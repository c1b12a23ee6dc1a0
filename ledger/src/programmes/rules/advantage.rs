//! By how much a product is assumed to be cheaper than what is bought otherwise: more at each level at which what makes it was made in the
//! same way before.
//!
//! The founding documents add: 30 % and 20 points a level make 50 % and 70 %, until nothing is left of the price. Whoever holds that each
//! level saves its part of what is left lets it compound: 30 %, 44 %, 55.20 %. Both are assumptions, and say which they are.

use crate::cooperatives::rules::cooperative::Percent;
use crate::error::{Error, Refusal};
use crate::id::{PersonId, ProductId};
use crate::money::Money;
use crate::words::words;
use jiff::Timestamp;

/// The highest level: powers of what is left stay exact up to it.
pub const LEVEL_MAX: u8 = 8;

words! {
    /// How the levels go together.
    Way, "way of counting levels" {
        /// Each level takes its part of the benchmark, until nothing is left.
        Additive = "additive",
        /// Each level takes its part of what the levels before have left.
        Compound = "compound",
    }
}

/// By how much something is assumed to be cheaper.
///
/// ```
/// use ledger::programmes::rules::advantage::{Assumed, Way};
///
/// let at = |way| Assumed { first: "30".parse().unwrap(), per_level: "20".parse().unwrap(), level: 2, way }.percent(2);
/// assert_eq!((at(Way::Additive).to_string(), at(Way::Compound).to_string()), ("70.00".into(), "55.20".into()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumed {
    /// At level 0.
    pub first: Percent,
    /// What each level adds.
    pub per_level: Percent,
    /// The level of the product.
    pub level: u8,
    /// How the levels go together.
    pub way: Way,
}

impl Assumed {
    /// Refuses percentages above 100 and levels above [`LEVEL_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] at `/first`, `/per_level` or `/level`.
    pub fn check(&self) -> Result<(), Error> {
        for (pointer, percent) in [("/first", self.first), ("/per_level", self.per_level)] {
            if percent > Percent::WHOLE {
                return Err(Error::invalid(pointer, "0 to 100 %"));
            }
        }
        if self.level > LEVEL_MAX {
            return Err(Error::invalid("/level", format!("0 to {LEVEL_MAX}")));
        }
        Ok(())
    }

    /// By how much it is cheaper at a level, rounded once to the hundredth of a percent, a half upwards.
    pub fn percent(&self, level: u8) -> Percent {
        let whole = Percent::WHOLE.hundredths();
        let (first, per_level) = (self.first.hundredths().min(whole), self.per_level.hundredths().min(whole));
        let level = level.min(LEVEL_MAX);
        match self.way {
            Way::Additive => Percent::from_hundredths((first + per_level * u64::from(level)).min(whole)),
            Way::Compound => {
                // Of ten thousand to the power of the level, what is left; 10^36 at most.
                let scale = u128::from(whole).pow(level.into());
                let left = u128::from(whole - first) * u128::from(whole - per_level).pow(level.into());
                let left = (left + scale / 2) / scale;
                Percent::from_hundredths(whole - u64::try_from(left).unwrap_or(whole))
            }
        }
    }

    /// What it costs at a level where the other costs `benchmark`, minor units: less the percentage as it is shown, a half upwards.
    pub fn price(&self, level: u8, benchmark: Money) -> i64 {
        let left = Percent::WHOLE.hundredths() - self.percent(level).hundredths();
        Percent::from_hundredths(left).of(benchmark.minor())
    }
}

/// An assumption about a product. Written once; the last one holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advantage {
    /// The product.
    pub product: ProductId,
    /// From 1 for each product.
    pub version: i32,
    /// What is assumed.
    pub assumed: Assumed,
    /// What the other costs, in the currency of the book; none where nobody says.
    pub benchmark: Option<Money>,
    /// Where the assumption is from; may be empty.
    pub note: String,
    /// Who made it.
    pub assumed_by: PersonId,
    /// When, in book time.
    pub assumed_at: Timestamp,
}

/// The most assumptions about one product.
pub const VERSIONS_MAX: i32 = 100;

/// Refuses one more assumption than a product has.
///
/// # Errors
///
/// `assumptions-full`.
pub fn check_versions(last: i32) -> Result<(), Refusal> {
    if last < VERSIONS_MAX {
        return Ok(());
    }
    Err(Refusal::new("assumptions-full", format!("a product has {VERSIONS_MAX} assumptions at most")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn of(first: u64, per_level: u64, way: Way) -> Assumed {
        Assumed {
            first: Percent::from_hundredths(first),
            per_level: Percent::from_hundredths(per_level),
            level: 2,
            way,
        }
    }

    #[test]
    fn g6_thirty_percent_and_twenty_points_a_level_add_to_seventy_or_compound_to_55_20() {
        let benchmark = Money::parse("100.00", Currency::USD).expect("an amount");
        for (way, percents, prices) in [
            (Way::Additive, ["30.00", "50.00", "70.00"], [7_000, 5_000, 3_000]),
            (Way::Compound, ["30.00", "44.00", "55.20"], [7_000, 5_600, 4_480]),
        ] {
            let it = of(3_000, 2_000, way);
            assert_eq!([0, 1, 2].map(|level| it.percent(level).to_string()), percents);
            assert_eq!([0, 1, 2].map(|level| it.price(level, benchmark)), prices, "N7");
        }
        assert_eq!(of(3_000, 2_000, Way::Additive).percent(4).to_string(), "100.00", "nothing costs less than nothing");
        assert_eq!(
            of(3_000, 2_000, Way::Compound).percent(8).to_string(),
            "88.26",
            "100 × (1 − 0.7 × 0.8⁸) = 88.2559…"
        );
    }

    proptest! {
        #[test]
        fn each_level_is_as_cheap_as_the_one_before_or_cheaper_and_adding_never_saves_less(
            first in 0u64..=10_000, per_level in 0u64..=10_000, level in 0u8..LEVEL_MAX,
        ) {
            let (added, compound) = (of(first, per_level, Way::Additive), of(first, per_level, Way::Compound));
            for it in [added, compound] {
                prop_assert!(it.percent(level) <= it.percent(level + 1) && it.percent(level + 1) <= Percent::WHOLE);
            }
            prop_assert!(added.percent(level) >= compound.percent(level));
            let scale = 10_000_u128.pow(level.into());
            let left = u128::from(10_000 - compound.percent(level).hundredths()) * scale;
            let exact = u128::from(10_000 - first) * u128::from(10_000 - per_level).pow(level.into());
            prop_assert!(2 * left.abs_diff(exact) <= scale, "{left} is not {exact}");
        }
    }
}
