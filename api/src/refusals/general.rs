//! What any operation may answer.

use super::{At, FLOORED, Kind};

/// The code of the problem that a frozen book answers with.
pub const BOOK_FROZEN: &str = "book-frozen";

/// The code of the problem of who has made enough for a day.
pub const QUOTA: &str = "quota";

/// The code of the problem that a database without room answers with.
pub const STORAGE: &str = "storage";

const fn general(code: &'static str, status: u16, meaning: &'static str, remedy: &'static str) -> Kind {
    Kind { code, status, meaning, remedy, at: At::Any }
}

const fn of_tokens(code: &'static str, status: u16, meaning: &'static str, remedy: &'static str) -> Kind {
    Kind { code, status, meaning, remedy, at: At::Of(&["POST /v1/oauth/token"]) }
}

const fn posting(code: &'static str, meaning: &'static str, remedy: &'static str) -> Kind {
    Kind { code, status: 409, meaning, remedy, at: At::Posting }
}

pub(super) const KINDS: &[Kind] = &[
    general(
        "invalid",
        422,
        "Fields of the body or parameters are wrong: `errors` names each by JSON Pointer.",
        "Mend them and send again.",
    ),
    general("malformed-json", 400, "The body is no JSON text, or did not arrive whole.", "Send JSON."),
    Kind {
        code: "signature-invalid",
        status: 400,
        meaning: "The body is not signed, not in the last five minutes, or not with a secret that we share.",
        remedy: "Only the provider calls this; look whether the secret of its endpoint is the one that is set here.",
        at: At::Of(&["POST /v1/provider-events/stripe"]),
    },
    general("bad-request", 400, "The request is no HTTP that can be understood.", "Send it as HTTP/1.1 asks for."),
    general(
        "not-found",
        404,
        "There is no such thing, or none that this caller may see.",
        "Look whether the path is right and whether the token is the one that sees it.",
    ),
    general(
        "method-not-allowed",
        405,
        "The path exists, the method does not; `Allow` lists those that do.",
        "Use one of them.",
    ),
    general("request-timeout", 408, "The request did not come whole in its time.", "Send it again without a pause."),
    general(
        "request-header-fields-too-large",
        431,
        "The headers of the request are too long.",
        "Send fewer, or shorter ones.",
    ),
    general("payload-overflow", 413, "The body is too large.", "Send less at once."),
    general(
        "unauthorized",
        401,
        "The request needs a bearer token, or the one it has is wrong, too old or revoked.",
        "Get a new token and send it in `Authorization: Bearer`.",
    ),
    general(
        "forbidden",
        403,
        "The caller is known, but has neither the role nor the scope.",
        "Look in `x-who-may` of the contract who has, and ask them.",
    ),
    general(
        "stale",
        412,
        "The thing has changed since it was read.",
        "Read it again and repeat with the new `ETag` in `If-Match`.",
    ),
    general(
        "if-match-missing",
        428,
        "Changes of this thing need `If-Match`.",
        "Send the `ETag` of its last reading in it.",
    ),
    general(
        "idempotency-key-missing",
        400,
        "This POST needs an `Idempotency-Key`: 1 to 255 visible ASCII characters, bare or quoted.",
        "Make one up for this request, such as a UUID, and keep it for its repetitions.",
    ),
    general(
        "idempotency-key-reused",
        422,
        "The same key came with another method, path or body before.",
        "Use a new key.",
    ),
    general(
        "still-running",
        409,
        "A request with the same key, or for the same thing, has not finished.",
        "Repeat it with the same key after `Retry-After`.",
    ),
    general(
        "payload-too-large",
        413,
        "The body is larger than 1 MiB, or 8 MiB for a batch; without a token, than 64 KiB.",
        "Send less at once.",
    ),
    general(
        "unsupported-media-type",
        415,
        "The body is not JSON, or does not say that it is.",
        "Send JSON with `Content-Type: application/json`.",
    ),
    general("content-encoding", 415, "The body has a `Content-Encoding`, such as gzip.", "Send it as it is."),
    general("too-many-requests", 429, "The caller asks too often.", "Wait for as many seconds as `Retry-After` says."),
    general(
        "overloaded",
        429,
        "Too many requests of this caller, or for this book, wait already. Nothing was done.",
        "Repeat the request with the same key after `Retry-After`.",
    ),
    Kind {
        code: QUOTA,
        status: 429,
        meaning: "The caller has made as many organisations, books, invitations, requests to join, fetches or files as one may in a day of UTC; `detail` says which of \
                  them, and how many. Nothing was done. Who runs the installation sets the quotas, and is not bound by them.",
        remedy: "Repeat the request with the same key after `Retry-After`, when the next day begins.",
        at: At::Of(&[
            "POST /v1/organisations",
            "POST /v1/books",
            "POST /v1/organisations/{id}/invitations",
            "POST /v1/organisations/{id}/join-requests",
            "POST /v1/evidence-fetches",
            "POST /v1/files",
        ]),
    },
    general(
        "body-too-slow",
        408,
        "The body came too slowly, or not whole.",
        "Send it again, at 16 KiB a second at least.",
    ),
    general(
        "unavailable",
        503,
        "Nothing is known to be wrong with the request.",
        "Repeat it with the same key after `Retry-After`.",
    ),
    general(
        STORAGE,
        503,
        "The database's disk or memory is full, or its files cannot be used: its operator has to make room. Nothing was \
         written.",
        "Repeat the request with the same key, not before `Retry-After`.",
    ),
    general(
        "read-only",
        503,
        "The database takes no writes, such as a standby. Nothing was written.",
        "Repeat the request with the same key, not before `Retry-After`.",
    ),
    general(
        "database-away",
        503,
        "The service has no connection to its database, or lost it during the request.",
        "Repeat it with the same key: if it was done, that gets its answer.",
    ),
    general(
        "database-busy",
        503,
        "The database has as many connections as it takes.",
        "Repeat the request with the same key after `Retry-After`.",
    ),
    general(
        "clock",
        503,
        "The clocks of the service and of its database are more than a minute apart, so that what is recorded would bear a \
         wrong time. Nothing was written.",
        "Repeat the request with the same key, not before `Retry-After`.",
    ),
    general(
        BOOK_FROZEN,
        503,
        "The book differs from its own journal, and takes no record until an operator has decided; it is read as before, and \
         other books go on. Nothing was written.",
        "Repeat the request with the same key, not before `Retry-After`.",
    ),
    general("internal", 500, "Our fault. The request id names it in our logs.", "Tell the operator the request id."),
    of_tokens(
        "invalid-request",
        400,
        "The form lacks a parameter, has one twice, or is none; or id and secret came twice (RFC 6749).",
        "Send `grant_type=client_credentials` as a form, and id and secret once.",
    ),
    of_tokens(
        "invalid-client",
        401,
        "No live credential has this client id and secret (RFC 6749).",
        "Use a live credential; an owner of the partner platform makes one.",
    ),
    of_tokens(
        "unsupported-grant-type",
        400,
        "The grant type is not `client_credentials` (RFC 6749).",
        "Send `grant_type=client_credentials`.",
    ),
    of_tokens(
        "invalid-scope",
        400,
        "The credential has not all the scopes that were asked for (RFC 6749).",
        "Ask for scopes of the credential, or for none to get them all.",
    ),
    posting("unknown-account", "An account of the entry is not in the book.", "Open the account first."),
    posting("closed-account", "An account of the entry takes no more postings.", "Use another account."),
    posting(
        "units-differ",
        "A line leads between accounts in different currencies or units.",
        "Give each currency lines of its own, through a pair of exchange accounts.",
    ),
    posting(
        "no-such-movement",
        "Money of this kind does not move between accounts of these classes.",
        "Use the operation that is made for it.",
    ),
    Kind {
        code: "below-floor",
        status: 409,
        meaning: "A balance would fall below its account's floor, or below what holds have set aside.",
        remedy: "Move less, or bring money in first.",
        at: At::Of(FLOORED),
    },
    posting("closed-period", "The day on which it would count is in a closed period.", "Let it count on a later day."),
    posting(
        "amount-out-of-bounds",
        "An amount is zero or too large, or a sum would be.",
        "Split it, or mend the amount.",
    ),
    posting(
        "lines-out-of-bounds",
        "An entry has no line, more than 1,000, or one with the same account on both sides.",
        "Split it, or mend the line.",
    ),
    posting(
        "refused",
        "The book refused it when it first came, for a reason that is no longer known.",
        "Use a new key.",
    ),
];
