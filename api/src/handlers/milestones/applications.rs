//! Applications: a team applies for a call, and the host accepts one team or declines.

use super::calls::readable;
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::book_of;
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use ledger::Error;
use ledger::id::{MilestoneApplicationId, MilestoneCallId, MilestoneId, OrganisationId, PersonId};
use ledger::milestones::operations::applications::{self as operations, Reading};
use ledger::milestones::operations::calls as decisions;
use ledger::milestones::rules::application::{Application, ApplicationState};
use ledger::milestones::rules::call::{Call, CallEnd};
use ledger::milestones::store::{applications, calls};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a team would do for a call, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMilestoneApplication {
    /// The project team, to which who applies belongs.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    pub(crate) team: String,
    /// Paragraphs for the host, without any markup: nobody else reads them.
    #[schema(
        min_length = 1,
        max_length = 4000,
        example = "We have built the first press, and weld the second in March."
    )]
    pub(crate) text: String,
}

/// Why a team is not accepted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineMilestoneApplication {
    /// The team reads it.
    #[schema(min_length = 1, max_length = 1000, example = "The work needs a welder, and your team has none")]
    pub(crate) reason: String,
}

/// An application of a team for a call: for the host and the team itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MilestoneApplication)]
pub struct ApplicationBody {
    #[schema(value_type = String)]
    id: MilestoneApplicationId,
    #[schema(value_type = String)]
    call: MilestoneCallId,
    #[schema(value_type = String)]
    team: OrganisationId,
    /// Name of the team.
    team_name: String,
    /// Who applied for it.
    #[schema(value_type = String)]
    applied_by: PersonId,
    text: String,
    /// `submitted`, `accepted`, `declined`, `withdrawn`, or `lapsed` when the host decided nothing in time.
    #[schema(value_type = String)]
    state: ApplicationState,
    /// Why it was declined; null unless it was.
    reason: Option<String>,
    /// What the team got; null unless it was accepted.
    #[schema(value_type = Option<String>)]
    milestone: Option<MilestoneId>,
    /// When it came, by the book's clock.
    submitted_at: Timestamp,
    /// When it ended, by the book's clock; null while it waits.
    ended_at: Option<Timestamp>,
}

impl ApplicationBody {
    /// As it stands at a moment in book time.
    fn new(it: Application, call: &Call, now: Timestamp) -> ApplicationBody {
        let state = it.state(call, now);
        let milestone = match (&call.ended, state) {
            (Some((CallEnd::Filled { milestone, .. }, _)), ApplicationState::Accepted) => Some(*milestone),
            (Some(_) | None, _) => None,
        };
        let lapsed_at = (state == ApplicationState::Lapsed).then_some(call.decide_until);
        let (end, ended_at) = it.ended.unzip();
        ApplicationBody {
            id: it.id,
            call: it.call,
            team: it.team,
            team_name: it.team_name,
            applied_by: it.applied_by,
            text: it.text,
            state,
            reason: end.and_then(|end| end.reason().map(str::to_owned)),
            milestone,
            submitted_at: it.submitted_at,
            ended_at: ended_at.or(lapsed_at),
        }
    }
}

/// Applies for a call with a project team, by a member of it, until the last day of the call is over. One application of a team waits at
/// once; the host alone reads it.
#[utoipa::path(tag = "milestone calls", operation_id = "apply_for_milestone_call",
    params(("id" = String, Path, description = "The call")), request_body = NewMilestoneApplication,
    responses((status = 201, description = "Submitted", body = ApplicationBody)))]
#[post("/v1/milestone-calls/{id}/applications")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneCallId>,
    request: Keyed<NewMilestoneApplication>,
) -> Result<HttpResponse, Problem> {
    apply_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Applies for a call, once for its key: that of a request, or of a form.
pub(crate) async fn apply_once(
    state: &State,
    caller: &Caller,
    id: MilestoneCallId,
    key: &IdempotencyKey,
    body: &NewMilestoneApplication,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let team: OrganisationId = parse("/team", &body.team)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, call) = readable(tx, Some(caller), id).await?;
        let wall = ledger::calendar::now();
        let made = operations::apply(tx, id, (team, body.text.clone()), by, wall).await?;
        Ok(Reply::created(&ApplicationBody::new(made, &call, book.now(wall))))
    })
    .await
}

/// Lists the applications for a call: to owners, treasurers and reviewers of the host all of them, unless they are close to a team that
/// applies; to a team its own. Others are told that there is no such call.
#[utoipa::path(tag = "milestone calls", operation_id = "list_milestone_applications",
    params(("id" = String, Path, description = "The call"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<ApplicationBody>)))]
#[get("/v1/milestone-calls/{id}/applications")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneCallId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let person = caller.person()?.id;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "call").await?;
    let call = calls::get(&client, *id).await?;
    let (of, after) = match operations::reading(&client, &book, *id, person).await? {
        Reading::All => (None, window.after.unwrap_or_default()),
        Reading::Own if applications::list(&client, *id, Some(person), Uuid::nil(), 1).await?.is_empty() => {
            return Err(Error::NotFound("call").into());
        }
        Reading::Own => (Some(person), window.after.unwrap_or_default()),
    };
    let rows = applications::list(&client, *id, of, after, window.fetch()).await?;
    let now = book.now(ledger::calendar::now());
    Ok(window.page(rows, |row| row.id.object, |row| ApplicationBody::new(row, &call, now)).respond(&http))
}

/// Shows an application, to the host and to the team.
#[utoipa::path(tag = "milestone calls", operation_id = "show_milestone_application",
    params(("id" = String, Path, description = "The application")),
    responses((status = 200, description = "The application", body = ApplicationBody)))]
#[get("/v1/milestone-applications/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneApplicationId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "application").await?;
    let found = operations::read(&client, &book, *id, caller.person()?.id).await?;
    let call = calls::get(&client, found.call).await?;
    let now = book.now(ledger::calendar::now());
    Ok(HttpResponse::Ok().json(ApplicationBody::new(found, &call, now)))
}

/// Accepts a team, once the last day of the call is over: it gets the milestone, which is planned as any other, the call is filled, and all
/// other applications are declined.
#[utoipa::path(tag = "milestone calls", operation_id = "accept_milestone_application",
    params(("id" = String, Path, description = "The application")), request_body = Nothing,
    responses((status = 200, description = "Accepted", body = ApplicationBody)))]
#[post("/v1/milestone-applications/{id}:accept")]
pub(crate) async fn accept(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneApplicationId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    accept_once(&state, &caller, *id, &request.key).await
}

/// Accepts a team, once for its key: that of a request, or of a form.
pub(crate) async fn accept_once(
    state: &State,
    caller: &Caller,
    id: MilestoneApplicationId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_keeper(tx, caller, id).await?;
        let wall = ledger::calendar::now();
        let accepted = decisions::accept(tx, id, by, wall).await?;
        reply(tx, accepted, wall).await
    })
    .await
}

/// An application for those who decide about it.
pub(crate) async fn of_keeper(
    client: &impl GenericClient,
    caller: &Caller,
    id: MilestoneApplicationId,
) -> Result<Application, Error> {
    let book = book_of(client, id.book, "application").await?;
    let found = applications::get(client, id).await?;
    caller.require_role(client, book.organisation, "application").await?;
    Ok(found)
}

async fn reply(tx: &Transaction<'_>, it: Application, wall: Timestamp) -> Result<Reply, Error> {
    let book = book_of(tx, it.id.book, "application").await?;
    let call = calls::get(tx, it.call).await?;
    Ok(Reply::ok(&ApplicationBody::new(it, &call, book.now(wall))))
}

/// Declines an application, for a reason that the team reads. The call stays open for the others.
#[utoipa::path(tag = "milestone calls", operation_id = "decline_milestone_application",
    params(("id" = String, Path, description = "The application")), request_body = DeclineMilestoneApplication,
    responses((status = 200, description = "Declined", body = ApplicationBody)))]
#[post("/v1/milestone-applications/{id}:decline")]
pub(crate) async fn decline(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneApplicationId>,
    request: Keyed<DeclineMilestoneApplication>,
) -> Result<HttpResponse, Problem> {
    decline_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Declines an application, once for its key: that of a request, or of a form.
pub(crate) async fn decline_once(
    state: &State,
    caller: &Caller,
    id: MilestoneApplicationId,
    key: &IdempotencyKey,
    body: &DeclineMilestoneApplication,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_keeper(tx, caller, id).await?;
        let wall = ledger::calendar::now();
        let declined = operations::decline(tx, id, body.reason.clone(), by, wall).await?;
        reply(tx, declined, wall).await
    })
    .await
}

/// Takes an application of your own team back, while it waits.
#[utoipa::path(tag = "milestone calls", operation_id = "withdraw_milestone_application",
    params(("id" = String, Path, description = "The application")), request_body = Nothing,
    responses((status = 200, description = "Withdrawn", body = ApplicationBody)))]
#[post("/v1/milestone-applications/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<MilestoneApplicationId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    withdraw_once(&state, &caller, *id, &request.key).await
}

/// Takes an application back, once for its key: that of a request, or of a form.
pub(crate) async fn withdraw_once(
    state: &State,
    caller: &Caller,
    id: MilestoneApplicationId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "application").await?;
        operations::read(tx, &book, id, by).await?;
        let wall = ledger::calendar::now();
        let withdrawn = operations::take_back(tx, id, by, wall).await?;
        reply(tx, withdrawn, wall).await
    })
    .await
}
