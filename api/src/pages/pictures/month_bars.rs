//! What came month by month as bars, with the goal as a line, and what waits hatched on top.

use super::{WIDTH, share};
use askama::Template;

/// How many months there is room for.
pub(in crate::pages) const MONTHS: i32 = 12;
/// The length of the highest bar.
const HIGHEST: i64 = 150;
/// Where bars stand.
const GROUND: i64 = 170;

/// What is to be drawn of one month, or of several that stand together at their mean. All in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Column {
    /// Its first month, counted from the first of those that are shown; one before them is cut off.
    pub(in crate::pages) from: i32,
    /// Its last month.
    pub(in crate::pages) to: i32,
    /// What was collected a month.
    pub(in crate::pages) collected: i128,
    /// What waits a month.
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
}

impl MonthBars {
    /// The picture of some months. The highest bar, or the goal, fills it.
    pub(in crate::pages) fn new(columns: Vec<Column>, goal: Option<i128>, title: String) -> MonthBars {
        let sums = columns.iter().map(|column| column.collected.saturating_add(column.waiting));
        let most = sums.chain(goal).max().unwrap_or(0);
        let bars = columns.into_iter().filter(|column| (0..MONTHS).contains(&column.to));
        MonthBars {
            title,
            bars: bars.map(|column| bar(column, most)).collect(),
            goal: goal.map(|goal| GROUND - share(goal, most, HIGHEST)),
        }
    }
}

fn bar(of: Column, most: i128) -> Bar {
    let slot = WIDTH / i64::from(MONTHS);
    let (from, to) = (i64::from(of.from.clamp(0, of.to)), i64::from(of.to));
    let height = share(of.collected, most, HIGHEST);
    let waiting = share(of.waiting, most, HIGHEST).min(HIGHEST - height);
    let (x, width) = (from * slot + 4, (to - from + 1) * slot - 8);
    let y = GROUND - height;
    Bar { x, middle: x + width / 2, width, y, height, waiting_y: y - waiting, waiting, label: of.label }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(columns: &[(i32, i32, i128, i128)], goal: Option<i128>) -> MonthBars {
        let column = |(from, to, collected, waiting): &(i32, i32, i128, i128)| Column {
            from: *from,
            to: *to,
            collected: *collected,
            waiting: *waiting,
            label: "<May>".to_owned(),
        };
        MonthBars::new(columns.iter().map(column).collect(), goal, "x < y".to_owned())
    }

    #[test]
    fn a_bar_is_as_high_as_what_came_and_what_waits_stands_on_it_below_or_above_the_goal() {
        let picture = drawn(&[(0, 0, 100, 0), (1, 3, 150, 50), (11, 11, 0, 0)], Some(300));
        let heights: Vec<_> = picture.bars.iter().map(|bar| (bar.x, bar.width, bar.height, bar.waiting)).collect();
        assert_eq!(heights, [(4, 42, 50, 0), (54, 142, 75, 25), (554, 42, 0, 0)]);
        assert_eq!((picture.bars[1].y, picture.bars[1].waiting_y, picture.goal), (95, 70, Some(20)));
        let svg = picture.render().expect("a picture");
        assert!(svg.contains("x &#60; y") && svg.contains("&#60;May&#62;") && !svg.contains("style="), "{svg}");
        assert!(svg.contains("class=\"goal\""), "{svg}");
        assert!(!drawn(&[], None).render().expect("a picture").contains("class=\"goal\""));
    }

    #[test]
    fn the_largest_sums_stay_within_the_frame_and_months_before_it_are_cut_off() {
        let picture = drawn(&[(-40, 2, i128::MAX, i128::MAX), (-9, -3, 5, 5), (5, 5, -7, -7)], Some(1));
        let told: Vec<_> = picture.bars.iter().map(|bar| (bar.x, bar.width, bar.y, bar.waiting_y)).collect();
        assert_eq!(told, [(4, 142, 20, 20), (254, 42, 170, 170)]);
    }
}
