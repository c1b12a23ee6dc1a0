//! Claims that are revoked: what was asked for is confirmed, and what was not paid out comes back.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::handlers::milestones::clawback_body::RequestBody;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::id::ClaimId;
use ledger::payouts::operations::revocations as operations;
use serde::Deserialize;
use utoipa::ToSchema;

/// Which request is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmClaimRequest {
    /// Its number among those of the claim.
    #[schema(minimum = 1, maximum = 1_000_000)]
    request: i32,
}

/// Confirms what somebody else of the host has asked for. With a revocation what was not released stays with the milestone, what was
/// not paid out is in the fund again, and what was paid out the team owes; payouts that wait for it are cancelled.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")),
    request_body = ConfirmClaimRequest,
    responses((status = 200, description = "Confirmed, and done", body = RequestBody)))]
#[post("/v1/claims/{id}:confirm")]
pub(crate) async fn confirm(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<ConfirmClaimRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let number = request.body.request;
    if !(1..=1_000_000).contains(&number) {
        return Err(Problem::invalid("/request", "the number of a request, from 1"));
    }
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "claim").await?;
        caller.require_role(tx, book.organisation, "claim").await?;
        let confirmed = operations::confirm(tx, *id, number, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&RequestBody::from(confirmed)))
    })
    .await
}
