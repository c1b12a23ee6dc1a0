//! Runs of payouts: asked for, approved as a whole and given up by people of the host.

use super::payout::cash_of;
use super::payout_files::{PayoutFileBody, PayoutTable, layout_of, require_vault};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{actor, book_of, kept};
use crate::wire::{BalanceBody, ChangeStateRequest, MoneyBody, bounded, etag, parse, parse_currency};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::book::AccountNumber;
use ledger::evidence::Digest;
use ledger::id::{BookRef, OrganisationId, PayoutRunId, PersonId};
use ledger::payouts::operations::run_files::{self, SendRun, Sent};
use ledger::payouts::operations::runs::{self as operations, NewRun, View};
use ledger::payouts::rules::payout_file::FileFormat;
use ledger::payouts::rules::run::{PAYOUTS_MAX, Run};
use ledger::payouts::store::runs::{self, Debt};
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A run of payouts to be asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayoutRun {
    /// What it pays, each once: `team`, `prize`, `member`, `lender`.
    #[schema(min_items = 1, max_items = 4)]
    pub(crate) sources: Vec<String>,
    /// Of what is owed: a run is in one currency.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    pub(crate) currency: String,
    /// The least amount that it pays; leave it out for every amount.
    pub(crate) minimum: Option<MoneyBody>,
    /// The organisation from whose cash it pays: the host when it is left out, or a partner platform.
    #[schema(pattern = "^org_[a-z2-7]{26}$")]
    pub(crate) custodian: Option<String>,
    /// The short name of the cash of a cooperative from which it pays, as `party` of its proceeds has it; leave it out for the cash that
    /// is called after the custodian.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "bank")]
    pub(crate) cash: Option<String>,
    /// What each payee reads beside their payout, without personal data.
    #[serde(default)]
    #[schema(max_length = 200, example = "Surplus of 2030")]
    pub(crate) memo: String,
}

/// A run of payouts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutRun)]
pub struct RunBody {
    #[schema(value_type = String)]
    id: PayoutRunId,
    /// What it pays: `team`, `prize`, `member`, `lender`.
    sources: Vec<String>,
    /// The least amount that it pays.
    minimum: BalanceBody,
    /// The organisation from whose cash it pays.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// The short name of the cooperative's cash from which it pays; null for the cash that is called after the custodian.
    cash: Option<String>,
    memo: String,
    /// `gathering` while it asks for its payouts; `ready`; `done` when all of them are over; `cancelled`.
    state: String,
    /// Why it was cancelled; empty otherwise.
    reason: String,
    /// How many payouts it has, so far while it gathers: 10000 at most, the rest is for another run.
    payouts: i32,
    /// How many of them are over: settled, failed or cancelled.
    ended: i32,
    /// What all of them are.
    total: BalanceBody,
    #[schema(value_type = String)]
    requested_by: PersonId,
    /// By the book's clock.
    requested_at: Timestamp,
}

impl From<Run> for RunBody {
    fn from(it: Run) -> RunBody {
        RunBody {
            id: it.id,
            sources: it.sources.iter().map(ToString::to_string).collect(),
            minimum: BalanceBody::new(it.minimum, it.currency),
            custodian: it.custodian,
            cash: Some(it.cash).filter(|cash| !cash.is_empty()),
            memo: it.memo,
            state: it.state.to_string(),
            reason: it.reason,
            payouts: it.payouts,
            ended: it.ended,
            total: BalanceBody::new(it.total, it.currency),
            requested_by: it.requested_by,
            requested_at: it.requested_at,
        }
    }
}

/// Payouts of a run that stand at the same place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutRunCount)]
pub struct CountBody {
    /// `requested`, `approved`, `screened`, `held`, `sent`, `settled`, `failed`, `returned` or `cancelled`.
    state: String,
    payouts: i64,
    total: BalanceBody,
}

/// What of a run waits for an approval.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutRunApproval)]
pub struct WaitingBody {
    payouts: i64,
    total: BalanceBody,
    /// What an approval restates: SHA-256 of how many payouts these are, how much, and the `digest` of each.
    digest: String,
}

/// A run with its payouts, counted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutRunDetails)]
pub struct DetailsBody {
    run: RunBody,
    /// Its payouts by state. The list of payouts has each, with `run`.
    states: Vec<CountBody>,
    /// What waits for an approval; null when nothing does.
    to_approve: Option<WaitingBody>,
    /// Payouts that wait for a bank account of their payee: they are approved once it is there.
    without_account: i64,
}

impl From<View> for DetailsBody {
    fn from(it: View) -> DetailsBody {
        let currency = it.run.currency;
        let count = |of: &runs::Count| CountBody {
            state: of.state.to_string(),
            payouts: of.payouts,
            total: BalanceBody::new(of.total, currency),
        };
        DetailsBody {
            states: it.counts.iter().map(count).collect(),
            to_approve: it.waiting.map(|waiting| WaitingBody {
                payouts: waiting.payouts,
                total: BalanceBody::new(waiting.total, currency),
                digest: waiting.digest.to_string(),
            }),
            without_account: it.without_account,
            run: it.run.into(),
        }
    }
}

/// Asks for a payout of everything that is owed now by some sources, one for each account of what is owed: to every team, member or
/// lender. What is being paid already is left alone, so that two runs pay once. The payouts are gathered a page at a time, 10000 at
/// most; then the run is `ready`.
#[utoipa::path(tag = "payout-runs", params(("book" = String, Path, description = "The book")), request_body = NewPayoutRun,
    responses((status = 201, description = "Asked for", body = RunBody)))]
#[post("/v1/books/{book}/payout-runs")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    request: Keyed<NewPayoutRun>,
) -> Result<HttpResponse, Problem> {
    create_once(&state, &caller, *book, &request.key, &request.body).await
}

impl NewPayoutRun {
    fn parse(&self, book: BookRef) -> Result<NewRun, Problem> {
        let source = |(place, word): (usize, &String)| parse(&format!("/sources/{place}"), word);
        Ok(NewRun {
            book: book.book,
            currency: parse_currency("/currency", &self.currency)?,
            sources: self.sources.iter().enumerate().map(source).collect::<Result<_, _>>()?,
            minimum: self.minimum.as_ref().map(|minimum| minimum.parse("/minimum")).transpose()?,
            custodian: self.custodian.as_ref().map(|id| parse("/custodian", id)).transpose()?,
            cash: cash_of(self.cash.as_deref())?,
            memo: bounded("/memo", &self.memo, text::REFERENCE_OR_NONE)?,
        })
    }
}

/// Asks for a run, once for its key: that of a request, or of a form.
pub(crate) async fn create_once(
    state: &State,
    caller: &Caller,
    book: BookRef,
    key: &IdempotencyKey,
    asked: &NewPayoutRun,
) -> Result<HttpResponse, Problem> {
    let (by, new) = (caller.person()?.id, asked.parse(book)?);
    idempotent(state, key, Scope::Book(book.book), caller.id(), async |tx| {
        kept(tx, caller, book).await?;
        let made = operations::ask(tx, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&RunBody::from(made)))
    })
    .await
}

/// What a run would pay if it was asked for now: each account of what is owed, as many as a run has at most. Nothing is written.
pub(crate) async fn tried(
    state: &State,
    caller: &Caller,
    book: BookRef,
    asked: &NewPayoutRun,
) -> Result<Vec<Debt>, Problem> {
    let (by, new) = (caller.person()?.id, asked.parse(book)?);
    let mut client = state.client().await?;
    let tx = client.transaction().await?;
    kept(&tx, caller, book).await?;
    let run = operations::ask(&tx, new, by, ledger::calendar::now()).await?;
    let found = runs::debts(&tx, &run, AccountNumber(0), i64::from(PAYOUTS_MAX)).await?;
    tx.rollback().await?;
    Ok(found)
}

/// Lists the payout runs of a book.
#[utoipa::path(tag = "payout-runs", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<RunBody>)))]
#[get("/v1/books/{book}/payout-runs")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    book: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = kept(&client, &caller, *book).await?;
    let rows = runs::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, RunBody::from).respond(&http))
}

/// Shows a payout run: how many of its payouts stand where, and what waits for an approval.
#[utoipa::path(tag = "payout-runs", params(("id" = String, Path, description = "The payout run")),
    responses((status = 200, description = "The run, with its ETag", body = DetailsBody, headers(("ETag" = String)))))]
#[get("/v1/payout-runs/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<PayoutRunId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    of_host(&client, &caller, *id).await?;
    let found = operations::view(&client, *id, ledger::calendar::now()).await?;
    let tag = etag(found.run.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(DetailsBody::from(found)))
}

/// Refuses who has no role in the host that the table of who may do what asks for.
pub(crate) async fn of_host(client: &impl GenericClient, caller: &Caller, id: PayoutRunId) -> Result<(), Error> {
    let book = book_of(client, id.book, "payout run").await?;
    caller.require_role(client, book.organisation, "payout run").await
}

/// What an approval of a run restates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovePayoutRunRequest {
    /// The `digest` of `to_approve`, as you have read it.
    #[schema(pattern = "^[0-9a-f]{64}$", example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub(crate) digest: String,
}

/// What an approval of a run has come to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutRunApproved)]
pub struct ApprovedBody {
    /// How many payouts are approved by it.
    approved: usize,
    /// How many are left to somebody else: those to you, and to organisations that you belong or have a declared tie to.
    left: usize,
    run: DetailsBody,
}

/// Approves the payouts of a run that wait for it, as you have read them: how many, how much, and each with its amount and bank account.
/// Whoever asked for the run does not; what goes to yourself, or to your own organisations, is left to somebody else. The approval of a
/// payout falls when its bank account changes before it is sent.
#[utoipa::path(tag = "payout-runs", params(("id" = String, Path, description = "The payout run")),
    request_body = ApprovePayoutRunRequest, responses((status = 200, description = "Approved", body = ApprovedBody)))]
#[post("/v1/payout-runs/{id}:approve")]
pub(crate) async fn approve(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutRunId>,
    request: Keyed<ApprovePayoutRunRequest>,
) -> Result<HttpResponse, Problem> {
    approve_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Approves a run, once for its key: that of a request, or of a form.
pub(crate) async fn approve_once(
    state: &State,
    caller: &Caller,
    id: PayoutRunId,
    key: &IdempotencyKey,
    read: &ApprovePayoutRunRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let seen: Digest = parse("/digest", &read.digest)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_host(tx, caller, id).await?;
        let done = operations::approve(tx, id, seen, by, ledger::calendar::now()).await?;
        let run = operations::view(tx, id, ledger::calendar::now()).await?.into();
        Ok(Reply::ok(&ApprovedBody { approved: done.approved, left: done.left, run }))
    })
    .await
}

/// How a run goes to a bank.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendPayoutRunRequest {
    /// As that of a payout file.
    #[schema(pattern = "^(pain001|nacha_ccd|nacha_ppd|csv)$", example = "pain001")]
    pub(crate) format: String,
    /// The day on which the bank is asked to pay: up to 60 days ahead by the book's clock; leave it out for today.
    #[schema(value_type = Option<String>, format = "date")]
    pub(crate) execution_on: Option<Date>,
    /// The company id that the bank gave, with the formats of NACHA; leave it out otherwise.
    #[serde(default)]
    #[schema(max_length = 10, pattern = "^[0-9A-Z]*$", example = "")]
    pub(crate) originator: String,
    /// With `csv`; all fields under their own names when it is left out.
    pub(crate) layout: Option<PayoutTable>,
    /// The most payouts that the bank takes in one file: the run goes by as many files as that asks for. 10,000 when it is left out.
    #[schema(minimum = 1, maximum = 10000)]
    pub(crate) lines_max: Option<u16>,
}

/// What a run goes to a bank by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutRunSent)]
pub struct SentBody {
    /// How many of its payouts go.
    payouts: i64,
    /// By how many files: `GET /v1/books/{book}/payout-files` lists them with `run`.
    files: i64,
    /// The first of them; the others are made meanwhile.
    first: PayoutFileBody,
    run: RunBody,
}

impl From<Sent> for SentBody {
    fn from(it: Sent) -> SentBody {
        SentBody { payouts: it.payouts, files: it.files, first: it.first.into(), run: it.run.into() }
    }
}

/// Sends a payout run whole, by as many payout files as the bank's bound of lines asks for: all of its payouts that are approved, screened
/// and in no file. While any of it waits to be approved or screened, or is held, nothing is sent, and the answer says how many wait for
/// what: cancel those that are not to go. Each file is then built, taken and settled as one that is asked for by itself. What a file
/// leaves out goes by another call, once its reason is gone.
#[utoipa::path(tag = "payout-runs", params(("id" = String, Path, description = "The payout run")),
    request_body = SendPayoutRunRequest,
    responses((status = 200, description = "The first file is asked for, and the others are made", body = SentBody)))]
#[post("/v1/payout-runs/{id}:send")]
pub(crate) async fn send_run(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutRunId>,
    request: Keyed<SendPayoutRunRequest>,
) -> Result<HttpResponse, Problem> {
    send_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Sends a run, once for its key: that of a request, or of a form.
pub(crate) async fn send_once(
    state: &State,
    caller: &Caller,
    id: PayoutRunId,
    key: &IdempotencyKey,
    asked: &SendPayoutRunRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let format: FileFormat = parse("/format", &asked.format)?;
    let new = SendRun {
        run: id,
        format,
        execution_on: asked.execution_on,
        originator: asked.originator.clone(),
        layout: layout_of(asked.layout.as_ref(), format)?,
        lines: asked.lines_max,
    };
    require_vault(state)?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_host(tx, caller, id).await?;
        let sent = run_files::send(tx, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&SentBody::from(sent)))
    })
    .await
}

/// Gives a payout run up, with a reason: those of its payouts that were not sent are cancelled, and what is owed stays owed. What was sent
/// goes on.
#[utoipa::path(tag = "payout-runs", params(("id" = String, Path, description = "The payout run")),
    request_body = ChangeStateRequest, responses((status = 200, description = "Cancelled", body = RunBody)))]
#[post("/v1/payout-runs/{id}:cancel")]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Path<PayoutRunId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    cancel_once(&state, &caller, *id, &request.key, &request.body.reason).await
}

/// Gives a run up, once for its key: that of a request, or of a form.
pub(crate) async fn cancel_once(
    state: &State,
    caller: &Caller,
    id: PayoutRunId,
    key: &IdempotencyKey,
    reason: &str,
) -> Result<HttpResponse, Problem> {
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        of_host(tx, caller, id).await?;
        let change = Change { version: None, actor: actor(caller), reason };
        let cancelled = operations::cancel(tx, id, change, ledger::calendar::now()).await?;
        Ok(Reply::ok(&RunBody::from(cancelled)))
    })
    .await
}
