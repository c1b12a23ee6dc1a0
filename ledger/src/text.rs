//! Texts that people write: how long each kind may be, and which characters it holds.
//!
//! A text that must be given has something to read in it: blanks and characters without a shape are none. Refused anywhere
//! are control characters and those that turn the direction of what follows, since they show another text than the one that
//! is kept. On a line, an invisible character is refused too, but for those that shape the visible one before them: joiners,
//! variation selectors and marks of direction.
//!
//! The bounds stand here once; the contract and the columns repeat them, and tests compare the three.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::fmt;
use std::ops::RangeInclusive;

/// What a person or a thing is called.
pub const NAME: RangeInclusive<usize> = 1..=200;

/// A name that need not be given.
pub const NAME_OR_NONE: RangeInclusive<usize> = 0..=200;

/// What somebody outside calls a thing: a reference, the number of a payment, the token of a means of payment.
pub const REFERENCE: RangeInclusive<usize> = 1..=200;

/// The same where it need not be given.
pub const REFERENCE_OR_NONE: RangeInclusive<usize> = 0..=200;

/// The postal address of an organisation.
pub const ADDRESS_OR_NONE: RangeInclusive<usize> = 0..=1_000;

/// Why something was done, or a note about it.
pub const REASON: RangeInclusive<usize> = 1..=1_000;

/// The same where it need not be given.
pub const REASON_OR_NONE: RangeInclusive<usize> = 0..=1_000;

/// What somebody has to say against something, or for it, at length.
pub const STATEMENT: RangeInclusive<usize> = 1..=4_000;

/// The same where it need not be given.
pub const STATEMENT_OR_NONE: RangeInclusive<usize> = 0..=4_000;

/// The note of a claim or of work that was handed in.
pub const NOTE: RangeInclusive<usize> = 0..=8_000;

/// The text of an update.
pub const UPDATE: RangeInclusive<usize> = 1..=10_000;

/// What a campaign is about, in short.
pub const SUMMARY: RangeInclusive<usize> = 0..=2_000;

/// The terms of a campaign.
pub const TERMS: RangeInclusive<usize> = 1..=50_000;

/// Characters of an account's code: a root and seven parts of 80, with colons between them.
pub const ACCOUNT_CODE_MAX: usize = 650;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongText {
    /// Too short or too long.
    #[error("must have {} to {} characters", .0.start(), .0.end())]
    Length(RangeInclusive<usize>),
    /// A control character, or one that turns the direction of what follows.
    #[error("must not hold the character {0}: it controls how a text is shown")]
    Control(Codepoint),
    /// An invisible character that shapes nothing.
    #[error("must not hold the invisible character {0} here")]
    Invisible(Codepoint),
    /// It must be given, and shows nothing.
    #[error("must have something to read in it")]
    NothingToRead,
}

/// A character by its number, since it may have no shape: `U+200B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codepoint(pub char);

impl fmt::Display for Codepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X}", u32::from(self.0))
    }
}

/// A text of one line, such as a name.
///
/// # Errors
///
/// What is wrong with it.
pub fn line(text: &str, length: RangeInclusive<usize>) -> Result<(), WrongText> {
    check(text, length, |_| false)?;
    let mut follows_visible = false;
    for letter in text.chars() {
        if !is_invisible(letter) {
            follows_visible = !letter.is_whitespace();
        } else if !(follows_visible && shapes(letter)) {
            return Err(WrongText::Invisible(Codepoint(letter)));
        }
    }
    Ok(())
}

/// A text of several lines: line breaks and tabs are allowed.
///
/// # Errors
///
/// What is wrong with it.
pub fn paragraphs(text: &str, length: RangeInclusive<usize>) -> Result<(), WrongText> {
    check(text, length, |letter| matches!(letter, '\n' | '\r' | '\t'))
}

fn check(text: &str, length: RangeInclusive<usize>, may_stand: fn(char) -> bool) -> Result<(), WrongText> {
    // A printable character of ASCII has a shape and controls nothing: most texts hold no other.
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let count = if plain { text.len() } else { text.chars().count() };
    if !length.contains(&count) {
        return Err(WrongText::Length(length));
    }
    if let Some(letter) = text.chars().filter(|_| !plain).find(|letter| controls(*letter) && !may_stand(*letter)) {
        return Err(WrongText::Control(Codepoint(letter)));
    }
    if *length.start() > 0 && !text.chars().any(is_legible) {
        return Err(WrongText::NothingToRead);
    }
    Ok(())
}

/// Whether a character controls how others are shown: controls, line and paragraph separators, and what embeds, isolates or
/// overrides a direction. The marks of direction do not.
fn controls(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character shows nothing, and is no blank.
fn is_invisible(letter: char) -> bool {
    !letter.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter)
}

/// Whether an invisible character shapes the one before it: joiners, selectors, tags of flags, and marks of direction.
fn shapes(letter: char) -> bool {
    matches!(letter,
        '\u{200c}'..='\u{200f}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character alone shows something.
fn is_legible(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_graphic();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(letter);
    let shapeless = GeneralCategoryGroup::Other.contains(category)
        || GeneralCategoryGroup::Separator.contains(category)
        || GeneralCategoryGroup::Mark.contains(category);
    // The blank of Braille is a symbol by its category.
    !shapeless && letter != '\u{2800}' && !is_invisible(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fl31_a_text_that_must_be_given_has_something_to_read() {
        let blank =
            ["   ", "\u{200b}", "\u{3164}", "\u{2800}", "\u{a0}", "\u{115f}\u{1160}", "\u{ffa0}", "\u{ad}", "\u{301}"];
        for text in
            blank.iter().chain(&["\u{feff}", "\u{3000}", "\u{e000}", "\u{2060}", "\u{fe0f}", "\u{200d}", "\u{180e}"])
        {
            assert!(line(text, NAME).is_err(), "{text:?}");
            assert!(paragraphs(text, REASON).is_err(), "{text:?}");
        }
        assert_eq!(line("", NAME_OR_NONE), Ok(()));
        assert_eq!(line("   ", NAME), Err(WrongText::NothingToRead));
    }

    #[test]
    fn l7_names_of_all_scripts_stand_and_what_hides_in_them_does_not() {
        for name in
            ["Ünïcode", "Ada Lovelace", "山田太郎", "محمد", "می‌خواهم", "क्‍ष", "👩‍🚀", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "O’Brien №5", "1"]
        {
            assert_eq!(line(name, NAME), Ok(()), "{name}");
        }
        for hidden in
            ["Ada\u{200b}", "\u{200d}Ada", "Ada \u{200d}Lovelace", "A\u{2060}da", "\u{feff}Ada", "Ada\u{3164}"]
        {
            assert!(matches!(line(hidden, NAME), Err(WrongText::Invisible(_))), "{hidden:?}");
        }
        for turned in ["gro.\u{202e}Ada", "\u{2066}Ada\u{2069}", "Ada\0", "Ada\u{7f}", "Ada\u{85}", "Ada\u{2028}"] {
            assert!(matches!(line(turned, NAME), Err(WrongText::Control(_))), "{turned:?}");
            assert!(matches!(paragraphs(turned, REASON), Err(WrongText::Control(_))), "{turned:?}");
        }
        assert_eq!(
            line("Ada\n", NAME).map_err(|wrong| wrong.to_string()).expect_err("one line"),
            "must not hold the character U+000A: it controls how a text is shown"
        );
        assert_eq!(paragraphs("one\r\nby\tone", REASON), Ok(()));
    }

    #[test]
    fn a_length_is_counted_in_characters() {
        assert_eq!(line(&"ü".repeat(200), NAME), Ok(()));
        assert_eq!(line(&"ü".repeat(201), NAME), Err(WrongText::Length(NAME)));
        assert_eq!(line("", NAME), Err(WrongText::Length(NAME)));
    }
}
