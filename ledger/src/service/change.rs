//! A change that somebody asks for, and the bounds of the texts that come with it.

use super::store::activity::Actor;
use crate::error::Error;
use crate::text;
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
        check_text("/reason", self.reason, text::REASON_OR_NONE)?;
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

/// Refuses a text of several lines that is none ([`text::paragraphs`]).
pub(crate) fn check_text(pointer: &'static str, text: &str, length: RangeInclusive<usize>) -> Result<(), Error> {
    text::paragraphs(text, length).map_err(|wrong| Error::invalid(pointer, wrong.to_string()))
}

/// Refuses a text of one line that is none ([`text::line`]): names, titles, references.
pub(crate) fn check_line(pointer: &'static str, text: &str, length: RangeInclusive<usize>) -> Result<(), Error> {
    text::line(text, length).map_err(|wrong| Error::invalid(pointer, wrong.to_string()))
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
}
