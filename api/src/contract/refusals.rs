//! What an operation may be refused with: declared for each by what it takes and who may call it.

use crate::problem::MEDIA_TYPE;
use crate::refusals::{self, Kind};
use crate::who_may::Access;
use serde_json::{Map, Value, json};

/// Name in the contract, status, and what it means.
const REFUSALS: &[(&str, u16, &str)] = &[
    ("Malformed", 400, "The body is no JSON, or a header that is needed is missing or malformed."),
    ("Unauthorized", 401, "There is no token, or the one that was sent is wrong, too old or revoked."),
    ("Forbidden", 403, "The caller has neither the role nor the scope; `x-who-may` says who has."),
    ("NotFound", 404, "There is no such thing, or none that the caller may see."),
    ("TooSlow", 408, "The body came too slowly, or not whole."),
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

/// The token endpoint, whose errors are those of RFC 6749, section 5.2.
const TOKENS: &str = "/v1/oauth/token";

/// The refusals as shared responses.
pub(super) fn components() -> Value {
    // Conflicts are told by operation.
    let shared = REFUSALS.iter().filter(|(_, status, _)| *status != 409);
    let responses = shared.map(|(name, _, description)| {
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
    // The token endpoint takes a form, and changes nothing.
    let takes_json = takes_body && path != TOKENS;
    let of_things = path.starts_with("/v1/") && access != Access::Guessable;
    let is_change = method == "patch" || method == "put";
    if path == TOKENS {
        for (status, description) in [
            (
                "400",
                "The form is none, the grant type is another one, or the credential has not the scopes (RFC 6749).",
            ),
            ("401", "No live credential has this client id and secret; or there was a bearer token, which is wrong."),
        ] {
            let oauth = json!({"schema": {"$ref": "#/components/schemas/OauthProblem"}});
            let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
            let content = json!({"application/json": oauth, MEDIA_TYPE: problem});
            operation["responses"][status] = json!({"description": description, "content": content});
        }
    }
    for (name, status, _) in REFUSALS {
        let possible = match *status {
            400 | 408 | 413 => takes_body,
            415 => takes_body,
            403 => of_things,
            409 => of_things || takes_json,
            404 => of_things || path.contains('{'),
            412 | 428 => is_change,
            422 => takes_body || has_query,
            _ => true,
        };
        if possible && operation["responses"].get(status.to_string()).is_none() {
            operation["responses"][status.to_string()] = match known(*status, method, path) {
                Some(types) => of_types(*status, &types),
                None => json!({"$ref": format!("#/components/responses/{name}")}),
            };
        }
    }
}

/// The types of the problems with which an operation answers a status: known for refusals by a rule, whose codes stand in the
/// list by operation.
fn known(status: u16, method: &str, path: &str) -> Option<Vec<String>> {
    let method = method.to_uppercase();
    let of_it = refusals::ALL.iter().filter(|kind| kind.status == status && kind.is_of(&method, path));
    (status == 409).then(|| of_it.map(Kind::type_).collect())
}

/// A response whose problems are of these types.
fn of_types(status: u16, types: &[String]) -> Value {
    let description = REFUSALS.iter().find(|(_, of, _)| *of == status).map(|(_, _, description)| *description);
    let schema = json!({
        "allOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "object", "properties": {"type": {"enum": types}}}],
    });
    json!({"description": description, "content": {MEDIA_TYPE: {"schema": schema}}})
}
