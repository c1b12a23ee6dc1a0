//! What the readers of files share: figures, days, names of lines, and how a line is told.

use crate::money::{Currency, Money};
use crate::payouts::rules::bank_line::{Besides, Direction, Told};
use crate::payouts::rules::statement_file::{FileLine, NAME_MAX};
use crate::text;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

pub(super) use crate::table::minor;

/// The day of an ISO date, or of a moment that begins with one.
pub(super) fn day(text: &str) -> Option<Date> {
    let day = text.get(..10)?;
    let rest = &text[10..];
    if rest.is_empty() || rest.starts_with('T') || rest.starts_with('Z') || rest.starts_with('+') {
        day.parse().ok()
    } else {
        None
    }
}

/// A text of one line as it is kept: blanks as one blank, within a length, and nothing in it that hides or turns; none when it is not so.
pub(super) fn plain(text: &str, length_max: usize) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    text::line(&text, 0..=length_max).is_ok().then_some(text)
}

/// A name or an end-to-end id; empty for the words by which banks say that there is none.
pub(super) fn named(text: &str) -> Option<String> {
    let text = plain(text, NAME_MAX)?;
    let is_none = ["NOTPROVIDED", "NONREF", "NOREF", "NONE"].iter().any(|none| text.eq_ignore_ascii_case(none));
    Some(if is_none { String::new() } else { text })
}

/// How often a name has stood in a file: a bank gives one to several lines, such as to a payment and its charges.
#[derive(Debug, Default)]
pub(super) struct Names {
    seen: HashMap<u64, u32>,
}

impl Names {
    /// A name, with the number of its occurrence from the second one on.
    pub(super) fn unique(&mut self, name: String) -> String {
        let digest = Sha256::digest(name.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        let count = self.seen.entry(u64::from_be_bytes(first)).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}#{count}") }
    }
}

/// A movement of an account as it was booked.
#[derive(Debug, Clone)]
pub(super) struct Movement {
    /// How the bank names it; empty when it does not.
    pub(super) name: String,
    /// The statement in which it stands, by the bank's name for it.
    pub(super) statement: String,
    pub(super) direction: Direction,
    /// Minor units by which the balance moved: more than zero.
    pub(super) moved: i64,
    /// Minor units of these that are charges.
    pub(super) charges: i64,
    pub(super) currency: Currency,
    pub(super) booked_on: Date,
    pub(super) end_to_end: String,
    pub(super) besides: Besides,
}

impl Movement {
    /// As a line: charges of a debit are told beside what arrives, those of a credit beside what has come.
    ///
    /// None when the amount is out of bounds.
    pub(super) fn line(self, at: u64, names: &mut Names) -> Option<FileLine> {
        let taken_off = match self.direction {
            Direction::Debit if self.charges < self.moved => self.charges,
            // What would be nothing but charges is told whole.
            Direction::Debit | Direction::Credit => 0,
        };
        let fee = match self.direction {
            Direction::Debit => taken_off,
            Direction::Credit => self.charges,
        };
        let amount = Money::from_minor(self.moved - taken_off, self.currency).ok()?;
        let name = if self.name.is_empty() { self.content() } else { self.name };
        let told = Told {
            reference: names.unique(name),
            direction: self.direction,
            amount,
            fee,
            value_on: self.booked_on,
            end_to_end: self.end_to_end,
        };
        Some(FileLine { at, told, besides: self.besides })
    }

    /// The name of a movement to which its bank gives none: its statement, day, direction and amount.
    fn content(&self) -> String {
        let Movement { statement, booked_on, direction, moved, currency, end_to_end, .. } = self;
        let content = format!("{statement}\n{booked_on}\n{direction}\n{moved} {currency}\n{end_to_end}");
        let digest = hex::encode(&Sha256::digest(content.as_bytes())[..8]);
        format!("unnamed {booked_on} {digest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::AMOUNT_MAX;

    #[test]
    fn c9_figures_are_read_exactly_or_not_at_all() {
        let yen: Currency = "JPY".parse().unwrap();
        for (text, currency, found) in [
            ("12.50", Currency::EUR, Some(1_250)),
            ("12.5", Currency::EUR, Some(1_250)),
            ("12.50000", Currency::EUR, Some(1_250)),
            ("0", Currency::EUR, Some(0)),
            ("-3.07", Currency::EUR, Some(-307)),
            ("100", yen, Some(100)),
            ("12.505", Currency::EUR, None),
            ("0.5", yen, None),
            ("1e3", Currency::EUR, None),
            ("1,50", Currency::EUR, None),
            ("", Currency::EUR, None),
            ("90071992547409.91", Currency::EUR, Some(AMOUNT_MAX)),
            ("90071992547409.92", Currency::EUR, None),
            ("79228162514264337593543950335", Currency::EUR, None),
        ] {
            assert_eq!(minor(text, currency), found, "{text} {currency}");
        }
    }

    #[test]
    fn days_and_moments_are_days() {
        let found = |text: &str| day(text).map(|day| day.to_string());
        assert_eq!(found("2031-02-03").as_deref(), Some("2031-02-03"));
        assert_eq!(found("2031-02-03T23:59:59+02:00").as_deref(), Some("2031-02-03"));
        for none in ["", "2031-02-30", "03.02.2031", "2031-02-033", "2031-2-3", "2031-02-0é"] {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_two_names() {
        let mut names = Names::default();
        let found: Vec<String> = ["a", "b", "a", "a"].map(|name| names.unique(name.to_owned())).into();
        assert_eq!(found, ["a", "b", "a#2", "a#3"]);
    }
}
