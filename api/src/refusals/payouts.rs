//! Refusals about bank accounts and payouts.

use super::{At, Kind, refusal};

const GIVE: &[&str] = &["POST /v1/organisations/{id}/bank-accounts", "POST /v1/me/bank-accounts"];

const APPROVE: &[&str] = &["POST /v1/payouts/{id}:approve", "POST /v1/payout-runs/{id}:approve"];
const FILE: &[&str] = &["POST /v1/books/{book}/payout-files", "POST /v1/payout-runs/{id}:send"];

const ANSWER: &[&str] =
    &["GET /v1/payout-files/{id}/sandbox-status-report", "GET /v1/payout-files/{id}/sandbox-statement"];

const CONTENT: &[&str] = &["GET /v1/payout-files/{id}/content"];

const WITHDRAW: &[&str] = &["POST /v1/payout-files/{id}:withdraw"];

const ASK: &[&str] = &["POST /v1/books/{book}/payouts"];

const STATEMENT_FILE: &[&str] = &["POST /v1/books/{book}/bank-statement-files"];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "bank-details-not-kept",
        "This installation has no key that would seal bank details, or not the one that opens some of them.",
        "Ask whoever runs it to set COMMONPURSE_BANK_KEY_DIR, with all keys that were ever used.",
        &[
            "POST /v1/organisations/{id}/bank-accounts",
            "POST /v1/books/{book}/payout-files",
            "POST /v1/payout-runs/{id}:send",
            "GET /v1/payout-files/{id}/content",
        ],
    ),
    refusal(
        "bank-account-pending",
        "Another bank account of the payee in this currency waits to become active.",
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
        "Who is the payee, belongs to it, or has a declared tie to it, approves none of its payouts.",
        "Let somebody else of the host approve it.",
        APPROVE,
    ),
    refusal(
        "digest-differs",
        "Amount or bank account of the payout are others than were approved.",
        "Read the payout or the run again, look at what has changed, and send its `digest`.",
        APPROVE,
    ),
    refusal(
        "payout-frozen",
        "The cash from which the payout would be sent lies with a custodian whose money is frozen.",
        "Wait for the release (`POST /v1/books/{book}/custodians/{organisation}:release`), and send it then.",
        &["POST /v1/payouts/{id}:send", "POST /v1/books/{book}/payout-files", "POST /v1/payout-runs/{id}:send"],
    ),
    refusal(
        "confirmed-by-link",
        "The bank account is a person's: they confirm it by the link of a mail.",
        "Open the link that was mailed to your address, or send its token.",
        &["POST /v1/bank-accounts/{id}:confirm"],
    ),
    refusal(
        "bank-account-link-invalid",
        "The link of a mail does not confirm this bank account: it is another one, or the bank account is over.",
        "Give the bank account again: a new link is mailed.",
        &["POST /v1/bank-accounts/{id}:confirm"],
    ),
    refusal(
        "lender-unknown",
        "Nobody has said who stands behind the short name of this lender.",
        "Say so by `POST /v1/books/{book}/lenders`, and ask again.",
        ASK,
    ),
    refusal(
        "too-many-documents",
        "The claim or the payout has 20 documents.",
        "Put the others behind one link.",
        &["POST /v1/claims/{id}/documents", "POST /v1/payouts/{id}/documents"],
    ),
    refusal(
        "files-full",
        "Of one person 200 MiB of files are kept in a book.",
        "Publish it elsewhere and have its address fetched. Files that nothing names are gone after seven days.",
        &["POST /v1/files"],
    ),
    refusal(
        "payout-run-gathering",
        "Another payout run of the book asks for its payouts.",
        "Wait until it is ready, or cancel it.",
        &["POST /v1/books/{book}/payout-runs"],
    ),
    refusal(
        "payout-run-state",
        "The payout run does not stand where this step begins.",
        "Read the run: its state says where it stands.",
        &["POST /v1/payout-runs/{id}:approve", "POST /v1/payout-runs/{id}:send", "POST /v1/payout-runs/{id}:cancel"],
    ),
    refusal(
        "payout-run-not-approved",
        "Payouts of the run wait to be approved or screened, or are held: it is sent whole or not at all.",
        "The detail says how many wait for what. Approve the run again for those that have a bank account by now, and cancel the payouts \
         that are not to go.",
        &["POST /v1/payout-runs/{id}:send"],
    ),
    refusal(
        "payout-run-nothing",
        "No payout of the run waits for an approval and has a bank account.",
        "Read the run: `without_account` says how many wait for one.",
        &["POST /v1/payout-runs/{id}:approve"],
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
            "POST /v1/books/{book}/payout-files",
        ],
    ),
    refusal(
        "payout-in-file",
        "A payout is in another file that is to be handed to a bank.",
        "Leave it out; when that file leaves it out, it may go with this one.",
        FILE,
    ),
    refusal(
        "payout-file-nothing",
        "No payout waits to be sent from this cash in this currency that is in no file.",
        "Approve payouts first, and ask for the file when they are screened.",
        FILE,
    ),
    refusal(
        "payout-file-no-debtor",
        "The custodian has no active bank account in the currency, from which the bank would pay.",
        "Let an owner or treasurer of the custodian give one (`POST /v1/organisations/{id}/bank-accounts`).",
        FILE,
    ),
    refusal(
        "payout-file-state",
        "The payout file does not stand where this step begins.",
        "Read the file: its state says where it stands. While it is built, wait until it is ready.",
        &[
            "GET /v1/payout-files/{id}/content",
            "POST /v1/payout-files/{id}:withdraw",
            "GET /v1/payout-files/{id}/sandbox-status-report",
            "GET /v1/payout-files/{id}/sandbox-statement",
        ],
    ),
    refusal(
        "sandbox-bank-silent",
        "The bank of the sandbox has nothing to say of the payout file yet.",
        "Take the text of the file first: by that the bank has it. It pays on the day of execution, and its statement is there a day later.",
        ANSWER,
    ),
    refusal(
        "sandbox-only",
        "The book is a live one: its bank is none of ours.",
        "Ask the bank for its statement, or play it in a sandbox book.",
        ANSWER,
    ),
    refusal(
        "payout-file-taken",
        "Somebody has taken the text of the file, so that a bank may have it.",
        "Ask whoever took it, whom the detail names. When the bank does not have it, say so with `not_at_bank`.",
        WITHDRAW,
    ),
    refusal(
        "payout-file-paid",
        "The bank has paid payouts of the file: it has the file.",
        "Let payouts that it did not pay fail one by one, or by its status report.",
        WITHDRAW,
    ),
    refusal(
        "payout-file-unwritable",
        "The format has no room for the numbers of accounts.",
        "Withdraw the file, and ask for one of another format, or without the payouts that the detail names with their accounts.",
        CONTENT,
    ),
    Kind {
        code: "payout-status-unreadable",
        status: 422,
        meaning: "The body is no payment status report that is read here: the detail says where it is wrong.",
        remedy: "Send pain.002.001.03 or pain.002.001.10 as the bank gave it.",
        at: At::Of(&["POST /v1/books/{book}/payout-status-files"]),
    },
    refusal(
        "statement-unreadable",
        "The file cannot be read as what it is said to be.",
        "The detail names the line and what is wrong there. Ask the bank for a file of camt.053.001, or correct the map of the columns.",
        STATEMENT_FILE,
    ),
    refusal(
        "statement-balance-differs",
        "The lines of a statement do not lead from its opening balance to its closing one.",
        "The detail has the figures. A file that was cut or changed is asked for again; one that a bank made so is sent without one of \
         its two balances.",
        STATEMENT_FILE,
    ),
    refusal(
        "statement-day",
        "A line was booked on a day that the book does not have: in its future, or before its first.",
        "Send the lines of other days; in a sandbox book, let its clock go on first.",
        STATEMENT_FILE,
    ),
    refusal(
        "bank-line-state",
        "The line does not stand where this step begins.",
        "Read the line: one that is open is booked, one that was booked is open again by `:unbook`.",
        &["POST /v1/bank-lines/{id}:book", "POST /v1/bank-lines/{id}:unbook", "POST /v1/settlements"],
    ),
    refusal(
        "bank-line-not-own",
        "The line is of an account of a partner, whose charges and interest are the partner's own.",
        "Ask the partner what it is; a line of a payout is matched by its end-to-end id.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "bank-line-currency",
        "The line is in another currency than the book of the cooperative, in which its customers, suppliers, lenders and members are paid.",
        "Leave it open, or book what it is in the book that is kept in its currency.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "less-owed",
        "By the book, less is owed with this customer, supplier or lender than the line moved.",
        "Record what the line pays first: the sale on credit or the cost (`POST /v1/cooperatives/{book}/proceeds`), or book the line of the \
         loan. Or book it with the party that it is of.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "bank-line-side",
        "Charges of the bank, costs and repaid loans leave the account; interest, payments of customers, loans and capital come to it. This \
         line goes the other way.",
        "Book it as what goes its way, or leave it open.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "entry-differs",
        "The entry does not move the cash of the line's custodian by as much as the line.",
        "Name the entry that does; the detail has both figures. An entry is of one line, and a line of one entry.",
        &["POST /v1/bank-lines/{id}:book", "POST /v1/settlements"],
    ),
    refusal(
        "entry-explained",
        "Another line is that entry.",
        "Read that line, which the detail names; `:unbook` takes back what somebody said of it.",
        &["POST /v1/bank-lines/{id}:book", "POST /v1/settlements"],
    ),
    refusal(
        "cash-short",
        "By the book, the host has less cash than left by this line.",
        "Take in what came before it, or book that first; then book this one.",
        &["POST /v1/bank-lines/{id}:book", "POST /v1/remittances/{id}:pay"],
    ),
    refusal(
        "unexplained",
        "The book is kept by the lines of banks, and at the end of the day a bank has more or less than the book.",
        "The detail has custodians, currencies and amounts. Book the open lines (`GET /v1/books/{book}/bank-lines?open=true`), send missing \
         statements, or let two people move what stays (`POST /v1/books/{book}/bank-differences`).",
        &["POST /v1/books/{book}/periods/{date}:close"],
    ),
    refusal(
        "not-kept-by-bank-lines",
        "The book is not kept by the lines of banks: its periods close without a look at them.",
        "Nothing need be moved; or say by `PATCH /v1/books/{book}` that it is kept so.",
        &["POST /v1/books/{book}/bank-differences"],
    ),
    refusal(
        "difference-differs",
        "What is to be moved is not what the bank has more or less than the book at the end of that day.",
        "Move all of it, which the detail says; withdraw a proposal that lines have changed since.",
        &["POST /v1/books/{book}/bank-differences", "POST /v1/bank-differences/{id}:approve"],
    ),
    refusal(
        "difference-pending",
        "Another difference of the custodian in this currency is proposed.",
        "Approve it, or withdraw it first.",
        &["POST /v1/books/{book}/bank-differences"],
    ),
    refusal(
        "difference-state",
        "The difference does not stand where this step begins.",
        "Read it: a proposal is approved or withdrawn once, and what was moved is taken back once.",
        &[
            "POST /v1/bank-differences/{id}:approve",
            "POST /v1/bank-differences/{id}:withdraw",
            "POST /v1/bank-differences/{id}:take-back",
        ],
    ),
    refusal(
        "settlement-state",
        "The settlement is not announced, so that there is nothing to withdraw: its line has settled it, or it counted at once.",
        "Read it; what was paid over too much or too little is settled with the host.",
        &["POST /v1/settlements/{id}:withdraw"],
    ),
];
