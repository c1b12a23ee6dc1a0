//! A book on the desk of its keepers: the campaigns, challenges and milestones that there are, each with its state, and the templates from
//! which new ones are made. A template is a form with its fields filled; all of them can be changed.

use super::call::of_call;
use super::milestones::of_milestone;
use super::{named, sum};
use crate::auth::Caller;
use crate::extract::{Params, read_json};
use crate::idempotency::IdempotencyKey;
use crate::pages::forms::{Effect, Fields, Filled, Sentence, done, is_for_form};
use crate::pages::page;
use crate::pages::shown::Day;
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Said};
use crate::visibility::kept;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, route};
use askama::Template;
use ledger::challenges::store::challenges;
use ledger::engine::store::books::Book;
use ledger::id::{BookRef, CampaignId, ChallengeId, MilestoneCallId, MilestoneId};
use ledger::milestones::store::{calls, milestones};
use ledger::money::{Currency, Money};
use ledger::pledging::rules::kind::Kind;
use ledger::pledging::store::campaigns;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

/// So many of each are shown, the oldest.
pub(super) const SHOWN: i64 = 200;

#[derive(Template)]
#[template(path = "desks/host.html")]
struct HostPage {
    book: BookRef,
    name: String,
    campaigns: Vec<Offered<CampaignId>>,
    challenges: Vec<Offered<ChallengeId>>,
    milestones: Vec<Offered<MilestoneId>>,
    calls: Vec<Offered<MilestoneCallId>>,
    /// What was made just now; empty otherwise.
    made: String,
}

/// What there is already.
struct Offered<Id> {
    id: Id,
    name: String,
    amount: String,
    state: Said,
}

/// What a campaign asks for, in words.
fn asks_for(kind: &Kind) -> Said {
    let written = |money: Money| sum(money.minor(), money.currency());
    match *kind {
        Kind::Recurring { monthly_goal } => say("host-asks-monthly").with("amount", written(monthly_goal)),
        Kind::AllOrNothing { goal, last_day, .. } => {
            say("host-asks-all").with("amount", written(goal)).with("day", Day(last_day))
        }
        Kind::KeepWhatYouRaise { goal, last_day } => match goal {
            Some(goal) => say("host-asks-keeps").with("amount", written(goal)).with("day", Day(last_day)),
            None => say("host-asks-what-comes").with("day", Day(last_day)),
        },
        Kind::MinimumAndOptimum { minimum, optimum, last_day, .. } => {
            let asks = say("host-asks-minimum").with("minimum", written(minimum)).with("optimum", written(optimum));
            asks.with("day", Day(last_day))
        }
    }
}

/// From which template, and for what.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Begun {
    /// Word of the template; the first one when it is left out.
    pub(super) template: Option<String>,
}

/// What was made just now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Lately {
    made: Option<String>,
}

/// So many whole units of a currency, as they are typed.
pub(super) fn whole(currency: Currency, units: i64) -> String {
    texts::read().to_type(&currency.format(i128::from(units) * 10_i128.pow(currency.exponent())))
}

/// Makes what a form describes, once, if it does what was read; else answers what it does now. `desk` is where the form is sent, `route`
/// where the API takes the same.
pub(super) async fn made_once<N: DeserializeOwned, M>(
    sent: &Fields,
    does: Sentence,
    (desk, route): (&str, &'static str),
    body: impl FnOnce() -> Result<Value, Problem>,
    make: impl AsyncFnOnce(IdempotencyKey, N) -> Result<M, Problem>,
) -> Result<Option<Effect>, Problem> {
    if let Some(unread) = Effect::unread(sent, does) {
        return Ok(Some(unread));
    }
    let key = sent.key(desk)?;
    let new = read_json(body()?.to_string().as_bytes(), "POST", route)?;
    make(key, new).await.map(|_| None)
}

/// What comes of a form: it leads to the host's desk once the thing is made; else it is shown again, with what it does now or with what is wrong.
pub(super) fn answered<P: Template>(
    made: Result<Option<Effect>, Problem>,
    (sent, leads_to): (Fields, &str),
    says: Sentence,
    field_of: impl Fn(&str) -> Option<String>,
    shown: impl FnOnce(Effect, Filled) -> P,
) -> Result<HttpResponse, Problem> {
    match made {
        Ok(None) => Ok(done(leads_to)),
        Ok(Some(unread)) => page(StatusCode::OK, &shown(unread, Filled::holding(sent))),
        Err(problem) if is_for_form(&problem) => {
            let again = Filled::again(sent, &problem, field_of);
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown(Effect::fresh(says), again))
        }
        Err(problem) => Err(problem),
    }
}

/// A ticked box.
pub(super) fn is_ticked(sent: &Fields, name: &str) -> bool {
    sent.get(name) == "yes"
}

/// The book for its keepers, and for them alone.
pub(super) async fn kept_book(state: &State, caller: &Caller, id: BookRef) -> Result<Book, Problem> {
    Ok(kept(&state.client().await?, caller, id).await?)
}

/// The book's campaigns, challenges and milestones.
#[route("/desk/books/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<BookRef>,
    query: Params<Lately>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = kept(&client, &caller, named(asked)?).await?;
    let (mut offered, mut planned, mut called) = (Vec::new(), Vec::new(), Vec::new());
    let now = book.now(ledger::calendar::now());
    for it in campaigns::list(&client, book.id, Uuid::nil(), SHOWN).await? {
        for of in milestones::list(&client, it.id, Uuid::nil(), SHOWN).await? {
            planned.push(Offered {
                id: of.id,
                amount: sum(of.amount.minor(), of.amount.currency()),
                state: of_milestone(&of.state),
                name: of.name,
            });
        }
        for of in calls::list(&client, it.id, Uuid::nil(), SHOWN).await? {
            let state = of_call(&of, &book, now);
            called.push(Offered {
                id: of.id,
                amount: sum(of.amount.minor(), of.amount.currency()),
                state,
                name: of.name,
            });
        }
        let state = say("host-state").with("state", it.state.at(now).as_str());
        offered.push(Offered { id: it.id, amount: asks_for(&it.kind).into(), state, name: it.title });
    }
    let contests = challenges::list(&client, book.id, Uuid::nil(), SHOWN).await?.into_iter().map(|it| Offered {
        id: it.id,
        amount: sum(it.purse.minor(), it.purse.currency()),
        state: say("host-state").with("state", it.state.as_str()),
        name: it.title,
    });
    let made = match query.0.made.as_deref() {
        Some("campaign") => say("host-made-campaign").into(),
        Some("challenge") => say("host-made-challenge").into(),
        Some("milestone") => say("host-made-milestone").into(),
        Some("call") => say("host-made-call").into(),
        Some(_) | None => String::new(),
    };
    let shown = HostPage {
        book: book.reference(),
        campaigns: offered,
        challenges: contests.collect(),
        milestones: planned,
        calls: called,
        made,
        name: book.name,
    };
    page(StatusCode::OK, &shown)
}
