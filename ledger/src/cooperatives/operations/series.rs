//! How an approved distribution gets into the book: by one entry, or by a numbered series of entries, some of them in a transaction.
//!
//! While a series is under way, nothing else takes what it counts on ([`demand_none`], and `series_holds` in the database): so each of its entries can
//! be posted as the plan has it, whenever the worker comes to it.

use super::{inputs, result_accounts};
use crate::book::entry::LINES_MAX;
use crate::book::{AccountNumber, Entry, MovementKind};
use crate::books::operations::accounts;
use crate::cooperatives::rules::distribution::Distribution;
use crate::cooperatives::rules::plan::{self, Credit, MemberPart, StepPart};
use crate::cooperatives::rules::redemption::{self, Notice};
use crate::cooperatives::rules::result::OnAccount;
use crate::cooperatives::rules::series::{self as rules, Instalment};
use crate::cooperatives::store::redemptions::{self, UsedBy};
use crate::cooperatives::store::series::{self, SeriesEntry, UnderWay};
use crate::cooperatives::store::{distributions, results};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::{Error, Refusal, SERIES_UNDER_WAY};
use crate::id::{BookId, DistributionId, MemberId};
use crate::money::Money;
use crate::service::job::{Job, NewJob};
use crate::service::store::jobs;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashMap;

/// So many entries of a series are posted in one transaction.
pub(super) const ENTRIES_AT_ONCE: usize = 4;

/// The shares of so many members are read at once: what they fill at most.
pub(super) const SHARES_AT_ONCE: usize = ENTRIES_AT_ONCE * LINES_MAX;

/// Refuses with `series-under-way` while a distribution or a redemption of the book is being posted entry by entry, or taken back so: it counts on what
/// is there. Nobody posts from here on until the transaction ends.
///
/// # Errors
///
/// `series-under-way`; [`Error::BookFrozen`] when the book takes no record.
pub(crate) async fn demand_none(tx: &Transaction<'_>, book: BookId) -> Result<(), Error> {
    journal::lock(tx, book).await?;
    let Some((other, is_reversal)) = series::find_under_way(tx, book).await? else { return Ok(()) };
    let what = match other {
        UnderWay::Distribution(other) => format!("the distribution {other}"),
        UnderWay::Redemption(other) => format!("the redemption {other}"),
    };
    let done = if is_reversal { "taken back" } else { "posted" };
    let detail = format!(
        "{what} is being {done}, entry by entry, and counts on what is there: try again when all of it is {done}"
    );
    Err(Refusal::new(SERIES_UNDER_WAY, detail).into())
}

/// Refuses with `series-under-way` what would take of some accounts while a reversal is still to take something of one of them. Nobody posts from here on
/// until the transaction ends.
///
/// # Errors
///
/// As [`demand_none`].
pub(crate) async fn demand_free(tx: &Transaction<'_>, book: BookId, accounts: &[AccountNumber]) -> Result<(), Error> {
    journal::lock(tx, book).await?;
    if series::find_under_way(tx, book).await?.is_none_or(|(_, is_reversal)| !is_reversal) {
        return Ok(());
    }
    for account in accounts {
        if series::needs(tx, book, *account).await? {
            return demand_none(tx, book).await;
        }
    }
    Ok(())
}

/// Refuses with `too-many-parts` what no series can post: more lenders than one entry has lines for, or a part of a loss that covers costs on more
/// accounts than that.
pub(super) fn check_fits(
    distribution: &Distribution,
    members: &[MemberPart],
    carried: &[OnAccount],
) -> Result<(), Refusal> {
    let (plan, currency) = (&distribution.plan, distribution.currency);
    if plan.loss() > 0 {
        rules::instalments_of_loss(Some(plan.from_reserve), members, carried, LINES_MAX, currency)?;
        return Ok(());
    }
    let lines = plan::credits(&plan.steps).len() + plan::principals(&plan.steps).count();
    if lines > LINES_MAX {
        let detail = format!("{lines} parts do not fit into one journal entry of {LINES_MAX} lines");
        return Err(Refusal::new("too-many-parts", detail));
    }
    Ok(())
}

/// Shares by number after one, and whether they are the last ones.
async fn shares_after(tx: &Transaction<'_>, id: DistributionId, after: i32) -> Result<(Vec<MemberPart>, bool), Error> {
    let limit = i64::try_from(SHARES_AT_ONCE).unwrap_or(i64::MAX);
    let shares = distributions::shares(tx, id, None, after, limit).await?;
    let is_last = shares.len() < SHARES_AT_ONCE;
    Ok((shares, is_last))
}

/// The next entries after those that are posted, and whether they are all that is left. What nobody gets or bears has no entry.
async fn next_instalments(
    tx: &Transaction<'_>,
    distribution: &Distribution,
    begun: &[SeriesEntry],
) -> Result<(Vec<Instalment>, bool), Error> {
    let (plan, currency, is_first) = (&distribution.plan, distribution.currency, begun.is_empty());
    let costs = if plan.loss() > 0 { costs_left(tx, distribution, is_first).await? } else { Vec::new() };
    let mut after = begun.last().map_or(0, |it| it.members.1);
    loop {
        let (shares, is_last) = shares_after(tx, distribution.id, after).await?;
        let mut next = if plan.loss() > 0 {
            let reserve = is_first.then_some(plan.from_reserve);
            rules::instalments_of_loss(reserve, &shares, &costs, LINES_MAX, currency)?
        } else {
            rules::instalments(is_first.then_some(&*plan.steps), &shares, LINES_MAX, currency)
        };
        let is_whole = is_last && next.len() <= ENTRIES_AT_ONCE;
        if is_last || !next.is_empty() {
            next.truncate(ENTRIES_AT_ONCE);
            return Ok((next, is_whole));
        }
        after = shares.last().map_or(i32::MAX, |share| share.number);
    }
}

/// The costs of a loss that its entries so far have not covered.
async fn costs_left(
    tx: &Transaction<'_>,
    distribution: &Distribution,
    is_first: bool,
) -> Result<Vec<OnAccount>, Error> {
    let carried = results::get(tx, distribution.result).await?.carried;
    if is_first {
        return Ok(carried);
    }
    let borne = series::posted(tx, distribution.id, MovementKind::LossBorne).await?;
    Ok(rules::uncovered(&carried, borne))
}

/// Posts a distribution: by one entry, or by the next ones of a series, of one day all of them. Answers the first of all once the last one is posted;
/// until then a job goes on.
pub(super) async fn post_next(
    tx: &Transaction<'_>,
    book: &Book,
    distribution: &Distribution,
    begun: &[SeriesEntry],
    wall: Timestamp,
) -> Result<Option<i64>, Error> {
    let id = distribution.id;
    let (next, is_whole) = next_instalments(tx, distribution, begun).await?;
    let is_series = !(begun.is_empty() && is_whole && next.len() == 1);
    let mut first = begun.first().map(|it| it.entry);
    let day = day(tx, book, first, wall).await?;
    for (number, instalment) in (begun.len() + 1..).zip(&next) {
        let entry = entry_of(tx, book, distribution, instalment, (day, wall)).await?;
        let entry = posting::post(tx, book, entry, wall).await?.number;
        if is_series {
            let number = i32::try_from(number).map_err(|_| Error::inconsistent("a series is too long"))?;
            series::insert(tx, id, SeriesEntry { number, entry, members: instalment.members, reversal: None }).await?;
        }
        if distribution.plan.loss() > 0 {
            use_capital(tx, book, id, instalment.members).await?;
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

/// The day of the next entries of a series: that of its first one, or today; or the first open one of a book that is closed by then. Nobody posts from
/// here on until the transaction ends.
pub(super) async fn day(tx: &Transaction<'_>, book: &Book, first: Option<i64>, wall: Timestamp) -> Result<Date, Error> {
    let day = match first {
        Some(entry) => journal::transfers(tx, book.id, entry).await?.first().map(|(_, day)| *day),
        None => None,
    };
    let closed_through = journal::lock(tx, book.id).await?.closed_through;
    Ok(day.unwrap_or_else(|| book.today(wall)).max(closed_through.tomorrow().unwrap_or(Date::MAX)))
}

/// The entry of an instalment: of a surplus, or of a loss with the costs that it covers.
async fn entry_of(
    tx: &Transaction<'_>,
    book: &Book,
    distribution: &Distribution,
    instalment: &Instalment,
    (day, wall): (Date, Timestamp),
) -> Result<Entry, Error> {
    let surplus = accounts::ensure(tx, book, &chart::surplus(), book.currency, wall).await?;
    let parts = lines(tx, book, &instalment.parts, wall).await?;
    if distribution.plan.loss() > 0 {
        let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.sum::<i64>();
        let borne = sum(&mut instalment.parts.iter().map(|part| part.amount));
        let covered = sum(&mut instalment.costs.iter().map(|cost| cost.amount));
        if borne != covered {
            let detail = format!("{}: {borne} of a loss cover {covered} of costs", distribution.id);
            return Err(Error::inconsistent(detail));
        }
        let split = |cost: &OnAccount| {
            let account = cost.account;
            Money::parts(cost.amount, book.currency).into_iter().map(move |amount| (account, amount))
        };
        let costs: Vec<_> = instalment.costs.iter().flat_map(split).collect();
        return Ok(movements::loss_borne(surplus, &parts, &costs, day, distribution.id));
    }
    let entry = movements::surplus_allocated(surplus, &parts, day, distribution.id);
    if !instalment.has_steps {
        return Ok(entry);
    }
    let due = loans_due(tx, book, &distribution.plan.steps, wall).await?;
    Ok(movements::with_loans_due(entry, &due))
}

/// Whether a plan still can be posted: a loss and what is to bear it are there, and so are what stands against shares and the loans of
/// which it pays lenders.
pub(super) async fn is_there(tx: &Transaction<'_>, book: &Book, distribution: &Distribution) -> Result<bool, Error> {
    // Nobody posts from here on: what is there now is there when it is posted.
    journal::lock(tx, book.id).await?;
    let plan = &distribution.plan;
    if plan.loss() > 0 {
        let carried = results::get(tx, distribution.result).await?.carried;
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

/// What a loss takes of the capital of the members of an instalment goes of their retained shares, the oldest first, as far as the capital is of
/// such.
async fn use_capital(
    tx: &Transaction<'_>,
    book: &Book,
    id: DistributionId,
    (from, to): (i32, i32),
) -> Result<(), Error> {
    // Between the first and the last of them, any number of members may bear nothing.
    let (mut bearing, mut after, mut is_last) = (Vec::new(), from - 1, false);
    while !is_last && after < to {
        let shares;
        (shares, is_last) = shares_after(tx, id, after).await?;
        after = shares.last().map_or(to, |share| share.number);
        bearing.extend(shares.into_iter().filter(|part| part.number <= to && part.from_capital() > 0));
    }
    if bearing.is_empty() {
        return Ok(());
    }
    let members: Vec<_> = bearing.iter().map(|part| part.member).collect();
    let wanted = redemptions::Wanted { members: Some(&members), due_on: None };
    let mut notices: HashMap<MemberId, Vec<Notice>> = HashMap::new();
    for notice in redemptions::notices(tx, book.id, wanted).await? {
        notices.entry(notice.member).or_default().push(notice);
    }
    let mut given = Vec::new();
    for part in bearing {
        let own = notices.remove(&part.member).unwrap_or_default();
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
