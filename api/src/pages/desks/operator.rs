//! What an operator looks after: payouts that are late, jobs that were given up, what banks say that books do not, books that differ from
//! themselves; and people whom they invite to organisations.

use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::books::jobs::{try_again, try_installation_again};
use crate::handlers::parties::invitations::invite_once;
use crate::pages::forms::{Fields, Filled, done, is_for_form};
use crate::pages::page;
use crate::pages::shown::moment;
use crate::pages::shown::{Amount, Day};
use crate::problem::Problem;
use crate::say;
use crate::second_factor;
use crate::state::State;
use crate::texts::{Said, Told};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::desk::store::watch::{self, DeadJob, LatePayout, OpenDifference, OpenLine};
use ledger::engine::store::checks;
use ledger::id::{BankDifferenceId, BankLineId, BookRef, JobId, OrganisationId, PayoutId};
use ledger::parties::rules::role::Role;
use ledger::parties::store::organisations;
use ledger::payouts::rules::bank_difference::Side;
use ledger::payouts::rules::bank_line::{Direction, Why};
use serde::Deserialize;

const REQUEUE: &str = "/desk/books/{book}/jobs/{id}/requeue";

/// So many of each are shown; the rest comes when these are dealt with.
const SHOWN_MAX: i64 = 50;

/// To so many organisations somebody is invited here: the newest.
const ORGANISATIONS_MAX: i64 = 200;

#[derive(Template)]
#[template(path = "desks/operator.html")]
struct OperatorPage {
    now: String,
    late: Vec<Late>,
    dead: Vec<Dead>,
    lines: Vec<Line>,
    differences: Vec<Difference>,
    frozen: Vec<Frozen>,
    /// What was done just now, in a sentence; empty otherwise.
    said: String,
    asks_code: bool,
    organisations: Vec<(String, String)>,
    roles: Vec<&'static str>,
    form: Filled,
    invitation: Filled,
}

/// A line of a bank statement that matches nothing.
struct Line {
    id: BankLineId,
    moved: Said,
    reference: String,
    value_on: Day,
    days: i32,
    why: Said,
    book: String,
}

/// What a bank has more or less than a book.
struct Difference {
    id: BankDifferenceId,
    differs: Said,
    on: Day,
    days: i32,
    standing: Said,
    reason: String,
    book: String,
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
    last_error: Told,
    /// Its book; none for one of the installation itself.
    book: Option<(BookRef, String)>,
}

struct Frozen {
    book: BookRef,
    name: String,
    since: String,
    found: Vec<Told>,
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
        let last_error = Told::by_api(last_error);
        Dead { id, kind, attempts, since: moment(dead_at), last_error, book }
    }
}

/// Why a line matches nothing, in words.
fn in_words(why: Why) -> Said {
    match why {
        Why::ReferenceUnknown => say("operator-why-reference"),
        Why::AmountDiffers => say("operator-why-amount"),
        Why::StateDiffers => say("operator-why-state"),
        Why::CashShort => say("operator-why-cash"),
        Why::Reversal => say("operator-why-reversal"),
        Why::CustodianFrozen => say("operator-why-frozen"),
    }
}

impl From<OpenLine> for Line {
    fn from(it: OpenLine) -> Line {
        let moved = match it.direction {
            Direction::Debit => say("operator-left"),
            Direction::Credit => say("operator-came"),
        };
        Line {
            id: it.id,
            moved: moved.with("amount", Amount::from(it.amount)),
            reference: it.reference,
            value_on: Day(it.value_on),
            days: it.days,
            why: in_words(it.why),
            book: it.book,
        }
    }
}

impl From<OpenDifference> for Difference {
    fn from(it: OpenDifference) -> Difference {
        let differs = match it.side {
            Side::More => say("operator-more"),
            Side::Less => say("operator-less"),
        };
        Difference {
            id: it.id,
            differs: differs.with("amount", Amount::from(it.amount)),
            on: Day(it.on),
            days: it.days,
            standing: if it.is_moved { say("operator-moved") } else { say("operator-waits") },
            reason: it.reason,
            book: it.book,
        }
    }
}

/// The two kinds of forms of the page.
struct Forms {
    form: Filled,
    invitation: Filled,
}

impl Forms {
    fn fresh() -> Forms {
        Forms { form: Filled::fresh(&[]), invitation: Filled::fresh(&[("role", "owner".to_owned())]) }
    }
}

async fn shown(state: &State, caller: &Caller, said: String, forms: Forms) -> Result<OperatorPage, Problem> {
    caller.require_operator()?;
    let client = state.client().await?;
    let wall = ledger::calendar::now();
    let late = watch::late_payouts(&client, wall, SHOWN_MAX).await?;
    let dead = watch::dead_jobs(&client, SHOWN_MAX).await?;
    let lines = watch::open_lines(&client, wall, SHOWN_MAX).await?;
    let differences = watch::open_differences(&client, wall, SHOWN_MAX).await?;
    let frozen = checks::list_frozen(&client, SHOWN_MAX).await?;
    let organisations = organisations::list_newest(&client, ORGANISATIONS_MAX).await?;
    drop(client);
    let frozen = frozen.into_iter().map(|it| Frozen {
        book: it.book,
        name: it.name,
        since: moment(it.frozen_at),
        found: it.found.into_iter().map(Told::by_api).collect(),
    });
    Ok(OperatorPage {
        now: moment(wall),
        late: late.into_iter().map(Late::from).collect(),
        dead: dead.into_iter().map(Dead::from).collect(),
        lines: lines.into_iter().map(Line::from).collect(),
        differences: differences.into_iter().map(Difference::from).collect(),
        frozen: frozen.collect(),
        said,
        asks_code: second_factor::is_asked(state, caller, REQUEUE).await?,
        organisations: organisations.into_iter().map(|it| (it.id.to_string(), it.name)).collect(),
        roles: Role::ALL.iter().map(|role| role.as_str()).collect(),
        form: forms.form,
        invitation: forms.invitation,
    })
}

/// What was done just now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Lately {
    tried: Option<JobId>,
    invited: Option<OrganisationId>,
}

impl Lately {
    async fn said(&self, state: &State) -> Result<String, Problem> {
        if let Some(id) = self.tried {
            return Ok(say("operator-due-again").with("id", id.to_string()).into());
        }
        let Some(id) = self.invited else { return Ok(String::new()) };
        let found = organisations::find(&state.client().await?, id).await?;
        Ok(found.map(|it| say("operator-invited").with("name", it.name).into()).unwrap_or_default())
    }
}

/// What waits for an operator.
#[route("/desk/operator", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    query: Params<Lately>,
) -> Result<HttpResponse, Problem> {
    let said = query.0.said(&state).await?;
    page(StatusCode::OK, &shown(&state, &caller, said, Forms::fresh()).await?)
}

/// Leads back to the page, or shows why a job was not made due again.
async fn after(
    state: &State,
    caller: &Caller,
    id: JobId,
    sent: Fields,
    tried: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    match tried {
        Ok(_) => Ok(done(&format!("/desk/operator?tried={id}"))),
        Err(problem) if is_for_form(&problem) && caller.is_operator() => {
            let forms = Forms { form: Filled::again(sent, &problem, |_| None), ..Forms::fresh() };
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(state, caller, String::new(), forms).await?)
        }
        Err(problem) => Err(problem),
    }
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
    let tried = tried.await;
    after(&state, &caller, id, sent, tried).await
}

/// Makes a job of the installation due again that was given up.
#[post("/desk/jobs/{id}/requeue")]
pub(in crate::pages) async fn requeue_installation(
    state: Data<State>,
    caller: Caller,
    path: Path<String>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let id: JobId = path.parse().map_err(|_| Problem::not_found("page"))?;
    let sent = Fields::new(form.0);
    let tried = match sent.key(&format!("/desk/jobs/{id}/requeue")) {
        Ok(key) => try_installation_again(&state, &caller, id, &key).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, tried).await
}

/// Invites somebody to a role in an organisation.
#[post("/desk/operator/invitations")]
pub(in crate::pages) async fn invite(
    state: Data<State>,
    caller: Caller,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let sent = Fields::new(form.0);
    let id: OrganisationId = sent.get("organisation").parse().map_err(|_| Problem::not_found("organisation"))?;
    let invited = match sent.key("/desk/operator/invitations") {
        Ok(key) => invite_once(&state, &caller, id, &key, (sent.get("email").trim(), sent.get("role"))).await,
        Err(problem) => Err(problem),
    };
    match invited {
        Ok(_) => Ok(done(&format!("/desk/operator?invited={id}"))),
        Err(problem) if is_for_form(&problem) && caller.is_operator() => {
            let field_of = |pointer: &str| {
                let name = pointer.trim_start_matches('/');
                ["email", "role"].contains(&name).then(|| name.to_owned())
            };
            let forms = Forms { invitation: Filled::again(sent, &problem, field_of), ..Forms::fresh() };
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(&state, &caller, String::new(), forms).await?)
        }
        // Whoever may not invite hears that there is no such organisation, as they do of one that there is not.
        Err(problem) if is_for_form(&problem) => Err(Problem::not_found("organisation")),
        Err(problem) => Err(problem),
    }
}
