//! What a matching round comes to: shares, objections, clawbacks, and the file from which anybody counts it again.

use super::round_body::with_result;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::{BalanceBody, paragraphs};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::id::{CampaignId, MatchingRoundId, PersonId};
use ledger::matching::operations::{export as exporting, rounds as operations};
use ledger::matching::rules::formula::{Formula, Share};
use ledger::matching::rules::round::{Clawback, Objection, Round};
use ledger::matching::store::{rounds, tallies};
use ledger::money::Currency;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a campaign gets of a round, and how that comes about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchingShare)]
pub struct MatchingShareBody {
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// All that was given to it in the period, less what went back or is disputed; null in a round by votes.
    given: Option<BalanceBody>,
    /// All votes that were given to it; null unless it is a round by votes.
    votes: Option<i64>,
    /// How many identities count for it.
    identities: i64,
    /// The sum of the roots of what they gave, a whole number of billionths of the root of a minor unit; `0` where the formula takes
    /// none.
    #[schema(pattern = "^[0-9]+$", example = "60000000000")]
    roots: String,
    /// What the formula says before it is scaled to the pool; null in a round by votes.
    raw: Option<BalanceBody>,
    /// What it gets.
    share: BalanceBody,
}

impl MatchingShareBody {
    fn new(it: Share, round: &Round) -> MatchingShareBody {
        let is_by_votes = round.formula.formula == Formula::VotesV1;
        let raw = i128::try_from(it.raw).unwrap_or(i128::MAX);
        MatchingShareBody {
            campaign: it.campaign,
            given: (!is_by_votes).then(|| BalanceBody::new(it.given, round.currency)),
            votes: is_by_votes.then_some(it.given),
            identities: it.identities,
            roots: it.roots.to_string(),
            raw: (!is_by_votes).then(|| BalanceBody::new(raw, round.currency)),
            share: BalanceBody::new(it.share, round.currency),
        }
    }
}

/// Lists what each campaign gets by the tally that counts. Before it is published, the book's own people see it.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round"), PageQuery),
    responses((status = 200, description = "A page, by campaign", body = Page<MatchingShareBody>)))]
#[get("/v1/matching-rounds/{id}/shares")]
pub(crate) async fn shares(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<MatchingRoundId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let (_, round) = with_result(&client, caller.as_ref(), *id).await?;
    let rows = tallies::shares(&client, &round, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.campaign.object, |row| MatchingShareBody::new(row, &round)).respond(&http))
}

/// Why a draft is wrong.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMatchingObjection {
    /// Why, without personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Why somebody thinks that the draft of a result is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchingObjection)]
pub struct MatchingObjectionBody {
    /// Counts the objections of the round, from 1.
    number: i32,
    #[schema(value_type = String)]
    raised_by: PersonId,
    /// The tally that it is about.
    tally: i32,
    reason: String,
    /// When it was raised, by the book's clock.
    raised_at: Timestamp,
}

impl From<Objection> for MatchingObjectionBody {
    fn from(it: Objection) -> MatchingObjectionBody {
        MatchingObjectionBody {
            number: it.number,
            raised_by: it.raised_by,
            tally: it.tally,
            reason: it.reason,
            raised_at: it.raised_at,
        }
    }
}

/// Objects to the draft of a result. The host answers by counting again, or by giving the round up; else it becomes final.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    request_body = NewMatchingObjection,
    responses((status = 201, description = "It is on the record", body = MatchingObjectionBody)))]
#[post("/v1/matching-rounds/{id}/objections")]
pub(crate) async fn raise_objection(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    request: Keyed<NewMatchingObjection>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "matching round").await?;
        caller.require_role(tx, book.organisation, "matching round").await?;
        let objection = operations::object(tx, *id, &reason, by, ledger::calendar::now()).await?;
        Ok(Reply::created(&MatchingObjectionBody::from(objection)))
    })
    .await
}

/// Lists the objections to the draft of a result.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<MatchingObjectionBody>)))]
#[get("/v1/matching-rounds/{id}/objections")]
pub(crate) async fn objections(
    state: Data<State>,
    caller: Caller,
    id: Path<MatchingRoundId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "matching round").await?;
    caller.require_role(&client, book.organisation, "matching round").await?;
    let rows = rounds::objections(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.number, MatchingObjectionBody::from).respond(&http))
}

/// What a campaign got too much, as was found after the result was final.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchingClawback)]
pub struct MatchingClawbackBody {
    /// Counts the findings of the round, from 1.
    number: i32,
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// What it got.
    share: BalanceBody,
    /// What it would have got, the others having what they have.
    would_be: BalanceBody,
    /// When it was found, by the book's clock.
    found_at: Timestamp,
}

impl MatchingClawbackBody {
    fn new(it: Clawback, currency: Currency) -> MatchingClawbackBody {
        MatchingClawbackBody {
            number: it.number,
            campaign: it.campaign,
            share: BalanceBody::new(it.share, currency),
            would_be: BalanceBody::new(it.would_be, currency),
            found_at: it.found_at,
        }
    }
}

/// Lists what campaigns got too much, as was found after the result was final.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<MatchingClawbackBody>)))]
#[get("/v1/matching-rounds/{id}/clawbacks")]
pub(crate) async fn clawbacks(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<MatchingRoundId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let (_, round) = with_result(&client, caller.as_ref(), *id).await?;
    let rows = rounds::clawbacks(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.number, |row| MatchingClawbackBody::new(row, round.currency)).respond(&http))
}

/// Exports the tally that counts, as JSON Lines: the round with its formula and its pool, its campaigns, one line for each identity
/// and campaign (or gift, or votes), and the shares. Identities are pseudonyms of this round alone: no pledge,
/// donor, day or partner stands beside one, but its sum for each campaign does, as nobody could count the round again without them.
/// `commonpurse recompute-round` counts the file again, offline.
#[utoipa::path(tag = "matching", params(("id" = String, Path, description = "The round")),
    responses((status = 200, description = "The tally, as a file to keep",
               headers(("Content-Disposition" = String, description = "The name of the file")),
               content((String = "text/plain")))))]
#[get("/v1/matching-rounds/{id}/export")]
pub(crate) async fn export(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<MatchingRoundId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (_, round) = with_result(&client, caller.as_ref(), *id).await?;
    let text = exporting::text(&client, &round).await?;
    let file = format!("attachment; filename=\"{}-{}.jsonl\"", round.slug, round.tally);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, file))
        .body(text))
}
