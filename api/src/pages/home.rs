//! What somebody sees who is signed in: what waits for them.

use super::forms::{Fields, Filled, done, is_for_form};
use super::page;
use super::shown::{Amount, Day, moment};
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::desk::waiting::{self, TaskBody};
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::who_may::{COOPERATORS, KEEPERS, MEMBER};
use crate::wire::parse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::Error;
use ledger::desk::rules::task::TaskKind;
use ledger::desk::store::desks::{self, OfCooperative};
use ledger::id::{BookRef, MilestoneCallId, OrganisationId, PersonId};
use ledger::milestones::rules::call::Call;
use ledger::milestones::store::{calls, milestones};
use ledger::parties::operations::persons::{self, ChangeMe};
use ledger::parties::rules::person::Person;
use ledger::parties::rules::role::Role;
use ledger::parties::store::{organisations, people};
use uuid::Uuid;

/// How many of somebody's organisations the page names; the list of the API has all.
const ORGANISATIONS_MAX: i64 = 50;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    email: String,
    /// How they are called; empty while they have not said.
    name: String,
    /// The form in which they say it.
    form: Filled,
    tasks: Vec<TaskBody>,
    next: Option<String>,
    /// Those in which they have a role, with their names; nobody new has any.
    organisations: Vec<(OrganisationId, String)>,
    /// Whether a team of theirs has milestones.
    has_milestones: bool,
    is_operator: bool,
    /// Cooperatives with which they have to do.
    cooperatives: Vec<AtCooperative>,
    /// Books that they keep, with their names.
    books: Vec<(BookRef, String)>,
    /// Work for which teams can apply now, in books that everybody reads.
    calls: Vec<OpenCall>,
    /// Partner platforms that they own, with their names.
    partners: Vec<(OrganisationId, String)>,
}

impl Home {
    /// By which name and address they are signed in.
    fn who(&self) -> String {
        if self.name.is_empty() { self.email.clone() } else { format!("{}, {}", self.name, self.email) }
    }

    /// The question for their name.
    fn called(&self) -> String {
        say("me-how-are-you-called").to_string()
    }
}

/// Work for which teams can apply.
struct OpenCall {
    id: MilestoneCallId,
    name: String,
    amount: Amount,
    until: Day,
}

impl From<Call> for OpenCall {
    fn from(it: Call) -> OpenCall {
        OpenCall { id: it.id, amount: it.amount.into(), until: Day(it.applications_until), name: it.name }
    }
}

/// So many calls are named.
const CALLS_SHOWN: i64 = 5;

/// A cooperative, and what somebody may do there.
struct AtCooperative {
    book: BookRef,
    name: String,
    keeps: bool,
    is_member: bool,
}

impl From<OfCooperative> for AtCooperative {
    fn from(it: OfCooperative) -> AtCooperative {
        let has = |some: &[Role]| it.roles.iter().any(|role| some.contains(role));
        let (keeps, is_member) = (has(KEEPERS), has(MEMBER));
        AtCooperative { book: it.book.reference(), name: it.book.name, keeps, is_member }
    }
}

/// So many desks of a kind are named.
const DESKS_SHOWN: i64 = 50;

impl TaskBody {
    /// What is to be done, for people.
    fn what(&self) -> Said {
        say(catalogue::task(self.kind))
    }

    /// The desk on which it is done; none where only the API has it.
    fn desk(&self) -> Option<String> {
        match self.kind {
            TaskKind::ReviewClaim | TaskKind::ChangeClaim => Some(format!("/desk/claims/{}", self.object)),
            TaskKind::ApprovePayout | TaskKind::DecidePayout | TaskKind::SendPayout | TaskKind::ChasePayout => {
                Some(format!("/desk/payouts/{}", self.object))
            }
            TaskKind::AnswerJoinRequest => Some(format!("/desk/join-requests/{}", self.object)),
            TaskKind::DecideCall => Some(format!("/desk/calls/{}", self.object)),
            TaskKind::ConfirmBankAccount => Some(format!("/desk/bank-accounts/{}", self.object)),
            TaskKind::ScoreSubmission => Some(format!("/desk/submissions/{}/scores", self.object)),
            TaskKind::OpenDistribution | TaskKind::ApproveDistribution => {
                Some(format!("/desk/distributions/{}", self.object))
            }
            TaskKind::AnswerAffiliation => Some(format!("/desk/affiliations/{}", self.object)),
            TaskKind::MatchBankLine => Some(format!("/desk/bank-lines/{}", self.object)),
            TaskKind::CastVote => Some(format!("/desk/proposals/{}", self.object)),
            TaskKind::ApproveRedemption => self.book.map(|book| format!("/desk/cooperatives/{book}/redemptions")),
            TaskKind::AttestHours => self.book.map(|book| format!("/desk/cooperatives/{book}/hours")),
            TaskKind::AcceptInvitation
            | TaskKind::AnswerDispute
            | TaskKind::ReplyDispute
            | TaskKind::ResolveDispute
            | TaskKind::ConfirmRequest
            | TaskKind::AttestShare
            | TaskKind::ReviseShares
            | TaskKind::DecideShares
            | TaskKind::AnswerChargeback
            | TaskKind::CheckCapture
            | TaskKind::ChaseSettlement
            | TaskKind::FundReserve
            | TaskKind::ConfirmEnded
            | TaskKind::MatchSuspense
            | TaskKind::ReleaseCustodian => None,
        }
    }

    /// Until when, for people; nothing when nothing ends it.
    fn until_written(&self) -> String {
        self.until.map(moment).unwrap_or_default()
    }
}

/// Lists what waits for who is signed in.
#[route("/me", method = "GET", method = "HEAD")]
pub(super) async fn me(state: Data<State>, caller: Caller, query: Params<PageQuery>) -> Result<HttpResponse, Problem> {
    let person = known(&state, caller.person()?.id).await?;
    let form = Filled::fresh(&[("name", person.name.clone()), ("version", person.version.to_string())]);
    page(StatusCode::OK, &shown(&state, &caller, person, &query.0, form).await?)
}

async fn known(state: &State, id: PersonId) -> Result<Person, Problem> {
    Ok(people::find(&state.client().await?, id).await?.ok_or(Error::NotFound("person"))?)
}

async fn shown(
    state: &State,
    caller: &Caller,
    person: Person,
    query: &PageQuery,
    form: Filled,
) -> Result<Home, Problem> {
    let client = state.client().await?;
    let has_milestones = !milestones::list_of_teams(&client, person.id, None, 1).await?.is_empty();
    let theirs = organisations::list_of_person(&client, person.id, Uuid::nil(), ORGANISATIONS_MAX).await?;
    let books = desks::books_of(&client, person.id, KEEPERS, DESKS_SHOWN).await?;
    let books = books.into_iter().map(|book| (book.reference(), book.name)).collect();
    let cooperatives = desks::cooperatives_of(&client, person.id, COOPERATORS, DESKS_SHOWN).await?;
    let partners = desks::partners_of(&client, person.id, DESKS_SHOWN).await?;
    let calls = calls::list_public(&client, ledger::calendar::now(), CALLS_SHOWN).await?;
    drop(client);
    let waiting = waiting::page(state, person.id, query).await?;
    Ok(Home {
        email: person.email,
        name: person.name,
        form,
        tasks: waiting.items,
        next: waiting.next_cursor,
        organisations: theirs.into_iter().map(|it| (it.id, it.name)).collect(),
        has_milestones,
        cooperatives: cooperatives.into_iter().map(AtCooperative::from).collect(),
        books,
        calls: calls.into_iter().map(OpenCall::from).collect(),
        partners,
        is_operator: caller.is_operator(),
    })
}

/// Who is signed in says how they are called. Sent twice, it is said once.
#[post("/me/name")]
pub(super) async fn change_name(
    state: Data<State>,
    caller: Caller,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, mut sent) = (caller.person()?.id, Fields::new(form.0));
    let person = known(&state, id).await?;
    let name = sent.get("name").trim().to_owned();
    if person.name == name {
        return Ok(done("/me"));
    }
    let changed = async {
        let version = parse("/version", sent.get("version"))?;
        let changed = state
            .in_transaction(async |tx| {
                persons::change(tx, id, version, ChangeMe { name: Some(&name), language: None }).await
            })
            .await?;
        Ok::<_, Problem>(changed)
    };
    match changed.await {
        Ok(_) => Ok(done("/me")),
        Err(problem) if is_for_form(&problem) => {
            sent.set("version", person.version.to_string());
            let of_name = |pointer: &str| (pointer == "/name").then(|| "name".to_owned());
            let again = Filled::again(sent, &problem, of_name);
            let first = PageQuery { limit: None, cursor: None };
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(&state, &caller, person, &first, again).await?)
        }
        Err(problem) => Err(problem),
    }
}
