//! Refusals about matching rounds.

use super::{Kind, refusal};

const CAMPAIGNS: &str = "POST /v1/matching-rounds/{id}/campaigns";
const OPEN: &str = "POST /v1/matching-rounds/{id}:open";
const GIVE: &str = "POST /v1/matching-rounds/{id}/contributions";
const VOTE: &str = "POST /v1/matching-rounds/{id}/votes";
const OBJECT: &str = "POST /v1/matching-rounds/{id}/objections";
const PUBLISH: &str = "POST /v1/matching-rounds/{id}:publish";
const RECOMPUTE: &str = "POST /v1/matching-rounds/{id}:recompute";
const FINALISE: &str = "POST /v1/matching-rounds/{id}:finalise";
const CANCEL: &str = "POST /v1/matching-rounds/{id}:cancel";
const EXPORT: &str = "GET /v1/matching-rounds/{id}/export";

pub(super) const KINDS: &[Kind] = &[
    refusal(
        "round-not-draft",
        "The round was opened before: its terms and its campaigns stand.",
        "Give it up before its result is final, and make a new one.",
        &[CAMPAIGNS, OPEN],
    ),
    refusal(
        "round-currency-differs",
        "The round is in another currency.",
        "Name what is in the currency of the round.",
        &[CAMPAIGNS, GIVE],
    ),
    refusal("round-full", "The round has as many campaigns as it may.", "Make another round.", &[CAMPAIGNS]),
    refusal("round-empty", "The round has no campaign.", "Add one first.", &[OPEN]),
    refusal("round-period-over", "The period of the round is over.", "Make a round with a later one.", &[OPEN]),
    refusal(
        "round-not-open",
        "The round takes no money and no votes now.",
        "Open it first; after its period it takes none.",
        &[GIVE, VOTE],
    ),
    refusal("round-without-votes", "The round counts gifts, and takes no votes.", "Give to its campaigns.", &[VOTE]),
    refusal(
        "identity-unverified",
        "No partner has verified the person behind the donor, and the round asks for it.",
        "Verify the person, and say so by `POST /v1/donors/{id}/identity`.",
        &[VOTE],
    ),
    refusal(
        "votes-used-up",
        "The votes cost more than is left of the person's allowance.",
        "Give as many as `detail` says are left, or fewer.",
        &[VOTE],
    ),
    refusal(
        "round-not-tallied",
        "The round has no draft of a result.",
        "Wait until its period is over: the worker counts it then.",
        &[PUBLISH, RECOMPUTE, EXPORT],
    ),
    refusal(
        "round-not-in-objection",
        "No objections to the result of the round are heard now.",
        "Wait until its draft is published; after that a result is final.",
        &[OBJECT, FINALISE],
    ),
    refusal(
        "round-objections-open",
        "Objections to the draft are still heard.",
        "Wait until the moment that `detail` names.",
        &[FINALISE],
    ),
    refusal(
        "round-final",
        "The result of the round is final, or it was given up before.",
        "Put on the record what is found now, by `:recompute`.",
        &[CANCEL],
    ),
    refusal("pool-settling", "Money of the pool is on the way.", "Wait until it has settled.", &[CANCEL]),
    refusal("round-not-final", "Only a result that is final is paid, and that once.", "Nothing is left to do.", &[]),
    refusal(
        "round-period-open",
        "Gifts still count, so that nothing is tallied.",
        "Wait until the period is over.",
        &[],
    ),
];
