//! What of a body breaks the contract: every wrong field at once, for a body that was refused anyway.

use super::SHAPES;
use crate::problem::{ERRORS_MAX, FieldError};
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// The validators of the operations that refused something so far, by method and path.
static VALIDATORS: LazyLock<RwLock<Validators>> = LazyLock::new(RwLock::default);

/// By method and path; none for an operation that takes no JSON.
type Validators = HashMap<(String, String), Option<Arc<Validator>>>;

/// What of a body breaks the contract of an operation, by JSON Pointer: [`ERRORS_MAX`] at most.
pub fn violations(method: &str, path: &str, body: &Value) -> Vec<FieldError> {
    let Some(validator) = validator(method, path) else { return Vec::new() };
    let mut found: Vec<FieldError> = Vec::new();
    for error in validator.iter_errors(body).flat_map(|error| explain(&error)) {
        if found.len() == ERRORS_MAX {
            break;
        }
        // What two words of the contract refuse is wrong once.
        if found.iter().all(|known| known.pointer != error.pointer) {
            found.push(error);
        }
    }
    found
}

/// The validator of an operation, if it takes JSON: made when it is first needed.
fn validator(method: &str, path: &str) -> Option<Arc<Validator>> {
    let key = (method.to_lowercase(), path.to_owned());
    let known = VALIDATORS.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    known.unwrap_or_else(|| {
        let made = make(&key.0, &key.1).map(Arc::new);
        VALIDATORS.write().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
        made
    })
}

/// The list of currencies, which is too long to be told.
static CURRENCIES: LazyLock<Value> = LazyLock::new(|| super::words::currency()["enum"].clone());

fn make(method: &str, path: &str) -> Option<Validator> {
    let operation = SHAPES["paths"].get(path)?.get(method)?;
    let body = operation.pointer("/requestBody/content/application~1json/schema")?;
    let schema = json!({"allOf": [body], "components": {"schemas": SHAPES["components"]["schemas"]}});
    let made = jsonschema::draft202012::options().should_validate_formats(true).build(&schema);
    made.inspect_err(|error| tracing::error!(%error, path, "the contract of {path} is no JSON Schema")).ok()
}

/// An error as its author understands it: the field that is missing or unknown is named, and of what may be one thing or
/// another, the reading that fits best.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of another crate, and our schemas use few of them"
)]
fn explain(error: &ValidationError<'_>) -> Vec<FieldError> {
    let pointer = error.instance_path().to_string();
    let below = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    let one = |pointer: String, message: String| vec![FieldError { pointer, message }];
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            one(below(name), format!("missing field `{name}`"))
        }
        Kind::AdditionalProperties { unexpected } => {
            let unknown =
                |name: &String| FieldError { pointer: below(name), message: format!("unknown field `{name}`") };
            unexpected.iter().map(unknown).collect()
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => match nearest(context) {
            Some(errors) => errors.iter().flat_map(explain).collect(),
            None => one(pointer, "fits none of the forms that the contract has".to_owned()),
        },
        kind => one(pointer, message(kind).unwrap_or_else(|| error.to_string())),
    }
}

/// Of several readings of a value, the one that it comes nearest to: one that is wrong about its inside rather than about what
/// it is, and of those the one with the fewest errors. `null` is a reading of few words, and so of little help.
fn nearest<'a>(context: &'a [Vec<ValidationError<'static>>]) -> Option<&'a Vec<ValidationError<'static>>> {
    let says_null = |error: &ValidationError<'_>| matches!(error.kind(), Kind::Type { kind: TypeKind::Single(kind) } if kind.to_string() == "null");
    let readings = context.iter().filter(|errors| !errors.is_empty() && !errors.iter().any(says_null));
    let rank = |errors: &Vec<ValidationError<'static>>| {
        let is_of_itself = errors
            .iter()
            .any(|error| matches!(error.kind(), Kind::Type { .. } | Kind::Constant { .. } | Kind::Enum { .. }));
        (is_of_itself, errors.len())
    };
    readings.min_by_key(|errors| rank(errors))
}

/// What is wrong, in words; none where the crate's own are as good.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds are those of another crate, and our schemas use few of them"
)]
fn message(kind: &Kind) -> Option<String> {
    Some(match kind {
        Kind::Type { kind: TypeKind::Single(kind) } => format!("must be of the type {kind}"),
        Kind::Type { kind: TypeKind::Multiple(kinds) } => {
            let kinds: Vec<String> = kinds.iter().map(|kind| kind.to_string()).collect();
            format!("must be of the type {}", kinds.join(" or "))
        }
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::UniqueItems => "must not have the same item twice".to_owned(),
        Kind::Format { format } => of_format(format),
        Kind::Enum { options } if **options == *CURRENCIES => {
            "must be a currency of ISO 4217 that has minor units".to_owned()
        }
        Kind::Enum { options } => format!("must be one of {}", listed(options)),
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Pattern { pattern } => of_pattern(pattern),
        _ => return None,
    })
}

fn of_format(format: &str) -> String {
    match format {
        "date" => "must be a day such as 2027-01-31".to_owned(),
        "date-time" => "must be a moment such as 2027-01-31T12:00:00Z".to_owned(),
        other => format!("is no {other}"),
    }
}

fn listed(options: &Value) -> String {
    let words = options.as_array().into_iter().flatten().filter(|word| !word.is_null());
    let words: Vec<String> = words.map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect();
    words.join(", ")
}

/// A pattern in words: a day, an id by its prefix, or as it stands.
fn of_pattern(pattern: &str) -> String {
    if let Some(rest) = pattern.strip_prefix("^[0-9]{4}-[0-9]{2}-[0-9]{2}") {
        return of_format(if rest == "$" { "date" } else { "date-time" });
    }
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-')
    };
    let inside = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')).unwrap_or(pattern);
    match inside.split_once("_[a-z2-7]{") {
        Some((prefix, _)) if is_word(prefix) => format!("must be an id that begins with {prefix}_"),
        Some(_) | None => format!("must look like {pattern}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::ALL;

    fn found(method: &str, path: &str, body: &Value) -> Vec<(String, String)> {
        violations(method, path, body).into_iter().map(|error| (error.pointer, error.message)).collect()
    }

    #[test]
    fn u1_every_wrong_field_of_a_body_is_named_with_what_is_wrong() {
        let body = json!({
            "reference": "", "donor": {"name": 7, "privacy": "secret"}, "amount": {"amount": 30.0, "currency": "usd"},
            "schedule": {"interval": "weekly", "start": "soon", "payments": 0}, "rail": "bank", "colour": "red",
        });
        let mut found = found("POST", "/v1/campaigns/{id}/pledges", &body);
        found.sort();
        let expected = [
            ("/amount/amount", "must be of the type string"),
            ("/amount/currency", "must be a currency of ISO 4217 that has minor units"),
            ("/colour", "unknown field `colour`"),
            ("/donor/name", "must be of the type string"),
            ("/donor/privacy", "must be one of public, host_only, anonymous"),
            ("/donor/reference", "missing field `reference`"),
            ("/rail", "must be one of sandbox, partner, stripe"),
            ("/reference", "must have at least 1 characters"),
            ("/schedule/interval", "must be one of once, monthly, quarterly, yearly"),
            ("/schedule/payments", "must be at least 1"),
            ("/schedule/start", "must be a day such as 2027-01-31"),
            ("/terms_sha256", "missing field `terms_sha256`"),
        ];
        let expected: Vec<_> = expected.map(|(pointer, message)| (pointer.to_owned(), message.to_owned())).into();
        assert_eq!(found, expected);
    }

    #[test]
    fn u1_a_list_of_wrong_items_is_named_up_to_a_hundred() {
        let lines: Vec<Value> = (0..300).map(|_| json!({"debit": 1})).collect();
        let found = found("POST", "/v1/books/{book}/journal-entries", &json!({"lines": lines}));
        assert_eq!(found.len(), ERRORS_MAX);
    }

    #[test]
    fn the_contract_of_every_body_is_a_schema_that_can_be_held_against_one() {
        for (path, item) in ALL["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if operation.pointer("/requestBody/content/application~1json").is_some() {
                    assert!(validator(method, path).is_some(), "{method} {path}");
                }
            }
        }
    }
}
