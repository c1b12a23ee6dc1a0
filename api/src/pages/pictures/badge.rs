//! A badge: how far a sum has come, for the sites of others to show. It stands alone, and so has its colours within it.

use super::share;
use crate::pages::shown::Amount;
use crate::say;
use askama::Template;

/// How long its bar is.
const BAR: i64 = 268;

/// So many letters of a title fit.
const TITLE_MAX: usize = 36;

/// The badge of something that is to have so much, and has a part of it.
#[derive(Template)]
#[template(path = "pictures/badge.svg", escape = "html")]
pub(in crate::pages) struct Badge {
    title: String,
    /// What it says below its bar, and to whoever does not see it.
    figure: String,
    filled: i64,
}

impl Badge {
    /// `part` of `whole`, in minor units, as `figure` says it for people.
    pub(in crate::pages) fn new(title: &str, (part, whole): (i128, i128), figure: String) -> Badge {
        let mut short: String = title.chars().take(TITLE_MAX).collect();
        if short.len() < title.len() {
            short.push('\u{2026}');
        }
        Badge { title: short, figure, filled: share(part, whole, BAR) }
    }

    /// What people read of a part of a whole.
    pub(in crate::pages) fn of(part: Amount, whole: Amount) -> String {
        say("pictures-badge").with("part", part.bare()).with("whole", whole).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_has_its_own_colours_and_neither_a_long_title_nor_too_much_money_leaves_its_frame() {
        let badge = Badge::new(&"ä<".repeat(100), (i128::MAX / 1_000, 1), "1 of 2".into());
        assert_eq!((badge.title.chars().count(), badge.filled), (TITLE_MAX + 1, BAR));
        let svg = badge.render().unwrap();
        assert!(!svg.contains("style") && !svg.contains("class=") && svg.contains("ä&#60;"), "{svg}");
        assert_eq!(Badge::new("x", (1, 4), String::new()).filled, BAR / 4);
    }
}
