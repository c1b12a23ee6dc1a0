//! Quadratic matching: many small gifts weigh more than one large one.
//!
//! After Buterin, Hitzig and Weyl, "A Flexible Design for Funding Public Goods" (2019). The root of a sum of c minor units is taken
//! as the whole number ⌊√(c · 10¹⁸)⌋, billionths of a root, so that all that follows is exact. One identity alone, whatever it
//! gave and in however many gifts, is matched by nothing.

use super::line::{Formula, Line, Weight, by_identity, too_large};
use crate::error::Refusal;

/// Parts into which the root of a minor unit is divided.
pub const SCALE: u128 = 1_000_000_000;

/// The root of an amount, in parts of [`SCALE`], rounded down.
pub fn root(amount: i64) -> u128 {
    // Below 2^63 · 2^60.
    (u128::from(amount.unsigned_abs()) * SCALE * SCALE).isqrt()
}

/// A weight in minor units, rounded to the nearest, halves up.
pub fn in_minor_units(weight: u128) -> u128 {
    let unit = SCALE * SCALE;
    weight / unit + u128::from(weight % unit >= unit / 2)
}

/// The weight of a campaign: (Σ√c)², less Σc where the formula subtracts it, in minor units times the square of [`SCALE`].
pub(super) fn weight(formula: Formula, lines: &[Line]) -> Result<Weight, Refusal> {
    let sums = by_identity(lines)?;
    let roots = sums.values().map(|sum| root(*sum)).sum::<u128>();
    let square = roots.checked_mul(roots).ok_or_else(too_large)?;
    let weight = match formula {
        Formula::ClrSubtractingV1 => {
            let own = sums.values().map(|sum| u128::from(sum.unsigned_abs())).sum::<u128>();
            // Roots are rounded down, so that of one identity the square is no more than what it gave.
            square.saturating_sub(own.checked_mul(SCALE * SCALE).ok_or_else(too_large)?)
        }
        Formula::ClrSharedV1 | Formula::OneToOneV1 | Formula::VotesV1 => square,
    };
    let identities = i64::try_from(sums.len()).map_err(|_| too_large())?;
    Ok(Weight { identities, roots, raw: in_minor_units(weight), weight })
}
