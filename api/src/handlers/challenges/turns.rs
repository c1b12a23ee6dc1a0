//! Turns of a challenge besides its straight way: a longer time for submissions, and money that nobody won.

use super::challenge_body::ChallengeBody;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::challenges::operations::{challenges as operations, purses, rollovers};
use ledger::id::ChallengeId;
use ledger::service::change::Change;
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;

/// How much longer submissions are taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendChallengeRequest {
    /// So many days from when they were to close, as the rules allow.
    #[schema(minimum = 1, maximum = 730)]
    days: u16,
    /// Why, for the teams and for the list of who did what; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Makes the time for submissions longer, as often and as far as the rules allow; never shorter. The teams are told by mail.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge")),
    request_body = ExtendChallengeRequest,
    responses((status = 200, description = "Extended", body = ChallengeBody)))]
#[post("/v1/challenges/{id}:extend")]
pub(crate) async fn extend(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<ExtendChallengeRequest>,
) -> Result<HttpResponse, Problem> {
    let days = request.body.days;
    if !(1..=730).contains(&days) {
        return Err(Problem::invalid("/days", "1 to 730"));
    }
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "challenge").await?;
        caller.require_role(tx, book.organisation, "challenge").await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let extended = operations::extend(tx, *id, days, change, ledger::calendar::now()).await?;
        let purse = purses::state(tx, &extended).await?;
        Ok(Reply::ok(&ChallengeBody::new(extended, &book, Some(purse))))
    })
    .await
}

/// Where money that nobody won goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollOverRequest {
    /// The extension: another challenge of the book that takes money for its purse, and by whose rules what nobody wins goes back.
    #[schema(min_length = 36, max_length = 36, pattern = "^chl_[a-z2-7]{32}$")]
    challenge: String,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// Lets prize money that nobody won go on to another challenge of the book, as much as that one still wants. It stays the sponsors', by
/// what each gave: they have not agreed to the rules there, and may take it back until that challenge is opened. What waits longer than
/// `rolls_until` goes back by itself. It rolls over once: by the rules there what nobody wins goes back.
#[utoipa::path(tag = "challenges", params(("id" = String, Path, description = "The challenge that is awarded")),
    request_body = RollOverRequest,
    responses((status = 200, description = "The challenge that the money left", body = ChallengeBody)))]
#[post("/v1/challenges/{id}:roll-over")]
pub(crate) async fn roll_over(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<RollOverRequest>,
) -> Result<HttpResponse, Problem> {
    let to: ChallengeId = parse("/challenge", &request.body.challenge)?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "challenge").await?;
        caller.require_role(tx, book.organisation, "challenge").await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let rolled = rollovers::roll_over(tx, *id, to, change, ledger::calendar::now()).await?;
        let purse = purses::state(tx, &rolled).await?;
        Ok(Reply::ok(&ChallengeBody::new(rolled, &book, Some(purse))))
    })
    .await
}
