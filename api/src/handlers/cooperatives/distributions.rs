//! Distributions of a cooperative: drafted, opened to objections, approved, posted by the worker, taken back.

use super::distribution_body::{DistributionBody, ObjectionBody, ObjectionsBody, SHARES_READ, ShareBody, share_body};
use super::members::{cooperative, cooperative_of, visible_members};
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, has_come, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{etag, paragraphs};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::operations::distributions as operations;
use ledger::cooperatives::rules::cooperative::Period;
use ledger::cooperatives::rules::distribution::{Distribution, DistributionState};
use ledger::cooperatives::rules::plan::MemberPart;
use ledger::cooperatives::store::{distributions, unpaid};
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, DistributionId, MemberId};
use ledger::text;
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The period to be distributed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDistribution {
    /// First day.
    from: Date,
    /// Last day; at most a year after the first.
    to: Date,
}

/// Whether to try only.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// Computes the draft, and writes nothing. With an Idempotency-Key that has come before, it is answered as the request
    /// itself would be.
    #[serde(default)]
    dry_run: bool,
}

/// Drafts the distribution of a period: closes its result, takes the rule in force on its last day and the hours attested,
/// and freezes who gets what.
#[utoipa::path(tag = "distributions", params(("book" = String, Path, description = "The cooperative's book"), DryRun),
    request_body = NewDistribution,
    responses((status = 201, description = "Drafted", body = DistributionBody),
              (status = 200, description = "With `dry_run`: it would be drafted", body = DistributionBody)))]
#[post("/v1/cooperatives/{book}/distributions")]
pub(crate) async fn draft(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<DryRun>,
    request: Keyed<NewDistribution>,
) -> Result<HttpResponse, Problem> {
    let period = Period::new(request.body.from, request.body.to);
    let period = period.map_err(|refusal| Problem::invalid("/to", refusal.detail))?;
    if query.0.dry_run && !has_come(&state, &request.key, Scope::Book(id.book), caller.id()).await? {
        let (tried, shares) = tried(&state, &caller, *id, period).await?;
        return Ok(HttpResponse::Ok().json(DistributionBody::new(tried, &shares, &HashMap::new())));
    }
    draft_once(&state, &caller, *id, &request.key, (period, None)).await
}

/// What drafting the distribution of a period would come to, with the first shares: computed, and nothing written.
pub(crate) async fn tried(
    state: &State,
    caller: &Caller,
    id: BookRef,
    period: Period,
) -> Result<(Distribution, Vec<MemberPart>), Problem> {
    let by = caller.person()?.id;
    let mut client = state.client().await?;
    let tx = client.transaction().await?;
    let book = cooperative(&tx, caller, id).await?;
    let tried = async {
        let drafted = operations::draft(&tx, book.id, period, by, ledger::calendar::now()).await?;
        let shares = distributions::shares(&tx, drafted.id, None, 0, SHARES_READ).await?;
        Ok::<_, Error>((drafted, shares))
    };
    let tried = tried.await;
    tx.rollback().await?;
    Ok(tried?)
}

/// Drafts the distribution of a period, once for its key: that of a request, or of a form. Whoever has read a plan gives its digest, and
/// nothing else is drafted.
pub(crate) async fn draft_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    (period, seen): (Period, Option<[u8; 32]>),
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let drafted = operations::draft(tx, book.id, period, by, ledger::calendar::now()).await?;
        if let Some(seen) = seen {
            drafted.demand_digest(seen)?;
        }
        let shares = distributions::shares(tx, drafted.id, None, 0, SHARES_READ).await?;
        Ok(Reply::created(&DistributionBody::new(drafted, &shares, &HashMap::new())))
    })
    .await
}

/// Lists distributions; drafts for those who see all shares.
#[utoipa::path(tag = "distributions",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<DistributionBody>)))]
#[get("/v1/cooperatives/{book}/distributions")]
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
    let rows = distributions::list(&client, book.id, own.is_none(), after, window.fetch()).await?;
    let ids: Vec<DistributionId> = rows.iter().map(|row| row.id).collect();
    let left = unpaid::of(&client, book.id, &ids).await?;
    let shares = distributions::first_shares(&client, book.id, &ids, own.as_deref(), SHARES_READ).await?;
    let body = |row: Distribution| {
        let shares = shares.get(&row.id).map_or(&[][..], Vec::as_slice);
        DistributionBody::new(row, shares, &left)
    };
    Ok(window.page(rows, |row| row.id.object, body).respond(&http))
}

/// Shows a distribution; to plain members with their own shares, once it is open.
#[utoipa::path(tag = "distributions", params(("id" = String, Path, description = "The distribution")),
    responses((status = 200, description = "The distribution, with its ETag", body = DistributionBody,
        headers(("ETag" = String)))))]
#[get("/v1/distributions/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<DistributionId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (found, own) = readable(&client, &caller, *id).await?;
    let tag = etag(found.version);
    let shares = distributions::shares(&client, *id, own.as_deref(), 0, SHARES_READ).await?;
    let left = unpaid::of(&client, id.book, &[*id]).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(DistributionBody::new(found, &shares, &left)))
}

/// A distribution for who may read it, and whose shares that person sees: none for all. Nobody but its makers sees a draft.
async fn readable(
    client: &impl GenericClient,
    caller: &Caller,
    id: DistributionId,
) -> Result<(Distribution, Option<Vec<MemberId>>), Problem> {
    let book = cooperative_of(client, caller, id.book, "distribution").await?;
    let found = distributions::get(client, id).await?;
    let own = visible_members(client, caller, &book).await?;
    if own.is_some() && matches!(found.state, DistributionState::Draft { .. }) {
        return Err(Error::NotFound("distribution").into());
    }
    Ok((found, own))
}

/// Lists the shares of a distribution; to plain members their own, once it is open.
#[utoipa::path(tag = "distributions", operation_id = "list_distribution_shares",
    params(("id" = String, Path, description = "The distribution"), PageQuery),
    responses((status = 200, description = "A page, by the member's number", body = Page<ShareBody>)))]
#[get("/v1/distributions/{id}/shares")]
pub(crate) async fn list_shares(
    state: Data<State>,
    caller: Caller,
    id: Path<DistributionId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let (found, own) = readable(&client, &caller, *id).await?;
    let after = window.after.unwrap_or_default();
    let rows = distributions::shares(&client, *id, own.as_deref(), after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.number, |row| share_body(&row, found.currency)).respond(&http))
}

/// Brings a draft before the members, who may object from now on.
#[utoipa::path(tag = "distributions", params(("id" = String, Path, description = "The distribution")),
    request_body = Nothing,
    responses((status = 200, description = "Open to objections", body = DistributionBody)))]
#[post("/v1/distributions/{id}:open")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<DistributionId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    open_once(&state, &caller, *id, &request.key).await
}

/// Brings a draft before the members, once for its key: that of a request, or of a form.
pub(crate) async fn open_once(
    state: &State,
    caller: &Caller,
    id: DistributionId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "distribution").await?;
        let opened = operations::open(tx, id, by, ledger::calendar::now()).await?;
        shown(tx, caller, &book, opened).await
    })
    .await
}

/// Why somebody objects to a distribution, or ends it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DistributionReason {
    /// For the members to read.
    #[schema(min_length = 1, max_length = 1000)]
    pub(crate) reason: String,
}

/// Objects, once a member, while the window is open. The distribution waits until somebody else answers.
#[utoipa::path(tag = "distributions", params(("id" = String, Path, description = "The distribution")),
    request_body = DistributionReason,
    responses((status = 200, description = "It waits for an answer", body = DistributionBody)))]
#[post("/v1/distributions/{id}:object")]
pub(crate) async fn raise_objection(
    state: Data<State>,
    caller: Caller,
    id: Path<DistributionId>,
    request: Keyed<DistributionReason>,
) -> Result<HttpResponse, Problem> {
    object_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Objects to a distribution, once for its key: that of a request, or of a form.
pub(crate) async fn object_once(
    state: &State,
    caller: &Caller,
    id: DistributionId,
    key: &IdempotencyKey,
    why: &DistributionReason,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &why.reason, text::REASON)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "distribution").await?;
        let objected = operations::object(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        shown(tx, caller, &book, objected).await
    })
    .await
}

/// An approval: it names the plan that was seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveDistribution {
    /// `digest` of the distribution as the approver read it.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub(crate) digest: String,
    /// After an objection: why it goes on all the same.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(crate) answer: String,
}

/// Approves a distribution that somebody else drafted; when its window has passed, the worker posts it.
#[utoipa::path(tag = "distributions", params(("id" = String, Path, description = "The distribution")),
    request_body = ApproveDistribution,
    responses((status = 200, description = "Approved", body = DistributionBody)))]
#[post("/v1/distributions/{id}:approve")]
pub(crate) async fn approve(
    state: Data<State>,
    caller: Caller,
    id: Path<DistributionId>,
    request: Keyed<ApproveDistribution>,
) -> Result<HttpResponse, Problem> {
    approve_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Approves a distribution, once for its key: that of a request, or of a form.
pub(crate) async fn approve_once(
    state: &State,
    caller: &Caller,
    id: DistributionId,
    key: &IdempotencyKey,
    new: &ApproveDistribution,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let mut seen = [0; 32];
    hex::decode_to_slice(&new.digest, &mut seen).map_err(|_| Problem::invalid("/digest", "64 hexadecimal digits"))?;
    let answer = paragraphs("/answer", &new.answer, text::REASON_OR_NONE)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "distribution").await?;
        let approved = operations::approve(tx, id, Some(seen), &answer, by, ledger::calendar::now()).await?;
        shown(tx, caller, &book, approved).await
    })
    .await
}

/// Gives a distribution up before it is posted. Its period can be drafted again.
#[utoipa::path(tag = "distributions", params(("id" = String, Path, description = "The distribution")),
    request_body = DistributionReason,
    responses((status = 200, description = "Withdrawn", body = DistributionBody)))]
#[post("/v1/distributions/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<DistributionId>,
    request: Keyed<DistributionReason>,
) -> Result<HttpResponse, Problem> {
    withdraw_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Gives a distribution up, once for its key: that of a request, or of a form.
pub(crate) async fn withdraw_once(
    state: &State,
    caller: &Caller,
    id: DistributionId,
    key: &IdempotencyKey,
    why: &DistributionReason,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &why.reason, text::REASON)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "distribution").await?;
        let withdrawn = operations::withdraw(tx, id, reason.clone(), by, ledger::calendar::now()).await?;
        shown(tx, caller, &book, withdrawn).await
    })
    .await
}

/// Takes a posted distribution back by the mirror of its lines: somebody who did not approve it, while nothing is paid out. What more than
/// four entries posted is `reversing` until the worker has taken all of them back, and what is still to be given back is paid out to nobody meanwhile.
#[utoipa::path(tag = "distributions", params(("id" = String, Path, description = "The distribution")),
    request_body = DistributionReason,
    responses((status = 200, description = "Reversed, or being reversed", body = DistributionBody)))]
#[post("/v1/distributions/{id}:reverse")]
pub(crate) async fn reverse(
    state: Data<State>,
    caller: Caller,
    id: Path<DistributionId>,
    request: Keyed<DistributionReason>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, &caller, id.book, "distribution").await?;
        let reversed = operations::reverse(tx, *id, reason.clone(), by, ledger::calendar::now()).await?;
        shown(tx, &caller, &book, reversed).await
    })
    .await
}

/// The answer, with the shares that the caller may see.
async fn shown(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    distribution: Distribution,
) -> Result<Reply, Error> {
    let own = visible_members(client, caller, book).await?;
    let shares = distributions::shares(client, distribution.id, own.as_deref(), 0, SHARES_READ).await?;
    let left = unpaid::of(client, book.id, &[distribution.id]).await?;
    Ok(Reply::ok(&DistributionBody::new(distribution, &shares, &left)))
}

/// Lists the objections: whoever answers them, and every member, has to see them.
#[utoipa::path(tag = "distributions", params(("id" = String, Path, description = "The distribution")),
    responses((status = 200, description = "All of them, the oldest first", body = ObjectionsBody)))]
#[get("/v1/distributions/{id}/objections")]
pub(crate) async fn objections(
    state: Data<State>,
    caller: Caller,
    id: Path<DistributionId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    cooperative_of(&client, &caller, id.book, "distribution").await?;
    distributions::get(&client, *id).await?;
    let rows = distributions::objections(&client, *id).await?;
    Ok(HttpResponse::Ok().json(ObjectionsBody { items: rows.into_iter().map(ObjectionBody::from).collect() }))
}
