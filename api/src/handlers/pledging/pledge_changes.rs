//! Changes of a pledge: paused, resumed, redirected and cancelled by its donor through the partner.

use super::payers::{self, NewPayer};
use super::pledge_body::{PledgeBody, View};
use super::pledges::concerned;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of};
use crate::wire::{MoneyBody, bounded, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::id::{CampaignId, PledgeId};
use ledger::pledging::operations::pledge_changes;
use ledger::pledging::rules::pledge::Pledge;
use ledger::pledging::rules::sandbox_token;
use ledger::pledging::store::pledges;
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a pause is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PausePledgeRequest {
    /// The day on which it goes on by itself, within 365 days; without one it lapses after 365 days.
    #[schema(value_type = Option<String>, format = "date")]
    until: Option<Date>,
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// Stops the charges for a while. Due dates in a pause are missed, not made up for.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    request_body = PausePledgeRequest,
    responses((status = 200, description = "Paused", body = PledgeBody)))]
#[post("/v1/pledges/{id}:pause")]
pub(crate) async fn pause(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<PausePledgeRequest>,
) -> Result<HttpResponse, Problem> {
    let until = request.body.until;
    step(&state, &caller, *id, &request, &request.body.reason, async |tx, change, wall| {
        pledge_changes::pause(tx, *id, until, change, wall).await
    })
    .await
}

/// How a pledge goes on.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResumePledgeRequest {
    /// Another means of payment; needed when the pledge needs action for `means`.
    #[schema(min_length = 1, max_length = 200, example = "sandbox_ok")]
    token: Option<String>,
    /// Who pays with the new means; may be left out.
    payer: Option<NewPayer>,
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// Goes on: ends a pause, revives a lapsed pledge, or gives another means of payment. Due dates that have passed are not made up
/// for. The last declined payment is tried again when the donor was asked for another means and gives it, or gives one when
/// no due date is left; and when it is the only payment of the pledge. A plan of which nothing is left then is `completed`.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    request_body = ResumePledgeRequest,
    responses((status = 200, description = "Active again", body = PledgeBody)))]
#[post("/v1/pledges/{id}:resume")]
pub(crate) async fn resume(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<ResumePledgeRequest>,
) -> Result<HttpResponse, Problem> {
    let token = request.body.token.as_deref().map(|token| bounded("/token", token, text::REFERENCE)).transpose()?;
    let payer = payers::parse_or_none(request.body.payer.as_ref(), "/payer")?;
    if token.is_some() {
        let client = state.client().await?;
        let book = book_of(&client, id.book, "pledge").await?;
        concerned(&client, &caller, &book, *id).await?;
        drop(client);
        let tries = payers::Tries::of(&state, &caller, &book)?;
        tries.require(&request.key, tries.subjects(&payer, Some(*id))).await?;
    }
    step(&state, &caller, *id, &request, &request.body.reason, async |tx, change, wall| {
        if let Some(token) = &token {
            sandbox_token::check(pledges::get(tx, *id).await?.rail, token)?;
        }
        pledge_changes::resume(tx, *id, token, change, wall).await
    })
    .await
}

/// Why a pledge ends.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CancelPledgeRequest {
    /// For the list of who did what; no personal data.
    #[schema(max_length = 1000)]
    reason: String,
}

/// Ends a pledge before its last payment. What it brought so far stays.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    request_body = CancelPledgeRequest,
    responses((status = 200, description = "Cancelled", body = PledgeBody)))]
#[post("/v1/pledges/{id}:cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<CancelPledgeRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, &request.body.reason, async |tx, change, wall| {
        pledge_changes::cancel(tx, *id, change, wall).await
    })
    .await
}

async fn step<T>(
    state: &State,
    caller: &Caller,
    id: PledgeId,
    request: &Keyed<T>,
    reason: &str,
    run: impl AsyncFnOnce(&Transaction<'_>, Change<'_>, Timestamp) -> Result<Pledge, Error>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", reason, text::REASON_OR_NONE)?;
    idempotent(state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "pledge").await?;
        concerned(tx, caller, &book, id).await?;
        let view = View::of(tx, caller, &book).await?;
        let changed = run(tx, Change { version: None, actor: actor(caller), reason: &reason }, view.wall).await?;
        Ok(Reply::ok(&view.one(tx, changed).await?))
    })
    .await
}

/// Where a pledge goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedirectPledgeRequest {
    /// Another live campaign of the same book and currency.
    #[schema(min_length = 36, max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    campaign: String,
    /// Whether its settled money goes along, as far as it is there and no milestone was promised it.
    #[serde(default)]
    move_settled: bool,
    /// For the list of who did what; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// A pledge that was redirected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Redirected)]
pub struct RedirectedBody {
    pledge: PledgeBody,
    /// What of its settled money went along; null when none did.
    moved: Option<MoneyBody>,
}

/// Sends the next charges of a pledge to another campaign, and its settled money too if that is wanted: also what settled with
/// an earlier campaign after the pledge had left it. Of a pledge that is completed or cancelled only that money moves.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    request_body = RedirectPledgeRequest,
    responses((status = 200, description = "Redirected", body = RedirectedBody)))]
#[post("/v1/pledges/{id}:redirect")]
pub(crate) async fn redirect(
    state: Data<State>,
    caller: Caller,
    id: Path<PledgeId>,
    request: Keyed<RedirectPledgeRequest>,
) -> Result<HttpResponse, Problem> {
    let to: CampaignId = parse("/campaign", &request.body.campaign)?;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "pledge").await?;
        concerned(tx, &caller, &book, *id).await?;
        let view = View::of(tx, &caller, &book).await?;
        let change = Change { version: None, actor: actor(&caller), reason: &reason };
        let done = pledge_changes::redirect(tx, *id, to, request.body.move_settled, change, view.wall).await?;
        let pledge = view.one(tx, done.pledge).await?;
        Ok(Reply::ok(&RedirectedBody { pledge, moved: done.moved.map(MoneyBody::from) }))
    })
    .await
}
