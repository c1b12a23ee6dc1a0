//! Refusals about bank accounts and payouts.

use super::{Kind, refusal};

const GIVE: &[&str] = &["POST /v1/organisations/{id}/bank-accounts"];

const ASK: &[&str] = &["POST /v1/books/{book}/payouts"];

const FILE: &[&str] = &["POST /v1/books/{book}/bank-statement-files"];

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
    refusal(
        "payout-nothing",
        "Nothing is owed to the payee that is not being paid.",
        "Read the balance of what is owed and the list of payouts; ask again when more is owed.",
        ASK,
    ),
    refusal(
        "payout-exceeds-payable",
        "More is asked for than is owed and not being paid.",
        "Ask for what is left, which the detail says, or cancel another payout first.",
        ASK,
    ),
    refusal(
        "payout-differs",
        "The release is being paid by a payout of another amount, or from another account.",
        "Read that payout, which the detail names; cancel it first to pay otherwise.",
        ASK,
    ),
    refusal(
        "payout-exists",
        "The release is being paid by another payout, which was asked for at the same moment.",
        "Send the request again with another key: it is answered with that payout.",
        ASK,
    ),
    refusal(
        "payout-no-account",
        "The payee has no active bank account in the currency.",
        "Let an owner or treasurer of the payee give one; the payout waits.",
        &["POST /v1/payouts/{id}:approve"],
    ),
    refusal(
        "payout-conflict",
        "Who belongs to the payee, or has a declared tie to it, approves none of its payouts.",
        "Let somebody else of the host approve it.",
        &["POST /v1/payouts/{id}:approve"],
    ),
    refusal(
        "digest-differs",
        "Amount or bank account of the payout are others than were approved.",
        "Read the payout again, look at what has changed, and send its `digest`.",
        &["POST /v1/payouts/{id}:approve"],
    ),
    refusal(
        "payout-frozen",
        "The cash from which the payout would be sent lies with a custodian whose money is frozen.",
        "Wait for the release (`POST /v1/books/{book}/custodians/{organisation}:release`), and send it then.",
        &["POST /v1/payouts/{id}:send"],
    ),
    refusal(
        "payout-state",
        "The payout does not stand where this step begins.",
        "Read the payout: its state says where it stands, and `waits_for` what comes next.",
        &[
            "POST /v1/payouts/{id}:approve",
            "POST /v1/payouts/{id}:send",
            "POST /v1/payouts/{id}:fail",
            "POST /v1/payouts/{id}:cancel",
            "POST /v1/payouts/{id}:release",
            "POST /v1/payouts/{id}:refuse",
        ],
    ),
    refusal(
        "statement-unreadable",
        "The file cannot be read as what it is said to be.",
        "The detail names the line and what is wrong there. Ask the bank for a file of camt.053.001, or correct the map of the columns.",
        FILE,
    ),
    refusal(
        "statement-balance-differs",
        "The lines of a statement do not lead from its opening balance to its closing one.",
        "The detail has the figures. A file that was cut or changed is asked for again; one that a bank made so is sent without one of \
         its two balances.",
        FILE,
    ),
    refusal(
        "statement-day",
        "A line was booked on a day that the book does not have: in its future, or before its first.",
        "Send the lines of other days; in a sandbox book, let its clock go on first.",
        FILE,
    ),
    refusal(
        "bank-line-state",
        "The line does not stand where this step begins.",
        "Read the line: one that is open is booked, one that was booked is open again by `:unbook`.",
        &["POST /v1/bank-lines/{id}:book", "POST /v1/bank-lines/{id}:unbook"],
    ),
    refusal(
        "bank-line-not-own",
        "The line is of an account of a partner, whose charges and interest are the partner's own.",
        "Ask the partner what it is; a line of a payout is matched by its end-to-end id.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "bank-line-side",
        "A charge of the bank leaves the account, and interest comes to it; this line goes the other way.",
        "Book it as the other one, or leave it open.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "entry-differs",
        "The entry does not move the cash of the line's custodian by as much as the line.",
        "Name the entry that does; the detail has both figures. An entry is of one line, and a line of one entry.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "entry-explained",
        "Another line is that entry.",
        "Read that line, which the detail names; `:unbook` takes back what somebody said of it.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "cash-short",
        "By the book, the host has less cash than left by this line.",
        "Take in what came before it, or book that first; then book this one.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
];
