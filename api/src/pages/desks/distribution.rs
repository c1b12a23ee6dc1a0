//! A distribution on the desk of whoever brings it before the members or approves it: the waterfall in numbers, and the step that it waits for.

use super::named;
use crate::auth::Caller;
use crate::extract::Form;
use crate::handlers::cooperatives::distributions::{
    ApproveDistribution, DistributionReason, approve_once, object_once, open_once, withdraw_once,
};
use crate::handlers::cooperatives::members::{cooperative_of, visible_members};
use crate::pages::cooperative::recipient;
use crate::pages::forms::{Fields, Filled, done, or_again};
use crate::pages::page;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::Asked;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::who_may::{DECIDERS, KEEPERS};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::cooperatives::rules::distribution::{Distribution, DistributionState};
use ledger::cooperatives::rules::plan::MemberPart;
use ledger::cooperatives::store::{distributions, members};
use ledger::id::{DistributionId, MemberId};
use std::fmt;

#[derive(Template)]
#[template(path = "desks/distribution.html")]
struct DistributionPage {
    id: DistributionId,
    book: String,
    from: Day,
    to: Day,
    net: String,
    standing: Said,
    currency: String,
    /// The waterfall, from the sales to what each group of members gets.
    lines: Vec<Line>,
    rule_version: i32,
    objections: Vec<String>,
    digest: String,
    window_days: u16,
    /// What who asks gets of it, in a sentence for each membership.
    own: Vec<Own>,
    step: Option<Now>,
    /// Whether who asks may object.
    objects: bool,
    /// Whether who asks may withdraw it.
    withdraws: bool,
    form: Filled,
}

/// A share of who asks.
pub(super) struct Own {
    number: i32,
    share: String,
    cash: String,
    retained: String,
    /// The part of a loss, and what of it the capital cannot bear; none where a surplus is shared.
    loss: Option<(String, String)>,
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Own { number, share, cash, retained, loss } = self;
        if let Some((loss, stands)) = loss {
            let says = say("distribution-bears").with("number", *number).with("loss", loss);
            return says.with("stands", stands).fmt(f);
        }
        let says = say("distribution-share").with("number", *number).with("share", share);
        says.with("cash", cash).with("retained", retained).fmt(f)
    }
}

/// So many memberships of one person are shown.
const OWN_MAX: i64 = 100;

/// What some memberships get of a distribution.
pub(super) async fn own_shares(
    client: &impl GenericClient,
    it: &Distribution,
    own: &[MemberId],
) -> Result<Vec<Own>, Error> {
    let amount = |minor: i64| Amount::of(minor, it.currency).to_string();
    let share = |part: &MemberPart| Own {
        number: part.number,
        share: amount(part.share()),
        cash: amount(part.cash),
        retained: amount(part.retained),
        loss: (part.loss > 0).then(|| (amount(part.loss), amount(part.stands))),
    };
    let shares = distributions::shares(client, it.id, Some(own), 0, OWN_MAX).await?;
    Ok(shares.iter().map(share).collect())
}

/// Whether a state lets members object.
fn takes_objections(state: &DistributionState) -> bool {
    match state {
        DistributionState::Objection { .. }
        | DistributionState::Objected { .. }
        | DistributionState::Approved { .. } => true,
        DistributionState::Draft { .. }
        | DistributionState::Posted(_)
        | DistributionState::Paid(_)
        | DistributionState::StatementsIssued(_)
        | DistributionState::Reversing { .. }
        | DistributionState::Reversed { .. }
        | DistributionState::Withdrawn { .. } => false,
    }
}

/// Whether nothing of it is posted yet, so that it can be given up.
fn is_unposted(state: &DistributionState) -> bool {
    takes_objections(state) || matches!(state, DistributionState::Draft { .. })
}

/// A line of the waterfall.
struct Line {
    name: String,
    amount: String,
    is_sum: bool,
}

/// The step that it waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Now {
    Open,
    Approve,
    /// Approve it all the same, with an answer to the objections.
    Answer,
}

/// The waterfall: nothing in it is of a single member.
fn lines(it: &Distribution) -> Vec<Line> {
    let line = |name: String, minor: i64, is_sum| Line { name, amount: Amount::of(minor, it.currency).bare(), is_sum };
    let besides = |text, minor: i64| (minor != 0).then(|| line(say(text).into(), minor, false));
    let mut lines = vec![line(say("members-sales").into(), it.sales, false)];
    lines.extend(besides("members-other-income", it.other_income));
    lines.push(line(say("members-costs").into(), -it.costs, false));
    lines.extend(besides("members-other-costs", -it.other_costs));
    lines.push(line(say("members-losses").into(), -it.loss_before, false));
    lines.push(line(say("distribution-is-distributed").into(), it.net(), true));
    let step = |part| line(recipient(part, it.currency).into(), part.amount, false);
    lines.extend(it.plan.steps.iter().map(step));
    if it.plan.from_reserve > 0 {
        lines.push(line(say("distribution-from-reserve").into(), it.plan.from_reserve, false));
    }
    for group in &it.plan.groups {
        let of = |text| say(text).with("group", &group.group).with("members", group.members).into();
        let lost = it.plan.loss() > 0;
        for (text, minor, is_shown) in [
            ("distribution-group-cash", group.cash, !lost),
            ("distribution-group-capital", group.retained, !lost),
            ("distribution-group-netted", group.netted, group.netted > 0),
            ("distribution-group-bears", group.from_capital(), lost),
            ("distribution-group-stands", group.stands, group.stands > 0),
        ] {
            if is_shown {
                lines.push(line(of(text), minor, false));
            }
        }
    }
    lines
}

/// How it stands, in a few words.
pub(super) fn in_a_word(state: &DistributionState) -> Said {
    match state {
        DistributionState::Draft { .. } => say("distribution-is-draft"),
        DistributionState::Objection { .. } => say("distribution-is-objection"),
        DistributionState::Objected { .. } => say("distribution-is-objected"),
        DistributionState::Approved { .. } => say("distribution-is-approved"),
        DistributionState::Posted(_) => say("distribution-is-posted"),
        DistributionState::Paid(_) => say("distribution-is-paid"),
        DistributionState::StatementsIssued(_) => say("distribution-is-issued"),
        DistributionState::Reversing { .. } => say("distribution-is-reversing"),
        DistributionState::Reversed { .. } => say("distribution-is-reversed"),
        DistributionState::Withdrawn { .. } => say("distribution-is-withdrawn"),
    }
}

/// How it stands, in a sentence.
fn standing(state: &DistributionState, day: impl Fn(jiff::Timestamp) -> Day) -> Said {
    match state {
        DistributionState::Draft { until } => say("distribution-stands-draft").with("day", day(*until)),
        DistributionState::Objection { until } => say("distribution-stands-objection").with("day", day(*until)),
        DistributionState::Objected { answer_until, .. } => {
            say("distribution-stands-objected").with("day", day(*answer_until))
        }
        DistributionState::Approved { until, .. } => say("distribution-stands-approved").with("day", day(*until)),
        DistributionState::Posted(posting) => say("distribution-stands-posted").with("entry", posting.entry),
        DistributionState::Paid(posting) => say("distribution-stands-paid").with("entry", posting.entry),
        DistributionState::StatementsIssued(posting) => say("distribution-stands-issued").with("entry", posting.entry),
        DistributionState::Reversing { reason, .. } => say("distribution-stands-reversing").with("reason", reason),
        DistributionState::Reversed { reversal, reason, .. } => {
            say("distribution-stands-reversed").with("entry", *reversal).with("reason", reason)
        }
        DistributionState::Withdrawn { reason } => say("distribution-stands-withdrawn").with("reason", reason),
    }
}

async fn shown(state: &State, caller: &Caller, id: DistributionId, form: Filled) -> Result<DistributionPage, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, caller, id.book, "distribution").await?;
    let it = distributions::get(&client, id).await?;
    let is_plain = visible_members(&client, caller, &book).await?.is_some();
    let is_draft = matches!(it.state, DistributionState::Draft { .. });
    if is_plain && is_draft {
        return Err(Error::NotFound("distribution").into());
    }
    let keeps = caller.has_role(&client, book.organisation, KEEPERS).await?;
    let decides = caller.has_role(&client, book.organisation, DECIDERS).await?;
    let step = match it.state {
        DistributionState::Draft { .. } if keeps => Some(Now::Open),
        DistributionState::Objection { .. } if decides => Some(Now::Approve),
        DistributionState::Objected { .. } if decides => Some(Now::Answer),
        DistributionState::Draft { .. }
        | DistributionState::Objection { .. }
        | DistributionState::Objected { .. }
        | DistributionState::Approved { .. }
        | DistributionState::Posted(_)
        | DistributionState::Paid(_)
        | DistributionState::StatementsIssued(_)
        | DistributionState::Reversing { .. }
        | DistributionState::Reversed { .. }
        | DistributionState::Withdrawn { .. } => None,
    };
    let objections = distributions::objections(&client, id).await?;
    let own = members::of_person(&client, book.id, caller.person()?.id).await?;
    let own: Vec<MemberId> = own.into_iter().map(|member| member.id).collect();
    let has_objected = objections.iter().any(|it| own.contains(&it.member));
    Ok(DistributionPage {
        own: own_shares(&client, &it, &own).await?,
        withdraws: keeps && is_unposted(&it.state),
        objects: takes_objections(&it.state) && !own.is_empty() && !has_objected,
        id,
        from: Day(it.period.from),
        to: Day(it.period.to),
        net: Amount::of(it.net(), it.currency).to_string(),
        standing: standing(&it.state, |at| Day(book.day_of(at))),
        currency: it.currency.code().to_owned(),
        lines: lines(&it),
        rule_version: it.rule_version,
        objections: objections.into_iter().map(|it| it.reason).collect(),
        digest: hex::encode(it.digest),
        window_days: it.window_days,
        book: book.name,
        step,
        form,
    })
}

/// The distribution, for whoever has to do with the cooperative's proceeds.
#[route("/desk/distributions/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: Caller,
    asked: Asked<DistributionId>,
) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &shown(&state, &caller, named(asked)?, Filled::fresh(&[])).await?)
}

/// Where a step leads to: the distribution as it is then, or why it was refused. `reason` is the field of the reason.
async fn after(
    state: &State,
    caller: &Caller,
    id: DistributionId,
    (sent, reason): (Fields, &str),
    taken: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    match taken {
        Ok(_) => Ok(done(&format!("/desk/distributions/{id}"))),
        Err(problem) => {
            let of_text = |pointer: &str| match pointer {
                "/answer" => Some("answer".to_owned()),
                "/reason" => Some(reason.to_owned()),
                _other => None,
            };
            or_again(problem, sent, of_text, async |again| shown(state, caller, id, again).await).await
        }
    }
}

/// Brings it before the members.
#[post("/desk/distributions/{id}/open")]
pub(in crate::pages) async fn bring(
    state: Data<State>,
    caller: Caller,
    asked: Asked<DistributionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let taken = match sent.key(&format!("/desk/distributions/{id}/open")) {
        Ok(key) => open_once(&state, &caller, id, &key).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, (sent, "reason"), taken).await
}

/// Approves what was shown.
#[post("/desk/distributions/{id}/approve")]
pub(in crate::pages) async fn approve(
    state: Data<State>,
    caller: Caller,
    asked: Asked<DistributionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let new =
        ApproveDistribution { digest: sent.get("digest").to_owned(), answer: sent.get("answer").trim().to_owned() };
    let taken = match sent.key(&format!("/desk/distributions/{id}/approve")) {
        Ok(key) => approve_once(&state, &caller, id, &key, &new).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, (sent, "reason"), taken).await
}

/// Objects, for the members and whoever approves it to read.
#[post("/desk/distributions/{id}/object")]
pub(in crate::pages) async fn object(
    state: Data<State>,
    caller: Caller,
    asked: Asked<DistributionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let why = DistributionReason { reason: sent.get("reason").trim().to_owned() };
    let taken = match sent.key(&format!("/desk/distributions/{id}/object")) {
        Ok(key) => object_once(&state, &caller, id, &key, &why).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, (sent, "reason"), taken).await
}

/// Gives it up, for the members to read.
#[post("/desk/distributions/{id}/withdraw")]
pub(in crate::pages) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    asked: Asked<DistributionId>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (named(asked)?, Fields::new(form.0));
    let why = DistributionReason { reason: sent.get("why").trim().to_owned() };
    let taken = match sent.key(&format!("/desk/distributions/{id}/withdraw")) {
        Ok(key) => withdraw_once(&state, &caller, id, &key, &why).await,
        Err(problem) => Err(problem),
    };
    after(&state, &caller, id, (sent, "why"), taken).await
}
