//! Submissions of teams: written, shown and handed in.

use super::challenge_body::{challenge_of, require_reader};
use super::entrants::{Insight, insight, is_blind};
use crate::auth::Caller;
use crate::evidence_body::{EvidenceBody, Files, NewEvidence, parse_evidence};
use crate::extract::{Body, Keyed, Nothing, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::who_may::ANY_ROLE;
use crate::wire::{IfMatch, bounded, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::challenges::operations::submissions as operations;
use ledger::challenges::rules::submission::{ATTRIBUTIONS_MAX, Attribution, Content, Submission, SubmissionState};
use ledger::challenges::store::attributions::{self, Edge};
use ledger::challenges::store::submissions;
use ledger::evidence::{Digest, Evidence};
use ledger::id::{BookId, ChallengeId, EntrantId, OrganisationId, PersonId, SharePlanId, SubmissionId};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Other teams' work that a submission builds on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttribution {
    /// Which submission.
    #[schema(min_length = 36, max_length = 36, pattern = "^sub_[a-z2-7]{32}$")]
    submission: String,
    /// What was taken over.
    #[schema(min_length = 1, max_length = 200, example = "gearbox")]
    part: String,
    /// How much of the whole, hundredths of a percent; all parts together are at most 10000.
    #[schema(minimum = 1, maximum = 10000, example = 3750)]
    share: u16,
}

/// What a submission shall say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubmissionContent {
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// What was done.
    #[serde(default)]
    #[schema(max_length = 8000)]
    note: String,
    /// What shows it.
    #[serde(default)]
    #[schema(max_items = 50)]
    evidence: Vec<NewEvidence>,
    /// What it builds on.
    #[serde(default)]
    #[schema(max_items = 50)]
    attributions: Vec<NewAttribution>,
}

impl NewSubmissionContent {
    async fn parse(&self, state: &State, book: BookId, by: PersonId) -> Result<(Content, Files), Problem> {
        let (evidence, named) = parse_evidence(state, book, by, &self.evidence).await?;
        Ok((parse_content(&self.title, &self.note, evidence, &self.attributions)?, named))
    }
}

fn parse_content(
    title: &str,
    note: &str,
    evidence: Vec<Evidence>,
    attributions: &[NewAttribution],
) -> Result<Content, Problem> {
    if attributions.len() > ATTRIBUTIONS_MAX {
        return Err(Problem::invalid("/attributions", format!("{ATTRIBUTIONS_MAX} at most")));
    }
    let attribution = |(index, it): (usize, &NewAttribution)| {
        Ok::<_, Problem>(Attribution {
            part: bounded(&format!("/attributions/{index}/part"), &it.part, text::NAME)?,
            share: it.share,
            submission: parse(&format!("/attributions/{index}/submission"), &it.submission)?,
        })
    };
    Ok(Content {
        title: bounded("/title", title, text::NAME)?,
        note: paragraphs("/note", note, text::NOTE)?,
        evidence,
        attributions: attributions.iter().enumerate().map(attribution).collect::<Result<_, _>>()?,
    })
}

/// Work of a team for a stage.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubmission {
    /// The team; it has entered.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    team: String,
    /// Name of the stage; a team has one submission for each.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$")]
    stage: String,
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// What was done.
    #[serde(default)]
    #[schema(max_length = 8000)]
    note: String,
    /// What shows it.
    #[serde(default)]
    #[schema(max_items = 50)]
    evidence: Vec<NewEvidence>,
    /// What it builds on.
    #[serde(default)]
    #[schema(max_items = 50)]
    attributions: Vec<NewAttribution>,
}

/// Other teams' work that a submission builds on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attribution)]
pub struct AttributionBody {
    #[schema(value_type = String)]
    submission: SubmissionId,
    part: String,
    /// Hundredths of a percent.
    share: u16,
}

/// A submission.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Submission)]
pub struct SubmissionBody {
    #[schema(value_type = String)]
    id: SubmissionId,
    #[schema(value_type = String)]
    challenge: ChallengeId,
    /// Null for who judges blind, until the ranking is provisional.
    #[schema(value_type = Option<String>)]
    entry: Option<EntrantId>,
    /// Null for who judges blind, until the ranking is provisional.
    #[schema(value_type = Option<String>)]
    team: Option<OrganisationId>,
    stage: String,
    title: String,
    note: String,
    evidence: Vec<EvidenceBody>,
    attributions: Vec<AttributionBody>,
    /// SHA-256 of it with its evidence and attributions, as JSON of RFC 8785; a scorecard restates it.
    #[schema(value_type = String)]
    sha256: Digest,
    /// Counts its texts.
    revision: i32,
    /// `draft`, `submitted`, `incomplete`: a draft when submissions closed, or `withdrawn` with its entry. Only what is submitted is
    /// judged.
    state: String,
    /// Null before it was handed in complete. By the book's clock.
    submitted_at: Option<Timestamp>,
    /// Its place in its stage; null before the ranking, or where it has none.
    place: Option<i32>,
    /// Points with two decimals; null where it has no place.
    #[schema(example = "75.08")]
    score: Option<String>,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl From<Submission> for SubmissionBody {
    fn from(it: Submission) -> SubmissionBody {
        let attribution =
            |it: &Attribution| AttributionBody { submission: it.submission, part: it.part.clone(), share: it.share };
        SubmissionBody {
            id: it.id,
            challenge: it.challenge,
            entry: Some(it.entrant),
            team: Some(it.team),
            evidence: it.content.evidence.iter().map(EvidenceBody::from).collect(),
            attributions: it.content.attributions.iter().map(attribution).collect(),
            sha256: it.digest(),
            revision: it.revision,
            state: it.state.as_str().to_owned(),
            submitted_at: it.state.submitted_at(),
            place: it.placed.map(|placed| placed.place),
            score: it.placed.map(|placed| format!("{}.{:02}", placed.score / 100, placed.score % 100)),
            created_at: it.created_at,
            stage: it.stage,
            title: it.content.title,
            note: it.content.note,
        }
    }
}

impl SubmissionBody {
    /// As somebody reads it who may be blind for its team.
    fn seen(it: Submission, is_blind: bool) -> SubmissionBody {
        let body = SubmissionBody::from(it);
        if is_blind { SubmissionBody { entry: None, team: None, ..body } } else { body }
    }
}

/// A submission that the caller may see: people of the host and of its team may, and once it was handed in those of the
/// other teams that have entered.
pub(crate) async fn readable(
    client: &impl GenericClient,
    caller: &Caller,
    id: SubmissionId,
) -> Result<(Insight, Submission), Error> {
    let hidden = |error| if matches!(error, Error::NotFound(_)) { Error::NotFound("submission") } else { error };
    let submission = submissions::get(client, id).await?;
    let (book, challenge) = challenge_of(client, submission.challenge).await.map_err(hidden)?;
    let insight = insight(client, caller, &book, &challenge).await.map_err(hidden)?;
    let is_shared = match submission.state {
        SubmissionState::Submitted { .. } => true,
        SubmissionState::Draft | SubmissionState::Incomplete | SubmissionState::Withdrawn => false,
    };
    if insight == Insight::Host || is_shared || caller.has_role(client, submission.team, ANY_ROLE).await? {
        return Ok((insight, submission));
    }
    Err(Error::NotFound("submission"))
}

/// Begins a submission of a team that has entered, as a draft.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The challenge")),
    request_body = NewSubmission,
    responses((status = 201, description = "Drafted", body = SubmissionBody)))]
#[post("/v1/challenges/{id}/submissions")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    request: Keyed<NewSubmission>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let body = &request.body;
    let (evidence, named) = parse_evidence(&state, id.book, by, &body.evidence).await?;
    let new = operations::NewSubmission {
        challenge: *id,
        team: parse("/team", &body.team)?,
        stage: bounded("/stage", &body.stage, 1..=40)?,
        content: parse_content(&body.title, &body.note, evidence, &body.attributions)?,
    };
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let (_, challenge) = challenge_of(tx, *id).await?;
        if !challenge.state.is_announced() {
            return Err(Error::NotFound("challenge"));
        }
        let wall = ledger::calendar::now();
        let made = operations::create(tx, new.clone(), by, wall).await?;
        named.of_submission(tx, made.id, wall).await?;
        Ok(Reply::created(&SubmissionBody::from(made)))
    })
    .await
}

/// Lists the submissions: all for people of the host; for those of teams what was handed in, and their own.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The challenge"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<SubmissionBody>)))]
#[get("/v1/challenges/{id}/submissions")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    let (after, limit) = (window.after.unwrap_or_default(), window.fetch());
    let is_blind = is_blind(&client, &caller, &book, &challenge).await?;
    let rows = match insight(&client, &caller, &book, &challenge).await? {
        Insight::Host => submissions::list(&client, *id, after, limit).await?,
        Insight::Entrant => submissions::list_of_person(&client, *id, caller.person()?.id, after, limit).await?,
    };
    Ok(window.page(rows, |row| row.id.object, |row| SubmissionBody::seen(row, is_blind)).respond(&http))
}

/// Shows a submission.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The submission")),
    responses((status = 200, description = "The submission, with its ETag", body = SubmissionBody,
        headers(("ETag" = String)))))]
#[get("/v1/submissions/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<SubmissionId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (_, submission) = readable(&client, &caller, *id).await?;
    let (book, challenge) = challenge_of(&client, submission.challenge).await?;
    let is_blind = is_blind(&client, &caller, &book, &challenge).await?;
    let tag = etag(submission.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(SubmissionBody::seen(submission, is_blind)))
}

/// Replaces what a submission says. One that was handed in is a draft again. No submission builds on itself, by no way through others
/// (`attribution-cycle` names the way), and a share plan that stands names whom it builds on.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The submission")),
    request_body = NewSubmissionContent,
    responses((status = 200, description = "As it is now, with its new ETag", body = SubmissionBody)))]
#[put("/v1/submissions/{id}")]
pub(crate) async fn change(
    state: Data<State>,
    caller: Caller,
    id: Path<SubmissionId>,
    seen: IfMatch,
    request: Body<NewSubmissionContent>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let (content, named) = request.0.parse(&state, id.book, by).await?;
    let changed = state
        .in_transaction(async |tx| {
            readable(tx, &caller, *id).await?;
            let wall = ledger::calendar::now();
            let changed = operations::edit(tx, *id, seen.0, content.clone(), by, wall).await?;
            named.of_submission(tx, *id, wall).await?;
            Ok(changed)
        })
        .await?;
    let tag = etag(changed.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(SubmissionBody::from(changed)))
}

/// Hands a submission in. What is incomplete is refused (`gate-incomplete`) with what is missing, and stays a draft.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The submission")), request_body = Nothing,
    responses((status = 200, description = "Handed in", body = SubmissionBody)))]
#[post("/v1/submissions/{id}:submit")]
pub(crate) async fn submit(
    state: Data<State>,
    caller: Caller,
    id: Path<SubmissionId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        readable(tx, &caller, *id).await?;
        let submitted = operations::submit(tx, *id, None, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&SubmissionBody::from(submitted)))
    })
    .await
}

/// That a submission builds on another one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttributionEdge)]
pub struct EdgeBody {
    /// What builds on the other.
    #[schema(value_type = String)]
    submission: SubmissionId,
    /// Name of its stage.
    stage: String,
    /// Whose work it is; null until the ranking is provisional.
    #[schema(value_type = Option<String>)]
    team: Option<OrganisationId>,
    /// The other.
    #[schema(value_type = String)]
    builds_on: SubmissionId,
    /// Whose work that is; null until the ranking is provisional.
    #[schema(value_type = Option<String>)]
    builds_on_team: Option<OrganisationId>,
    /// What was taken over.
    part: String,
    /// How much of the whole, hundredths of a percent, as the submission states it.
    share: u16,
    /// The share plan of the submission, if one is fixed: by it its prizes are divided.
    #[schema(value_type = Option<String>)]
    share_plan: Option<SharePlanId>,
    /// What that plan gives whose work is built on, hundredths of a percent; null where none is fixed, or it gives nothing.
    fixed_share: Option<u16>,
}

/// Lists what was built on what, as the work that was handed in says it, and which shares are fixed, to everybody who sees the challenge.
#[utoipa::path(tag = "submissions", params(("id" = String, Path, description = "The challenge"), PageQuery),
    responses((status = 200, description = "A page, by submission", body = Page<EdgeBody>)))]
#[get("/v1/challenges/{id}/attributions")]
pub(crate) async fn list_attributions(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<ChallengeId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<(Uuid, i16)>()?;
    let client = state.client().await?;
    let (book, challenge) = challenge_of(&client, *id).await?;
    require_reader(&client, caller.as_ref(), &book, &challenge).await?;
    let rows = attributions::edges(&client, *id, window.after.unwrap_or_default(), window.fetch()).await?;
    let is_ranked = challenge.state.is_ranked();
    let body = |row: Edge| EdgeBody {
        submission: row.submission,
        stage: row.stage,
        team: is_ranked.then_some(row.team),
        builds_on: row.builds_on,
        builds_on_team: is_ranked.then_some(row.of_team),
        part: row.part,
        share: row.share,
        share_plan: row.plan,
        fixed_share: row.fixed_share,
    };
    Ok(window.page(rows, |row| (row.submission.object, row.number), body).respond(&http))
}
