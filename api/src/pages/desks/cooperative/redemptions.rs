//! Retained shares on the desk of a cooperative's people: what was paid back of them, the request that waits with what each share would
//! give, and the form by which keepers ask.

use super::{member_of, of_cooperative};
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::members::{cooperative_of, visible_members};
use crate::handlers::cooperatives::redemptions::{
    ApproveRedemption, NewRedemption, RedemptionReason, approve_once, ask_once, withdraw_once,
};
use crate::pages::desks::{named, sum};
use crate::pages::forms::{Fields, Filled, done, or_again};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::who_may::{DECIDERS, KEEPERS};
use crate::wire::MoneyBody;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::cooperatives::rules::redemption::{Given, Redemption, RedemptionState};
use ledger::cooperatives::store::redemption_parts::{self, Placed};
use ledger::cooperatives::store::redemptions;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, RedemptionId};

/// So many redemptions are shown.
const SHOWN: i64 = 500;

/// So many parts of the one that waits are shown.
const PARTS_MAX: usize = 1_000;

/// So many are read: one more says whether there are more.
const PARTS_READ: i64 = 1_001;

#[derive(Template)]
#[template(path = "desks/cooperative/redemptions.html")]
struct RedemptionsPage {
    book: BookRef,
    name: String,
    currency: &'static str,
    /// The request that waits.
    waits: Option<Waiting>,
    past: Vec<Past>,
    keeps: bool,
    decides: bool,
    form: Filled,
}

/// A request that waits for another person.
struct Waiting {
    id: RedemptionId,
    amount: String,
    parts: Vec<Part>,
    /// Whether there are more parts than these.
    more_parts: bool,
    digest: String,
}

/// What a share gives.
struct Part {
    number: i32,
    period_to: Day,
    amount: String,
    left: String,
}

/// A redemption that is over, or in the book.
struct Past {
    says: String,
    state: Said,
}

impl Waiting {
    fn new(it: &Redemption, parts: &[Placed], book: &Book) -> Waiting {
        let bare = |minor: i64| Amount::of(minor, book.currency).bare();
        let part = |given: &Given| Part {
            number: given.number,
            period_to: Day(given.period_to),
            amount: bare(given.amount),
            left: bare(given.left),
        };
        Waiting {
            id: it.id,
            amount: sum(it.amount, book.currency),
            parts: parts.iter().take(PARTS_MAX).map(|placed| part(&placed.given)).collect(),
            more_parts: parts.len() > PARTS_MAX,
            digest: hex::encode(it.digest),
        }
    }
}

impl Past {
    fn new(it: &Redemption, book: &Book) -> Past {
        let whose = match it.number {
            Some(number) => say("members-redemption-of-one").with("number", number),
            None => say("members-redemption-of-all"),
        };
        let day = Day(book.day_of(it.requested_at));
        let state = match &it.state {
            RedemptionState::Requested => say("members-redemption-requested"),
            RedemptionState::Posting(redeemed) => say("members-redemption-posting").with("entry", redeemed.entry),
            RedemptionState::Approved(redeemed) => say("members-redemption-approved").with("entry", redeemed.entry),
            RedemptionState::Withdrawn { reason } => say("members-redemption-withdrawn").with("reason", reason),
            RedemptionState::Reversing { reason, .. } => say("members-redemption-reversing").with("reason", reason),
            RedemptionState::Reversed { reversal, reason, .. } => {
                say("members-redemption-reversed").with("entry", *reversal).with("reason", reason)
            }
        };
        Past { says: whose.with("amount", sum(it.amount, book.currency)).with("day", day).into(), state }
    }
}

async fn shown(
    client: &impl GenericClient,
    caller: &Caller,
    book: Book,
    form: Filled,
) -> Result<RedemptionsPage, Problem> {
    let own = visible_members(client, caller, &book).await?;
    let all = redemptions::recent(client, book.id, own.as_deref(), SHOWN).await?;
    let (waits, past): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.state == RedemptionState::Requested);
    let waits = match waits.first() {
        Some(it) => {
            let parts = redemption_parts::list(client, it.id, own.as_deref(), -1, PARTS_READ).await?;
            Some(Waiting::new(it, &parts, &book))
        }
        None => None,
    };
    Ok(RedemptionsPage {
        currency: book.currency.code(),
        waits,
        past: past.into_iter().map(|it| Past::new(it, &book)).collect(),
        keeps: caller.has_role(client, book.organisation, KEEPERS).await?,
        decides: caller.has_role(client, book.organisation, DECIDERS).await?,
        book: book.reference(),
        name: book.name,
        form,
    })
}

/// The redemptions, for whoever has to do with the cooperative's proceeds; plain members see what concerns them.
#[route("/desk/cooperatives/{id}/redemptions", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, named(asked)?).await?;
    page(StatusCode::OK, &shown(&client, &caller, book, Filled::fresh(&[])).await?)
}

/// The field that a JSON Pointer means.
fn field_of(pointer: &str) -> Option<String> {
    let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
    match name {
        "member" => Some("number".to_owned()),
        "number" | "amount" | "reason" => Some(name.to_owned()),
        _other => None,
    }
}

/// Asks for it: nothing moves until another person approves.
#[post("/desk/cooperatives/{id}/redemptions")]
pub(in crate::pages) async fn ask(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let path = format!("/desk/cooperatives/{id}/redemptions");
    let client = state.client().await?;
    let book = of_cooperative(&client, &caller, id).await?;
    let member = member_of(&client, &book, &sent).await;
    // What is done takes a connection of its own.
    drop(client);
    let taken = async {
        let amount = MoneyBody { amount: sent.number("amount"), currency: book.currency.code().to_owned() };
        let new = NewRedemption { member: member?.map(|id| id.to_string()), amount };
        ask_once(&state, &caller, id, &sent.key(&path)?, &new).await
    };
    match taken.await {
        Ok(_) => Ok(done(&path)),
        Err(problem) => {
            let again = async |again| shown(&state.client().await?, &caller, book, again).await;
            or_again(problem, sent, field_of, again).await
        }
    }
}

/// Where a step leads to: the redemptions as they are then, or why it was refused.
async fn after(
    state: &State,
    caller: &Caller,
    id: RedemptionId,
    sent: Fields,
    taken: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, caller, id.book, "redemption").await?;
    match taken {
        Ok(_) => Ok(done(&format!("/desk/cooperatives/{}/redemptions", book.reference()))),
        Err(problem) => {
            or_again(problem, sent, field_of, async |again| shown(&client, caller, book, again).await).await
        }
    }
}

/// Approves what was shown.
#[post("/desk/redemptions/{id}/approve")]
pub(in crate::pages) async fn approve(
    state: Data<State>,
    caller: Caller,
    asked: Asked<RedemptionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let new = ApproveRedemption { digest: sent.get("digest").to_owned() };
    let taken = match sent.key(&format!("/desk/redemptions/{id}/approve")) {
        Ok(key) => approve_once(&state, &caller, id, &key, &new).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}

/// Gives it up, for the members to read.
#[post("/desk/redemptions/{id}/withdraw")]
pub(in crate::pages) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    asked: Asked<RedemptionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let why = RedemptionReason { reason: sent.get("reason").trim().to_owned() };
    let taken = match sent.key(&format!("/desk/redemptions/{id}/withdraw")) {
        Ok(key) => withdraw_once(&state, &caller, id, &key, &why).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, sent, taken).await
}
