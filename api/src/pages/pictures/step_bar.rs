//! One step of a waterfall as a bar: where on its way from the whole to nothing a part is taken.

use super::length;
use askama::Template;

/// What a bar shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Taken {
    /// What there is to divide.
    Whole,
    /// A part of it that goes somewhere.
    Part,
    /// A part that is gone before anything is divided: a cost, a loss of before.
    Lost,
}

impl Taken {
    fn class(self) -> &'static str {
        match self {
            Taken::Whole => "filled",
            Taken::Part => "paid",
            Taken::Lost => "empty",
        }
    }
}

/// A bar beside its number, which says all that it shows: programs that read a page aloud pass it by.
#[derive(Template)]
#[template(path = "pictures/step_bar.svg", escape = "html")]
pub(in crate::pages) struct StepBar {
    class: &'static str,
    from: i64,
    width: i64,
}

impl StepBar {
    /// From where a part begins to where it ends, of a whole, all in minor units.
    pub(in crate::pages) fn new(taken: Taken, from: i64, amount: i64, whole: i64) -> StepBar {
        let (start, end) = (length(from, whole), length(i128::from(from) + i128::from(amount), whole));
        StepBar { class: taken.class(), from: start, width: end - start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_lies_where_it_is_taken_and_never_outside_the_whole() {
        let drawn = |from, amount, whole| {
            let bar = StepBar::new(Taken::Part, from, amount, whole);
            (bar.from, bar.width)
        };
        assert_eq!(drawn(0, 50, 100), (0, 300));
        assert_eq!(drawn(50, 25, 100), (300, 150));
        assert_eq!(drawn(90, 25, 100), (540, 60));
        assert_eq!(drawn(-10, 20, 100), (0, 60));
        assert_eq!(drawn(0, 0, 0), (0, 0));
        assert_eq!(drawn(i64::MAX, i64::MAX, i64::MAX), (600, 0));
        let svg = StepBar::new(Taken::Lost, 0, 1, 1).render().unwrap();
        assert!(svg.contains("aria-hidden") && !svg.contains("style="), "{svg}");
    }
}
