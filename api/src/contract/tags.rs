//! The groups of operations.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Name and what belongs to it, in the order in which a newcomer meets them.
const TAGS: &[(&str, &str)] = &[
    ("health", "Whether the service runs, and can serve."),
    ("contract", "The contract itself, and what each problem means."),
    ("identity", "Signing in and out: people by a link in a mail, partners by client credentials."),
    (
        "second-factors",
        "What a person proves themselves with besides their mail, for what asks for it: codes of an authenticator, and their reset.",
    ),
    ("persons", "People as the operators of the installation see them."),
    ("organisations", "Hosts, teams, sponsors, partner platforms and cooperatives, and who has which role in them."),
    (
        "invitations",
        "How a person comes to a role: invited by mail and accepted by a link, or asked for and answered by an owner.",
    ),
    ("credentials", "Client ids and secrets of partner platforms, with their scopes."),
    ("requests", "What a partner platform asked lately, and what it was answered."),
    ("ties", "What a person declares of their ties to an organisation, so that they judge nothing of their own."),
    (
        "books",
        "Books of accounts, live ones and sandboxes with a clock of their own, and the partners that they admit.",
    ),
    ("events", "What happened in a book, in one list that never skips anything."),
    ("webhooks", "Endpoints of a partner to which events are sent, signed, and what became of each."),
    ("jobs", "Work of the service on a book that was given up, and is put back."),
    ("accounts", "Accounts of a book, their balances and statements."),
    ("units", "What a book counts besides currencies, such as hours."),
    ("journal-entries", "The journal: entries between accounts that no operation manages, and all entries to read."),
    ("holds", "Money of an account that is set aside until it is captured or released."),
    ("reports", "What a book says: trial balance, balance sheet, income statement and funds."),
    ("exports", "A whole book as a file, for auditors and other programs."),
    ("campaigns", "Projects that ask for money, with the terms that donors agree to."),
    ("pledges", "What donors promise, brought by partner platforms: once or each month."),
    ("charges", "The payments of pledges, tried by the service or reported by partners."),
    ("refunds", "What goes back of charges to their donors, whole or in part."),
    (
        "settlements",
        "What custodians pay over of captured charges, by the clock or as they report, and what they still owe.",
    ),
    ("chargebacks", "Charges that a donor's bank took back, how that ended, and who bears what is lost."),
    ("receivables", "What teams owe back, and the risk reserve of a host, which bears what nobody else does."),
    (
        "milestone calls",
        "Work that a campaign would pay for, for which teams apply, and who of them gets the milestone.",
    ),
    ("milestones", "Money of a campaign that is set aside for a piece of work."),
    ("claims", "What a team says that it has done for a milestone, with evidence."),
    (
        "evidence",
        "Addresses that the service fetches and hashes, and files that it keeps, to be named as evidence and documents.",
    ),
    ("reviews", "What reviewers say of a claim."),
    ("updates", "Notes about campaigns, challenges and milestones that hosts and teams write for everybody."),
    ("disputes", "Objections to a claim that was approved, and how they end."),
    ("releases", "Money that went to a team for a claim, and whose it was."),
    (
        "bank-accounts",
        "Where organisations and persons are paid: given by one person, confirmed by another or by a link, and shown by four characters.",
    ),
    (
        "payouts",
        "What is paid of an amount that is owed: asked for, approved, screened, sent, and settled by a bank statement.",
    ),
    ("payout-runs", "Payouts of everything that is owed, asked for and approved at once."),
    ("payables", "What is owed to a person or an organisation, in all books, and what it waits for."),
    (
        "payout-files",
        "What banks are handed: files of payouts in the formats that they take, and what they report of them.",
    ),
    ("bank-statements", "Bank statements, by lines or as files, which settle payouts, or bring them back."),
    ("challenges", "Prizes for work that solves a problem, from the first draft to the award."),
    ("challenge rules", "The rules of a challenge by version: what teams and sponsors agree to."),
    ("challenge entries", "Teams that take part in a challenge, and their entry fees."),
    ("purses", "What sponsors bring for the prizes of a challenge."),
    ("matching", "Rounds that add to what many gave to campaigns, from a pool, by a stated formula."),
    ("submissions", "The work that teams hand in to a challenge."),
    ("judging", "Judges of a challenge, and their scores."),
    ("programmes", "What a book is to spend over months, what it spent, and how many people work in it."),
    ("products", "What is developed, in which of four stages it is and on what evidence, and what pays for it."),
    ("cooperatives", "Members of a cooperative, and the hours that they worked."),
    ("allocation-rules", "How a cooperative divides what it earns, by version."),
    ("proposals", "What members of a cooperative vote on, who votes for whom, and what came of it."),
    ("proceeds", "What a cooperative earned and what it cost."),
    ("distributions", "The result of a period divided among members: drafted, objected to, approved, posted."),
    (
        "remittances",
        "What cooperatives send to one another's funds, which are of a federation, and what their books come to together.",
    ),
    ("statements", "What a member got of a distribution, and why."),
];

/// The tags of the operations of a contract.
pub(super) fn used(paths: &Map<String, Value>) -> Value {
    let operations = paths.values().filter_map(Value::as_object).flat_map(Map::values);
    let used: BTreeSet<&str> = operations.filter_map(|operation| operation["tags"][0].as_str()).collect();
    let tags = TAGS.iter().filter(|(name, _)| used.contains(name));
    tags.map(|(name, description)| json!({"name": name, "description": description})).collect()
}
