//! Retained shares that are paid back: asked for by one person, approved by another, and taken back.

use super::{members, series};
use crate::book::entry::LINES_MAX;
use crate::books::operations::{accounts, mirrors};
use crate::cooperatives::rules::redemption::{self, Given, Redeemed, Redemption, RedemptionState};
use crate::cooperatives::rules::waterfall;
use crate::cooperatives::store::members as member_rows;
use crate::cooperatives::store::redemptions::{self, UsedBy, Wanted};
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{BookId, MemberId, PersonId, RedemptionId};
use crate::money::Money;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Asks to pay retained shares back: those of a member, or of all members, the oldest year first. What each share gives is frozen.
///
/// # Errors
///
/// `redemption-open` while another one waits; `not-enough-capital`; `too-many-parts`; `not-a-cooperative`; [`Error::Invalid`] at
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
    if plan.len() > LINES_MAX {
        let detail = format!("{} shares do not fit into one journal entry of {LINES_MAX} lines", plan.len());
        return Err(Refusal::new("too-many-parts", detail).into());
    }
    let new = Redemption {
        id: RedemptionId::generate(book.id),
        member,
        amount: amount.minor(),
        digest: waterfall::digest(&plan)?,
        plan,
        requested_by: by,
        requested_at: book.now(wall),
        state: RedemptionState::Requested,
        version: 1,
    };
    redemptions::insert(tx, &new).await?;
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

/// Approves a redemption that somebody else asked for: what it gives is payable to the members, as their shares are.
///
/// # Errors
///
/// `same-person` when `by` asked for it, or is the one member whose shares they are; `digest-mismatch`; `redemption-state`;
/// `plan-outdated` when a share gives something else than it did; `series-under-way` while a distribution is being posted; what [`posting::post`] refuses, such as `below-floor`;
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
    it.check_plan(&plan(tx, &book, it.member, it.amount, wall).await?)?;
    let entry = post(tx, &book, &it, wall).await?;
    redemptions::use_notices(tx, UsedBy::Redemption(id), &it.plan).await?;
    let approved = it.approved(Redeemed { by, at: book.now(wall), entry });
    save(tx, approved, "approved", by, "", book.now(wall)).await
}

/// One entry, one line for every member; answers its number.
async fn post(tx: &Transaction<'_>, book: &Book, it: &Redemption, wall: Timestamp) -> Result<i64, Error> {
    let mut of_members: BTreeMap<i32, i64> = BTreeMap::new();
    for given in &it.plan {
        *of_members.entry(given.number).or_default() += given.amount;
    }
    let mut parts = Vec::new();
    for (number, amount) in of_members {
        let from = accounts::ensure(tx, book, &chart::member_capital(number), book.currency, wall).await?;
        let to = accounts::ensure(tx, book, &chart::member_payable(number), book.currency, wall).await?;
        parts.extend(Money::parts(amount, book.currency).into_iter().map(|part| (from, to, part)));
    }
    let entry = movements::capital_redeemed(&parts, book.today(wall), it.id);
    Ok(posting::post(tx, book, entry, wall).await?.number)
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
    save(tx, it.withdraw(reason.clone())?, "withdrawn", by, &reason, book.now(wall)).await
}

/// Takes an approved redemption back by the mirror of its lines. What was paid out already stops it at the floors.
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
    let mirrored = mirrors::post_of_operation(tx, &book, redeemed.entry, id, wall).await?;
    redemptions::undo_use(tx, UsedBy::Redemption(id)).await?;
    let reversed = it.reversed(redeemed, mirrored.number, reason.clone());
    save(tx, reversed, "reversed", by, &reason, book.now(wall)).await
}

async fn lock(tx: &Transaction<'_>, id: RedemptionId) -> Result<(Book, Redemption), Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    Ok((book, redemptions::get(tx, id).await?))
}

async fn save(
    tx: &Transaction<'_>,
    it: Redemption,
    action: &str,
    by: PersonId,
    reason: &str,
    now: Timestamp,
) -> Result<Redemption, Error> {
    let saved = redemptions::update(tx, &it).await?;
    activity::record(tx, saved.id.book, Done::new(&saved.id, action, Actor::Person(by)).because(reason), now).await?;
    Ok(saved)
}
