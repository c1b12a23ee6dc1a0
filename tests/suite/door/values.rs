//! What a field is tried with, by its schema.

use serde_json::{Value, json};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    /// The least that the contract takes.
    Least,
    /// The most that it takes.
    Most,
    /// As many characters as it takes, each of four bytes.
    MostBytes,
    /// One beyond its bounds.
    Beyond,
    /// With U+0000.
    Nul,
    /// Nothing to read.
    Invisible,
    /// Of another type.
    OtherType,
    /// Far away: days and numbers as large as they get.
    Far,
}

impl Try {
    /// Whether the contract, or what it says of texts, refuses it.
    pub(super) fn must_be_refused(self) -> bool {
        match self {
            Try::Beyond | Try::Nul | Try::OtherType => true,
            Try::Least | Try::Most | Try::MostBytes | Try::Invisible | Try::Far => false,
        }
    }
}

/// So many words of a list are tried.
const LISTED_MAX: usize = 20;

/// Characters of an address that stand as they are.
const PLAIN: &[u8] = b"-_.~:";

/// A value as it stands in an address.
pub(super) fn encoded(value: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || PLAIN.contains(byte);
    value
        .bytes()
        .map(|byte| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What a parameter is tried with.
pub(super) fn of_parameter(schema: &Value) -> Vec<(Try, String)> {
    let plain = |(what, value): (Try, Value)| match (what, value) {
        (Try::OtherType, _) => None,
        (_, Value::String(text)) => Some((what, text)),
        (_, other) => Some((what, other.to_string())),
    };
    let mut all: Vec<(Try, String)> = of_schema(schema).into_iter().filter_map(plain).collect();
    // Cursors that nobody gave out: a text with U+0000, a number that is too large, another type.
    let cursors = ["ImFcdTAwMDAi", "OTIyMzM3MjAzNjg1NDc3NTgwNw", "W10", "eyJhIjoxfQ", "IgAi"];
    all.extend(cursors.map(|cursor| (Try::Far, cursor.to_owned())));
    all
}

/// The fields of a body, each with what it is tried with, by JSON Pointer.
pub(super) fn tries(document: &Value, schema: &Value, base: &Value) -> Vec<(String, Try, Value)> {
    let mut found = Vec::new();
    walk(document, schema, base, "", &mut found);
    found
}

/// Whether a schema has the field that a JSON Pointer names, in any of its readings.
pub(super) fn has(document: &Value, schema: &Value, pointer: &str) -> bool {
    let schema = resolved(document, schema);
    let Some((head, rest)) = pointer.strip_prefix('/').map(|rest| rest.split_once('/').unwrap_or((rest, ""))) else {
        return pointer.is_empty();
    };
    let rest = if rest.is_empty() { String::new() } else { format!("/{rest}") };
    let readings = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|name| schema[name].as_array()).flatten();
    let is_number = !head.is_empty() && head.bytes().all(|digit| digit.is_ascii_digit());
    readings.into_iter().any(|reading| has(document, reading, pointer))
        || schema["properties"].get(head).is_some_and(|field| has(document, field, &rest))
        || (schema["items"].is_object() && is_number && has(document, &schema["items"], &rest))
        || (schema["additionalProperties"].is_object() && has(document, &schema["additionalProperties"], &rest))
}

fn walk(document: &Value, schema: &Value, base: &Value, pointer: &str, found: &mut Vec<(String, Try, Value)>) {
    let schema = resolved(document, schema);
    if let Some(readings) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        for reading in readings.iter().filter(|reading| fits(document, reading, base)) {
            walk(document, reading, base, pointer, found);
        }
        return;
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        walk(document, part, base, pointer, found);
    }
    if let Some(fields) = schema["properties"].as_object() {
        for (name, field) in fields {
            walk(document, field, &base[name.as_str()], &format!("{pointer}/{name}"), found);
        }
        if !pointer.is_empty() {
            found.push((pointer.to_owned(), Try::OtherType, json!("no object")));
        }
        return;
    }
    if schema["items"].is_object() {
        let first = base.get(0).cloned().unwrap_or(Value::Null);
        if !first.is_null() {
            walk(document, &schema["items"], &first, &format!("{pointer}/0"), found);
            if let Some(most) = schema["maxItems"].as_u64().and_then(|most| usize::try_from(most).ok()) {
                found.push((pointer.to_owned(), Try::Far, Value::Array(vec![first.clone(); most])));
                found.push((pointer.to_owned(), Try::Beyond, Value::Array(vec![first; most + 1])));
            }
        }
        let least = if schema["minItems"].as_u64().unwrap_or(0) > 0 { Try::Beyond } else { Try::Least };
        found.push((pointer.to_owned(), least, json!([])));
        found.push((pointer.to_owned(), Try::OtherType, json!({"0": 1})));
        return;
    }
    found.extend(of_schema(schema).into_iter().map(|(what, value)| (pointer.to_owned(), what, value)));
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().and_then(|to| document.pointer(to.strip_prefix('#')?));
    target.map_or(schema, |target| resolved(document, target))
}

/// Whether a reading of several is the one that a value has, by the words that it fixes; null fits nothing.
fn fits(document: &Value, reading: &Value, base: &Value) -> bool {
    let reading = resolved(document, reading);
    let parts = reading["allOf"].as_array();
    if let Some(parts) = parts {
        return parts.iter().all(|part| fits(document, part, base));
    }
    let fixed = reading["properties"].as_object().into_iter().flatten();
    let differs = |(name, field): (&String, &Value)| {
        let words =
            field["enum"].as_array().map(Vec::as_slice).or_else(|| field.get("const").map(std::slice::from_ref));
        words.is_some_and(|words| !base[name.as_str()].is_null() && !words.contains(&base[name.as_str()]))
    };
    reading["type"] != "null" && !fixed.into_iter().any(differs)
}

fn is_of(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// What a single value is tried with.
fn of_schema(schema: &Value) -> Vec<(Try, Value)> {
    if is_of(schema, "integer") || is_of(schema, "number") {
        return of_number(schema);
    }
    if is_of(schema, "boolean") {
        return vec![(Try::Least, json!(false)), (Try::Most, json!(true)), (Try::OtherType, json!("yes"))];
    }
    if is_of(schema, "string") { of_text(schema) } else { Vec::new() }
}

fn of_number(schema: &Value) -> Vec<(Try, Value)> {
    let mut all = vec![
        (Try::OtherType, json!("1")),
        (Try::OtherType, json!(1.5)),
        (Try::Far, json!(i64::MAX)),
        (Try::Far, json!(i64::MIN)),
    ];
    if let Some(least) = schema["minimum"].as_i64() {
        all.extend([(Try::Least, json!(least)), (Try::Beyond, json!(least - 1))]);
    }
    if let Some(most) = schema["maximum"].as_i64() {
        all.extend([(Try::Far, json!(most)), (Try::Beyond, json!(most + 1))]);
    }
    all
}

fn of_text(schema: &Value) -> Vec<(Try, Value)> {
    let number = |name: &str| schema[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let (least, most) = (number("minLength").unwrap_or(0), number("maxLength"));
    let pattern = schema["pattern"].as_str();
    let is_free = pattern.is_none() && schema["format"].is_null() && schema["enum"].is_null();
    let is_shaped = pattern.is_some() || schema["enum"].is_array();
    let mut all = vec![
        (Try::OtherType, json!(7)),
        (Try::OtherType, json!({"a": 1})),
        (Try::Nul, json!(format!("a\0{}", "a".repeat(least)))),
        (if is_shaped { Try::Beyond } else { Try::Invisible }, json!("\u{200b}".repeat(least.max(1)))),
        (if is_shaped { Try::Beyond } else { Try::Invisible }, json!("   ")),
    ];
    if let Some(most) = most {
        all.push((Try::Beyond, json!("a".repeat(most + 1))));
    }
    if is_free {
        let most = most.unwrap_or(1_000);
        all.push((Try::Least, json!("a".repeat(least))));
        all.push((Try::Most, json!("a".repeat(most))));
        all.push((Try::MostBytes, json!("𝔘".repeat(most))));
    }
    let listed = schema["enum"].as_array().into_iter().flatten().filter(|word| word.is_string()).take(LISTED_MAX);
    all.extend(listed.map(|word| (Try::Far, word.clone())));
    if schema["enum"].is_array() {
        all.push((Try::Beyond, json!("no-such-word")));
    }
    match (schema["format"].as_str(), pattern.filter(|_| schema["format"].is_null())) {
        (Some("date"), _) => {
            all.extend(["0001-01-01", "9999-12-31", "-009999-01-01"].map(|day| (Try::Far, json!(day))))
        }
        (Some("date-time"), _) => {
            let moments = [
                "-009999-01-02T00:00:00Z",
                "0001-01-01T00:00:00Z",
                "9999-12-30T00:00:00Z",
                "2031-01-08T00:00:00.123456789+14:00",
            ];
            all.extend(moments.map(|moment| (Try::Far, json!(moment))));
        }
        (_, Some(pattern)) if pattern.contains("[0-9]{1,") => {
            let numbers = ["0", "0.00", "1", "0.01", "9999999999999999", "9999999999999999.9999", "99999999999.99"];
            all.extend(numbers.map(|number| (Try::Far, json!(number))));
        }
        (_, Some(pattern)) if pattern.starts_with("^(assets|") => {
            // Codes of all lengths, of which those that fit the class are opened.
            let longest = format!("expenses{}", format!(":{}", "a".repeat(80)).repeat(7));
            let codes = [longest, format!("expenses:{}", "a".repeat(52)), format!("liabilities:{}", "b".repeat(80))];
            all.extend(codes.map(|code| (Try::Far, json!(code))));
        }
        (_, Some(pattern)) => all.extend(longest(pattern).into_iter().map(|word| (Try::Far, json!(word)))),
        (_, None) => {}
    }
    all
}

/// The shortest and the longest word of a pattern that is a word of letters.
fn longest(pattern: &str) -> Vec<String> {
    let inside = pattern.trim_start_matches('^');
    let most = [("{0,39}", 40), ("{1,62}", 63), ("{1,15}", 16)].iter().find(|(part, _)| inside.contains(part));
    let letter = if inside.starts_with("[A-Z]") { "Z" } else { "z" };
    most.map_or(Vec::new(), |(_, most)| vec![letter.repeat(2), letter.repeat(*most)])
}

/// Puts a value where a pointer leads, making the objects on the way; says whether it could.
pub(super) fn put(body: &mut Value, pointer: &str, value: Value) -> bool {
    let Some((first, rest)) = pointer.strip_prefix('/').map(|path| path.split_once('/').unwrap_or((path, ""))) else {
        *body = value;
        return true;
    };
    let rest = if rest.is_empty() { String::new() } else { format!("/{rest}") };
    if body.is_null() {
        *body = json!({});
    }
    match body {
        Value::Object(fields) => put(fields.entry(first).or_insert(Value::Null), &rest, value),
        Value::Array(items) => {
            first.parse().ok().and_then(|index: usize| items.get_mut(index)).is_some_and(|item| put(item, &rest, value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
