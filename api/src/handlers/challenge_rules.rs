//! The rules of challenges: how they look in the contract, writing a version, reading one.

use super::challenges::{ChallengeBody, challenge_of, require_reader};
use super::milestones::book_of;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::MoneyBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use ledger::funding::evidence::Digest;
use ledger::funding::rules::{Condition, Rules};
use ledger::id::ChallengeId;
use ledger::operations::challenges as operations;
use ledger::store::challenges::{self, RulesVersion};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What a team pays to enter.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = EntryFee)]
pub struct EntryFeeSchema {
    /// How much, in the currency of the purse.
    pub amount: MoneyBody,
    /// Whose it is when the prizes are awarded: `operating_fund` or `teams`.
    #[schema(pattern = "^(operating_fund|teams)$")]
    pub goes_to: String,
}

/// What a prize is given for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
#[schema(as = PrizeCondition)]
pub enum ConditionSchema {
    /// The places of the stage from `first` to `last`, one prize each.
    Rank {
        /// From 1.
        #[schema(minimum = 1, maximum = 500)]
        first: u16,
        /// Included.
        #[schema(minimum = 1, maximum = 500)]
        last: u16,
    },
    /// Whoever has at least so many hundredths of a point, in order of the places while there are prizes.
    Threshold {
        /// 7500 for 75.00 points.
        #[schema(maximum = 10000)]
        score: u16,
    },
    /// Shared among the teams on whose submissions the first of the stage builds, in proportion to the parts that it states.
    Contribution,
}

/// A tier of prizes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengePrize)]
pub struct PrizeSchema {
    /// Of one prize; of the whole pool where it is shared.
    pub amount: MoneyBody,
    /// What it is given for.
    pub condition: ConditionSchema,
    /// How many prizes the tier has; 1 for a shared pool.
    #[schema(minimum = 1, maximum = 500)]
    pub count: u16,
    /// What it is called.
    #[schema(min_length = 1, max_length = 200, example = "Grand prize")]
    pub name: String,
    /// Name of the stage.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "final")]
    pub stage: String,
}

/// What judges look at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ScoreCriterion)]
pub struct CriterionSchema {
    /// A word for it.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "test_data")]
    pub name: String,
    /// What it asks.
    #[schema(min_length = 1, max_length = 200, example = "What the tests measured")]
    pub title: String,
    /// How much it counts beside the others.
    #[schema(minimum = 1, maximum = 1000)]
    pub weight: u16,
}

/// Only the best of an earlier stage are ranked.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Shortlist)]
pub struct ShortlistSchema {
    /// How many teams.
    #[schema(minimum = 1)]
    pub best: u16,
    /// Name of the earlier stage.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$")]
    pub stage: String,
}

/// A stage of the work. All stages take submissions while the challenge is open, one for each team.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengeStage)]
pub struct StageSchema {
    /// Every team with a complete submission is ranked when null.
    pub admits: Option<ShortlistSchema>,
    /// Nothing is scored where there are none: being complete is all, and the tie rule gives the places.
    #[schema(max_items = 20)]
    pub criteria: Vec<CriterionSchema>,
    /// Kinds of evidence without which a submission is not judged, each under one of the licences.
    #[schema(min_items = 1, max_items = 9, example = json!(["design_files", "bill_of_materials"]))]
    pub gate: Vec<String>,
    /// A word for it.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "prototype")]
    pub name: String,
}

/// Who comes first of two with the same score; of two that are still alike, the earlier submission.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
#[schema(as = TieRule)]
pub enum TieRuleSchema {
    /// The earlier submission.
    EarlierSubmission,
    /// The one that is better on a criterion.
    Criterion {
        /// Its name.
        #[schema(min_length = 1, max_length = 40)]
        criterion: String,
    },
}

/// How long each waiting state lasts, in days.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengeTimetable)]
pub struct TimetableSchema {
    /// Announced, until it must be open.
    #[schema(minimum = 1, maximum = 730)]
    pub announced_days: u16,
    /// The ranking is provisional, and teams may appeal.
    #[schema(minimum = 1, maximum = 730)]
    pub appeal_days: u16,
    /// Raising the purse.
    #[schema(minimum = 1, maximum = 730)]
    pub funding_days: u16,
    /// Judging; where scores are missing, once more.
    #[schema(minimum = 1, maximum = 730)]
    pub judging_days: u16,
    /// Open for submissions.
    #[schema(minimum = 1, maximum = 730)]
    pub submission_days: u16,
}

/// The rules of a challenge. What is agreed to is the SHA-256 of this document as JSON of RFC 8785.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChallengeRules)]
pub struct RulesSchema {
    /// Who may enter.
    #[schema(max_length = 10000)]
    pub eligibility: String,
    /// Null where entering costs nothing.
    pub entry_fee: Option<EntryFeeSchema>,
    /// How many judges must have scored a submission; where ties leave fewer, all who are left.
    #[schema(minimum = 1, maximum = 20)]
    pub judges_needed: u8,
    /// SPDX identifiers of the licences that evidence may be published under.
    #[schema(min_items = 1, max_items = 50, example = json!(["CERN-OHL-S-2.0"]))]
    pub licences: Vec<String>,
    /// They sum to the purse.
    #[schema(min_items = 1, max_items = 50)]
    pub prizes: Vec<PrizeSchema>,
    /// In order.
    #[schema(min_items = 1, max_items = 10)]
    pub stages: Vec<StageSchema>,
    /// What everybody agrees to.
    #[schema(min_length = 1, max_length = 50000)]
    pub terms: String,
    /// Who comes first of two with the same score.
    pub tie_rule: TieRuleSchema,
    /// How long everything takes.
    pub timetable: TimetableSchema,
    /// What happens to prize money that nobody won: `return_to_sponsors` or `roll_over`.
    #[schema(pattern = "^(return_to_sponsors|roll_over)$")]
    pub unawarded: String,
}

/// A version of the rules of a challenge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChallengeRulesVersion)]
pub struct RulesBody {
    version: i32,
    /// SHA-256 of `document`: what teams and sponsors restate when they agree.
    #[schema(value_type = String)]
    sha256: Digest,
    /// The rules as JSON of RFC 8785, byte by byte what is agreed to.
    document: String,
    #[schema(value_type = RulesSchema)]
    rules: Rules,
    created_at: Timestamp,
}

impl From<RulesVersion> for RulesBody {
    fn from(it: RulesVersion) -> RulesBody {
        let RulesVersion { version, rules, document, sha256, created_at } = it;
        RulesBody { version, sha256, document, rules, created_at }
    }
}

/// Other rules for a draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChallengeRules {
    /// What the prizes sum to.
    purse: MoneyBody,
    #[schema(value_type = RulesSchema)]
    rules: Rules,
}

/// Writes a new version of a draft's rules. Rules that were published are agreed upon, and do not change.
#[utoipa::path(tag = "challenge rules", params(("id" = String, Path, description = "The challenge")),
    request_body = NewChallengeRules,
    responses((status = 201, description = "The challenge with its new rules", body = ChallengeBody)))]
#[post("/v1/challenges/{id}/rules")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<NewChallengeRules>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let purse = request.body.purse.parse("/purse")?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "challenge").await?;
        caller.require_role(tx, book.organisation, "challenge").await?;
        let rules = request.body.rules.clone();
        let changed = operations::replace_rules(tx, *id, purse, rules, by, Timestamp::now()).await?;
        Ok(Reply::created(&ChallengeBody::new(changed, &book, None)))
    })
    .await
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfVersion {
    /// The one in force when it is not given.
    #[param(minimum = 1)]
    version: Option<i32>,
}

/// Shows the rules of a challenge: those in force, or an earlier version.
#[utoipa::path(tag = "challenge rules", params(("id" = String, Path, description = "The challenge"), OfVersion),
    responses((status = 200, description = "The rules", body = RulesBody)))]
#[get("/v1/challenges/{id}/rules")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<ChallengeId>,
    query: Params<OfVersion>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    require_reader(&client, caller.as_ref(), &book, &challenge).await?;
    let version = query.0.version.unwrap_or(challenge.rules_version);
    let found = challenges::get_rules(&client, *id, version).await?;
    Ok(HttpResponse::Ok().json(RulesBody::from(found)))
}

/// A tier of prizes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Prize)]
pub struct PrizeBody {
    /// Its number in the rules, from 1.
    number: i16,
    name: String,
    stage: String,
    /// Of one prize; of the whole pool where it is shared.
    amount: MoneyBody,
    count: u16,
    #[schema(value_type = ConditionSchema)]
    condition: Condition,
}

/// The prizes of a challenge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Prizes)]
pub struct PrizesBody {
    purse: MoneyBody,
    items: Vec<PrizeBody>,
}

/// Lists the prizes of a challenge.
#[utoipa::path(tag = "challenge rules", params(("id" = String, Path, description = "The challenge")),
    responses((status = 200, description = "Its prizes, as its rules order them", body = PrizesBody)))]
#[get("/v1/challenges/{id}/prizes")]
pub(crate) async fn prizes(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<ChallengeId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    require_reader(&client, caller.as_ref(), &book, &challenge).await?;
    let rules = challenges::get_rules(&client, *id, challenge.rules_version).await?.rules;
    let numbered = rules.prizes.into_iter().zip(1i16..);
    let items = numbered
        .map(|(prize, number)| PrizeBody {
            number,
            name: prize.name,
            stage: prize.stage,
            amount: prize.amount.into(),
            count: prize.count,
            condition: prize.condition,
        })
        .collect();
    Ok(HttpResponse::Ok().json(PrizesBody { purse: challenge.purse.into(), items }))
}
