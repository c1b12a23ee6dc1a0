//! Refusals about books, and what is read of them.

use super::{Kind, refusal};

/// The operations that close the result of a period or look whether one is closed.
const OF_PERIODS: &[&str] = &[
    "POST /v1/books/{book}/periods/{date}:close",
    "POST /v1/cooperatives/{book}/proceeds",
    "POST /v1/cooperatives/{book}/distributions",
];

/// The reports.
const REPORTS: &[&str] = &[
    "GET /v1/books/{book}/reports/trial-balance",
    "GET /v1/books/{book}/reports/balance-sheet",
    "GET /v1/books/{book}/reports/income-statement",
    "GET /v1/books/{book}/reports/funds",
    "GET /v1/books/{book}/account-tree",
];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "live-clock",
        "The clock of a live book is the wall clock.",
        "Move the clock of a sandbox book.",
        &["POST /v1/books/{book}/clock:advance"],
    ),
    refusal(
        "clock-goes-forward",
        "The book's clock stands later than the moment that was asked for, and goes forward only.",
        "Ask for a later moment.",
        &["POST /v1/books/{book}/clock:advance"],
    ),
    refusal(
        "no-partner-platform",
        "The organisation is no partner platform.",
        "Name a partner platform.",
        &["POST /v1/books/{book}/partners"],
    ),
    refusal(
        "too-many-accounts",
        "People have opened as many accounts in the book as it may have.",
        "Use one that it has.",
        &["POST /v1/books/{book}/accounts"],
    ),
    refusal(
        "unit-exists",
        "The book has a unit with this code.",
        "Use that one, or another code.",
        &["POST /v1/books/{book}/units"],
    ),
    refusal(
        "too-many-units",
        "The book has as many units as it may have.",
        "Use one that it has.",
        &["POST /v1/books/{book}/units"],
    ),
    refusal(
        "account-exists",
        "The book has an account with this code.",
        "Use that one, or another code.",
        &["POST /v1/books/{book}/accounts"],
    ),
    refusal(
        "managed-class",
        "Accounts of this class are opened and moved by their own operations only.",
        "Use the operation that is made for it, or an account of another class.",
        &[
            "POST /v1/books/{book}/accounts",
            "POST /v1/books/{book}/holds",
            "POST /v1/books/{book}/holds/{hold}:capture",
            "POST /v1/books/{book}/exchange-results",
        ],
    ),
    refusal(
        "not-reversible",
        "The entry was made by an operation, which is undone by another one.",
        "Use the opposite of that operation.",
        &["POST /v1/books/{book}/journal-entries/{number}:reverse"],
    ),
    refusal(
        "already-reversed",
        "The entry has been reversed before.",
        "Nothing is left to do.",
        &["POST /v1/books/{book}/journal-entries/{number}:reverse"],
    ),
    refusal(
        "result-too-large",
        "The result of the exchange account does not fit into an amount.",
        "Exchange in parts.",
        &["POST /v1/books/{book}/exchange-results"],
    ),
    refusal(
        "hold-ended",
        "The hold was captured or released before, or has expired.",
        "Place a new one.",
        &["POST /v1/books/{book}/holds/{hold}:capture", "POST /v1/books/{book}/holds/{hold}:release"],
    ),
    refusal(
        "period-closed",
        "The period is closed: its result or its days change no more.",
        "Use a day after it.",
        OF_PERIODS,
    ),
    refusal(
        "report-too-large",
        "The report has more lines than one answer holds.",
        "Ask for a part of it, or for the export.",
        REPORTS,
    ),
];
