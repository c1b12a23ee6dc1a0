//! What waits for who asks, across all their roles.

use crate::auth::Caller;
use crate::extract::Params;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use ledger::desk::operations::waiting;
use ledger::desk::rules::task::{Place, Task, TaskKind, TaskObject};
use ledger::id::{BookRef, PersonId};
use serde::Serialize;
use utoipa::ToSchema;

/// What waits for somebody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskBody {
    /// `accept_invitation`, `answer_join_request`, `decide_call`, `review_claim`, `change_claim`, `answer_dispute`, `reply_dispute`, `resolve_dispute`, `confirm_request`, `open_distribution`, `approve_distribution`,
    /// `approve_redemption`, `answer_affiliation`, `cast_vote`, `attest_hours`, `score_submission`, `attest_share`, `revise_shares`, `decide_shares`, `answer_chargeback`, `fund_reserve`, `match_suspense`, `confirm_ended`, `check_capture`,
    /// `chase_settlement`, `release_custodian`, `confirm_bank_account`, `approve_payout`, `decide_payout`, `send_payout`, `chase_payout` or
    /// `match_bank_line`.
    #[schema(value_type = String)]
    pub kind: TaskKind,
    /// The id of what it is about: a claim, a dispute, a distribution, a redemption, hours, a submission, a share plan, a charge, a chargeback, a settlement, money in
    /// suspense, a move of a plan, a freeze of a custodian, an invitation, a request to join, a call, a proposal, an affiliation.
    #[schema(example = "clm_aaaaaaibtr7mdvlxpvb2pxnbwmcv6rjy")]
    pub object: String,
    /// The object in words, such as the name of the milestone.
    pub title: String,
    /// The book that it lies in; null for an invitation and a request to join.
    #[schema(value_type = Option<String>)]
    pub book: Option<BookRef>,
    /// The name of the book.
    pub book_name: Option<String>,
    /// Until when, by the book's clock; null when nothing ends it.
    pub until: Option<Timestamp>,
    /// Where it is read by GET; null for an invitation, which is accepted by the link in its mail.
    pub path: Option<String>,
}

impl From<Task> for TaskBody {
    fn from(task: Task) -> TaskBody {
        let (book, book_name) = task.book.unzip();
        let (object, path) = match task.object {
            TaskObject::Call(id) => (id.to_string(), Some(format!("/v1/milestone-calls/{id}/applications"))),
            TaskObject::Affiliation(id) => (id.to_string(), Some(format!("/v1/affiliations/{id}"))),
            TaskObject::BankAccount(id) => (id.to_string(), Some(format!("/v1/bank-accounts/{id}"))),
            TaskObject::BankLine(id) => {
                (id.to_string(), book.map(|book| format!("/v1/books/{book}/bank-lines?open=true")))
            }
            TaskObject::Payout(id) => (id.to_string(), Some(format!("/v1/payouts/{id}"))),
            TaskObject::Charge(id) => (id.to_string(), Some(format!("/v1/charges/{id}"))),
            TaskObject::Chargeback(id) => (id.to_string(), Some(format!("/v1/chargebacks/{id}"))),
            TaskObject::Claim(id) => (id.to_string(), Some(format!("/v1/claims/{id}"))),
            TaskObject::Contribution(id) => {
                (id.to_string(), book.map(|book| format!("/v1/cooperatives/{book}/contributions")))
            }
            TaskObject::CustodianFreeze(id) => {
                (id.to_string(), book.map(|book| format!("/v1/books/{book}/custodians")))
            }
            TaskObject::Dispute(id, claim) => (id.to_string(), Some(format!("/v1/claims/{claim}/disputes"))),
            TaskObject::Distribution(id) => (id.to_string(), Some(format!("/v1/distributions/{id}"))),
            TaskObject::Invitation(id) => (id.to_string(), None),
            TaskObject::JoinRequest(id, of) => (id.to_string(), Some(format!("/v1/organisations/{of}/join-requests"))),
            TaskObject::PlanMove(id) => (id.to_string(), Some(format!("/v1/plan-moves/{id}"))),
            TaskObject::Proposal(id) => (id.to_string(), Some(format!("/v1/proposals/{id}"))),
            TaskObject::Redemption(id) => (id.to_string(), Some(format!("/v1/redemptions/{id}"))),
            TaskObject::Suspense(id) => (id.to_string(), Some(format!("/v1/suspense/{id}"))),
            TaskObject::Settlement(id) => (id.to_string(), Some(format!("/v1/settlements/{id}"))),
            TaskObject::SharePlan(id) => (id.to_string(), Some(format!("/v1/share-plans/{id}"))),
            TaskObject::Submission(id) => (id.to_string(), Some(format!("/v1/submissions/{id}"))),
        };
        TaskBody { kind: task.kind, object, title: task.title, book, book_name, until: task.until, path }
    }
}

/// A page of what waits for a person.
pub async fn page(state: &State, person: PersonId, query: &PageQuery) -> Result<Page<TaskBody>, Problem> {
    let window = query.window::<Place>()?;
    let after = window.after.unwrap_or(Place::START);
    let client = state.client().await?;
    let rows = waiting::list(&client, person, after, window.fetch(), ledger::calendar::now()).await?;
    Ok(window.page(rows, Task::place, TaskBody::from))
}

/// Lists what waits for who asks, across all their roles: calls to decide, claims to review or to change, disputes to answer or to decide, revocations to confirm, distributions
/// to open or to approve, redemptions to approve, proposals to vote on, hours to attest, submissions to score, shares to attest, to propose anew or to decide, chargebacks to answer or to bear, captures to check, settlements that custodians owe, custodians that are frozen, invitations to accept. What
/// ends first comes first.
#[utoipa::path(tag = "identity", params(PageQuery),
    responses((status = 200, description = "A page, what ends first at the top", body = Page<TaskBody>)))]
#[get("/v1/me/waiting")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Ok(page(&state, caller.person()?.id, &query.0).await?.respond(&http))
}
