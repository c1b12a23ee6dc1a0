//! The rules of challenges: how they look in the contract, writing a version, reading one.

use super::challenge_body::{ChallengeBody, challenge_of, require_reader};
use super::rules_schema::{ConditionSchema, RulesSchema};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::MoneyBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use ledger::challenges::operations::challenges as operations;
use ledger::challenges::rules::rulebook::{Condition, Rules, RulesVersion};
use ledger::challenges::store::challenges;
use ledger::evidence::Digest;
use ledger::id::ChallengeId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl From<RulesVersion> for RulesBody {
    fn from(it: RulesVersion) -> RulesBody {
        let RulesVersion { version, rules, document, sha256, created_at } = it;
        RulesBody { version, sha256, document, rules, created_at }
    }
}

/// Other rules.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChallengeRules {
    /// What the prizes sum to.
    purse: MoneyBody,
    #[schema(value_type = RulesSchema)]
    rules: Rules,
}

/// Writes a new version of the rules; a version never changes. Those of a draft change freely.
///
/// Once they were published, the purse and the sum of the prizes stay. From the announcement on no other questions are asked; from the
/// opening on the rule for what nobody wins, the digest of a secret rubric and blind judging stay, and no stage asks for more than it
/// did. When submissions have closed, the rules are final.
///
/// Teams that have entered agree by `POST /v1/entrants/{id}:consent`, or withdraw with their fee, within the days that the rules said
/// before (`consent_days`). An entry whose team says nothing is withdrawn then, with its fee, before anything is judged; the work of
/// withdrawn entries is not judged and wins nothing. What sponsors gave stays, unless one that did not agree takes it back by
/// `POST /v1/purse-contributions/{id}:withdraw` before the challenge is opened.
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
        let changed = operations::replace_rules(tx, *id, purse, rules, by, ledger::calendar::now()).await?;
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
