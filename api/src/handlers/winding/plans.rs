//! What the owner of a book that is wound up plans with the money of a line.

use super::line_body::LineBody;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, kept};
use crate::wire::{paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::books::rules::wind_up::PlanKind;
use ledger::id::{BookRef, CampaignId};
use ledger::service::change::Change;
use ledger::text;
use ledger::winding::operations::plans as operations;
use serde::Deserialize;
use utoipa::ToSchema;

/// What becomes of the money of a line.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanLineRequest {
    /// `move`: its donors are asked; `spend_down`: it is released as before; `return`: it goes back as soon as the last day has ended.
    #[schema(value_type = String, pattern = "^(move|spend_down|return)$", example = "spend_down")]
    plan: PlanKind,
    /// The live campaign of the same book and currency to which it moves; with `move` alone.
    #[serde(default)]
    #[schema(min_length = 36, max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    to: Option<String>,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// Says what becomes of the money of a fund, a purse or a pool of a book that is wound up, until the day after which all goes back; what was
/// said before counts no longer. What moves is asked of its donors once the last day has ended, each by a mail with a link: who agrees
/// moves it, and what nobody answers for goes back. What goes back is given back, and cannot be planned anew. An owner of the
/// book says it.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"),
           ("account" = String, Path, description = "The code of the account of the line", max_length = 650, pattern = "^[a-z0-9:._-]+$")),
    request_body = PlanLineRequest, responses((status = 200, description = "The line", body = LineBody)))]
#[post("/v1/books/{book}/wind-up/lines/{account}:plan")]
pub(crate) async fn plan_line(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, String)>,
    request: Keyed<PlanLineRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, account) = path.into_inner();
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    let to: Option<CampaignId> = request.body.to.as_deref().map(|to| parse("/to", to)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let by = Change { version: None, actor: actor(&caller), reason: &reason };
        let asked = (request.body.plan, to);
        let line = operations::plan(tx, &book, &account, asked, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&LineBody::from(line)))
    })
    .await
}
