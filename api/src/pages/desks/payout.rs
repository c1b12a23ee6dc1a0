//! A payout on the desk of a treasurer, an approver or an operator: who, how much, where to and why; and the one step that it waits for.

use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::payouts::payout::{Step, go_on, require_reader};
use crate::handlers::payouts::payout_body::account_of;
use crate::pages::forms::{Fields, Filled, done, is_for_form, wrong};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::second_factor;
use crate::state::State;
use crate::texts::Said;
use crate::visibility::book_of;
use crate::who_may::{DECIDERS, KEEPERS, PAYOUT_READERS};
use crate::wire::parse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::id::{ClaimId, OrganisationId, PayoutId, PayoutRunId, PersonId};
use ledger::parties::store::{organisations, people};
use ledger::payouts::operations::payouts::Verdict;
use ledger::payouts::rules::payee::Payee;
use ledger::payouts::rules::payout::{PayoutState, Source};
use ledger::payouts::store::payouts;

const APPROVE: &str = "/desk/payouts/{id}/approve";
const SEND: &str = "/desk/payouts/{id}/send";
const DECIDE: &str = "/desk/payouts/{id}/decide";

#[derive(Template)]
#[template(path = "desks/payout.html")]
struct PayoutPage {
    id: PayoutId,
    book: String,
    payee: String,
    amount: String,
    what: Said,
    claim: Option<ClaimId>,
    /// The run of which it is a part, for those who see it.
    run: Option<PayoutRunId>,
    custodian: String,
    /// Where it goes, by the last four characters; none while there is no account.
    account: Option<String>,
    asked_by: String,
    asked_on: Day,
    reference: String,
    standing: Said,
    until: Option<Day>,
    reason: String,
    /// What an approval restates.
    digest: String,
    /// The step that who asks may take.
    step: Option<Now>,
    /// Whether a second factor is to be proved before.
    asks_code: bool,
    form: Filled,
}

/// The step that a payout waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Now {
    Approve,
    Send,
    Decide,
}

impl Now {
    fn route(self) -> &'static str {
        match self {
            Now::Approve => APPROVE,
            Now::Send => SEND,
            Now::Decide => DECIDE,
        }
    }
}

/// What a payout pays.
pub(super) fn what(source: Source) -> Said {
    match source {
        Source::Team => say("payout-pays-team"),
        Source::Prize => say("payout-pays-prize"),
        Source::Member => say("payout-pays-member"),
        Source::Lender => say("payout-pays-lender"),
    }
}

/// How a payout stands.
pub(super) fn standing(state: PayoutState, has_account: bool) -> Said {
    match state {
        PayoutState::Requested if !has_account => say("payout-is-without-account"),
        PayoutState::Requested => say("payout-is-requested"),
        PayoutState::Approved => say("payout-is-approved"),
        PayoutState::Screened => say("payout-is-screened"),
        PayoutState::Held => say("payout-is-held"),
        PayoutState::Sent => say("payout-is-sent"),
        PayoutState::Settled => say("payout-is-settled"),
        PayoutState::Failed => say("payout-is-failed"),
        PayoutState::Returned => say("payout-is-returned"),
        PayoutState::Cancelled => say("payout-is-cancelled"),
    }
}

async fn organisation(client: &impl GenericClient, id: OrganisationId) -> Result<String, Error> {
    Ok(organisations::find(client, id).await?.map_or_else(|| id.to_string(), |found| found.name))
}

/// A person by their name, as far as they have given one.
async fn person(client: &impl GenericClient, id: PersonId) -> Result<String, Error> {
    let name = people::find(client, id).await?.map(|found| found.name).filter(|name| !name.is_empty());
    Ok(name.unwrap_or_else(|| id.to_string()))
}

/// Who is paid, by name.
pub(super) async fn payee(client: &impl GenericClient, it: Payee) -> Result<String, Error> {
    match it {
        Payee::Organisation(id) => organisation(client, id).await,
        Payee::Person(id) => person(client, id).await,
    }
}

async fn shown(state: &State, caller: &Caller, id: PayoutId, form: Filled) -> Result<PayoutPage, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "payout").await?;
    let it = payouts::get(&client, id).await?;
    require_reader(&client, caller, &book, Some(it.payee), "payout").await?;
    let account = account_of(&client, &it).await?;
    let host = book.organisation;
    let step = match it.state.word() {
        PayoutState::Requested if account.is_some() && caller.has_role(&client, host, DECIDERS).await? => {
            Some(Now::Approve)
        }
        PayoutState::Screened if caller.has_role(&client, host, KEEPERS).await? => Some(Now::Send),
        PayoutState::Held if caller.is_operator() => Some(Now::Decide),
        PayoutState::Requested
        | PayoutState::Approved
        | PayoutState::Screened
        | PayoutState::Held
        | PayoutState::Sent
        | PayoutState::Settled
        | PayoutState::Failed
        | PayoutState::Returned
        | PayoutState::Cancelled => None,
    };
    let payee = payee(&client, it.payee).await?;
    let asks_code = match step {
        Some(step) => second_factor::is_asked(state, caller, step.route()).await?,
        None => false,
    };
    Ok(PayoutPage {
        id,
        payee,
        amount: Amount::from(it.amount).to_string(),
        what: what(it.source),
        claim: it.release.map(|(claim, _)| claim),
        run: if caller.has_role(&client, host, PAYOUT_READERS).await? { it.run } else { None },
        custodian: organisation(&client, it.custodian).await?,
        digest: account.as_ref().map(|account| it.digest(account).to_string()).unwrap_or_default(),
        standing: standing(it.state.word(), account.is_some()),
        account: account.map(|it| say("payout-account").with("country", it.country).with("last", it.last_four).into()),
        asked_by: person(&client, it.requested_by).await?,
        asked_on: Day(book.day_of(it.requested_at)),
        until: it.state.until().map(|until| Day(book.day_of(until))),
        reason: it.state.reason().to_owned(),
        reference: it.reference,
        book: book.name,
        step,
        asks_code,
        form,
    })
}

/// The payout, for whoever may read it.
#[route("/desk/payouts/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// Takes a step, and shows the payout as it is then; or why it was refused.
async fn take(
    state: &State,
    caller: &Caller,
    (id, route): (PayoutId, &str),
    sent: Fields,
    step: impl FnOnce(&Fields) -> Result<Step<'_>, Problem>,
) -> Result<HttpResponse, Problem> {
    let taken = async {
        let step = step(&sent)?;
        go_on(state, caller, id, &sent.key(&route.replace("{id}", &id.to_string()))?, &step).await
    };
    match taken.await {
        Ok(_) => Ok(done(&format!("/desk/payouts/{id}"))),
        Err(problem) if is_for_form(&problem) => {
            let of_reason = |pointer: &str| (pointer == "/reason").then(|| "reason".to_owned());
            let again = Filled::again(sent, &problem, of_reason);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(state, caller, id, again).await?)
        }
        Err(problem) => Err(problem),
    }
}

/// Approves what was shown.
#[post("/desk/payouts/{id}/approve")]
pub(in crate::pages) async fn approve(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let sent = Fields::new(form.0);
    take(&state, &caller, (named(asked)?, APPROVE), sent, |sent| Ok(Step::Approve(parse("", sent.get("digest"))?)))
        .await
}

/// Sends it.
#[post("/desk/payouts/{id}/send")]
pub(in crate::pages) async fn send(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    take(&state, &caller, (named(asked)?, SEND), Fields::new(form.0), |_| Ok(Step::Send)).await
}

/// Decides about one that screening holds.
#[post("/desk/payouts/{id}/decide")]
pub(in crate::pages) async fn decide(
    state: Data<State>,
    caller: Caller,
    asked: Asked<PayoutId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    take(&state, &caller, (named(asked)?, DECIDE), Fields::new(form.0), |sent| {
        let verdict = match sent.get("verdict") {
            "release" => Verdict::Release,
            "refuse" => Verdict::Refuse,
            _ => return Err(wrong("", say("payout-verdict"))),
        };
        if !sent.has("reason") {
            return Err(wrong("/reason", say("forms-write-why")));
        }
        Ok(Step::Decide(verdict, sent.get("reason")))
    })
    .await
}
