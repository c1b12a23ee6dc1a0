//! Consent to rules that were changed: of teams and of sponsors.

use super::entrants::EntryBody;
use super::purses::{PurseContributionBody, custodian};
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{ChangeStateRequest, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::challenges::operations::consents as operations;
use ledger::challenges::store::{challenges, contributions};
use ledger::evidence::Digest;
use ledger::id::{EntrantId, PurseContributionId};
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;

/// Which rules somebody agrees to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentRequest {
    /// SHA-256 of the rules in force.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    rules_sha256: String,
}

/// A member of a team agrees to rules that were changed, in time (`consent_until`).
#[utoipa::path(tag = "challenge entries", params(("id" = String, Path, description = "The entry")), request_body = ConsentRequest,
    responses((status = 200, description = "By the rules in force", body = EntryBody)))]
#[post("/v1/entrants/{id}:consent")]
pub(crate) async fn agree(
    state: Data<State>,
    caller: Caller,
    id: Path<EntrantId>,
    request: Keyed<ConsentRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let rules: Digest = parse("/rules_sha256", &request.body.rules_sha256)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let agreed = operations::consent(tx, *id, rules, by, ledger::calendar::now()).await?;
        let challenge = challenges::get(tx, agreed.challenge).await?;
        Ok(Reply::ok(&EntryBody::new(agreed, &challenge, None)))
    })
    .await
}

/// A member of a team that did not agree to rules that were changed withdraws its entry. The fee goes back, at once or when it has
/// arrived; the team's work is not judged.
#[utoipa::path(tag = "challenge entries", params(("id" = String, Path, description = "The entry")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Withdrawn", body = EntryBody)))]
#[post("/v1/entrants/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<EntrantId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let withdrawn = operations::withdraw(tx, *id, by, &reason, ledger::calendar::now()).await?;
        let challenge = challenges::get(tx, withdrawn.challenge).await?;
        Ok(Reply::ok(&EntryBody::new(withdrawn, &challenge, None)))
    })
    .await
}

/// Whoever brought a contribution says that its sponsor agrees to the rules in force.
#[utoipa::path(tag = "purses", params(("id" = String, Path, description = "The contribution")), request_body = ConsentRequest,
    responses((status = 200, description = "By the rules in force", body = PurseContributionBody)))]
#[post("/v1/purse-contributions/{id}:consent")]
pub(crate) async fn agree_as_sponsor(
    state: Data<State>,
    caller: Caller,
    id: Path<PurseContributionId>,
    request: Keyed<ConsentRequest>,
) -> Result<HttpResponse, Problem> {
    let rules: Digest = parse("/rules_sha256", &request.body.rules_sha256)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        demand_custodian(tx, &caller, *id).await?;
        let agreed = operations::consent_contribution(tx, *id, rules, actor(&caller), ledger::calendar::now()).await?;
        Ok(Reply::ok(&PurseContributionBody::from(agreed)))
    })
    .await
}

/// A sponsor that did not agree to the rules in force takes back what it gave: while the challenge is not opened, and not later, since
/// its prizes draw on it then. What rolled over from another challenge nobody has agreed to.
#[utoipa::path(tag = "purses", params(("id" = String, Path, description = "The contribution")), request_body = Nothing,
    responses((status = 200, description = "On its way back", body = PurseContributionBody)))]
#[post("/v1/purse-contributions/{id}:withdraw")]
pub(crate) async fn take_back(
    state: Data<State>,
    caller: Caller,
    id: Path<PurseContributionId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        demand_custodian(tx, &caller, *id).await?;
        let returned = operations::take_back(tx, *id, actor(&caller), ledger::calendar::now()).await?;
        Ok(Reply::ok(&PurseContributionBody::from(returned)))
    })
    .await
}

/// Refuses whoever did not bring the contribution.
async fn demand_custodian(tx: &Transaction<'_>, caller: &Caller, id: PurseContributionId) -> Result<(), Error> {
    let book = book_of(tx, id.book, "contribution").await?;
    let custodian = custodian(tx, caller, &book, "contribution").await?;
    if contributions::get(tx, id).await?.partner != custodian {
        return Err(Error::NotFound("contribution"));
    }
    Ok(())
}
