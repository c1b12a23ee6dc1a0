//! What members pay to join, in parts.

use super::members::{cooperative, cooperative_of, visible_members};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, MoneyBody, bounded, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::cooperatives::operations::joining_contributions as operations;
use ledger::cooperatives::rules::joining_contribution::{JoiningContribution, JoiningPart};
use ledger::cooperatives::store::joining_contributions;
use ledger::id::{BankLineId, BookRef, JoiningContributionId, MemberId, PersonId};
use ledger::money::Currency;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A joining contribution to be written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJoiningContributionRequest {
    /// Who pays it.
    #[schema(min_length = 36, max_length = 36, pattern = "^mbr_[a-z2-7]{32}$")]
    member: String,
    /// All parts together, in the currency of the book.
    amount: MoneyBody,
    /// In how many parts it is paid; no more than the amount has minor units.
    #[schema(minimum = 1, maximum = 600, example = 24)]
    parts: i32,
    /// How much of it goes to the reserve and is never returned: a decimal string, 0 to 100, exact to the hundredth.
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "25")]
    reserve_percent: String,
    /// Text for people; never a name.
    #[serde(default)]
    #[schema(max_length = 200, example = "For the first two years")]
    memo: String,
}

/// What a member pays to join.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoiningContribution)]
pub struct JoiningContributionBody {
    #[schema(value_type = String)]
    id: JoiningContributionId,
    #[schema(value_type = String)]
    member: MemberId,
    /// All parts together.
    amount: MoneyBody,
    /// How many parts it has.
    parts: i32,
    /// How many of them are paid: the first ones.
    parts_paid: i32,
    /// How much of it goes to the reserve and is never returned.
    reserve_percent: String,
    memo: String,
    /// `open` while parts are to be paid, `paid`, or `cancelled` for those that remained.
    state: String,
    #[schema(value_type = String)]
    granted_by: PersonId,
    /// When it was written down, by the book's clock.
    granted_at: Timestamp,
    #[schema(value_type = Option<String>)]
    cancelled_by: Option<PersonId>,
    /// When what remained was cancelled, by the book's clock; null otherwise.
    cancelled_at: Option<Timestamp>,
    /// Why it was cancelled; null otherwise.
    reason: Option<String>,
}

impl From<JoiningContribution> for JoiningContributionBody {
    fn from(it: JoiningContribution) -> JoiningContributionBody {
        let cancelled = it.state.cancelled();
        JoiningContributionBody {
            id: it.id,
            member: it.member,
            amount: it.amount.into(),
            parts: it.parts,
            parts_paid: it.parts_paid,
            reserve_percent: it.reserve.to_string(),
            memo: it.memo,
            state: it.state.as_str().to_owned(),
            granted_by: it.granted_by,
            granted_at: it.granted_at,
            cancelled_by: cancelled.map(|it| it.by),
            cancelled_at: cancelled.map(|it| it.at),
            reason: cancelled.map(|it| it.reason.clone()),
        }
    }
}

/// A part of a joining contribution.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoiningPart)]
pub struct JoiningPartBody {
    /// Its place, from 1: the order in which parts are paid.
    number: i32,
    amount: BalanceBody,
    /// What of it goes to the reserve.
    to_reserve: BalanceBody,
    /// What of it is the member's capital.
    to_capital: BalanceBody,
    /// The line of a bank statement that paid it; null while none has.
    #[schema(value_type = Option<String>)]
    bank_line: Option<BankLineId>,
    /// Number of the journal entry of that line; null while none has paid it.
    entry: Option<i64>,
}

impl JoiningPartBody {
    fn new(it: &JoiningPart, currency: Currency) -> JoiningPartBody {
        JoiningPartBody {
            number: it.number,
            amount: BalanceBody::new(it.amount, currency),
            to_reserve: BalanceBody::new(it.to_reserve, currency),
            to_capital: BalanceBody::new(it.to_capital(), currency),
            bank_line: it.paid_by.map(|by| by.line),
            entry: it.paid_by.map(|by| by.entry),
        }
    }
}

/// A joining contribution with each of its parts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoiningContributionWithPlan)]
pub struct JoiningContributionWithPlanBody {
    #[serde(flatten)]
    contribution: JoiningContributionBody,
    /// The parts, in the order in which they are paid.
    plan: Vec<JoiningPartBody>,
}

impl JoiningContributionWithPlanBody {
    /// With its parts as they are now.
    async fn read(client: &impl GenericClient, it: JoiningContribution) -> Result<Self, Error> {
        let (parts, currency) = (joining_contributions::parts(client, it.id, 1).await?, it.amount.currency());
        let plan = parts.iter().map(|part| JoiningPartBody::new(part, currency)).collect();
        Ok(JoiningContributionWithPlanBody { contribution: it.into(), plan })
    }
}

/// Writes down what a member pays to join, and in which parts: alike but for a minor unit, the larger ones first. Of each a percentage goes to the
/// reserve, rounded with what the parts before it have left, so that at the end it is that of the whole; the rest is the member's capital.
/// Nothing moves yet: a line of the cooperative's bank that is booked as `capital_paid_in` of the member pays one or more whole parts, in
/// their order. Nobody writes down their own, and a member has one at a time of which parts are to be paid.
#[utoipa::path(tag = "cooperatives", operation_id = "grant_joining_contribution",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewJoiningContributionRequest,
    responses((status = 201, description = "Written down", body = JoiningContributionWithPlanBody)))]
#[post("/v1/cooperatives/{book}/joining-contributions")]
pub(crate) async fn grant(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewJoiningContributionRequest>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let body = &request.body;
    let new = operations::NewJoiningContribution {
        member: parse("/member", &body.member)?,
        amount: body.amount.parse("/amount")?,
        parts: body.parts,
        reserve: parse("/reserve_percent", &body.reserve_percent)?,
        memo: bounded("/memo", &body.memo, text::REFERENCE_OR_NONE)?,
    };
    if new.member.book != id.book {
        return Err(Error::NotFound("member").into());
    }
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, &caller, *id).await?;
        let granted = operations::grant(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&JoiningContributionWithPlanBody::read(tx, granted).await?))
    })
    .await
}

/// Which joining contributions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfJoiningContributions {
    /// Of which member; of all that the caller may see when it is left out.
    #[param(min_length = 36, max_length = 36, pattern = "^mbr_[a-z2-7]{32}$")]
    member: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Lists joining contributions, without their parts: members their own; owners, treasurers, approvers and auditors all, or those of a
/// member.
#[utoipa::path(tag = "cooperatives", operation_id = "list_joining_contributions",
    params(("book" = String, Path, description = "The cooperative's book"), OfJoiningContributions),
    responses((status = 200, description = "A page, the oldest first", body = Page<JoiningContributionBody>)))]
#[get("/v1/cooperatives/{book}/joining-contributions")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<OfJoiningContributions>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let member: Option<MemberId> = query.0.member.as_ref().map(|member| parse("/member", member)).transpose()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let own = visible_members(&client, &caller, &book).await?;
    if member.is_some_and(|member| member.book != book.id || !sees(own.as_deref(), member)) {
        return Err(Error::NotFound("member").into());
    }
    let wanted = member.map(|member| vec![member]).or(own);
    let after = window.after.unwrap_or_default();
    let of = (book.id, book.currency);
    let rows = joining_contributions::list(&client, of, wanted.as_deref(), after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, JoiningContributionBody::from).respond(&http))
}

/// Whether a caller who sees these memberships only, or all, sees what is of a member.
fn sees(own: Option<&[MemberId]>, member: MemberId) -> bool {
    own.is_none_or(|own| own.contains(&member))
}

/// Shows a joining contribution with each of its parts, and what paid them; to plain members their own.
#[utoipa::path(tag = "cooperatives", operation_id = "show_joining_contribution",
    params(("id" = String, Path, description = "The joining contribution")),
    responses((status = 200, description = "The joining contribution, with its ETag", body = JoiningContributionWithPlanBody,
        headers(("ETag" = String)))))]
#[get("/v1/joining-contributions/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<JoiningContributionId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, &caller, id.book, "joining contribution").await?;
    let found = joining_contributions::get(&client, *id, book.currency).await?;
    let own = visible_members(&client, &caller, &book).await?;
    if !sees(own.as_deref(), found.member) {
        return Err(Error::NotFound("joining contribution").into());
    }
    let tag = etag(found.version);
    let body = JoiningContributionWithPlanBody::read(&client, found).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// Why the rest of a joining contribution is cancelled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelJoiningContribution {
    /// For the member to read; never a name.
    #[schema(min_length = 1, max_length = 1000, example = "The member pays it at once")]
    reason: String,
}

/// Cancels the parts that are not paid: the member owes them no more. What is paid stays; it is taken back with the line of the bank that
/// brought it, the last one first (`POST /v1/bank-lines/{id}:unbook`).
#[utoipa::path(tag = "cooperatives", operation_id = "cancel_joining_contribution",
    params(("id" = String, Path, description = "The joining contribution")), request_body = CancelJoiningContribution,
    responses((status = 200, description = "Cancelled", body = JoiningContributionWithPlanBody)))]
#[post("/v1/joining-contributions/{id}:cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Path<JoiningContributionId>,
    request: Keyed<CancelJoiningContribution>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "joining contribution").await?;
        let cancelled = operations::cancel(tx, *id, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&JoiningContributionWithPlanBody::read(tx, cancelled).await?))
    })
    .await
}
