//! Advances on the shares of members.

use super::members::{cooperative, cooperative_of, visible_members};
use super::reversal::{Reversal, ReversalReason};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{MoneyBody, bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::cooperatives::operations::advances as operations;
use ledger::cooperatives::rules::advance::Advance;
use ledger::cooperatives::store::advances;
use ledger::id::{AdvanceId, BookRef, MemberId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An advance to be granted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdvanceRequest {
    /// The member on whose next share it is.
    #[schema(min_length = 36, max_length = 36, pattern = "^mbr_[a-z2-7]{32}$")]
    pub(crate) member: String,
    /// In the currency of the book.
    pub(crate) amount: MoneyBody,
    /// Text for people; never a name.
    #[serde(default)]
    #[schema(max_length = 200, example = "For the winter")]
    pub(crate) memo: String,
}

/// A part of a member's next share that became payable before there was one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Advance)]
pub struct AdvanceBody {
    #[schema(value_type = String)]
    id: AdvanceId,
    #[schema(value_type = String)]
    member: MemberId,
    amount: MoneyBody,
    /// The book's own day when it was granted.
    granted_on: Date,
    memo: String,
    /// Number of its journal entry.
    entry: i64,
    /// When it was granted, by the book's clock.
    granted_at: Timestamp,
    /// How it was taken back; null while it stands.
    reversal: Option<Reversal>,
}

impl From<Advance> for AdvanceBody {
    fn from(it: Advance) -> AdvanceBody {
        AdvanceBody {
            id: it.id,
            member: it.member,
            amount: it.amount.into(),
            granted_on: it.granted_on,
            memo: it.memo,
            entry: it.entry,
            granted_at: it.granted_at,
            reversal: it.undone.map(Reversal::from),
        }
    }
}

/// Grants a member an advance on the next share: it is payable to the member at once (member receivable → member payable), as shares are.
/// Distributions net it: the member is paid the share less what stands, and what a share does not cover stands against the shares
/// after it (`netted` of a distribution and of a statement). It is no cost, nobody grants it to themselves, and it is paid out by a payout,
/// which another person approves.
#[utoipa::path(tag = "distributions", operation_id = "grant_advance",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewAdvanceRequest,
    responses((status = 201, description = "Granted", body = AdvanceBody)))]
#[post("/v1/cooperatives/{book}/advances")]
pub(crate) async fn grant(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewAdvanceRequest>,
) -> Result<HttpResponse, Problem> {
    grant_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Grants an advance, once for its key: that of a request, or of a form.
pub(crate) async fn grant_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    new: &NewAdvanceRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let new = operations::NewAdvance {
        member: parse("/member", &new.member)?,
        amount: new.amount.parse("/amount")?,
        memo: bounded("/memo", &new.memo, text::REFERENCE_OR_NONE)?,
    };
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let granted = operations::grant(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&AdvanceBody::from(granted)))
    })
    .await
}

/// Lists advances: members their own; owners, treasurers, approvers and auditors all.
#[utoipa::path(tag = "distributions", operation_id = "list_advances",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<AdvanceBody>)))]
#[get("/v1/cooperatives/{book}/advances")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let own = visible_members(&client, &caller, &book).await?;
    let after = window.after.unwrap_or_default();
    let rows = advances::list(&client, (book.id, book.currency), own.as_deref(), after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, AdvanceBody::from).respond(&http))
}

/// Takes an advance back, once, by the mirror of its entry, while none of it is paid out and no share has made up for it.
#[utoipa::path(tag = "distributions", operation_id = "reverse_advance",
    params(("id" = String, Path, description = "The advance")), request_body = ReversalReason,
    responses((status = 200, description = "Taken back", body = AdvanceBody)))]
#[post("/v1/advances/{id}:reverse")]
pub(crate) async fn reverse(
    state: Data<State>,
    caller: Caller,
    id: Path<AdvanceId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    reverse_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Takes an advance back, once for its key: that of a request, or of a form.
pub(crate) async fn reverse_once(
    state: &State,
    caller: &Caller,
    id: AdvanceId,
    key: &IdempotencyKey,
    why: &ReversalReason,
) -> Result<HttpResponse, Problem> {
    let (by, reason) = (caller.person()?.id, why.parse()?);
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, caller, id.book, "advance").await?;
        let reversed = operations::reverse(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&AdvanceBody::from(reversed)))
    })
    .await
}
