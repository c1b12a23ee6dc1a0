//! Refusals about people and organisations.

use super::{Kind, refusal};

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "sign-in-link-invalid",
        "The link is unknown, older than 15 minutes or used.",
        "Ask for a new one.",
        &["POST /v1/sign-in/confirm"],
    ),
    refusal(
        "person-is-operator",
        "The person runs the installation, and no other operator disables them.",
        "Take the right of an operator away first, on the server.",
        &["POST /v1/persons/{id}:disable"],
    ),
    refusal(
        "last-owner",
        "An organisation keeps one owner at least.",
        "Give the role to somebody else first.",
        &["DELETE /v1/organisations/{id}/memberships/{person}/{role}"],
    ),
    refusal(
        "already-invited",
        "An invitation of this address to this role is open.",
        "Wait for the answer, or withdraw it and invite again.",
        &["POST /v1/organisations/{id}/invitations"],
    ),
    refusal(
        "too-many-invitations",
        "As many invitations of the organisation are open as may be.",
        "Withdraw some, or wait until they are accepted or lapse.",
        &["POST /v1/organisations/{id}/invitations"],
    ),
    refusal(
        "invitation-accepted",
        "The invitation was accepted, so that it cannot be withdrawn.",
        "Take the role away instead.",
        &["DELETE /v1/organisations/{id}/invitations/{invitation}"],
    ),
    refusal(
        "invitation-invalid",
        "The invitation is unknown, too old, used or withdrawn.",
        "Ask for a new one.",
        &["POST /v1/invitations:accept"],
    ),
    refusal(
        "invitation-for-another-address",
        "The invitation went to another address than the one that is signed in.",
        "Sign in with the address that it went to.",
        &["POST /v1/invitations:accept"],
    ),
    refusal(
        "not-a-partner",
        "The organisation is no partner platform, and only those have credentials.",
        "Name a partner platform.",
        &["POST /v1/partners/{id}/credentials"],
    ),
    refusal(
        "too-many-credentials",
        "Two credentials of the partner live already in this mode.",
        "Revoke one first.",
        &["POST /v1/partners/{id}/credentials"],
    ),
    refusal("tie-declared", "This tie was declared before.", "Nothing is left to do.", &["POST /v1/ties"]),
    refusal("last-operator", "Nobody else runs the installation.", "Add another operator first.", &[]),
    refusal("person-disabled", "The person is disabled, and cannot run the installation.", "Enable them first.", &[]),
];
