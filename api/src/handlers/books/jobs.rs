//! The worker's jobs of a book: how they stand, which were given up, and trying those again.

use crate::auth::Caller;
use crate::extract::{Keyed, Nothing};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, kept, note};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use ledger::Error;
use ledger::id::{BookId, BookRef, JobId};
use ledger::service::store::activity::{self, Done};
use ledger::service::store::jobs::{self, BookWithWork, Dead};
use serde::Serialize;
use utoipa::ToSchema;

/// How many given-up jobs are listed.
const DEAD_SHOWN: i64 = 100;

/// How the jobs of a book stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Jobs)]
pub struct JobsBody {
    /// The present moment by the book's clock: what falls due by then is due.
    now: Timestamp,
    /// Due, and free for a worker to take.
    due: i64,
    /// With a worker.
    leased: i64,
    /// Failed at least once, and pausing before the next attempt.
    pausing: i64,
    /// Given up.
    dead: i64,
    /// When the earliest of those that are not due yet falls due, by the book's clock.
    next_due_at: Option<Timestamp>,
    /// Those given up, the latest first, 100 at most.
    #[schema(max_items = 100)]
    dead_jobs: Vec<DeadBody>,
}

/// A job that nobody tries any more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadJob)]
pub struct DeadBody {
    #[schema(value_type = String)]
    id: JobId,
    /// What it should have done.
    kind: String,
    /// Its particulars.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
    /// How often it was tried.
    attempts: i32,
    /// By the book's clock.
    due_at: Timestamp,
    /// By the wall clock.
    dead_at: Timestamp,
    /// What the last attempt said.
    last_error: String,
}

impl From<Dead> for DeadBody {
    fn from(dead: Dead) -> DeadBody {
        let Dead { id, kind, payload, attempts, due_at, dead_at, last_error } = dead;
        DeadBody { id, kind, payload, attempts, due_at, dead_at, last_error }
    }
}

/// Shows how the jobs of a book stand, and those given up.
#[utoipa::path(tag = "jobs", params(("book" = String, Path, description = "The book")),
    responses((status = 200, description = "How they stand", body = JobsBody)))]
#[get("/v1/books/{book}/jobs")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<BookRef>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = kept(&client, &caller, *id).await?;
    let wall = ledger::calendar::now();
    let work = BookWithWork { book: book.id, offset: book.clock_offset };
    let summary = jobs::summary(&client, work, wall).await?;
    let dead = jobs::list_dead(&client, book.id, DEAD_SHOWN).await?;
    Ok(HttpResponse::Ok().json(JobsBody {
        now: book.now(wall),
        due: summary.due,
        leased: summary.leased,
        pausing: summary.pausing,
        dead: summary.dead,
        next_due_at: summary.next_due_at,
        dead_jobs: dead.into_iter().map(DeadBody::from).collect(),
    }))
}

/// A job that is due again.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequeuedJob {
    #[schema(value_type = String)]
    id: JobId,
}

/// Takes a job out of those given up: it is due again.
#[utoipa::path(tag = "jobs",
    params(("book" = String, Path, description = "The book"), ("id" = String, Path, description = "The job")),
    request_body = Nothing, responses((status = 200, description = "It is due again", body = RequeuedJob)))]
#[post("/v1/books/{book}/jobs/{id}:requeue")]
pub(crate) async fn requeue(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, JobId)>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    try_again(&state, &caller, path.into_inner(), &request.key).await
}

/// Makes a job due again, once for its key: that of a request, or of a form.
pub(crate) async fn try_again(
    state: &State,
    caller: &Caller,
    (of, id): (BookRef, JobId),
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(of.book), caller.id(), async |tx| {
        let book = kept(tx, caller, of).await?;
        if id.book != book.id {
            return Err(Error::NotFound("dead job"));
        }
        let wall = ledger::calendar::now();
        jobs::requeue(tx, id, wall).await?;
        note(tx, caller, &book, &id, "requeued", wall).await?;
        Ok(Reply::ok(&RequeuedJob { id }))
    })
    .await
}

/// Makes a job of the installation itself due again, once for the key of a form. Nobody has a role in it: operators do this alone, and others
/// are told that there is none.
pub(crate) async fn try_installation_again(
    state: &State,
    caller: &Caller,
    id: JobId,
    key: &IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Caller, caller.id(), async |tx| {
        caller.check_roles(&[], "dead job")?;
        if id.book != BookId::INSTALLATION {
            return Err(Error::NotFound("dead job"));
        }
        let wall = ledger::calendar::now();
        jobs::requeue(tx, id, wall).await?;
        activity::record(tx, BookId::INSTALLATION, Done::new(&id, "requeued", actor(caller)), wall).await?;
        Ok(Reply::ok(&RequeuedJob { id }))
    })
    .await
}
