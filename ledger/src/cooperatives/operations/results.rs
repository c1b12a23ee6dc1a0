//! Results of periods: closed, so that the surplus can be distributed or the loss is carried forward, and opened again.

use super::{loans, members, result_accounts};
use crate::book::AccountNumber;
use crate::books::operations::{accounts, mirrors};
use crate::cooperatives::rules::cooperative::{Cooperative, NEVER, Period, ProceedsKind};
use crate::cooperatives::rules::distribution::DistributionState;
use crate::cooperatives::rules::result::{self, Closing, Counted, OnAccount, PeriodResult};
use crate::cooperatives::rules::undone::{self, Undone};
use crate::cooperatives::store::proceeds::Sum;
use crate::cooperatives::store::{cooperatives, distributions, hours, proceeds, results};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId, ResultId};
use crate::money::Money;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// A result, and whether it was closed before.
#[derive(Debug, Clone)]
pub struct Closed {
    /// The result.
    pub result: PeriodResult,
    /// Whether it was closed before, for just these days.
    pub was_known: bool,
}

/// Closes the result of a period: its sales and what else the book earned go to the surplus, which bears the loss of earlier
/// periods and its costs as far as they reach. What they do not cover stays on the accounts of the costs, and the next result
/// bears it. Drafting a distribution does the same.
///
/// Periods follow one another: none begins before the last one ended, and none leaves a sale, a cost or attested hours
/// behind. The entry counts on the last day of the period, or on the first open day of the book when that is closed.
///
/// # Errors
///
/// `period-closed`, `period-not-over`, `earlier-proceeds`, `earlier-hours`, `interest-open`, `result-too-large`, `not-a-cooperative`; what
/// [`posting::post`] refuses; [`Error::NotFound`] for an unknown book.
pub async fn close(
    tx: &Transaction<'_>,
    book: BookId,
    period: Period,
    by: PersonId,
    wall: Timestamp,
) -> Result<Closed, Error> {
    let (book, cooperative) = members::lock(tx, book).await?;
    close_locked(tx, &book, &cooperative, period, by, wall).await
}

pub(super) async fn close_locked(
    tx: &Transaction<'_>,
    book: &Book,
    cooperative: &Cooperative,
    period: Period,
    by: PersonId,
    wall: Timestamp,
) -> Result<Closed, Error> {
    if let Some(closed) = results::find(tx, book.id, period.to).await? {
        if closed.period != period {
            let detail = format!("the result was closed for {}", closed.period);
            return Err(Refusal::new("period-closed", detail).into());
        }
        return Ok(Closed { result: closed, was_known: true });
    }
    check_period(tx, book, cooperative, period, wall).await?;
    // Nobody posts from here on: what is read is what is closed.
    journal::lock(tx, book.id).await?;
    let carried = match results::latest(tx, book.id).await? {
        Some(last) => carried_by(tx, &last, true).await?,
        None => Vec::new(),
    };
    let closing = closing(tx, book, period, &carried).await?;
    let entry = post(tx, book, &closing, period, wall).await?;
    let result = PeriodResult {
        id: ResultId::generate(book.id),
        period,
        sales: closing.sales,
        costs: closing.costs,
        other_income: closing.other_income,
        other_costs: closing.other_costs,
        loss_before: closing.loss_before,
        left_out: result_accounts::left_out(tx, book, period.to).await?,
        carried: closing.carried,
        entry,
        closed_by: by,
        closed_at: book.now(wall),
        undone: None,
    };
    results::insert(tx, &result).await?;
    cooperatives::update(tx, book.id, Cooperative { closed_through: period.to, ..*cooperative }).await?;
    let done = Done::new(&result.id, "closed", Actor::Person(by));
    activity::record(tx, book.id, done, result.closed_at).await?;
    Ok(Closed { result, was_known: false })
}

/// The loss that a result leaves to the next one: none of it where a distribution has divided it. While one is before the members,
/// nobody knows yet: `strictly`, that is refused with `loss-under-way`.
async fn carried_by(client: &impl GenericClient, last: &PeriodResult, strictly: bool) -> Result<Vec<OnAccount>, Error> {
    if last.carried.is_empty() {
        return Ok(Vec::new());
    }
    match distributions::find_of_result(client, last.id).await? {
        Some(other)
            if other.state.posting().is_some() && !matches!(other.state, DistributionState::Reversing { .. }) =>
        {
            Ok(Vec::new())
        }
        Some(other) if strictly => {
            let (period, state) = (other.period, other.state.as_str());
            let detail = format!(
                "the distribution of the loss of {period} is {state}: wait for its end, or {}",
                other.way_back()
            );
            Err(Refusal::new("loss-under-way", detail).into())
        }
        Some(_) | None => Ok(last.carried.clone()),
    }
}

/// Refuses with `later-result` when a result was closed after this one: it bears what this one has left.
pub(super) async fn demand_latest(tx: &Transaction<'_>, result: &PeriodResult) -> Result<(), Error> {
    match results::latest(tx, result.id.book).await? {
        Some(last) if last.id != result.id => {
            let (period, last) = (last.period, last.id);
            let detail = format!(
                "the result of {period} was closed after it: open that one first, by POST /v1/results/{last}:reverse"
            );
            Err(Refusal::new("later-result", detail).into())
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses with `costs-gone` a loss of which some costs are not there any more: nobody is asked to bear what came back.
pub(super) async fn demand_there(tx: &Transaction<'_>, book: &Book, result: &PeriodResult) -> Result<(), Error> {
    if result_accounts::still_there(tx, book, &result.carried).await? == result.carried {
        return Ok(());
    }
    let id = result.id;
    let detail = format!(
        "some of the costs that make up the loss of {} came back since: open its result again, by POST /v1/results/{id}:reverse",
        result.period
    );
    Err(Refusal::new("costs-gone", detail).into())
}

/// What closing a period would move, after a result that has left `carried` behind.
async fn closing(
    client: &impl GenericClient,
    book: &Book,
    period: Period,
    carried: &[OnAccount],
) -> Result<Closing, Error> {
    let mut carried = result_accounts::still_there(client, book, carried).await?;
    carried.extend(result_accounts::opened_loss(client, book, period.to, &carried).await?);
    let (other_income, other_costs) = result_accounts::other(client, book, period.to, &carried).await?;
    let sums = proceeds::sums(client, book.id, period).await?;
    let of = |kind: ProceedsKind| -> Vec<OnAccount> {
        let some = sums.iter().filter(|sum| sum.kind == kind);
        some.map(|Sum { account, amount, .. }| OnAccount { account: *account, amount: *amount }).collect()
    };
    let (sales, costs) = (of(ProceedsKind::Sale), of(ProceedsKind::Cost));
    let counted = Counted { sales, costs, other_income, other_costs };
    Ok(result::close(&counted, &carried, book.currency)?)
}

/// What no result counts yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPeriod {
    /// From the first open day to the book's own; none when that is closed.
    pub period: Option<Period>,
    /// What closing it as it is now would come to.
    pub closing: Closing,
}

/// Reads what no result counts yet: what was recorded since the last one, or since anything was recorded.
///
/// # Errors
///
/// `result-too-large`; what the database says.
pub async fn open_period(client: &impl GenericClient, book: &Book, wall: Timestamp) -> Result<OpenPeriod, Error> {
    let today = book.today(wall);
    let last = results::latest(client, book.id).await?;
    let closed_through = last.as_ref().map_or(NEVER, |last| last.period.to);
    let after_it = closed_through.checked_add(1.day()).unwrap_or(Date::MAX);
    let from = match &last {
        Some(_) => after_it,
        None => proceeds::first_between(client, book.id, closed_through, Date::MAX).await?.unwrap_or(today),
    };
    let carried = match &last {
        Some(last) => carried_by(client, last, false).await?,
        None => Vec::new(),
    };
    let closing = closing(client, book, Period { from, to: today }, &carried).await?;
    Ok(OpenPeriod { period: (from <= today).then_some(Period { from, to: today }), closing })
}

/// Posts what a closing moves; answers the number of the entry, or none when it moves nothing.
async fn post(
    tx: &Transaction<'_>,
    book: &Book,
    closing: &Closing,
    period: Period,
    wall: Timestamp,
) -> Result<Option<i64>, Error> {
    if closing.earned.is_empty() {
        return Ok(None);
    }
    let lines = |parts: &[OnAccount]| -> Vec<(AccountNumber, Money)> {
        let split = |part: &OnAccount| {
            let account = part.account;
            Money::parts(part.amount, book.currency).into_iter().map(move |amount| (account, amount))
        };
        parts.iter().flat_map(split).collect()
    };
    let surplus = accounts::ensure(tx, book, &chart::surplus(), book.currency, wall).await?;
    let closed_through = journal::lock(tx, book.id).await?.closed_through;
    let first_open = closed_through.checked_add(1.day()).unwrap_or(Date::MAX);
    let day = period.to.max(first_open);
    let entry = movements::result_closed(surplus, &lines(&closing.earned), &lines(&closing.borne), day, period);
    Ok(Some(posting::post(tx, book, entry, wall).await?.number))
}

async fn check_period(
    tx: &Transaction<'_>,
    book: &Book,
    cooperative: &Cooperative,
    period: Period,
    wall: Timestamp,
) -> Result<(), Error> {
    let closed_through = cooperative.closed_through;
    if period.to > book.today(wall) {
        return Err(Refusal::new("period-not-over", "a period that lies ahead cannot be closed").into());
    }
    if period.from <= closed_through {
        let detail = format!("the result is closed through {closed_through}: begin after it");
        return Err(Refusal::new("period-closed", detail).into());
    }
    if let Some(day) = proceeds::first_between(tx, book.id, closed_through, period.from).await? {
        let detail = format!(
            "something was recorded for {day}, which is in no period yet: close a period that begins with that day, or take \
             it back"
        );
        return Err(Refusal::new("earlier-proceeds", detail).into());
    }
    if let Some(day) = hours::first_between(tx, book.id, closed_through, period.from).await? {
        let detail = format!(
            "attested hours end on {day}, which is in no period yet: close a period that has that day, or take them back"
        );
        return Err(Refusal::new("earlier-hours", detail).into());
    }
    // What a book that is closed through that day cannot take any more is a cost of a later period.
    if journal::lock(tx, book.id).await?.closed_through < period.to {
        loans::demand_booked(tx, book, period.to).await?;
    }
    Ok(())
}

/// Opens the latest result again: the mirror of its entry. The days of its period take sales, costs and hours then, and its
/// result can be closed anew.
///
/// # Errors
///
/// `already-reversed`; `later-result` while a later one stands; `result-distributed` while a distribution of it is under way
/// or posted; `not-a-cooperative`; what [`posting::post`] refuses. [`Error::NotFound`] for an unknown result.
pub async fn reverse(
    tx: &Transaction<'_>,
    id: ResultId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<PeriodResult, Error> {
    let (book, cooperative) = members::lock(tx, id.book).await?;
    let result = results::get(tx, id).await?;
    undone::stands(result.undone.as_ref(), "the result was opened again: close it anew")?;
    demand_latest(tx, &result).await?;
    if let Some(other) = distributions::find_of_result(tx, id).await? {
        let detail = format!("the distribution of {} is {}: {}", other.period, other.state.as_str(), other.way_back());
        return Err(Refusal::new("result-distributed", detail).into());
    }
    let mirror = match result.entry {
        Some(entry) => Some(mirrors::post_of_operation(tx, &book, entry, id, wall).await?.number),
        None => None,
    };
    let now = book.now(wall);
    let undone = Undone { by, at: now, reason: reason.clone(), entry: mirror };
    let opened = results::update_undone(tx, id, &undone).await?;
    let closed_through = results::latest(tx, book.id).await?.map_or(NEVER, |last| last.period.to);
    cooperatives::update(tx, book.id, Cooperative { closed_through, ..cooperative }).await?;
    activity::record(tx, book.id, Done::new(&id, "reversed", Actor::Person(by)).because(&reason), now).await?;
    Ok(opened)
}

/// Refuses with `result-counts-it` while a result stands whose period has a day, and says what leads on.
pub(super) async fn not_counted(tx: &Transaction<'_>, book: &Book, day: Date) -> Result<(), Error> {
    let Some(result) = results::find(tx, book.id, day).await? else { return Ok(()) };
    let first = match distributions::find_of_result(tx, result.id).await? {
        Some(other) => format!("{}; then ", other.way_back()),
        None => String::new(),
    };
    let detail = format!(
        "the result of {} counts it: {first}open the result again by POST /v1/results/{}:reverse, or record the opposite on a \
         later day",
        result.period, result.id
    );
    Err(Refusal::new("result-counts-it", detail).into())
}
