//! Who votes for a member that does not vote itself.

use crate::auth::Caller;
use crate::extract::Keyed;
use crate::handlers::cooperatives::members::cooperative;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::parse;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use actix_web::{get, post};
use jiff::Timestamp;
use ledger::cooperatives::store::members;
use ledger::governance::operations::delegations as operations;
use ledger::governance::rules::delegation::Delegation;
use ledger::governance::store::delegations;
use ledger::id::{BookRef, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who shall vote for the caller.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDelegation {
    /// Another member; null for nobody from now on.
    #[serde(default)]
    #[schema(min_length = 36, max_length = 36, pattern = "^mbr_[a-z2-7]{32}$")]
    pub(crate) delegate: Option<String>,
}

/// Who votes for a member that does not vote itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delegation)]
pub struct DelegationBody {
    /// The caller's own membership.
    #[schema(value_type = String)]
    member: MemberId,
    /// Who votes for it; null for nobody.
    #[schema(value_type = Option<String>)]
    delegate: Option<MemberId>,
    /// Since when, by the book's clock; null when it never gave its vote to anybody.
    given_at: Option<Timestamp>,
}

impl From<Delegation> for DelegationBody {
    fn from(it: Delegation) -> DelegationBody {
        DelegationBody { member: it.member, delegate: it.delegate, given_at: Some(it.given_at) }
    }
}

/// Lets another member vote for the caller whenever it does not vote itself, on this and every later proposal until it says otherwise: what
/// holds when the last day of a proposal is over counts for it. A vote that was given goes on from there, with the own one of who got
/// it; never in a circle. Who votes itself is not voted for.
#[utoipa::path(tag = "proposals", operation_id = "give_vote",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewDelegation,
    responses((status = 201, description = "Given, or taken back", body = DelegationBody)))]
#[post("/v1/cooperatives/{book}/delegation")]
pub(crate) async fn give(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewDelegation>,
) -> Result<HttpResponse, Problem> {
    give_once(&state, &caller, *id, &request.key, &request.body).await
}

/// The same for a page.
pub(crate) async fn give_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    body: &NewDelegation,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let to: Option<MemberId> = body.delegate.as_ref().map(|it| parse("/delegate", it)).transpose()?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let given = operations::give(tx, book.id, to, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&DelegationBody::from(given)))
    })
    .await
}

/// Shows who votes for the caller, to nobody else.
#[utoipa::path(tag = "proposals", operation_id = "show_own_delegation",
    params(("book" = String, Path, description = "The cooperative's book")),
    responses((status = 200, description = "Who votes for the caller", body = DelegationBody)))]
#[get("/v1/cooperatives/{book}/delegation")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
) -> Result<Json<DelegationBody>, Problem> {
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let own = members::of_person(&client, book.id, caller.person()?.id).await?;
    // Who left and came back has several: the last one votes.
    let member = own.last().ok_or(ledger::Error::NotFound("membership"))?.id;
    let last = delegations::last(&client, member).await?;
    let none = DelegationBody { member, delegate: None, given_at: None };
    Ok(Json(last.map_or(none, DelegationBody::from)))
}
