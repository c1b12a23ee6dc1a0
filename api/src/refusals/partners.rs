//! Refusals about webhook endpoints, and events that are fired by hand.

use super::{Kind, refusal};

const MAKE: &[&str] = &["POST /v1/webhook-endpoints"];

const FIRE: &[&str] = &["POST /v1/books/{book}/events:fire"];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "webhook-endpoints-full",
        "You have as many endpoints in the book as a partner may have.",
        "Change one of them, or delete one that you do not need.",
        MAKE,
    ),
    refusal(
        "webhook-secrets-not-kept",
        "This installation has no key that would seal the secret of an endpoint.",
        "Ask whoever runs it to set COMMONPURSE_BANK_KEY_DIR, for both programs.",
        &["POST /v1/webhook-endpoints", "POST /v1/webhook-endpoints/{id}:rotate-secret"],
    ),
    refusal(
        "webhook-endpoint-not-active",
        "The endpoint is paused or disabled: nothing is sent to it.",
        "Make it active again, with `PATCH /v1/webhook-endpoints/{id}`.",
        &["POST /v1/webhook-endpoints/{id}:ping"],
    ),
    refusal(
        "webhook-replay-too-large",
        "More events came since then than are sent again at once.",
        "Ask from a later moment on, or read `GET /v1/events` from where you stopped.",
        &["POST /v1/webhook-endpoints/{id}:replay"],
    ),
    refusal(
        "events-fired-in-sandboxes-only",
        "The book is a live one, in which nobody fires events by hand: what its events tell has happened.",
        "Try it in a sandbox book; an endpoint of a live book is tried by `POST /v1/webhook-endpoints/{id}:ping`.",
        FIRE,
    ),
    refusal(
        "events-fired-enough",
        "You have fired as many events in the book within a minute as a partner may.",
        "Wait a minute, and fire it with another `Idempotency-Key`.",
        FIRE,
    ),
];
