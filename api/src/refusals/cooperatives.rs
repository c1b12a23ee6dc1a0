//! Refusals about cooperatives: members, hours, proceeds, distributions.

use super::{Kind, refusal};

const ADMIT: &[&str] = &["POST /v1/cooperatives/{book}/members"];
const LEAVE: &[&str] = &["POST /v1/members/{id}:leave"];
const OPEN_BOOK: &[&str] = &["POST /v1/cooperatives/{book}/openings"];
const HOURS: &[&str] = &["POST /v1/cooperatives/{book}/contributions"];
const ATTEST: &[&str] = &["POST /v1/contributions/{id}:attest"];
const RULE: &[&str] = &[
    "POST /v1/cooperatives/{book}/allocation-rules",
    "POST /v1/cooperatives/{book}/allocation-rules:preview",
    "POST /v1/cooperatives/{book}/proposals",
];
const DRAFT: &[&str] = &["POST /v1/cooperatives/{book}/distributions"];
const CLOSE: &[&str] = &["POST /v1/cooperatives/{book}/distributions", "POST /v1/cooperatives/{book}/results"];
const REOPEN: &[&str] = &["POST /v1/results/{id}:reverse"];
const REDEEM: &[&str] = &["POST /v1/cooperatives/{book}/redemptions"];
const OBJECT: &[&str] = &["POST /v1/distributions/{id}:object"];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "not-a-cooperative",
        "The book is not that of a cooperative.",
        "Name the book of a cooperative.",
        &[
            "POST /v1/cooperatives/{book}/members",
            "POST /v1/members/{id}:leave",
            "POST /v1/members/{id}/indices",
            "POST /v1/cooperatives/{book}/allocation-rules:preview",
            "POST /v1/cooperatives/{book}/contributions",
            "POST /v1/contributions/{id}:attest",
            "POST /v1/cooperatives/{book}/allocation-rules",
            "POST /v1/contributions/{id}:reverse",
            "POST /v1/cooperatives/{book}/proceeds",
            "POST /v1/proceeds/{id}:reverse",
            "POST /v1/cooperatives/{book}/results",
            "POST /v1/results/{id}:reverse",
            "POST /v1/cooperatives/{book}/distributions",
            "POST /v1/cooperatives/{book}/redemptions",
            "POST /v1/cooperatives/{book}/openings",
            "POST /v1/openings/{id}:reverse",
            "POST /v1/cooperatives/{book}/advances",
            "POST /v1/advances/{id}:reverse",
            "POST /v1/cooperatives/{book}/joining-contributions",
            "POST /v1/joining-contributions/{id}:cancel",
            "POST /v1/cooperatives/{book}/proposals",
            "POST /v1/cooperatives/{book}/delegation",
        ],
    ),
    refusal(
        "no-electors",
        "Nobody is a member of the cooperative today.",
        "Admit members first.",
        &["POST /v1/cooperatives/{book}/proposals"],
    ),
    refusal(
        "vote-over",
        "The last day of the proposal is over, or it was withdrawn.",
        "Read what came of it.",
        &["POST /v1/proposals/{id}:vote", "POST /v1/proposals/{id}:withdraw"],
    ),
    refusal(
        "not-an-elector",
        "Those who were members when the proposal was opened vote on it.",
        "Wait for the next one.",
        &["POST /v1/proposals/{id}:vote"],
    ),
    refusal(
        "delegation-circle",
        "The vote would come back to who gives it: nobody would cast it.",
        "Give it to another member, or vote yourself.",
        &["POST /v1/cooperatives/{book}/delegation"],
    ),
    refusal(
        "not-invited",
        "The person has no role in the cooperative.",
        "Invite them first; they accept, and are admitted then.",
        ADMIT,
    ),
    refusal(
        "opening-unbalanced",
        "The assets of the opening are not as much as its debts, capital, reserve and funds together.",
        "Send what is missing: `detail` says how much, and on which side.",
        OPEN_BOOK,
    ),
    refusal(
        "already-opened",
        "The book was opened before.",
        "Take that opening back first, if it was wrong.",
        OPEN_BOOK,
    ),
    refusal("already-member", "The person is a member already.", "Nothing is left to do.", ADMIT),
    refusal(
        "member-left",
        "The member has left before.",
        "Nothing is left to do.",
        &[
            "POST /v1/members/{id}:leave",
            "POST /v1/cooperatives/{book}/advances",
            "POST /v1/cooperatives/{book}/joining-contributions",
        ],
    ),
    refusal(
        "joining-open",
        "The member has a joining contribution of which parts are to be paid, and one at a time.",
        "Cancel what remains of it (`:cancel`), or wait until it is paid.",
        &["POST /v1/cooperatives/{book}/joining-contributions", "POST /v1/bank-lines/{id}:unbook"],
    ),
    refusal(
        "joining-state",
        "Nothing of the joining contribution remains to be paid.",
        "Read it: what is paid is taken back with the lines of the bank, the last one first.",
        &["POST /v1/joining-contributions/{id}:cancel"],
    ),
    refusal(
        "joining-parts-differ",
        "The member pays to join in parts, and the line is not the sum of the next one or more of them.",
        "Book lines in the order of the parts; `detail` says how much the next one is. Where the member pays otherwise by now, cancel what \
         remains of the joining contribution first.",
        &["POST /v1/bank-lines/{id}:book"],
    ),
    refusal(
        "joining-paid-later",
        "Parts of the joining contribution after those that the line paid are paid.",
        "Take back first the line that paid the last ones, which `detail` names.",
        &["POST /v1/bank-lines/{id}:unbook"],
    ),
    refusal(
        "leaves-before-joining",
        "The last day of the membership lies before its first.",
        "Send a later day.",
        LEAVE,
    ),
    refusal(
        "not-a-member-then",
        "The member was no member on all these days.",
        "Write down hours of the membership only.",
        HOURS,
    ),
    refusal(
        "period-distributed",
        "What was worked then is being distributed, was, or can share nothing as its period is closed.",
        "Write it down for a later period, or take back first what `detail` names.",
        &[
            "POST /v1/members/{id}/indices",
            "POST /v1/cooperatives/{book}/contributions",
            "POST /v1/contributions/{id}:attest",
            "POST /v1/contributions/{id}:reverse",
        ],
    ),
    refusal(
        "index-within",
        "An index of the member begins within the days of hours that are one sum.",
        "Write down the hours before that day and those from it on apart.",
        &["POST /v1/cooperatives/{book}/contributions", "POST /v1/members/{id}/indices"],
    ),
    refusal("already-attested", "A second member has attested these hours.", "Nothing is left to do.", ATTEST),
    refusal(
        "own-attestation",
        "Hours are attested neither by who worked them nor by who wrote them down.",
        "Let a second member attest them.",
        ATTEST,
    ),
    refusal(
        "not-a-member",
        "This is for members of the cooperative.",
        "Let a member do it.",
        &[
            "POST /v1/contributions/{id}:attest",
            "POST /v1/distributions/{id}:object",
            "POST /v1/cooperatives/{book}/delegation",
        ],
    ),
    refusal(
        "rule-below-minimum",
        "The rule gives less than the legal minima that it names.",
        "Give as much as `detail` says, or name other minima, or none.",
        RULE,
    ),
    refusal(
        "pay-ratio",
        "The highest index of members would be more times the lowest than the rule allows.",
        "Set an index nearer to the others, or publish a rule with another ratio.",
        &[
            "POST /v1/cooperatives/{book}/allocation-rules",
            "POST /v1/cooperatives/{book}/allocation-rules:preview",
            "POST /v1/cooperatives/{book}/proposals",
            "POST /v1/members/{id}/indices",
        ],
    ),
    refusal("rule-invalid", "The rule does not add up.", "Mend what `detail` names.", RULE),
    refusal(
        "rule-too-late",
        "The rule would hold for days that are closed, or before an earlier one.",
        "Let it hold from a later day.",
        RULE,
    ),
    refusal(
        "earlier-proceeds",
        "Proceeds of days before the period are in no period.",
        "Close a period that begins with them first, or take them back.",
        CLOSE,
    ),
    refusal(
        "earlier-hours",
        "Attested hours of days before the period are in no period.",
        "Close a period that has them first, or take them back.",
        CLOSE,
    ),
    refusal(
        "result-counts-it",
        "A closed result counts it.",
        "Open the result again first, after its distribution if there is one, or record the opposite on a later day.",
        &["POST /v1/proceeds/{id}:reverse"],
    ),
    refusal(
        "later-result",
        "The result of a later period was closed after it.",
        "Open the later one again first.",
        &[
            "POST /v1/results/{id}:reverse",
            "POST /v1/cooperatives/{book}/distributions",
            "POST /v1/distributions/{id}:reverse",
        ],
    ),
    refusal(
        "result-distributed",
        "A distribution of the result is under way or posted.",
        "Withdraw it or take it back first.",
        REOPEN,
    ),
    refusal(
        "period-invalid",
        "The period ends before it begins, or is longer than a year.",
        "Send 1 to 366 days.",
        &[
            "POST /v1/cooperatives/{book}/distributions",
            "POST /v1/cooperatives/{book}/results",
            "POST /v1/cooperatives/{book}/contributions",
        ],
    ),
    refusal(
        "loss-under-way",
        "A distribution of the loss of the last result is before the members.",
        "Wait for its end, or withdraw it: only then it is known what the next result bears.",
        CLOSE,
    ),
    refusal(
        "retained-used",
        "A share that the distribution retained was redeemed, or bore a loss.",
        "Take that back first: `detail` names it.",
        &["POST /v1/distributions/{id}:reverse"],
    ),
    refusal("redemption-open", "Another redemption waits for an approval.", "Approve or withdraw it first.", REDEEM),
    refusal(
        "not-enough-capital",
        "Less is left of the retained shares that may be redeemed.",
        "Ask for no more than `detail` says.",
        &["POST /v1/cooperatives/{book}/redemptions", "POST /v1/redemptions/{id}:approve"],
    ),
    refusal(
        "redemption-state",
        "The redemption is in another state than the step needs.",
        "Read it: its state says what it waits for.",
        &[
            "POST /v1/redemptions/{id}:approve",
            "POST /v1/redemptions/{id}:withdraw",
            "POST /v1/redemptions/{id}:reverse",
        ],
    ),
    refusal(
        "plan-outdated",
        "The retained shares changed since it was asked for.",
        "Withdraw it, and ask for it anew.",
        &["POST /v1/redemptions/{id}:approve"],
    ),
    refusal("period-not-over", "The period lies ahead.", "Wait until it is over.", CLOSE),
    refusal(
        "no-surplus",
        "Costs and earlier losses took all sales of the period, and the rule does not say who bears a loss.",
        "Close the result without a distribution; the next one bears the loss.",
        DRAFT,
    ),
    refusal(
        "no-weights",
        "Nobody has a share in what is to be divided.",
        "Attest what members contributed, or admit members.",
        &["POST /v1/cooperatives/{book}/distributions", "POST /v1/cooperatives/{book}/allocation-rules:preview"],
    ),
    refusal("no-rule", "No allocation rule holds on the last day of the period.", "Publish one.", DRAFT),
    refusal(
        "too-many-parts",
        "The distribution has more parts than one entry holds.",
        "Distribute shorter periods, or redeem less at once.",
        &["POST /v1/cooperatives/{book}/distributions", "POST /v1/cooperatives/{book}/redemptions"],
    ),
    refusal(
        "distribution-open",
        "Another distribution of the cooperative is open.",
        "Wait for its end, or withdraw it.",
        DRAFT,
    ),
    refusal(
        "distribution-state",
        "The distribution is in another state than the step needs.",
        "Read it: its state says what it waits for.",
        &[
            "POST /v1/distributions/{id}:open",
            "POST /v1/distributions/{id}:object",
            "POST /v1/distributions/{id}:approve",
            "POST /v1/distributions/{id}:withdraw",
            "POST /v1/distributions/{id}:reverse",
        ],
    ),
    refusal("objection-too-late", "The objection window has ended.", "Nothing can be done here.", OBJECT),
    refusal("already-objected", "You have objected to this distribution already.", "Nothing is left to do.", OBJECT),
];
