//! What somebody sees who is signed in: what waits for them.

use super::forms::{Fields, Filled, done, is_for_form};
use super::page;
use crate::auth::Caller;
use crate::extract::{Form, Params};
use crate::handlers::desk::waiting::{self, TaskBody};
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::state::State;
use crate::who_may::{COOPERATORS, KEEPERS, MEMBER};
use crate::wire::parse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::Error;
use ledger::desk::rules::task::TaskKind;
use ledger::desk::store::desks::{self, OfCooperative};
use ledger::id::{BookRef, OrganisationId, PersonId};
use ledger::milestones::store::milestones;
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
    /// Partner platforms that they own, with their names.
    partners: Vec<(OrganisationId, String)>,
}

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
    fn what(&self) -> &'static str {
        match self.kind {
            TaskKind::AcceptInvitation => "Accept an invitation",
            TaskKind::AnswerJoinRequest => "Answer somebody who asks to join",
            TaskKind::ReviewClaim => "Review a claim",
            TaskKind::ChangeClaim => "Change your claim and submit it again",
            TaskKind::AnswerDispute => "Answer a dispute about your claim",
            TaskKind::ReplyDispute => "Reply to the answer to your objection, or accept it",
            TaskKind::ResolveDispute => "Decide a dispute",
            TaskKind::ConfirmRequest => "Confirm a revocation or a write-off that somebody else asks for",
            TaskKind::OpenDistribution => "Open a distribution to the members",
            TaskKind::ApproveDistribution => "Approve a distribution",
            TaskKind::AttestHours => "Attest hours",
            TaskKind::ScoreSubmission => "Score a submission",
            TaskKind::AttestShare => "Attest the share of your team in what a submission wins, or object to it",
            TaskKind::ReviseShares => "Propose anew how the prizes of your submission are divided",
            TaskKind::DecideShares => "Decide how the prizes of a submission are divided",
            TaskKind::AnswerChargeback => "Give evidence against a chargeback",
            TaskKind::CheckCapture => "Check a capture that the partner's list does not have",
            TaskKind::ChaseSettlement => "Ask a custodian for money that is overdue",
            TaskKind::FundReserve => "Fund the risk reserve for a lost chargeback",
            TaskKind::ConfirmEnded => "Confirm that the mandate of a partner that has left has ended",
            TaskKind::ConfirmBankAccount => "Confirm a bank account, or reject it",
            TaskKind::ApprovePayout => "Approve a payout",
            TaskKind::DecidePayout => "Decide about a payout that screening holds",
            TaskKind::SendPayout => "Send a payout",
            TaskKind::ChasePayout => "Find out what became of a late payout",
            TaskKind::MatchBankLine => "Find out what a line of a bank statement is about",
            TaskKind::MatchSuspense => "Say whose payment this money is, or return it",
            TaskKind::ReleaseCustodian => "Get the money of a frozen custodian free, and release it",
        }
    }

    /// The desk on which it is done; none where only the API has it.
    fn desk(&self) -> Option<String> {
        match self.kind {
            TaskKind::ReviewClaim | TaskKind::ChangeClaim => Some(format!("/desk/claims/{}", self.object)),
            TaskKind::ApprovePayout | TaskKind::DecidePayout | TaskKind::SendPayout | TaskKind::ChasePayout => {
                Some(format!("/desk/payouts/{}", self.object))
            }
            TaskKind::AnswerJoinRequest => Some(format!("/desk/join-requests/{}", self.object)),
            TaskKind::ConfirmBankAccount => Some(format!("/desk/bank-accounts/{}", self.object)),
            TaskKind::ScoreSubmission => Some(format!("/desk/submissions/{}/scores", self.object)),
            TaskKind::OpenDistribution | TaskKind::ApproveDistribution => {
                Some(format!("/desk/distributions/{}", self.object))
            }
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
            | TaskKind::MatchBankLine
            | TaskKind::MatchSuspense
            | TaskKind::ReleaseCustodian => None,
        }
    }

    /// Until when, for people; nothing when nothing ends it.
    fn until_written(&self) -> String {
        self.until.map(|until| until.strftime("%-d %B %Y, %H:%M UTC").to_string()).unwrap_or_default()
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
