//! A team applies for a call: a member of it says what it would do, and takes that back.

use super::call::{of_application, of_call};
use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::milestones::applications::{NewMilestoneApplication, apply_once, withdraw_once};
use crate::handlers::milestones::calls::readable;
use crate::pages::call::last_day;
use crate::pages::forms::{Fields, Filled, done, or_again};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::state::State;
use crate::texts::Said;
use crate::visibility::book_of;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::id::{MilestoneApplicationId, MilestoneCallId};
use ledger::milestones::operations::applications::read;
use ledger::milestones::rules::application::Application;
use ledger::milestones::store::applications;
use ledger::parties::rules::organisation::Organisation;
use ledger::parties::rules::role::OrganisationKind;
use ledger::parties::store::organisations;
use uuid::Uuid;

/// How many of somebody's teams may be chosen here; the API takes any.
const TEAMS_MAX: i64 = 50;

/// An application of a team of who looks.
struct Own {
    id: MilestoneApplicationId,
    team: String,
    text: String,
    standing: Said,
    waits: bool,
}

#[derive(Template)]
#[template(path = "desks/application.html")]
struct ApplyPage {
    id: MilestoneCallId,
    name: String,
    host: String,
    amount: Amount,
    standing: Said,
    is_taking: bool,
    closes: Day,
    decided: Day,
    /// Teams that may be chosen: none of their applications waits.
    teams: Vec<(String, String)>,
    own: Vec<Own>,
    form: Filled,
}

impl ApplyPage {
    async fn of(state: &State, caller: &Caller, id: MilestoneCallId, form: Filled) -> Result<ApplyPage, Problem> {
        let person = caller.person()?.id;
        let client = state.client().await?;
        let own = applications::list(&client, id, Some(person), Uuid::nil(), TEAMS_MAX).await?;
        let (book, call) = if own.is_empty() {
            readable(&client, Some(caller), id).await?
        } else {
            // Who has applied reads what became of that, whoever else may read the book by now.
            let book = book_of(&client, id.book, "call").await?;
            (book, ledger::milestones::store::calls::get(&client, id).await?)
        };
        let now = book.now(ledger::calendar::now());
        let row = |it: Application| Own {
            id: it.id,
            standing: of_application(&it, &call, &book, now),
            waits: it.check_waits(&call, now).is_ok(),
            team: it.team_name,
            text: it.text,
        };
        let waiting: Vec<_> = own.iter().filter(|it| it.ended.is_none()).map(|it| it.team).collect();
        let theirs = organisations::list_of_person(&client, person, Uuid::nil(), TEAMS_MAX).await?;
        let free = |of: &Organisation| of.kind == OrganisationKind::ProjectTeam && !waiting.contains(&of.id);
        let teams = theirs.into_iter().filter(free).map(|of| (of.id.to_string(), of.name)).collect();
        let host = organisations::find(&client, book.organisation).await?.map(|host| host.name).unwrap_or_default();
        Ok(ApplyPage {
            id,
            host,
            own: own.into_iter().map(row).collect(),
            amount: call.amount.into(),
            standing: of_call(&call, &book, now),
            is_taking: call.check_takes_applications(now).is_ok(),
            closes: Day(call.applications_until),
            decided: last_day(&book, &call),
            name: call.name,
            teams,
            form,
        })
    }
}

/// The form, and what the teams of who looks have sent.
#[route("/desk/calls/{id}/apply", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneCallId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &ApplyPage::of(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// The field of a pointer: they are called alike.
fn field(pointer: &str) -> Option<String> {
    pointer.strip_prefix('/').map(str::to_owned)
}

/// Applies with the team that was chosen.
#[post("/desk/calls/{id}/apply")]
pub(in crate::pages) async fn apply(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneCallId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let new = NewMilestoneApplication { team: sent.get("team").to_owned(), text: sent.get("text").trim().to_owned() };
    let path = format!("/desk/calls/{id}/apply");
    let taken = match sent.key(&path) {
        Ok(key) => apply_once(&state, &caller, id, &key, &new).await,
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(_) => Ok(done(&path)),
        Err(problem) => {
            or_again(problem, sent, field, async |again| ApplyPage::of(&state, &caller, id, again).await).await
        }
    }
}

/// Takes an application of one's own team back.
#[post("/desk/applications/{id}/withdraw")]
pub(in crate::pages) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    asked: Asked<MilestoneApplicationId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let client = state.client().await?;
    let book = book_of(&client, id.book, "application").await?;
    let call = read(&client, &book, id, caller.person()?.id).await?.call;
    drop(client);
    let taken = match sent.key(&format!("/desk/applications/{id}/withdraw")) {
        Ok(key) => withdraw_once(&state, &caller, id, &key).await,
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(_) => Ok(done(&format!("/desk/calls/{call}/apply"))),
        Err(problem) => {
            let again = async |again| ApplyPage::of(&state, &caller, call, again).await;
            or_again(problem, Fields::default(), |_| None, again).await
        }
    }
}
