//! A purse as a bar: filled as far as money has arrived, darker as far as prizes were awarded, cut by its prizes.

use super::{WIDTH, length};
use askama::Template;

/// The most lines by which prizes cut a bar: more of them are no picture.
const CUTS_MAX: usize = 40;

/// Prizes of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) struct Tier {
    /// Minor units of one.
    pub(in crate::pages) each: i64,
    /// How many.
    pub(in crate::pages) count: u16,
}

/// A purse: how much of it has arrived, how prizes cut it, and how much was awarded.
#[derive(Template)]
#[template(path = "pictures/purse_bar.svg", escape = "html")]
pub(in crate::pages) struct PurseBar {
    /// What it shows, in a sentence.
    title: String,
    /// How far it is filled with what has arrived.
    settled: i64,
    /// How far prizes that were awarded fill it.
    awarded: i64,
    /// Where a prize ends and the next one begins.
    cuts: Vec<i64>,
}

impl PurseBar {
    /// The picture of a purse, all in minor units. Where all prizes together are too many, the tiers alone cut it.
    pub(in crate::pages) fn new(purse: i64, settled: i64, awarded: i64, tiers: Vec<Tier>, title: &str) -> PurseBar {
        let count: usize = tiers.iter().map(|tier| usize::from(tier.count)).sum();
        let mut ends = Vec::new();
        let mut sum = 0i64;
        for Tier { each, count: of_tier } in tiers {
            if count <= CUTS_MAX {
                ends.extend((1..=i64::from(of_tier)).map(|number| sum.saturating_add(each.saturating_mul(number))));
            }
            sum = sum.saturating_add(each.saturating_mul(i64::from(of_tier)));
            if count > CUTS_MAX {
                ends.push(sum);
            }
        }
        let mut cuts: Vec<i64> = ends.into_iter().map(|end| length(end, purse)).filter(|at| *at < WIDTH).collect();
        cuts.dedup();
        cuts.truncate(CUTS_MAX);
        PurseBar { title: title.to_owned(), settled: length(settled, purse), awarded: length(awarded, purse), cuts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(purse: i64, settled: i64, awarded: i64, tiers: &[(i64, u16)]) -> PurseBar {
        let tiers = tiers.iter().map(|(each, count)| Tier { each: *each, count: *count }).collect();
        PurseBar::new(purse, settled, awarded, tiers, "x < y")
    }

    #[test]
    fn a_purse_is_cut_where_its_prizes_end_and_filled_as_far_as_money_has_come() {
        let bar = drawn(25_000_000, 12_500_000, 5_000_000, &[(10_000_000, 1), (5_000_000, 2), (1_000_000, 5)]);
        assert_eq!((bar.settled, bar.awarded), (300, 120));
        assert_eq!(bar.cuts, [240, 360, 480, 504, 528, 552, 576], "the last prize ends where the bar does");
        let svg = bar.render().unwrap();
        assert!(svg.contains("x &#60; y") && !svg.contains("style="), "{svg}");
    }

    #[test]
    fn the_largest_purse_more_than_a_purse_and_ten_thousand_prizes_are_drawn_within_the_frame() {
        let bar = drawn(i64::MAX, i64::MAX, i64::MAX, &[(i64::MAX, u16::MAX)]);
        assert_eq!((bar.settled, bar.awarded, bar.cuts.len()), (WIDTH, WIDTH, 0));
        let bar = drawn(100, 150, -5, &[(1, 60), (2, 20)]);
        assert_eq!((bar.settled, bar.awarded, bar.cuts.as_slice()), (WIDTH, 0, [360].as_slice()));
        let bar = drawn(0, 0, 0, &[]);
        assert_eq!((bar.settled, bar.awarded, bar.cuts.len()), (0, 0, 0));
    }
}
