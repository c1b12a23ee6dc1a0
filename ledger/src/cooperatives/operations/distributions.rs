//! Distributions: drafted from the closed result, shown to the members, approved, posted by the worker, taken back.

use super::{capital, inputs, members, result_accounts, results, tellings};
use crate::book::AccountNumber;
use crate::book::entry::LINES_MAX;
use crate::books::operations::{accounts, mirrors};
use crate::calendar::later;
use crate::cooperatives::rules::cooperative::{Member, Period};
use crate::cooperatives::rules::distribution::{Distribution, DistributionState, Due, Objection, WAIT_DAYS};
use crate::cooperatives::rules::loss;
use crate::cooperatives::rules::plan::{self, Credit, MemberPart, StepPart};
use crate::cooperatives::rules::redemption::{self, Notice};
use crate::cooperatives::rules::series::{Instalment, instalments};
use crate::cooperatives::rules::waterfall;
use crate::cooperatives::store::redemptions::{self, UsedBy};
use crate::cooperatives::store::series::{self, SeriesEntry};
use crate::cooperatives::store::{
    allocation_rules, distributions, members as member_rows, proceeds, results as result_rows,
};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal};
use crate::id::{BookId, DistributionId, MemberId, PersonId};
use crate::money::Money;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// Drafts the distribution of a period: closes its result if that is not done, takes the rule in force on its last day and
/// the hours attested, and freezes who gets what; or of a loss, where the rule says who bears one, who bears what.
///
/// # Errors
///
/// `distribution-open`, `no-rule`, `no-surplus`, `no-weights`, `too-many-parts`, `account-mismatch`, `not-a-cooperative`; `later-result`
/// for a loss that a later result bears; of closing the result `loss-under-way`, `period-closed`, `period-not-over`, `earlier-proceeds`, `earlier-hours`, and what
/// [`posting::post`] refuses; [`Error::NotFound`] for an unknown book. Nothing is written then: a result without a
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
    } else {
        result.demand_surplus(book.currency)?;
    }
    let non_member = proceeds::non_member_sales(tx, book.id, period).await?;
    let earned = inputs::Earned { period, gross: result.sales, non_member, net: result.net() };
    let inputs = inputs::gather(tx, &book, &cooperative, &rule.rule, earned).await?;
    let plan = if is_loss { loss::bear(&rule.rule, &inputs)? } else { waterfall::distribute(&rule.rule, &inputs)? };
    let moved: Vec<Credit> = plan.credits().into_iter().chain(plan.bearers()).collect();
    // A surplus is posted by as many entries as it takes, of which the first has what lenders get. A loss has one: what bears it and the costs
    // that it covers are in balance there.
    let lines = if is_loss {
        moved.len() + result.carried.len()
    } else {
        plan::credits(&plan.steps).len() + plan::principals(&plan.steps).count()
    };
    if lines > LINES_MAX {
        let detail = format!("{lines} parts do not fit into one journal entry of {LINES_MAX} lines");
        return Err(Refusal::new("too-many-parts", detail).into());
    }
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
    if distribution.state.posting().is_none() && !series::list(tx, id).await?.is_empty() {
        let detail = "it is being posted, entry by entry: take it back when all of it is";
        return Err(Refusal::new("distribution-state", detail).into());
    }
    let withdrawn = distribution.withdraw(reason.clone())?;
    save(tx, withdrawn, "withdrawn", Actor::Person(by), &reason, book.now(wall)).await
}

/// A deadline has passed: posts what is approved, withdraws what nobody acted on. Done twice, it is done once.
///
/// # Errors
///
/// When it posts, what [`posting::post`] refuses; [`Error::NotFound`] for an unknown distribution.
pub async fn advance(tx: &Transaction<'_>, id: DistributionId, wall: Timestamp) -> Result<Distribution, Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    let distribution = distributions::lock(tx, id).await?;
    let now = book.now(wall);
    match distribution.due(now) {
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
    let begun = series::list(tx, id).await?;
    if begun.is_empty() && !is_there(tx, book, &distribution).await? {
        let reason = "what was to bear it is not there any more: draft it anew";
        let withdrawn = distribution.withdraw(reason.to_owned())?;
        return save(tx, withdrawn, "withdrawn", Actor::Service, reason, now).await;
    }
    let entry = if distribution.plan.loss() > 0 {
        post_loss(tx, book, &distribution, wall).await?
    } else {
        match post_next(tx, book, &distribution, &begun, wall).await? {
            Some(first) => first,
            None => return Ok(distribution),
        }
    };
    if distribution.plan.retained() > 0 {
        capital::grew(tx, book).await?;
    }
    if distribution.plan.loss() > 0 {
        use_capital(tx, book, id).await?;
    }
    let posted = distribution.posted(entry, now)?;
    let job = Job::IssueStatements { distribution: id, after: 0 };
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: now, dedupe: id.to_string(), job }).await?;
    save(tx, posted, "posted", Actor::Service, "", now).await
}

/// So many entries of a series are posted in one transaction.
const ENTRIES_AT_ONCE: usize = 4;

/// The shares of so many members are read at once: what they fill at most.
const SHARES_AT_ONCE: usize = ENTRIES_AT_ONCE * LINES_MAX;

/// Shares by number after one, and whether they are the last ones.
async fn shares_after(tx: &Transaction<'_>, id: DistributionId, after: i32) -> Result<(Vec<MemberPart>, bool), Error> {
    let limit = i64::try_from(SHARES_AT_ONCE).unwrap_or(i64::MAX);
    let shares = distributions::shares(tx, id, None, after, limit).await?;
    let is_last = shares.len() < SHARES_AT_ONCE;
    Ok((shares, is_last))
}

/// The next entries of a surplus after those that are posted, and whether they are all that is left of it. What nobody gets has no entry.
async fn next_instalments(
    tx: &Transaction<'_>,
    distribution: &Distribution,
    begun: &[SeriesEntry],
) -> Result<(Vec<Instalment>, bool), Error> {
    let steps = begun.is_empty().then_some(distribution.plan.steps.as_slice());
    let mut after = begun.last().map_or(0, |it| it.members.1);
    loop {
        let (shares, is_last) = shares_after(tx, distribution.id, after).await?;
        let mut next = instalments(steps, &shares, LINES_MAX, distribution.currency);
        let is_whole = is_last && next.len() <= ENTRIES_AT_ONCE;
        if is_last || !next.is_empty() {
            next.truncate(ENTRIES_AT_ONCE);
            return Ok((next, is_whole));
        }
        after = shares.last().map_or(i32::MAX, |share| share.number);
    }
}

/// Posts a surplus: by one entry, or by the next ones of a series, of one day all of them. Answers the first of all once the last one is posted;
/// until then a job goes on.
async fn post_next(
    tx: &Transaction<'_>,
    book: &Book,
    distribution: &Distribution,
    begun: &[SeriesEntry],
    wall: Timestamp,
) -> Result<Option<i64>, Error> {
    let (id, steps) = (distribution.id, &distribution.plan.steps);
    let (next, is_whole) = next_instalments(tx, distribution, begun).await?;
    let is_series = !(begun.is_empty() && is_whole && next.len() == 1);
    let surplus = accounts::ensure(tx, book, &chart::surplus(), book.currency, wall).await?;
    let day = match begun.first() {
        Some(first) => journal::transfers(tx, book.id, first.entry).await?.first().map(|(_, day)| *day),
        None => None,
    };
    let closed_through = journal::lock(tx, book.id).await?.closed_through;
    let day = day.unwrap_or_else(|| book.today(wall)).max(closed_through.tomorrow().unwrap_or(Date::MAX));
    let mut first = begun.first().map(|it| it.entry);
    for (number, instalment) in (begun.len() + 1..).zip(&next) {
        let parts = lines(tx, book, &instalment.credits, wall).await?;
        let mut entry = movements::surplus_allocated(surplus, &parts, day, id);
        if instalment.has_steps {
            entry = movements::with_loans_due(entry, &loans_due(tx, book, steps, wall).await?);
        }
        let entry = posting::post(tx, book, entry, wall).await?.number;
        if is_series {
            let number = i32::try_from(number).map_err(|_| Error::inconsistent("a series is too long"))?;
            series::insert(tx, id, SeriesEntry { number, entry, members: instalment.members }).await?;
        }
        first = first.or(Some(entry));
    }
    if is_whole {
        return Ok(first);
    }
    let (dedupe, job) = (
        format!("{id}.{}.{}", distribution.version, begun.len() + next.len()),
        Job::AdvanceDistribution { distribution: id },
    );
    jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    Ok(None)
}

/// Whether a plan still can be posted: a loss and what is to bear it are there, and so are what stands against shares and the loans of
/// which it pays lenders.
async fn is_there(tx: &Transaction<'_>, book: &Book, distribution: &Distribution) -> Result<bool, Error> {
    let plan = &distribution.plan;
    if plan.loss() > 0 {
        let carried = result_rows::get(tx, distribution.result).await?.carried;
        if result_accounts::still_there(tx, book, &carried).await? != carried {
            return Ok(false);
        }
    }
    let reserve = (chart::reserve(), plan.from_reserve);
    let loans = plan::principals(&plan.steps).map(|(lender, amount)| (chart::loan(lender), amount));
    let of_all: Vec<_> = loans.chain([reserve]).filter(|(_, amount)| *amount > 0).collect();
    if inputs::lack(tx, book, &of_all).await? {
        return Ok(false);
    }
    let (mut after, mut is_last) = (0, plan.takes_of_members() == 0);
    while !is_last {
        let shares;
        (shares, is_last) = shares_after(tx, distribution.id, after).await?;
        let netted = shares.iter().map(|part| (chart::member_receivable(part.number), part.netted));
        let capital = shares.iter().map(|part| (chart::member_capital(part.number), part.from_capital()));
        let of_members: Vec<_> = netted.chain(capital).filter(|(_, amount)| *amount > 0).collect();
        if inputs::lack(tx, book, &of_members).await? {
            return Ok(false);
        }
        after = shares.last().map_or(after, |share| share.number);
    }
    Ok(true)
}

/// Those who bear a loss: no more of them than one entry has lines for.
async fn bearing(tx: &Transaction<'_>, id: DistributionId) -> Result<Vec<MemberPart>, Error> {
    let (mut bearing, mut after) = (Vec::new(), 0);
    loop {
        let (shares, is_last) = shares_after(tx, id, after).await?;
        after = shares.last().map_or(after, |share| share.number);
        bearing.extend(shares.into_iter().filter(|part| part.loss > 0));
        if is_last {
            return Ok(bearing);
        }
    }
}

/// What a loss takes of members' capital goes of their retained shares, the oldest first, as far as the capital is of such.
async fn use_capital(tx: &Transaction<'_>, book: &Book, id: DistributionId) -> Result<(), Error> {
    let bearing: Vec<_> = bearing(tx, id).await?.into_iter().filter(|part| part.from_capital() > 0).collect();
    if bearing.is_empty() {
        return Ok(());
    }
    let members: Vec<_> = bearing.iter().map(|part| part.member).collect();
    let wanted = redemptions::Wanted { members: Some(&members), due_on: None };
    let notices = redemptions::notices(tx, book.id, wanted).await?;
    let mut given = Vec::new();
    for part in bearing {
        let own: Vec<Notice> = notices.iter().filter(|notice| notice.member == part.member).cloned().collect();
        let left: i64 = own.iter().map(Notice::left).sum();
        given.extend(redemption::oldest_first(part.from_capital().min(left), &own, book.currency)?);
    }
    redemptions::use_notices(tx, UsedBy::Loss(id), &given).await
}

/// What falls due of loans by the steps of a plan: loan, what is owed to its lender, and how much.
async fn loans_due(
    tx: &Transaction<'_>,
    book: &Book,
    steps: &[StepPart],
    wall: Timestamp,
) -> Result<Vec<(AccountNumber, AccountNumber, Money)>, Error> {
    let mut due = Vec::new();
    for (lender, amount) in plan::principals(steps) {
        let loan = accounts::ensure(tx, book, &chart::loan(lender), book.currency, wall).await?;
        let payable = accounts::ensure(tx, book, &chart::lender_payable(lender), book.currency, wall).await?;
        due.extend(Money::parts(amount, book.currency).into_iter().map(|part| (loan, payable, part)));
    }
    Ok(due)
}

/// Posts a loss by one entry; answers its number.
async fn post_loss(
    tx: &Transaction<'_>,
    book: &Book,
    distribution: &Distribution,
    wall: Timestamp,
) -> Result<i64, Error> {
    let surplus = accounts::ensure(tx, book, &chart::surplus(), book.currency, wall).await?;
    let (from_reserve, id) = (distribution.plan.from_reserve, distribution.id);
    let mut bearers = Vec::new();
    if from_reserve > 0 {
        bearers.push(Credit { account: chart::reserve(), amount: from_reserve });
    }
    bearers.extend(bearing(tx, id).await?.iter().flat_map(MemberPart::bearers));
    let bearers = lines(tx, book, &bearers, wall).await?;
    let costs = results::carried_lines(tx, book, distribution.result).await?;
    let entry = movements::loss_borne(surplus, &bearers, &costs, book.today(wall), id);
    Ok(posting::post(tx, book, entry, wall).await?.number)
}

/// The accounts of parts, with their amounts as lines hold them.
async fn lines(
    tx: &Transaction<'_>,
    book: &Book,
    parts: &[Credit],
    wall: Timestamp,
) -> Result<Vec<(AccountNumber, Money)>, Error> {
    let needed: Vec<&chart::Account> = parts.iter().map(|part| &part.account).collect();
    let numbers = accounts::ensure_all(tx, book, &needed, book.currency, wall).await?;
    let mut lines = Vec::new();
    for part in parts {
        let account = numbers.get(&part.account.code).copied().ok_or(Error::NotFound("account"))?;
        lines.extend(Money::parts(part.amount, book.currency).into_iter().map(|amount| (account, amount)));
    }
    Ok(lines)
}

/// Takes a posted distribution back by the mirror of its lines. What was paid out already stops it at the floors.
///
/// # Errors
///
/// `same-person` when `by` approved it, `distribution-state`; `retained-used` when a share that it retained was redeemed or bore a loss;
/// `later-result` when its loss would come back to a result after which another one is closed; what [`posting::post`] refuses, such as
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
        redemptions::undo_use(tx, UsedBy::Loss(id)).await?;
    }
    let further = series::list(tx, id).await?;
    for it in further.iter().rev().filter(|it| it.entry != posting.entry) {
        let mirrored = mirrors::post_of_operation(tx, &book, it.entry, id, wall).await?;
        series::update_reversed(tx, id, it.number, mirrored.number).await?;
    }
    let mirrored = mirrors::post_of_operation(tx, &book, posting.entry, id, wall).await?;
    if let Some(first) = further.first() {
        series::update_reversed(tx, id, first.number, mirrored.number).await?;
    }
    let reversed = distribution.reversed(by, mirrored.number, reason.clone())?;
    save(tx, reversed, "reversed", Actor::Person(by), &reason, book.now(wall)).await
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
