//! Values that say in a field of their own what they are, such as `{"by": "rank", "first": 1, "last": 3}`.
//!
//! Derived code takes an array for one as well, with that word before all else: `["rank", 1, 3]`. Here only an object is one.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// What is read, of which only an object passes.
pub struct ObjectOnly<D>(pub D);

impl<D> fmt::Debug for ObjectOnly<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectOnly")
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// Reads and writes types that derive both with `#[serde(tag = "…", remote = "Self")]`, and takes only objects for them.
#[macro_export]
macro_rules! tagged {
    ($($kind:ty),+ $(,)?) => {
        $(
            impl<'de> ::serde::Deserialize<'de> for $kind {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<$kind, D::Error> {
                    <$kind>::deserialize($crate::tagged::ObjectOnly(deserializer))
                }
            }

            impl ::serde::Serialize for $kind {
                fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    <$kind>::serialize(self, serializer)
                }
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "by", rename_all = "snake_case", remote = "Self")]
    enum Way {
        Once,
        Rank { first: u16, last: u16 },
    }

    crate::tagged!(Way);

    #[test]
    fn only_an_object_says_what_it_is() {
        for (way, text) in
            [(Way::Once, r#"{"by":"once"}"#), (Way::Rank { first: 1, last: 3 }, r#"{"by":"rank","first":1,"last":3}"#)]
        {
            assert_eq!(serde_json::to_string(&way).unwrap(), text);
            assert_eq!(serde_json::from_str::<Way>(text).unwrap(), way);
        }
        for text in [r#"["once"]"#, r#"["rank",1,3]"#, r#""once""#, "1", "null", "{}"] {
            assert!(serde_json::from_str::<Way>(text).is_err(), "{text}");
            assert!(serde_json::from_str::<Vec<Way>>(&format!("[{text}]")).is_err(), "[{text}]");
        }
    }
}
