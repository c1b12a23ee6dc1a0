//! Distributions: drafted from the closed result, shown to the members, approved, posted by the worker, taken back.

use super::mirroring::{self, Reversed};
use super::{capital, inputs, members, results, series, tellings};
use crate::books::operations::accounts;
use crate::calendar::later;
use crate::chart;
use crate::cooperatives::rules::cooperative::{Member, Period};
use crate::cooperatives::rules::distribution::{Distribution, DistributionState, Due, Objection, WAIT_DAYS};
use crate::cooperatives::rules::loss;
use crate::cooperatives::rules::plan::Credit;
use crate::cooperatives::rules::waterfall;
use crate::cooperatives::store::redemptions::{self, UsedBy};
use crate::cooperatives::store::{
    allocation_rules, distributions, members as member_rows, proceeds, results as result_rows, series as series_rows,
};
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{BookId, DistributionId, MemberId, PersonId};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Drafts the distribution of a period: closes its result if that is not done, takes the rule in force on its last day and
/// the hours attested, and freezes who gets what; or of a loss, where the rule says who bears one, who bears what.
///
/// # Errors
///
/// `distribution-open`, `no-rule`, `no-surplus`, `no-weights`, `too-many-parts`, `account-mismatch`, `not-a-cooperative`; `later-result`
/// for a loss that a later result bears; `costs-gone` for one whose costs are not all there any more; of closing the result `loss-under-way`, `period-closed`, `period-not-over`, `earlier-proceeds`, `earlier-hours`, and what
/// [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an unknown book. Nothing is written then: a result without a
/// surplus is closed by [`results::close`].
pub async fn draft(
    tx: &Transaction<'_>,
    book: BookId,
    period: Period,
    by: PersonId,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let (book, cooperative) = members::lock(tx, book).await?;
    if let Some(other) = distributions::find_blocking(tx, book.id, period.to).await? {
        let detail = format!("the distribution of {} is {}: one at a time", other.period, other.state.as_str());
        return Err(Refusal::new("distribution-open", detail).into());
    }
    let rule = allocation_rules::in_force(tx, book.id, period.to).await?;
    let rule = rule.ok_or_else(|| Refusal::new("no-rule", format!("no allocation rule holds on {}", period.to)))?;
    let result = results::close_locked(tx, &book, &cooperative, period, by, wall).await?.result;
    let is_loss = result.net() < 0 && rule.rule.losses.is_some();
    if is_loss {
        results::demand_latest(tx, &result).await?;
        results::demand_there(tx, &book, &result).await?;
    } else {
        result.demand_surplus(book.currency)?;
    }
    let non_member = proceeds::non_member_sales(tx, book.id, period).await?;
    let earned = inputs::Earned { period, gross: result.sales, non_member, net: result.net() };
    let inputs = inputs::gather(tx, &book, &cooperative, &rule.rule, earned).await?;
    let plan = if is_loss { loss::bear(&rule.rule, &inputs)? } else { waterfall::distribute(&rule.rule, &inputs)? };
    let moved: Vec<Credit> = plan.credits().into_iter().chain(plan.bearers()).collect();
    let needed: Vec<&chart::Account> = moved.iter().map(|part| &part.account).collect();
    accounts::check_all(tx, &book, &needed, book.currency).await?;
    let now = book.now(wall);
    let until = later(now, WAIT_DAYS);
    let distribution = Distribution {
        id: DistributionId::generate(book.id),
        period,
        rule: rule.id,
        rule_version: rule.version,
        result: result.id,
        sales: result.sales,
        costs: result.costs,
        other_income: result.other_income,
        other_costs: result.other_costs,
        loss_before: result.loss_before,
        currency: book.currency,
        window_days: rule.window_days,
        digest: waterfall::digest(&(&rule.rule, &inputs, &plan))?,
        plan: plan.outline(),
        drafted_by: by,
        drafted_at: now,
        state: DistributionState::Draft { until },
        version: 1,
    };
    series::check_fits(&distribution, &plan.members, &result.carried)?;
    distributions::insert(tx, &distribution, until).await?;
    distributions::insert_inputs(tx, distribution.id, &inputs).await?;
    distributions::insert_parts(tx, distribution.id, &plan).await?;
    activity::record(tx, distribution.id.book, Done::new(&distribution.id, "drafted", Actor::Person(by)), now).await?;
    wake(tx, &distribution).await?;
    distributions::get(tx, distribution.id).await
}

/// Brings a draft before the members, who may object from now on.
///
/// # Errors
///
/// `distribution-state`; [`Error::NotFound`] for an unknown distribution.
pub async fn open(
    tx: &Transaction<'_>,
    id: DistributionId,
    by: PersonId,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let (book, distribution) = lock(tx, id).await?;
    let opened = distribution.open(book.now(wall))?;
    let opened = save(tx, opened, "opened", Actor::Person(by), "", book.now(wall)).await?;
    tellings::distribution(tx, &opened, book.now(wall)).await?;
    Ok(opened)
}

/// A member objects, once.
///
/// # Errors
///
/// `not-a-member`, `already-objected`, `objection-too-late`, `distribution-state`; [`Error::NotFound`] for an unknown
/// distribution.
pub async fn object(
    tx: &Transaction<'_>,
    id: DistributionId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let (book, distribution) = lock(tx, id).await?;
    let member = objector(tx, &book, &distribution, by, wall).await?;
    let now = book.now(wall);
    let objected = distribution.object(now)?;
    let objection = Objection { distribution: id, member: member.id, raised_by: by, raised_at: now, reason };
    if !distributions::insert_objection(tx, &objection).await? {
        return Err(Refusal::new("already-objected", "you have objected to this distribution already").into());
    }
    save(tx, objected, "objected", Actor::Person(by), "", now).await
}

/// Whoever has a part may object, and every present member.
async fn objector(
    tx: &Transaction<'_>,
    book: &Book,
    distribution: &Distribution,
    by: PersonId,
    wall: Timestamp,
) -> Result<Member, Error> {
    let own = member_rows::of_person(tx, book.id, by).await?;
    let ids: Vec<MemberId> = own.iter().map(|member| member.id).collect();
    let share = distributions::shares(tx, distribution.id, Some(&ids), 0, 1).await?.pop();
    match own.into_iter().find(|member| share.as_ref().is_some_and(|share| share.member == member.id)) {
        Some(member) => Ok(member),
        None => members::active_member(tx, book, by, wall).await,
    }
}

/// Approves a distribution. After an objection, `answer` says why it goes on all the same.
///
/// # Errors
///
/// `same-person`, `reason-missing`, `digest-mismatch` when `seen` is another plan's digest, `distribution-state`;
/// [`Error::NotFound`] for an unknown distribution.
pub async fn approve(
    tx: &Transaction<'_>,
    id: DistributionId,
    seen: Option<[u8; 32]>,
    answer: &str,
    by: PersonId,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let (book, distribution) = lock(tx, id).await?;
    let objectors: Vec<PersonId> =
        distributions::objections(tx, id).await?.iter().map(|objection| objection.raised_by).collect();
    let approved = distribution.approve(by, &objectors, seen, answer, book.now(wall))?;
    save(tx, approved, "approved", Actor::Person(by), answer, book.now(wall)).await
}

/// Gives a distribution up before it is posted; its period can be drafted again.
///
/// # Errors
///
/// `distribution-state`; [`Error::NotFound`] for an unknown distribution.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: DistributionId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let (book, distribution) = lock(tx, id).await?;
    if distribution.state.posting().is_none() && !series_rows::list(tx, id).await?.is_empty() {
        let detail = "it is being posted, entry by entry: take it back when all of it is";
        return Err(Refusal::new("distribution-state", detail).into());
    }
    let withdrawn = distribution.withdraw(reason.clone())?;
    save(tx, withdrawn, "withdrawn", Actor::Person(by), &reason, book.now(wall)).await
}

/// A deadline has passed: posts what is approved, withdraws what nobody acted on. Or a reversal goes on. Done twice, it is done once.
///
/// # Errors
///
/// When it posts, `series-under-way` while a redemption is being posted, and what [`posting::post`](crate::engine::posting::post) refuses; [`Error::NotFound`] for an unknown distribution.
pub async fn advance(tx: &Transaction<'_>, id: DistributionId, wall: Timestamp) -> Result<Distribution, Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    let distribution = distributions::lock(tx, id).await?;
    let now = book.now(wall);
    match distribution.due(now) {
        Due::Nothing if matches!(distribution.state, DistributionState::Reversing { .. }) => {
            go_on_back(tx, &book, distribution, wall).await
        }
        Due::Nothing => Ok(distribution),
        Due::Withdraw(reason) => {
            let withdrawn = distribution.withdraw(reason.to_owned())?;
            save(tx, withdrawn, "withdrawn", Actor::Service, reason, now).await
        }
        Due::Post => post_due(tx, &book, distribution, wall).await,
    }
}

/// Posts what is due: by one entry, or by the next ones of a series.
async fn post_due(
    tx: &Transaction<'_>,
    book: &Book,
    distribution: Distribution,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let (id, now) = (distribution.id, book.now(wall));
    let begun = series_rows::list(tx, id).await?;
    if begun.is_empty() {
        // What is there must not go while it is looked at: a job that is refused so comes again.
        series::demand_none(tx, book.id).await?;
    }
    if begun.is_empty() && !series::is_there(tx, book, &distribution).await? {
        let reason = "what was to bear it is not there any more: draft it anew";
        let withdrawn = distribution.withdraw(reason.to_owned())?;
        return save(tx, withdrawn, "withdrawn", Actor::Service, reason, now).await;
    }
    let Some(entry) = series::post_next(tx, book, &distribution, &begun, wall).await? else {
        return Ok(distribution);
    };
    if distribution.plan.retained() > 0 {
        capital::grew(tx, book).await?;
    }
    let posted = distribution.posted(entry, now)?;
    let job = Job::IssueStatements { distribution: id, after: 0 };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe: id.to_string(), job }).await?;
    save(tx, posted, "posted", Actor::Service, "", now).await
}

/// Takes a posted distribution back by the mirror of its lines. What was paid out already stops it at the floors. A series of more entries than a
/// step has is taken back by the worker: it is `reversing` until then, and nobody takes of what it is to give back.
///
/// # Errors
///
/// `same-person` when `by` approved it, `distribution-state`; `retained-used` when a share that it retained was redeemed or bore a loss;
/// `later-result` when its loss would come back to a result after which another one is closed; `series-under-way` while another series of entries is
/// being posted or taken back; what [`posting::post`](crate::engine::posting::post) refuses, such as
/// `below-floor`; [`Error::NotFound`] for an unknown distribution.
pub async fn reverse(
    tx: &Transaction<'_>,
    id: DistributionId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let (book, distribution) = lock(tx, id).await?;
    let posting = distribution.check_reversal(by)?;
    series::demand_none(tx, book.id).await?;
    if let Some(used) = redemptions::find_use(tx, id).await? {
        let detail = match used {
            UsedBy::Redemption(by) => {
                format!(
                    "shares that it retained were redeemed: take that back first, by POST /v1/redemptions/{by}:reverse"
                )
            }
            UsedBy::Loss(by) => format!(
                "shares that it retained bore a loss: take that back first, by POST /v1/distributions/{by}:reverse"
            ),
        };
        return Err(Refusal::new("retained-used", detail).into());
    }
    if distribution.plan.loss() > 0 {
        results::demand_latest(tx, &result_rows::get(tx, distribution.result).await?).await?;
    }
    let entries = series_rows::list(tx, id).await?;
    let (what, now) = (taken_back(&distribution), book.now(wall));
    if mirroring::is_one_step(&entries) {
        let mirror = mirroring::whole(tx, &book, what, (posting.entry, &entries), wall).await?;
        let reversed = distribution.reversed(by, mirror, reason.clone())?;
        return save(tx, reversed, "reversed", Actor::Person(by), &reason, now).await;
    }
    mirroring::demand_there(tx, &book, &entries).await?;
    let reversing = distribution.reversing(by, reason.clone())?;
    let reversing = save(tx, reversing, "reversing", Actor::Person(by), &reason, now).await?;
    mirroring::next(tx, &book, what, &entries, wall).await?;
    Ok(reversing)
}

/// What a reversal of it takes back.
fn taken_back(distribution: &Distribution) -> Reversed {
    if distribution.plan.loss() > 0 { Reversed::Loss(distribution.id) } else { Reversed::Surplus(distribution.id) }
}

/// Goes on with a reversal that is under way.
async fn go_on_back(
    tx: &Transaction<'_>,
    book: &Book,
    distribution: Distribution,
    wall: Timestamp,
) -> Result<Distribution, Error> {
    let entries = series_rows::list(tx, distribution.id).await?;
    let Some(mirror) = mirroring::next(tx, book, taken_back(&distribution), &entries, wall).await? else {
        return Ok(distribution);
    };
    save(tx, distribution.taken_back(mirror)?, "reversed", Actor::Service, "", book.now(wall)).await
}

pub(super) async fn lock(tx: &Transaction<'_>, id: DistributionId) -> Result<(Book, Distribution), Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    let distribution = distributions::lock(tx, id).await?;
    Ok((book, distribution))
}

pub(super) async fn save(
    tx: &Transaction<'_>,
    distribution: Distribution,
    action: &str,
    actor: Actor,
    reason: &str,
    now: Timestamp,
) -> Result<Distribution, Error> {
    let saved = distributions::update(tx, &distribution).await?;
    activity::record(tx, saved.id.book, Done::new(&saved.id, action, actor).because(reason), now).await?;
    tellings::objection(tx, &saved, reason, now).await?;
    wake(tx, &saved).await?;
    Ok(saved)
}

/// A job at the deadline of its state, if it has one.
async fn wake(tx: &Transaction<'_>, distribution: &Distribution) -> Result<(), Error> {
    let Some(due_at) = distribution.state.deadline() else { return Ok(()) };
    let dedupe = format!("{}.{}", distribution.id, distribution.version);
    let job = Job::AdvanceDistribution { distribution: distribution.id };
    jobs::enqueue(tx, &NewJob { book: distribution.id.book, due_at, dedupe, job }).await?;
    Ok(())
}
