//! Refusals about challenges: purses, entries, submissions, judging.

use super::{Kind, refusal};

const OPEN: &[&str] = &["POST /v1/challenges/{id}:open"];
const ENTER: &[&str] = &["POST /v1/challenges/{id}/entries", "POST /v1/challenges/{id}/entry-imports"];
const FEE: &[&str] = &["POST /v1/entrants/{id}:capture-fee"];
const SUBMIT: &[&str] = &["POST /v1/submissions/{id}:submit"];
const NEW_WORK: &[&str] = &["POST /v1/challenges/{id}/submissions"];
const WORK: &[&str] =
    &["POST /v1/challenges/{id}/submissions", "PUT /v1/submissions/{id}", "POST /v1/submissions/{id}:submit"];
const SCORE: &[&str] = &["POST /v1/submissions/{id}/scores"];
const RANK: &[&str] = &["POST /v1/challenges/{id}:rank"];
const AWARD: &[&str] = &["POST /v1/challenges/{id}/award"];
const FILL: &[&str] = &[
    "POST /v1/challenges/{id}/contributions",
    "POST /v1/purse-contributions/{id}:capture",
    "POST /v1/challenges/{id}:roll-over",
];
const RULES: &[&str] = &["POST /v1/challenges/{id}/rules"];
const EXTEND: &[&str] = &["POST /v1/challenges/{id}:extend"];
const ROLL: &[&str] = &["POST /v1/challenges/{id}:roll-over"];
const CONSENT: &[&str] = &["POST /v1/entrants/{id}:consent"];
const TAKE_BACK: &[&str] = &["POST /v1/purse-contributions/{id}:withdraw"];
const RUBRIC: &[&str] = &["POST /v1/challenges/{id}/rubric"];
const APPEAL: &[&str] = &["POST /v1/challenges/{id}/appeals"];
const DECIDE: &[&str] = &["POST /v1/appeals/{id}:uphold", "POST /v1/appeals/{id}:dismiss"];
const SHARES: &[&str] = &[
    "POST /v1/submissions/{id}/share-plans",
    "POST /v1/share-plans/{id}:revise",
    "POST /v1/share-plans/{id}:attest",
    "POST /v1/share-plans/{id}:object",
    "POST /v1/share-plans/{id}:decide",
];
const SHARE_PLAN: &[&str] = &[
    "POST /v1/share-plans/{id}:revise",
    "POST /v1/share-plans/{id}:attest",
    "POST /v1/share-plans/{id}:object",
    "POST /v1/share-plans/{id}:decide",
];

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "challenge-not-draft",
        "The challenge was published before.",
        "Nothing is left to do.",
        &["POST /v1/challenges/{id}:publish"],
    ),
    refusal(
        "challenge-not-funding",
        "The challenge takes no money for its purse now.",
        "Publish it first; once it was opened, its purse is complete.",
        &[
            "POST /v1/challenges/{id}:announce",
            "POST /v1/challenges/{id}/contributions",
            "POST /v1/purse-contributions/{id}:capture",
            "POST /v1/challenges/{id}:roll-over",
        ],
    ),
    refusal("challenge-not-announced", "Only a challenge that was announced is opened.", "Announce it first.", OPEN),
    refusal(
        "purse-short",
        "Less has settled in the purse than its prizes need, or nothing, where the rules say that it may be underfunded.",
        "Wait until the rest has settled.",
        OPEN,
    ),
    refusal(
        "challenge-takes-no-entries",
        "No team can enter now, and no entry fee is taken.",
        "Look in the timetable when teams may enter.",
        &[
            "POST /v1/challenges/{id}/entries",
            "POST /v1/challenges/{id}/entry-imports",
            "POST /v1/entrants/{id}:capture-fee",
        ],
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
            "POST /v1/challenges/{id}:extend",
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
        &["POST /v1/submissions/{id}/scores", "POST /v1/challenges/{id}:rank", "POST /v1/challenges/{id}/rubric"],
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
        &["POST /v1/challenges/{id}/award", "POST /v1/challenges/{id}:roll-over"],
    ),
    refusal(
        "purse-settling",
        "Money of the purse is on the way.",
        "Wait until it has settled.",
        &[
            "POST /v1/challenges/{id}:cancel",
            "POST /v1/challenges/{id}/award",
            "POST /v1/purse-contributions/{id}:withdraw",
        ],
    ),
    refusal(
        "challenge-opened",
        "The work of the challenge is judged, or it is over: it cannot be cancelled.",
        "Let it end by its rules.",
        &["POST /v1/challenges/{id}:cancel"],
    ),
    refusal(
        "rules-mismatch",
        "The rules that were agreed to are not those of the challenge.",
        "Read its rules, and send their `rules_sha256`.",
        &[
            "POST /v1/challenges/{id}/entries",
            "POST /v1/challenges/{id}/entry-imports",
            "POST /v1/challenges/{id}/contributions",
            "POST /v1/entrants/{id}:consent",
            "POST /v1/purse-contributions/{id}:consent",
        ],
    ),
    refusal("currency-differs", "The purse is in another currency.", "Give in the currency of the purse.", FILL),
    refusal("purse-full", "The purse needs less than was offered.", "Give what is still wanted, or less.", FILL),
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
    refusal(
        "team-not-entered",
        "The team has not entered this challenge.",
        "Enter it first.",
        &["POST /v1/challenges/{id}/submissions", "POST /v1/challenges/{id}/appeals"],
    ),
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
    refusal(
        "submission-closed",
        "The time for submissions has passed, or the entry was withdrawn.",
        "Nothing can be done here.",
        &[
            "POST /v1/challenges/{id}/submissions",
            "PUT /v1/submissions/{id}",
            "POST /v1/submissions/{id}:submit",
            "POST /v1/submissions/{id}/share-plans",
            "POST /v1/share-plans/{id}:revise",
            "POST /v1/share-plans/{id}:decide",
        ],
    ),
    refusal(
        "attribution-cycle",
        "The work would build on itself, through the work of others.",
        "Leave out one of the attributions on the way that `detail` names.",
        &["PUT /v1/submissions/{id}"],
    ),
    refusal(
        "contributor-missing",
        "The share plan gives no part to a team on whose work the submission builds.",
        "Propose parts that name it.",
        &[
            "PUT /v1/submissions/{id}",
            "POST /v1/submissions/{id}/share-plans",
            "POST /v1/share-plans/{id}:revise",
            "POST /v1/share-plans/{id}:decide",
        ],
    ),
    refusal(
        "share-plan-exists",
        "The submission has a share plan.",
        "Revise that.",
        &["POST /v1/submissions/{id}/share-plans"],
    ),
    refusal(
        "shares-over",
        "Shares are agreed from the opening of a challenge until its prizes are awarded.",
        "Nothing can be done here.",
        SHARES,
    ),
    refusal(
        "share-plan-closed",
        "The share plan does not stand so that this can be done, or the time for it has passed.",
        "Look at its `state` and `until`; the team of the submission may propose other parts, unless it is fixed.",
        SHARE_PLAN,
    ),
    refusal(
        "part-answered",
        "The part of the team was attested, or objected to.",
        "Nothing is left to do.",
        &["POST /v1/share-plans/{id}:attest", "POST /v1/share-plans/{id}:object"],
    ),
    refusal(
        "revisions-used-up",
        "The parts of the share plan were proposed twenty times.",
        "Nothing can be done here: prizes go to the team whole unless those parts are attested.",
        &["POST /v1/share-plans/{id}:revise", "POST /v1/share-plans/{id}:decide"],
    ),
    refusal(
        "shares-open",
        "How prizes are divided is not agreed.",
        "Wait until it is, or until the rules let the prizes wait no longer.",
        AWARD,
    ),
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
    refusal(
        "rules-final",
        "Work is judged by the rules that were in force when submissions closed.",
        "Make another challenge.",
        RULES,
    ),
    refusal("rules-unchanged", "These are the rules in force.", "Nothing is left to do.", RULES),
    refusal(
        "rules-bound",
        "New rules take away what was promised when the challenge was published, announced or opened.",
        "Keep what `detail` names.",
        RULES,
    ),
    refusal(
        "consent-too-short",
        "Submissions close before teams have had their time to agree.",
        "Extend the time for submissions first.",
        RULES,
    ),
    refusal(
        "fee-needs-disclosure",
        "The challenge asks for an entry fee, and its rules do not say skill, sponsor and excluded places.",
        "Write them into `fee_disclosure`, and criteria into a stage.",
        &["POST /v1/challenges/{id}:open", "POST /v1/challenges/{id}/rules"],
    ),
    refusal(
        "extensions-used-up",
        "The rules allow no further extension.",
        "Let submissions close, or change the rules.",
        EXTEND,
    ),
    refusal("extension-too-long", "The rules allow fewer days for one extension.", "Extend by as many.", EXTEND),
    refusal(
        "not-eligible",
        "The rules want another answer of whoever enters.",
        "A team that cannot give it does not enter.",
        ENTER,
    ),
    refusal(
        "entry-withdrawn",
        "The entry was withdrawn.",
        "Nothing can be done here; a fee that was paid later is given back by who took it.",
        &[
            "POST /v1/entrants/{id}:consent",
            "POST /v1/entrants/{id}:capture-fee",
            "POST /v1/challenges/{id}/submissions",
            "POST /v1/challenges/{id}/appeals",
        ],
    ),
    refusal("consent-over", "The time to agree to the rules has passed.", "Nothing can be done here.", CONSENT),
    refusal("consent-due", "The rules changed, and the team has not agreed to them.", "Agree to them first.", SUBMIT),
    refusal(
        "rules-agreed",
        "Whoever asks has agreed to the rules in force.",
        "A team that does not want to go on hands nothing in.",
        &["POST /v1/entrants/{id}:withdraw", "POST /v1/purse-contributions/{id}:withdraw"],
    ),
    refusal("contribution-unpaid", "It was promised, and never paid.", "Nothing is left to do.", TAKE_BACK),
    refusal(
        "contribution-bound",
        "The challenge was opened: its prizes draw on what was given.",
        "What nobody wins goes where the rules say.",
        TAKE_BACK,
    ),
    refusal(
        "nothing-rolls",
        "No prize money waits there for another challenge, or its time has passed.",
        "Look at `rolls_until`.",
        ROLL,
    ),
    refusal(
        "rolls-twice",
        "By the rules of that challenge what nobody wins rolls over again; what has rolled over once goes back.",
        "Roll it over into a challenge whose rules return it to the sponsors, or keep such rules.",
        &["POST /v1/challenges/{id}:roll-over", "POST /v1/challenges/{id}/rules"],
    ),
    refusal("no-secret-rubric", "The rules hold no digest of a rubric.", "Nothing is left to do.", RUBRIC),
    refusal("rubric-mismatch", "The text is not the one whose digest the rules hold.", "Send that text.", RUBRIC),
    refusal("rubric-secret", "The rubric is still secret.", "Give its text first.", AWARD),
    refusal("appeals-over", "Appeals are heard while the ranking is provisional.", "Nothing can be done here.", APPEAL),
    refusal("appeal-raised", "The team has raised its appeal.", "Wait for the decision.", APPEAL),
    refusal("appeal-decided", "The appeal is decided, or lapsed.", "Nothing is left to do.", DECIDE),
    refusal("appeal-open", "An appeal is open.", "Decide it, or wait until it lapses.", AWARD),
    refusal("not-judged", "Work that was not handed in, or not completely, is not judged.", "Score other work.", SCORE),
];
