//! Refusals about calls for teams, and their applications.

use super::{Kind, refusal};

const APPLY: &[&str] = &["POST /v1/milestone-calls/{id}/applications"];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "call-over",
        "The call has ended: a team was accepted, the host has withdrawn it, or it has lapsed.",
        "Look at its `state`; apply for another one.",
        &[
            "POST /v1/milestone-calls/{id}:withdraw",
            "POST /v1/milestone-calls/{id}/applications",
            "POST /v1/milestone-applications/{id}:accept",
            "POST /v1/milestone-applications/{id}:decline",
            "POST /v1/milestone-applications/{id}:withdraw",
        ],
    ),
    refusal("call-closed", "The last day on which teams apply is over.", "Apply for another call.", APPLY),
    refusal(
        "call-takes-applications",
        "Teams may still apply for the call, as they were told.",
        "Accept one when its last day is over: `closes_at` says when.",
        &["POST /v1/milestone-applications/{id}:accept"],
    ),
    refusal(
        "application-open",
        "An application of the team waits already.",
        "Take it back to write another, or wait for the host.",
        APPLY,
    ),
    refusal(
        "too-many-applications",
        "The team has applied for the call as often as a team may.",
        "Wait for the host, or apply for another call.",
        APPLY,
    ),
    refusal(
        "application-ended",
        "The application was decided, was taken back, or has lapsed.",
        "Nothing is left to do.",
        &[
            "POST /v1/milestone-applications/{id}:accept",
            "POST /v1/milestone-applications/{id}:decline",
            "POST /v1/milestone-applications/{id}:withdraw",
        ],
    ),
];
