//! Two accounts and an arrow between them, with what moved.

use askama::Template;

/// So many characters of a name fit into its box.
const NAME_MAX: usize = 30;

/// What moved from one account to another.
#[derive(Template)]
#[template(path = "pictures/arrow.svg", escape = "html")]
pub(in crate::pages) struct Arrow {
    from: String,
    to: String,
    amount: String,
}

impl Arrow {
    /// The picture of an amount that moves between two accounts, by their codes.
    pub(in crate::pages) fn new(from: &str, to: &str, amount: &str) -> Arrow {
        Arrow { from: short(from), to: short(to), amount: amount.to_owned() }
    }
}

/// The end of a code that fits: it tells accounts apart, which begin alike.
fn short(code: &str) -> String {
    let length = code.chars().count();
    if length <= NAME_MAX {
        return code.to_owned();
    }
    let end: String = code.chars().skip(length - NAME_MAX + 1).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_code_fits_and_nothing_in_it_is_markup() {
        let arrow = Arrow::new(&"a".repeat(650), "x<y", "1.00 USD");
        assert_eq!((arrow.from.chars().count(), arrow.to.as_str()), (NAME_MAX, "x<y"));
        let svg = arrow.render().unwrap();
        assert!(svg.contains("x&#60;y") && !svg.contains("style="), "{svg}");
    }
}
