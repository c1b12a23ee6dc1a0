//! Matching rounds: made, opened, counted, published and given up by their host.

use super::round_body::{MatchingRoundBody, NewMatchingRound, readable};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, actor, book_of};
use crate::wire::{ChangeStateRequest, OfBook, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::{BookRef, CampaignId, MatchingRoundId};
use ledger::matching::operations::{pool, rounds as operations, tally};
use ledger::matching::rules::round::Round;
use ledger::matching::store::rounds;
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Makes a matching round, as a draft.
#[utoipa::path(tag = "matching", request_body = NewMatchingRound,
    responses((status = 201, description = "Made", body = MatchingRoundBody)))]
#[post("/v1/matching-rounds")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewMatchingRound>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let book: BookRef = parse("/book", &request.body.book)?;
    let new = request.body.parse(book.book)?;
    idempotent(&state, &request.key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = books::resolve(tx, book).await?;
        caller.require_role(tx, book.organisation, "book").await?;
        let made = operations::create(tx, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&MatchingRoundBody::new(made, &book, None)))
    })
    .await
}

/// Lists the matching rounds of a book, for those who may read its campaigns.
#[utoipa::path(tag = "matching", params(OfBook),
    responses((status = 200, description = "A page, the oldest first", body = Page<MatchingRoundBody>)))]
#[get("/v1/matching-rounds")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Option<Caller>,
    query: Params<OfBook>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let book: BookRef = parse("/book", &query.0.book)?;
    let window = Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = books::resolve(&client, book).await?;
    Reader::of(&client, caller.as_ref(), &book).await?.require_campaigns("book").await?;
    let rows = rounds::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, |row| MatchingRoundBody::new(row, &book, None)).respond(&http))
}

/// Shows a matching round, and what its pool holds.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    responses((status = 200, description = "The round, with its ETag", body = MatchingRoundBody,
        headers(("ETag" = String)))))]
#[get("/v1/matching-rounds/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<MatchingRoundId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, round) = readable(&client, caller.as_ref(), *id).await?;
    let pool = pool::state(&client, &round).await?;
    let tag = etag(round.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(MatchingRoundBody::new(round, &book, Some(pool))))
}

/// A campaign that takes part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCampaignRequest {
    /// A live campaign of the same book and currency.
    #[schema(min_length = 36, max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    campaign: String,
}

/// A campaign of a matching round.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchingCampaign)]
pub struct MatchingCampaignBody {
    #[schema(value_type = String)]
    campaign: CampaignId,
}

/// Adds a campaign to a draft; none is added once it is open.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    request_body = AddCampaignRequest,
    responses((status = 200, description = "It is in the round", body = MatchingRoundBody)))]
#[post("/v1/matching-rounds/{id}/campaigns")]
pub(crate) async fn add_campaign(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<AddCampaignRequest>,
) -> Result<HttpResponse, Problem> {
    let campaign: CampaignId = parse("/campaign", &request.body.campaign)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "matching round").await?;
        caller.require_role(tx, book.organisation, "matching round").await?;
        let round = operations::add_campaign(tx, *id, campaign, actor(&caller), ledger::calendar::now()).await?;
        Ok(Reply::ok(&MatchingRoundBody::new(round, &book, None)))
    })
    .await
}

/// Lists the campaigns of a matching round.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round"), PageQuery),
    responses((status = 200, description = "A page, by campaign", body = Page<MatchingCampaignBody>)))]
#[get("/v1/matching-rounds/{id}/campaigns")]
pub(crate) async fn campaigns(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<MatchingRoundId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    readable(&client, caller.as_ref(), *id).await?;
    let all = rounds::campaigns(&client, *id).await?;
    let after = window.after.unwrap_or_default();
    let rows = all.into_iter().filter(|campaign| campaign.object > after).take(window.limit() + 1).collect();
    Ok(window.page(rows, |row: &CampaignId| row.object, |campaign| MatchingCampaignBody { campaign }).respond(&http))
}

/// Opens a draft: its terms stand, its pool has an account, and what is captured in its period counts.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Open", body = MatchingRoundBody)))]
#[post("/v1/matching-rounds/{id}:open")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::open(tx, *id, change, wall).await).await
}

/// Publishes the draft of the result, and objections are heard from then on. The worker does the same seven days after the tally.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Published", body = MatchingRoundBody)))]
#[post("/v1/matching-rounds/{id}:publish")]
pub(crate) async fn publish(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::publish(tx, *id, change, wall).await)
        .await
}

/// Counts a round again from what counts now. While its result is a draft, that is the draft from now on. A result that is
/// final stays; what a campaign got too much is put on the record as a clawback, and no money moves.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Counted", body = MatchingRoundBody)))]
#[post("/v1/matching-rounds/{id}:recompute")]
pub(crate) async fn recompute(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| tally::recompute(tx, *id, change, wall).await).await
}

/// Lets the result stand, once the time for objections has passed; the worker does the same, and pays it. It is counted a last
/// time, so that what was refunded or disputed meanwhile does not count.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Final", body = MatchingRoundBody)))]
#[post("/v1/matching-rounds/{id}:finalise")]
pub(crate) async fn finalise(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::finalise(tx, *id, change, wall).await)
        .await
}

/// Gives a round up before its result is final; its pool goes back to its sponsors. A reason is needed.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Cancelled", body = MatchingRoundBody)))]
#[post("/v1/matching-rounds/{id}:cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::cancel(tx, *id, change, wall).await).await
}

async fn step(
    state: &State,
    caller: &Caller,
    id: MatchingRoundId,
    request: &Keyed<ChangeStateRequest>,
    run: impl AsyncFnOnce(&Transaction<'_>, Change<'_>, Timestamp) -> Result<Round, Error>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "matching round").await?;
        caller.require_role(tx, book.organisation, "matching round").await?;
        let change = Change { version: None, actor: actor(caller), reason: &reason };
        let changed = run(tx, change, ledger::calendar::now()).await?;
        let pool = pool::state(tx, &changed).await?;
        Ok(Reply::ok(&MatchingRoundBody::new(changed, &book, Some(pool))))
    })
    .await
}
