//! A run of payouts on the desk of a book's keepers and of who approves: who is paid, how much and why, with those that screening holds
//! apart; the step that it waits for; and the files by which it goes to a bank.

use super::named;
use super::payout::{payee, standing as of_payout, what};
use super::payout_runs::{payouts as so_many, standing};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::payouts::payout_file_content::take as take_text;
use crate::handlers::payouts::runs::{
    ApprovePayoutRunRequest, SendPayoutRunRequest, approve_once, cancel_once, of_host, send_once,
};
use crate::pages::forms::{Fields, Filled, done, is_for_form, wrong};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::second_factor;
use crate::state::State;
use crate::texts::Said;
use crate::who_may::{DECIDERS, KEEPERS};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookRef, PayoutFileId, PayoutId, PayoutRunId};
use ledger::payouts::operations::runs::{self as operations, View};
use ledger::payouts::rules::payout::{Payout, PayoutState};
use ledger::payouts::rules::payout_file::{PayoutFile, PayoutFileState};
use ledger::payouts::rules::run::RunState;
use ledger::payouts::store::{payout_files, payouts};
use uuid::Uuid;

const APPROVE: &str = "/desk/payout-runs/{id}/approve";
const SEND: &str = "/desk/payout-runs/{id}/send";
const CANCEL: &str = "/desk/payout-runs/{id}/cancel";

/// So many payouts and files are shown.
const SHOWN: i64 = 200;

/// How a file may be written, with the words of the choice.
fn formats() -> [(&'static str, Said); 4] {
    [
        ("pain001", say("payout-iso")),
        ("nacha_ppd", say("payout-to-persons")),
        ("nacha_ccd", say("payout-to-companies")),
        ("csv", say("payout-as-table")),
    ]
}

#[derive(Template)]
#[template(path = "desks/payout_run.html")]
struct RunPage {
    id: PayoutRunId,
    book: BookRef,
    name: String,
    total: String,
    count: String,
    standing: Said,
    reason: String,
    counts: Vec<(String, String)>,
    without_account: i64,
    held: Vec<Row>,
    payouts: Vec<Row>,
    files: Vec<File>,
    formats: [(&'static str, Said); 4],
    approve: Option<ToApprove>,
    /// How many may be sent now, and how much; nothing when there is none, or it is not the reader's to do.
    send: Option<(String, String)>,
    cancels: bool,
    /// Whether a second factor is to be proved before the next step.
    asks_code: bool,
    form: Filled,
}

/// A payout of the run.
struct Row {
    id: PayoutId,
    payee: String,
    amount: String,
    what: Said,
    standing: Said,
}

/// A file by which it goes to a bank.
struct File {
    id: PayoutFileId,
    what: String,
    standing: Said,
    is_ready: bool,
}

/// What waits for an approval.
struct ToApprove {
    count: String,
    total: String,
    digest: String,
}

impl File {
    fn new(it: &PayoutFile) -> File {
        let (standing, is_ready) = match it.state.word() {
            PayoutFileState::Building => (say("payout-file-building"), false),
            PayoutFileState::Ready => (say("payout-file-ready"), true),
            PayoutFileState::Reported => (say("payout-file-reported"), true),
            PayoutFileState::Withdrawn => (say("payout-file-withdrawn"), false),
        };
        let what = say("payout-file-what")
            .with("count", so_many(it.sent))
            .with("total", Amount::of(it.total, it.currency))
            .with("day", Day(it.execution_on));
        File { id: it.id, what: what.into(), standing, is_ready }
    }
}

async fn row(client: &impl GenericClient, it: &Payout) -> Result<Row, Error> {
    Ok(Row {
        id: it.id,
        payee: payee(client, it.payee).await?,
        amount: Amount::from(it.amount).to_string(),
        what: what(it.source),
        standing: of_payout(it.state.word(), true),
    })
}

/// The payouts of a run: first those that screening holds, then the others.
async fn rows(client: &impl GenericClient, id: PayoutRunId) -> Result<(Vec<Row>, Vec<Row>), Error> {
    let (mut held, mut others) = (Vec::new(), Vec::new());
    for it in payouts::list(client, id.book, None, Some(id), Uuid::nil(), SHOWN).await? {
        let found = row(client, &it).await?;
        if it.state.word() == PayoutState::Held { held.push(found) } else { others.push(found) }
    }
    Ok((held, others))
}

/// What of a run may go to a bank now, unless something of it still waits for somebody.
fn sendable(it: &View) -> Option<(String, String)> {
    let screened = it.counts.iter().find(|count| count.state == PayoutState::Screened)?;
    let total = Amount::of(screened.total, it.run.currency).to_string();
    (it.run.state == RunState::Ready).then(|| (so_many(screened.payouts), total))
}

impl ToApprove {
    fn new(it: &View) -> Option<ToApprove> {
        it.waiting.map(|waiting| ToApprove {
            count: so_many(waiting.payouts),
            total: Amount::of(waiting.total, it.run.currency).to_string(),
            digest: waiting.digest.to_string(),
        })
    }
}

/// So many payouts that stand so.
fn counted(state: PayoutState) -> Said {
    match state {
        PayoutState::Requested => say("payout-count-requested"),
        PayoutState::Approved => say("payout-count-approved"),
        PayoutState::Screened => say("payout-count-screened"),
        PayoutState::Held => say("payout-count-held"),
        PayoutState::Sent => say("payout-count-sent"),
        PayoutState::Settled => say("payout-count-settled"),
        PayoutState::Failed => say("payout-count-failed"),
        PayoutState::Returned => say("payout-count-returned"),
        PayoutState::Cancelled => say("payout-count-cancelled"),
    }
}

async fn shown(state: &State, caller: &Caller, id: PayoutRunId, form: Filled) -> Result<RunPage, Problem> {
    let client = state.client().await?;
    of_host(&client, caller, id).await?;
    let book: Book = books::get(&client, id.book).await?;
    let it = operations::view(&client, id, ledger::calendar::now()).await?;
    let keeps = caller.has_role(&client, book.organisation, KEEPERS).await?;
    let decides = caller.has_role(&client, book.organisation, DECIDERS).await?;
    let (held, others) = rows(&client, id).await?;
    let files =
        if keeps { payout_files::list(&client, book.id, Some(id), Uuid::nil(), SHOWN).await? } else { Vec::new() };
    drop(client);
    let to_approve = ToApprove::new(&it).filter(|_| decides);
    let to_send = sendable(&it).filter(|_| keeps);
    let asks_code = match (to_approve.is_some(), to_send.is_some()) {
        (true, _) => second_factor::is_asked(state, caller, APPROVE).await?,
        (false, true) => second_factor::is_asked(state, caller, SEND).await?,
        (false, false) => false,
    };
    let amount = |minor: i64| Amount::of(minor, it.run.currency).to_string();
    let count = |of: &ledger::payouts::store::runs::Count| {
        (counted(of.state).with("count", so_many(of.payouts)).to_string(), amount(of.total))
    };
    Ok(RunPage {
        id,
        book: book.reference(),
        total: amount(it.run.total),
        count: so_many(it.run.payouts),
        standing: standing(it.run.state),
        reason: it.run.reason.clone(),
        counts: it.counts.iter().map(count).collect(),
        without_account: it.without_account,
        held,
        payouts: others,
        files: files.iter().map(File::new).collect(),
        formats: formats(),
        cancels: keeps && matches!(it.run.state, RunState::Gathering | RunState::Ready),
        approve: to_approve,
        send: to_send,
        asks_code,
        name: book.name,
        form,
    })
}

/// The run, for whoever sees payouts.
#[route("/desk/payout-runs/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutRunId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// The field that a JSON Pointer of a step means.
fn field_of(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/');
    ["format", "execution_on", "originator", "reason"].contains(&name).then(|| name.to_owned())
}

/// Where a step leads to: the run as it is then, or why it was refused.
async fn after(
    state: &State,
    caller: &Caller,
    id: PayoutRunId,
    sent: Fields,
    taken: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    match taken {
        Ok(_) => Ok(done(&format!("/desk/payout-runs/{id}"))),
        Err(problem) if is_for_form(&problem) => {
            let again = Filled::again(sent, &problem, field_of);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(state, caller, id, again).await?)
        }
        Err(problem) => Err(problem),
    }
}

/// Where a form is posted to.
fn path(route: &str, id: PayoutRunId) -> String {
    route.replace("{id}", &id.to_string())
}

/// Approves what was shown.
#[post("/desk/payout-runs/{id}/approve")]
pub(in crate::pages) async fn approve(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutRunId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let read = ApprovePayoutRunRequest { digest: sent.get("digest").to_owned() };
    let taken = match sent.key(&path(APPROVE, id)) {
        Ok(key) => approve_once(&state, &caller, id, &key, &read).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}

/// What somebody has filled in, as a request of the API.
fn request(sent: &Fields) -> Result<SendPayoutRunRequest, Problem> {
    let no_day = || wrong("/execution_on", say("forms-day-such-as").with("day", "2026-03-31"));
    let day = |text: String| text.parse::<Date>().map_err(|_| no_day());
    Ok(SendPayoutRunRequest {
        format: sent.get("format").to_owned(),
        execution_on: sent.given("execution_on").map(day).transpose()?,
        originator: sent.get("originator").trim().to_owned(),
        layout: None,
        lines_max: None,
    })
}

/// Has its files made.
#[post("/desk/payout-runs/{id}/send")]
pub(in crate::pages) async fn send(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutRunId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let taken = async {
        let (key, new) = (sent.key(&path(SEND, id))?, request(&sent)?);
        send_once(&state, &caller, id, &key, &new).await
    };
    let taken = taken.await;
    after(&state, &caller, id, sent, taken).await
}

/// Gives it up.
#[post("/desk/payout-runs/{id}/cancel")]
pub(in crate::pages) async fn cancel(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutRunId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let taken = match sent.key(&path(CANCEL, id)) {
        Ok(_) if !sent.has("reason") => Err(wrong("/reason", say("forms-write-why"))),
        Ok(key) => cancel_once(&state, &caller, id, &key, sent.get("reason").trim()).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}

/// The text of a file, to be handed to the bank: who took it is written down.
#[route("/desk/payout-files/{id}/content", method = "GET")]
pub(in crate::pages) async fn content(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutFileId>,
) -> Result<HttpResponse, Problem> {
    take_text(&state, &caller, named(asked)?).await
}
