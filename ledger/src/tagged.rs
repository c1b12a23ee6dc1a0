//! Values that say in a field of their own what they are, such as `{"by": "rank", "first": 1, "last": 3}`.
//!
//! Derived code takes an array for one as well, with that word before all else: `["rank", 1, 3]`. Here only an object is one.

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// What stands in an object, each field once; an error for anything that is none.
///
/// # Errors
///
/// What is wrong with the text, that a field stands in it twice, or that it is no object.
pub fn object_only<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    deserializer.deserialize_map(Fields)
}

/// Reads the fields of an object.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            if fields.contains_key(&name) {
                return Err(Error::custom(format_args!("duplicate field `{name}`")));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

/// Reads and writes types that derive both with `#[serde(tag = "…", remote = "Self")]`, and takes only objects for them.
#[macro_export]
macro_rules! tagged {
    ($($kind:ty),+ $(,)?) => {
        $(
            impl<'de> ::serde::Deserialize<'de> for $kind {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<$kind, D::Error> {
                    <$kind>::deserialize($crate::tagged::object_only(deserializer)?).map_err(::serde::de::Error::custom)
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
        for text in [
            r#"["once"]"#,
            r#"["rank",1,3]"#,
            r#""once""#,
            "1",
            "null",
            "{}",
            r#"{"by":"rank","first":1,"first":1,"last":3}"#,
        ] {
            assert!(serde_json::from_str::<Way>(text).is_err(), "{text}");
            assert!(serde_json::from_str::<Vec<Way>>(&format!("[{text}]")).is_err(), "[{text}]");
        }
    }
}
