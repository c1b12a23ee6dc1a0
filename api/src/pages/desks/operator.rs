//! What an operator looks after: payouts that are late, jobs that were given up, and books that differ from themselves.

use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::books::jobs::try_again;
use crate::pages::forms::{Fields, Filled, done, is_for_form};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::problem::Problem;
use crate::second_factor;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use jiff::Timestamp;
use ledger::desk::store::watch::{self, DeadJob, LatePayout};
use ledger::engine::store::checks;
use ledger::id::{BookRef, JobId, PayoutId};
use serde::Deserialize;

const REQUEUE: &str = "/desk/books/{book}/jobs/{id}/requeue";

/// So many of each are shown; the rest comes when these are dealt with.
const SHOWN_MAX: i64 = 50;

#[derive(Template)]
#[template(path = "desks/operator.html")]
struct OperatorPage {
    now: String,
    late: Vec<Late>,
    dead: Vec<Dead>,
    frozen: Vec<Frozen>,
    /// The job that was made due again just now; empty otherwise.
    tried: String,
    asks_code: bool,
    form: Filled,
}

struct Late {
    id: PayoutId,
    amount: String,
    reference: String,
    sent_on: Day,
    late_from: Day,
    book: String,
}

struct Dead {
    id: JobId,
    kind: String,
    attempts: i32,
    since: String,
    last_error: String,
    /// Its book; none for one of the installation, which is not tried again here.
    book: Option<(BookRef, String)>,
}

struct Frozen {
    book: BookRef,
    name: String,
    since: String,
    found: Vec<String>,
}

/// A moment of the wall clock.
fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

impl From<LatePayout> for Late {
    fn from(it: LatePayout) -> Late {
        let LatePayout { id, amount, reference, sent_on, late_from, book } = it;
        let amount = Amount::from(amount).to_string();
        Late { id, amount, reference, sent_on: Day(sent_on), late_from: Day(late_from), book }
    }
}

impl From<DeadJob> for Dead {
    fn from(it: DeadJob) -> Dead {
        let DeadJob { id, kind, attempts, dead_at, last_error, book } = it;
        Dead { id, kind, attempts, since: moment(dead_at), last_error, book }
    }
}

async fn shown(state: &State, caller: &Caller, tried: String, form: Filled) -> Result<OperatorPage, Problem> {
    let client = state.client().await?;
    let wall = ledger::calendar::now();
    let late = watch::late_payouts(&client, wall, SHOWN_MAX).await?;
    let dead = watch::dead_jobs(&client, SHOWN_MAX).await?;
    let frozen = checks::list_frozen(&client, SHOWN_MAX).await?;
    drop(client);
    let frozen = frozen.into_iter().map(|it| Frozen {
        book: it.book,
        name: it.name,
        since: moment(it.frozen_at),
        found: it.found,
    });
    Ok(OperatorPage {
        now: moment(wall),
        late: late.into_iter().map(Late::from).collect(),
        dead: dead.into_iter().map(Dead::from).collect(),
        frozen: frozen.collect(),
        tried,
        asks_code: second_factor::is_asked(state, caller, REQUEUE).await?,
        form,
    })
}

/// What was done just now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Tried {
    tried: Option<JobId>,
}

/// What waits for an operator.
#[route("/desk/operator", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    query: Params<Tried>,
) -> Result<HttpResponse, Problem> {
    let tried = query.0.tried.map(|id| id.to_string()).unwrap_or_default();
    page(StatusCode::OK, &shown(&state, &caller, tried, Filled::fresh(&[])).await?)
}

/// Makes a job due again that was given up.
#[post("/desk/books/{book}/jobs/{id}/requeue")]
pub(in crate::pages) async fn requeue(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let missing = |_| Problem::not_found("page");
    let (book, id) = (path.0.parse::<BookRef>().map_err(missing)?, path.1.parse::<JobId>().map_err(missing)?);
    let sent = Fields::new(form.0);
    let tried = async {
        let key = sent.key(&format!("/desk/books/{book}/jobs/{id}/requeue"))?;
        try_again(&state, &caller, (book, id), &key).await
    };
    match tried.await {
        Ok(_) => Ok(done(&format!("/desk/operator?tried={id}"))),
        Err(problem) if is_for_form(&problem) && caller.is_operator() => {
            let again = Filled::again(sent, &problem, |_| None);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(&state, &caller, String::new(), again).await?)
        }
        Err(problem) => Err(problem),
    }
}
