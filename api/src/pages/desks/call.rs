//! A call on the desk of its host: the teams that apply, of whom one is accepted; or the call is given up.

use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::milestones::applications::{DeclineMilestoneApplication, accept_once, decline_once, of_keeper};
use crate::handlers::milestones::calls::{WithdrawMilestoneCall, withdraw_once};
use crate::idempotency::IdempotencyKey;
use crate::pages::call::last_day;
use crate::pages::forms::{Fields, Filled, done, or_again};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::visibility::book_of;
use crate::who_may::KEEPERS;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{MilestoneApplicationId, MilestoneCallId};
use ledger::milestones::operations::applications::{Reading, reading};
use ledger::milestones::rules::application::{Application, ApplicationEnd, ApplicationState};
use ledger::milestones::rules::call::{Call, CallEnd, CallState, READERS};
use ledger::milestones::store::{applications, calls};
use uuid::Uuid;

/// So many applications stand here; the list of the API has all.
const SHOWN: i64 = 200;

/// How a call stands, in a sentence.
pub(super) fn of_call(it: &Call, book: &Book, now: Timestamp) -> Said {
    match (&it.ended, it.state(now)) {
        (Some((CallEnd::Withdrawn { reason, .. }, _)), _) => say("call-stands-withdrawn").with("reason", reason),
        (_, CallState::Open) if it.is_closed(now) => say("call-stands-closed").with("day", last_day(book, it)),
        (_, CallState::Open) => say("call-stands-open").with("day", Day(it.applications_until)),
        (_, CallState::Filled) => say("call-stands-filled"),
        (_, CallState::Withdrawn | CallState::Lapsed) => say("call-stands-lapsed").with("day", last_day(book, it)),
    }
}

/// How an application stands, in a sentence.
pub(super) fn of_application(it: &Application, call: &Call, book: &Book, now: Timestamp) -> Said {
    let day = |at: &Timestamp| Day(book.day_of(*at));
    match (&it.ended, it.state(call, now)) {
        (Some((ApplicationEnd::Accepted { .. }, at)), _) => say("call-application-accepted").with("day", day(at)),
        (Some((ApplicationEnd::Declined { reason, .. }, at)), _) => {
            say("call-application-declined").with("day", day(at)).with("reason", reason)
        }
        (Some((ApplicationEnd::Withdrawn { .. }, at)), _) => say("call-application-withdrawn").with("day", day(at)),
        (_, ApplicationState::Submitted) => say("call-application-waits").with("day", day(&it.submitted_at)),
        (
            _,
            ApplicationState::Accepted
            | ApplicationState::Declined
            | ApplicationState::Withdrawn
            | ApplicationState::Lapsed,
        ) => say("call-application-lapsed").with("day", last_day(book, call)),
    }
}

/// A team that applies.
struct Applies {
    id: MilestoneApplicationId,
    team: String,
    text: String,
    standing: Said,
    waits: bool,
}

#[derive(Template)]
#[template(path = "desks/call.html")]
struct CallDesk {
    id: MilestoneCallId,
    name: String,
    amount: Amount,
    standing: Said,
    is_open: bool,
    /// Whether one of them can be accepted now.
    decides: bool,
    /// From which day on one can be accepted, and until which one.
    closes: Day,
    decided: Day,
    /// Whether who looks decides, and does not only read.
    keeps: bool,
    /// Whether who looks is close to a team that applies, and reads nothing of the others.
    is_close: bool,
    applies: Vec<Applies>,
    form: Filled,
    /// The application whose form was refused; empty for that of the call.
    refused: String,
}

/// The desk, for those of the host who read what teams write.
async fn desk(
    state: &State,
    caller: &Caller,
    id: MilestoneCallId,
    form: Filled,
    refused: String,
) -> Result<CallDesk, Problem> {
    let person = caller.person()?.id;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "call").await?;
    let call = calls::get(&client, id).await?;
    if !caller.has_role(&client, book.organisation, READERS).await? {
        return Err(Error::NotFound("call").into());
    }
    let is_close = reading(&client, &book, id, person).await? == Reading::Own;
    let of = is_close.then_some(person);
    let now = book.now(ledger::calendar::now());
    let row = |it: Application| Applies {
        id: it.id,
        standing: of_application(&it, &call, &book, now),
        waits: it.check_waits(&call, now).is_ok(),
        team: it.team_name,
        text: it.text,
    };
    let found = applications::list(&client, id, of, Uuid::nil(), SHOWN).await?;
    Ok(CallDesk {
        id,
        applies: found.into_iter().map(row).collect(),
        amount: call.amount.into(),
        standing: of_call(&call, &book, now),
        is_open: call.check_open(now).is_ok(),
        decides: call.check_decides(now).is_ok(),
        closes: Day(call.applications_until),
        decided: last_day(&book, &call),
        keeps: caller.has_role(&client, book.organisation, KEEPERS).await?,
        is_close,
        name: call.name,
        form,
        refused,
    })
}

/// The call, with the teams that apply.
#[route("/desk/calls/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneCallId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &desk(&state, &caller, named(asked)?, Filled::fresh(&[]), String::new()).await?)
}

/// Gives it up, with a reason.
#[post("/desk/calls/{id}/withdraw")]
pub(in crate::pages) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneCallId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let given = WithdrawMilestoneCall { reason: sent.get("reason").trim().to_owned() };
    let taken = match sent.key(&format!("/desk/calls/{id}/withdraw")) {
        Ok(key) => withdraw_once(&state, &caller, id, &key, &given).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, (sent, String::new()), taken).await
}

async fn after(
    state: &State,
    caller: &Caller,
    call: MilestoneCallId,
    (sent, refused): (Fields, String),
    taken: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    // Each form of the page has a reason, with a name of its own.
    let field = if refused.is_empty() { "reason".to_owned() } else { format!("reason-{refused}") };
    match taken {
        Ok(_) => Ok(done(&format!("/desk/calls/{call}"))),
        Err(problem) => {
            let of = |pointer: &str| (pointer == "/reason").then(|| field.clone());
            or_again(problem, sent, of, async |again| desk(state, caller, call, again, refused.clone()).await).await
        }
    }
}

/// Decides about an application that a form names.
async fn decide(
    state: &State,
    caller: &Caller,
    asked: Asked<MilestoneApplicationId>,
    (step, form): (&str, Form<Vec<(String, String)>>),
    done: impl AsyncFnOnce(MilestoneApplicationId, &IdempotencyKey, &Fields) -> Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let call = of_keeper(&state.client().await?, caller, id).await?.call;
    let taken = match sent.key(&format!("/desk/applications/{id}/{step}")) {
        Ok(key) => done(id, &key, &sent).await,
        Err(problem) => Err(problem),
    };
    after(state, caller, call, (sent, id.to_string()), taken).await
}

/// Accepts a team.
#[post("/desk/applications/{id}/accept")]
pub(in crate::pages) async fn accept(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneApplicationId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let accept = async |id, key: &IdempotencyKey, _: &Fields| accept_once(&state, &caller, id, key).await;
    decide(&state, &caller, asked, ("accept", form), accept).await
}

/// Declines a team, with a reason.
#[post("/desk/applications/{id}/decline")]
pub(in crate::pages) async fn decline(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneApplicationId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let decline = async |id: MilestoneApplicationId, key: &IdempotencyKey, sent: &Fields| {
        let given = DeclineMilestoneApplication { reason: sent.get(&format!("reason-{id}")).trim().to_owned() };
        decline_once(&state, &caller, id, key, &given).await
    };
    decide(&state, &caller, asked, ("decline", form), decline).await
}
