//! By how much the hours of members weigh, where a rule shares by them.

use super::members::{cooperative_of, visible_member};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{book_day, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::cooperatives::operations::member_indices as operations;
use ledger::cooperatives::rules::cooperative::Index;
use ledger::cooperatives::rules::member_index::MemberIndex;
use ledger::cooperatives::store::member_indices;
use ledger::id::{MemberId, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An index to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMemberIndex {
    /// A decimal string, exact to the hundredth, from 0.01 to 100: 1.5 lets an hour weigh as much as one and a half.
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "1.5")]
    index: String,
    /// First day whose hours weigh so; the book's own day when it is not given.
    effective_from: Option<Date>,
}

/// By how much the hours of a member weigh, from a day on until the day on which another one begins. It never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberIndex)]
pub struct MemberIndexBody {
    #[schema(value_type = String)]
    member: MemberId,
    /// From 1; of two that begin on one day, the younger one holds.
    version: i32,
    #[schema(value_type = String, example = "1.50")]
    index: Index,
    /// First day whose hours weigh so.
    effective_from: Date,
    /// Who set it.
    #[schema(value_type = String)]
    set_by: PersonId,
    /// When it was set, by the book's clock.
    set_at: Timestamp,
}

impl From<MemberIndex> for MemberIndexBody {
    fn from(it: MemberIndex) -> MemberIndexBody {
        let MemberIndex { member, version, index, effective_from, set_by, set_at } = it;
        MemberIndexBody { member, version, index, effective_from, set_by, set_at }
    }
}

/// Sets the index by which the hours of a member weigh from a day on, where a rule shares by `indexed_hours`. Without one an hour weighs
/// 1.00. Those that were set before stay, nothing that a distribution counts changes, and nobody sets their own.
#[utoipa::path(tag = "cooperatives", operation_id = "set_member_index",
    params(("id" = String, Path, description = "The member")), request_body = NewMemberIndex,
    responses((status = 201, description = "Set", body = MemberIndexBody)))]
#[post("/v1/members/{id}/indices")]
pub(crate) async fn set(
    state: Data<State>,
    caller: Caller,
    id: Path<MemberId>,
    request: Keyed<NewMemberIndex>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let index: Index = parse("/index", &request.body.index)?;
    let from = request.body.effective_from.map(|day| book_day("/effective_from", day)).transpose()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "member").await?;
        let set = operations::set(tx, *id, index, from, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&MemberIndexBody::from(set)))
    })
    .await
}

/// Lists the indices of a member, to the member and to those who see all.
#[utoipa::path(tag = "cooperatives", operation_id = "list_member_indices",
    params(("id" = String, Path, description = "The member"), PageQuery),
    responses((status = 200, description = "A page, by version", body = Page<MemberIndexBody>)))]
#[get("/v1/members/{id}/indices")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<MemberId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let member = visible_member(&client, &caller, *id).await?;
    let rows = member_indices::list(&client, member.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.version, MemberIndexBody::from).respond(&http))
}
