//! What donors were shown of a campaign rises: its goal, and its cap.

use super::campaigns::CampaignBody;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{MoneyBody, paragraphs};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::id::CampaignId;
use ledger::pledging::operations::raises::{self as operations, Raise};
use ledger::service::change::Change;
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;

/// What is to be raised.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseRequest {
    /// The goal, the minimum or the monthly goal: more than it is. A cap that is the goal rises with it.
    goal: Option<MoneyBody>,
    /// The cap: more than it is.
    cap: Option<MoneyBody>,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// Raises the goal of a campaign that is a draft or live, its cap, or both; neither ever falls. What a cap held back can be pledged then.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")),
    request_body = RaiseRequest,
    responses((status = 200, description = "Raised", body = CampaignBody)))]
#[post("/v1/campaigns/{id}:raise")]
pub(crate) async fn raise(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<RaiseRequest>,
) -> Result<HttpResponse, Problem> {
    let body = &request.body;
    let reason = paragraphs("/reason", &body.reason, text::REASON_OR_NONE)?;
    let wanted = Raise {
        goal: body.goal.as_ref().map(|goal| goal.parse("/goal")).transpose()?,
        cap: body.cap.as_ref().map(|cap| cap.parse("/cap")).transpose()?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "campaign").await?;
        caller.require_role(tx, book.organisation, "campaign").await?;
        let wall = ledger::calendar::now();
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let raised = operations::raise(tx, *id, wanted, change, wall).await?;
        Ok(Reply::ok(&CampaignBody::of(tx, raised, &book, wall).await?))
    })
    .await
}
