//! Claims of milestones: writing, showing and submitting them.

use super::claim_body::{ClaimBody, ReviewBody, readable};
use crate::auth::Caller;
use crate::evidence_body::{Files, NewEvidence, parse_evidence};
use crate::extract::{Body, Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, book_of};
use crate::wire::{IfMatch, MoneyBody, etag, paragraphs};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use ledger::id::{BookId, ClaimId, MilestoneId, PersonId};
use ledger::milestones::operations::{claims as operations, milestones as access};
use ledger::milestones::rules::claim::Content;
use ledger::milestones::rules::review::{Ballot, Review};
use ledger::milestones::store::{claims, clawbacks, milestones, reviews};
use ledger::text;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a claim says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    /// How much is asked for: the milestone's amount or a part of it.
    pub(crate) amount: MoneyBody,
    /// What was done.
    #[serde(default)]
    #[schema(max_length = 8000)]
    pub(crate) note: String,
    /// What shows it.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub(crate) evidence: Vec<NewEvidence>,
}

impl NewClaim {
    async fn parse(&self, state: &State, book: BookId, by: PersonId) -> Result<(Content, Files), Problem> {
        let (evidence, named) = parse_evidence(state, book, by, &self.evidence).await?;
        let content = Content {
            amount: self.amount.parse("/amount")?,
            note: paragraphs("/note", &self.note, text::NOTE)?,
            evidence,
        };
        Ok((content, named))
    }
}

/// Begins a claim, as a draft. Members of the milestone's team may.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The milestone")), request_body = NewClaim,
    responses((status = 201, description = "Drafted", body = ClaimBody)))]
#[post("/v1/milestones/{id}/claims")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneId>,
    request: Keyed<NewClaim>,
) -> Result<HttpResponse, Problem> {
    draft(&state, &caller, *id, &request.key, &request.body).await
}

/// Begins a claim, once for its key: that of a request, or of a form.
pub(crate) async fn draft(
    state: &State,
    caller: &Caller,
    id: MilestoneId,
    key: &IdempotencyKey,
    new: &NewClaim,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let (content, named) = new.parse(state, id.book, by).await?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let wall = ledger::calendar::now();
        let claim = operations::create(tx, id, content.clone(), by, wall).await?;
        named.of_claim(tx, claim.id, wall).await?;
        Ok(Reply::created(&ClaimBody::new(claim, None)))
    })
    .await
}

/// Lists the claims of a milestone.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The milestone"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<ClaimBody>)))]
#[get("/v1/milestones/{id}/claims")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "milestone").await?;
    let team = milestones::get(&client, *id).await?.team;
    Reader::of(&client, Some(&caller), &book).await?.require_team(Some(team), false, "milestone").await?;
    let rows = claims::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, |row| ClaimBody::new(row, None)).respond(&http))
}

/// Shows a claim with its evidence and what of it is missing, the reviews of its present submission, and its clocks.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")),
    responses((status = 200, description = "The claim, with its ETag", body = ClaimBody,
        headers(("ETag" = String)))))]
#[get("/v1/claims/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<ClaimId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let claim = readable(&client, &caller, *id).await?;
    let book = book_of(&client, id.book, "claim").await?;
    let parties = access::parties(&client, &book, claim.team, claim.claimant).await?;
    let said = reviews::list_of_round(&client, *id, claim.round).await?;
    let subject = claim.subject();
    let shown = |review: Review| {
        let counts = Ballot::count(std::slice::from_ref(&review), &subject, &parties) != Ballot::default();
        ReviewBody::new(review, claim.content.amount.currency(), Some(counts))
    };
    let reviews = said.into_iter().map(shown).collect();
    let tag = etag(claim.version);
    let missing = milestones::get(&client, claim.milestone).await?.gate.missing(&claim.content.evidence);
    let clawback = clawbacks::find(&client, *id).await?;
    let shown = ClaimBody::new(claim, Some(reviews)).with(missing, clawback);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(shown))
}

/// Replaces what a claim says. Its approvals fall, and it is a draft again.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")), request_body = NewClaim,
    responses((status = 200, description = "As it is now, with its new ETag", body = ClaimBody)))]
#[put("/v1/claims/{id}")]
pub(crate) async fn change(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    seen: IfMatch,
    request: Body<NewClaim>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let (content, named) = request.0.parse(&state, id.book, by).await?;
    let changed = state
        .in_transaction(async |tx| {
            let wall = ledger::calendar::now();
            let changed = operations::edit(tx, *id, seen.0, content.clone(), by, wall).await?;
            named.of_claim(tx, *id, wall).await?;
            Ok(changed)
        })
        .await?;
    let tag = etag(changed.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(ClaimBody::new(changed, None)))
}

/// Replaces what a claim says, once for the key of a form that was filled from a version of it.
pub(crate) async fn rewrite(
    state: &State,
    caller: &Caller,
    (id, version): (ClaimId, i64),
    key: &IdempotencyKey,
    new: &NewClaim,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let (content, named) = new.parse(state, id.book, by).await?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let wall = ledger::calendar::now();
        let changed = operations::edit(tx, id, version, content.clone(), by, wall).await?;
        named.of_claim(tx, id, wall).await?;
        Ok(Reply::ok(&ClaimBody::new(changed, None)))
    })
    .await
}

/// Hands a claim to the reviewers of the host, once the evidence is there that the milestone asks for.
#[utoipa::path(tag = "claims", params(("id" = String, Path, description = "The claim")), request_body = Nothing,
    responses((status = 200, description = "Submitted", body = ClaimBody)))]
#[post("/v1/claims/{id}:submit")]
pub(crate) async fn submit(
    state: Data<State>,
    caller: Caller,
    id: Path<ClaimId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    hand_in(&state, &caller, *id, &request.key).await
}

/// Hands a claim to the reviewers, once for its key: that of a request, or of a form.
pub(crate) async fn hand_in(
    state: &State,
    caller: &Caller,
    id: ClaimId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let claim = operations::submit(tx, id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ClaimBody::new(claim, None)))
    })
    .await
}
