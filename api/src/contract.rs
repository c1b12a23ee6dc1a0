//! The contract: OpenAPI 3.1, made from the handlers and from the table of who may do what.

use crate::problem::{FieldError, OauthProblemBody, ProblemBody};
use crate::who_may::{self, Access, Demand};
use actix_web::App;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

mod events;
mod examples;
mod headers;
mod refusals;
mod security;
mod shape;
mod tags;
#[cfg(test)]
mod tests;
mod version_3_0;
mod violations;
mod webhooks;
mod words;

pub use violations::violations;

/// The whole contract.
pub static ALL: LazyLock<Value> = LazyLock::new(|| build(|_, _| true, Webhooks::Said));

/// What bodies are held to: the contract as the handlers alone say it, with the shapes of all schemas. A service makes it for the first
/// body that it refuses, so that nothing is in it that only readers need.
static SHAPES: LazyLock<Value> = LazyLock::new(shapes);

/// What a partner may call.
pub static PARTNER: LazyLock<Value> = LazyLock::new(|| build(for_partners, Webhooks::Said));

/// What everybody may call, without a token.
pub static PUBLIC: LazyLock<Value> = LazyLock::new(|| build(|_, access| access.is_open(), Webhooks::LeftOut));

/// The whole contract in the words of OpenAPI 3.0.
pub static ALL_3_0: LazyLock<Value> = LazyLock::new(|| version_3_0::rendered(&ALL));

/// What a partner may call, in the words of OpenAPI 3.0.
pub static PARTNER_3_0: LazyLock<Value> = LazyLock::new(|| version_3_0::rendered(&PARTNER));

#[derive(OpenApi)]
#[openapi(
    info(
        title = "commonpurse",
        description = "People put money into a common purse, and everyone can follow each cent.\n\n\
                       Every error is `application/problem+json` (RFC 9457). Every POST that creates or moves something \
                       needs an `Idempotency-Key`: the same key with the same request gets the first answer again, with \
                       `Idempotent-Replayed: true`: in a book for ever, elsewhere for 90 days at least.\n\n\
                       Where `x-second-factor` stands, whoever it names needs a token that tells of a second factor (`amr`) proved a \
                       short while ago (`auth_time`): others hear 403 `second-factor-needed` before anything else is read. A \
                       service may ask only those who have a second factor; in production it asks everybody.\n\n\
                       HEAD is answered as GET, without the body. Bodies come as they are: one with a `Content-Encoding` is \
                       refused. A text that must be given has something to read in it; texts hold no control characters and \
                       none that turn the direction of what follows, and texts of one line no invisible ones but those that \
                       shape the character before them. What is no HTTP, or has headers that are too long, is answered with \
                       a status alone.",
        contact(name = "Whoever runs this service"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "This service")),
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
#[cfg(test)]
fn operations() -> Vec<(String, String)> {
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

/// The same, with the shapes of all schemas.
fn shapes() -> Value {
    let mut document = document();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        shape::schemas(schemas);
    }
    document
}

fn for_partners(path: &str, access: Access) -> bool {
    // Partners that move the clock of a book look at it until it has arrived.
    let shows_clock = access == Access::Visible && path == "/v1/books/{book}";
    let shows_events = path == "/v1/events";
    access.scope().is_some() || access == Access::Public || path == "/v1/oauth/token" || shows_clock || shows_events
}

/// Whether a contract says what is sent to endpoints: it concerns partners, who have some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Webhooks {
    Said,
    LeftOut,
}

fn build(wanted: impl Fn(&str, Access) -> bool, webhooks: Webhooks) -> Value {
    let mut document = shapes();
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    let mut paths = Map::new();
    for (path, item) in document["paths"].as_object().cloned().unwrap_or_default() {
        let mut operations = Map::new();
        for (method, operation) in item.as_object().cloned().unwrap_or_default() {
            let row = who_may::TABLE.iter().find(|(m, p, _)| m.eq_ignore_ascii_case(&method) && *p == path);
            if let Some((_, _, access)) = row.filter(|(_, _, access)| wanted(&path, *access)) {
                operations.insert(method.clone(), complete(&document, &method, &path, operation, *access));
            }
        }
        if !operations.is_empty() {
            paths.insert(path, Value::Object(operations));
        }
    }
    document["tags"] = tags::used(&paths);
    document["paths"] = Value::Object(paths);
    document["components"]["securitySchemes"] = security::schemes();
    document["components"]["responses"] = refusals::components();
    document["components"]["headers"] = headers::components();
    if webhooks == Webhooks::Said {
        document["webhooks"] = webhooks::section();
        document["components"]["parameters"] = webhooks::parameters();
    }
    for part in ["responses", "headers", "schemas"] {
        keep_used(&mut document, part);
    }
    document
}

/// How the path of a POST ends that only reckons: it keeps no answer, so that no key belongs to it.
const WRITES_NOTHING: &str = ":preview";

/// Adds to an operation what follows from the table and holds for all.
fn complete(document: &Value, method: &str, path: &str, mut operation: Value, access: Access) -> Value {
    let tag = operation["tags"][0].as_str().unwrap_or("other").to_owned();
    let name = operation["operationId"].as_str().unwrap_or(method).to_owned();
    operation["operationId"] = json!(format!("{}_{name}", tag.replace(['-', ' '], "_")));
    operation["x-who-may"] = json!(access.phrases());
    let demand = who_may::second_factor(&method.to_uppercase(), path, access);
    if let Some(asked) = demand.phrase() {
        operation["x-second-factor"] = json!(asked);
    }
    operation["description"] = json!(described(&operation, access, demand));
    operation["security"] = security::of(method, path, access);
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in &mut parameters {
        shape::parameter(path, parameter);
    }
    if method == "post" && !access.is_open() && !path.ends_with(WRITES_NOTHING) {
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
    if method == "post" && is_optional_body(document, &operation) {
        operation["requestBody"]["required"] = json!(false);
    }
    examples::show(method, path, &mut operation);
    events::show(method, path, &mut operation);
    headers::of_success(method, &mut operation, |schema| is_paged(document, schema));
    refusals::declare(method, path, access, &mut operation);
    operation
}

/// What an operation does, whom it asks for a second factor, and who may call it.
fn described(operation: &Value, access: Access, demand: Demand) -> String {
    let text = |name: &str| operation[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    let factor = match demand {
        Demand::Nobody => None,
        Demand::Operators => Some("**Second factor:** of operators."),
        Demand::Everybody | Demand::Strictly => Some("**Second factor:** yes."),
    };
    let what = [text("summary"), text("description"), factor].into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    format!("{what}\n\n**Who may:** {}.", access.phrases().join(", "))
}

/// Whether an answer is a part of a list, which says where the next one begins.
fn is_paged(document: &Value, schema: &Value) -> bool {
    let shape = schema["$ref"].as_str().and_then(|to| document.pointer(to.strip_prefix('#')?));
    shape.is_some_and(|shape| shape["properties"].get("next_cursor").is_some())
}

/// Whether a POST may come without a body, since none of its fields is needed.
fn is_optional_body(document: &Value, operation: &Value) -> bool {
    let schema = operation.pointer("/requestBody/content/application~1json/schema/$ref").and_then(Value::as_str);
    let shape = schema.and_then(|schema| document.pointer(schema.strip_prefix('#')?));
    shape.is_some_and(|shape| shape["required"].as_array().is_none_or(Vec::is_empty))
}

/// 1 to 255 visible characters, bare or as a quoted string of a structured field (RFC 9651).
const KEY_PATTERN: &str = r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;

/// Drops the shared parts of a kind that no operation leads to, and sorts the rest.
fn keep_used(document: &mut Value, part: &str) {
    let parts = document["components"][part].as_object().cloned().unwrap_or_default();
    let mut used = BTreeSet::new();
    let mut found = references(&document["paths"], part);
    found.extend(references(&document["webhooks"], part));
    found.extend(references(&document["components"]["responses"], part));
    while let Some(name) = found.pop() {
        if let Some(shared) = parts.get(&name).filter(|_| used.insert(name.clone())) {
            found.extend(references(shared, part));
        }
    }
    let kept: Map<String, Value> =
        used.into_iter().filter_map(|name| Some((name.clone(), parts.get(&name)?.clone()))).collect();
    document["components"][part] = Value::Object(kept);
}

/// The names of the shared parts of a kind that a part of the contract refers to.
fn references(value: &Value, part: &str) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|reference| reference.strip_prefix("#/components/")?.strip_prefix(part));
            let own = own.and_then(|name| name.strip_prefix('/')).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(|value| references(value, part))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|value| references(value, part)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
