//! Languages that people read.

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
}
