//! Refusals about people and organisations.

use super::{At, Kind, refusal};

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "sign-in-link-invalid",
        "The link is unknown, older than 15 minutes or used.",
        "Ask for a new one.",
        &["POST /v1/sign-in/confirm"],
    ),
    refusal(
        "identity-token-invalid",
        "The identity token is of no provider that is believed here, or one of its claims or its signature is not right.",
        "Ask the provider for a new one, for the client id of this service, and send it within 10 minutes.",
        &["POST /v1/sign-in/identity-token"],
    ),
    refusal(
        "identity-token-used",
        "Somebody has signed in with this identity token; each works once.",
        "Ask the provider for a new one.",
        &["POST /v1/sign-in/identity-token"],
    ),
    refusal(
        "identity-unknown",
        "Nobody who may sign in has the verified address of the identity, and it was not invited.",
        "Have the provider verify the address, or ask for an invitation of it.",
        &["POST /v1/sign-in/identity-token"],
    ),
    refusal(
        "identity-differs",
        "The person with the address of the identity signs in with another identity of the same provider.",
        "Sign in by a link, forget the identities that are linked, and sign in with this one.",
        &["POST /v1/sign-in/identity-token"],
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
    refusal(
        "credential-revoked",
        "The credential is revoked, and takes no other secret.",
        "Make another credential.",
        &["POST /v1/partners/{id}/credentials/{credential}:rotate"],
    ),
    refusal(
        "two-secrets-live",
        "The secret before the present one still counts, and of a credential or a webhook endpoint two live at most.",
        "Wait until it ends, or end both at once: `old_ends_after_hours` 0.",
        &["POST /v1/partners/{id}/credentials/{credential}:rotate", "POST /v1/webhook-endpoints/{id}:rotate-secret"],
    ),
    Kind {
        code: "second-factor-needed",
        status: 403,
        meaning: "The operation asks for a second factor that was proved a short while ago, and the token tells of none.",
        remedy: "Prove it with `POST /v1/me/second-factor:verify` and repeat with the token that this answers; who has none begins with \
                 `POST /v1/me/second-factor`.",
        at: At::SecondFactor,
    },
    refusal(
        "second-factor-none",
        "The person has no second factor, or none that counts yet.",
        "Begin one with `POST /v1/me/second-factor`, and send its first code to `:confirm`.",
        &[
            "POST /v1/me/second-factor:confirm",
            "POST /v1/me/second-factor:verify",
            "POST /v1/me/second-factor:renew-recovery-codes",
            "POST /v1/me/second-factor:remove",
            "POST /v1/me/second-factor:ask-reset",
        ],
    ),
    refusal(
        "second-factor-active",
        "The person has a second factor that counts.",
        "Remove it first, by itself.",
        &["POST /v1/me/second-factor", "POST /v1/me/second-factor:confirm"],
    ),
    refusal(
        "second-factor-code-wrong",
        "The code is wrong, too old, or was used before; it was counted as a try.",
        "Wait for the next code of the authenticator and send that; look whether its clock is right.",
        &["POST /v1/me/second-factor:confirm", "POST /v1/me/second-factor:verify"],
    ),
    refusal(
        "second-factor-waits",
        "Ten wrong codes came in a row: none is taken until the moment that is told.",
        "Wait until then. If it was not you who tried, somebody signs in as you: `POST /v1/me:sign-out`.",
        &["POST /v1/me/second-factor:confirm", "POST /v1/me/second-factor:verify"],
    ),
    refusal(
        "second-factor-not-kept",
        "No key is set up here that would seal a second factor.",
        "Ask whoever runs the service to set `COMMONPURSE_BANK_KEY_DIR`.",
        &[
            "POST /v1/me/second-factor",
            "POST /v1/me/second-factor:confirm",
            "POST /v1/me/second-factor:renew-recovery-codes",
        ],
    ),
    refusal(
        "sign-in-too-old",
        "Who asks for a reset has signed in a short while ago, by a fresh link.",
        "Sign in again and ask within fifteen minutes.",
        &["POST /v1/me/second-factor:ask-reset"],
    ),
    refusal(
        "second-factor-reset-asked",
        "A reset is open, or ended less than a day ago.",
        "Wait for two operators, or until a day has passed.",
        &["POST /v1/me/second-factor:ask-reset"],
    ),
    refusal(
        "second-factor-reset-none",
        "No reset is open.",
        "The person asks for one first.",
        &[
            "POST /v1/me/second-factor:object-to-reset",
            "POST /v1/persons/{id}/second-factor:reset",
            "POST /v1/persons/{id}/second-factor:refuse-reset",
        ],
    ),
    refusal(
        "second-factor-reset-decided",
        "The same operator has agreed before, or two have.",
        "Another operator agrees as well; then a day has to pass.",
        &["POST /v1/persons/{id}/second-factor:reset"],
    ),
    refusal(
        "second-factor-of-your-own",
        "Nobody resets a second factor of their own.",
        "Ask two other operators.",
        &["POST /v1/persons/{id}/second-factor:reset"],
    ),
    refusal("tie-declared", "This tie was declared before.", "Nothing is left to do.", &["POST /v1/ties"]),
    refusal("last-operator", "Nobody else runs the installation.", "Add another operator first.", &[]),
    refusal("person-disabled", "The person is disabled, and cannot run the installation.", "Enable them first.", &[]),
];
