//! The contract: OpenAPI 3.1, made from the handlers and from the table of who may do what.

use crate::problem::{FieldError, OauthProblemBody, ProblemBody};
use crate::who_may::{self, Access};
use actix_web::App;
use ledger::evidence::EvidenceKind;
use ledger::parties::rules::role::Scope;
use ledger::text::ACCOUNT_CODE_MAX;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

mod refusals;
mod violations;

pub use violations::violations;

/// The whole contract.
pub static ALL: LazyLock<Value> = LazyLock::new(|| build(|_, _| true));

/// What a partner may call.
pub static PARTNER: LazyLock<Value> = LazyLock::new(|| build(for_partners));

#[derive(OpenApi)]
#[openapi(
    info(
        title = "commonpurse",
        description = "People put money into a common purse, and everyone can follow each cent.\n\n\
                       Every error is `application/problem+json` (RFC 9457). Every POST that creates or moves something \
                       needs an `Idempotency-Key`: the same key with the same request gets the first answer again, with \
                       `Idempotent-Replayed: true`: in a book for ever, elsewhere for 90 days at least.\n\n\
                       HEAD is answered as GET, without the body. Bodies come as they are: one with a `Content-Encoding` is \
                       refused. A text that must be given has something to read in it; texts hold no control characters and \
                       none that turn the direction of what follows, and texts of one line no invisible ones but those that \
                       shape the character before them. What is no HTTP, or has headers that are too long, is answered with \
                       a status alone.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ProblemBody, FieldError, OauthProblemBody))
)]
struct Base;

/// Whether a parameter of an operation is a day or a moment.
pub fn is_day(method: &str, path: &str, parameter: &str) -> bool {
    let parameters = ALL["paths"][path][method.to_lowercase()]["parameters"].as_array().into_iter().flatten();
    let mut of_name = parameters.filter(|known| known["name"] == parameter);
    of_name.any(|known| known["schema"]["format"].as_str().is_some_and(|format| format.starts_with("date")))
}

/// The operations that are routed: `(method, path)`.
pub fn operations() -> Vec<(String, String)> {
    let document = document();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flat_map(Map::keys);
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .collect()
}

/// The contract as the handlers alone say it.
fn document() -> Value {
    let app = App::new().into_utoipa_app().openapi(Base::openapi()).configure(crate::configure);
    let (_, document) = app.split_for_parts();
    serde_json::to_value(document).expect("a contract has string keys only")
}

fn for_partners(path: &str, access: Access) -> bool {
    // Partners that move the clock of a book look at it until it has arrived.
    let shows_clock = access == Access::Visible && path == "/v1/books/{book}";
    access.scope().is_some() || access == Access::Public || path == "/v1/oauth/token" || shows_clock
}

fn build(wanted: impl Fn(&str, Access) -> bool) -> Value {
    let mut document = document();
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    let mut paths = Map::new();
    for (path, item) in document["paths"].as_object().cloned().unwrap_or_default() {
        let mut operations = Map::new();
        for (method, operation) in item.as_object().cloned().unwrap_or_default() {
            let row = who_may::TABLE.iter().find(|(m, p, _)| m.eq_ignore_ascii_case(&method) && *p == path);
            if let Some((_, _, access)) = row.filter(|(_, _, access)| wanted(&path, *access)) {
                let mut operation = complete(&method, &path, operation, *access);
                if is_optional_body(&document, &operation) {
                    operation["requestBody"]["required"] = json!(false);
                }
                operations.insert(method.clone(), operation);
            }
        }
        if !operations.is_empty() {
            paths.insert(path, Value::Object(operations));
        }
    }
    document["paths"] = Value::Object(paths);
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An access token: of a person by sign-in link, of a partner from /v1/oauth/token. It lives 10 minutes.",
        },
    });
    document["components"]["responses"] = refusals::components();
    for schema in document["components"]["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        shape(schema);
    }
    keep_used_schemas(&mut document);
    document
}

/// Adds to an operation what follows from the table and holds for all.
fn complete(method: &str, path: &str, mut operation: Value, access: Access) -> Value {
    let tag = operation["tags"][0].as_str().unwrap_or("other").to_owned();
    let name = operation["operationId"].as_str().unwrap_or(method).to_owned();
    operation["operationId"] = json!(format!("{}_{name}", tag.replace(['-', ' '], "_")));
    operation["x-who-may"] = json!(access.phrases());
    operation["security"] = if access == Access::Visible {
        // With a token, what is not public can be seen too.
        json!([{}, {"bearer": []}])
    } else if access.is_open() {
        json!([])
    } else {
        json!([{"bearer": []}])
    };
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in &mut parameters {
        shape_days(&mut parameter["schema"]);
        if let Some(prefix) = id_prefix(path, parameter) {
            let length = if PREFIXES_OF_PARTIES.contains(&prefix) { 26 } else { 32 };
            parameter["schema"]["pattern"] = json!(format!("^{prefix}_[a-z2-7]{{{length}}}$"));
        }
    }
    if method == "post" && !access.is_open() {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "Bare or as a quoted string. The same key with the same request gets the first answer again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 512, "pattern": KEY_PATTERN},
        }));
    }
    if method == "patch" || method == "put" {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": true,
            "description": "The ETag of the last reading.",
            "schema": {"type": "string", "pattern": "^\"v[0-9]{1,18}\"$"},
        }));
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if path == "/problems/{code}" {
        let codes: Vec<_> = crate::refusals::ALL.iter().map(|kind| kind.code).collect();
        operation["parameters"][0]["schema"]["enum"] = json!(codes);
    }
    refusals::declare(method, path, access, &mut operation);
    operation
}

/// Whether a POST may come without a body, since none of its fields is needed.
fn is_optional_body(document: &Value, operation: &Value) -> bool {
    let schema = operation.pointer("/requestBody/content/application~1json/schema/$ref").and_then(Value::as_str);
    let shape = schema.and_then(|schema| document.pointer(schema.strip_prefix('#')?));
    shape.is_some_and(|shape| shape["required"].as_array().is_none_or(Vec::is_empty))
}

/// 1 to 255 visible characters, bare or as a quoted string of a structured field (RFC 9651).
const KEY_PATTERN: &str = r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;

/// The prefixes of ids of what belongs to no book: they are shorter.
const PREFIXES_OF_PARTIES: &[&str] = &["inv", "org", "psn", "pcr"];

/// The prefix of the ids below a segment of a path.
const ID_PREFIXES: &[(&str, &str)] = &[
    ("allocation-rules", "alr"),
    ("awards", "awd"),
    ("books", "bok"),
    ("holds", "hld"),
    ("campaigns", "cmp"),
    ("challenges", "chl"),
    ("charges", "chg"),
    ("claims", "clm"),
    ("contributions", "ctb"),
    ("cooperatives", "bok"),
    ("credentials", "pcr"),
    ("disputes", "dsp"),
    ("distributions", "dst"),
    ("donors", "dnr"),
    ("entrants", "ent"),
    ("invitations", "inv"),
    ("jobs", "job"),
    ("members", "mbr"),
    ("memberships", "psn"),
    ("milestones", "mls"),
    ("organisations", "org"),
    ("partners", "org"),
    ("persons", "psn"),
    ("pledges", "plg"),
    ("proceeds", "prc"),
    ("purse-contributions", "pct"),
    ("releases", "rel"),
    ("results", "res"),
    ("settlements", "stl"),
    ("statements", "stm"),
    ("submissions", "sub"),
];

/// The prefix of the id that a parameter of a path is, by the segment that it follows.
fn id_prefix(path: &str, parameter: &Value) -> Option<&'static str> {
    let name = parameter["name"].as_str().filter(|_| parameter["in"] == "path")?;
    let (before, _) = path.split_once(&format!("/{{{name}}}"))?;
    let segment = before.rsplit('/').next()?;
    ID_PREFIXES.iter().find(|(of_segment, _)| *of_segment == segment).map(|(_, prefix)| *prefix)
}

/// Says what the handlers do not: what the code of an account looks like, wherever a text may be as long as one, and the items of
/// lists.
fn shape(schema: &mut Value) {
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for field in fields.into_iter().flat_map(Map::values_mut) {
        if field["maxLength"] == ACCOUNT_CODE_MAX && field.get("pattern").is_none() {
            field["pattern"] = json!(ACCOUNT_CODE);
        }
    }
    shape_days(schema);
    // The macro has no words for the items of a list.
    if let Some(items) =
        schema.pointer_mut("/properties/evidence_sha256/items").filter(|items| items["type"] == "string")
    {
        items["pattern"] = json!("^[0-9a-fA-F]{64}$");
    }
    let scopes = schema.pointer_mut("/properties/scopes").filter(|scopes| scopes["maxItems"].is_number());
    if let Some(items) = scopes.and_then(|scopes| scopes.get_mut("items")) {
        items["enum"] = json!(Scope::ALL);
    }
    if let Some(items) = schema.pointer_mut("/properties/gate/items").filter(|items| items["type"] == "string") {
        items["enum"] = json!(EvidenceKind::ALL);
    }
}

/// Says of days and moments that their years have four digits: others are neither in the calendar nor in the database.
fn shape_days(schema: &mut Value) {
    let pattern = match schema["format"].as_str() {
        Some("date") => Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        Some("date-time") => Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]"),
        Some(_) | None => None,
    };
    match (pattern, schema) {
        (Some(pattern), schema) => schema["pattern"] = json!(pattern),
        (None, Value::Object(parts)) => parts.values_mut().for_each(shape_days),
        (None, Value::Array(parts)) => parts.iter_mut().for_each(shape_days),
        (None, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
    }
}

/// The code of an account: the root of its kind, and one to seven parts.
const ACCOUNT_CODE: &str = "^(assets|liabilities|equity|income|expenses)(:[a-z0-9][a-z0-9._-]{0,79}){1,7}$";

/// Drops the schemas that no operation leads to, and sorts the rest.
fn keep_used_schemas(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let mut used = BTreeSet::new();
    let mut found = references(&document["paths"]);
    found.extend(references(&document["components"]["responses"]));
    while let Some(name) = found.pop() {
        if let Some(schema) = schemas.get(&name).filter(|_| used.insert(name.clone())) {
            found.extend(references(schema));
        }
    }
    let kept: Map<String, Value> =
        used.into_iter().filter_map(|name| Some((name.clone(), schemas.get(&name)?.clone()))).collect();
    document["components"]["schemas"] = Value::Object(kept);
}

/// The names of the schemas that a part of the contract refers to.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|reference| reference.strip_prefix("#/components/schemas/")).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_in_the_table_and_every_row_of_the_table_is_routed() {
        who_may::compare(&operations()).unwrap();
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_a_tag_a_summary_and_described_answers() {
        let mut names = BTreeSet::new();
        for (path, item) in ALL["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let at = format!("{method} {path}");
                assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{at}: the name is taken");
                assert!(operation["tags"][0].is_string(), "{at}: no tag");
                assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{at}: no summary");
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let shared = response["$ref"].as_str().and_then(|to| ALL.pointer(to.strip_prefix('#')?));
                    let response = shared.unwrap_or(response);
                    let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
                    assert!(described, "{at}: {status} has no description");
                }
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        for contract in [&*ALL, &*PARTNER] {
            assert_eq!(contract["openapi"], "3.1.0");
            for name in references(contract) {
                assert!(contract["components"]["schemas"].get(&name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn every_moment_says_by_which_clock_it_is_and_those_of_one_thing_are_by_one_clock() {
        let mut moments = 0;
        for (name, schema) in ALL["components"]["schemas"].as_object().unwrap() {
            let mut clocks = BTreeSet::new();
            for (field, property) in schema["properties"].as_object().into_iter().flatten() {
                // A page shows the things that it lists, which say it themselves.
                if property["format"] != "date-time" {
                    continue;
                }
                let text = property["description"].as_str().unwrap_or_default();
                let is_book = text.contains("the book's clock") || text.contains("its own clock");
                let is_wall = text.contains("by the wall clock") || text.contains("By the wall clock");
                assert!(is_book != is_wall, "{name}.{field} says of one clock that it is by it: {text:?}");
                clocks.insert(is_book);
                moments += 1;
            }
            // A job falls due by the book's clock, and workers look at the clock on the wall.
            assert!(clocks.len() < 2 || name == "DeadJob", "{name} mixes two clocks");
        }
        assert!(moments > 50, "{moments}");
    }

    #[test]
    fn every_text_in_a_body_that_we_take_is_bounded() {
        for (name, schema) in ALL["components"]["schemas"].as_object().unwrap() {
            if !(name.starts_with("New") || name.ends_with("Request")) {
                continue;
            }
            for (field, shape) in schema["properties"].as_object().into_iter().flatten() {
                let is_text = shape["type"] == "string"
                    || shape["type"].as_array().is_some_and(|types| types.contains(&json!("string")));
                let bounded = ["maxLength", "enum", "format", "pattern"].iter().any(|bound| shape.get(bound).is_some());
                assert!(!is_text || bounded, "{name}.{field} has no bound");
            }
        }
    }

    #[test]
    fn every_parameter_of_a_path_says_what_it_looks_like() {
        for (path, item) in ALL["paths"].as_object().unwrap() {
            for operation in item.as_object().unwrap().values() {
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let schema = &parameter["schema"];
                    let shaped = schema["type"] != "string" || schema["pattern"].is_string();
                    let at = format!("{path}: {}", parameter["name"]);
                    assert!(parameter["in"] != "path" || shaped, "{at} has no pattern; is it missing in ID_PREFIXES?");
                }
            }
        }
    }

    #[test]
    fn the_partner_contract_holds_no_operation_of_people() {
        let paths = PARTNER["paths"].as_object().unwrap();
        assert!(paths.contains_key("/v1/oauth/token"));
        assert!(!paths.contains_key("/v1/me") && !paths.contains_key("/v1/sign-in"));
    }
}
