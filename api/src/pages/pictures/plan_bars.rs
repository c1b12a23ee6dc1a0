//! What is planned month by month as frames, and what was spent as bars within and beside them.

use super::{WIDTH, share};
use askama::Template;

/// The length of the highest bar.
const HIGHEST: i64 = 150;
/// Where bars stand.
const GROUND: i64 = 170;
/// How wide the name of a month is, and the room beside it.
const LABEL: i64 = 48;

/// What is to be drawn of one month, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Pair {
    /// What is planned.
    pub(in crate::pages) planned: i128,
    /// What was spent; none for a month that has not begun.
    pub(in crate::pages) spent: Option<i128>,
    /// What stands below it, where there is room.
    pub(in crate::pages) label: String,
}

struct Bars {
    x: i64,
    width: i64,
    planned_y: i64,
    planned: i64,
    spent_x: i64,
    spent_width: i64,
    spent_y: i64,
    spent: i64,
    middle: i64,
    label: String,
}

/// Pairs of bars, a month each.
#[derive(Template)]
#[template(path = "pictures/plan_bars.svg", escape = "html")]
pub(in crate::pages) struct PlanBars {
    /// What it shows, in a sentence.
    title: String,
    bars: Vec<Bars>,
}

impl PlanBars {
    /// The picture of some months; the highest bar fills it.
    pub(in crate::pages) fn new(months: Vec<Pair>, title: String) -> PlanBars {
        let most = months.iter().map(|it| it.planned.max(it.spent.unwrap_or(0))).max().unwrap_or(0);
        let slot = WIDTH / i64::try_from(months.len().max(1)).unwrap_or(WIDTH).min(WIDTH / 4);
        // So many months share a name that the names do not meet.
        let step = usize::try_from((LABEL + slot - 1) / slot).unwrap_or(1).max(1);
        let bars = months.into_iter().enumerate().map(|(place, it)| {
            let (planned, spent) = (share(it.planned, most, HIGHEST), share(it.spent.unwrap_or(0), most, HIGHEST));
            let x = i64::try_from(place).unwrap_or(0) * slot + 1;
            let (width, inset) = (slot.min(LABEL) - 2, slot.min(LABEL) / 4);
            Bars {
                x,
                width,
                planned_y: GROUND - planned,
                planned,
                spent_x: x + inset,
                spent_width: (width - 2 * inset).max(1),
                spent_y: GROUND - spent,
                spent,
                middle: x + width / 2,
                label: if place % step == 0 { it.label } else { String::new() },
            }
        });
        PlanBars { title, bars: bars.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(count: usize) -> PlanBars {
        let pair = |place: usize| Pair {
            planned: 100,
            spent: (place < 2).then_some(if place == 0 { 200 } else { -5 }),
            label: "<May>".to_owned(),
        };
        PlanBars::new((0..count).map(pair).collect(), "x < y".to_owned())
    }

    #[test]
    fn a_month_is_a_frame_for_what_is_planned_and_a_bar_for_what_was_spent() {
        let picture = months(12);
        let drawn: Vec<_> = picture.bars.iter().take(3).map(|bar| (bar.x, bar.planned, bar.spent)).collect();
        assert_eq!(drawn, [(1, 75, 150), (51, 75, 0), (101, 75, 0)]);
        assert!(picture.bars.iter().all(|bar| !bar.label.is_empty()));
        let svg = picture.render().expect("a picture");
        assert!(svg.contains("x &#60; y") && svg.contains("&#60;May&#62;") && !svg.contains("style="), "{svg}");
    }

    #[test]
    fn sixty_months_and_one_month_stay_within_the_frame_and_names_do_not_meet() {
        for count in [0, 1, 2, 24, 60] {
            let picture = months(count);
            assert!(
                picture.bars.iter().all(|bar| bar.x + bar.width <= WIDTH && bar.width > 0 && bar.spent_width > 0),
                "{count}"
            );
            let named: Vec<i64> =
                picture.bars.iter().filter(|bar| !bar.label.is_empty()).map(|bar| bar.middle).collect();
            assert!(named.windows(2).all(|pair| pair[1] - pair[0] >= LABEL), "{count}: {named:?}");
        }
    }
}
