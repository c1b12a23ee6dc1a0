//! Retained shares that are paid back: asked for by one person, approved by another, and taken back.

use super::mirroring::{self, Reversed};
use super::{inputs, members, series};
use crate::book::AccountNumber;
use crate::book::entry::LINES_MAX;
use crate::books::operations::accounts;
use crate::cooperatives::rules::redemption::{self, Given, Redeemed, Redemption, RedemptionState};
use crate::cooperatives::rules::series as rules;
use crate::cooperatives::rules::waterfall;
use crate::cooperatives::store::members as member_rows;
use crate::cooperatives::store::redemption_parts as parts;
use crate::cooperatives::store::redemptions::{self, Wanted};
use crate::cooperatives::store::series::SeriesEntry;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{BookId, MemberId, PersonId, RedemptionId};
use crate::money::Money;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// Asks to pay retained shares back: those of a member, or of all members, the oldest year first. What each share gives is frozen.
///
/// # Errors
///
/// `redemption-open` while another one waits; `not-enough-capital`; `not-a-cooperative`; [`Error::Invalid`] at
/// `/amount/currency`; [`Error::NotFound`] for an unknown book or member.
pub async fn request(
    tx: &Transaction<'_>,
    book: BookId,
    member: Option<MemberId>,
    amount: Money,
    by: PersonId,
    wall: Timestamp,
) -> Result<Redemption, Error> {
    let (book, _) = members::lock(tx, book).await?;
    if let Some(member) = member {
        member_rows::get(tx, member).await?;
    }
    if amount.currency() != book.currency {
        return Err(Error::invalid("/amount/currency", format!("the book is kept in {}", book.currency)));
    }
    if let Some(other) = redemptions::find_requested(tx, book.id).await? {
        let detail = format!("{} waits for an approval: approve or withdraw it first", other.id);
        return Err(Refusal::new("redemption-open", detail).into());
    }
    let plan = plan(tx, &book, member, amount.minor(), wall).await?;
    let new = Redemption {
        id: RedemptionId::generate(book.id),
        member,
        number: plan.first().filter(|_| member.is_some()).map(|given| given.number),
        amount: amount.minor(),
        digest: waterfall::digest(&plan)?,
        requested_by: by,
        requested_at: book.now(wall),
        state: RedemptionState::Requested,
        version: 1,
    };
    redemptions::insert(tx, &new).await?;
    parts::insert(tx, new.id, &plan).await?;
    activity::record(tx, book.id, Done::new(&new.id, "requested", Actor::Person(by)), new.requested_at).await?;
    redemptions::get(tx, new.id).await
}

/// What each share gives, by what is left of them now.
async fn plan(
    tx: &Transaction<'_>,
    book: &Book,
    member: Option<MemberId>,
    amount: i64,
    wall: Timestamp,
) -> Result<Vec<Given>, Error> {
    let members: Vec<MemberId> = member.into_iter().collect();
    let wanted = Wanted { members: (!members.is_empty()).then_some(&*members), due_on: Some(book.today(wall)) };
    let notices = redemptions::notices(tx, book.id, wanted).await?;
    Ok(redemption::oldest_first(amount, &notices, book.currency)?)
}

/// Approves a redemption that somebody else asked for: what it gives is payable to the members, as their shares are. Where that takes more than one
/// entry, the first one is posted here, and the worker goes on ([`advance`]).
///
/// # Errors
///
/// `same-person` when `by` asked for it, or is the one member whose shares they are; `digest-mismatch`; `redemption-state`;
/// `plan-outdated` when a share gives something else than it did; `series-under-way` while a distribution or another redemption is being posted; `not-enough-capital`; what [`posting::post`] refuses, such as `below-floor`;
/// [`Error::NotFound`] for an unknown redemption.
pub async fn approve(
    tx: &Transaction<'_>,
    id: RedemptionId,
    seen: [u8; 32],
    by: PersonId,
    wall: Timestamp,
) -> Result<Redemption, Error> {
    let (book, it) = lock(tx, id).await?;
    it.check_approval(by, seen)?;
    if let Some(member) = it.member
        && member_rows::get(tx, member).await?.person == by
    {
        let detail = "a redemption of one member's shares is approved by somebody else than the member";
        return Err(Refusal::new("same-person", detail).into());
    }
    series::demand_none(tx, book.id).await?;
    it.check_plan(waterfall::digest(&plan(tx, &book, it.member, it.amount, wall).await?)?)?;
    if lacks(tx, &book, id).await? {
        let detail = "the capital of a member has less than the shares that it is to give";
        return Err(Refusal::new("not-enough-capital", detail).into());
    }
    let (entry, is_whole) = post_next(tx, &book, &it, 1, wall).await?;
    let approved = it.approved(Redeemed { by, at: book.now(wall), entry }, is_whole);
    save(tx, approved, if is_whole { "approved" } else { "posting" }, Actor::Person(by), "", book.now(wall)).await
}

/// What members are given after a number, and whether these are the last ones.
async fn after(tx: &Transaction<'_>, id: RedemptionId, after: i32) -> Result<(Vec<(i32, i64)>, bool), Error> {
    let limit = i64::try_from(series::SHARES_AT_ONCE).unwrap_or(i64::MAX);
    let some = parts::of_members(tx, id, after, limit).await?;
    let is_last = some.len() < series::SHARES_AT_ONCE;
    Ok((some, is_last))
}

/// Whether some member's capital does not have what its shares are to give. It holds for as long as the redemption is posted: nothing else takes of it.
async fn lacks(tx: &Transaction<'_>, book: &Book, id: RedemptionId) -> Result<bool, Error> {
    let mut last = 0;
    loop {
        let (some, is_last) = after(tx, id, last).await?;
        let needed: Vec<_> = some.iter().map(|(number, amount)| (chart::member_capital(*number), *amount)).collect();
        if inputs::lack(tx, book, &needed).await? {
            return Ok(true);
        }
        if is_last {
            return Ok(false);
        }
        last = some.last().map_or(last, |(number, _)| *number);
    }
}

/// Posts a redemption: by one entry, or by so many next ones of a series, of one day all of them. Answers the first of all, and whether the last one is
/// posted; until then a job goes on.
async fn post_next(
    tx: &Transaction<'_>,
    book: &Book,
    it: &Redemption,
    most: usize,
    wall: Timestamp,
) -> Result<(i64, bool), Error> {
    let id = it.id;
    let begun = parts::entries(tx, id).await?;
    let (some, is_last) = after(tx, id, begun.last().map_or(0, |entry| entry.members.1)).await?;
    let mut next = rules::redeemed(&some, LINES_MAX, book.currency);
    let is_whole = is_last && next.len() <= most;
    next.truncate(most);
    let day = series::day(tx, book, begun.first().map(|entry| entry.entry), wall).await?;
    let mut first = begun.first().map(|entry| entry.entry);
    for (number, members) in (begun.len() + 1..).zip(&next) {
        let entry = movements::capital_redeemed(&lines(tx, book, members, wall).await?, day, id);
        let entry = posting::post(tx, book, entry, wall).await?.number;
        let (from, to) = members.first().zip(members.last()).map_or((0, 0), |(first, last)| (first.0, last.0));
        if !(begun.is_empty() && is_whole && next.len() == 1) {
            let number = i32::try_from(number).map_err(|_| Error::inconsistent("a series is too long"))?;
            parts::insert_entry(tx, id, SeriesEntry { number, entry, members: (from, to), reversal: None }).await?;
        }
        parts::use_notices(tx, id, (from, to)).await?;
        first = first.or(Some(entry));
    }
    if !is_whole {
        let (dedupe, job) = (format!("{id}.{}", begun.len() + next.len()), Job::AdvanceRedemption { redemption: id });
        jobs::enqueue(tx, &NewJob { book: book.id, due_at: book.now(wall), dedupe, job }).await?;
    }
    let first = first.ok_or_else(|| Error::inconsistent(format!("{id} gives nothing")))?;
    Ok((first, is_whole))
}

/// One line for every member, capital → payable.
async fn lines(
    tx: &Transaction<'_>,
    book: &Book,
    members: &[(i32, i64)],
    wall: Timestamp,
) -> Result<Vec<(AccountNumber, AccountNumber, Money)>, Error> {
    let both: Vec<_> = members
        .iter()
        .map(|(number, amount)| (chart::member_capital(*number), chart::member_payable(*number), *amount))
        .collect();
    let needed: Vec<&chart::Account> = both.iter().flat_map(|(from, to, _)| [from, to]).collect();
    let numbers = accounts::ensure_all(tx, book, &needed, book.currency, wall).await?;
    let number = |account: &chart::Account| numbers.get(&account.code).copied().ok_or(Error::NotFound("account"));
    let mut lines = Vec::new();
    for (from, to, amount) in &both {
        let (from, to) = (number(from)?, number(to)?);
        lines.extend(Money::parts(*amount, book.currency).into_iter().map(|part| (from, to, part)));
    }
    Ok(lines)
}

/// Goes on with a redemption that is posted entry by entry, or taken back so. Done twice, it is done once.
///
/// # Errors
///
/// What [`posting::post`] refuses; [`Error::NotFound`] for an unknown redemption.
pub async fn advance(tx: &Transaction<'_>, id: RedemptionId, wall: Timestamp) -> Result<Redemption, Error> {
    let (book, it) = lock(tx, id).await?;
    let redeemed = match it.state.clone() {
        RedemptionState::Posting(redeemed) => redeemed,
        RedemptionState::Reversing { redeemed, reason } => {
            let entries = parts::entries(tx, id).await?;
            let next = mirroring::next(tx, &book, Reversed::Redemption(id), &entries, wall).await?;
            let Some(mirror) = next else { return Ok(it) };
            return save(tx, it.reversed(redeemed, mirror, reason), "reversed", Actor::Service, "", book.now(wall))
                .await;
        }
        RedemptionState::Requested
        | RedemptionState::Approved(_)
        | RedemptionState::Withdrawn { .. }
        | RedemptionState::Reversed { .. } => return Ok(it),
    };
    if !post_next(tx, &book, &it, series::ENTRIES_AT_ONCE, wall).await?.1 {
        return Ok(it);
    }
    save(tx, it.approved(redeemed, true), "approved", Actor::Service, "", book.now(wall)).await
}

/// Gives a redemption up before it is approved.
///
/// # Errors
///
/// `redemption-state`; [`Error::NotFound`] for an unknown redemption.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: RedemptionId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Redemption, Error> {
    let (book, it) = lock(tx, id).await?;
    save(tx, it.withdraw(reason.clone())?, "withdrawn", Actor::Person(by), &reason, book.now(wall)).await
}

/// Takes an approved redemption back by the mirror of its lines. What was paid out already stops it at the floors. A series of more entries than a
/// step has is taken back by the worker: it is `reversing` until then, and nobody takes of what it is to give back.
///
/// # Errors
///
/// `same-person` when `by` approved it, `redemption-state`; what [`posting::post`] refuses, such as `below-floor`;
/// [`Error::NotFound`] for an unknown redemption.
pub async fn reverse(
    tx: &Transaction<'_>,
    id: RedemptionId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Redemption, Error> {
    let (book, it) = lock(tx, id).await?;
    let redeemed = it.check_reversal(by)?;
    series::demand_none(tx, book.id).await?;
    let (entries, what, now) = (parts::entries(tx, id).await?, Reversed::Redemption(id), book.now(wall));
    if mirroring::is_one_step(&entries) {
        let mirror = mirroring::whole(tx, &book, what, (redeemed.entry, &entries), wall).await?;
        let reversed = it.reversed(redeemed, mirror, reason.clone());
        return save(tx, reversed, "reversed", Actor::Person(by), &reason, now).await;
    }
    mirroring::demand_there(tx, &book, &entries).await?;
    let reversing = it.reversing(redeemed, reason.clone());
    let reversing = save(tx, reversing, "reversing", Actor::Person(by), &reason, now).await?;
    mirroring::next(tx, &book, what, &entries, wall).await?;
    Ok(reversing)
}

async fn lock(tx: &Transaction<'_>, id: RedemptionId) -> Result<(Book, Redemption), Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    Ok((book, redemptions::get(tx, id).await?))
}

async fn save(
    tx: &Transaction<'_>,
    it: Redemption,
    action: &str,
    by: Actor,
    reason: &str,
    now: Timestamp,
) -> Result<Redemption, Error> {
    let saved = redemptions::update(tx, &it).await?;
    activity::record(tx, saved.id.book, Done::new(&saved.id, action, by).because(reason), now).await?;
    Ok(saved)
}
