//! What an operation may be refused with: declared for each by what it takes and who may call it.

use super::headers;
use crate::problem::MEDIA_TYPE;
use crate::refusals::{self, At, Kind};
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
        "Slow down: `Retry-After` says for how many seconds. `/problems/quota`: enough organisations, books, invitations, fetches or files for \
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

/// The refusals as shared responses, with the problems that any operation may answer.
pub(super) fn components() -> Value {
    // Conflicts are told by operation.
    let shared = REFUSALS.iter().filter(|(_, status, _)| *status != 409);
    let responses = shared.map(|(name, status, _)| {
        let of_any = refusals::ALL.iter().filter(|kind| kind.status == *status && matches!(kind.at, At::Any));
        ((*name).to_owned(), response(*status, &of_any.map(Kind::type_).collect::<Vec<_>>()))
    });
    Value::Object(responses.collect::<Map<_, _>>())
}

/// Declares the refusals that an operation can answer with, beside its own answers.
pub(super) fn declare(method: &str, path: &str, access: Access, operation: &mut Value) {
    let takes_body = operation.get("requestBody").is_some();
    let verb = method.to_uppercase();
    let has_query =
        operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["in"] == "query");
    // The token endpoint takes a form, and changes nothing.
    let takes_json = takes_body && path != TOKENS;
    let of_things = path.starts_with("/v1/") && access != Access::Guessable;
    let is_change = method == "patch" || method == "put";
    if path == TOKENS {
        for (status, description) in [
            (400, "The form is none, the grant type is another one, or the credential has not the scopes (RFC 6749)."),
            (401, "No live credential has this client id and secret; or there was a bearer token, which is wrong."),
        ] {
            let mut answer = response(status, &types_of(status, method, path));
            answer["description"] = json!(description);
            answer["content"]["application/json"] = json!({"schema": {"$ref": "#/components/schemas/OauthProblem"}});
            operation["responses"][status.to_string()] = answer;
        }
    }
    for (name, status, _) in REFUSALS {
        let of_its_own = |kind: &&Kind| kind.status == *status && !matches!(kind.at, At::Any);
        let possible = match *status {
            400 => takes_body || refusals::ALL.iter().any(|kind| of_its_own(&kind) && kind.is_of(&verb, path)),
            408 | 413 => takes_body,
            415 => takes_body,
            403 => of_things,
            409 => of_things || takes_json,
            404 => of_things || path.contains('{'),
            412 | 428 => is_change,
            422 => takes_body || has_query,
            _ => true,
        };
        if possible && operation["responses"].get(status.to_string()).is_none() {
            let is_shared =
                *status != 409 && !refusals::ALL.iter().filter(of_its_own).any(|kind| kind.is_of(&verb, path));
            operation["responses"][status.to_string()] = if is_shared {
                json!({"$ref": format!("#/components/responses/{name}")})
            } else {
                response(*status, &types_of(*status, method, path))
            };
        }
    }
}

/// The types of the problems with which an operation answers a status, from the list by operation.
fn types_of(status: u16, method: &str, path: &str) -> Vec<String> {
    let method = method.to_uppercase();
    let of_it = refusals::ALL.iter().filter(|kind| kind.status == status && kind.is_of(&method, path));
    of_it.map(Kind::type_).collect()
}

/// A response with this status, whose problems are of these types.
fn response(status: u16, types: &[String]) -> Value {
    let description = REFUSALS.iter().find(|(_, of, _)| *of == status).map(|(_, _, description)| *description);
    let schema = json!({
        "allOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "object", "properties": {"type": {"type": "string", "enum": types}}}],
    });
    let mut response = json!({"description": description, "content": {MEDIA_TYPE: {"schema": schema}}});
    headers::of_refusal(status, &mut response);
    response
}
