//! The contract in the words of OpenAPI 3.0, for generators of clients that read no 3.1: the same operations and the same
//! bodies.
//!
//! What 3.1 says and 3.0 has other words for is said in those: "or null" is `nullable`, a constant is a choice of one. What
//! 3.0 has no words for is left as it stands, and the validator of the tests complains of it.

use crate::problem::MEDIA_TYPE;
use serde_json::{Map, Value, json};

/// The version that says of an enum with a null in it what it means (3.0.3).
const VERSION: &str = "3.0.3";

/// A contract of 3.1 as one of 3.0.
pub(super) fn rendered(contract: &Value) -> Value {
    let mut rendered = part(contract);
    rendered["openapi"] = json!(VERSION);
    // What is sent came with 3.1; generators of clients have no use for it.
    if let Some(contract) = rendered.as_object_mut() {
        contract.remove("webhooks");
    }
    if let Some(components) = rendered["components"].as_object_mut() {
        components.remove("parameters");
    }
    // SPDX expressions came with 3.1; the name of the licence says the same.
    if let Some(license) = rendered.pointer_mut("/info/license").and_then(Value::as_object_mut) {
        license.remove("identifier");
    }
    let paths = rendered["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        one_body_a_refusal(operation);
    }
    rendered
}

/// Any part of a contract, the schemas in it rendered.
fn part(of: &Value) -> Value {
    match of {
        Value::Object(fields) => match fields.get("$ref") {
            // Beside a reference 3.0 allows nothing.
            Some(reference) => json!({"$ref": reference}),
            None => fields.iter().map(|(name, value)| (name.clone(), field(name, value))).collect(),
        },
        Value::Array(items) => items.iter().map(part).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => of.clone(),
    }
}

fn field(name: &str, value: &Value) -> Value {
    match name {
        "schema" => schema(value),
        "schemas" => each(value, schema),
        // What is a value, and no part of the contract.
        "example" | "examples" => value.clone(),
        _ if name.starts_with("x-") => value.clone(),
        _ => part(value),
    }
}

/// The values of a map, or the items of a list.
fn each(of: &Value, render: fn(&Value) -> Value) -> Value {
    match of {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), render(value))).collect(),
        Value::Array(items) => items.iter().map(render).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => of.clone(),
    }
}

fn schema(of: &Value) -> Value {
    let fields = match of {
        Value::Object(fields) => fields,
        Value::Bool(true) => return json!({}),
        Value::Bool(false) => return json!({"not": {}}),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => return of.clone(),
    };
    let mut said = Map::new();
    for (word, value) in fields {
        match (word.as_str(), value) {
            ("type", _) => types(value, &mut said),
            ("$ref", _) if fields.len() > 1 => all_of(json!({"$ref": value}), &mut said),
            ("oneOf" | "anyOf", Value::Array(ways)) => alternatives(word, ways, &mut said),
            ("allOf", Value::Array(parts)) => parts.iter().for_each(|one| all_of(schema(one), &mut said)),
            ("const", _) => set("enum", json!([value]), &mut said),
            ("examples", Value::Array(examples)) => {
                examples.iter().take(1).for_each(|one| set("example", one.clone(), &mut said))
            }
            ("properties", _) => set(word, each(value, schema), &mut said),
            ("items" | "not", _) | ("additionalProperties", Value::Object(_)) => set(word, schema(value), &mut said),
            _ => set(word, value.clone(), &mut said),
        }
    }
    bound("minimum", "exclusiveMinimum", |limit, open| limit > open, &mut said);
    bound("maximum", "exclusiveMaximum", |limit, open| limit < open, &mut said);
    Value::Object(said)
}

fn set(word: &str, value: Value, said: &mut Map<String, Value>) {
    said.insert(word.to_owned(), value);
}

fn all_of(one: Value, said: &mut Map<String, Value>) {
    if let Value::Array(parts) = said.entry("allOf").or_insert_with(|| json!([])) {
        parts.push(one);
    }
}

/// One type, or one of several, and whether null is another.
fn types(value: &Value, said: &mut Map<String, Value>) {
    let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let of_values: Vec<&Value> = all.iter().filter(|one| *one != "null").collect();
    if of_values.len() < all.len() {
        set("nullable", json!(true), said);
    }
    match of_values.as_slice() {
        [] => set("enum", json!([null]), said),
        [one] => set("type", (*one).clone(), said),
        several => set("anyOf", several.iter().map(|one| json!({"type": one})).collect(), said),
    }
}

/// Alternatives, of which null is none: a single one that is left is all of it. Strictly, a schema that is referred to would
/// have to allow null as well; generators read it as it is meant.
fn alternatives(word: &str, ways: &[Value], said: &mut Map<String, Value>) {
    let of_values: Vec<&Value> = ways.iter().filter(|way| way["type"] != "null").collect();
    let has_null = of_values.len() < ways.len();
    if has_null {
        set("nullable", json!(true), said);
    }
    match of_values.as_slice() {
        [one] if has_null => all_of(schema(one), said),
        several => set(word, several.iter().map(|way| schema(way)).collect(), said),
    }
}

/// A bound that is not reached itself: 3.0 says the number and the exclusion apart. Of two bounds the narrower one holds.
fn bound(word: &str, exclusive: &str, is_narrower: fn(f64, f64) -> bool, said: &mut Map<String, Value>) {
    let Some(open) = said.get(exclusive).and_then(Value::as_f64) else { return };
    let limit = said.get(word).and_then(Value::as_f64);
    let Some(number) = said.remove(exclusive) else { return };
    if !limit.is_some_and(|limit| is_narrower(limit, open)) {
        set(word, number, said);
        set(exclusive, json!(true), said);
    }
}

/// Some generators know one kind of body for all refusals of an operation, and stop at another. What is not sent as a problem
/// alone is told as of any media type; of two bodies, as the problem that it is in both.
fn one_body_a_refusal(operation: &mut Value) {
    let responses = operation["responses"].as_object_mut().into_iter().flatten();
    for (_, response) in responses.filter(|(status, _)| status.starts_with(['4', '5'])) {
        let Some(content) = response["content"].as_object() else { continue };
        let body = content.get(MEDIA_TYPE).or_else(|| content.values().next()).cloned();
        if let Some(body) = body.filter(|_| content.keys().any(|media_type| media_type != MEDIA_TYPE)) {
            response["content"] = json!({"*/*": body});
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ALL, PARTNER};
    use super::*;

    #[test]
    fn what_3_1_says_of_a_value_is_said_in_the_words_of_3_0() {
        for (newer, older) in [
            (
                json!({"type": ["string", "null"], "maxLength": 3}),
                json!({"type": "string", "nullable": true, "maxLength": 3}),
            ),
            (
                json!({"type": ["string", "integer", "null"]}),
                json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
            ),
            (json!({"type": ["integer"]}), json!({"type": "integer"})),
            (json!({"type": "null"}), json!({"enum": [null], "nullable": true})),
            (json!({"const": "USD"}), json!({"enum": ["USD"]})),
            (json!({"type": "string", "examples": ["a", "b"]}), json!({"type": "string", "example": "a"})),
            (json!({"exclusiveMinimum": 0}), json!({"minimum": 0, "exclusiveMinimum": true})),
            (json!({"exclusiveMaximum": 9, "maximum": 10}), json!({"maximum": 9, "exclusiveMaximum": true})),
            (json!({"exclusiveMinimum": 0, "minimum": 1}), json!({"minimum": 1})),
            (json!({"$ref": "#/a"}), json!({"$ref": "#/a"})),
            (json!({"$ref": "#/a", "description": "b"}), json!({"allOf": [{"$ref": "#/a"}], "description": "b"})),
            (
                json!({"oneOf": [{"$ref": "#/a"}, {"type": "null"}]}),
                json!({"allOf": [{"$ref": "#/a"}], "nullable": true}),
            ),
            (
                json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}, {"type": "null"}]}),
                json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}], "nullable": true}),
            ),
            (json!({"anyOf": [{"const": 1}]}), json!({"anyOf": [{"enum": [1]}]})),
            (json!({"items": true, "not": false}), json!({"items": {}, "not": {"not": {}}})),
            (json!({"additionalProperties": false}), json!({"additionalProperties": false})),
            (
                json!({"properties": {"type": {"type": ["array", "null"], "items": {"const": 1}}}}),
                json!({"properties": {"type": {"type": "array", "nullable": true, "items": {"enum": [1]}}}}),
            ),
        ] {
            assert_eq!(schema(&newer), older, "{newer}");
        }
    }

    #[test]
    fn values_that_look_like_schemas_are_left_as_they_are() {
        let value = json!({"type": ["string", "null"], "const": 1});
        let body =
            json!({"content": {"application/json": {"example": value, "x-note": value, "schema": {"example": value}}}});
        assert_eq!(part(&body), body);
        let reference = json!({"$ref": "#/a", "description": "b"});
        assert_eq!(part(&reference), json!({"$ref": "#/a"}));
    }

    #[test]
    fn what_is_refused_with_another_body_than_a_problem_is_told_as_of_any_media_type() {
        let rendered = rendered(&ALL);
        let content = |path: &str, method: &str, status: &str| {
            rendered["paths"][path][method]["responses"][status]["content"].clone()
        };
        let reference = |schema: &str| json!(format!("#/components/schemas/{schema}"));
        for status in ["400", "401"] {
            let problem = content("/v1/oauth/token", "post", status);
            assert_eq!(problem["*/*"]["schema"]["allOf"][0]["$ref"], reference("Problem"), "{problem}");
        }
        assert_eq!(content("/readyz", "get", "503"), json!({"*/*": {"schema": {"$ref": reference("Readiness")}}}));
        for (path, method) in [("/v1/oauth/token", "post"), ("/readyz", "get")] {
            assert!(content(path, method, "200").get("application/json").is_some(), "{path}");
        }
    }

    /// Everything that is named in a contract: its operations with their answers, and its schemas with their fields.
    fn names(contract: &Value) -> Vec<String> {
        let mut names = Vec::new();
        for (path, item) in contract["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let statuses = operation["responses"].as_object().unwrap().keys();
                names.extend(statuses.map(|status| format!("{method} {path} {status}")));
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                names.extend(parameters.map(|parameter| format!("{method} {path} {}", parameter["name"])));
            }
        }
        for (name, schema) in contract["components"]["schemas"].as_object().unwrap() {
            let fields = schema["properties"].as_object().into_iter().flat_map(Map::keys);
            names.extend(fields.map(|field| format!("{name}.{field}")));
            names.push(format!("{name} {}", schema["required"]));
        }
        names
    }

    #[test]
    fn the_rendering_says_of_the_same_operations_and_schemas_what_it_says_once() {
        for contract in [&*ALL, &*PARTNER] {
            let rendered = rendered(contract);
            assert_eq!(rendered["openapi"], "3.0.3");
            assert_eq!(names(&rendered), names(contract));
            assert_eq!(super::rendered(&rendered), rendered, "nothing is left that 3.0 says otherwise");
        }
    }
}
