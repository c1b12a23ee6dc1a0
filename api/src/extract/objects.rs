//! JSON in which an object is an object.
//!
//! Derived code reads a struct from an array as well, its fields in order, so that `[]` would pass for an object without fields and
//! `["1.00", "USD"]` for an amount. The contract has objects there, and so has this: all is handed on as it is, but where a struct
//! is wanted an array is of the wrong type, at whatever depth.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use std::fmt;

/// What is read, or what reads it: each hands on what lies within it in the same way.
pub(super) struct Objects<T>(pub(super) T);

/// What reads a struct.
struct ObjectOnly<V>(V);

macro_rules! handed_on {
    ($($method:ident($($name:ident: $kind:ty),*);)+) => {
        $(fn $method<V: Visitor<'de>>(self, $($name: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($name,)* Objects(visitor))
        })+
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    handed_on! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Objects(ObjectOnly(visitor)))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visited {
    ($($method:ident($kind:ty);)+) => {
        $(fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.0.$method(value)
        })+
    };
}

/// All that a visitor is shown of plain values.
macro_rules! plain_values {
    () => {
        visited! {
            visit_bool(bool);
            visit_i8(i8);
            visit_i16(i16);
            visit_i32(i32);
            visit_i64(i64);
            visit_i128(i128);
            visit_u8(u8);
            visit_u16(u16);
            visit_u32(u32);
            visit_u64(u64);
            visit_u128(u128);
            visit_f32(f32);
            visit_f64(f64);
            visit_char(char);
            visit_str(&str);
            visit_borrowed_str(&'de str);
            visit_string(String);
            visit_bytes(&[u8]);
            visit_borrowed_bytes(&'de [u8]);
            visit_byte_buf(Vec<u8>);
        }

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.expecting(f)
        }

        fn visit_none<E: Error>(self) -> Result<V::Value, E> {
            self.0.visit_none()
        }

        fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
            self.0.visit_unit()
        }

        fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
            self.0.visit_some(Objects(value))
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
            self.0.visit_newtype_struct(Objects(value))
        }

        fn visit_map<A: MapAccess<'de>>(self, values: A) -> Result<V::Value, A::Error> {
            self.0.visit_map(Objects(values))
        }

        fn visit_enum<A: EnumAccess<'de>>(self, value: A) -> Result<V::Value, A::Error> {
            self.0.visit_enum(Objects(value))
        }
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Objects<V> {
    type Value = V::Value;

    plain_values!();

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Objects(values))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ObjectOnly<V> {
    type Value = V::Value;

    plain_values!();

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<V::Value, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Seq, &self.0))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(value))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Objects(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Objects<A> {
    type Error = A::Error;
    type Variant = Objects<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Objects<A::Variant>), A::Error> {
        let (value, variant) = self.0.variant_seed(Objects(seed))?;
        Ok((value, Objects(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Objects(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Objects(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Objects(ObjectOnly(visitor)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sum {
        amount: String,
        currency: String,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Way {
        Once,
        Each { sum: Sum },
        Two(u8, u8),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct All {
        #[serde(default)]
        sum: Option<Sum>,
        #[serde(default)]
        sums: Vec<Sum>,
        #[serde(default)]
        way: Option<Way>,
        #[serde(default)]
        pair: Option<(u8, String)>,
        #[serde(default)]
        any: serde_json::Value,
    }

    fn read(text: &str) -> Result<All, String> {
        let mut text = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(Objects(&mut text)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_right_is_read_as_without_it() {
        for text in [
            "{}",
            r#"{"sum": {"amount": "1", "currency": "USD"}, "sums": [{"currency": "USD", "amount": "2"}]}"#,
            r#"{"sum": null, "way": "once", "pair": [1, "a"], "any": [[1.5, null], {"a": [true]}]}"#,
            r#"{"way": {"each": {"sum": {"amount": "1", "currency": "USD"}}}}"#,
            r#"{"way": {"two": [1, 2]}, "any": -5}"#,
        ] {
            assert_eq!(read(text), serde_json::from_str(text).map_err(|error| error.to_string()), "{text}");
        }
    }

    #[test]
    fn fl27_an_array_is_no_object_at_whatever_depth() {
        for (text, path) in [
            ("[]", "invalid type: sequence"),
            ("[null]", "invalid type: sequence"),
            (r#"{"sum": ["1.00", "USD"]}"#, "sum: "),
            (r#"{"sums": [["1.00", "USD"]]}"#, "sums[0]: "),
            (r#"{"way": {"each": [{"amount": "1", "currency": "USD"}]}}"#, "way.each: "),
            (r#"{"way": {"each": {"sum": ["1.00", "USD"]}}}"#, "way.each.sum: "),
        ] {
            assert!(serde_json::from_str::<All>(text).is_ok(), "{text}: derived code takes it");
            let refused = read(text).unwrap_err();
            assert!(refused.starts_with(path) && refused.contains("invalid type: sequence"), "{text}: {refused}");
        }
    }
}
