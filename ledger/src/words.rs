//! Enumerations whose variants have one stable word each: the same in the database, in JSON and in messages.

use crate::error::Error;
use std::fmt;

/// A word that is none of those allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownWord {
    noun: &'static str,
    allowed: &'static [&'static str],
}

impl UnknownWord {
    /// Names what was expected.
    pub fn new(noun: &'static str, allowed: &'static [&'static str]) -> UnknownWord {
        UnknownWord { noun, allowed }
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {}: use one of {}", self.noun, self.allowed.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

/// The database has CHECKs on these words, so an unknown one from there is our bug.
impl From<UnknownWord> for Error {
    fn from(unknown: UnknownWord) -> Error {
        Error::inconsistent(unknown.to_string())
    }
}

/// Declares an enumeration with a word for each variant.
macro_rules! words {
    (
        $(#[$doc:meta])*
        $name:ident, $noun:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// Its stable word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::words::UnknownWord::new($noun, &[$($word,)+])),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use words;
