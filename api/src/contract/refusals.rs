//! What an operation may be refused with: declared for each by what it takes and who may call it.

use crate::problem::MEDIA_TYPE;
use crate::who_may::Access;
use serde_json::{Map, Value, json};

/// Name in the contract, status, and what it means.
const REFUSALS: &[(&str, u16, &str)] = &[
    ("Malformed", 400, "The body is no JSON, or a header that is needed is missing or malformed."),
    ("Unauthorized", 401, "There is no token, or the one that was sent is wrong, too old or revoked."),
    ("Forbidden", 403, "The caller has neither the role nor the scope; `x-who-may` says who has."),
    ("NotFound", 404, "There is no such thing, or none that the caller may see."),
    ("Conflict", 409, "A rule refuses it as things stand, or the same request is still running."),
    ("Stale", 412, "The thing has changed since it was read."),
    ("TooLarge", 413, "The body is too large."),
    ("NotJson", 415, "The body is not of the media type that is taken here."),
    (
        "Invalid",
        422,
        "A field or a parameter is wrong: `errors` names each. Or the key came with another request before.",
    ),
    ("IfMatchMissing", 428, "`If-Match` is missing."),
    (
        "TooMany",
        429,
        "Slow down: `Retry-After` says for how many seconds. `/problems/quota`: enough organisations, books or invitations for \
         today; not before the next day in UTC.",
    ),
    ("Internal", 500, "Our fault; `request_id` names it in our logs."),
    (
        "Unavailable",
        503,
        "Nothing is wrong with the request: repeat it after `Retry-After` seconds. `/problems/book-frozen`: not before an operator has decided.",
    ),
];

/// The refusals as shared responses.
pub(super) fn components() -> Value {
    let responses = REFUSALS.iter().map(|(name, _, description)| {
        let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
        ((*name).to_owned(), json!({"description": description, "content": {MEDIA_TYPE: problem}}))
    });
    Value::Object(responses.collect::<Map<_, _>>())
}

/// Declares the refusals that an operation can answer with, beside its own answers.
pub(super) fn declare(method: &str, path: &str, access: Access, operation: &mut Value) {
    let takes_body = operation.get("requestBody").is_some();
    let has_query =
        operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["in"] == "query");
    // The form of the token endpoint is read whatever it is called, and changes nothing.
    let takes_json = takes_body && path != "/v1/oauth/token";
    let of_things = path.starts_with("/v1/") && access != Access::Guessable;
    let is_change = method == "patch" || method == "put";
    for (name, status, _) in REFUSALS {
        let possible = match *status {
            400 | 413 => takes_body,
            415 => takes_json,
            403 => of_things,
            409 => of_things || takes_json,
            404 => of_things || path.contains('{'),
            412 | 428 => is_change,
            422 => takes_body || has_query,
            _ => true,
        };
        if possible && operation["responses"].get(status.to_string()).is_none() {
            operation["responses"][status.to_string()] = json!({"$ref": format!("#/components/responses/{name}")});
        }
    }
}
