//! Pictures of figures, as SVG within a page: no script, colours by the style sheet's classes, a title and a description for whoever
//! does not see them, and a table beside them with the same figures.

mod arrow;
mod badge;
mod held_owed;
mod milestone_line;
mod money_way;
mod month_bars;
mod plan_bars;
mod purse_bar;
pub(super) mod qr;
mod step_bar;

pub(super) use arrow::Arrow;
pub(super) use badge::Badge;
pub(super) use held_owed::HeldOwed;
pub(super) use milestone_line::{MilestoneLine, Stop};
pub(super) use money_way::{Ends, MoneyWay};
pub(super) use month_bars::{Column, MONTHS, MonthBars};
pub(super) use plan_bars::{Pair, PlanBars};
pub(super) use purse_bar::{PurseBar, Tier};
pub(super) use step_bar::{StepBar, Taken};

/// How wide a picture is, in its own units.
const WIDTH: i64 = 600;

/// A part of a whole as a length, never beyond the end of the picture.
fn length(part: impl Into<i128>, whole: impl Into<i128>) -> i64 {
    share(part, whole, WIDTH)
}

/// A part of a whole as a length of at most so much.
fn share(part: impl Into<i128>, whole: impl Into<i128>, most: i64) -> i64 {
    let (part, whole) = (part.into(), whole.into().max(1));
    // So many that no length tells their last digits are cut, so that they fit when they are multiplied.
    let (part, whole) = if whole > i128::MAX >> 32 { (part >> 32, whole >> 32) } else { (part, whole) };
    let length = part.clamp(0, whole) * i128::from(most) / whole;
    i64::try_from(length).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_as_long_as_it_is_large_and_never_longer_than_the_whole() {
        for (part, whole, expected) in
            [(0, 100, 0), (1, 3, 200), (50, 100, 300), (100, 100, 600), (101, 100, 600), (-5, 100, 0), (5, 0, 600)]
        {
            assert_eq!(length(part, whole), expected, "{part} of {whole}");
        }
        assert_eq!(length(i64::MAX, i64::MAX), WIDTH);
        assert_eq!(share(i64::MAX, i128::from(i64::MAX) * 2, 50), 25);
    }
}
