//! What came month by month as bars, with the goal as a line, and what waits hatched on top.

use super::{WIDTH, share};
use askama::Template;

/// How many months there is room for.
pub(in crate::pages) const MONTHS: i32 = 12;
/// The length of the highest bar.
const HIGHEST: i64 = 150;
/// Where bars stand.
const GROUND: i64 = 170;

/// What is to be drawn of one month, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Column {
    /// Which month it is, counted from the first of those that there is room for; others are left out.
    pub(in crate::pages) slot: i32,
    /// What was collected.
    pub(in crate::pages) collected: i128,
    /// What waits.
    pub(in crate::pages) waiting: i128,
    /// What stands below it.
    pub(in crate::pages) label: String,
}

struct Bar {
    x: i64,
    middle: i64,
    width: i64,
    y: i64,
    height: i64,
    waiting_y: i64,
    waiting: i64,
    label: String,
}

/// Bars of months.
#[derive(Template)]
#[template(path = "pictures/month_bars.svg", escape = "html")]
pub(in crate::pages) struct MonthBars {
    /// What it shows, in a sentence.
    title: String,
    bars: Vec<Bar>,
    /// Where the line of the goal is; none without one.
    goal: Option<i64>,
    /// Whether what waits is told.
    tells_waiting: bool,
}

impl MonthBars {
    /// The picture of some months. The highest bar, or the goal, fills it.
    pub(in crate::pages) fn new(
        columns: Vec<Column>,
        goal: Option<i128>,
        title: String,
        tells_waiting: bool,
    ) -> MonthBars {
        let sums = columns.iter().map(|column| column.collected.saturating_add(column.waiting));
        let most = sums.chain(goal).max().unwrap_or(0);
        let bars = columns.into_iter().filter(|column| (0..MONTHS).contains(&column.slot));
        MonthBars {
            title,
            bars: bars.map(|column| bar(column, most)).collect(),
            goal: goal.map(|goal| GROUND - share(goal, most, HIGHEST)),
            tells_waiting,
        }
    }
}

fn bar(of: Column, most: i128) -> Bar {
    let slot = WIDTH / i64::from(MONTHS);
    let height = share(of.collected, most, HIGHEST);
    let waiting = share(of.waiting, most, HIGHEST).min(HIGHEST - height);
    let (x, width) = (i64::from(of.slot) * slot + 4, slot - 8);
    let y = GROUND - height;
    Bar { x, middle: x + width / 2, width, y, height, waiting_y: y - waiting, waiting, label: of.label }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(columns: &[(i32, i128, i128)], goal: Option<i128>) -> MonthBars {
        let column = |(slot, collected, waiting): &(i32, i128, i128)| Column {
            slot: *slot,
            collected: *collected,
            waiting: *waiting,
            label: "<May>".to_owned(),
        };
        MonthBars::new(columns.iter().map(column).collect(), goal, "x < y".to_owned(), true)
    }

    #[test]
    fn a_bar_is_as_high_as_what_came_and_what_waits_stands_on_it_below_or_above_the_goal() {
        let picture = drawn(&[(0, 100, 0), (1, 150, 50), (11, 0, 0)], Some(300));
        let heights: Vec<_> = picture.bars.iter().map(|bar| (bar.x, bar.width, bar.height, bar.waiting)).collect();
        assert_eq!(heights, [(4, 42, 50, 0), (54, 42, 75, 25), (554, 42, 0, 0)]);
        assert_eq!((picture.bars[1].y, picture.bars[1].waiting_y, picture.goal), (95, 70, Some(20)));
        let svg = picture.render().expect("a picture");
        assert!(svg.contains("x &#60; y") && svg.contains("&#60;May&#62;") && !svg.contains("style="), "{svg}");
        assert!(svg.contains("class=\"goal\""), "{svg}");
        assert!(!drawn(&[], None).render().expect("a picture").contains("class=\"goal\""));
    }

    #[test]
    fn the_largest_sums_stay_within_the_frame_and_months_before_it_are_cut_off() {
        let picture = drawn(&[(2, i128::MAX, i128::MAX), (-3, 5, 5), (5, -7, -7)], Some(1));
        let told: Vec<_> = picture.bars.iter().map(|bar| (bar.x, bar.width, bar.y, bar.waiting_y)).collect();
        assert_eq!(told, [(104, 42, 20, 20), (254, 42, 170, 170)]);
    }
}
