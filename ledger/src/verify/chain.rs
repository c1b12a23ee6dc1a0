//! Lines in canonical form, each with its digest and that of the line before.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The digest before the first line.
const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The lines read so far.
pub(super) struct Chain {
    last: String,
}

impl Default for Chain {
    fn default() -> Chain {
        Chain { last: NONE.into() }
    }
}

/// A line as JSON.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}"))
}

/// What stands beside a record: what a reader may see, and names as they were when it was exported. No digest counts it.
const BESIDE: &[&str] = &["about", "counterparty", "invoice", "organisation"];

/// A line whose digest is right.
pub(super) struct Sealed {
    digest: String,
    previous: Value,
}

/// Checks the form of a line and its digest.
pub(super) fn sealed(bytes: &[u8], mut record: Value) -> Result<Sealed, String> {
    let mut written = String::with_capacity(bytes.len());
    canonical(&record, &mut written)?;
    if written.as_bytes() != bytes {
        return Err("it is not in canonical form".into());
    }
    let members = record.as_object_mut().ok_or("it is no object")?;
    let claimed = members.remove("digest").ok_or("it has no digest")?;
    let previous = members.get("previous").cloned().ok_or("it does not name the line before")?;
    members.retain(|name, _| !BESIDE.contains(&name.as_str()));
    written.clear();
    canonical(&record, &mut written)?;
    let digest = hexadecimal(&Sha256::digest(&written));
    if claimed != digest.as_str() {
        return Err(format!("it was changed: its digest is {digest}, and it says {claimed}"));
    }
    Ok(Sealed { digest, previous })
}

impl Chain {
    /// The line that stands next.
    pub(super) fn follow(&mut self, line: Sealed) -> Result<(), String> {
        if line.previous != self.last.as_str() {
            return Err(format!("it does not follow the line before it, whose digest is {}", self.last));
        }
        self.last = line.digest;
        Ok(())
    }

    /// Digest of the line that was read last.
    pub(super) fn last(self) -> String {
        self.last
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes a value as RFC 8785 wants it. The format has no fractions: all amounts are texts.
fn canonical(value: &Value, into: &mut String) -> Result<(), String> {
    match value {
        Value::Null => into.push_str("null"),
        Value::Bool(true) => into.push_str("true"),
        Value::Bool(false) => into.push_str("false"),
        Value::Number(number) => match number.as_i64() {
            Some(number) => {
                let _ = write!(into, "{number}");
            }
            None => return Err(format!("{number} is no whole number")),
        },
        Value::String(text) => string(text, into),
        Value::Array(values) => {
            into.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    into.push(',');
                }
                canonical(value, into)?;
            }
            into.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            into.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    into.push(',');
                }
                string(key, into);
                into.push(':');
                canonical(value, into)?;
            }
            into.push('}');
        }
    }
    Ok(())
}

/// Section 3.2.2.2: only quotes, backslashes and control characters are escaped, the shortest way.
fn string(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '\u{8}' => into.push_str("\\b"),
            '\t' => into.push_str("\\t"),
            '\n' => into.push_str("\\n"),
            '\u{c}' => into.push_str("\\f"),
            '\r' => into.push_str("\\r"),
            control if control < ' ' => {
                let _ = write!(into, "\\u{:04x}", u32::from(control));
            }
            other => into.push(other),
        }
    }
    into.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_by_utf_16_and_texts_escaped_as_the_standard_says() {
        // The example of RFC 8785, section 3.2.3, and the string of section 3.2.2.
        let value = parse(
            r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
                "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#
                .as_bytes(),
        );
        let mut text = String::new();
        canonical(&value.expect("JSON"), &mut text).expect("canonical");
        let order = ["\"\\r\":", "\"1\":", "\"\u{80}\":", "\"ö\":", "\"€\":", "\"😀\":", "\"\u{fb33}\":"];
        let found: Vec<_> = order.iter().map(|key| text.find(key).expect("the key")).collect();
        assert!(found.is_sorted(), "{text}");
        let mut text = String::new();
        let value = parse(br#"["\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"]"#).expect("JSON");
        canonical(&value, &mut text).expect("canonical");
        assert_eq!(text, r#"["€$\u000f\nA'B\"\\\\\"/"]"#);
    }

    #[test]
    fn a_fraction_has_no_place_in_the_format() {
        assert!(canonical(&parse(b"[1.5]").expect("JSON"), &mut String::new()).is_err());
    }
}
