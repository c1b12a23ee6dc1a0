//! What was written down wrongly is taken back: a sale or a cost by the keepers of a cooperative, hours by whoever had to do with them.

use super::days;
use super::hours::amount;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::members::{KEEPERS, cooperative_of, reverse_hours_once};
use crate::handlers::cooperatives::proceeds::reverse_once;
use crate::handlers::cooperatives::reversal::ReversalReason;
use crate::pages::desks::{named, sum};
use crate::pages::forms::{Fields, Filled, done, or_again};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use ledger::cooperatives::rules::contribution::{Contribution, ContributionState};
use ledger::cooperatives::rules::cooperative::{Member, ProceedsKind};
use ledger::cooperatives::rules::proceeds::Proceeds;
use ledger::cooperatives::rules::undone::Undone;
use ledger::cooperatives::store::{hours, members, proceeds};
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, ContributionId, ProceedsId};

#[derive(Template)]
#[template(path = "desks/cooperative/take_back.html")]
struct TakeBackPage {
    book: BookRef,
    name: String,
    title: String,
    facts: Vec<(Said, String)>,
    /// How it was taken back; none while it stands.
    undone: Option<Gone>,
    /// What taking it back does; empty for who may not.
    effect: String,
    button: String,
    action: String,
    form: Filled,
}

/// How something was taken back.
struct Gone {
    day: Day,
    reason: String,
    /// The mirror entry; none for what had moved nothing.
    entry: Option<i64>,
}

impl Gone {
    fn new(it: &Undone, book: &Book) -> Gone {
        Gone { day: Day(book.day_of(it.at)), reason: it.reason.clone(), entry: it.entry }
    }
}

/// What taking a sale or a cost back does, in a sentence.
fn effect_of_proceeds(it: &Proceeds) -> String {
    let takes = match it.kind {
        ProceedsKind::Sale => say("members-effect-back-sale"),
        ProceedsKind::Cost => say("members-effect-back-cost"),
    };
    let amount = sum(it.amount.minor(), it.amount.currency());
    takes.with("amount", amount).with("label", &it.label).with("entry", it.entry).into()
}

/// What taking hours back does, in a sentence.
fn effect_of_hours(it: &Contribution, member: &Member) -> String {
    let takes = match it.state() {
        ContributionState::Attested => say("members-effect-back-attested"),
        ContributionState::Recorded | ContributionState::Reversed => say("members-effect-back-hours"),
    };
    takes.with("what", amount(it)).with("number", member.number).into()
}

async fn of_proceeds(state: &State, caller: &Caller, id: ProceedsId, form: Filled) -> Result<TakeBackPage, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, caller, id.book, "proceeds").await?;
    let it = proceeds::get(&client, id, book.currency).await?;
    let amount = sum(it.amount.minor(), it.amount.currency());
    let title = match it.kind {
        ProceedsKind::Sale => say("members-sale-of"),
        ProceedsKind::Cost => say("members-cost-of"),
    };
    let facts = vec![
        (say("members-what"), it.label.clone()),
        (say("members-amount"), amount.clone()),
        (say("members-fact-day"), Day(it.occurred_on).to_string()),
        (say("members-fact-invoice"), it.reference.clone()),
        (say("members-fact-note"), it.memo.clone()),
        (say("members-fact-entry"), it.entry.to_string()),
    ];
    Ok(TakeBackPage {
        book: book.reference(),
        title: title.with("amount", &amount).into(),
        facts: facts.into_iter().filter(|(_, says)| !says.is_empty()).collect(),
        undone: it.undone.as_ref().map(|undone| Gone::new(undone, &book)),
        effect: effect_of_proceeds(&it),
        button: say("members-take-amount").with("amount", amount).into(),
        action: format!("/desk/proceeds/{id}/reverse"),
        name: book.name,
        form,
    })
}

async fn of_hours(state: &State, caller: &Caller, id: ContributionId, form: Filled) -> Result<TakeBackPage, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, caller, id.book, "contribution").await?;
    let it = hours::get(&client, id).await?;
    let member = members::get(&client, it.member).await?;
    let keeps = caller.has_role(&client, book.organisation, KEEPERS).await?;
    let may = keeps || it.is_of(&member, caller.person()?.id);
    let named = say("members-member-of").with("number", member.number).with("group", &member.group);
    let facts = vec![
        (say("members-who-worked"), named.into()),
        (say("members-fact-when"), days(it.worked.from, it.worked.to)),
        (say("members-fact-stand"), super::hours::in_words(it.state()).into()),
        (say("members-fact-note"), it.note.clone()),
    ];
    Ok(TakeBackPage {
        book: book.reference(),
        title: say("members-hours-of").with("what", amount(&it)).with("number", member.number).into(),
        facts: facts.into_iter().filter(|(_, says)| !says.is_empty()).collect(),
        undone: it.undone.as_ref().map(|undone| Gone::new(undone, &book)),
        effect: if may { effect_of_hours(&it, &member) } else { String::new() },
        button: say("members-take-hours").with("what", amount(&it)).into(),
        action: format!("/desk/contributions/{id}/reverse"),
        name: book.name,
        form,
    })
}

/// The reason that a form gives.
fn reason(sent: &Fields) -> ReversalReason {
    ReversalReason { reason: sent.get("reason").trim().to_owned() }
}

/// The field that a JSON Pointer means.
fn field_of(pointer: &str) -> Option<String> {
    (pointer == "/reason").then(|| "reason".to_owned())
}

/// A sale or a cost, for the keepers of the cooperative.
#[route("/desk/proceeds/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show_proceeds(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ProceedsId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &of_proceeds(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// Takes a sale or a cost back.
#[post("/desk/proceeds/{id}/reverse")]
pub(in crate::pages) async fn reverse_proceeds(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ProceedsId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let shown = of_proceeds(&state, &caller, id, Filled::fresh(&[])).await?;
    let taken = async { reverse_once(&state, &caller, id, &sent.key(&shown.action)?, &reason(&sent)).await };
    match taken.await {
        Ok(_) => Ok(done(&format!("/desk/proceeds/{id}"))),
        Err(problem) => {
            or_again(problem, sent, field_of, async |again| of_proceeds(&state, &caller, id, again).await).await
        }
    }
}

/// Hours, for whoever writes hours down in the cooperative.
#[route("/desk/contributions/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show_hours(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ContributionId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &of_hours(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// Takes hours back.
#[post("/desk/contributions/{id}/reverse")]
pub(in crate::pages) async fn reverse_hours(
    state: Data<State>,
    caller: Caller,
    asked: Asked<ContributionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let shown = of_hours(&state, &caller, id, Filled::fresh(&[])).await?;
    let taken = async { reverse_hours_once(&state, &caller, id, &sent.key(&shown.action)?, &reason(&sent)).await };
    match taken.await {
        Ok(_) => Ok(done(&format!("/desk/contributions/{id}"))),
        Err(problem) => {
            or_again(problem, sent, field_of, async |again| of_hours(&state, &caller, id, again).await).await
        }
    }
}
