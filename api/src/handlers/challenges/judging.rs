//! The panel of a challenge, and its scorecards.

use super::challenge_body::challenge_of;
use super::entrants::Insight;
use super::submissions::readable;
use crate::auth::Caller;
use crate::extract::Keyed;
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::who_may::ANY_ROLE;
use crate::wire::{paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::challenges::operations::judging as operations;
use ledger::challenges::rules::judging::Scorecard;
use ledger::challenges::store::{challenges, scorecards};
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, PersonId, SubmissionId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A judge for the panel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJudge {
    /// A person with the role judge in the host.
    #[schema(min_length = 30, max_length = 30, pattern = "^psn_[a-z2-7]{26}$")]
    person: String,
}

/// The judges of a challenge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Panel)]
pub struct PanelBody {
    #[schema(value_type = Vec<String>)]
    judges: Vec<PersonId>,
}

/// Puts a judge of the host on the panel, until the ranking is made.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The challenge")), request_body = NewJudge,
    responses((status = 201, description = "The panel with the judge", body = PanelBody)))]
#[post("/v1/challenges/{id}/judges")]
pub(crate) async fn appoint(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<NewJudge>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let judge: PersonId = parse("/person", &request.body.person)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "challenge").await?;
        caller.require_role(tx, book.organisation, "challenge").await?;
        operations::appoint(tx, *id, judge, by, ledger::calendar::now()).await?;
        let judges = challenges::panel(tx, *id).await?.into_iter().collect();
        Ok(Reply::created(&PanelBody { judges }))
    })
    .await
}

/// Shows the panel, to the people of the host.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The challenge")),
    responses((status = 200, description = "The panel", body = PanelBody)))]
#[get("/v1/challenges/{id}/judges")]
pub(crate) async fn panel(state: Data<State>, caller: Caller, id: Path<ChallengeId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, _) = challenge_of(&client, *id).await?;
    caller.require_role(&client, book.organisation, "challenge").await?;
    let judges = challenges::panel(&client, *id).await?.into_iter().collect();
    Ok(HttpResponse::Ok().json(PanelBody { judges }))
}

/// What a judge gives a submission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScore {
    /// SHA-256 of the submission that the judge read.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    pub(crate) submission_sha256: String,
    /// 0 to 100 for each criterion of the stage, in their order.
    #[schema(min_items = 1, max_items = 20, example = json!([80, 65]))]
    pub(crate) points: Vec<u8>,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub(crate) comment: String,
}

/// What a judge gave a submission.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scorecard)]
pub struct ScorecardBody {
    #[schema(value_type = String)]
    judge: PersonId,
    #[schema(value_type = String)]
    submission_sha256: Digest,
    /// For each criterion of the stage, in their order.
    #[schema(value_type = Vec<u16>)]
    points: Vec<u8>,
    comment: String,
    /// When that was, by the book's clock.
    at: Timestamp,
}

impl From<Scorecard> for ScorecardBody {
    fn from(it: Scorecard) -> ScorecardBody {
        let Scorecard { judge, submission_digest, points, comment, at } = it;
        ScorecardBody { judge, submission_sha256: submission_digest, points, comment, at }
    }
}

/// The scorecards of a submission.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scorecards)]
pub struct ScorecardsBody {
    items: Vec<ScorecardBody>,
}

/// Scores a submission, as a judge on the panel. A later card takes the place of the judge's earlier one.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The submission")), request_body = NewScore,
    responses((status = 201, description = "Scored", body = ScorecardBody)))]
#[post("/v1/submissions/{id}/scores")]
pub(crate) async fn score(
    state: Data<State>,
    caller: Caller,
    id: Path<SubmissionId>,
    request: Keyed<NewScore>,
) -> Result<HttpResponse, Problem> {
    score_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Scores a submission, once for its key: that of a request, or of a form.
pub(crate) async fn score_once(
    state: &State,
    caller: &Caller,
    id: SubmissionId,
    key: &IdempotencyKey,
    card: &NewScore,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let new = operations::NewScorecard {
        submission: id,
        digest: parse("/submission_sha256", &card.submission_sha256)?,
        points: card.points.clone(),
        comment: paragraphs("/comment", &card.comment, text::STATEMENT_OR_NONE)?,
    };
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "submission").await?;
        caller.require_role(tx, book.organisation, "submission").await?;
        let card = operations::score(tx, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&ScorecardBody::from(card)))
    })
    .await
}

/// Lists the scorecards of a submission: to people of the host, and to its team once it has its place.
#[utoipa::path(tag = "judging", params(("id" = String, Path, description = "The submission")),
    responses((status = 200, description = "By judge", body = ScorecardsBody)))]
#[get("/v1/submissions/{id}/scores")]
pub(crate) async fn scores(
    state: Data<State>,
    caller: Caller,
    id: Path<SubmissionId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (insight, submission) = readable(&client, &caller, *id).await?;
    let allowed = match insight {
        Insight::Host => true,
        Insight::Entrant => submission.placed.is_some() && caller.has_role(&client, submission.team, ANY_ROLE).await?,
    };
    if !allowed {
        return Err(Error::Forbidden("the cards are for the host, and for the team once it has its place").into());
    }
    let items = scorecards::list(&client, *id).await?.into_iter().map(ScorecardBody::from).collect();
    Ok(HttpResponse::Ok().json(ScorecardsBody { items }))
}
