//! Languages that people read, and how each writes figures and days.

use jiff::civil::Date;
use serde::{Serialize, Serializer};

/// A language that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// The one that every text has.
    #[default]
    English,
    /// The second one.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 2] = [Language::English, Language::German];

    /// As RFC 5646 names it: `en`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    /// The one with this tag, or of which this is a region: `de-AT` is German.
    pub fn of(tag: &str) -> Option<Language> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// What stands between thousands, and before the cents.
    pub fn marks(self) -> (char, char) {
        match self {
            Language::English => (',', '.'),
            Language::German => ('.', ','),
        }
    }

    /// A decimal as it stands in a field before somebody types: `3000,00` where a comma is the point.
    pub fn to_type(self, decimal: &str) -> String {
        decimal.replace('.', &self.marks().1.to_string())
    }

    /// A decimal with a mark between thousands and a true minus sign: `−1,234.50`.
    pub fn decimal(self, decimal: &str) -> String {
        let (thousands, point) = self.marks();
        let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("\u{2212}", digits));
        let whole = digits.find('.').unwrap_or(digits.len());
        let mut written = sign.to_owned();
        for (place, digit) in digits.char_indices() {
            if place > 0 && place < whole && (whole - place) % 3 == 0 {
                written.push(thousands);
            }
            written.push(if digit == '.' { point } else { digit });
        }
        written
    }

    /// A day: `31 January 2027`.
    pub fn day(self, date: Date) -> String {
        let (day, month, year) = (date.day(), self.month(date), date.year());
        match self {
            Language::English => format!("{day} {month} {year}"),
            Language::German => format!("{day}. {month} {year}"),
        }
    }

    /// The month of a day, written out.
    pub fn month(self, day: Date) -> &'static str {
        let names = match self {
            Language::English => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Language::German => [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
        };
        names.get(usize::from(day.month().unsigned_abs()) - 1).copied().unwrap_or_default()
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_of_a_language_is_read_as_the_language() {
        for (tag, language) in [
            ("en", Some(Language::English)),
            ("EN-gb", Some(Language::English)),
            ("de", Some(Language::German)),
            ("de-AT", Some(Language::German)),
            ("de_CH", Some(Language::German)),
            ("den", None),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
    }

    #[test]
    fn figures_and_days_are_written_as_each_language_writes_them() {
        let written = ["0.00", "1234567.89", "-1234.5", "1234567", "999"].map(|one| Language::German.decimal(one));
        assert_eq!(written, ["0,00", "1.234.567,89", "\u{2212}1.234,5", "1.234.567", "999"]);
        assert_eq!(Language::ALL.map(|language| language.to_type("3000.00")), ["3000.00", "3000,00"]);
        assert_eq!(Language::English.decimal("-1234.50"), "\u{2212}1,234.50");
        let days = (1..=12).map(|month| jiff::civil::date(2027, month, 1));
        let written: Vec<_> = days.map(|day| Language::ALL.map(|language| language.day(day))).collect();
        assert_eq!(written[2], ["1 March 2027", "1. März 2027"]);
        assert_eq!(written[11], ["1 December 2027", "1. Dezember 2027"]);
    }
}
