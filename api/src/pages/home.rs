//! What somebody sees who is signed in: what waits for them.

use super::page;
use crate::auth::Caller;
use crate::extract::Params;
use crate::handlers::desk::waiting::{self, TaskBody};
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::state::State;
use crate::who_may::KEEPERS;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, route};
use askama::Template;
use ledger::Error;
use ledger::desk::rules::task::TaskKind;
use ledger::desk::store::desks;
use ledger::id::{BookRef, OrganisationId};
use ledger::milestones::store::milestones;
use ledger::parties::store::people;

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    email: &'a str,
    tasks: &'a [TaskBody],
    next: Option<&'a str>,
    /// Whether a team of theirs has milestones.
    has_milestones: bool,
    is_operator: bool,
    /// Books that they keep, with their names.
    books: Vec<(BookRef, String)>,
    /// Partner platforms that they own, with their names.
    partners: Vec<(OrganisationId, String)>,
}

/// So many desks of a kind are named.
const DESKS_SHOWN: i64 = 50;

impl TaskBody {
    /// What is to be done, for people.
    fn what(&self) -> &'static str {
        match self.kind {
            TaskKind::AcceptInvitation => "Accept an invitation",
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
            TaskKind::ConfirmBankAccount => Some(format!("/desk/bank-accounts/{}", self.object)),
            TaskKind::ScoreSubmission => Some(format!("/desk/submissions/{}/scores", self.object)),
            TaskKind::OpenDistribution | TaskKind::ApproveDistribution => {
                Some(format!("/desk/distributions/{}", self.object))
            }
            TaskKind::AcceptInvitation
            | TaskKind::AnswerDispute
            | TaskKind::ReplyDispute
            | TaskKind::ResolveDispute
            | TaskKind::ConfirmRequest
            | TaskKind::AttestHours
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
    let id = caller.person()?.id;
    let client = state.client().await?;
    let person = people::find(&client, id).await?.ok_or(Error::NotFound("person"))?;
    let has_milestones = !milestones::list_of_teams(&client, id, None, 1).await?.is_empty();
    let books = desks::books_of(&client, id, KEEPERS, DESKS_SHOWN).await?;
    let books = books.into_iter().map(|book| (book.reference(), book.name)).collect();
    let partners = desks::partners_of(&client, id, DESKS_SHOWN).await?;
    drop(client);
    let waiting = waiting::page(&state, id, &query.0).await?;
    let next = waiting.next_cursor.as_deref();
    let is_operator = caller.is_operator();
    let home = Home { email: &person.email, tasks: &waiting.items, next, has_milestones, is_operator, books, partners };
    page(StatusCode::OK, &home)
}
