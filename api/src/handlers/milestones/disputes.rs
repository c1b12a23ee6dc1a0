//! Disputes over approved claims.

use super::claim_body::readable;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::{MoneyBody, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::id::{ClaimId, DisputeId, PersonId};
use ledger::milestones::operations::disputes as operations;
use ledger::milestones::rules::dispute::{Dispute, DisputeState, Ruling};
use ledger::milestones::store::disputes;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An objection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispute {
    /// The part objected to, which is frozen.
    amount: MoneyBody,
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

/// An objection to a part of an approved claim.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeBody {
    #[schema(value_type = String)]
    id: DisputeId,
    #[schema(value_type = String)]
    claim: ClaimId,
    #[schema(value_type = String)]
    opened_by: PersonId,
    amount: MoneyBody,
    reason: String,
    /// `open`, `upheld` or `dismissed`.
    state: String,
    /// When it was opened, by the book's clock.
    opened_at: Timestamp,
    /// After it an open one counts as upheld. By the book's clock.
    until: Timestamp,
    /// Null while it is open, or when its time ran out.
    #[schema(value_type = Option<String>)]
    resolved_by: Option<PersonId>,
    /// When it was decided, by the book's clock; null before.
    resolved_at: Option<Timestamp>,
    resolution: Option<String>,
}

impl From<Dispute> for DisputeBody {
    fn from(it: Dispute) -> DisputeBody {
        let name = it.state.as_str().to_owned();
        let (resolved_by, resolved_at, resolution) = match it.state {
            DisputeState::Open => (None, None, None),
            DisputeState::Resolved { by, at, resolution, .. } => (by, Some(at), Some(resolution)),
        };
        DisputeBody {
            id: it.id,
            claim: it.claim,
            opened_by: it.opened_by,
            amount: it.amount.into(),
            reason: it.reason,
            state: name,
            opened_at: it.opened_at,
            until: it.until,
            resolved_by,
            resolved_at,
            resolution,
        }
    }
}

/// Objects to a part of an approved claim within its objection window: that part is frozen, the rest is released.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The claim")), request_body = NewDispute,
    responses((status = 201, description = "Opened", body = DisputeBody)))]
#[post("/v1/claims/{id}/disputes")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<NewDispute>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let amount = request.body.amount.parse("/amount")?;
    let reason = paragraphs("/reason", &request.body.reason, text::STATEMENT)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let opened = operations::open(tx, *id, amount, reason.clone(), by, Timestamp::now()).await?;
        Ok(Reply::created(&DisputeBody::from(opened)))
    })
    .await
}

/// Lists the disputes of a claim.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The claim"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<DisputeBody>)))]
#[get("/v1/claims/{id}/disputes")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let currency = readable(&client, &caller, *id).await?.content.amount.currency();
    let rows = disputes::list(&client, *id, currency, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, DisputeBody::from).respond(&http))
}

/// How a dispute ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveDisputeRequest {
    /// `uphold`: its part stays with the milestone. `dismiss`: it is released.
    #[schema(pattern = "^(uphold|dismiss)$")]
    ruling: String,
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    resolution: String,
}

/// Decides a dispute. Whoever raised it, the claimant, the team and people with a tie to it do not.
#[utoipa::path(tag = "disputes", params(("id" = String, Path, description = "The dispute")),
    request_body = ResolveDisputeRequest,
    responses((status = 200, description = "Decided", body = DisputeBody)))]
#[post("/v1/disputes/{id}:resolve")]
pub(crate) async fn resolve(
    state: Data<State>,
    caller: Caller,
    id: Path<DisputeId>,
    request: Keyed<ResolveDisputeRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let ruling: Ruling = parse("/ruling", &request.body.ruling)?;
    let resolution = paragraphs("/resolution", &request.body.resolution, text::STATEMENT)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "dispute").await?;
        caller.require_role(tx, book.organisation, "dispute").await?;
        let decided = operations::resolve(tx, *id, ruling, resolution.clone(), by, Timestamp::now()).await?;
        Ok(Reply::ok(&DisputeBody::from(decided)))
    })
    .await
}
