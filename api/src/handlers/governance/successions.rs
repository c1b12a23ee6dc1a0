//! What a dissolved cooperative leaves to its successor.

use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::handlers::cooperatives::members::{cooperative, cooperative_of};
use crate::handlers::cooperatives::reversal::{Reversal, ReversalReason};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{MoneyBody, bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::governance::operations::successions as operations;
use ledger::governance::rules::succession::Succession;
use ledger::governance::store::successions;
use ledger::id::{BookRef, PersonId, ProposalId, SuccessionId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// To whom what is indivisible is left.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuccessionRequest {
    /// Short name of the successor that the bylaws name: who stands behind it is said as of a lender, and is paid so.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "union-of-bakeries")]
    successor: String,
    /// The proposal by which the members decided it, which has passed.
    #[schema(min_length = 36, max_length = 36, pattern = "^prp_[a-z2-7]{32}$")]
    proposal: String,
    /// Text for people; never a name.
    #[serde(default)]
    #[schema(max_length = 200, example = "By article 40 of the bylaws")]
    memo: String,
}

/// What a dissolved cooperative left to its successor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Succession)]
pub struct SuccessionBody {
    #[schema(value_type = String)]
    id: SuccessionId,
    successor: String,
    #[schema(value_type = String)]
    proposal: ProposalId,
    /// All of the reserve and of the funds.
    amount: MoneyBody,
    /// The book's own day when it was passed on.
    passed_on: Date,
    memo: String,
    /// Number of its journal entry.
    entry: i64,
    #[schema(value_type = String)]
    passed_by: PersonId,
    /// When, by the book's clock.
    passed_at: Timestamp,
    /// How it was taken back; null while it stands.
    reversal: Option<Reversal>,
}

impl From<Succession> for SuccessionBody {
    fn from(it: Succession) -> SuccessionBody {
        SuccessionBody {
            id: it.id,
            successor: it.successor,
            proposal: it.proposal,
            amount: it.amount.into(),
            passed_on: it.passed_on,
            memo: it.memo,
            entry: it.entry,
            passed_by: it.passed_by,
            passed_at: it.passed_at,
            reversal: it.undone.map(Reversal::from),
        }
    }
}

/// Leaves the reserve and all funds of a cooperative that is dissolved to its successor: reserve and funds → lender payable under the successor's
/// name. Members have decided it by a vote, everything else that is owed is paid, and members have no capital any more; none of it goes to
/// them. A payout to who stands behind the name pays it, which another person approves.
#[utoipa::path(tag = "cooperatives", operation_id = "pass_assets_on",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewSuccessionRequest,
    responses((status = 201, description = "Left to the successor", body = SuccessionBody)))]
#[post("/v1/cooperatives/{book}/successions")]
pub(crate) async fn pass_on(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewSuccessionRequest>,
) -> Result<HttpResponse, Problem> {
    let (by, body) = (caller.person()?.id, &request.body);
    let new = operations::NewSuccession {
        successor: body.successor.clone(),
        proposal: parse("/proposal", &body.proposal)?,
        memo: bounded("/memo", &body.memo, text::REFERENCE_OR_NONE)?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, *id).await?;
        let passed = operations::pass_on(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&SuccessionBody::from(passed)))
    })
    .await
}

/// Lists what was left to successors.
#[utoipa::path(tag = "cooperatives", operation_id = "list_successions",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<SuccessionBody>)))]
#[get("/v1/cooperatives/{book}/successions")]
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
    let after = window.after.unwrap_or_default();
    let rows = successions::list(&client, (book.id, book.currency), after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, SuccessionBody::from).respond(&http))
}

/// Takes back what was left to a successor, once, by the mirror of its entry, while none of it is paid out.
#[utoipa::path(tag = "cooperatives", operation_id = "reverse_succession",
    params(("id" = String, Path, description = "The succession")), request_body = ReversalReason,
    responses((status = 200, description = "Taken back", body = SuccessionBody)))]
#[post("/v1/successions/{id}:reverse")]
pub(crate) async fn reverse(
    state: Data<State>,
    caller: Caller,
    id: Path<SuccessionId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    let (by, reason) = (caller.person()?.id, request.body.parse()?);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "succession").await?;
        let reversed = operations::reverse(tx, *id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&SuccessionBody::from(reversed)))
    })
    .await
}
