//! What the host plans with the money of a line, until the day after which all goes back.

use super::lines::stand;
use crate::books::operations::wind_ups::enqueue_lines;
use crate::books::rules::wind_up::{Plan, PlanKind, WindUp, WindUpState};
use crate::books::store::wind_ups;
use crate::calendar::to_microseconds;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::CampaignId;
use crate::pledging::operations::returnables;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::store::campaigns;
use crate::service::change::Change;
use crate::service::store::activity::{self, Done};
use crate::winding::rules::line::{Account, Line, LineKind, Of};
use crate::winding::store::lines;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// The host says what becomes of the money of an account. What it said before no longer counts, but what goes back by it goes on.
///
/// With `Move` the donors are asked once the last day has ended, each by a mail with a link: whoever agrees moves their money to the
/// campaign, or to another one, and what nobody answers for goes back with the rest.
///
/// # Errors
///
/// `not-winding-up`, `wind-up-returning`, `line-takes-no-plan`, `same-campaign`, `campaign-not-live`. [`Error::Invalid`] at `/plan` or
/// `/to`; [`Error::NotFound`] for an account that is no line.
pub async fn plan(
    tx: &Transaction<'_>,
    book: &Book,
    code: &str,
    (kind, to): (PlanKind, Option<CampaignId>),
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Line, Error> {
    let book = books::get(tx, book.id).await?;
    let now = to_microseconds(book.now(wall));
    let last = wind_ups::last(tx, book.id).await?.filter(|last| last.written != WindUpState::Resumed);
    let of =
        last.ok_or_else(|| Refusal::new("not-winding-up", "the book is not wound up: there is nothing to plan"))?;
    let of = wind_ups::lock(tx, of.id).await?;
    of.takes_plan(now)?;
    let account = lines::find(tx, of.id, code).await?.ok_or(Error::NotFound("line"))?;
    if !account.kind.takes_plan() {
        let detail =
            format!("{code} is owed to whom it names, and goes by itself: only funds, purses and pools take a plan");
        return Err(Refusal::new("line-takes-no-plan", detail).into());
    }
    if account.returns(&of, now) {
        let detail = format!("{code} goes back already, as was said before");
        return Err(Refusal::new("wind-up-returning", detail).into());
    }
    check_target(tx, &account, kind, to, now).await?;
    let plan = Plan { account: account.number, kind, to, planned_at: now };
    wind_ups::upsert_plan(tx, of.id, &plan).await?;
    let done = Done::new(&of.id, action(kind), change.actor).because(change.reason);
    activity::record(tx, book.id, done, now).await?;
    follow(tx, &book, &of, &account, kind, now).await?;
    stand(tx, &book, &of, Account { plan: Some(plan), ..account }, now).await
}

/// Money moves between live campaigns of the book that are in one currency, and to none that gives back itself.
async fn check_target(
    tx: &Transaction<'_>,
    account: &Account,
    kind: PlanKind,
    to: Option<CampaignId>,
    now: Timestamp,
) -> Result<(), Error> {
    let to = match (kind, to) {
        (PlanKind::Move, Some(to)) => to,
        (PlanKind::Move, None) => return Err(Error::invalid("/to", "say to which campaign it moves")),
        (PlanKind::SpendDown | PlanKind::Return, Some(_)) => {
            return Err(Error::invalid("/to", "only what moves has a campaign to which it goes"));
        }
        (PlanKind::SpendDown | PlanKind::Return, None) => return Ok(()),
    };
    let (LineKind::Fund, Some(Of::Campaign(from))) = (account.kind, account.of) else {
        return Err(Error::invalid(
            "/plan",
            "only the money of a campaign moves: a purse or a pool is spent down, or goes back",
        ));
    };
    if to.book != from.book {
        return Err(Error::invalid(
            "/to",
            "not a campaign of the same book: let it go back, and its donors give there",
        ));
    }
    if to == from {
        return Err(Refusal::new("same-campaign", "the money is in the fund of that campaign already").into());
    }
    let target: Campaign = campaigns::get(tx, to).await?;
    target.state.clone().at(now).takes_pledges()?;
    if target.currency.code() != account.unit.code() {
        let message = format!("that campaign is in {}, not in {}", target.currency, account.unit.code());
        return Err(Error::invalid("/to", message));
    }
    let of_target = wind_ups::plan_of(tx, to.book, target.fund()?).await?;
    match of_target.map(|plan| plan.kind) {
        Some(PlanKind::Move | PlanKind::Return) => {
            Err(Error::invalid("/to", "what that campaign has moves or goes back itself: name one that is spent down"))
        }
        Some(PlanKind::SpendDown) | None => Ok(()),
    }
}

/// The jobs that a plan needs: from the end of the last day on, or at once when that has ended.
async fn follow(
    tx: &Transaction<'_>,
    book: &Book,
    of: &WindUp,
    account: &Account,
    kind: PlanKind,
    now: Timestamp,
) -> Result<(), Error> {
    let at = of.from.max(now);
    match (kind, account.of) {
        (PlanKind::Return, _) => enqueue_lines(tx, of.id, "", at).await,
        (PlanKind::Move, Some(Of::Campaign(campaign))) => returnables::look_at(tx, book, campaign, at).await,
        (PlanKind::Move | PlanKind::SpendDown, _) => Ok(()),
    }
}

/// What the list of who did what says of a plan.
fn action(kind: PlanKind) -> &'static str {
    match kind {
        PlanKind::Move => "planned_move",
        PlanKind::SpendDown => "planned_spend_down",
        PlanKind::Return => "planned_return",
    }
}
