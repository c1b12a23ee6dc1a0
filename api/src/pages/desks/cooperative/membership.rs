//! The members on the desk of a cooperative's people: who there is, and the forms by which keepers admit somebody or write down that a membership ends.

use super::{member_of, of_cooperative};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::members::{LeaveRequest, NewMemberRequest, admit_once, leave_once, visible_members};
use crate::pages::desks::named;
use crate::pages::forms::{Fields, Filled, done, or_again, wrong};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::who_may::KEEPERS;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use ledger::cooperatives::rules::cooperative::{Member, MemberState, Standing};
use ledger::cooperatives::store::members;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, MemberId};

/// So many members are shown, by number.
const SHOWN: i64 = 500;

#[derive(Template)]
#[template(path = "desks/cooperative/membership.html")]
struct MembershipPage {
    book: BookRef,
    name: String,
    members: Vec<Row>,
    /// Whether there are more than are shown.
    more: bool,
    keeps: bool,
    standings: [(&'static str, Said); 3],
    admit: Filled,
    leave: Filled,
}

/// A membership.
struct Row {
    number: i32,
    group: String,
    standing: Said,
    since: Day,
    state: Said,
    own: bool,
}

impl Row {
    fn new(it: &Member, own: Option<&[MemberId]>, today: Date) -> Row {
        let state = match (it.state_on(today), it.left_on) {
            (MemberState::Candidate, _) => say("membership-candidate"),
            (MemberState::Member, _) => say("membership-there"),
            (MemberState::Leaving, Some(day)) => say("membership-leaving").with("day", Day(day)),
            (MemberState::Left, Some(day)) => say("membership-left").with("day", Day(day)),
            (MemberState::Leaving | MemberState::Left, None) => say("membership-there"),
        };
        Row {
            number: it.number,
            group: it.group.clone(),
            standing: in_words(it.standing),
            since: Day(it.joined_on),
            state,
            own: own.is_some_and(|own| own.contains(&it.id)),
        }
    }
}

fn in_words(standing: Standing) -> Said {
    match standing {
        Standing::Member => say("membership-member"),
        Standing::Associate => say("membership-associate"),
        Standing::Employee => say("membership-employee"),
    }
}

/// The two forms of the page: the one that was sent as it was, the other one fresh.
struct Forms {
    admit: Filled,
    leave: Filled,
}

impl Forms {
    fn fresh() -> Forms {
        Forms { admit: Filled::fresh(&[]), leave: Filled::fresh(&[]) }
    }
}

async fn shown(
    client: &impl GenericClient,
    caller: &Caller,
    book: Book,
    forms: Forms,
) -> Result<MembershipPage, Problem> {
    let own = visible_members(client, caller, &book).await?;
    let today = book.today(ledger::calendar::now());
    let mut all = members::list(client, book.id, 0, SHOWN + 1).await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = all.len() > shown;
    all.truncate(shown);
    Ok(MembershipPage {
        members: all.iter().map(|it| Row::new(it, own.as_deref(), today)).collect(),
        more,
        keeps: caller.has_role(client, book.organisation, KEEPERS).await?,
        standings: [Standing::Member, Standing::Associate, Standing::Employee].map(|it| (it.as_str(), in_words(it))),
        book: book.reference(),
        name: book.name,
        admit: forms.admit,
        leave: forms.leave,
    })
}

/// The members, for whoever has to do with the cooperative's proceeds: by number, never by name.
#[route("/desk/cooperatives/{id}/members", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, named(asked)?).await?;
    page(StatusCode::OK, &shown(&client, &caller, book, Forms::fresh()).await?)
}

/// A day that a form names; none where it names none.
fn day(sent: &Fields, name: &str) -> Result<Option<Date>, Problem> {
    let read = |text: String| {
        let no_day = |_| wrong(format!("/{name}"), say("forms-day-such-as").with("day", "2026-12-31"));
        text.parse::<Date>().map_err(no_day)
    };
    sent.given(name).map(read).transpose()
}

/// The field that a JSON Pointer of a new member means.
fn field_of(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/');
    ["email", "standing", "group", "candidate_from", "joined_on"].contains(&name).then(|| name.to_owned())
}

/// The field that a JSON Pointer of a departure means.
fn field_of_leave(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/');
    ["number", "left_on"].contains(&name).then(|| name.to_owned())
}

/// What a form says, as a request of the API.
fn request(sent: &Fields) -> Result<NewMemberRequest, Problem> {
    Ok(NewMemberRequest {
        email: sent.get("email").trim().to_owned(),
        standing: sent.given("standing"),
        group: sent.get("group").trim().to_owned(),
        candidate_from: day(sent, "candidate_from")?,
        joined_on: day(sent, "joined_on")?,
        consents: sent.has("consents"),
    })
}

/// Admits a member, who gets the next number and the role of one.
#[post("/desk/cooperatives/{id}/members")]
pub(in crate::pages) async fn admit(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let path = format!("/desk/cooperatives/{id}/members");
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, id).await?;
    // What is done takes a connection of its own.
    drop(client);
    let taken = async { admit_once(&state, &caller, id, &sent.key(&path)?, &request(&sent)?).await };
    match taken.await {
        Ok(_) => Ok(done(&path)),
        Err(problem) => {
            let again = async |again| {
                shown(&state.client().await?, &caller, book, Forms { admit: again, ..Forms::fresh() }).await
            };
            or_again(problem, sent, field_of, again).await
        }
    }
}

/// Writes down that a membership ends, for the number that the form names.
#[post("/desk/cooperatives/{id}/departures")]
pub(in crate::pages) async fn leave(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let path = format!("/desk/cooperatives/{id}/members");
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, id).await?;
    let member = member_of(&client, &book, &sent).await;
    drop(client);
    let taken = async {
        let unknown = || wrong("/number", say("members-no-such-number"));
        let member = member?.ok_or_else(unknown)?;
        let last = LeaveRequest { left_on: day(&sent, "left_on")? };
        leave_once(&state, &caller, member, &sent.key(&path)?, &last).await
    };
    match taken.await {
        Ok(_) => Ok(done(&path)),
        Err(problem) => {
            let again = async |again| {
                shown(&state.client().await?, &caller, book, Forms { leave: again, ..Forms::fresh() }).await
            };
            or_again(problem, sent, field_of_leave, again).await
        }
    }
}
