//! Retained shares that are paid back: asked for by one person, approved by another.

use super::members::{cooperative, cooperative_of, visible_members};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, MoneyBody, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::operations::redemptions as operations;
use ledger::cooperatives::rules::redemption::{Given, Redemption, RedemptionState};
use ledger::cooperatives::store::{redemption_parts, redemptions};
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, DistributionId, MemberId, PersonId, RedemptionId};
use ledger::money::Currency;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// So many parts of a redemption are shown with it.
const PARTS_MAX: usize = 100;

/// So many are read: one more says whether there are more.
const PARTS_READ: i64 = 101;

/// Retained shares to be paid back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRedemption {
    /// Whose; when it is not given, those of all members: the oldest year first, and in a year that the amount does not cover, each
    /// in proportion to what is left.
    #[schema(min_length = 36, max_length = 36, pattern = "^mbr_[a-z2-7]{32}$")]
    pub(crate) member: Option<String>,
    /// How much, at most what is left of the shares that may be redeemed.
    pub(crate) amount: MoneyBody,
}

/// What a retained share gives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RedemptionPart)]
pub struct GivenBody {
    #[schema(value_type = String)]
    member: MemberId,
    number: i32,
    /// The distribution that retained the share.
    #[schema(value_type = String)]
    distribution: DistributionId,
    /// Last day of its period.
    to: Date,
    amount: BalanceBody,
    /// What is left of the share then.
    left: BalanceBody,
}

impl GivenBody {
    fn new(it: &Given, currency: Currency) -> GivenBody {
        GivenBody {
            member: it.member,
            number: it.number,
            distribution: it.distribution,
            to: it.period_to,
            amount: BalanceBody::new(it.amount, currency),
            left: BalanceBody::new(it.left, currency),
        }
    }
}

/// Retained shares that become payable to their members, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Redemption)]
pub struct RedemptionBody {
    #[schema(value_type = String)]
    id: RedemptionId,
    /// Whose; null for those of all members.
    #[schema(value_type = Option<String>)]
    member: Option<MemberId>,
    amount: BalanceBody,
    /// What each share gives, of the first hundred in the order of the plan; for plain members of their own only. All of them are listed at
    /// `/v1/redemptions/{id}/parts`.
    #[schema(max_items = 100)]
    parts: Vec<GivenBody>,
    /// Whether there are more parts than these.
    more_parts: bool,
    /// SHA-256 of all parts: what an approval names.
    digest: String,
    /// `requested`, `posting` while it is posted by several entries, `approved` once all of it is payable, `withdrawn`,
    /// `reversing` while it is taken back entry by entry, or `reversed`.
    state: String,
    #[schema(value_type = String)]
    requested_by: PersonId,
    /// When it was asked for, by the book's clock.
    requested_at: Timestamp,
    #[schema(value_type = Option<String>)]
    approved_by: Option<PersonId>,
    /// When it was approved, by the book's clock; null before.
    approved_at: Option<Timestamp>,
    /// Number of its journal entry, or of the first of several; null until it is approved.
    entry: Option<i64>,
    /// Number of the mirror entry, of several that of the first one; null unless it was taken back.
    reversal: Option<i64>,
    /// Why it was withdrawn or taken back; null otherwise.
    reason: Option<String>,
}

impl RedemptionBody {
    /// `parts`: those that are shown, and one more where there are more. `own`: the memberships whose parts they are; none for all.
    fn new(it: Redemption, parts: &[Given], own: Option<&[MemberId]>, currency: Currency) -> RedemptionBody {
        let redeemed = it.state.redeemed();
        let (reversal, reason) = match &it.state {
            RedemptionState::Requested | RedemptionState::Posting(_) | RedemptionState::Approved(_) => (None, None),
            RedemptionState::Withdrawn { reason } | RedemptionState::Reversing { reason, .. } => {
                (None, Some(reason.clone()))
            }
            RedemptionState::Reversed { reversal, reason, .. } => (Some(*reversal), Some(reason.clone())),
        };
        RedemptionBody {
            id: it.id,
            member: it.member.filter(|member| own.is_none_or(|own| own.contains(member))),
            amount: BalanceBody::new(it.amount, currency),
            parts: parts.iter().take(PARTS_MAX).map(|part| GivenBody::new(part, currency)).collect(),
            more_parts: parts.len() > PARTS_MAX,
            digest: hex::encode(it.digest),
            state: it.state.as_str().to_owned(),
            requested_by: it.requested_by,
            requested_at: it.requested_at,
            approved_by: redeemed.map(|it| it.by),
            approved_at: redeemed.map(|it| it.at),
            entry: redeemed.map(|it| it.entry),
            reversal,
            reason,
        }
    }
}

/// Whether a caller who sees these memberships only may know of a redemption: one of another member's shares is not theirs to see.
fn is_visible(it: &Redemption, own: Option<&[MemberId]>) -> bool {
    match (it.member, own) {
        (Some(member), Some(own)) => own.contains(&member),
        (Some(_) | None, None) | (None, Some(_)) => true,
    }
}

/// A redemption with its first parts, of some members or of all.
async fn body(
    client: &impl GenericClient,
    it: Redemption,
    own: Option<&[MemberId]>,
    currency: Currency,
) -> Result<RedemptionBody, Error> {
    let parts = redemption_parts::list(client, it.id, own, -1, PARTS_READ).await?;
    let parts: Vec<Given> = parts.into_iter().map(|part| part.given).collect();
    Ok(RedemptionBody::new(it, &parts, own, currency))
}

/// The answer, with the parts that the caller may see.
async fn shown(client: &impl GenericClient, caller: &Caller, book: &Book, it: Redemption) -> Result<Reply, Error> {
    let own = visible_members(client, caller, book).await?;
    Ok(Reply::ok(&body(client, it, own.as_deref(), book.currency).await?))
}

/// Asks to pay retained shares back, the oldest first. What each share gives is frozen; nothing moves until another person approves it.
#[utoipa::path(tag = "distributions", operation_id = "request_redemption",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = NewRedemption,
    responses((status = 201, description = "It waits for an approval", body = RedemptionBody)))]
#[post("/v1/cooperatives/{book}/redemptions")]
pub(crate) async fn ask(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewRedemption>,
) -> Result<HttpResponse, Problem> {
    ask_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Asks to pay retained shares back, once for its key: that of a request, or of a form.
pub(crate) async fn ask_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    new: &NewRedemption,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let member: Option<MemberId> = new.member.as_ref().map(|member| parse("/member", member)).transpose()?;
    let amount = new.amount.parse("/amount")?;
    if member.is_some_and(|member| member.book != id.book) {
        return Err(Error::NotFound("member").into());
    }
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let asked = operations::request(tx, book.id, member, amount, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&body(tx, asked, None, book.currency).await?))
    })
    .await
}

/// Lists redemptions; to plain members those that are of all members, with their own parts, and their own.
#[utoipa::path(tag = "distributions", operation_id = "list_redemptions",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<RedemptionBody>)))]
#[get("/v1/cooperatives/{book}/redemptions")]
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
    let rows = redemptions::list(&client, book.id, own.as_deref(), after, window.fetch()).await?;
    let ids: Vec<RedemptionId> = rows.iter().map(|row| row.id).collect();
    let parts = redemption_parts::first(&client, book.id, &ids, own.as_deref(), PARTS_READ).await?;
    let body = |row: Redemption| {
        let parts = parts.get(&row.id).map_or(&[][..], Vec::as_slice);
        RedemptionBody::new(row, parts, own.as_deref(), book.currency)
    };
    Ok(window.page(rows, |row| row.id.object, body).respond(&http))
}

/// Shows a redemption; to plain members with their own parts, and not one of another member's shares.
#[utoipa::path(tag = "distributions", operation_id = "show_redemption",
    params(("id" = String, Path, description = "The redemption")),
    responses((status = 200, description = "The redemption, with its ETag", body = RedemptionBody,
        headers(("ETag" = String)))))]
#[get("/v1/redemptions/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<RedemptionId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, found, own) = readable(&client, &caller, *id).await?;
    let tag = etag(found.version);
    let body = body(&client, found, own.as_deref(), book.currency).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// A redemption for who may read it, with its book, and whose parts that person sees: none for all.
async fn readable(
    client: &impl GenericClient,
    caller: &Caller,
    id: RedemptionId,
) -> Result<(Book, Redemption, Option<Vec<MemberId>>), Problem> {
    let book = cooperative_of(client, caller, id.book, "redemption").await?;
    let found = redemptions::get(client, id).await?;
    let own = visible_members(client, caller, &book).await?;
    if !is_visible(&found, own.as_deref()) {
        return Err(Error::NotFound("redemption").into());
    }
    Ok((book, found, own))
}

/// Lists what each share gives to a redemption; to plain members of their own.
#[utoipa::path(tag = "distributions", operation_id = "list_redemption_parts",
    params(("id" = String, Path, description = "The redemption"), PageQuery),
    responses((status = 200, description = "A page, in the order of the plan", body = Page<GivenBody>)))]
#[get("/v1/redemptions/{id}/parts")]
pub(crate) async fn list_parts(
    state: Data<State>,
    caller: Caller,
    id: Path<RedemptionId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let (book, _, own) = readable(&client, &caller, *id).await?;
    let rows = redemption_parts::list(&client, *id, own.as_deref(), window.after.unwrap_or(-1), window.fetch()).await?;
    Ok(window.page(rows, |row| row.line, |row| GivenBody::new(&row.given, book.currency)).respond(&http))
}

/// An approval: it names the plan that was seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveRedemption {
    /// `digest` of the redemption as the approver read it.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub(crate) digest: String,
}

/// Approves a redemption that somebody else asked for: what it gives is payable to the members, and paid out as their shares are. A
/// distribution that retained such a share cannot be taken back then. What more than a thousand members are given takes several entries: it is `posting`
/// until the worker has posted all of them.
#[utoipa::path(tag = "distributions", operation_id = "approve_redemption",
    params(("id" = String, Path, description = "The redemption")), request_body = ApproveRedemption,
    responses((status = 200, description = "Approved", body = RedemptionBody)))]
#[post("/v1/redemptions/{id}:approve")]
pub(crate) async fn approve(
    state: Data<State>,
    caller: Caller,
    id: Path<RedemptionId>,
    request: Keyed<ApproveRedemption>,
) -> Result<HttpResponse, Problem> {
    approve_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Approves a redemption, once for its key: that of a request, or of a form.
pub(crate) async fn approve_once(
    state: &State,
    caller: &Caller,
    id: RedemptionId,
    key: &IdempotencyKey,
    new: &ApproveRedemption,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let mut seen = [0; 32];
    hex::decode_to_slice(&new.digest, &mut seen).map_err(|_| Problem::invalid("/digest", "64 hexadecimal digits"))?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "redemption").await?;
        let approved = operations::approve(tx, id, seen, by, ledger::calendar::now()).await?;
        shown(tx, caller, &book, approved).await
    })
    .await
}

/// Why a redemption is ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedemptionReason {
    /// For the members to read; never a name.
    #[schema(min_length = 1, max_length = 1000)]
    pub(crate) reason: String,
}

/// Gives a redemption up before it is approved.
#[utoipa::path(tag = "distributions", operation_id = "withdraw_redemption",
    params(("id" = String, Path, description = "The redemption")), request_body = RedemptionReason,
    responses((status = 200, description = "Withdrawn", body = RedemptionBody)))]
#[post("/v1/redemptions/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<RedemptionId>,
    request: Keyed<RedemptionReason>,
) -> Result<HttpResponse, Problem> {
    withdraw_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Gives a redemption up, once for its key: that of a request, or of a form.
pub(crate) async fn withdraw_once(
    state: &State,
    caller: &Caller,
    id: RedemptionId,
    key: &IdempotencyKey,
    why: &RedemptionReason,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &why.reason, text::REASON)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "redemption").await?;
        let withdrawn = operations::withdraw(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        shown(tx, caller, &book, withdrawn).await
    })
    .await
}

/// Takes an approved redemption back by the mirror of its lines: somebody who did not approve it, while nothing of it is paid out. What more than
/// four entries posted is `reversing` until the worker has taken all of them back, and what is still to be given back is paid out to nobody meanwhile.
#[utoipa::path(tag = "distributions", operation_id = "reverse_redemption",
    params(("id" = String, Path, description = "The redemption")), request_body = RedemptionReason,
    responses((status = 200, description = "Reversed, or being reversed", body = RedemptionBody)))]
#[post("/v1/redemptions/{id}:reverse")]
pub(crate) async fn reverse(
    state: Data<State>,
    caller: Caller,
    id: Path<RedemptionId>,
    request: Keyed<RedemptionReason>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, &caller, id.book, "redemption").await?;
        let reversed = operations::reverse(tx, *id, reason.clone(), by, ledger::calendar::now()).await?;
        shown(tx, &caller, &book, reversed).await
    })
    .await
}
