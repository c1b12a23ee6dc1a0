//! What is held beside what is owed: two bars of one scale.

use super::length;
use askama::Template;

/// Two amounts of one currency.
#[derive(Template)]
#[template(path = "pictures/held_owed.svg", escape = "html")]
pub(in crate::pages) struct HeldOwed {
    /// Tells pictures of one page apart.
    number: usize,
    title: String,
    held: i64,
    owed: i64,
}

impl HeldOwed {
    /// The picture of what is held and what is owed, in minor units.
    pub(in crate::pages) fn new(number: usize, held: i128, owed: i128, title: &str) -> HeldOwed {
        let whole = held.max(owed);
        HeldOwed { number, title: title.to_owned(), held: length(held, whole), owed: length(owed, whole) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_bar_is_as_wide_as_the_picture_and_no_bar_is_wider() {
        for (held, owed, expected) in
            [(200, 100, (600, 300)), (100, 100, (600, 600)), (50, 100, (300, 600)), (0, 0, (0, 0)), (-5, 10, (0, 600))]
        {
            let drawn = HeldOwed::new(1, held, owed, "x < y");
            assert_eq!((drawn.held, drawn.owed), expected);
            assert!(drawn.render().unwrap().contains("x &#60; y"));
        }
        let huge = i128::from(i64::MAX) * 1_000;
        assert_eq!(HeldOwed::new(1, huge, huge / 2, "").owed, 300);
    }
}
