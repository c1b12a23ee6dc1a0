//! Appeals of teams against provisional rankings.

use super::challenge_body::challenge_of;
use super::entrants::insight;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::{paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::challenges::operations::appeals as operations;
use ledger::challenges::rules::appeal::{Appeal, AppealState};
use ledger::challenges::store::appeals;
use ledger::id::{AppealId, ChallengeId, EntrantId, OrganisationId, PersonId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a team has against a ranking.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppeal {
    /// The team; it has entered.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    team: String,
    /// What is wrong; no personal data.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

/// Why an appeal is decided so.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideAppealRequest {
    /// For the team; no personal data.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// An appeal against a provisional ranking.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Appeal)]
pub struct AppealBody {
    #[schema(value_type = String)]
    id: AppealId,
    #[schema(value_type = String)]
    challenge: ChallengeId,
    /// The entry of the team.
    #[schema(value_type = String)]
    entry: EntrantId,
    /// Who raised it for the team.
    #[schema(value_type = String)]
    raised_by: PersonId,
    reason: String,
    /// `open`, `upheld`, `dismissed`, or `lapsed`: nobody decided in time, and the ranking stands.
    #[schema(value_type = String)]
    state: AppealState,
    /// When it was raised, by the book's clock.
    raised_at: Timestamp,
    /// When it lapses unless somebody decides, by the book's clock.
    until: Timestamp,
    /// Which owner of the host decided; null when none did.
    #[schema(value_type = Option<String>)]
    decided_by: Option<PersonId>,
    /// When it was decided or lapsed; null while it is open. By the book's clock.
    decided_at: Option<Timestamp>,
    /// Why it was decided so; null where nobody decided.
    decision: Option<String>,
}

impl From<Appeal> for AppealBody {
    fn from(it: Appeal) -> AppealBody {
        AppealBody {
            id: it.id,
            challenge: it.challenge,
            entry: it.entrant,
            raised_by: it.raised_by,
            reason: it.reason,
            state: it.state,
            raised_at: it.raised_at,
            until: it.until,
            decided_by: it.decided_by,
            decided_at: it.decided_at,
            decision: Some(it.decision).filter(|decision| !decision.is_empty()),
        }
    }
}

/// Raises the one appeal of a team that has entered, while the ranking is provisional. No prize is awarded while it is open; it is decided
/// within the days that the rules say, or it lapses and the ranking stands.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The challenge")), request_body = NewAppeal,
    responses((status = 201, description = "Raised", body = AppealBody)))]
#[post("/v1/challenges/{id}/appeals")]
pub(crate) async fn raise(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<NewAppeal>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let team: OrganisationId = parse("/team", &request.body.team)?;
    let reason = paragraphs("/reason", &request.body.reason, text::STATEMENT)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (_, challenge) = challenge_of(tx, *id).await?;
        if !challenge.state.is_announced() {
            return Err(Error::NotFound("challenge"));
        }
        let raised = operations::raise(tx, *id, team, reason.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&AppealBody::from(raised)))
    })
    .await
}

/// Lists the appeals, for people of the host and of teams that have entered.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The challenge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<AppealBody>)))]
#[get("/v1/challenges/{id}/appeals")]
pub(crate) async fn list_appeals(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    insight(&client, &caller, &book, &challenge).await?;
    let rows = appeals::list(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, AppealBody::from).respond(&http))
}

/// Upholds an appeal, as an owner of the host who neither judges the challenge nor is tied to the team. The ranking falls: judges have
/// their time anew and may give their cards anew, and the next ranking is provisional again, for as long as the first.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The appeal")), request_body = DecideAppealRequest,
    responses((status = 200, description = "Upheld", body = AppealBody)))]
#[post("/v1/appeals/{id}:uphold")]
pub(crate) async fn uphold(
    state: Data<State>,
    caller: Caller,
    id: Path<AppealId>,
    request: Keyed<DecideAppealRequest>,
) -> Result<HttpResponse, Problem> {
    decide(&state, &caller, *id, &request, true).await
}

/// Dismisses an appeal, as an owner of the host who neither judges the challenge nor is tied to the team. The ranking stands.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The appeal")), request_body = DecideAppealRequest,
    responses((status = 200, description = "Dismissed", body = AppealBody)))]
#[post("/v1/appeals/{id}:dismiss")]
pub(crate) async fn dismiss(
    state: Data<State>,
    caller: Caller,
    id: Path<AppealId>,
    request: Keyed<DecideAppealRequest>,
) -> Result<HttpResponse, Problem> {
    decide(&state, &caller, *id, &request, false).await
}

async fn decide(
    state: &State,
    caller: &Caller,
    id: AppealId,
    request: &Keyed<DecideAppealRequest>,
    is_upheld: bool,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "appeal").await?;
        caller.require_role(tx, book.organisation, "appeal").await?;
        let decided = operations::decide(tx, id, is_upheld, by, &reason, ledger::calendar::now()).await?;
        Ok(Reply::ok(&AppealBody::from(decided)))
    })
    .await
}
