//! The headers of answers.

use serde_json::{Map, Value, json};

/// A header of answers.
struct Header {
    /// Its name in the contract.
    name: &'static str,
    /// Its name on the wire.
    header: &'static str,
    /// The shape of its value.
    schema: fn() -> Value,
    /// What it says.
    description: &'static str,
}

const HEADERS: &[Header] = &[
    Header {
        name: "RequestId",
        header: "X-Request-Id",
        schema: text,
        description: "Names the request in our logs: as it came with it, or made up.",
    },
    Header {
        name: "RateLimit",
        header: "RateLimit",
        schema: text,
        description: "What is left of the limit, such as `\"caller\";r=99`. Missing where a request was answered before it was counted.",
    },
    Header {
        name: "RateLimitPolicy",
        header: "RateLimit-Policy",
        schema: text,
        description: "The limit: so many requests (`q`) in so many seconds (`w`).",
    },
    Header {
        name: "RetryAfter",
        header: "Retry-After",
        schema: seconds,
        description: "Seconds after which it is worth asking again.",
    },
    Header {
        name: "WwwAuthenticate",
        header: "WWW-Authenticate",
        schema: text,
        description: "How to sign in (RFC 6750); at the token endpoint RFC 7617. With 403: what the token lacks, a scope, or a second factor \
                      and how old its proof may be (RFC 9470).",
    },
    Header {
        name: "IdempotentReplayed",
        header: "Idempotent-Replayed",
        schema: truth,
        description: "`true` when this is the first answer to its `Idempotency-Key` again. Missing otherwise.",
    },
    Header { name: "ETag", header: "ETag", schema: tag, description: "The version of the thing, for `If-Match`." },
    Header {
        name: "Link",
        header: "Link",
        schema: text,
        description: "The address of the next page, `rel=\"next\"` (RFC 8288). Missing on the last one.",
    },
];

fn text() -> Value {
    json!({"type": "string"})
}

fn seconds() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn truth() -> Value {
    json!({"type": "string", "enum": ["true"]})
}

fn tag() -> Value {
    json!({"type": "string", "pattern": "^\"v[0-9]{1,18}\"$"})
}

/// The headers as shared parts of the contract.
pub(super) fn components() -> Value {
    let all = HEADERS.iter().map(|Header { name, schema, description, .. }| {
        ((*name).to_owned(), json!({"description": description, "schema": schema()}))
    });
    Value::Object(all.collect::<Map<_, _>>())
}

/// Adds headers to a response, by their names in the contract.
fn add(response: &mut Value, names: &[&str]) {
    for Header { name, header, .. } in HEADERS.iter().filter(|header| names.contains(&header.name)) {
        response["headers"][*header] = json!({"$ref": format!("#/components/headers/{name}")});
    }
}

/// Describes the headers of a refusal. Those of a rule, or of what is looked for first, are kept with the key of their
/// request.
pub(super) fn of_refusal(status: u16, response: &mut Value) {
    add(response, &["RequestId", "RateLimit", "RateLimitPolicy"]);
    match status {
        401 => add(response, &["WwwAuthenticate"]),
        403 => add(response, &["IdempotentReplayed", "WwwAuthenticate"]),
        404 | 412 | 422 => add(response, &["IdempotentReplayed"]),
        409 => add(response, &["IdempotentReplayed", "RetryAfter"]),
        429 | 503 => add(response, &["RetryAfter"]),
        _ => {}
    }
}

/// Describes the headers of what an operation answers when it does what it is for.
pub(super) fn of_success(method: &str, operation: &mut Value, is_page: impl Fn(&Value) -> bool) {
    let takes_key = parameters(operation, "Idempotency-Key");
    let takes_tag = parameters(operation, "If-Match");
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if !status.starts_with('2') {
            continue;
        }
        let mut names = vec!["RequestId", "RateLimit", "RateLimitPolicy"];
        names.extend((takes_tag || response["headers"].get("ETag").is_some()).then_some("ETag"));
        names.extend(takes_key.then_some("IdempotentReplayed"));
        let pages = method == "get" && is_page(&response["content"]["application/json"]["schema"]);
        names.extend(pages.then_some("Link"));
        add(response, &names);
    }
}

fn parameters(operation: &Value, header: &str) -> bool {
    let known = operation["parameters"].as_array();
    known.into_iter().flatten().any(|parameter| parameter["in"] == "header" && parameter["name"] == header)
}
