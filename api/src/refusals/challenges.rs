//! Refusals about challenges: purses, entries, submissions, judging.

use super::{Kind, refusal};

const OPEN: &[&str] = &["POST /v1/challenges/{id}:open"];
const ENTER: &[&str] = &["POST /v1/challenges/{id}/entries"];
const FEE: &[&str] = &["POST /v1/entrants/{id}:capture-fee"];
const SUBMIT: &[&str] = &["POST /v1/submissions/{id}:submit"];
const NEW_WORK: &[&str] = &["POST /v1/challenges/{id}/submissions"];
const WORK: &[&str] =
    &["POST /v1/challenges/{id}/submissions", "PUT /v1/submissions/{id}", "POST /v1/submissions/{id}:submit"];
const SCORE: &[&str] = &["POST /v1/submissions/{id}/scores"];
const RANK: &[&str] = &["POST /v1/challenges/{id}:rank"];
const AWARD: &[&str] = &["POST /v1/challenges/{id}/award"];
const GIVE: &[&str] = &["POST /v1/challenges/{id}/contributions", "POST /v1/purse-contributions/{id}:capture"];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "challenge-not-draft",
        "The rules of the challenge are agreed upon, or it was published before.",
        "Make a new challenge.",
        &["POST /v1/challenges/{id}/rules", "POST /v1/challenges/{id}:publish"],
    ),
    refusal(
        "challenge-not-funding",
        "The challenge takes no money for its purse now.",
        "Publish it first; once it was opened, its purse is complete.",
        &[
            "POST /v1/challenges/{id}:announce",
            "POST /v1/challenges/{id}/contributions",
            "POST /v1/purse-contributions/{id}:capture",
        ],
    ),
    refusal("challenge-not-announced", "Only a challenge that was announced is opened.", "Announce it first.", OPEN),
    refusal(
        "purse-short",
        "Less has settled in the purse than its prizes need.",
        "Wait until the rest has settled.",
        OPEN,
    ),
    refusal(
        "challenge-takes-no-entries",
        "No team can enter now, and no entry fee is taken.",
        "Look in the timetable when teams may enter.",
        &["POST /v1/challenges/{id}/entries", "POST /v1/entrants/{id}:capture-fee"],
    ),
    refusal(
        "challenge-not-open",
        "The challenge takes no submissions now.",
        "Look in the timetable when it does.",
        &[
            "POST /v1/challenges/{id}/submissions",
            "PUT /v1/submissions/{id}",
            "POST /v1/submissions/{id}:submit",
            "POST /v1/challenges/{id}:close-submissions",
        ],
    ),
    refusal(
        "submissions-open",
        "The rules promise teams time until a later moment.",
        "Wait until then.",
        &["POST /v1/challenges/{id}:close-submissions"],
    ),
    refusal(
        "challenge-judged",
        "The ranking of the challenge is made.",
        "Nothing is left to do.",
        &["POST /v1/challenges/{id}/judges", "POST /v1/challenges/{id}:rank"],
    ),
    refusal(
        "challenge-not-judging",
        "Nothing is judged now.",
        "Wait until submissions are closed.",
        &["POST /v1/submissions/{id}/scores", "POST /v1/challenges/{id}:rank"],
    ),
    refusal("scores-missing", "Judges have not scored all submissions.", "Wait for their scores.", RANK),
    refusal(
        "challenge-not-provisional",
        "Only a provisional ranking is awarded.",
        "Rank the submissions first.",
        AWARD,
    ),
    refusal("appeals-open", "Teams may still appeal.", "Wait until the moment that `detail` names.", AWARD),
    refusal(
        "purse-frozen",
        "A custodian that is frozen holds a part of the purse.",
        "Nothing: the prizes are awarded by themselves within a day of its release.",
        AWARD,
    ),
    refusal(
        "purse-settling",
        "Money of the purse is on the way.",
        "Wait until it has settled.",
        &["POST /v1/challenges/{id}:cancel", "POST /v1/challenges/{id}/award"],
    ),
    refusal(
        "challenge-opened",
        "Teams work on the challenge, or it is over: it cannot be cancelled.",
        "Let it end by its rules.",
        &["POST /v1/challenges/{id}:cancel"],
    ),
    refusal(
        "rules-mismatch",
        "The rules that were agreed to are not those of the challenge.",
        "Read its rules, and send their `rules_sha256`.",
        &["POST /v1/challenges/{id}/entries", "POST /v1/challenges/{id}/contributions"],
    ),
    refusal("currency-differs", "The purse is in another currency.", "Give in the currency of the purse.", GIVE),
    refusal("purse-full", "The purse needs less than was offered.", "Give what is still wanted, or less.", GIVE),
    refusal(
        "contribution-captured",
        "The contribution was captured by another payment.",
        "Look which one, and refund this one.",
        &["POST /v1/purse-contributions/{id}:capture", "POST /v1/challenges/{id}/contributions"],
    ),
    refusal(
        "payment-taken",
        "This payment paid something else.",
        "Name the payment that paid this one.",
        &[
            "POST /v1/purse-contributions/{id}:capture",
            "POST /v1/challenges/{id}/contributions",
            "POST /v1/entrants/{id}:capture-fee",
            "POST /v1/matching-rounds/{id}/contributions",
        ],
    ),
    refusal("team-entered", "The team has entered this challenge before.", "Nothing is left to do.", ENTER),
    refusal("fee-not-due", "No fee of this entry is due.", "Nothing is left to do.", FEE),
    refusal("fee-due", "The entry fee of the team is not paid.", "Pay it first.", SUBMIT),
    refusal("team-not-entered", "The team has not entered this challenge.", "Enter it first.", NEW_WORK),
    refusal("submission-exists", "The team has work for this stage already.", "Edit that.", NEW_WORK),
    refusal(
        "unknown-stage",
        "The challenge has no stage with this name.",
        "Name a stage of its rules.",
        &[
            "POST /v1/challenges/{id}/submissions",
            "PUT /v1/submissions/{id}",
            "POST /v1/submissions/{id}:submit",
            "POST /v1/submissions/{id}/scores",
        ],
    ),
    refusal("submission-closed", "The time for submissions has passed.", "Nothing can be done here.", WORK),
    refusal("submission-not-draft", "The work was handed in and changes no more.", "Nothing is left to do.", WORK),
    refusal(
        "gate-incomplete",
        "The stage asks for evidence that the work has not.",
        "Add evidence of the kinds that `detail` names.",
        SUBMIT,
    ),
    refusal(
        "stage-not-scored",
        "The stage has no criteria, so that nothing of it is scored.",
        "Score another stage.",
        SCORE,
    ),
    refusal("not-judged", "Work that was not handed in, or not completely, is not judged.", "Score other work.", SCORE),
];
