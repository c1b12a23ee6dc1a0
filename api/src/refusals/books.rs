//! Refusals about books, and what is read of them.

use super::{Kind, refusal};

/// The operations that close the result of a period or look whether one is closed.
/// The operations that need accounts of the chart, and open them.
const OPENS_ACCOUNTS: &[&str] = &[
    "POST /v1/books/{book}/exchange-results",
    "POST /v1/campaigns/{id}:publish",
    "POST /v1/charges/{id}:capture",
    "POST /v1/charges/{id}:refund",
    "POST /v1/pledges/{id}:return",
    "POST /v1/charges/{id}/refunds",
    "POST /v1/refunds/{id}:settle",
    "POST /v1/refunds/{id}:fail",
    "POST /v1/challenges/{id}:publish",
    "POST /v1/challenges/{id}/contributions",
    "POST /v1/purse-contributions/{id}:capture",
    "POST /v1/entrants/{id}:capture-fee",
    "POST /v1/challenges/{id}/award",
    "POST /v1/challenges/{id}:cancel",
    "POST /v1/matching-rounds/{id}:open",
    "POST /v1/matching-rounds/{id}/contributions",
    "POST /v1/matching-rounds/{id}:cancel",
    "POST /v1/cooperatives/{book}/proceeds",
    "POST /v1/cooperatives/{book}/results",
    "POST /v1/cooperatives/{book}/distributions",
    "POST /v1/redemptions/{id}:approve",
    "POST /v1/cooperatives/{book}/openings",
    "POST /v1/cooperatives/{book}/advances",
];

/// The operations that begin something new in a book.
const TAKES_NEW: &[&str] = &[
    "POST /v1/campaigns",
    "POST /v1/campaigns/{id}:publish",
    "POST /v1/campaigns/{id}/pledges",
    "POST /v1/campaigns/{id}/pledges:batch",
    "POST /v1/campaigns/{id}/pledge-imports",
    "POST /v1/milestone-calls",
    "POST /v1/cooperatives/{book}/proposals",
    "POST /v1/books/{book}/programmes",
    "POST /v1/books/{book}/products",
    "POST /v1/challenges",
    "POST /v1/challenges/{id}:publish",
    "POST /v1/challenges/{id}/contributions",
    "POST /v1/matching-rounds",
    "POST /v1/matching-rounds/{id}:open",
    "POST /v1/matching-rounds/{id}/contributions",
    "POST /v1/suspense/{id}:match",
];

const OF_PERIODS: &[&str] = &[
    "POST /v1/books/{book}/periods/{date}:close",
    "POST /v1/books/{book}/bank-differences",
    "POST /v1/bank-differences/{id}:approve",
    "POST /v1/cooperatives/{book}/proceeds",
    "POST /v1/cooperatives/{book}/results",
    "POST /v1/cooperatives/{book}/distributions",
    "POST /v1/cooperatives/{book}/openings",
];

/// The reports.
const REPORTS: &[&str] = &[
    "GET /v1/books/{book}/reports/trial-balance",
    "GET /v1/books/{book}/reports/balance-sheet",
    "GET /v1/books/{book}/reports/income-statement",
    "GET /v1/books/{book}/reports/funds",
    "GET /v1/books/{book}/account-tree",
    "GET /v1/cooperatives/{book}/dissolution",
];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "account-counts-already",
        "What is spent on an account counts for another programme in the same months.",
        "Hold the line against an account of its own, or withdraw the other programme first.",
        &["POST /v1/books/{book}/programmes"],
    ),
    refusal(
        "programme-withdrawn",
        "The programme was withdrawn.",
        "Open another one.",
        &["POST /v1/programmes/{id}:withdraw", "POST /v1/programmes/{id}/hires"],
    ),
    refusal(
        "campaign-not-recurring",
        "The campaign has a last day, and asks for nothing each month.",
        "Name a recurring campaign.",
        &["POST /v1/campaigns/{id}/loop"],
    ),
    refusal(
        "stage-order",
        "A product goes from one stage to the next, and to no other.",
        "Name its next stage: `next_stage` of the product.",
        &["POST /v1/products/{id}:advance"],
    ),
    refusal(
        "stage-evidence-missing",
        "The stage asks for evidence that is not there.",
        "Add evidence of the kinds that `detail` names; a licence has its SPDX identifier.",
        &["POST /v1/products/{id}:advance"],
    ),
    refusal(
        "product-stopped",
        "The product was stopped.",
        "Put it on the board anew.",
        &["POST /v1/products/{id}:advance", "POST /v1/products/{id}:stop", "POST /v1/products/{id}/milestones"],
    ),
    refusal(
        "milestone-of-product",
        "The milestone pays for another product.",
        "Name a milestone that pays for none.",
        &["POST /v1/products/{id}/milestones"],
    ),
    refusal(
        "places-taken",
        "As many people as the programme has places for work there on that day or later.",
        "Write the last day of one of them down first, or begin after it.",
        &["POST /v1/programmes/{id}/hires"],
    ),
    refusal(
        "hire-ended",
        "The last day of this work is written down already.",
        "Write another hire down if the work goes on.",
        &["POST /v1/hires/{id}:end"],
    ),
    refusal(
        "book-winding-up",
        "The book is wound up, as its host closes: it takes nothing new any more.",
        "Look at its wind-up for what becomes of the money, and give to a campaign of another host.",
        TAKES_NEW,
    ),
    refusal(
        "wind-up-announced",
        "The book is wound up already.",
        "Nothing is left to do; while its last day has not ended, take it back first to name other days.",
        &["POST /v1/books/{book}:wind-up"],
    ),
    refusal(
        "wind-up-begun",
        "The last day of the book has ended: its plans are cancelled, and their donors were told.",
        "Open another book to go on; what was planned for the lines can still be changed.",
        &["POST /v1/books/{book}:resume"],
    ),
    refusal(
        "not-winding-up",
        "The book is not wound up.",
        "Nothing is to be taken back or planned; announce it first.",
        &["POST /v1/books/{book}:resume", "POST /v1/books/{book}/wind-up/lines/{account}:plan"],
    ),
    refusal(
        "wind-up-returning",
        "The money goes back already: the day for plans has passed, or it was said so before.",
        "Look at the lines of the wind-up for what remains and why; nothing is to be done for what goes back.",
        &["POST /v1/books/{book}/wind-up/lines/{account}:plan"],
    ),
    refusal(
        "line-takes-no-plan",
        "The money of the account is owed to whom it names, or goes by itself.",
        "Plan funds, purses and pools; pay out what is owed.",
        &["POST /v1/books/{book}/wind-up/lines/{account}:plan"],
    ),
    refusal(
        "events-deleted",
        "What came after this cursor was deleted, as events are after 90 days.",
        "Ask without a cursor for what is kept, and read the objects themselves for what came before.",
        &["GET /v1/charges", "GET /v1/events", "GET /v1/pledges"],
    ),
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
        "code-of-operation",
        "The code is kept for accounts that operations open by themselves.",
        "Choose another code.",
        &["POST /v1/books/{book}/accounts"],
    ),
    refusal(
        "account-mismatch",
        "An account that is needed is there already, and is for something else, in another unit, or closed.",
        "Choose another name, label or party, so that another account is needed.",
        OPENS_ACCOUNTS,
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
        "The entry was made by an operation.",
        "Use the operation that `detail` names, or do what it says.",
        &["POST /v1/books/{book}/journal-entries/{number}:reverse"],
    ),
    refusal(
        "already-reversed",
        "It has been reversed before.",
        "Nothing is left to do; record it again if it was right after all.",
        &[
            "POST /v1/books/{book}/journal-entries/{number}:reverse",
            "POST /v1/proceeds/{id}:reverse",
            "POST /v1/results/{id}:reverse",
            "POST /v1/contributions/{id}:reverse",
            "POST /v1/contributions/{id}:attest",
            "POST /v1/distributions/{id}:reverse",
            "POST /v1/redemptions/{id}:reverse",
            "POST /v1/openings/{id}:reverse",
            "POST /v1/advances/{id}:reverse",
        ],
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
