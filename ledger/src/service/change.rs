//! A change that somebody asks for, and the bounds of the texts that come with it.

use super::store::activity::Actor;
use crate::error::Error;
use std::ops::RangeInclusive;

/// A change of state that somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The version that they have seen; none: whatever it is.
    pub version: Option<i64>,
    /// Who asks.
    pub actor: Actor,
    /// Why, without personal data; may be empty.
    pub reason: &'a str,
}

impl Change<'_> {
    /// A change by the service itself, whatever the version.
    pub fn by_service(reason: &str) -> Change<'_> {
        Change { version: None, actor: Actor::Service, reason }
    }

    /// Refuses it when the thing has changed since, or its reason is no reason.
    pub(crate) fn check(&self, version: i64, what: &'static str) -> Result<(), Error> {
        check_text("/reason", self.reason, 0..=1_000)?;
        match self.version {
            Some(seen) if seen != version => Err(Error::Stale(what)),
            Some(_) | None => Ok(()),
        }
    }
}

/// Refuses what cannot stand in an address and in the code of an account.
pub(crate) fn check_slug(slug: &str) -> Result<(), Error> {
    let bytes = slug.as_bytes();
    let is_word = bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-');
    if (2..=63).contains(&bytes.len()) && is_word && bytes[0] != b'-' {
        return Ok(());
    }
    Err(Error::invalid("/slug", "2 to 63 of a-z, 0-9 and '-', not beginning with '-'"))
}

/// Refuses a text that is too short, too long, or holds control characters other than line breaks and tabs.
pub(crate) fn check_text(pointer: &'static str, text: &str, length: RangeInclusive<usize>) -> Result<(), Error> {
    if !length.contains(&text.chars().count()) {
        let (least, most) = (length.start(), length.end());
        return Err(Error::invalid(pointer, format!("must have {least} to {most} characters")));
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Error::invalid(pointer, "must not hold control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_a_word_of_an_address() {
        for good in ["drill", "open-drill-2", "a1"] {
            assert!(check_slug(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "-drill", "Drill", "open drill", "open:drill", "ü-drill", &"a".repeat(64)] {
            assert!(check_slug(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_text_is_bounded_in_characters_and_holds_no_control_characters() {
        assert!(check_text("/title", &"ü".repeat(200), 1..=200).is_ok());
        assert!(check_text("/title", &"ü".repeat(201), 1..=200).is_err());
        assert!(check_text("/title", "", 1..=200).is_err());
        assert!(check_text("/terms", "one\nby\tone", 1..=200).is_ok());
        assert!(check_text("/title", "nul\0", 1..=200).is_err());
    }
}
