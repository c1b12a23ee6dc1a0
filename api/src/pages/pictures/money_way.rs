//! Money's way from those who gave it: a band for each end of it, as high as what went there and as long as its way was.

use super::share;
use askama::Template;

/// How high all that was collected is.
const HIGH: i64 = 120;
/// Where the first band begins.
const TOP: i64 = 10;

/// What became of money, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::pages) struct Ends {
    /// All that was collected.
    pub(in crate::pages) collected: i128,
    /// Released and paid out.
    pub(in crate::pages) paid: i128,
    /// Released and still owed.
    pub(in crate::pages) owed: i128,
    /// Not released yet.
    pub(in crate::pages) held: i128,
    /// Went back.
    pub(in crate::pages) returned: i128,
    /// All else.
    pub(in crate::pages) other: i128,
}

struct Band {
    class: &'static str,
    y: i64,
    width: i64,
    height: i64,
    /// Where its name stands.
    text_y: i64,
    /// The text that says what it is.
    name: &'static str,
}

/// The bands of one currency.
#[derive(Template)]
#[template(path = "pictures/money_way.svg", escape = "html")]
pub(in crate::pages) struct MoneyWay {
    /// What it shows, in a sentence.
    title: String,
    /// Tells its parts apart from those of other pictures of a page.
    key: String,
    high: i64,
    bands: Vec<Band>,
}

impl MoneyWay {
    /// The picture of what became of money of one currency, whose code tells it apart on a page.
    pub(in crate::pages) fn new(ends: Ends, key: &str, title: String) -> MoneyWay {
        // How far each goes, and how it looks.
        let ways = [
            (ends.paid, "paid", 480, "pictures-way-paid"),
            (ends.owed, "filled", 360, "pictures-way-owed"),
            (ends.held, "empty", 240, "pictures-way-held"),
            (ends.other, "filled", 160, "pictures-way-other"),
            (ends.returned, "waiting", 80, "pictures-way-returned"),
        ];
        let sum: i128 = ways.iter().fold(0, |sum, (part, ..)| sum.saturating_add((*part).max(0)));
        let whole = sum.max(ends.collected);
        let mut y = TOP;
        let mut text_y = 0;
        let mut bands = Vec::new();
        for (part, class, width, name) in ways {
            let height = share(part, whole, HIGH);
            // What is too thin to be seen is in the table.
            if height == 0 {
                continue;
            }
            // Names of thin bands stand below each other all the same.
            text_y = (y + height / 2 + 4).max(text_y + 14);
            bands.push(Band { class, y, width, height, text_y, name });
            y += height;
        }
        MoneyWay { title, key: key.to_owned(), high: y - TOP, bands }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_band_is_as_high_as_its_part_of_the_whole_and_those_of_nothing_are_not_drawn() {
        let ends = Ends { collected: 1_000, paid: 250, owed: 250, held: 400, returned: 100, other: 0 };
        let picture = MoneyWay::new(ends, "usd", "x < y".to_owned());
        let told: Vec<_> = picture.bands.iter().map(|band| (band.name, band.y, band.height)).collect();
        assert_eq!(
            told,
            ["paid", "owed", "held", "returned"]
                .map(|name| format!("pictures-way-{name}"))
                .iter()
                .map(String::as_str)
                .zip([(10, 30), (40, 30), (70, 48), (118, 12)])
                .map(|(name, (y, height))| (name, y, height))
                .collect::<Vec<_>>()
        );
        let svg = picture.render().expect("a picture");
        assert!(svg.contains("x &#60; y") && svg.contains("way-title-usd") && !svg.contains("style="), "{svg}");
    }

    #[test]
    fn the_largest_sums_and_less_than_nothing_stay_within_the_frame() {
        let most = i128::from(i64::MAX);
        let ends = Ends { collected: most, paid: most, owed: most, held: most, returned: most, other: -5 };
        let picture = MoneyWay::new(ends, "usd", String::new());
        assert!(picture.bands.iter().all(|band| band.height == 30 && band.y + band.height <= TOP + HIGH));
        assert!(picture.bands.iter().all(|band| band.text_y < 160));
        assert!(MoneyWay::new(Ends::default(), "usd", String::new()).bands.is_empty());
    }
}
