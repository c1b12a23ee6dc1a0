//! Refusals about bank accounts and payouts.

use super::{Kind, refusal};

const GIVE: &[&str] = &["POST /v1/organisations/{id}/bank-accounts"];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "bank-details-not-kept",
        "This installation has no key that would seal bank details.",
        "Ask whoever runs it to set COMMONPURSE_BANK_KEY_DIR.",
        GIVE,
    ),
    refusal(
        "bank-account-pending",
        "Another bank account of the organisation in this currency waits to become active.",
        "Confirm it, or reject it; then give another one.",
        GIVE,
    ),
    refusal(
        "bank-account-not-proposed",
        "The bank account does not wait for a second person.",
        "Read the account: its state says what became of it.",
        &["POST /v1/bank-accounts/{id}:confirm"],
    ),
    refusal(
        "bank-account-stands",
        "The bank account is active, or over.",
        "Give another account: once it is confirmed and has waited, it takes the place of this one.",
        &["POST /v1/bank-accounts/{id}:reject"],
    ),
];
